/** Notifications of a live vault whose addresses all lead back to its own machine: none of them ever gets there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMerchant } from '../../apps/vault/src/merchants/manage-merchants.js'
import { Deliverer } from '../../apps/vault/src/notifications/deliver.js'
import type { SettableClock } from '../../apps/vault/src/platform/clock.js'
import { makeOutbound, type Outbound } from '../../apps/vault/src/platform/outbound.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { select } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from '../support/builders.js'
import { type MerchantKeys, merchantKeys } from '../support/merchant-client.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { SANDBOX } from '../support/strangers.js'
import { startTrap, type Trap } from '../support/trap.js'

/** What names resolve to; one after the other where there are several look-ups. */
const NAMES: Record<string, string[][]> = {
  'loopback.example': [['127.0.0.1']],
  'loopback-6.example': [['::1']],
  'both.example': [['127.0.0.1', '::1']],
  'elsewhere-on-loopback.example': [['127.8.9.10']],
  'unspecified.example': [['0.0.0.0']],
  'unspecified-6.example': [['::']],
  'mapped.example': [['::ffff:127.0.0.1']],
  'compatible.example': [['::7f00:1']],
  'nat64.example': [['64:ff9b::7f00:1']],
  '6to4.example': [['2002:7f00:1::']],
  'metadata.example': [['169.254.169.254']],
  'link-local.example': [['fe80::1']],
  'not-opened.example': [['192.168.1.1']],
  'one-among-good-ones.example': [['8.8.8.8', '2606:4700::1111', '127.0.0.1']],
  'one-in-an-opened-network.example': [['10.1.2.3', '127.0.0.1']],
  'rebinding.example': [['127.0.0.1'], ['::1'], ['10.1.2.3', '127.0.0.1'], ['0.0.0.0']],
}

/** The waits between the eight deliveries, in minutes. */
const WAITS = [2, 10, 10, 60, 120, 360, 900]

let trap: Trap
let coffer: TestSystem
let outbound: Outbound
let looked: string[]
beforeAll(async () => {
  trap = await startTrap()
  coffer = await startSystem({
    environment: 'live',
    env: {
      // Else the ports of the trap would be a reason of their own.
      COFFER_NOTIFICATION_PORTS: [...trap.httpPorts, ...trap.httpsPorts].join(','),
      COFFER_NOTIFICATION_PRIVATE_NETWORKS: '10.0.0.0/8, fd00::/8',
    },
  })
  looked = []
  outbound = makeOutbound({ policy: coffer.system.config.outboundPolicy, resolve: played, ca: trap.ca })
})
afterAll(async () => {
  await outbound?.close()
  await coffer?.stop()
  await trap?.stop()
})

async function played(host: string) {
  const answers = NAMES[host] ?? []
  const nth = looked.filter(name => name === host).length
  looked.push(host)
  return (answers[nth % answers.length] ?? []).map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
}

/** Plays the whole series of deliveries of everything that is due. */
async function deliverAll(): Promise<void> {
  const deliverer = new Deliverer(coffer.system, outbound)
  const clock = coffer.system.clock as SettableClock
  for (const minutes of [1, ...WAITS]) {
    const virtualMs = clock.now() + minutes * 60_000
    clock.follow({ realMs: clock.real(), virtualMs, running: true, heldUntilRealMs: 0 })
    while ((await deliverer.takeDue()) > 0) await deliverer.drain()
  }
}

/** Vaults a card that no acquirer takes: that is an outcome, and it is notified like any other. */
async function vault(vaultingNotificationUrl: string | undefined, as: MerchantKeys): Promise<string> {
  const request = aVaultingRequest({
    card: { cardNo: '7000000000000005' },
    ...(vaultingNotificationUrl !== undefined && { vaultingNotificationUrl }),
  })
  const answer = await coffer.vaultPaymentMethod(request, { as })
  expect(answer.json.result).toMatchObject({ resultStatus: 'F', resultCode: 'CARD_NOT_SUPPORTED' })
  return request.vaultingRequestId
}

const attemptsOf = (vaultingRequestId: string) =>
  select(
    coffer.system,
    `select a.attempt, a.acknowledged, a.http_status, a.failure
     from notification_attempt a join notification n on n.id = a.notification_id
     where n.subject_id = $1 order by a.attempt`,
    [vaultingRequestId],
  )

async function expectRefused(vaultingRequestIds: readonly string[], failure: unknown): Promise<void> {
  expect(vaultingRequestIds.length).toBeGreaterThan(0)
  for (const id of vaultingRequestIds) {
    const refused = { acknowledged: false, http_status: null, failure }
    const expected = [1, 2, 3, 4, 5, 6, 7, 8].map(attempt => ({ attempt, ...refused }))
    expect(await attemptsOf(id)).toEqual(expected)
  }
}

test('the trap snaps: whoever may reach loopback is counted', async () => {
  const careless = makeOutbound({
    policy: SANDBOX,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    ca: trap.ca,
  })
  const before = trap.accepts()
  for (const url of [`http://trap.example:${trap.httpPorts[0]}/`, `https://trap.example:${trap.httpsPorts[1]}/`]) {
    expect(await careless.post(new URL(url), {}, Buffer.from('{}'))).toMatchObject({ kind: 'answered', status: 200 })
  }
  expect(trap.accepts()).toBe(before + 2)
  await careless.close()
})

test('names that lead to this machine are refused at each of the eight attempts', async () => {
  const before = trap.accepts()
  const ports = [...trap.httpsPorts, ...trap.httpPorts]
  const ids: string[] = []
  for (const name of Object.keys(NAMES)) {
    for (const port of ports) ids.push(await vault(`https://${name}:${port}/notify`, coffer.merchant))
  }
  await deliverAll()
  await expectRefused(ids, 'refused address')
  // Each attempt looked its name up anew.
  expect(looked).toHaveLength(ids.length * 8)
  expect(trap.accepts()).toBe(before)
})

test('addresses that were kept when more was allowed are refused at each attempt, too', async () => {
  const before = trap.accepts()
  const [plain, secure] = [trap.httpPorts[0], trap.httpsPorts[0]]
  const urls = [
    ...[`http://127.0.0.1:${plain}/`, `http://localhost:${plain}/`, `http://[::1]:${plain}/`],
    ...[`https://127.0.0.1:${secure}/`, `https://localhost:${secure}/`, `https://a.localhost:${secure}/`],
    ...[`https://[::1]:${secure}/`, `https://2130706433:${secure}/`, `https://127.1:${secure}/`],
    ...[`https://0x7f.1:${secure}/`, `https://0177.0.0.1:${secure}/`],
  ]
  const office = { ...officeOf(coffer.system), outboundPolicy: SANDBOX }
  const ids: string[] = []
  for (const [nth, notificationUrl] of urls.entries()) {
    const as = merchantKeys(`TRAPPED${nth}`, 1)
    const publicKey = as.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(office, { id: as.clientId, name: 'n', publicKey, notificationUrl })
    ids.push(await vault(undefined, as))
  }
  await deliverAll()
  await expectRefused(
    ids,
    expect.stringMatching(/^refused URL \(it (must begin with https:\/\/|names an address that is not public)\)$/),
  )
  expect(trap.accepts()).toBe(before)
})
