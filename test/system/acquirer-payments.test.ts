/** Money over the vault's acquirer connectors, against the simulator's issuer: real sockets, both dialects. */
import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { type Simulator, startSimulator } from '../../apps/simulator/src/index.js'
import { Cvv, type NetworkId, Pan } from '../../apps/vault/src/card-data/index.js'
import { type Acquirers, openAcquirers } from '../../apps/vault/src/issuer/acquirers.js'
import { type AcquirerConfig, sandboxAcquirers } from '../../apps/vault/src/issuer/acquirers-file.js'
import { type Authorisation, authorisePayment } from '../../apps/vault/src/issuer/authorise-payment.js'
import type {
  AdviseRequest,
  AuthoriseRequest,
  MessageReference,
  StoredCredential,
} from '../../apps/vault/src/issuer/connector.js'
import { systemClock } from '../../apps/vault/src/platform/clock.js'
import { Database } from '../../apps/vault/src/platform/database.js'
import { makeLog } from '../../apps/vault/src/platform/log.js'
import { systemRandom } from '../../apps/vault/src/platform/random.js'
import { cloneDatabase, dropDatabase } from '../../packages/local-postgres/src/index.js'
import { namedTestCards, testCardNumber } from '../../packages/test-cards/src/index.js'
import { type PlayedIssuer, startPlayedIssuer } from '../result-codes/played-issuer.js'
import { TEMPLATE } from '../support/global-setup.js'

const databaseName = `money_${randomUUID().replaceAll('-', '')}`
const lines: string[] = []
const log = makeLog({ now: () => 0, stream: { write: line => lines.push(line) } })
let db: Database
let simulator: Simulator
let played: PlayedIssuer
let simulated: Acquirers
let scripted: Acquirers
let older: Acquirers

function connected(configs: readonly AcquirerConfig[]): Acquirers {
  const metrics = { registry: new Registry() }
  const acquirers = openAcquirers(configs, { db, clock: systemClock, random: systemRandom, log, metrics })
  acquirers.start()
  return acquirers
}

/** The same acquirers, whose profiles are from before there were payments. */
const withoutPayments = (config: AcquirerConfig): AcquirerConfig => {
  const { payments: _, ...mapping } = config.profile.mapping
  return { ...config, profile: { ...config.profile, mapping } }
}

beforeAll(async () => {
  db = new Database({ url: await cloneDatabase(inject('postgresUrl'), TEMPLATE, databaseName), log })
  simulator = await startSimulator({ port: 0 })
  played = await startPlayedIssuer()
  const configs = sandboxAcquirers('127.0.0.1', simulator.port).map(config => ({ ...config, timeoutMs: 60_000 }))
  simulated = connected(configs)
  scripted = connected(played.acquirers)
  older = connected(configs.map(withoutPayments))
  const all = [simulated, scripted, older]
  await vi.waitFor(() => expect(all.every(acquirers => acquirers.isUp())).toBe(true), { timeout: 50_000, interval: 5 })
})
afterAll(async () => {
  await Promise.all([simulated, scripted, older].map(acquirers => acquirers?.stop()))
  await played?.stop()
  await simulator?.stop()
  await db?.close()
  await dropDatabase(inject('postgresUrl'), databaseName)
})

const later: StoredCredential = { initiator: 'CARDHOLDER', usage: 'SUBSEQUENT', reason: 'COF' }
const byMerchant = (originalNetworkTransactionId: string): StoredCredential => ({
  initiator: 'MERCHANT',
  usage: 'SUBSEQUENT',
  reason: 'UNSCHEDULED',
  originalNetworkTransactionId,
})

function request(number: string, network: NetworkId, change: Partial<AuthoriseRequest> = {}): AuthoriseRequest {
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
    amount: 1_099n,
    sale: false,
    storedCredential: undefined,
    ...change,
  }
}

