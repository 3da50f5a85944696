import { statSync } from 'node:fs'
import { join } from 'node:path'
import { responseCodes, testCardNumber } from '@coffer/test-cards'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemRandom } from './clock.js'
import { type Dialect, mastercardLike, visaLike } from './iso8583/dialects.js'
import { type Simulator, startSimulator } from './start-simulator.js'
import { type Client, connectClient, management, question, reversalOf, said } from './testing/client.js'
import { type PaymentWish, payment } from './testing/payments.js'
import { bothDialects, eventually, newFolder, startForTest } from './testing/start.js'
import { authenticationOf, startThreeDS } from './testing/three-ds-server.js'

const brandOf = (dialect: Dialect) => (dialect === visaLike ? 'VISA' : 'MASTERCARD')
const german = (dialect: Dialect) => (dialect === visaLike ? '40000004' : '22210000')
const verified = (dialect: Dialect) => (dialect === visaLike ? '85' : '00')

/** Asks and pays, each time as a new question. */
function buyerOf(client: Client) {
  let stan = 0
  const next = () => {
    stan += 1
    return String(stan).padStart(6, '0')
  }
  return {
    verify: async (wish: PaymentWish = {}) =>
      said(await client.ask(question(client.dialect, { ...wish, stan: next() }))),
    pay: async (wish: PaymentWish = {}) => said(await client.ask(payment(client.dialect, { ...wish, stan: next() }))),
  }
}

