/** What a buyer's browser brings back: it decides nothing, and what is made up or damaged leads nowhere. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeForm, encodeForm } from '../../packages/emv3ds/src/index.js'
import {
  answerBank,
  code,
  type Form,
  goThrough,
  load,
  openChallenge,
  passBrowser,
  send,
  settled,
} from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, eventsOf, inquire, vaultCard } from '../support/three-ds-calls.js'

const CHALLENGED = '4000000000200008'
/** The browser brings back success, and the result never comes. */
const NO_RESULT = '4000000000220006'
/** The browser brings back success, and the result is no. */
const FORGED = '4000000000240004'
const FRICTIONLESS = '4000000000100000'
/** Its 3DS Method stays silent. */
const SILENT_METHOD = '4000000200100008'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(async () => {
  await coffer?.stop()
})

const begin = (cardNo: string) => vaultCard(coffer, { cardNo, is3DSAuthentication: true })

/** A challenge that is under way, with what its forms hold. */
async function challenge(cardNo = CHALLENGED) {
  const { id, page } = await begin(cardNo)
  await passBrowser(await settled(page, 'browser'))
  const shown = await settled(page, 'challenge')
  const { creq, threeDSSessionData } = shown.forms.find(({ fields }) => 'creq' in fields)!.fields as Record<
    string,
    string
  >
  const { threeDSServerTransID, acsTransID } = JSON.parse(Buffer.from(decodeForm(creq!)!).toString('utf8'))
  const cres = (transStatus: string, more: object = {}) =>
    Buffer.from(
      JSON.stringify({
        messageType: 'CRes',
        messageVersion: '2.2.0',
        threeDSServerTransID,
        acsTransID,
        transStatus,
        ...more,
      }),
    ).toString('base64url')
  return { id, page, shown, sessionData: threeDSSessionData!, cres }
}

/** Sends what comes back from a challenge. */
const bring = (fields: Record<string, string>) =>
  send({ action: `${coffer.pagesUrl}/3ds/challenge-notify`, target: undefined, fields })

