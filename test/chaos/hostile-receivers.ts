/**
 * A worker among a hundred merchants with bad receivers and one with a good one: how late the good one hears, and how
 * much memory the worker takes for the others.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openVault } from '../../apps/vault/src/commands/open.js'
import { readConfig } from '../../apps/vault/src/config.js'
import { addMerchant } from '../../apps/vault/src/merchants/manage-merchants.js'
import { makeLog } from '../../apps/vault/src/platform/log.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { aVaultingRequest } from '../support/builders.js'
import { type MerchantKeys, merchantKeys } from '../support/merchant-client.js'
import { type SandboxKeys, Stack } from '../support/processes.js'
import { startReceiver } from '../support/receiver.js'
import { selfSigned } from '../support/self-signed.js'
import { type Manners, mannersOfReceivers, startHostileServers } from './hostile-servers.js'

/** What the first delivery waits for on purpose. */
const FIRST_DELAY_MS = 3_000

export interface HostileOptions {
  offset: number
  /** Merchants with bad receivers. */
  merchants: number
  /** Notifications of each of them. */
  each: number
  /** Notifications of the good one, one every quarter of a second. */
  healthy: number
  say?: (line: string) => void
}

export interface HostileReport {
  merchants: number
  /** From the due instant to the arrival at the good receiver, in ms. */
  healthy: { count: number; p50: number; p99: number; worst: number }
  /** Of the worker, in MB: before the bad ones came, the most while they were there, and the difference. */
  memory: { before: number; most: number; growth: number }
  /** How often each kind of bad receiver was asked. */
  asked: Readonly<Record<Manners, number>>
  /** What was recorded about bad receivers, by kind: each reason and how often. */
  reasons: Record<string, Record<string, number>>
  /** Attempts of bad receivers that were taken for acknowledged. */
  wronglyAcknowledged: number
}

/** Runs it in real time: some forty seconds, and the starts. */
export async function runHostileReceivers(options: HostileOptions): Promise<HostileReport> {
  const { offset, merchants, each, healthy, say = () => {} } = options
  const certificate = selfSigned('localhost', '20210101000000Z')
  const hostile = startHostileServers(certificate)
  const receiver = await startReceiver()
  const arrivals = new Map<string, number>()
  receiver.answer(({ json }) => {
    const { vaultingRequestId } = json as { vaultingRequestId: string }
    if (!arrivals.has(vaultingRequestId)) arrivals.set(vaultingRequestId, Date.now())
    return RIGHT
  })
  // Repeats come soon, so that the bad ones are asked again and again while it runs.
  const stack = await Stack.start({ offset, env: { COFFER_NOTIFICATION_SCHEDULE_FACTOR: '0.02' } })
  try {
    const authority = join(stack.folder, 'expired.pem')
    await writeFile(authority, certificate.pem)
    stack.alsoEnv({ NODE_EXTRA_CA_CERTS: authority })
    await stack.end(['work'])
    await stack.launch(['work'])
    const good = stack.merchants[0]!
    const vault = async (merchant: SandboxKeys, vaultingNotificationUrl: string) => {
      const request = aVaultingRequest({ vaultingNotificationUrl })
      const { json } = await stack.call(merchant, 'vaults/vaultPaymentMethod', request)
      if (json.result?.resultCode !== 'SUCCESS') throw new Error(`a vaulting ended as ${json.result?.resultCode}`)
      return request.vaultingRequestId
    }

    say('warming up')
    await inParts(Array.from({ length: 200 }), 20, () => vault(good, `${receiver.url}/warm-up`))
    while (arrivals.size < 200) await sleep(100)
    const memory = watchMemory(stack.program('work').pid)

    say(`${merchants} merchants with bad receivers`)
    const bad = await badMerchants(stack, merchants, good)
    const addresses = await Promise.all(
      bad.map(async (merchant, nth) => {
        const manners = mannersOfReceivers[nth % mannersOfReceivers.length]!
        return { merchant, manners, url: await hostile.open(manners) }
      }),
    )
    const kinds = new Map<string, Manners>()
    const ofTheBad = addresses.flatMap(address => Array.from({ length: each }, () => address))
    const load = inParts(ofTheBad, 10, async ({ merchant, manners, url }) => {
      kinds.set(await vault(merchant, url), manners)
    })
    const ids: string[] = []
    for (let nth = 0; nth < healthy; nth += 1) {
      ids.push(await vault(good, `${receiver.url}/healthy`))
      await sleep(250)
    }
    await load
    for (const began = Date.now(); ids.some(id => !arrivals.has(id)) && Date.now() - began < 60_000; ) await sleep(100)
    const most = memory.stop()

    const rows = await finals(stack.databaseUrl)
    const late = ids.map(
      id => (arrivals.get(id) ?? Number.POSITIVE_INFINITY) - rows.concluded.get(id)! - FIRST_DELAY_MS,
    )
    late.sort((a, b) => a - b)
    const reasons: HostileReport['reasons'] = {}
    let wronglyAcknowledged = 0
    for (const { id, failure } of rows.attempts) {
      const manners = kinds.get(id)
      if (!manners) continue
      if (failure === null) wronglyAcknowledged += 1
      const reason = failure ?? 'acknowledged'
      const known = reasons[manners] ?? {}
      reasons[manners] = { ...known, [reason]: (known[reason] ?? 0) + 1 }
    }
    return {
      merchants,
      healthy: {
        count: late.length,
        p50: late[Math.floor(late.length / 2)]!,
        p99: late[Math.ceil(late.length * 0.99) - 1]!,
        worst: late.at(-1)!,
      },
      memory: { before: memory.before, most, growth: Math.round(most - memory.before) },
      asked: hostile.asked,
      reasons,
      wronglyAcknowledged,
    }
  } finally {
    await stack.stop()
    await hostile.stop()
    await receiver.stop()
  }
}

