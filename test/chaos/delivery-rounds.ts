/**
 * Workers killed at each step of a delivery, while vaultings go on. What was due is delivered by the next worker, as
 * soon as the lease of the dead one ends; the receiver refuses one delivery of five, so that there are repeats.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { contentToSign, parseSignatureHeader, verifyContent } from '../../packages/antom/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { Stack } from '../support/processes.js'
import { type Received, startReceiver } from '../support/receiver.js'
import { type Arrival, checkDeliveries, type SeriesRow } from './check-deliveries.js'
import { startDeliveryLine } from './delivery-line.js'
import { deliverySteps, type Fate } from './delivery-steps.js'
import { makeDice } from './dice.js'

/** How long everything may take to be delivered in the end; a lease ends after 15 s. */
const SETTLED_WITHIN_MS = 120_000

export interface DeliveryChaosOptions {
  rounds: number
  /** The same seed plans the same kills. */
  seed: string
  offset: number
  /** Vaultings per second. */
  perSecond?: number
  /** Longest time between two kills, in ms. */
  calmMs?: number
  /** Hears a line per round. */
  say?: (line: string) => void
}

export interface DeliveryChaosReport {
  seed: string
  rounds: number
  /** How often a worker was killed where. `at any time` is every fourth round. */
  kills: Record<string, number>
  vaultings: number
  /** Deliveries that arrived, and how many of them were told again. */
  arrivals: number
  repeated: number
  /** Attempts on record. */
  attempts: number
  complaints: string[]
}

/** Runs so many rounds. Everything that is started is ended, and nothing is left on disk. */
export async function runDeliveryChaos(options: DeliveryChaosOptions): Promise<DeliveryChaosReport> {
  const { rounds, seed, offset, perSecond = 15, calmMs = 1_000, say = () => {} } = options
  const dice = makeDice(seed)
  const fussy = makeDice(`${seed} receiver`)
  const receiver = await startReceiver()
  const answers: number[] = []
  let refuses = true
  receiver.answer((_request, nth) => {
    const status = refuses && fussy.chance(20) ? 500 : 200
    answers[nth - 1] = status
    return status === 200 ? RIGHT : { status, body: '' }
  })
  const line = await startDeliveryLine(Number(new URL(receiver.url).port))
  const env = { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0', COFFER_NOTIFICATION_SCHEDULE_FACTOR: '0.01' }
  const stack = await Stack.start({ offset, env })
  const kills: Record<string, number> = { missed: 0, 'at any time': 0 }
  for (const { name } of deliverySteps) kills[name] = 0
  const load = startLoad(stack, `http://127.0.0.1:${line.port}/notify?shop=1`, perSecond)
  try {
    for (let round = 0; round < rounds; round += 1) {
      const step = round % 4 === 3 ? undefined : deliverySteps[(round - (round >> 2)) % deliverySteps.length]
      const fate: Fate = dice.chance(50) ? 'goes on' : 'is lost'
      await sleep(100 + dice.below(calmMs))
      const kept = await step?.reach({ stack, line })
      const where = step ? (kept ? step.name : 'missed') : 'at any time'
      kills[where]! += 1
      await stack.kill(['work'])
      await kept?.afterKill(fate)
      await stack.launch(['work'])
      say(`round ${round + 1}/${rounds}: killed the worker of a delivery (${where}${kept ? `; it ${fate}` : ''})`)
    }
    await load.stop()
    refuses = false
    await settle(stack)
    const finals = await finalsIn(stack.databaseUrl)
    const series = await seriesIn(stack.databaseUrl)
    const arrivals = receiver.received.map((received, nth) => arrivalOf(received, answers[nth]!, stack))
    const complaints = [...checkDeliveries(finals, series, arrivals), ...stack.unexpectedEnds]
    return {
      seed,
      rounds,
      kills,
      vaultings: finals.length,
      arrivals: arrivals.length,
      repeated: arrivals.length - new Set(arrivals.map(({ vaultingRequestId }) => vaultingRequestId)).size,
      attempts: series.reduce((sum, { attempts }) => sum + attempts.length, 0),
      complaints,
    }
  } finally {
    await load.stop()
    await stack.stop()
    await line.stop()
    await receiver.stop()
  }
}

const RIGHT = { status: 200, body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}' }

/** Vaults cards at a steady rate, whatever becomes of them. */
function startLoad(stack: Stack, vaultingNotificationUrl: string, perSecond: number): { stop(): Promise<void> } {
  const running = new Set<Promise<unknown>>()
  let stopped = false
  const pacing = (async () => {
    while (!stopped) {
      await sleep(1_000 / perSecond)
      if (running.size > 50) continue
      const request = aVaultingRequest({ vaultingNotificationUrl })
      const call: Promise<unknown> = stack
        .call(stack.merchants[0]!, 'vaults/vaultPaymentMethod', request)
        .catch(() => undefined)
        .finally(() => running.delete(call))
      running.add(call)
    }
  })()
  return {
    async stop() {
      stopped = true
      await pacing
      await Promise.all(running)
    },
  }
}

/** Waits until no series is open any more. Real time passes, since leases count by it. */
async function settle(stack: Stack): Promise<void> {
  for (const began = performance.now(); performance.now() - began < SETTLED_WITHIN_MS; await sleep(200)) {
    if ((await seriesIn(stack.databaseUrl)).every(({ open }) => !open)) return
  }
}

function arrivalOf({ headers, body, json, method, url }: Received, status: number, stack: Stack): Arrival {
  const clientId = String(headers['client-id'])
  const requestTime = String(headers['request-time'])
  const signature = String(headers['signature'])
  const parsed = parseSignatureHeader(signature)
  const content = contentToSign({ method, uri: url, clientId, time: requestTime, body })
  const verified = parsed.ok && verifyContent(stack.merchants[0]!.gatewayKey, content, parsed.header.signature)
  const { vaultingRequestId } = json as { vaultingRequestId: string }
  return { vaultingRequestId, body: body.toString('hex'), requestTime, signature, verified, status }
}

async function ask<Row>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

async function finalsIn(databaseUrl: string): Promise<string[]> {
  const rows = await ask<{ id: string }>(
    databaseUrl,
    `select vaulting_request_id as id from vaulting where state <> 'PROCESSING'`,
  )
  return rows.map(({ id }) => id)
}

async function seriesIn(databaseUrl: string): Promise<SeriesRow[]> {
  return ask<SeriesRow>(
    databaseUrl,
    `select n.subject_id as "vaultingRequestId", n.acknowledged_at is not null as acknowledged,
            n.due_at is not null as open, n.attempts_made as "attemptsMade",
            coalesce(jsonb_agg(jsonb_build_object('attempt', a.attempt,
              'beganAt', (extract(epoch from a.began_at) * 1000)::float8, 'httpStatus', a.http_status,
              'acknowledged', a.acknowledged) order by a.attempt) filter (where a.attempt is not null), '[]') as attempts
     from notification n left join notification_attempt a on a.notification_id = n.id
     where n.resend_of is null
     group by n.id`,
  )
}
