import { antomCards, networks, responseCodes, testCardNumber, wellKnownCards } from '@coffer/test-cards'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Dialect, mastercardLike, visaLike } from './iso8583/dialects.js'
import { type Simulator, startSimulator } from './start-simulator.js'
import { type Client, connectClient, question, said, type Wish } from './testing/client.js'
import { bothDialects, startForTest } from './testing/start.js'
import { authenticationOf, startThreeDS } from './testing/three-ds-server.js'

const visa = '4000000000100000'
const mastercard = '5200000000100005'

describe('what the issuer says, row by row', () => {
  let simulator: Simulator
  const clients = new Map<Dialect, Client>()
  let stan = 0

  beforeAll(async () => {
    simulator = await startSimulator({ port: 0 })
    for (const [, dialect] of bothDialects) clients.set(dialect, await connectClient(simulator, dialect))
  })
  afterAll(() => simulator.stop())

  async function verify(dialect: Dialect, wish: Wish): Promise<Record<string, string>> {
    stan += 1
    return said(await clients.get(dialect)!.ask(question(dialect, { ...wish, stan: String(stan).padStart(6, '0') })))
  }
  const dialectOf = (network: string) => (network === 'MASTERCARD' || network === 'MAESTRO' ? mastercardLike : visaLike)
  const approval = (dialect: Dialect) => (dialect === visaLike ? '85' : '00')

  it.each([...antomCards, ...wellKnownCards])('$number of $brand is approved', async ({ number, brand }) => {
    const dialect = dialectOf(brand)
    expect(await verify(dialect, { network: brand, pan: number })).toMatchObject({ responseCode: approval(dialect) })
  })

  it.each(responseCodes.flatMap(({ code }) => bothDialects.map(([name, dialect]) => [name, code, dialect] as const)))(
    'the number on a %s network asks for response code %s',
    async (_name, responseCode, dialect) => {
      const network = dialect === visaLike ? 'VISA' : 'MASTERCARD'
      const answer = await verify(dialect, {
        network,
        pan: testCardNumber({ brand: network, responseCode }),
        cvv: '123',
      })

      const approved = responseCode === '00'
      expect(answer).toMatchObject({ responseCode: approved ? approval(dialect) : responseCode, cvvResult: 'M' })
      expect('authCode' in answer).toBe(approved)
      expect('networkTransactionId' in answer).toBe(approved)
    },
  )

  it.each([
    ['VISA', visa, '999', 'N7', 'N'],
    ['VISA', visa, '998', '85', 'U'],
    ['VISA', visa, '997', '85', 'P'],
    ['VISA', visa, '123', '85', 'M'],
    ['MASTERCARD', mastercard, '999', '63', 'N'],
    ['MASTERCARD', mastercard, '998', '00', 'U'],
    ['MASTERCARD', mastercard, '997', '00', 'P'],
    ['MASTERCARD', mastercard, '123', '00', 'M'],
    ['MAESTRO', '6799990000100002', '999', '63', 'N'],
    ['CARTES_BANCAIRES', '5200002500100006', '999', 'N7', 'N'],
    ['MASTERCARD', '5200002500100006', '999', '63', 'N'],
    ['AMEX', '340000000100007', '9999', 'N7', 'N'],
    ['AMEX', '340000000100007', '9998', '85', 'U'],
    ['AMEX', '340000000100007', '9997', '85', 'P'],
    ['AMEX', '340000000100007', '1234', '85', 'M'],
    ['AMEX', '340000000100007', '999', '85', 'M'],
  ] as const)('CVV on %s, %s with %s: %s, %s', async (network, pan, cvv, responseCode, cvvResult) => {
    expect(await verify(dialectOf(network), { network, pan, cvv })).toMatchObject({ responseCode, cvvResult })
  })

  it.each(
    [
      ['00001', 'N'],
      ['00002', 'A'],
      ['00003', 'Z'],
      ['00004', 'U'],
      ['00005', 'R'],
      ['94110', 'Y'],
      ['', 'Y'],
    ].flatMap(([postcode, verdict]) => bothDialects.map(([name, to]) => [postcode!, name, verdict!, to] as const)),
  )(
    'an address with the postcode %j is judged in %s messages %s, and declines nothing',
    async (postcode, _name, avsResult, dialect) => {
      const answer = await verify(dialect, { avs: [postcode, '1 MAIN ST'] })
      expect(answer).toMatchObject({ responseCode: approval(dialect), avsResult })
    },
  )

  it.each(bothDialects)('what was not given gets no verdict in %s messages', async (_name, dialect) => {
    const answer = await verify(dialect, {})
    expect(answer).not.toHaveProperty('cvvResult')
    expect(answer).not.toHaveProperty('avsResult')
  })

  it.each(bothDialects)('the expiry date 12/49 is not the one on file, in %s messages', async (_name, dialect) => {
    expect(await verify(dialect, { expiry: '4912', cvv: '999' })).toMatchObject({ responseCode: '54', cvvResult: 'N' })
    expect(await verify(dialect, { expiry: '4911' })).toMatchObject({ responseCode: approval(dialect) })
  })

  it('a wrong CVV does not hide what the number says', async () => {
    const answer = await verify(visaLike, { pan: '4000000000100414', cvv: '999' })
    expect(answer).toEqual({ responseCode: '41', cvvResult: 'N' })
  })

  it.each(['1', '2'] as const)('a decline in mode %s waits for payments', async mode => {
    const pan = testCardNumber({ brand: 'VISA', mode, responseCode: '51' })
    expect(await verify(visaLike, { pan })).toMatchObject({ responseCode: '85' })
  })

  it('what the number says about 3DS plays no part', async () => {
    for (const tt of ['12', '14', '20', '30'] as const) {
      expect(await verify(visaLike, { pan: testCardNumber({ brand: 'VISA', tt }) })).toMatchObject({
        responseCode: '85',
      })
    }
  })

  it('mode 6 is not reachable the first time, number by number', async () => {
    const pan = '4000000000106007'
    const other = testCardNumber({ brand: 'VISA', mode: '6', fill: '7' })

    expect(await verify(visaLike, { pan })).toEqual({ responseCode: '91' })
    expect(await verify(visaLike, { pan })).toMatchObject({ responseCode: '85' })
    expect(await verify(visaLike, { pan: other })).toEqual({ responseCode: '91' })
    expect(await verify(visaLike, { pan })).toMatchObject({ responseCode: '85' })
  })

  it.each([
    ['41', '03'],
    ['54', '01'],
    ['51', '02'],
    ['05', undefined],
  ] as const)('a Mastercard-like decline %s gives the advice %s', async (responseCode, merchantAdvice) => {
    const pan = testCardNumber({ brand: 'MASTERCARD', responseCode })
    expect((await verify(mastercardLike, { pan }))['merchantAdvice']).toBe(merchantAdvice)
  })
})

