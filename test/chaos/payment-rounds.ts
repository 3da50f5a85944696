/**
 * Payments while processes are killed: merchants vault, pay, capture, refund and cancel on a whole sandbox, any process
 * dies at a chosen place of a payment or at any time, and in the end rows, answers, notifications and the issuer's own
 * accounts have to tell the same.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShownAccount } from '../../apps/simulator/src/accounts.js'
import { startHoldingRelay } from '../support/holding-relay.js'
import { type ProgramName, Stack } from '../support/processes.js'
import { startReceiver } from '../support/receiver.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'
import { checkHistory } from './check-history.js'
import { checkPaymentCalls } from './check-payment-calls.js'
import { checkPayments, isSettled, paymentsIn } from './check-payments.js'
import { type Dice, makeDice } from './dice.js'
import type { LedgerLine, PaymentRow } from './history.js'
import { faults, killAndRestart, openAllCards, right, slowestStarts, toldBy, vaultingsIn } from './kill-rounds.js'
import { Load } from './load.js'
import { PaymentLoad } from './payment-load.js'
import { paymentSteps } from './payment-steps.js'
import type { Outcome, Step } from './steps.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How long everything may take to settle in the end. */
const SETTLED_WITHIN_MS = 180_000

export interface PaymentChaosOptions {
  rounds: number
  /** The same seed plans the same faults; which calls they hit is up to the machine. */
  seed: string
  offset: number
  callsPerSecond?: number
  /** Longest time between two kills, in ms. */
  calmMs?: number
  say?: (line: string) => void
  /** A folder for what every process has printed, should the rounds break off. */
  logsTo?: string
}

export interface PaymentChaosReport {
  seed: string
  rounds: number
  kills: Record<ProgramName, number>
  slowestStartMs: Record<ProgramName, number>
  slowestRecoveryMs: number
  /** At which place of a payment who was killed; `missed` is where none came there in time. */
  steps: Record<string, { rounds: number } & Record<ProgramName, number>>
  calls: Record<string, number>
  payments: Record<string, number>
  operations: Record<string, number>
  vaultings: number
  notifications: { received: number; repeated: number }
  issuer: Record<string, number>
  complaints: string[]
}

export async function runPaymentChaos(options: PaymentChaosOptions): Promise<PaymentChaosReport> {
  const { rounds, seed, offset, callsPerSecond = 30, calmMs = 1400, say = () => {}, logsTo } = options
  const dice = makeDice(seed)
  const receiver = await startReceiver()
  const fussy = makeDice(`${seed} receiver`)
  // Some deliveries fail, so that there are repeats whose bytes can be compared.
  receiver.answer(() => (fussy.chance(20) ? { status: 500, body: '' } : right))
  const env = { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0', COFFER_SANDBOX_RISK_AMOUNTS: 'none' }
  const stack = await Stack.start({ offset, env, programs: ['postgres', 'simulator'] })
  const relay = await startHoldingRelay(stack.issuerPort)
  try {
    stack.alsoEnv({ COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(stack.folder, 'acquirers.json'), relay.port) })
    await stack.launch(['serve', 'work'])
    await stack.linked('serve')
    const common = { stack, notificationUrl: `${receiver.url}/notify` }
    const vaulting = { ...common, dice: makeDice(`${seed} load`), callsPerSecond: callsPerSecond / 4 }
    const load = new Load({ ...vaulting, label: `vault-${seed}` })
    const paying = { ...common, dice: makeDice(`${seed} payments`), callsPerSecond }
    const payments = new PaymentLoad({ ...paying, label: `pay-${seed}` })
    const none = () => ({ rounds: 0, postgres: 0, simulator: 0, serve: 0, work: 0 })
    const kills: PaymentChaosReport['kills'] = { postgres: 0, simulator: 0, serve: 0, work: 0 }
    const reached: PaymentChaosReport['steps'] = {}
    for (const name of [...paymentSteps.map(step => step.name), 'at any time', 'missed']) reached[name] = none()
    const onKill = (name: ProgramName) => {
      kills[name] += 1
    }
    let slowestRecoveryMs = 0

    load.start()
    await payments.start()
    for (let round = 0; round < rounds; round += 1) {
      const { step, victims, outcome } = planOf(round, dice)
      await sleep(200 + dice.below(calmMs - 200))
      const place = await step?.reach({ stack, relay }, victims)
      const where = step ? (place ? step.name : 'missed') : 'at any time'
      reached[where]!.rounds += 1
      for (const victim of victims) reached[where]![victim] += 1
      const ms = await killAndRestart({ stack, load, dice, onKill }, victims, place, outcome)
      slowestRecoveryMs = Math.max(slowestRecoveryMs, Math.round(ms))
      if (dice.chance(25)) {
        // The clock stops wherever something falls due; under full load that is everywhere, and minutes take minutes.
        for (const one of [load, payments]) one.rest(true)
        await stack.advance(130_000)
        for (const one of [load, payments]) one.rest(false)
      }
      const what = `killed ${victims.join(', ')} (${where}${place ? `; it ${outcome}` : ''})`
      say(`round ${round + 1}/${rounds}: ${what}; answering again in ${Math.round(ms)} ms`)
    }
    await load.stop()
    await payments.stop()

    receiver.answer(() => right)
    await settle(stack, 25 * HOUR_MS)
    // What nobody captured is given up when its time is over.
    await settle(stack, 8 * DAY_MS)
    const rows = await paymentsIn(stack.databaseUrl)
    await payments.askEverything(existing(rows))
    const finalCalls = await load.askEverything()
    const ledger = await stack.ledger()
    const vaultings = (await vaultingsIn(stack.databaseUrl)).filter(row => !/-card-/.test(row.vaultingRequestId))
    const all = await vaultingsIn(stack.databaseUrl)
    const told = receiver.received.map(received => toldBy(received, stack))
    const ofVaultings = told.filter(({ body }) => /^\S*vault-/.test(String(JSON.parse(body).vaultingRequestId)))
    const { unexpectedEnds } = stack
    const accounts = await accountsOf(stack)
    const storedCards = await openAllCards(stack, all)
    const complaints = [
      ...checkHistory({
        calls: load.calls,
        finalCalls,
        vaultings,
        told: ofVaultings,
        ledger: ledger.filter(line => !isOfLoadsCards(line, all)),
        unexpectedEnds,
        payments: rows,
      }),
      ...checkPaymentCalls(payments.calls, rows),
      ...checkPayments(rows, accounts, told),
      ...storedCards.complaints,
    ]
    return {
      seed,
      rounds,
      kills,
      slowestStartMs: slowestStarts(stack),
      slowestRecoveryMs,
      steps: reached,
      calls: countBy(
        payments.calls,
        ({ order, answer }) => `${order.verb} ${answer ? statusOf(answer.text) : 'broken'}`,
      ),
      payments: countBy(rows, ({ mode, state, resultCode }) => `${mode} ${state === 'FAIL' ? resultCode : state}`),
      operations: countBy(
        rows.flatMap(({ operations }) => operations),
        ({ kind, state }) => `${kind} ${state}`,
      ),
      vaultings: all.length,
      notifications: { received: told.length, repeated: told.length - new Set(told.map(({ body }) => body)).size },
      issuer: countBy(
        ledger.filter(({ kind }) => ['payment', 'advice', 'reversal', 'refused'].includes(kind)),
        ({ kind, effect, responseCode }) => `${kind} ${effect ?? responseCode}`,
      ),
      complaints,
    }
  } catch (error) {
    if (logsTo) keepLogs(stack, logsTo)
    // What does not go on often has its reason in a process that is gone.
    throw new Error([...stack.unexpectedEnds, String(error)].join('; '), { cause: error })
  } finally {
    await relay.stop()
    await stack.stop()
    await receiver.stop()
  }
}

