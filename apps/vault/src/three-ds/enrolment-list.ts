/**
 * The card ranges that one directory server lists, as PRes told them: the whole list or what has changed since. A list is
 * applied as a whole or not at all. Source: EMV 3-D Secure › PReq/PRes.
 */
import { parseUrl } from '@coffer/antom'
import type { CardRangeData } from '@coffer/emv3ds'

/** What a list says of the numbers in a range. */
export interface ListedRange {
  /** First and last whole number, of the same length: 13 to 19 digits. */
  readonly start: string
  readonly end: string
  readonly acs: readonly [string, string]
  readonly directory?: readonly [string, string]
  readonly methodUrl?: string
}

/** A change that cannot be applied; the list stays as it was. */
export class ListRefused extends Error {
  override readonly name = 'ListRefused'

  /** @param element  the element of the message that is wrong, for an Erro 203 */
  constructor(
    readonly element: string,
    rule: string,
  ) {
    super(`cardRangeData: ${rule}`)
  }
}

const BOUND = 19

/** No scheme lists more; a list without an end would fill the memory. */
export const MOST_RANGES = 1_000_000

/** Ranges that are worked on without a pause. */
const PAUSE_EVERY = 2_000

/** An immutable list. Looking a number up is one binary search. */
export class EnrolmentList {
  /** Not a static property: beside a private generator the compiler makes one that runs before its class is there. */
  static get empty(): EnrolmentList {
    return new EnrolmentList([], undefined, undefined)
  }

  private constructor(
    /** In the order of their bounds; none overlaps another of the same length. */
    private readonly ranges: readonly ListedRange[],
    /** By which the directory server knows this state of the list. */
    readonly serialNumber: string | undefined,
    /** First and last version that the directory server speaks, for ranges that do not say it. */
    readonly versions: readonly [string, string] | undefined,
  ) {}

  get size(): number {
    return this.ranges.length
  }

  /**
   * The list that a PRes makes of this one.
   * @param changes  its ranges, in its order
   * @param isDelta  whether they are changes to this list, or the whole
   * @param versions  first and last version that the directory server speaks
   * @throws ListRefused when a range is inverted, overlaps another, or changes one that is not there
   */
  changedBy(
    changes: readonly CardRangeData[],
    isDelta: boolean,
    serialNumber: string | undefined,
    versions?: readonly [string, string],
  ): EnrolmentList {
    const making = this.#change(changes, isDelta, serialNumber, versions)
    for (;;) {
      const { value, done } = making.next()
      if (done) return value
    }
  }

  /** The same, with pauses, so that a process that answers calls goes on answering while it takes up a long list. */
  async changedByWithPauses(
    pause: () => Promise<void>,
    changes: readonly CardRangeData[],
    isDelta: boolean,
    serialNumber: string | undefined,
    versions?: readonly [string, string],
  ): Promise<EnrolmentList> {
    const making = this.#change(changes, isDelta, serialNumber, versions)
    for (;;) {
      const { value, done } = making.next()
      if (done) return value
      await pause()
    }
  }

  *#change(
    changes: readonly CardRangeData[],
    isDelta: boolean,
    serialNumber: string | undefined,
    versions?: readonly [string, string],
  ): Generator<undefined, EnrolmentList> {
    const byKey = new Map(isDelta ? this.ranges.map(range => [keyOf(range), range]) : [])
    for (const [nth, change] of changes.entries()) {
      if (nth % PAUSE_EVERY === 0) yield
      const range = listed(change)
      const known = byKey.get(keyOf(range))
      const action = change.actionInd ?? 'A'
      if (action === 'D') {
        if (!known) throw new ListRefused('cardRangeData.startRange', 'a range is deleted that is not in the list')
        byKey.delete(keyOf(range))
      } else if (action === 'M') {
        if (!known) throw new ListRefused('cardRangeData.startRange', 'a range is modified that is not in the list')
        byKey.set(keyOf(range), range)
      } else {
        if (known) throw new ListRefused('cardRangeData.startRange', 'a range is added that is in the list already')
        byKey.set(keyOf(range), range)
      }
    }
    if (byKey.size > MOST_RANGES) throw new ListRefused('cardRangeData', 'there are too many ranges')
    const ranges = [...byKey.values()]
    yield
    ranges.sort(byPlace)
    for (let nth = 1; nth < ranges.length; nth++) {
      if (nth % PAUSE_EVERY === 0) yield
      const [before, range] = [ranges[nth - 1]!, ranges[nth]!]
      if (before.start.length === range.start.length && before.end >= range.start) {
        throw new ListRefused('cardRangeData.startRange', 'two ranges overlap')
      }
    }
    return new EnrolmentList(ranges, serialNumber ?? this.serialNumber, versions ?? this.versions)
  }

  /**
   * @param compareTo  where the number, padded with zeros to 19 digits, lies: below (-1), at (0) or above (1) a bound
   * @param length  how many digits the number has; numbers of 12 digits are in no list, as 3-D Secure has no room for them
   */
  find(compareTo: (bound: string) => -1 | 0 | 1, length: number): ListedRange | undefined {
    const [from, to] = this.#ofLength(length)
    let [low, high] = [from, to]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareTo(this.ranges[middle]!.start.padEnd(BOUND, '0')) >= 0) low = middle + 1
      else high = middle
    }
    const range = low > from ? this.ranges[low - 1] : undefined
    if (!range) return undefined
    // A whole number padded with zeros is at most its range's end padded with zeros.
    return compareTo(range.end.padEnd(BOUND, '0')) <= 0 ? range : undefined
  }

  /** Where the ranges of numbers of this length begin and end. */
  #ofLength(length: number): [number, number] {
    const first = (digits: number) => {
      let [low, high] = [0, this.ranges.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (this.ranges[middle]!.start.length < digits) low = middle + 1
        else high = middle
      }
      return low
    }
    return [first(length), first(length + 1)]
  }
}

const keyOf = ({ start, end }: ListedRange) => `${start}-${end}`

const byPlace = (a: ListedRange, b: ListedRange) =>
  a.start.length - b.start.length || (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)

const isPage = (url: string) => ['https:', 'http:'].includes(parseUrl(url)?.protocol ?? '')

function listed(data: CardRangeData): ListedRange {
  const { startRange: start, endRange: end } = data
  if (start.length !== end.length) throw new ListRefused('cardRangeData.endRange', 'the bounds differ in length')
  if (start > end) throw new ListRefused('cardRangeData.endRange', 'a range ends before it begins')
  const { dsStartProtocolVersion: from, dsEndProtocolVersion: to, threeDSMethodURL } = data
  return {
    start,
    end,
    acs: [data.acsStartProtocolVersion, data.acsEndProtocolVersion],
    ...(from && to && { directory: [from, to] as const }),
    // An address that no browser could open counts as none: the page of the buyer must not end on it.
    ...(threeDSMethodURL && isPage(threeDSMethodURL) && { methodUrl: threeDSMethodURL }),
  }
}