/** Asks for money; what comes back can be told of later. */
async function paid(acquirers: Acquirers, asked: AuthoriseRequest) {
  const connector = acquirers.for(asked.network)!
  const reference = await connector.prepare()
  const outcome = await authorisePayment(connector, asked, reference)
  const authCode = outcome.kind === 'approved' ? outcome.authCode : undefined
  const about = { ...asked, card: { pan: asked.pan, expiry: asked.expiry }, original: reference, authCode }
  const advise = async (
    change: Pick<AdviseRequest, 'what'> & Partial<AdviseRequest>,
    own: MessageReference | undefined = undefined,
  ) => {
    const named = own ?? (await connector.prepare())
    return connector.advise({ ...about, remaining: undefined, repeat: false, reference: named, ...change })
  }
  const reverse = async () => connector.reverse({ ...about, reference: await connector.prepare(), repeat: false })
  return { connector, reference, outcome, advise, reverse }
}

const transactionId = (outcome: Authorisation) => (outcome.kind === 'approved' && outcome.networkTransactionId) || ''
const ledger = (reference: MessageReference) => simulator.log({ stan: reference['stan']! })

describe.each([
  ['visa-like', 'VISA', namedTestCards.plainSuccess, namedTestCards.declined],
  ['mastercard-like', 'MASTERCARD', namedTestCards.mastercardSuccess, namedTestCards.mastercardDeclined],
] as const)('in the %s dialect', (dialect, network, good, bad) => {
  const single = dialect === 'mastercard-like'

  test('an authorisation is approved with 00 and what names it', async () => {
    const { outcome, reference } = await paid(simulated, request(good.number, network))
    expect(outcome).toMatchObject({
      kind: 'approved',
      raw: '00',
      authCode: expect.stringMatching(/^.{6}$/),
      cvvResult: 'M',
    })
    expect(transactionId(outcome)).toMatch(single ? /^.{9}\d{4}$/ : /^\d{15}$/)
    expect(ledger(reference)).toMatchObject([{ kind: 'payment', mti: '0100', amount: '000000001099' }])
  })

  test('a declined one says why', async () => {
    const { outcome } = await paid(simulated, request(bad.number, network))
    expect(outcome).toMatchObject({ kind: 'declined', code: 'DO_NOT_HONOR', raw: '05', approvedAnyway: false })
  })

  test('a lost card is never to be tried again', async () => {
    const lost = testCardNumber({ brand: network, responseCode: '41' })
    const { outcome } = await paid(simulated, request(lost, network))
    expect(outcome).toMatchObject({ kind: 'declined', code: 'LOST_CARD', neverRetry: true })
  })

  test('is captured in parts, and refunded, up to what there is', async () => {
    const { advise } = await paid(simulated, request(good.number, network))
    expect(await advise({ what: 'CAPTURE', amount: 1_000n })).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'CAPTURE', amount: 100n })).toEqual({ kind: 'declined', raw: '13' })
    expect(await advise({ what: 'CAPTURE', amount: 99n })).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'REFUND', amount: 1_100n })).toEqual({ kind: 'declined', raw: '13' })
    expect(await advise({ what: 'REFUND', amount: 1_099n, card: undefined })).toEqual({ kind: 'taken', raw: '00' })
  })

  test('a repeat of an advice has no second effect', async () => {
    const { advise, connector } = await paid(simulated, request(good.number, network))
    const own = await connector.prepare()
    expect(await advise({ what: 'CAPTURE', amount: 1_099n }, own)).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'CAPTURE', amount: 1_099n, repeat: true }, own)).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'REFUND', amount: 1_099n })).toEqual({ kind: 'taken', raw: '00' })
    expect(ledger(own).map(({ mti }) => mti)).toEqual(['0220', '0221'])
  })

  test('is given up in part, then as a whole, without the card', async () => {
    const { advise } = await paid(simulated, request(good.number, network))
    expect(await advise({ what: 'VOID', remaining: 300n })).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'CAPTURE', amount: 301n })).toEqual({ kind: 'declined', raw: '13' })
    expect(await advise({ what: 'CAPTURE', amount: 300n })).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'VOID', card: undefined })).toEqual({ kind: 'taken', raw: '00' })
    expect(await advise({ what: 'CAPTURE', amount: 1n })).toEqual({ kind: 'declined', raw: '12' })
  })

  test('an advice about nothing is declined', async () => {
    const { advise, connector } = await paid(simulated, request(good.number, network))
    const never = await connector.prepare()
    for (const what of ['CAPTURE', 'REFUND', 'VOID'] as const) {
      expect(await advise({ what, original: never })).toEqual({ kind: 'declined', raw: '25' })
    }
  })

  test('a sale is taken back and refunded as what it was', async () => {
    const sale = await paid(simulated, request(good.number, network, { sale: true }))
    expect(sale.connector.salesAreSingle).toBe(single)
    expect(sale.outcome).toMatchObject({ kind: 'approved' })
    expect(ledger(sale.reference)).toMatchObject([{ mti: single ? '0200' : '0100' }])
    if (!single) expect(await sale.advise({ what: 'CAPTURE' })).toMatchObject({ kind: 'taken' })
    expect(await sale.advise({ what: 'REFUND', amount: 99n })).toEqual({ kind: 'taken', raw: '00' })
    expect(await sale.reverse()).toEqual({ kind: 'acknowledged', raw: '00' })
    expect(await sale.advise({ what: 'REFUND', amount: 1n })).toEqual({ kind: 'declined', raw: '12' })
  })

  test('a merchant charges alone only what the buyer agreed to', async () => {
    const first = await paid(simulated, request(good.number, network, { storedCredential: later }))
    const alone = { cvv2: undefined, storedCredential: byMerchant(transactionId(first.outcome)) }
    expect((await paid(simulated, request(good.number, network, alone))).outcome).toMatchObject({ kind: 'approved' })
    const invented = { ...alone, storedCredential: byMerchant('123456789010112') }
    const refused = (await paid(simulated, request(good.number, network, invented))).outcome
    expect(refused).toMatchObject({
      kind: 'declined',
      raw: '05',
      ...(single && { merchantAdvice: '03', neverRetry: true }),
    })
  })

  test('a profile without payments asks for none, and says so', async () => {
    const { outcome, advise, reverse } = await paid(older, request(good.number, network))
    expect(outcome).toEqual({ kind: 'no answer', cause: 'garbled', sent: false })
    expect(await advise({ what: 'CAPTURE' })).toEqual({ kind: 'unknown', cause: 'garbled', sent: false })
    expect(await reverse()).toEqual({ kind: 'unknown', cause: 'garbled', sent: false })
    expect(older.for(network)!.salesAreSingle).toBe(false)
    expect(lines.join('')).toContain(`the profile ${dialect} has no payments in its mapping`)
  })

  test('an approval with a code that did not match is declined, and has to be taken back', async () => {
    played.answers({ responseCode: '00', cvvResult: 'N' })
    const { outcome } = await paid(scripted, request(good.number, network))
    expect(outcome).toMatchObject({
      kind: 'declined',
      code: 'INVALID_CVV',
      raw: '00',
      approvedAnyway: true,
      neverRetry: false,
    })
  })

  test('an approval of a verification, or of a part, is no answer to a payment', async () => {
    const number = good.number
    played.answers({ responseCode: '85' })
    expect((await paid(scripted, request(number, network))).outcome).toMatchObject({ cause: 'garbled', sent: true })
    // It comes with the amount that was asked for, so that the part is the whole.
    played.answers({ responseCode: '10' })
    expect((await paid(scripted, request(number, network))).outcome).toMatchObject({ kind: 'approved', raw: '10' })
  })

  test('an issuer that hangs up may have got it', async () => {
    played.answers(({ hangUp }) => hangUp())
    const { outcome } = await paid(scripted, request(good.number, network))
    expect(outcome).toEqual({ kind: 'no answer', cause: 'link-down', sent: true })
    await vi.waitFor(() => expect(scripted.isUp()).toBe(true), { timeout: 50_000, interval: 5 })
  })
})
