import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { visaLike } from './iso8583/dialects.js'
import { question, reversalOf } from './testing/client.js'
import { advice, payment } from './testing/payments.js'
import { startForTest } from './testing/start.js'
import { preq, startThreeDS } from './testing/three-ds-server.js'

describe('GET /log', () => {
  it('shows entries by RRN and STAN, and what was only counted', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(visaLike)
    await client.ask(question(visaLike))
    await client.ask(question(visaLike, { stan: '000002' }))
    await client.ask(reversalOf(question(visaLike)))

    const log = async (search: string) => (await fetch(`${simulator.browserUrl}/log${search}`)).json()
    expect(await log('')).toEqual({
      entries: simulator.log(),
      counts: { echoes: 0, unparsable: 0, ignored: 0, connections: 1 },
    })
    expect(await log('?rrn=016012000001')).toMatchObject({ entries: [{ reversed: true }, { kind: 'reversal' }] })
    expect(await log('?stan=000002')).toMatchObject({ entries: [{ stan: '000002' }] })
  })

  it('refuses a question that it does not know', async () => {
    const { simulator } = await startForTest()
    const response = await fetch(`${simulator.browserUrl}/log?requestId=1`)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: { message: 'there is a field that is not known; known are rrn, stan' },
    })
  })
})

describe('GET /accounts', () => {
  it('shows what payments have come to, all of them or those with an RRN', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(visaLike)
    await client.ask(question(visaLike))
    const paid = payment(visaLike, { stan: '000002' })
    await client.ask(paid)
    await client.ask(advice(visaLike, paid, { amount: 700 }))
    await client.ask(payment(visaLike, { stan: '000003', sale: true }))

    const accounts = async (search: string) => (await fetch(`${simulator.browserUrl}/accounts${search}`)).json()
    expect(await accounts('')).toEqual({ accounts: simulator.accounts() })
    expect(await accounts('')).toMatchObject({
      accounts: [
        { stan: '000002', kind: 'authorisation', authorised: '1000', captured: '700', refunded: '0', voided: '0' },
        { stan: '000003', kind: 'sale', authorised: '1000', captured: '1000', reversed: false },
      ],
    })
    expect(await accounts('?rrn=016012000003')).toMatchObject({ accounts: [{ rrn: '016012000003' }] })
    expect(await accounts('?rrn=016012000001')).toEqual({ accounts: [] })
    expect((await fetch(`${simulator.browserUrl}/accounts?pan=1`)).status).toBe(400)
  })
})

describe('GET /three-ds/log', () => {
  it('shows messages by their ids and types, newest last, with the card masked', async () => {
    const { simulator, authenticate } = await startThreeDS()
    await authenticate('4000000000120008')
    const ares = await authenticate('4000000000100000')
    const log = async (search: string) =>
      (await (await fetch(`${simulator.browserUrl}/three-ds/log${search}`)).json()) as { entries: object[] }

    expect(await log('')).toEqual({ entries: simulator.threeDSLog() })
    const { entries } = await log(`?threeDSServerTransID=${ares['threeDSServerTransID']}`)
    expect(entries).toHaveLength(6)
    expect(entries[0]).toEqual({
      at: '2030-06-09T12:00:00.000Z',
      component: 'DS',
      network: 'VISA',
      direction: 'received',
      peer: '3DS Server',
      messageType: 'AReq',
      threeDSServerTransID: ares['threeDSServerTransID'],
      acctNumber: '************0000',
      says: {
        messageVersion: '2.2.0',
        messageCategory: '02',
        threeDSRequestorAuthenticationInd: '04',
        threeDSCompInd: 'Y',
      },
    })
    expect((await log('?messageType=ARes')).entries).toHaveLength(6)
    expect((await fetch(`${simulator.browserUrl}/three-ds/log?pan=1`)).status).toBe(400)
  })

  it('is empty without 3-D Secure', async () => {
    const { simulator } = await startForTest()
    expect(simulator.threeDS).toBeUndefined()
    expect(await (await fetch(`${simulator.browserUrl}/three-ds/log`)).json()).toEqual({ entries: [] })
    expect((await fetch(`${simulator.browserUrl}/acs/challenge`, { method: 'POST' })).status).toBe(404)
  })
})

