/**
 * The run: load on a whole sandbox, processes killed and started again, and a judgement in the end. Three kills of four
 * hit a verification at a chosen step, the fourth comes at any time.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { contentToSign, parseSignatureHeader, verifyContent } from '../../packages/antom/src/index.js'
import { startHoldingRelay } from '../support/holding-relay.js'
import { type ProgramName, programNames, runCoffer, Stack } from '../support/processes.js'
import { type Received, startReceiver } from '../support/receiver.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'
import { checkHistory, isFinal } from './check-history.js'
import { type Dice, makeDice } from './dice.js'
import type { LedgerLine, Told, VaultingRow } from './history.js'
import { Load } from './load.js'
import { type Outcome, type Place, type Step, steps } from './steps.js'

/** What is killed at the same instant, at any time. Of PostgreSQL it is the server itself, and it is not shut down. */
export const faults: readonly (readonly ProgramName[])[] = [
  ['serve'],
  ['work'],
  ['simulator'],
  ['postgres'],
  ['serve', 'work'],
  ['serve', 'postgres'],
  ['work', 'postgres'],
  programNames,
]

const HOUR_MS = 3_600_000

/** How long the load may find nothing answered after a restart, before the next round comes all the same. */
const RECOVERY_MS = 20_000

/** How long everything may take to settle in the end. */
const SETTLED_WITHIN_MS = 180_000

export interface ChaosOptions {
  rounds: number
  /** The same seed plans the same faults; which calls they hit is up to the machine. */
  seed: string
  offset: number
  callsPerSecond?: number
  /** In how many of 100 rounds the clock moves on under load, so that sweeps and repeats fall due between kills. */
  advancesPercent?: number
  /** Longest time between two kills, in ms. */
  calmMs?: number
  /** Hears a line per round. */
  say?: (line: string) => void
}

export interface ChaosReport {
  seed: string
  rounds: number
  /** How often each program was killed. */
  kills: Record<ProgramName, number>
  /** The slowest start until ready, of each program, in ms. */
  slowestStartMs: Record<ProgramName, number>
  /** From the start of the restarts until a vaulting was answered with S again; the slowest, in ms. */
  slowestRecoveryMs: number
  calls: { all: number; success: number; fail: number; unknown: number; broken: number; slowestMs: number }
  /** At which step of a verification who was killed; `missed` is where none came there in time. */
  steps: Record<string, { rounds: number } & Record<ProgramName, number>>
  vaultings: Record<string, number>
  notifications: { received: number; repeated: number }
  /** How often buyers came to their pages, and to the end of them. */
  buyers: Load['buyers']
  /** What the issuer's ledger tells. */
  issuer: { questions: number; approved: number; reversals: number; approvalsReversed: number; neverArrived: number }
  /** What `coffer doctor` says about the stored cards. */
  storedCards: string
  /** Broken promises. */
  complaints: string[]
}

