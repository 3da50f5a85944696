/** The vault's acquirer connectors against the simulator's issuer: real sockets, both dialects, a real database. */
import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { type Simulator, startSimulator } from '../../apps/simulator/src/index.js'
import { Cvv, type NetworkId, Pan } from '../../apps/vault/src/card-data/index.js'
import { Acquirers, openAcquirers } from '../../apps/vault/src/issuer/acquirers.js'
import { sandboxAcquirers } from '../../apps/vault/src/issuer/acquirers-file.js'
import type { AcquirerConnector, MessageReference, VerifyRequest } from '../../apps/vault/src/issuer/connector.js'
import { systemClock } from '../../apps/vault/src/platform/clock.js'
import { Database } from '../../apps/vault/src/platform/database.js'
import { makeLog } from '../../apps/vault/src/platform/log.js'
import { systemRandom } from '../../apps/vault/src/platform/random.js'
import { cloneDatabase, dropDatabase } from '../../packages/local-postgres/src/index.js'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { TEMPLATE } from '../support/global-setup.js'

const databaseName = `link_${randomUUID().replaceAll('-', '')}`
const lines: string[] = []
const log = makeLog({ now: () => 0, stream: { write: line => lines.push(line) } })
let db: Database
let simulator: Simulator
let patient: { acquirers: Acquirers; registry: Registry }
let hasty: typeof patient

/** `hasty` is for issuers that say nothing: there a short limit changes no result, only how long the test takes. */
function connected(timeoutMs: number) {
  const registry = new Registry()
  const configs = sandboxAcquirers('127.0.0.1', simulator.port).map(config => ({ ...config, timeoutMs }))
  const world = { db, clock: systemClock, random: systemRandom, log, metrics: { registry } }
  const acquirers = openAcquirers(configs, world)
  acquirers.start()
  return { acquirers, registry }
}

beforeAll(async () => {
  db = new Database({ url: await cloneDatabase(inject('postgresUrl'), TEMPLATE, databaseName), log })
  simulator = await startSimulator({ port: 0 })
  patient = connected(60_000)
  hasty = connected(250)
  await until(() => expect(patient.acquirers.isUp() && hasty.acquirers.isUp()).toBe(true))
})
afterAll(async () => {
  await Promise.all([patient?.acquirers.stop(), hasty?.acquirers.stop()])
  await simulator?.stop()
  await db?.close()
  await dropDatabase(inject('postgresUrl'), databaseName)
})

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 50_000, interval: 5 })
const counted = async ({ registry }: typeof patient, name: string) =>
  (await registry.getSingleMetric(`coffer_issuer_${name}`)!.get()).values.reduce((sum, { value }) => sum + value, 0)

function question(number: string, network: NetworkId): VerifyRequest {
  const pan = Pan.parse(number, { find: () => undefined })
  if (!pan.ok) throw new Error(pan.rule)
  return {
    network,
    pan: pan.value,
    expiry: { year: '2033', month: '12' },
    cvv2: Cvv.of('123'),
    cardholderName: undefined,
    avs: undefined,
    currency: 'EUR',
    merchant: { id: 'SHOP_1', name: 'Shop' },
    storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
  }
}

async function verify(
  { acquirers }: typeof patient,
  card: { number: string },
  network: NetworkId = 'VISA',
  fits = (_trace: number) => true,
) {
  const connector = acquirers.for(network)!
  let reference = await connector.prepare()
  while (!fits(Number(reference['stan']))) reference = await connector.prepare()
  const request = question(card.number, network)
  return { connector, reference, request, outcome: await connector.verify(request, reference) }
}

async function reverse(
  connector: AcquirerConnector,
  { pan, expiry, network, currency, merchant }: VerifyRequest,
  original: MessageReference,
  reference: MessageReference,
  repeat = false,
) {
  const about = { network, card: { pan, expiry }, currency, merchant, amount: 0n, sale: false }
  return connector.reverse({ ...about, original, reference, repeat })
}

const ledger = (reference: MessageReference) => simulator.log({ stan: reference['stan']! })