describe.each(bothDialects)('a %s payment', (_name, dialect) => {
  let simulator: Simulator
  let client: Client
  let buyer: ReturnType<typeof buyerOf>

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0 })
    client = await connectClient(simulator, dialect)
    buyer = buyerOf(client)
  })
  afterAll(() => simulator.stop())

  const card = (wish: Partial<Parameters<typeof testCardNumber>[0]> = {}) =>
    testCardNumber({ brand: brandOf(dialect), ...wish })

  it.each([false, true])('is approved with 00, an authorisation code and a transaction id (sale: %s)', async sale => {
    const asked = payment(dialect, { sale, stan: sale ? '900001' : '900002', cvv: '123', avs: ['94110', ''] })
    const answer = await client.ask(asked)
    expect(answer.mti).toBe(sale ? '0210' : '0110')
    expect(said(answer)).toEqual({
      responseCode: '00',
      authCode: expect.stringMatching(/^\d{6}$/),
      networkTransactionId: expect.stringMatching(dialect === visaLike ? /^\d{15}$/ : /^[0-9A-Z]{9}\d{4}$/),
      cvvResult: 'M',
      avsResult: 'Y',
    })
    for (const number of [2, 3, 4, 7, 11, 32, 37, 41, 49]) {
      expect(answer.elements.get(number)).toEqual(asked.elements.get(number))
    }
  })

  it.each(responseCodes)('is answered $code where the number asks for it', async ({ code }) => {
    const answer = await buyer.pay({ pan: card({ responseCode: code }) })
    expect(answer['responseCode']).toBe(code)
    expect('networkTransactionId' in answer).toBe(code === '00')
  })

  it('is declined in mode 1 whoever initiates it, and in mode 2 by the merchant alone', async () => {
    for (const mode of ['1', '2'] as const) {
      const pan = card({ mode, responseCode: '51' })
      const { networkTransactionId: originalId, responseCode } = await buyer.verify({ pan })
      expect(responseCode).toBe(verified(dialect))
      expect((await buyer.pay({ pan }))['responseCode']).toBe(mode === '1' ? '51' : '00')
      for (const byMerchant of ['recurring', 'unscheduled'] as const) {
        expect((await buyer.pay({ pan, byMerchant, originalId: originalId! }))['responseCode']).toBe('51')
      }
    }
  })

  it("with one of Antom's failure cards is declined, and its verification is not", async () => {
    const pan = dialect === visaLike ? '4054692760174822' : '5162770472561357'
    expect(await buyer.verify({ pan })).toMatchObject({ responseCode: verified(dialect) })
    expect(await buyer.pay({ pan })).toEqual({ responseCode: '05' })
  })

  it('in mode 6 is not reachable the first time', async () => {
    const pan = card({ mode: '6', fill: '3' })
    expect(await buyer.pay({ pan })).toMatchObject({ responseCode: '91' })
    expect(await buyer.pay({ pan })).toMatchObject({ responseCode: '00' })
  })

  it('obeys CVV and expiry date', async () => {
    const wrongCvv = { responseCode: dialect === visaLike ? 'N7' : '63', cvvResult: 'N' }
    expect(await buyer.pay({ cvv: '999' })).toMatchObject(wrongCvv)
    expect(await buyer.pay({ expiry: '4912' })).toMatchObject({ responseCode: '54' })
    expect(await buyer.pay({ avs: ['00001', '1 MAIN ST'] })).toMatchObject({ responseCode: '00', avsResult: 'N' })
  })

  it('of an EEA card is declined softly without proof, unless the merchant is alone', async () => {
    const pan = testCardNumber({ prefix: german(dialect) })
    expect(await buyer.pay({ pan })).toMatchObject({ responseCode: dialect === visaLike ? '1A' : '65' })
    expect(await buyer.pay({ pan, credential: null })).toMatchObject({
      responseCode: dialect === visaLike ? '1A' : '65',
    })
  })

  it('with a number that is no test card is refused, and nothing of it is kept', async () => {
    expect(await buyer.pay({ pan: '4539578763621486' })).toMatchObject({ responseCode: '14' })
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'refused', reason: 'not-a-test-card' })
    expect(simulator.log().at(-1)).not.toHaveProperty('maskedPan')
  })

  it('by the merchant alone needs a transaction of this card on this network that the issuer has approved', async () => {
    const neverAgain = dialect === visaLike ? {} : { merchantAdvice: '03' }
    for (const byMerchant of ['recurring', 'unscheduled'] as const) {
      const { networkTransactionId: ofVerification } = await buyer.verify()
      const charge = (wish: PaymentWish) => buyer.pay({ byMerchant, ...wish })
      const first = await charge({ originalId: ofVerification! })
      expect(first).toMatchObject({ responseCode: '00', networkTransactionId: expect.any(String) })
      const later = await charge({ originalId: first['networkTransactionId']! })
      expect(later).toMatchObject({ responseCode: '00' })

      const { networkTransactionId: ofPayment } = await buyer.pay()
      expect(await charge({ originalId: ofPayment! })).toMatchObject({ responseCode: '00' })

      const never = { responseCode: '05', ...neverAgain }
      const unknown = dialect === visaLike ? '123456789012345' : 'ABCDEFGHI0609'
      expect(await charge({ originalId: unknown })).toEqual(never)
      const other = card({ fill: '5' })
      expect(await charge({ pan: other, originalId: ofPayment! })).toEqual(never)
      expect(simulator.log().at(-1)).toMatchObject({ originalIdGiven: true, originalIdRight: false })
      const network = dialect === visaLike ? 'CARTES_BANCAIRES' : 'MAESTRO'
      expect(await charge({ network, originalId: ofPayment! })).toMatchObject({ responseCode: '05' })
    }
    // Visa-like, only the id tells an unscheduled one from a payment by the buyer.
    expect(await buyer.pay({ byMerchant: 'recurring' })).toEqual({ responseCode: '05', ...neverAgain })
    expect(simulator.log().at(-1)).toMatchObject({ initiatedBy: 'merchant', originalIdGiven: false })
  })

  it('cannot be a verification too, and must have an amount', async () => {
    const both = question(dialect, { stan: '900011', change: { 4: '000000000100' } })
    expect(said(await client.ask(both))).toEqual({ responseCode: '12' })
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'refused', reason: 'not-a-verification' })
    const asSale = { ...question(dialect, { stan: '900012' }), mti: '0200' }
    expect(said(await client.ask(asSale))).toEqual({ responseCode: '12' })
    for (const [sale, stan] of [[false, '900013'] as const, [true, '900014'] as const]) {
      expect(said(await client.ask(payment(dialect, { amount: 0, sale, stan })))).toEqual({ responseCode: '30' })
    }
    const cash = payment(dialect, { stan: '900015', change: { 3: '010000' } })
    expect(said(await client.ask(cash))).toEqual({ responseCode: '12' })
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'refused', reason: 'unknown-transaction' })
  })

  it('that comes twice is decided once', async () => {
    for (const sale of [false, true]) {
      const asked = payment(dialect, { sale, stan: sale ? '900021' : '900022' })
      expect(said(await client.ask(asked))['responseCode']).toBe('00')
      expect(said(await client.ask(asked))).toEqual({ responseCode: '94' })
      expect(simulator.log().at(-1)).toMatchObject({ kind: 'duplicate' })
    }
  })

  it('is in the log with all that may be known', async () => {
    const { networkTransactionId } = await buyer.verify()
    await buyer.pay({ byMerchant: 'recurring', originalId: networkTransactionId!, amount: 1999 })
    const entry = simulator.log().at(-1)!
    expect(entry).toMatchObject({
      kind: 'payment',
      mti: '0100',
      amount: '000000001999',
      currency: '840',
      initiatedBy: 'merchant',
      storedCredential: dialect === visaLike ? 'R' : 'M103',
      originalIdGiven: true,
      originalIdRight: true,
      responseCode: '00',
      reversed: false,
    })
    // The id of the original names a card to whoever has the merchant's records.
    expect(JSON.stringify(entry)).not.toContain(networkTransactionId)
    expect(entry).not.toHaveProperty('link')
  })
})