function keepLogs(stack: Stack, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const { name, output } of stack.outputs()) writeFileSync(join(folder, `${name}.log`), output)
}

/** Every place in its turn, each time with other victims; every fourth round comes at any time. */
function planOf(round: number, dice: Dice): { step?: Step; victims: readonly ProgramName[]; outcome: Outcome } {
  if (round % 4 === 3) return { victims: faults[(round >> 2) % faults.length]!, outcome: 'goes on' }
  const nth = round - (round >> 2)
  const step = paymentSteps[nth % paymentSteps.length]!
  const turn = Math.floor(nth / paymentSteps.length)
  const victims = step.victims[((nth % paymentSteps.length) + turn) % step.victims.length]!
  return { step, victims, outcome: dice.pick(step.outcomes) }
}

/** Plays time until nothing is open any more. */
async function settle(stack: Stack, ms: number): Promise<void> {
  await stack.linked('serve')
  await stack.linked('work')
  await stack.advance(ms)
  for (const began = performance.now(); performance.now() - began < SETTLED_WITHIN_MS; await sleep(200)) {
    const vaultings = await vaultingsIn(stack.databaseUrl)
    const isDone = vaultings.every(row => row.state !== 'PROCESSING' && !row.questionsOpen && !row.notificationsOpen)
    if (isDone && (await paymentsIn(stack.databaseUrl)).every(isSettled)) return
    await stack.linked('work')
    await stack.advance(HOUR_MS)
  }
}

/** What there is to ask for again, as `verb id`. */
function existing(rows: readonly PaymentRow[]): ReadonlySet<string> {
  return new Set(
    rows.flatMap(({ paymentRequestId, state, operations }) => [
      `pay ${paymentRequestId}`,
      ...(state === 'CANCELLED' ? [`cancel ${paymentRequestId}`] : []),
      ...operations.map(({ kind, requestId }) => `${kind.toLowerCase()} ${requestId}`),
    ]),
  )
}

/** The load's own cards were vaulted before anything broke; their questions are nobody's in the history. */
function isOfLoadsCards(line: LedgerLine, all: Awaited<ReturnType<typeof vaultingsIn>>): boolean {
  return all.some(
    ({ vaultingRequestId, questions }) =>
      /-card-/.test(vaultingRequestId) && questions.some(({ rrn }) => rrn === line.rrn) && line.kind === 'verification',
  )
}

async function accountsOf(stack: Stack): Promise<ShownAccount[]> {
  const response = await fetch(`${stack.simulatorUrl}/accounts`, { headers: { connection: 'close' } })
  return ((await response.json()) as { accounts: ShownAccount[] }).accounts
}

const statusOf = (text: string): string =>
  (JSON.parse(text) as { result: { resultStatus: string } }).result.resultStatus

function countBy<T>(all: readonly T[], of: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of all) counts[of(one)] = (counts[of(one)] ?? 0) + 1
  return counts
}
