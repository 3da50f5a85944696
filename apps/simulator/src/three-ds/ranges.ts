import { createHash } from 'node:crypto'
import { antomCards, binRows, type Network, readTestCard, type ThreeDSRange, wellKnownCards } from '@coffer/test-cards'
import { ProtocolError } from './protocol-error.js'
import { type SpokenVersion, spokenVersions } from './rules.js'
import type { Unchecked } from './unchecked.js'

/** A range of card numbers as a directory server knows it. Both ends have the full length of a number. */
export interface CardRange {
  readonly startRange: string
  readonly endRange: string
  readonly acsStartProtocolVersion: string
  readonly acsEndProtocolVersion: string
  readonly method: ThreeDSRange['methodUrl']
}

/** What a test does to a range: adds, deletes or modifies it. What is not given stays, or is as most ranges have it. */
export interface RangeChange {
  readonly network: Network
  readonly actionInd: 'A' | 'D' | 'M'
  readonly startRange: string
  readonly endRange: string
  readonly acsStartProtocolVersion?: string
  readonly acsEndProtocolVersion?: string
  readonly method?: CardRange['method']
}

/** What a PRes says, with the ranges one by one: there may be more of them than belong in one text. */
export interface RangeList {
  readonly serialNum: string
  readonly ranges: Iterable<Unchecked>
  readonly count: number
}

/** The ranges of one directory server, and how they have changed. */
export interface Ranges {
  /** The range that a number lies in. */
  find(acctNumber: string): CardRange | undefined
  /**
   * What somebody has to be told who knows the ranges of `serialNum`, or none.
   * @throws ProtocolError 307 when there never was such a serial number
   */
  since(serialNum: string | undefined, version: SpokenVersion): RangeList
  change(change: RangeChange): void
  /** Adds so many ranges that no test card lies in, or takes them away again. */
  setHuge(count: number): void
  /** Makes every serial number that was given out unknown. */
  forget(): void
}

/** One state of the list. */
interface Edition {
  readonly serialNum: string
  readonly ranges: ReadonlyMap<string, CardRange>
  readonly huge: number
}

const usual = { acsStartProtocolVersion: '2.1.0', acsEndProtocolVersion: '2.2.0', method: 'none' } as const

/**
 * The ranges of a network's directory server. The serial number is made from what the list says, so that it is the same
 * after a restart if the list is.
 * @param methodUrl  where the page of a 3DS Method is
 */
export function createRanges(network: Network, methodUrl: (method: 'calls-back' | 'silent') => string): Ranges {
  const editions: Edition[] = []
  let forgotten = 0

  const current = () => {
    if (editions.length === 0) issue(inOrder(testRanges(network).map(range => [keyOf(range), range])), 0)
    return editions.at(-1)!
  }
  const issue = (ranges: ReadonlyMap<string, CardRange>, huge: number) => {
    const said = [editions.length, forgotten, huge, methodUrl('calls-back'), ...ranges.values()]
    const serialNum = `s${createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 15)}`
    editions.push({ serialNum, ranges, huge })
  }
  const wire = (range: CardRange, actionInd: RangeChange['actionInd'], version: SpokenVersion): Unchecked => ({
    startRange: range.startRange,
    endRange: range.endRange,
    actionInd,
    acsStartProtocolVersion: range.acsStartProtocolVersion,
    acsEndProtocolVersion: range.acsEndProtocolVersion,
    ...(range.method === 'none' ? {} : { threeDSMethodURL: methodUrl(range.method) }),
    ...(version === '2.1.0' ? {} : { acsInfoInd: ['01'] }),
  })

  return {
    find: acctNumber =>
      [...current().ranges.values()].find(
        ({ startRange, endRange }) =>
          acctNumber.length === startRange.length && startRange <= acctNumber && acctNumber <= endRange,
      ),
    since(serialNum, version) {
      const now = current()
      const known = serialNum === undefined ? nothing : editions.find(edition => edition.serialNum === serialNum)
      if (known === undefined) throw new ProtocolError('307', 'serialNum')
      const changes = changesBetween(known, now)
      return {
        serialNum: now.serialNum,
        count: changes.length + Math.abs(now.huge - known.huge),
        ranges: (function* () {
          for (const [actionInd, range] of changes) yield wire(range, actionInd, version)
          for (let nth = known.huge; nth < now.huge; nth += 1) yield wire(fillerRange(nth), 'A', version)
          for (let nth = now.huge; nth < known.huge; nth += 1) yield wire(fillerRange(nth), 'D', version)
        })(),
      }
    },
    change({ network: _network, actionInd, ...given }) {
      const { ranges, huge } = current()
      const key = keyOf(given)
      const others = [...ranges].filter(([one]) => one !== key)
      const changed = { ...usual, ...ranges.get(key), ...given }
      issue(inOrder(actionInd === 'D' ? others : [...others, [key, changed]]), huge)
    },
    setHuge(count) {
      const { ranges, huge } = current()
      if (count !== huge) issue(ranges, count)
    },
    forget() {
      const { ranges, huge } = current()
      forgotten += 1
      editions.length = 0
      issue(ranges, huge)
    },
  }
}

