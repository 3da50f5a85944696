/**
 * Random lives of one payment, over the pure rules alone: a hundred thousand of them take a minute or two. Each call is
 * also judged by a table of its own, and in the end the merchant's book and the issuer's have to say the same.
 */
import fc from 'fast-check'
import type { PaymentMode } from '../../apps/vault/src/payments/payment.js'
import {
  AUTHORISATION_DAYS,
  DAY_MS,
  type Entry,
  type Fate,
  HOUR_MS,
  limits,
  MONEY,
  PaymentBook,
} from './payment-book.js'

type Deed =
  | { do: 'approve' }
  | { do: 'decline' }
  | { do: 'capture' | 'refund'; tenths: number; last: boolean; currency: string; fate: Fate }
  | { do: 'cancel' }
  | { do: 'wait'; ms: number }
  | { do: 'tell'; nth: number; fate: Fate }

interface Life {
  mode: PaymentMode
  amount: bigint
  saleMessage: boolean
  deeds: Deed[]
}

const fate = fc.constantFrom<Fate>('answered', 'answered', 'lost', 'answer lost')
const moving = fc.record({
  do: fc.constantFrom('capture' as const, 'refund' as const),
  /** Of the amount; 11 is too much. */
  tenths: fc.constantFrom(0, 0, 1, 1, 2, 3, 4, 5, 7, 10, 11),
  last: fc.nat(4).map(n => n === 0),
  currency: fc.nat(19).map(n => (n === 0 ? 'EUR' : MONEY)),
  fate,
})
const waits = [1_000, HOUR_MS, 25 * HOUR_MS, 3 * DAY_MS, AUTHORISATION_DAYS * DAY_MS, limits.refundDays * DAY_MS]
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 8, arbitrary: moving },
  { weight: 1, arbitrary: fc.constant<Deed>({ do: 'cancel' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(...waits) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tell' as const), nth: fc.nat(3), fate }) },
  { weight: 1, arbitrary: fc.constantFrom<Deed>({ do: 'approve' }, { do: 'decline' }) },
)
const life: fc.Arbitrary<Life> = fc.record({
  mode: fc.constantFrom<PaymentMode>('MANUAL', 'MANUAL', 'SALE', 'AUTOMATIC'),
  amount: fc.constantFrom(1n, 2n, 1_000n, 999_999_999_999n),
  saleMessage: fc.boolean(),
  deeds: fc
    .tuple(
      fc.constantFrom<Deed[]>([{ do: 'approve' }], [{ do: 'approve' }], []),
      fc.array(deed, { minLength: 4, maxLength: 20, size: 'max' }),
    )
    .map(([first, rest]) => [...first, ...rest]),
})

/** What happened in all lives together, so that a run can show that it was one. */
export interface RulesReport {
  runs: number
  deeds: number
  begun: Record<Entry['kind'], number>
  /** How often each refusal came. */
  refused: Record<string, number>
  ended: Record<string, number>
}

/** @throws the smallest life that breaks a promise */
export function checkPaymentRules(numRuns: number, seed: number): RulesReport {
  const report: RulesReport = { runs: 0, deeds: 0, begun: { CAPTURE: 0, REFUND: 0 }, refused: {}, ended: {} }
  fc.assert(
    fc.property(life, lived => {
      live(lived, report)
      report.runs += 1
    }),
    { numRuns, seed },
  )
  return report
}

function live({ mode, amount, saleMessage, deeds }: Life, report: RulesReport): void {
  const book = new PaymentBook(mode, amount, saleMessage)
  for (const one of deeds) {
    const before = book.payment
    act(book, one, report)
    report.deeds += 1
    neverGoesBack(before.state, book.payment.state)
    sumsHold(book)
  }
  settle(book)
  sumsHold(book)
  agrees(book)
  const { state } = book.payment
  report.ended[state] = (report.ended[state] ?? 0) + 1
}

function act(book: PaymentBook, one: Deed, report: RulesReport): void {
  switch (one.do) {
    case 'approve':
      book.approve()
      break
    case 'decline':
      book.decline()
      break
    case 'wait':
      // Who is not told for days is told by people.
      if (one.ms > 25 * HOUR_MS) tellAll(book)
      book.wait(one.ms)
      break
    case 'tell': {
      const advice = book.advices[one.nth % Math.max(1, book.advices.length)]
      if (advice) book.tell(advice, one.fate)
      break
    }
    case 'cancel':
      cancel(book, report)
      break
    default:
      move(book, one, report)
  }
}

function note(report: RulesReport, what: string, code: string): void {
  report.refused[`${what} ${code}`] = (report.refused[`${what} ${code}`] ?? 0) + 1
}

function cancel(book: PaymentBook, report: RulesReport): void {
  const expected = first(cancelTable(book))
  const code = book.cancel()
  same(code, expected, 'cancel')
  // Cancelling again is the same success; it is not judged again.
  if (code === undefined) same(book.cancel(), undefined, 'cancel again')
  else note(report, 'cancel', code)
}

function move(book: PaymentBook, one: Extract<Deed, { do: 'capture' | 'refund' }>, report: RulesReport): void {
  const kind = one.do === 'capture' ? 'CAPTURE' : 'REFUND'
  const asked = { amount: partOf(book.payment.amount, one.tenths), currency: one.currency }
  const expected = first(kind === 'CAPTURE' ? captureTable(book, asked) : refundTable(book, asked))
  same(book.judge(kind, asked), expected, one.do)
  // What is allowed is allowed for less, too.
  if (expected === undefined && asked.amount > 1n) same(book.judge(kind, { ...asked, amount: 1n }), undefined, 'less')
  const verdict = book.operate(kind, asked, kind === 'CAPTURE' && one.last, one.fate)
  if (verdict.kind === 'begun') report.begun[kind] += 1
  else note(report, one.do, verdict.code)
}

const partOf = (amount: bigint, tenths: number) => {
  const part = (amount * BigInt(tenths)) / 10n
  return part > 0n ? part : 1n
}

/** A reason and whether it is there; the first counts. */
type Table = readonly (readonly [code: string, applies: boolean])[]

const first = (table: Table) => table.find(([, applies]) => applies)?.[0]

const sumOf = (book: PaymentBook, kind: Entry['kind'], states: readonly string[]) =>
  book.entries.filter(one => one.kind === kind && states.includes(one.state)).reduce((sum, one) => sum + one.amount, 0n)

const notFailed = ['PROCESSING', 'SUCCESS']

function captureTable(book: PaymentBook, { amount, currency }: { amount: bigint; currency: string }): Table {
  const { payment, now } = book
  const released = payment.state === 'AUTHORISED' ? payment.released?.by : undefined
  const over = payment.state === 'AUTHORISED' && payment.expiresAt !== undefined && payment.expiresAt <= now
  return [
    ['AUTH_CANCELLED', payment.state === 'CANCELLED'],
    ['ORDER_STATUS_INVALID', payment.state !== 'AUTHORISED'],
    ['ORDER_STATUS_INVALID', payment.mode !== 'MANUAL'],
    ['AUTH_EXPIRED', over || released === 'EXPIRY'],
    ['ORDER_STATUS_INVALID', released === 'LAST_CAPTURE'],
    ['CURRENCY_NOT_SUPPORT', currency !== MONEY],
    ['CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT', sumOf(book, 'CAPTURE', notFailed) + amount > payment.amount],
    ['PAYMENT_COUNT_EXCEED_LIMIT', book.entries.filter(one => one.kind === 'CAPTURE').length >= limits.mostCaptures],
  ]
}

function refundTable(book: PaymentBook, { amount, currency }: { amount: bigint; currency: string }): Table {
  const { payment, now } = book
  const certain = sumOf(book, 'CAPTURE', ['SUCCESS'])
  const concludedAt = payment.state === 'AUTHORISED' ? payment.concludedAt : 0
  return [
    ['ORDER_IS_CANCELED', payment.state === 'CANCELLED'],
    ['ORDER_STATUS_INVALID', payment.state !== 'AUTHORISED'],
    ['CURRENCY_NOT_SUPPORT', currency !== MONEY],
    ['ORDER_STATUS_INVALID', certain === 0n],
    ['REFUND_AMOUNT_EXCEED', sumOf(book, 'REFUND', notFailed) + amount > certain],
    ['REFUND_WINDOW_EXCEED', now - concludedAt >= limits.refundDays * DAY_MS],
  ]
}

function cancelTable(book: PaymentBook): Table {
  const { payment, now } = book
  const authorised = payment.state === 'AUTHORISED' ? payment : undefined
  const nothing = sumOf(book, 'CAPTURE', notFailed) === 0n
  const over = authorised?.released !== undefined || (authorised?.expiresAt ?? Number.POSITIVE_INFINITY) <= now
  return [
    ['ORDER_STATUS_INVALID', payment.state === 'FAIL'],
    ['PROCESS_FAIL', authorised !== undefined && sumOf(book, 'REFUND', notFailed) > 0n],
    ['ORDER_STATUS_INVALID', authorised !== undefined && nothing && over],
    [
      'CANCEL_WINDOW_EXCEED',
      authorised !== undefined && !nothing && now - authorised.concludedAt > limits.cancelHours * HOUR_MS,
    ],
  ]
}

function same(got: string | undefined, expected: string | undefined, what: string): void {
  holds(got === expected, `${what} was judged ${got ?? 'allowed'}, and should be ${expected ?? 'allowed'}`)
}

function holds(condition: boolean, promise: string): void {
  if (!condition) throw new Error(promise)
}

const rank = { PROCESSING: 0, AUTHORISED: 1, FAIL: 2, CANCELLED: 2 }

function neverGoesBack(before: keyof typeof rank, now: keyof typeof rank): void {
  holds(before === now || rank[now] > rank[before], `${before} became ${now}`)
}

function sumsHold(book: PaymentBook): void {
  const { amount, captured, refunded } = book.payment
  holds(refunded >= 0n && refunded <= captured && captured <= amount, `${refunded} of ${captured} of ${amount}`)
  holds(captured === sumOf(book, 'CAPTURE', notFailed), 'what is captured is not what the captures come to')
  holds(refunded === sumOf(book, 'REFUND', notFailed), 'what is refunded is not what the refunds come to')
  const { account } = book
  holds(!account || account.refunded <= account.captured, 'the issuer gave back more than was captured')
}

/** The worker tells everything again until the issuer has taken note. */
function settle(book: PaymentBook): void {
  if (book.payment.state === 'PROCESSING') book.decline()
  tellAll(book)
  holds(book.advices.length === 0, 'something cannot be told')
}

function tellAll(book: PaymentBook): void {
  for (let turns = 0; book.advices.length > 0 && turns < 50; turns += 1) {
    for (const advice of [...book.advices].reverse()) book.tell(advice, 'answered')
  }
}

function agrees({ payment, account, entries, surprises }: PaymentBook): void {
  holds(surprises.length === 0, `the issuer refused what the rules allow: ${surprises.join(', ')}`)
  holds(
    entries.every(({ state }) => state !== 'PROCESSING'),
    'something is under way for ever',
  )
  if (!account) return
  const { authorised, captured, refunded, voided, reversed } = account
  if (payment.state === 'CANCELLED') {
    holds(reversed && captured === 0 && refunded === 0, 'a cancelled payment stands')
    return
  }
  holds(BigInt(captured) === payment.captured, `captured ${payment.captured}, the issuer has ${captured}`)
  holds(BigInt(refunded) === payment.refunded, `refunded ${payment.refunded}, the issuer has ${refunded}`)
  const left = payment.state === 'AUTHORISED' && payment.released ? 0 : authorised - captured
  holds(authorised - captured - voided === left || reversed, 'the issuer holds what nobody will capture')
}