/** Runs so many rounds. Everything that is started is ended, and nothing is left on disk. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { rounds, seed, offset, callsPerSecond = 30, advancesPercent = 25, calmMs = 1400, say = () => {} } = options
  const dice = makeDice(seed)
  const receiver = await startReceiver()
  const fussy = makeDice(`${seed} receiver`)
  // Some deliveries fail, so that there are repeats whose bytes can be compared.
  receiver.answer(() => (fussy.chance(20) ? { status: 500, body: '' } : right))
  const programs = ['postgres', 'simulator'] as const
  const stack = await Stack.start({ offset, env: { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' }, programs })
  const relay = await startHoldingRelay(stack.issuerPort)
  try {
    stack.alsoEnv({ COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(stack.folder, 'acquirers.json'), relay.port) })
    await stack.launch(['serve', 'work'])
    await stack.linked('serve')
    const notificationUrl = `${receiver.url}/notify?shop=1`
    const load = new Load({
      stack,
      dice: makeDice(`${seed} load`),
      callsPerSecond,
      notificationUrl,
      label: `chaos-${seed}`,
    })
    const kills: ChaosReport['kills'] = { postgres: 0, simulator: 0, serve: 0, work: 0 }
    const reached: ChaosReport['steps'] = {}
    for (const name of [...steps.map(step => step.name), 'at any time', 'missed']) {
      reached[name] = { rounds: 0, postgres: 0, simulator: 0, serve: 0, work: 0 }
    }
    const recoveries: number[] = []
    const onKill = (name: ProgramName) => {
      kills[name] += 1
    }
    load.start()
    for (let round = 0; round < rounds; round += 1) {
      const { step, victims, outcome } = planOf(round, dice)
      await sleep(200 + dice.below(calmMs - 200))
      const place = await step?.reach({ stack, relay }, victims)
      const where = step ? (place ? step.name : 'missed') : 'at any time'
      reached[where]!.rounds += 1
      for (const victim of victims) reached[where]![victim] += 1
      const recoveryMs = await killAndRestart({ stack, load, dice, onKill }, victims, place, outcome)
      recoveries.push(recoveryMs)
      if (dice.chance(advancesPercent)) await stack.advance(130_000)
      const what = `killed ${victims.join(', ')} (${where}${place ? `; it ${outcome}` : ''})`
      say(`round ${round + 1}/${rounds}: ${what}; answering again in ${Math.round(recoveryMs)} ms`)
    }
    await load.stop()

    receiver.answer(() => right)
    await settle(stack)
    const finalCalls = await load.askEverything()
    const { calls } = load
    const ledger = await stack.ledger()
    const vaultings = await vaultingsIn(stack.databaseUrl)
    const told = receiver.received.map(received => toldBy(received, stack))
    const { unexpectedEnds } = stack
    const complaints = checkHistory({ calls, finalCalls, vaultings, told, ledger, unexpectedEnds })
    const storedCards = await openAllCards(stack, vaultings)
    const bodies = new Set(told.map(each => each.body))
    return {
      seed,
      rounds,
      kills,
      steps: reached,
      slowestStartMs: slowestStarts(stack),
      slowestRecoveryMs: Math.round(Math.max(...recoveries)),
      calls: countCalls(load),
      vaultings: countVaultings(vaultings),
      buyers: load.buyers,
      notifications: { received: told.length, repeated: told.length - bodies.size },
      issuer: countLedger(ledger),
      storedCards: storedCards.text,
      complaints: [...complaints, ...storedCards.complaints],
    }
  } finally {
    await relay.stop()
    await stack.stop()
    await receiver.stop()
  }
}

/** Every step in its turn, each time with other victims; every fourth round comes at any time. */
function planOf(round: number, dice: Dice): { step?: Step; victims: readonly ProgramName[]; outcome: Outcome } {
  if (round % 4 === 3) return { victims: faults[(round >> 2) % faults.length]!, outcome: 'goes on' }
  const nth = round - (round >> 2)
  const step = steps[nth % steps.length]!
  const victims = step.victims[((nth % steps.length) + Math.floor(nth / steps.length)) % step.victims.length]!
  return { step, victims, outcome: dice.pick(step.outcomes) }
}