const nothing: Edition = { serialNum: '', ranges: new Map(), huge: 0 }

type Change = readonly [actionInd: RangeChange['actionInd'], range: CardRange]

/** What leads from one edition to another. Deletions first: what takes the place of a range must find it free. */
function changesBetween(from: Edition, to: Edition): Change[] {
  const deleted = [...from.ranges].filter(([key]) => !to.ranges.has(key)).map(([, range]): Change => ['D', range])
  const others = [...to.ranges].flatMap(([key, range]): Change[] => {
    const before = from.ranges.get(key)
    if (before === undefined) return [['A', range]]
    return JSON.stringify(before) === JSON.stringify(range) ? [] : [['M', range]]
  })
  return [...deleted, ...others]
}

function keyOf({ startRange, endRange }: Pick<CardRange, 'startRange' | 'endRange'>): string {
  return `${startRange}-${endRange}`
}

function inOrder(ranges: readonly (readonly [string, CardRange])[]): ReadonlyMap<string, CardRange> {
  return new Map([...ranges].sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** The ranges of all test cards of a network that take part in 3DS. */
function testRanges(network: Network): CardRange[] {
  const generated = binRows.flatMap(({ prefix, length, brands, threeDS }) =>
    threeDS === undefined || !brands.includes(network) ? [] : [rangeOf(prefix, length, threeDS)],
  )
  // Some published numbers lie in a range of generated ones; no two ranges of a list may overlap.
  const published = [...antomCards, ...wellKnownCards].flatMap(({ number, brand }) => {
    const threeDS = readTestCard(number)?.threeDS
    const covered = generated.some(
      ({ startRange, endRange }) => number.length === startRange.length && startRange <= number && number <= endRange,
    )
    return threeDS === undefined || brand !== network || covered
      ? []
      : [rangeOf(number.slice(0, -4), number.length, threeDS)]
  })
  return [...generated, ...published]
}

function rangeOf(prefix: string, length: number, { versions, methodUrl }: ThreeDSRange): CardRange {
  return {
    startRange: prefix.padEnd(length, '0'),
    endRange: prefix.padEnd(length, '9'),
    acsStartProtocolVersion: versions[0]!,
    acsEndProtocolVersion: versions.at(-1)!,
    method: methodUrl,
  }
}

/** No test card begins with 88, and no network issues such cards. */
function fillerRange(nth: number): CardRange {
  const prefix = `88${String(nth).padStart(8, '0')}`
  return { ...usual, startRange: `${prefix}000000`, endRange: `${prefix}999999` }
}

/** Whether an ACS that speaks the versions of a range speaks this one. */
export function rangeSpeaks(range: CardRange, version: SpokenVersion): boolean {
  const [start, end] = [spokenOrder(range.acsStartProtocolVersion), spokenOrder(range.acsEndProtocolVersion)]
  return start <= spokenOrder(version) && spokenOrder(version) <= end
}

function spokenOrder(version: string): number {
  const at = (spokenVersions as readonly string[]).indexOf(version)
  return at < 0 ? spokenVersions.length : at
}
