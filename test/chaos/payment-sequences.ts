/**
 * Random lives of payments through the real door and a real database, many beside each other, while messages to the
 * issuer and their answers get lost, connections are cut and days pass. What is answered is foretold by the pure rules;
 * in the end the rows, the issuer's accounts and the notifications have to agree.
 */
import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import type { ControlChange } from '../../apps/simulator/src/controls.js'
import { contentToSign, parseSignatureHeader, verifyContent } from '../../packages/antom/src/index.js'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { aCard, aVaultingRequest } from '../support/builders.js'
import type { Received } from '../support/receiver.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { checkPayments, isSettled, keyOfPayment, paymentsIn } from './check-payments.js'
import { type PayPlan, Player, type PlayerDeed, type Table } from './payment-player.js'

/** So many lives are lived at the same time, and so many batches in one system, whose clock gets on by weeks in each. */
const BATCH = 50
const BATCHES_OF_A_SYSTEM = 4

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const limits = { mostCaptures: 4, refundDays: 20, cancelHours: 24, authorisationDays: 7 }

/** What happens to everybody between two deeds. */
type Event = { passes: number } | ControlChange

const plan: fc.Arbitrary<PayPlan> = fc.record({
  mode: fc.constantFrom('MANUAL', 'MANUAL', 'SALE', 'AUTOMATIC'),
  card: fc.constantFrom('visa', 'visa', 'mastercard', 'mastercard', 'given', 'declining'),
  amount: fc.integer({ min: 1, max: 100_000 }),
  twice: fc.nat(9).map(n => n === 0),
})

const tenths = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 10, 11)

const deed: fc.Arbitrary<PlayerDeed> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom('capture' as const, 'capture' as const, 'refund' as const),
      tenths,
      last: fc.nat(4).map(n => n === 0),
      twice: fc.nat(4).map(n => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('rivals' as const), kind: fc.constantFrom('CAPTURE', 'REFUND'), tenths }),
  },
  { weight: 1, arbitrary: fc.constant<PlayerDeed>({ do: 'cancel' }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('repeat' as const, 'change' as const), nth: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.constant<PlayerDeed>({ do: 'inquire' }) },
)

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ passes: fc.constantFrom(0, 12 * SECOND_MS, 13 * HOUR_MS, 25 * HOUR_MS, 8 * DAY_MS) }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom<ControlChange>(
      { dropAdvices: 4 },
      { dropAdviceAnswers: 4 },
      { dropPaymentAnswers: 4 },
      { dropAdvices: 2, dropAdviceAnswers: 2, dropReversals: 3 },
      { dropReversalAnswers: 5, dropPaymentAnswers: 2 },
      { cutConnections: true },
    ),
  },
)

const batch = fc.record({
  lives: fc.array(fc.record({ plan, deeds: fc.array(deed, { minLength: 7, maxLength: 7 }) }), {
    minLength: BATCH,
    maxLength: BATCH,
  }),
  events: fc.array(event, { minLength: 8, maxLength: 8 }),
})
type Batch = typeof batch extends fc.Arbitrary<infer Value> ? Value : never

export interface SequencesReport {
  seed: number
  sequences: number
  calls: number
  /** What became of the payments. */
  payments: Record<string, number>
  captures: number
  refunds: number
  /** Messages that the issuer heard twice or not at all, by what became of them. */
  issuer: Record<string, number>
  notifications: number
  complaints: string[]
}

/** Lives so many lives, rounded up to whole batches. */
export async function runPaymentSequences(
  count: number,
  seed: number,
  say: (line: string) => void = () => {},
): Promise<SequencesReport> {
  const batches = fc.sample(batch, { numRuns: Math.ceil(count / BATCH), seed })
  const report: SequencesReport = {
    ...{ seed, sequences: batches.length * BATCH, calls: 0, payments: {}, captures: 0, refunds: 0, issuer: {} },
    ...{ notifications: 0, complaints: [] },
  }
  for (let from = 0; from < batches.length; from += BATCHES_OF_A_SYSTEM) {
    await inOneSystem(batches.slice(from, from + BATCHES_OF_A_SYSTEM), from, report)
    const lived = Math.min(from + BATCHES_OF_A_SYSTEM, batches.length) * BATCH
    say(`${lived} of ${report.sequences} sequences, ${report.complaints.length} complaints`)
    for (const complaint of report.complaints.slice(0, 20)) say(`  ${complaint}`)
  }
  return report
}

