/**
 * Buyers who are at their banks while processes die: the CVV is in one process alone, the page may be shown and the result
 * of the challenge may come at any.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { digestNeedles, fieldNeedles, frameNeedles } from '../leaks/needles.js'
import { Scanner } from '../leaks/scanner.js'
import { aVaultingRequest } from '../support/builders.js'
import { callApi } from '../support/merchant-client.js'
import { answerBank, code, goThrough, openChallenge, passBrowser, settled } from '../support/play-buyer.js'
import { type Program, type SandboxKeys, Stack, startCoffer, untilLinked } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'
import { directoriesEnv } from '../support/simulated-directories.js'

const offset = 20_800
const secondOffset = 20_900

let stack: Stack
let second: Program
let receiver: Receiver
let merchant: SandboxKeys
const apiUrls = [offset, secondOffset].map(each => `http://127.0.0.1:${8080 + each}`) as [string, string]
const pagesUrls = [offset, secondOffset].map(each => `http://127.0.0.1:${8081 + each}`) as [string, string]

/** American Express has a code of four digits: they stand somewhere by chance less often than three. */
const CHALLENGED = testCardNumber({ brand: 'AMEX', tt: '20' })

beforeAll(async () => {
  receiver = await startReceiver()
  // WAL that is neither compressed nor removed: it has all that was ever written.
  const postgresSettings = { wal_compression: 'off', wal_keep_size: '4GB', max_wal_size: '4GB', wal_recycle: 'off' }
  const env = { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' }
  stack = await Stack.start({ offset, env, postgresSettings, programs: ['postgres', 'simulator'] })
  const pki = join(stack.dataDir, 'simulator', 'pki')
  stack.alsoEnv({
    COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(stack.folder, 'acquirers.json'), stack.issuerPort),
    ...directoriesEnv(join(stack.folder, 'directories.json'), 8090 + offset, pki),
    // Results of challenges come to the second server, also those of cards that the first one received.
    COFFER_PUBLIC_RESULTS_URL: `https://localhost:${8086 + secondOffset}`,
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

const call = (operation: string, body: unknown, apiUrl = apiUrls[0]) =>
  callApi(apiUrl, merchant.keys, merchant.gatewayKey, `vaults/${operation}`, body)

/** Begins a vaulting whose buyer has to be authenticated, at one of the servers. */
async function waiting(card: object = {}, apiUrl = apiUrls[0]) {
  const request = aVaultingRequest({
    vaultingNotificationUrl: `${receiver.url}/n`,
    card: { cardNo: CHALLENGED, cvv: '1234', is3DSAuthentication: true, ...card },
  })
  const { json } = await call('vaultPaymentMethod', request, apiUrl)
  expect(json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
  return { request, id: request.vaultingRequestId, path: new URL(json.normalUrl).pathname }
}

/** Brings a buyer to the page of his bank. @param pages  the server that shows him ours */
async function atTheBank(card: object, pages: string, apiUrl = apiUrls[0]) {
  const one = await waiting(card, apiUrl)
  const url = `${pages}${one.path}`
  await passBrowser(await settled(url, 'browser'))
  return { ...one, url, bank: await openChallenge(await settled(url, 'challenge')) }
}

const inquiry = async (vaultingRequestId: string, apiUrl = apiUrls[0]) =>
  (await call('inquireVaulting', { vaultingRequestId }, apiUrl)).json
const notified = (id: string) =>
  receiver.received.filter(({ json }) => json.vaultingRequestId === id).map(({ json }) => json.result.resultCode)
const verifications = async () => (await stack.ledger()).filter(({ kind }) => kind === 'verification')

test('a result that comes to the server without the CVV is taken there, and the server with the CVV goes on', async () => {
  const before = (await verifications()).length
  const one = await atTheBank({}, pagesUrls[1])
  stack.halt('serve', true)
  try {
    // The bank has its answer from the second server alone; the buyer hears that his bank has answered.
    await answerBank(one.bank, code(), false)
    await settled(one.url, 'wait')
    expect((await inquiry(one.id, apiUrls[1])).vaultingStatus).toBe('PROCESSING')
    expect(await verifications()).toHaveLength(before)
  } finally {
    stack.halt('serve', false)
  }
  await expect.poll(async () => (await inquiry(one.id, apiUrls[1])).vaultingStatus).toBe('SUCCESS')
  expect((await inquiry(one.id)).paymentMethodDetail.card.brand).toBe('AMEX')
  expect(await (await fetch(one.url)).text()).toContain('Your card is saved')
  await expect.poll(() => notified(one.id)).toEqual(['SUCCESS'])
  expect((await verifications()).slice(before)).toMatchObject([{ network: 'AMEX', cvvGiven: true }])
})

test('buyers whose cards came to either server go through at either server', async () => {
  const before = (await verifications()).length
  const french = { cardNo: testCardNumber({ prefix: '40000025', tt: '20' }), cvv: '123', is3DSAuthentication: false }
  const all = await Promise.all(
    Array.from({ length: 8 }, async (_, nth) => {
      const one = await waiting(french, apiUrls[nth % 2 ? 1 : 0])
      return { ...one, url: `${pagesUrls[nth & 2 ? 1 : 0]}${one.path}` }
    }),
  )
  await Promise.all(all.map(({ url }) => goThrough(url, { network: 'CARTES_BANCAIRES' })))
  for (const { id, request } of all) {
    await expect.poll(async () => (await inquiry(id)).vaultingStatus).toBe('SUCCESS')
    const answers = await Promise.all(apiUrls.map(apiUrl => call('vaultPaymentMethod', request, apiUrl)))
    expect(answers[0]!.json.paymentMethodDetail.card.brand).toBe('CARTES_BANCAIRES')
    expect(answers[1]!.text).toBe(answers[0]!.text)
    await expect.poll(() => notified(id)).toEqual(['SUCCESS'])
  }
  expect((await verifications()).slice(before).map(({ network, cvvGiven }) => ({ network, cvvGiven }))).toEqual(
    all.map(() => ({ network: 'CARTES_BANCAIRES', cvvGiven: true })),
  )
})

test('kill -9 in the middle of challenges leaves no CVV anywhere, and ends what waited there', async () => {
  const before = (await verifications()).length
  const cvv = ['8397', '9386', '7398', '6937'].find(digits => alone(digits) === 0)!
  expect(cvv, 'a code that stands nowhere yet').toBeDefined()
  const buyers = await Promise.all(Array.from({ length: 12 }, (_, nth) => atTheBank({ cvv }, pagesUrls[nth % 2]!)))
  const [lost, answered] = buyers
  expect((await inquiry(lost!.id)).vaultingStatus).toBe('PROCESSING')
  await stack.kill(['serve'])
  // The bank of one of them answers now: the second server takes the result, and nobody can carry it out.
  await answerBank(answered!.bank, code(), false)

  expectNowhere(cvv, buyers.length)
  // The search finds what is there: the ids of the vaultings, and a code that was written down.
  const ids = buyers.map(({ id }) => ({ what: id, bytes: Buffer.from(id) }))
  const found = new Scanner(ids).scan([stack.folder]).hits.map(({ what }) => what)
  expect(new Set(found).size).toBe(buyers.length)
  writeFileSync(join(stack.dataDir, 'planted'), `|${cvv}|`.repeat(buyers.length))
  expect(alone(cvv)).toBeGreaterThanOrEqual(buyers.length)
  writeFileSync(join(stack.dataDir, 'planted'), '')

  for (const { id, request, url } of buyers) {
    await expect.poll(async () => (await inquiry(id, apiUrls[1])).vaultingResultCode).toBe('ORDER_IS_CLOSED')
    await expect.poll(() => notified(id)).toEqual(['ORDER_IS_CLOSED'])
    const repeat = await call('vaultPaymentMethod', request, apiUrls[1])
    expect(repeat.json).toMatchObject({ result: { resultCode: 'ORDER_IS_CLOSED', resultStatus: 'F' } })
    const page = await (await fetch(url.replace(pagesUrls[0], pagesUrls[1]))).text()
    expect(page).toContain('Your card was not saved')
  }
  await stack.launch(['serve'])
  expect((await inquiry(lost!.id)).vaultingResultCode).toBe('ORDER_IS_CLOSED')
  expect(await verifications()).toHaveLength(before)

  // What the dead server was asked for goes well with the one that took its place.
  const next = await atTheBank({}, pagesUrls[1])
  await answerBank(next.bank, code())
  await expect.poll(async () => (await inquiry(next.id)).vaultingStatus).toBe('SUCCESS')
  for (const { output, name } of stack.outputs()) expect(output, name).not.toMatch(/"level":"error"/)
  // A database that was stopped has written all its tables.
  await second.stop()
  await stack.end()
  expectNowhere(cvv, buyers.length)
})

/**
 * The code beside a name, in a frame or as a digest is found wherever it is. Its four digits alone may stand somewhere by
 * chance; whoever wrote the code down would have done it once for each vaulting.
 */
function expectNowhere(cvv: string, vaultings: number): void {
  const needles = [
    ...['cvv', 'cvv2', 'cid', 'securityCode'].flatMap(field => fieldNeedles('CVV', field, cvv)),
    ...frameNeedles('CVV', cvv),
    ...digestNeedles('digest of the CVV', Buffer.from(cvv)),
  ]
  // Database with its WAL, the simulator's folder, logs.
  const { hits, bytes } = new Scanner(needles).scan([stack.folder])
  expect(hits).toEqual([])
  expect(bytes).toBeGreaterThan(20_000_000)
  expect(alone(cvv)).toBeLessThan(vaultings / 2)
  for (const { output, name } of [...stack.outputs(), { name: 'second', output: second.output() }]) {
    expect(occurrences(output, cvv), name).toBeLessThan(vaultings / 2)
    for (const { bytes, what } of needles) expect(output.includes(bytes.toString('latin1')), what).toBe(false)
  }
}

/** How often digits stand in files of the stack with no digit or letter beside them. */
function alone(digits: string): number {
  const files = readdirSync(stack.folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return files.reduce((sum, file) => {
    const content = readFileSync(join(file.parentPath, file.name))
    return content.includes(digits) ? sum + occurrences(content.toString('latin1'), digits) : sum
  }, 0)
}

const occurrences = (text: string, digits: string) =>
  text.match(new RegExp(`(?<![0-9A-Za-z])${digits}(?![0-9A-Za-z])`, 'g'))?.length ?? 0