describe.each([
  ['visa-like', 'VISA', namedTestCards.plainSuccess, namedTestCards.declined],
  ['mastercard-like', 'MASTERCARD', namedTestCards.mastercardSuccess, namedTestCards.mastercardDeclined],
] as const)('in the %s dialect', (_dialect, network, good, bad) => {
  test('a good card is approved, with what names the decision', async () => {
    const { outcome, reference } = await verify(patient, good, network)
    expect(outcome).toMatchObject({ kind: 'approved', authCode: expect.stringMatching(/^.{6}$/), cvvResult: 'M' })
    expect(outcome.kind === 'approved' && outcome.networkTransactionId).toMatch(/^\w{6,}$/)
    expect(ledger(reference)).toMatchObject([{ kind: 'verification', rrn: reference['rrn'], cvvGiven: true, network }])
  })

  test('a declined card is declined with the code as it came', async () => {
    expect((await verify(patient, bad, network)).outcome).toMatchObject({ kind: 'declined', raw: '05' })
  })

  test('a verification is taken back, once and again', async () => {
    const { connector, request, reference } = await verify(patient, good, network)
    const own = await connector.prepare()
    expect(await reverse(connector, request, reference, own)).toEqual({ kind: 'acknowledged', raw: '00' })
    expect(await reverse(connector, request, reference, own, true)).toEqual({ kind: 'acknowledged', raw: '00' })
    expect(ledger(reference)[0]).toMatchObject({ kind: 'verification', reversed: true })
    expect(ledger(own).map(({ mti }) => mti)).toEqual(['0400', '0401'])
  })

  test('taking back what never arrived is told apart from taking back', async () => {
    const connector = patient.acquirers.for(network)!
    const [never, own] = [await connector.prepare(), await connector.prepare()]
    const outcome = await reverse(connector, question(good.number, network), never, own)
    expect(outcome).toEqual({ kind: 'not found', raw: '25' })
  })
})

test('many at once are all answered, each with its own answer', async () => {
  const cards = Array.from({ length: 100 }, (_, nth) =>
    nth % 3 ? namedTestCards.plainSuccess : namedTestCards.declined,
  )
  const outcomes = await Promise.all(cards.map(async card => (await verify(patient, card)).outcome.kind))
  expect(outcomes).toEqual(cards.map(card => (card === namedTestCards.declined ? 'declined' : 'approved')))
})

test('an issuer that says nothing leaves the outcome unknown, and is told to take it back', async () => {
  const { connector, request, reference, outcome } = await verify(hasty, namedTestCards.issuerSilent)
  expect(outcome).toEqual({ kind: 'unknown', cause: 'timeout', sent: true })
  const own = await connector.prepare()
  expect(await reverse(patient.acquirers.for('VISA')!, request, reference, own)).toMatchObject({ kind: 'acknowledged' })
  expect(ledger(reference)[0]).toMatchObject({ reversed: true })
})

test('an answer that comes after we gave up is counted and changes nothing', async () => {
  const { connector, request, reference, outcome } = await verify(hasty, namedTestCards.issuerLate)
  expect(outcome).toEqual({ kind: 'unknown', cause: 'timeout', sent: true })
  const before = await counted(hasty, 'late_answers_total')
  // The simulator's issuer sends it at the latest when it hears of the reversal.
  await reverse(connector, request, reference, await connector.prepare())
  await until(async () => expect(await counted(hasty, 'late_answers_total')).toBeGreaterThan(before))
})

test('an issuer that hangs up in the middle of its answer leaves it unknown; the link comes back by itself', async () => {
  // The simulator's issuer breaks off after an odd trace number, and says something unreadable after an even one.
  const isOdd = (trace: number) => trace % 2 === 1
  const { outcome, connector, request, reference } = await verify(patient, namedTestCards.issuerHangsUp, 'VISA', isOdd)
  expect(outcome).toEqual({ kind: 'unknown', cause: 'link-down', sent: true })
  await until(() => expect(connector.isUp()).toBe(true))
  expect(await reverse(connector, request, reference, await connector.prepare())).toMatchObject({
    kind: 'acknowledged',
  })
})