describe('POST /control', () => {
  const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/control`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  it('makes the issuer lose reversals, and says what is left to lose', async () => {
    const { simulator } = await startForTest()
    const response = await post(simulator.browserUrl, { dropReversals: 2 })
    const untouched = {
      dropReversalAnswers: 0,
      dropAdvices: 0,
      dropAdviceAnswers: 0,
      dropPaymentAnswers: 0,
      dropEchoes: 0,
      dropRReqs: 0,
      silentDirectory: false,
      hugeRanges: 0,
    }
    expect(await response.json()).toEqual({ ...untouched, dropReversals: 2 })
    expect(simulator.control({ dropEchoes: 1 })).toEqual({ ...untouched, dropReversals: 2, dropEchoes: 1 })
  })

  it.each([
    [{ dropReversals: -1 }, 'dropReversals must be >= 0'],
    [{ dropReversals: '1' }, 'dropReversals must be integer'],
    [
      { dropEverything: 1 },
      'there is a field that is not known; known are dropReversals, dropReversalAnswers, dropAdvices, ' +
        'dropAdviceAnswers, dropPaymentAnswers, dropEchoes, dropRReqs, ' +
        'cutConnections, silentDirectory, hugeRanges, forgetSerials, ranges',
    ],
    [[], 'this must be object'],
    [{ ranges: [{ network: 'SHINHAN' }] }, "ranges/0 must have required property 'actionInd'"],
    [
      {
        ranges: [{ network: 'SHINHAN', actionInd: 'A', startRange: '4000007700000000', endRange: '4000007700000000' }],
      },
      'ranges/0/network must be equal to one of the allowed values',
    ],
  ])('refuses %j', async (body, message) => {
    const { simulator } = await startForTest()
    const response = await post(simulator.browserUrl, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: { message } })
  })

  it('changes card ranges, and stays as it is set', async () => {
    const { simulator, ask } = await startThreeDS()
    const ranges = async () => {
      const { message } = await ask('VISA', preq())
      return (message['cardRangeData'] as { startRange: string }[]).map(({ startRange }) => startRange)
    }
    const range = { network: 'VISA', actionInd: 'D', startRange: '4000000000000000', endRange: '4000000099999999' }
    expect(await ranges()).toContain(range.startRange)
    const response = await post(simulator.browserUrl, { ranges: [range], silentDirectory: false, hugeRanges: 2 })
    expect(await response.json()).toMatchObject({ silentDirectory: false, hugeRanges: 2 })
    expect(await ranges()).not.toContain(range.startRange)
    expect(await ranges()).toContain('8800000001000000')
  })

  it('is not for web pages, whatever their origin', async () => {
    const { simulator } = await startForTest()
    for (const origin of ['https://attacker.example', simulator.browserUrl, 'null']) {
      expect((await post(simulator.browserUrl, { dropReversals: 2 }, { origin })).status).toBe(403)
    }
    const asForm = await fetch(`${simulator.browserUrl}/control`, { method: 'POST', body: 'dropReversals=2' })
    expect(asForm.status).toBe(415)
    expect(simulator.control()).toMatchObject({ dropReversals: 0 })
  })
})

describe('GET /control', () => {
  it('tells what is set, and changes nothing', async () => {
    const { simulator } = await startForTest()
    simulator.control({ dropEchoes: 1, hugeRanges: 2 })
    const get = () => fetch(`${simulator.browserUrl}/control`).then(response => response.json())
    expect(await get()).toEqual(simulator.control())
    expect(await get()).toMatchObject({ dropReversals: 0, dropEchoes: 1, silentDirectory: false, hugeRanges: 2 })
  })

  it('is not for web pages either', async () => {
    const { simulator } = await startForTest()
    const headers = { origin: 'https://attacker.example' }
    expect((await fetch(`${simulator.browserUrl}/control`, { headers })).status).toBe(403)
  })
})

describe('the origin for people', () => {
  it('is alive, has the test cards, and nothing else', async () => {
    const { simulator } = await startForTest()
    expect((await fetch(`${simulator.browserUrl}/livez`)).status).toBe(200)
    const cards = await fetch(`${simulator.browserUrl}/test-cards.json`)
    expect(await cards.text()).toContain('4000000000100000')
    expect((await fetch(`${simulator.browserUrl}/verify`, { method: 'POST' })).status).toBe(404)
  })

  it.each([
    ['localhost', 200],
    ['127.0.0.1:8092', 200],
    ['[::1]:8092', 200],
    ['attacker.example', 403],
    ['localhost.attacker.example', 403],
    ['127.0.0.1.nip.io:8092', 403],
  ])('called %s answers %i', async (name, status) => {
    const { simulator } = await startForTest()
    for (const path of ['/log', '/accounts', '/livez', '/test-cards.json', '/nothing']) {
      const answered = await statusOf(simulator.browserUrl, path, name)
      expect(answered).toBe(path === '/nothing' && status === 200 ? 404 : status)
    }
  })
})

function statusOf(url: string, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers: { host } }, response => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