/** What a good receiver answers. */
export const right = {
  status: 200,
  body: JSON.stringify({ result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' } }),
}

interface Killing {
  stack: Stack
  load: Load
  dice: Dice
  onKill(name: ProgramName): void
}

/** Kills, and starts again. @returns how long it took until a vaulting was answered again, in ms */
export async function killAndRestart(
  { stack, load, dice, onKill }: Killing,
  victims: readonly ProgramName[],
  place: Place | undefined,
  outcome: Outcome,
): Promise<number> {
  const kill = async (names: readonly ProgramName[]) => {
    for (const name of names) onKill(name)
    await stack.kill(names)
  }
  await kill(victims)
  await place?.afterKill(outcome)
  await sleep(dice.below(600))
  if (dice.chance(25)) {
    // Once more in the middle of the start: recovery has to bear being cut off too.
    const victim = dice.pick(victims)
    stack.begin(victim)
    await sleep(dice.below(700))
    await kill([victim])
  }
  const began = performance.now()
  await stack.launch(victims)
  await place?.afterRestart(outcome)
  while (performance.now() - began < RECOVERY_MS) {
    const back = load.calls.find(call => call.startedAt > began && call.kind === 'vault' && isFinal(call))
    if (back) return back.endedAt - began
    await sleep(20)
  }
  return performance.now() - began
}

/** Plays time until nothing is open any more: questions taken back, deadlines passed, everybody told. */
async function settle(stack: Stack): Promise<void> {
  await stack.linked('serve')
  await stack.linked('work')
  await stack.advance(25 * HOUR_MS)
  for (const began = performance.now(); performance.now() - began < SETTLED_WITHIN_MS; await sleep(200)) {
    const rows = await vaultingsIn(stack.databaseUrl)
    if (rows.every(row => row.state !== 'PROCESSING' && !row.questionsOpen && !row.notificationsOpen)) return
    await stack.linked('work')
    await stack.advance(HOUR_MS)
  }
}

/** Every vaulting, as its rows have it now. */
export async function vaultingsIn(databaseUrl: string): Promise<VaultingRow[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<VaultingRow>(
      `select v.merchant_id as "clientId", v.vaulting_request_id as "vaultingRequestId", v.state,
              v.result_code as "resultCode",
              (select count(*)::int from sealed_card c where c.id = v.id) as cards,
              (select count(*)::int from issuer_message m where m.id = v.id) as "questionsOpen",
              (select coalesce(jsonb_agg(e.detail order by e.seq), '[]') from vaulting_event e
               where (e.merchant_id, e.vaulting_request_id) = (v.merchant_id, v.vaulting_request_id)
                 and e.kind = 'issuer.asked') as questions,
              count(n.id)::int as notifications, count(n.due_at)::int as "notificationsOpen"
       from vaulting v left join notification n on n.merchant_id = v.merchant_id and n.subject_id = v.vaulting_request_id and n.resend_of is null
       group by v.merchant_id, v.vaulting_request_id`,
    )
    return rows
  } finally {
    await client.end()
  }
}

/** A notification, with its signature judged as a merchant would. */
export function toldBy({ method, url, headers, body }: Received, stack: Stack): Told {
  const clientId = String(headers['client-id'])
  const signature = parseSignatureHeader(String(headers['signature']))
  const { gatewayKey } = stack.merchants[0]!
  const content = contentToSign({ method, uri: url, clientId, time: String(headers['request-time']), body })
  const verified = signature.ok && verifyContent(gatewayKey, content, signature.header.signature)
  return { clientId, verified, body: body.toString('utf8') }
}

/** Every card that was acknowledged must still open with the key, after all that happened. */
export async function openAllCards(
  stack: Stack,
  vaultings: readonly VaultingRow[],
): Promise<{ text: string; complaints: string[] }> {
  const stored = vaultings.filter(({ state }) => state === 'SUCCESS').length
  const { output } = await runCoffer(['--json', 'doctor', '--open-cards', String(stored + 1)], { env: stack.env })
  const text = /"(\d+ of \d+ sampled cards open)"/.exec(output)?.[1] ?? output
  return { text, complaints: text === `${stored} of ${stored} sampled cards open` ? [] : [`the doctor says: ${text}`] }
}

/** The slowest start until ready, of each program, in ms. */
export function slowestStarts(stack: Stack): ChaosReport['slowestStartMs'] {
  const slowest = (name: ProgramName) =>
    Math.round(Math.max(0, ...stack.starts.filter(start => start.name === name).map(({ ms }) => ms)))
  return {
    postgres: slowest('postgres'),
    simulator: slowest('simulator'),
    serve: slowest('serve'),
    work: slowest('work'),
  }
}

function countCalls({ calls }: Load): ChaosReport['calls'] {
  const withStatus = (status: string) =>
    calls.filter(call => call.answer && JSON.parse(call.answer.text).result.resultStatus === status).length
  return {
    all: calls.length,
    success: withStatus('S'),
    fail: withStatus('F'),
    unknown: withStatus('U'),
    broken: calls.filter(call => !call.answer).length,
    slowestMs: Math.round(Math.max(0, ...calls.map(call => call.endedAt - call.startedAt))),
  }
}

function countVaultings(vaultings: readonly VaultingRow[]): ChaosReport['vaultings'] {
  const counts: Record<string, number> = { all: vaultings.length }
  for (const { resultCode, state } of vaultings) counts[resultCode ?? state] = (counts[resultCode ?? state] ?? 0) + 1
  return counts
}

function countLedger(ledger: readonly LedgerLine[]): ChaosReport['issuer'] {
  const questions = ledger.filter(({ kind }) => kind === 'verification')
  const approved = questions.filter(({ networkTransactionId }) => networkTransactionId !== undefined)
  const reversals = ledger.filter(({ kind }) => kind === 'reversal')
  return {
    questions: questions.length,
    approved: approved.length,
    reversals: reversals.length,
    approvalsReversed: approved.filter(({ reversed }) => reversed).length,
    neverArrived: reversals.filter(({ effect }) => effect === 'no-original').length,
  }
}