test('an answer that cannot be read leaves it unknown; the link stays', async () => {
  const isEven = (trace: number) => trace % 2 === 0
  const { outcome, connector } = await verify(hasty, namedTestCards.issuerHangsUp, 'VISA', isEven)
  expect(outcome).toEqual({ kind: 'unknown', cause: 'timeout', sent: true })
  expect(await counted(hasty, 'unreadable_frames_total')).toBe(1)
  expect(connector.isUp()).toBe(true)
})

test('a reversal that gets lost, or whose answer does, is unknown; its repeat is acknowledged', async () => {
  const { request, reference } = await verify(patient, namedTestCards.plainSuccess)
  const connector = hasty.acquirers.for('VISA')!
  const own = await connector.prepare()
  simulator.control({ dropReversals: 1 })
  expect(await reverse(connector, request, reference, own)).toEqual({ kind: 'unknown', cause: 'timeout', sent: true })
  simulator.control({ dropReversalAnswers: 1 })
  expect(await reverse(connector, request, reference, own, true)).toEqual({
    kind: 'unknown',
    cause: 'timeout',
    sent: true,
  })
  const again = await reverse(patient.acquirers.for('VISA')!, request, reference, own, true)
  expect(again).toEqual({ kind: 'acknowledged', raw: '00' })
})

test('what has no place in the dialect is not sent', async () => {
  const connector = patient.acquirers.for('VISA')!
  const reference = await connector.prepare()
  const request = { ...question(namedTestCards.plainSuccess.number, 'VISA'), currency: 'XXZ' }
  expect(await connector.verify(request, reference)).toEqual({ kind: 'unknown', cause: 'garbled', sent: false })
  expect(ledger(reference)).toEqual([])
  expect(lines.some(line => line.includes('issuer.message-not-written') && line.includes('XXZ'))).toBe(true)
})

test('an issuer that is gone is not asked; with it the links come back', async () => {
  const own = await startSimulator({ port: 0 })
  const configs = sandboxAcquirers('127.0.0.1', own.port)
  const world = { db, clock: systemClock, random: systemRandom, log, metrics: { registry: new Registry() } }
  const acquirers = openAcquirers(configs, world)
  acquirers.start()
  await until(() => expect(acquirers.state().map(({ up }) => up)).toEqual([true, true]))
  await own.stop()
  await until(() => expect(acquirers.state().map(({ up }) => up)).toEqual([false, false]))
  expect((await verify({ ...patient, acquirers }, namedTestCards.plainSuccess)).outcome).toEqual({
    kind: 'unknown',
    cause: 'link-down',
    sent: false,
  })
  const back = await startSimulator({ port: own.port })
  await until(() => expect(acquirers.isUp()).toBe(true))
  expect((await verify({ ...patient, acquirers }, namedTestCards.plainSuccess)).outcome.kind).toBe('approved')
  await acquirers.stop()
  await until(() => expect(back.log().some(({ kind }) => kind === 'sign-off')).toBe(true))
  await back.stop()
})

test('no number of a card is in any log line', () => {
  expect(log.maskedCount()).toBe(0)
  for (const { number } of Object.values(namedTestCards)) expect(lines.join('')).not.toContain(number)
})

describe('choosing among acquirers', () => {
  test('each network has one', () => {
    const { acquirers } = patient
    expect(acquirers.for('MAESTRO')?.id).toBe('sandbox-mastercard-like')
    expect(acquirers.for('CARTES_BANCAIRES')?.id).toBe('sandbox-visa-like')
    expect(acquirers.byId('sandbox-mastercard-like')).toBe(acquirers.for('MASTERCARD'))
    expect(acquirers.byId('gone')).toBeUndefined()
    expect(acquirers.networks.has('EFTPOS_AU')).toBe(true)
  })

  test('two for one network, or with one id, are refused', () => {
    const visa = patient.acquirers.for('VISA')!
    expect(() => new Acquirers([visa, { ...visa, id: 'other' }])).toThrow('two acquirers serve')
    expect(() => new Acquirers([visa, { ...visa, networks: new Set<NetworkId>() }])).toThrow(
      'two acquirers have the id',
    )
    expect(new Acquirers([{ ...visa, networks: new Set<NetworkId>(['JCB']) }]).for('VISA')).toBeUndefined()
  })
})
