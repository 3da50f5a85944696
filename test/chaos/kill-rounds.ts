/** The run: load on a whole sandbox, processes killed at random times and started again, and a judgement in the end. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { contentToSign, parseSignatureHeader, verifyContent } from '../../packages/antom/src/index.js'
import { type ProgramName, programNames, runCoffer, Stack } from '../support/processes.js'
import { type Received, startReceiver } from '../support/receiver.js'
import { checkHistory, isFinal } from './check-history.js'
import { type Dice, makeDice } from './dice.js'
import type { Told, VaultingRow } from './history.js'
import { Load } from './load.js'

/** What is killed at the same instant. Of PostgreSQL it is the server itself that is killed, and not shut down. */
const faults: readonly (readonly ProgramName[])[] = [
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
  vaultings: { all: number; success: number; fail: number }
  notifications: { received: number; repeated: number }
  issuerQuestions: number
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
  const stack = await Stack.start({ offset, env: { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' } })
  try {
    const notificationUrl = `${receiver.url}/notify?shop=1`
    const load = new Load({
      stack,
      dice: makeDice(`${seed} load`),
      callsPerSecond,
      notificationUrl,
      label: `chaos-${seed}`,
    })
    const kills: ChaosReport['kills'] = { postgres: 0, simulator: 0, serve: 0, work: 0 }
    const recoveries: number[] = []
    load.start()
    for (let round = 0; round < rounds; round += 1) {
      const victims = faults[round % faults.length]!
      await sleep(200 + dice.below(calmMs - 200))
      recoveries.push(await killAndRestart(stack, load, victims, dice, name => (kills[name] += 1)))
      if (dice.chance(advancesPercent)) await stack.advance(130_000)
      say(
        `round ${round + 1}/${rounds}: killed ${victims.join(', ')}; answering again in ${Math.round(recoveries.at(-1)!)} ms`,
      )
    }
    await load.stop()

    receiver.answer(() => right)
    await stack.advance(25 * HOUR_MS)
    const finalCalls = await load.askEverything()
    const { calls } = load
    const asked = await stack.issuerLog()
    const vaultings = await vaultingsIn(stack.databaseUrl)
    const told = receiver.received.map(received => toldBy(received, stack))
    const { unexpectedEnds } = stack
    const complaints = checkHistory({ calls, finalCalls, vaultings, told, asked, unexpectedEnds })
    const storedCards = await openAllCards(stack, vaultings)
    const bodies = new Set(told.map(each => each.body))
    return {
      seed,
      rounds,
      kills,
      slowestStartMs: slowestStarts(stack),
      slowestRecoveryMs: Math.round(Math.max(...recoveries)),
      calls: countCalls(load),
      vaultings: countVaultings(vaultings),
      notifications: { received: told.length, repeated: told.length - bodies.size },
      issuerQuestions: asked.length,
      storedCards: storedCards.text,
      complaints: [...complaints, ...storedCards.complaints],
    }
  } finally {
    await stack.stop()
    await receiver.stop()
  }
}

const right = {
  status: 200,
  body: JSON.stringify({ result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' } }),
}

/** @returns how long it took until a vaulting succeeded again, in ms */
async function killAndRestart(
  stack: Stack,
  load: Load,
  victims: readonly ProgramName[],
  dice: Dice,
  onKill: (name: ProgramName) => void,
): Promise<number> {
  const kill = async (names: readonly ProgramName[]) => {
    for (const name of names) onKill(name)
    await stack.kill(names)
  }
  await kill(victims)
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
  while (performance.now() - began < 30_000) {
    const back = load.calls.find(call => call.startedAt > began && call.kind === 'vault' && isFinal(call))
    if (back) return back.endedAt - began
    await sleep(20)
  }
  return performance.now() - began
}

async function vaultingsIn(databaseUrl: string): Promise<VaultingRow[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<VaultingRow>(
      `select v.id, v.merchant_id as "clientId", v.vaulting_request_id as "vaultingRequestId", v.state,
              (select count(*)::int from sealed_card c where c.id = v.id) as cards,
              count(n.id)::int as notifications, count(n.due_at)::int as "notificationsOpen"
       from vaulting v left join notification n using (merchant_id, vaulting_request_id)
       group by v.merchant_id, v.vaulting_request_id`,
    )
    return rows
  } finally {
    await client.end()
  }
}

/** A notification, with its signature judged as a merchant would. */
function toldBy({ method, url, headers, body }: Received, stack: Stack): Told {
  const clientId = String(headers['client-id'])
  const signature = parseSignatureHeader(String(headers['signature']))
  const { gatewayKey } = stack.merchants[0]!
  const content = contentToSign({ method, uri: url, clientId, time: String(headers['request-time']), body })
  const verified = signature.ok && verifyContent(gatewayKey, content, signature.header.signature)
  return { clientId, verified, body: body.toString('utf8') }
}

/** Every card that was acknowledged must still open with the key, after all that happened. */
async function openAllCards(
  stack: Stack,
  vaultings: readonly VaultingRow[],
): Promise<{ text: string; complaints: string[] }> {
  const stored = vaultings.filter(({ state }) => state === 'SUCCESS').length
  const { output } = await runCoffer(['--json', 'doctor', '--open-cards', String(stored + 1)], { env: stack.env })
  const text = /"(\d+ of \d+ sampled cards open)"/.exec(output)?.[1] ?? output
  return { text, complaints: text === `${stored} of ${stored} sampled cards open` ? [] : [`the doctor says: ${text}`] }
}

function slowestStarts(stack: Stack): ChaosReport['slowestStartMs'] {
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
  const inState = (wanted: string) => vaultings.filter(({ state }) => state === wanted).length
  return { all: vaultings.length, success: inState('SUCCESS'), fail: inState('FAIL') }
}
