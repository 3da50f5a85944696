/** Buyers who have to choose while processes die: the CVV is in one process alone, and a choice can be made at any. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { callApi } from '../support/merchant-client.js'
import { type Program, type SandboxKeys, Stack, startCoffer, untilLinked } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'
import { directoriesEnv } from '../support/simulated-directories.js'

const offset = 20_600
const secondOffset = 20_700

let stack: Stack
let second: Program
let receiver: Receiver
let merchant: SandboxKeys
const apiUrls = [offset, secondOffset].map(each => `http://127.0.0.1:${8080 + each}`) as [string, string]
const pagesUrls = [offset, secondOffset].map(each => `http://127.0.0.1:${8081 + each}`) as [string, string]

beforeAll(async () => {
  receiver = await startReceiver()
  const env = { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' }
  stack = await Stack.start({ offset, env, programs: ['postgres', 'simulator'] })
  const pki = join(stack.dataDir, 'simulator', 'pki')
  stack.alsoEnv({
    COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(stack.folder, 'acquirers.json'), stack.issuerPort),
    ...directoriesEnv(join(stack.folder, 'directories.json'), 8090 + offset, pki),
  })
  second = startCoffer(['serve'], { env: { ...stack.env, COFFER_PORT_OFFSET: String(secondOffset) } })
  await Promise.all([stack.launch(['serve', 'work']), second.ready])
  await Promise.all([stack.linked('serve'), untilLinked(`http://127.0.0.1:${8085 + secondOffset}`)])
  merchant = stack.merchants[0]!
})

afterAll(async () => {
  if (second?.runs()) await second.stop()
  await stack?.stop()
  await receiver?.stop()
})

const call = (apiUrl: string, operation: string, body: unknown) =>
  callApi(apiUrl, merchant.keys, merchant.gatewayKey, `vaults/${operation}`, body)

/** VISA and China UnionPay: a card from outside the EEA, which nobody asks 3-D Secure for, at a merchant inside. */
const CO_BADGED = testCardNumber({ prefix: '40000156' })

/** Begins a vaulting that waits for its buyer, at one of the servers. */
async function waiting(apiUrl: string) {
  const request = aVaultingRequest({
    vaultingNotificationUrl: `${receiver.url}/n`,
    merchantRegion: 'FR',
    card: { cardNo: CO_BADGED },
  })
  const { json } = await call(apiUrl, 'vaultPaymentMethod', request)
  expect(json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
  return { request, id: request.vaultingRequestId, path: new URL(json.normalUrl).pathname }
}

const choose = (url: string, network: string) =>
  fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ network }),
    redirect: 'manual',
    headers: { connection: 'close' },
  })
const inquiry = async (apiUrl: string, vaultingRequestId: string) =>
  (await call(apiUrl, 'inquireVaulting', { vaultingRequestId })).json
const notified = (id: string) =>
  receiver.received.filter(({ json }) => json.vaultingRequestId === id).map(({ json }) => json.result.resultCode)
const verifications = async () => (await stack.ledger()).filter(({ kind }) => kind === 'verification')

test('a choice that is made at one server is carried out by the other one, which has the CVV', async () => {
  const before = (await verifications()).length
  const all = await Promise.all(Array.from({ length: 10 }, (_, nth) => waiting(apiUrls[nth % 2 ? 1 : 0])))
  const answers = await Promise.all(all.map(({ path }, nth) => choose(`${pagesUrls[nth % 2 ? 0 : 1]}${path}`, 'CUP')))
  expect(answers.map(({ status }) => status)).toEqual(all.map(() => 303))
  for (const { id } of all) {
    await expect.poll(async () => (await inquiry(apiUrls[0], id)).vaultingStatus).toBe('SUCCESS')
    expect((await inquiry(apiUrls[1], id)).paymentMethodDetail.card.brand).toBe('CUP')
    await expect.poll(() => notified(id)).toEqual(['SUCCESS'])
  }
  const asked = (await verifications()).slice(before)
  expect(asked.map(({ network, cvvGiven }) => ({ network, cvvGiven }))).toEqual(
    all.map(() => ({ network: 'CUP', cvvGiven: true })),
  )
})

test('a server that dies takes the CVVs with it: what waited there is closed, and what waited elsewhere goes on', async () => {
  const before = (await verifications()).length
  const [lost, chosen, kept] = [await waiting(apiUrls[0]), await waiting(apiUrls[0]), await waiting(apiUrls[1])]
  await stack.kill(['serve'])
  // The other server's page takes the choice; nobody can carry it out.
  expect((await choose(`${pagesUrls[1]}${chosen.path}`, 'VISA')).status).toBe(303)
  expect(await (await fetch(`${pagesUrls[1]}${chosen.path}`)).text()).toContain('Checking your card')

  await stack.launch(['serve'])
  for (const { id, request, path } of [lost, chosen]) {
    await expect.poll(async () => (await inquiry(apiUrls[0], id)).vaultingResultCode).toBe('ORDER_IS_CLOSED')
    await expect.poll(() => notified(id)).toEqual(['ORDER_IS_CLOSED'])
    const repeat = await call(apiUrls[0], 'vaultPaymentMethod', request)
    expect(repeat.json).toMatchObject({ result: { resultCode: 'ORDER_IS_CLOSED', resultStatus: 'F' } })
    expect(await (await fetch(`${pagesUrls[0]}${path}`)).text()).toContain('Your card was not saved')
  }
  expect(await verifications()).toHaveLength(before)

  expect((await inquiry(apiUrls[0], kept.id)).vaultingStatus).toBe('PROCESSING')
  await choose(`${pagesUrls[0]}${kept.path}`, 'VISA')
  await expect.poll(async () => (await inquiry(apiUrls[0], kept.id)).vaultingStatus).toBe('SUCCESS')
})

test('a server that is stopped in order closes what waits there, and the deadline closes the rest', async () => {
  const [there, here] = [await waiting(apiUrls[1]), await waiting(apiUrls[0])]
  expect(await second.stop()).toBe('exit 0')
  await expect.poll(async () => (await inquiry(apiUrls[0], there.id)).vaultingResultCode).toBe('ORDER_IS_CLOSED')
  expect((await inquiry(apiUrls[0], here.id)).vaultingStatus).toBe('PROCESSING')
  await stack.advance(15 * 60_000 + 1_000)
  await expect.poll(async () => (await inquiry(apiUrls[0], here.id)).vaultingResultCode).toBe('ORDER_IS_CLOSED')
  await expect.poll(() => [...notified(there.id), ...notified(here.id)]).toEqual(['ORDER_IS_CLOSED', 'ORDER_IS_CLOSED'])
  for (const { output, name } of stack.outputs()) expect(output, name).not.toMatch(/"level":"error"/)
})