const RIGHT = { status: 200, body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}' }

async function inParts<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items]
  const take = async () => {
    while (left.length > 0) await work(left.shift()!)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
}

/** Merchants are the operator's to add: through the vault's own code, beside the processes that run. */
async function badMerchants(stack: Stack, count: number, { gatewayKey }: SandboxKeys): Promise<SandboxKeys[]> {
  const config = readConfig({ ...stack.env, COFFER_ALLOW_UNSUPPORTED_NODE: 'yes' }, process.versions.node)
  const silent = makeLog({ now: () => Date.now(), stream: { write: () => {} } })
  const { system, close } = await openVault(config, stack.databaseUrl, silent)
  try {
    const all: MerchantKeys[] = []
    for (let nth = 0; nth < count; nth += 1) {
      const keys = merchantKeys(`SANDBOX_BAD${String(nth).padStart(4, '0')}`, nth % 3)
      const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
      await addMerchant(officeOf(system), { id: keys.clientId, name: keys.clientId, publicKey })
      all.push(keys)
    }
    return all.map(keys => ({ keys, gatewayKey }))
  } finally {
    await close()
  }
}

/** Samples how much memory a process has, in MB. */
function watchMemory(pid: number): { before: number; stop(): number } {
  const now = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  const before = now()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, now())
  }, 100)
  return {
    before: Math.round(before),
    stop() {
      clearInterval(timer)
      return Math.round(most)
    },
  }
}

async function finals(databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const concluded = await client.query<{ id: string; at: Date }>(
      'select vaulting_request_id as id, concluded_at as at from vaulting',
    )
    const attempts = await client.query<{ id: string; failure: string | null }>(
      'select n.subject_id as id, a.failure from notification_attempt a join notification n on n.id = a.notification_id',
    )
    return {
      concluded: new Map(concluded.rows.map(({ id, at }) => [id, at.getTime()])),
      attempts: attempts.rows,
    }
  } finally {
    await client.end()
  }
}