describe.each(bothDialects)('a %s payment, once authenticated,', (_name, dialect) => {
  it('of an EEA card is approved, and the merchant may charge it alone afterwards without proof', async () => {
    const threeDS = await startThreeDS()
    const buyer = buyerOf(await threeDS.connect(dialect))
    const pan = testCardNumber({ prefix: german(dialect) })
    const authentication = (await authenticationOf(threeDS, pan))!

    const paid = await buyer.pay({ pan, authentication })
    expect(paid).toMatchObject({ responseCode: '00' })
    const charged = { pan, byMerchant: 'recurring', originalId: paid['networkTransactionId']! } as const
    expect(await buyer.pay(charged)).toMatchObject({ responseCode: '00' })

    const other = testCardNumber({ prefix: german(dialect), fill: '7' })
    expect(await buyer.pay({ pan: other, authentication })).toMatchObject({ responseCode: '05' })
  })
})

describe.each(bothDialects)('the answer to a %s payment', (_name, dialect) => {
  const card = (mode: '3' | '4' | '5') => testCardNumber({ brand: brandOf(dialect), mode })

  it('may never come, and the payment can be taken back', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = payment(dialect, { pan: card('3') })
    client.send(asked)
    expect(said(await client.ask(reversalOf(asked)))['responseCode']).toBe('00')
    expect(simulator.accounts()).toEqual([])
    expect(simulator.log({ stan: '000001' })).toMatchObject([
      { kind: 'payment', responseCode: 'no answer', reversed: true },
    ])
  })

  it.each([false, true])('may come when the payment is taken back, of which nothing remains (sale: %s)', async sale => {
    const { simulator, clock, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = payment(dialect, { pan: card('4'), sale })
    const answer = client.ask(asked)
    await eventually(() => expect(clock.waiting).toBe(1))
    expect(said(await client.ask(reversalOf(asked)))['responseCode']).toBe('00')
    expect(said(await answer)['responseCode']).toBe('00')
    expect(simulator.accounts()).toMatchObject([{ authorised: '1000', voided: '1000', captured: '0', reversed: true }])
  })

  it('may be half a message', async () => {
    const { connect } = await startForTest()
    const client = await connect(dialect)
    client.send(payment(dialect, { pan: card('5'), stan: '000002' }))
    await client.ask(management('301'))
    expect(client.received[1]).toBe('garbled')
    await expect(client.ask(payment(dialect, { pan: card('5'), stan: '000003' }))).rejects.toThrow('cut')
  })

  it('can be lost when a test wants it, and that of a verification is not', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    simulator.control({ dropPaymentAnswers: 1 })
    expect(said(await client.ask(question(dialect)))['responseCode']).toBe(verified(dialect))
    client.send(payment(dialect, { stan: '000002' }))
    await client.ask(management('301'))
    expect(client.received).toHaveLength(3)
    expect(simulator.log({ stan: '000002' })).toMatchObject([
      { kind: 'payment', responseCode: '00', delivery: 'lost', authCode: '555555' },
    ])
    expect(simulator.control()).toMatchObject({ dropPaymentAnswers: 0 })
    expect(said(await client.ask(payment(dialect, { stan: '000003' })))['responseCode']).toBe('00')
  })
})

it('a transaction from before a restart can be charged, and another issuer does not know it', async () => {
  const folder = newFolder()
  const before = await startForTest({ folder, random: systemRandom })
  const { networkTransactionId: originalId } = await buyerOf(await before.connect(mastercardLike)).verify()
  await before.simulator.stop()
  expect(statSync(join(folder, 'transaction-link.key')).mode & 0o777).toBe(0o600)

  const charge = { byMerchant: 'recurring', originalId: originalId!, stan: '000077' } as const
  for (const [options, responseCode] of [[{ folder }, '00'] as const, [{}, '05'] as const]) {
    const { connect } = await startForTest({ random: systemRandom, ...options })
    const answer = await (await connect(mastercardLike)).ask(payment(mastercardLike, charge))
    expect(said(answer)).toMatchObject({ responseCode })
  }
})