const returns = async (id: string) => (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.cres')

/** Nothing has become of it, and the buyer can go on. */
async function expectUntouched({ id, page }: { id: string; page: string }) {
  expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
  expect(await returns(id)).toEqual([])
  expect((await load(page)).shows).toBe('challenge')
}

describe('what a browser claims', () => {
  test('is success, while the issuer said no: no vaulting', async () => {
    const verified = coffer.issuerLog().length
    const { id, page } = await begin(FORGED)
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'USER_PAYMENT_VERIFICATION_FAILED' })
    expect(await returns(id)).toMatchObject([{ transStatus: 'Y' }])
    expect(coffer.issuerLog().length).toBe(verified)
  })

  test('is success, made up before the issuer said anything: the buyer has to pass the challenge all the same', async () => {
    const one = await challenge()
    expect((await bring({ cres: one.cres('Y'), threeDSSessionData: one.sessionData })).status).toBe(200)
    expect(await inquire(coffer, one.id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
    await answerBank(await openChallenge(one.shown), code('111111'))
    expect(await ended(coffer, one.id)).toMatchObject({ vaultingResultCode: 'USER_PAYMENT_VERIFICATION_FAILED' })
    expect((await returns(one.id)).length).toBe(1)
  })

  test('is failure, while the issuer said yes: a vaulting', async () => {
    const one = await challenge()
    await bring({ cres: one.cres('N'), threeDSSessionData: one.sessionData })
    await answerBank(await openChallenge(one.shown), code())
    expect(await ended(coffer, one.id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })

  test('is success, and the issuer never says anything: nothing happens until the deadline', async () => {
    const one = await challenge(NO_RESULT)
    await answerBank(await openChallenge(one.shown), code())
    expect(await returns(one.id)).toMatchObject([{ transStatus: 'Y' }])
    expect(await inquire(coffer, one.id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
    await coffer.advance(890_000)
    expect(await inquire(coffer, one.id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
    await coffer.advance(11_000)
    expect(await inquire(coffer, one.id)).toMatchObject({
      vaultingStatus: 'FAIL',
      vaultingResultCode: 'ORDER_IS_CLOSED',
    })
  })

  test('comes twice: it is noted once', async () => {
    const one = await challenge()
    for (let times = 0; times < 3; times++) await bring({ cres: one.cres('Y'), threeDSSessionData: one.sessionData })
    expect((await returns(one.id)).length).toBe(1)
  })

  test('is an error of the bank: noted by its code', async () => {
    const one = await challenge()
    const erro = {
      messageType: 'Erro',
      messageVersion: '2.2.0',
      errorCode: '203',
      errorComponent: 'A',
      errorDescription: `About ${CHALLENGED}`,
      errorDetail: 'creq',
    }
    await bring({ error: encodeForm(erro), threeDSSessionData: one.sessionData })
    expect(await returns(one.id)).toMatchObject([{ errorCode: '203' }])
    expect(JSON.stringify(await eventsOf(coffer, one.id))).not.toContain(CHALLENGED)
    expect(await inquire(coffer, one.id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
  })

  test.each<[string, (one: Awaited<ReturnType<typeof challenge>>) => string, object]>([
    ['is no message', () => 'bm90IGEgbWVzc2FnZQ', { unreadable: true }],
    ['is no base64url', () => '<script>', { unreadable: true }],
    [
      'has padding and the letters of plain base64',
      one => Buffer.from(one.cres('Y'), 'base64url').toString('base64'),
      { transStatus: 'Y' },
    ],
    ['is another message', one => one.cres('Y', { messageType: 'CReq' }), { unreadable: true, errorCode: '101' }],
    ["is another transaction's", one => one.cres('Y', { threeDSServerTransID: randomUUID() }), { foreign: true }],
    ["is another ACS transaction's", one => one.cres('Y', { acsTransID: randomUUID() }), { foreign: true }],
    ['has a status that nobody knows', one => one.cres('X'), { unreadable: true, errorCode: '203' }],
  ])('%s: noted, and that is all', async (_what, cres, noted) => {
    const one = await challenge()
    await bring({ cres: cres(one), threeDSSessionData: one.sessionData })
    expect(await returns(one.id)).toMatchObject([noted])
    expect(await inquire(coffer, one.id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
    await answerBank(await openChallenge(one.shown), code())
    expect(await ended(coffer, one.id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })
})

describe('session data', () => {
  const changedAt = (data: string, place: number) => {
    const bytes = Buffer.from(data, 'base64url')
    bytes[place] = bytes[place]! ^ 1
    return bytes.toString('base64url')
  }

  test('fits into its form', async () => {
    const { sessionData } = await challenge()
    expect(sessionData).toMatch(/^[A-Za-z0-9_-]{40,1024}$/)
  })

  test('that was changed, cut, made up or left out leads nowhere', async () => {
    const one = await challenge()
    const length = Buffer.from(one.sessionData, 'base64url').length
    const damaged = [
      ...Array.from({ length }, (_, place) => changedAt(one.sessionData, place)),
      one.sessionData.slice(0, -4),
      one.sessionData.slice(0, 22),
      `${one.sessionData}AAAA`,
      'A'.repeat(64),
      'A'.repeat(5_000),
      '',
      ' ',
      '%00',
      one.id,
      randomUUID(),
    ]
    for (const threeDSSessionData of damaged) {
      const { status } = await bring({ cres: one.cres('Y'), threeDSSessionData })
      expect(status, threeDSSessionData).toBe(404)
    }
    expect((await bring({ cres: one.cres('Y') })).status).toBe(404)
    await expectUntouched(one)
  })

  test('of another vaulting is of that one, whatever the rest of the form says', async () => {
    const [mine, other] = [await challenge(), await challenge()]
    await bring({ cres: mine.cres('Y'), threeDSSessionData: other.sessionData })
    await expectUntouched(mine)
    expect(await returns(other.id)).toMatchObject([{ foreign: true }])
    // It did not become one that was passed.
    expect(await inquire(coffer, other.id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
  })

  test('of a buyer who has begun anew does not bring back the first run', async () => {
    const one = await challenge()
    await coffer.advance(31_000)
    await settled(one.page, 'browser')
    expect((await bring({ cres: one.cres('Y'), threeDSSessionData: one.sessionData })).status).toBe(200)
    await goThrough(one.page)
    expect(await ended(coffer, one.id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })
})

describe('the form of a challenge', () => {
  const post = (body: string | Buffer, type = 'application/x-www-form-urlencoded') =>
    fetch(`${coffer.pagesUrl}/3ds/challenge-notify`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': type },
      body: new Uint8Array(Buffer.from(body)),
    })

  test.each([
    ['nothing', ''],
    ['no fields', '&&&'],
    ['other fields', 'a=b&c=d'],
    ['broken escapes', 'cres=%E0%A4%A&threeDSSessionData=%'],
    ['zeros', 'cres=%00%00&threeDSSessionData=%00'],
    ['the same field many times', 'threeDSSessionData=a&'.repeat(200)],
  ])('with %s leads nowhere', async (_what, body) => {
    expect((await post(body)).status).toBe(404)
  })

  test('that is too long is not read', async () => {
    expect((await post(`cres=${'A'.repeat(200_000)}`)).status).toBe(413)
  })

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x'])('as %s is not read', async type => {
    expect((await post('{"cres":"A"}', type)).status).toBe(415)
  })

  test('takes no other address from the browser: the way leads to our own page, or nowhere', async () => {
    const one = await challenge()
    const form = new URLSearchParams({
      cres: one.cres('Y'),
      threeDSSessionData: one.sessionData,
      redirectUrl: 'https://evil.example',
    })
    const response = await fetch(`${coffer.pagesUrl}/3ds/challenge-notify?redirectUrl=https://evil.example`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-dest': 'document' },
      body: form,
    })
    expect(new URL(response.headers.get('location') ?? '', coffer.pagesUrl).origin).toBe(coffer.pagesUrl)
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(await response.text()).not.toContain('evil')
  })
})

describe('the 3DS Method', () => {
  const notify = (fields: Record<string, string>) =>
    send({ action: `${coffer.pagesUrl}/3ds/method-notify`, target: undefined, fields } satisfies Form)

  const methodOf = async (id: string) => (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.method')
  const compInd = async (id: string) =>
    (await eventsOf(coffer, id)).find(({ kind }) => kind === 'threeds.areq')?.['threeDSCompInd']

  test.each([
    ['calls back', FRICTIONLESS, true, 'Y'],
    ['is not run', FRICTIONLESS, false, 'N'],
    ['stays silent', SILENT_METHOD, true, 'N'],
    ['is not there', '4000000100100009', true, 'U'],
  ])('that %s', async (_what, cardNo, method, told) => {
    const { id, page } = await begin(cardNo)
    await passBrowser(await settled(page, 'browser'), { method })
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    expect(await compInd(id)).toBe(told)
  })

  test('calls back with what is no transaction of ours, or no longer: nothing happens', async () => {
    const { id, page } = await begin(FRICTIONLESS)
    const shown = await settled(page, 'browser')
    const junk = [
      '',
      'A',
      '<script>',
      'A'.repeat(3_000),
      encodeForm({ threeDSServerTransID: randomUUID() }),
      encodeForm({ threeDSServerTransID: id }),
      encodeForm({ threeDSServerTransID: 17 }),
      encodeForm({ threeDSServerTransID: null }),
      encodeForm({ threeDSServerTransID: "' or 1=1 --" }),
      encodeForm([]),
      Buffer.from('null').toString('base64url'),
      Buffer.from('{').toString('base64url'),
    ]
    for (const threeDSMethodData of junk)
      expect((await notify({ threeDSMethodData })).status, threeDSMethodData).toBe(200)
    expect((await notify({})).status).toBe(200)
    expect((await notify({ threeDSMethodData: 'A'.repeat(50_000) })).status).toBe(413)
    expect(await methodOf(id)).toEqual([])
    await passBrowser(shown, { method: false })
    await ended(coffer, id)
    const [started] = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.started')
    await notify({ threeDSMethodData: encodeForm({ threeDSServerTransID: started!['threeDSServerTransID'] }) })
    expect(await methodOf(id)).toEqual([])
    expect(await compInd(id)).toBe('N')
  })

  test('calls back many times: it is noted once', async () => {
    const { id, page } = await begin(FRICTIONLESS)
    await settled(page, 'browser')
    const [started] = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.started')
    const data = encodeForm({ threeDSServerTransID: started!['threeDSServerTransID'] })
    for (let times = 0; times < 3; times++) await notify({ threeDSMethodData: data })
    expect((await methodOf(id)).length).toBe(1)
  })
})