describe('an approval', () => {
  it('has on every network a transaction id of its own each time, of the shape that messages have room for', async () => {
    const threeDS = await startThreeDS()
    const ids = new Set<string>()
    let stan = 0
    for (const [, dialect] of bothDialects) {
      const client = await threeDS.connect(dialect)
      for (const network of networks) {
        const pan = testCardNumber({ brand: network })
        const authentication = await authenticationOf(threeDS, pan, network)
        stan += 1
        const wish = { network, pan, stan: String(stan).padStart(6, '0'), ...(authentication && { authentication }) }
        const { networkTransactionId } = said(await client.ask(question(dialect, wish)))
        ids.add(networkTransactionId!)
        expect(networkTransactionId).toMatch(dialect === mastercardLike ? /^[0-9A-Z]{9}\d{4}$/ : /^\d{15}$/)
      }
    }
    expect(ids.size).toBe(networks.length * 2)
  })

  it('repeats what was asked and adds what the Visa-like network gives', async () => {
    const { connect } = await startForTest()
    const client = await connect(visaLike)
    const asked = question(visaLike)
    const answer = await client.ask(asked)

    expect(said(answer)).toEqual({
      responseCode: '85',
      authCode: '555555',
      networkTransactionId: '555555555555555',
    })
    for (const number of [2, 3, 4, 7, 11, 32, 37, 41, 49, 63]) {
      expect(answer.elements.get(number)).toEqual(asked.elements.get(number))
    }
    expect(answer.elements.get(42)).toBe('MERCHANT-0001  ')
  })

  it('carries the Banknet reference behind the network code, and the settlement date, on Mastercard', async () => {
    const { connect } = await startForTest()
    const client = await connect(mastercardLike)
    const answer = await client.ask(question(mastercardLike, { cvv: '123' }))

    expect(said(answer)).toEqual({
      responseCode: '00',
      authCode: '555555',
      cvvResult: 'M',
      networkTransactionId: 'ZZZZZZZZZ0609',
    })
    expect(answer.elements.get(63)).toBe('MCCZZZZZZZZZ')
    expect(answer.elements.get(15)).toBe('0609')
    expect(answer.elements.get(48)).toBe('T8701M')
  })

  it('puts the Visa-like verdicts where they belong', async () => {
    const { connect } = await startForTest()
    const answer = await (await connect(visaLike)).ask(question(visaLike, { cvv: '998', avs: ['00003', ''] }))
    expect(answer.elements.get(44)).toBe(' Z        U')
  })
})

describe("Antom's failure cards", () => {
  it('are declined with 05 where the sandbox is set up so', async () => {
    const { connect } = await startForTest({ declineFailureCards: true })
    const client = await connect(visaLike)
    const verify = async (pan: string, stan: string) => said(await client.ask(question(visaLike, { pan, stan })))

    expect(await verify('4054692760174822', '000001')).toEqual({ responseCode: '05' })
    expect(await verify('4054695723100768', '000002')).toMatchObject({ responseCode: '85' })
    expect(await verify('4000000000101511', '000003')).toMatchObject({ responseCode: '85' })
  })
})