async function inOneSystem(batches: readonly Batch[], from: number, report: SequencesReport): Promise<void> {
  const env = {
    COFFER_MOST_CAPTURES: String(limits.mostCaptures),
    COFFER_REFUND_DAYS: String(limits.refundDays),
    COFFER_SANDBOX_RISK_AMOUNTS: 'none',
  }
  const coffer = await startSystem({ env, issuerTimeoutMs: 300 })
  try {
    const counted = counting(coffer, report)
    const tokens = {
      visa: await aToken(coffer, { brand: 'VISA' }),
      mastercard: await aToken(coffer, { brand: 'MASTERCARD' }),
      declining: await aToken(coffer, { brand: 'VISA', mode: '1', responseCode: '05' }),
    }
    const { cardNo, expiryYear, expiryMonth, cvv } = aCard({ cardNo: testCardNumber({ brand: 'MASTERCARD' }) })
    const table: Table = { coffer: counted, limits, tokens, given: { cardNo, expiryYear, expiryMonth, cvv } }
    for (const [nth, { lives, events }] of batches.entries()) {
      const players = lives.map(
        ({ plan: paid }, which) => new Player(table, `s-${report.seed}-${from + nth}-${which}`, paid),
      )
      await liveTogether(coffer, players, lives, events)
      report.complaints.push(...players.flatMap(({ complaints }) => complaints))
    }
    await judge(coffer, report)
  } finally {
    await coffer.stop()
  }
}

function counting(coffer: TestSystem, report: SequencesReport): TestSystem {
  const call: TestSystem['call'] = (...args) => {
    report.calls += 1
    return coffer.call(...args)
  }
  return { ...coffer, call }
}

async function aToken(coffer: TestSystem, wish: Parameters<typeof testCardNumber>[0]): Promise<string> {
  const { json } = await coffer.vaultPaymentMethod(aVaultingRequest({ card: { cardNo: testCardNumber(wish) } }))
  return json.paymentMethodDetail.card.cardToken
}

const NOTHING_LOST = {
  ...{ dropAdvices: 0, dropAdviceAnswers: 0, dropPaymentAnswers: 0, dropReversals: 0, dropReversalAnswers: 0 },
}

async function liveTogether(
  coffer: TestSystem,
  players: readonly Player[],
  lives: Batch['lives'],
  events: readonly Event[],
): Promise<void> {
  for (const [nth, what] of events.entries()) {
    const passes = 'passes' in what ? (what.passes ?? 0) : 0
    coffer.simulator.control('passes' in what ? {} : what)
    await Promise.all(players.map((player, which) => step(player, lives[which]!.deeds[nth - 1])))
    coffer.simulator.control(nth % 2 ? NOTHING_LOST : {})
    if (passes) {
      await isLinked(coffer)
      await coffer.advance(passes)
      await timePassed(players)
    }
  }
  coffer.simulator.control(NOTHING_LOST)
  await isLinked(coffer)
  // Longer than a payment may be in process, and than the longest pause between two reversals.
  await coffer.advance(7 * HOUR_MS)
  await timePassed(players)
}

/** A connection that was cut comes back by the machine's time, in which hours of the business are short. */
async function isLinked({ system }: TestSystem): Promise<void> {
  while (!system.acquirers.isUp()) await system.clock.sleep(5)
}

const step = (player: Player, next: PlayerDeed | undefined) => (next ? player.act(next) : player.pay())

async function timePassed(players: readonly Player[]): Promise<void> {
  for (const player of players) player.timePassed()
  await Promise.all(players.map(player => player.look()))
}

async function judge(coffer: TestSystem, report: SequencesReport): Promise<void> {
  const { db } = coffer.system
  // A call that could not be carried out is a defect, however well its merchant gets over it: only the issuer is away here.
  const broken = coffer.logLines.filter(line => /"event":"door\.|"cause":"took too long"/.test(line))
  report.complaints.push(...broken.map(line => line.trim()))
  for (let turns = 0; turns < 20 && !(await paymentsIn(db.url)).every(isSettled); turns += 1) {
    await coffer.advance(7 * HOUR_MS)
  }
  const payments = await paymentsIn(db.url)
  const told = coffer.receiver.received.map(received => toldBy(received, coffer))
  report.complaints.push(...checkPayments(payments, coffer.simulator.accounts(), told))
  report.notifications += told.length
  for (const payment of payments) {
    count(report.payments, `${payment.mode} ${payment.state}`)
    for (const { kind } of payment.operations) report[kind === 'CAPTURE' ? 'captures' : 'refunds'] += 1
    if (!payment.paymentRequestId.startsWith('s-')) report.complaints.push(`${keyOfPayment(payment)}: is of nobody`)
  }
  for (const { kind, effect, delivery } of coffer.simulator.log()) {
    if (kind === 'advice' || kind === 'reversal') count(report.issuer, `${kind} ${effect}`)
    if (kind === 'payment' && delivery === 'lost') count(report.issuer, 'payment answer lost')
  }
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1
}

function toldBy({ method, url, headers, body }: Received, { system }: TestSystem) {
  const clientId = String(headers['client-id'])
  const signature = parseSignatureHeader(String(headers['signature']))
  const content = contentToSign({ method, uri: url, clientId, time: String(headers['request-time']), body })
  const spki = Buffer.from(system.gatewayKey.publicKey, 'base64')
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  return {
    clientId,
    verified: signature.ok && verifyContent(key, content, signature.header.signature),
    body: body.toString(),
  }
}
