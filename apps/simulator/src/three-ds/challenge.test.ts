import { challengeLevers, type ThreeDSScript, testCardNumber } from '@coffer/test-cards'
import { describe, expect, it } from 'vitest'
import { eventually } from '../testing/start.js'
import { encoded, type Fields, notificationURL, rresTo, startThreeDS } from '../testing/three-ds-server.js'
import { firstCreqMs, stepMs } from './acs.js'
import { retryWaitsMs } from './forward-results.js'

const visa = (tt: ThreeDSScript) => testCardNumber({ prefix: '40000000', tt })
const value = expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/)

describe('the code page', () => {
  it.each([
    ['123456', { transStatus: 'Y', eci: '05', authenticationValue: value }, 'Y'],
    ['12 34 56', { transStatus: 'Y', eci: '05', authenticationValue: value }, 'Y'],
    ['111111', { transStatus: 'N', transStatusReason: '01', eci: '07' }, 'N'],
    ['222222', { transStatus: 'U', transStatusReason: '22', eci: '07' }, 'N'],
    ['333333', { transStatus: 'R', transStatusReason: '11', eci: '07' }, 'N'],
  ] as const)('%s: RReq %j, CRes %s', async (code, rreq, cres) => {
    const { authenticate, browser, results } = await startThreeDS()
    const ares = await authenticate(visa('20'))
    const back = await browser.type(ares, code)
    expect(results.received).toEqual([
      {
        messageType: 'RReq',
        messageVersion: '2.2.0',
        threeDSServerTransID: ares['threeDSServerTransID'],
        dsTransID: ares['dsTransID'],
        acsTransID: ares['acsTransID'],
        messageCategory: '02',
        authenticationType: '02',
        interactionCounter: '01',
        ...rreq,
      },
    ])
    expect(back.message('cres')).toEqual({
      messageType: 'CRes',
      messageVersion: '2.2.0',
      threeDSServerTransID: ares['threeDSServerTransID'],
      acsTransID: ares['acsTransID'],
      transStatus: cres,
    })
  })

  it('takes three wrong codes and then says no, and the right one in between', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    let page = await browser.begin(await authenticate(visa('20')))
    for (const left of ['2 times', 'once']) {
      page = await browser.press(page, { code: '000000', action: 'code' })
      expect(page.html).toContain(`You can try ${left} more`)
    }
    expect(results.received).toEqual([])
    const back = await browser.press(page, { code: '', action: 'code' })
    expect(back.message('cres')).toMatchObject({ transStatus: 'N' })
    expect(results.received).toMatchObject([{ transStatus: 'N', transStatusReason: '19', interactionCounter: '03' }])

    const second = await browser.type(await authenticate(visa('20')), '000000')
    await browser.press(second, { code: '123456', action: 'code' })
    expect(results.received[1]).toMatchObject({ transStatus: 'Y', interactionCounter: '02' })
  })

  it('may be cancelled', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    const page = await browser.begin(await authenticate(visa('20')))
    const back = await browser.press(page, { code: '123456', action: 'cancel' })
    expect(results.received).toMatchObject([{ transStatus: 'N', transStatusReason: '01', challengeCancel: '01' }])
    expect(back.message('cres')).toMatchObject({ transStatus: 'N' })
  })

  it('in 2.1.0 says nothing that this version does not know', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    const ares = await authenticate('4000000300200005', { messageVersion: '2.1.0' })
    expect((await browser.type(ares, '222222')).message('cres')).toMatchObject({ messageVersion: '2.1.0' })
    expect(results.received).toMatchObject([{ messageVersion: '2.1.0', transStatus: 'U', transStatusReason: '07' }])
  })

  it('gives no value on a range that has none without a payment', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    await browser.type(await authenticate('5200000100200002'), '123456')
    expect(results.received).toMatchObject([{ transStatus: 'Y', eci: 'N2' }])
    expect(results.received[0]).not.toHaveProperty('authenticationValue')
  })

  it('knows every code of the table of levers', () => {
    expect(challengeLevers.flatMap(({ otp }) => otp ?? [])).toEqual(['123456', '111111', '222222', '333333'])
  })
})

describe('cards whose challenge goes another way', () => {
  it('TT 21 is decided in an app', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    for (const action of ['approved-in-app', 'refused-in-app', 'cancel']) {
      const page = await browser.begin(await authenticate(visa('21')))
      expect(page.html).toContain('Open your banking app')
      await browser.press(page, { action })
    }
    expect(results.received).toMatchObject([
      { transStatus: 'Y', authenticationType: '03' },
      { transStatus: 'N', transStatusReason: '01', authenticationType: '03' },
      { transStatus: 'N', challengeCancel: '01', authenticationType: '03' },
    ])
  })

  it('TT 22 brings back success, and no result ever comes', async () => {
    const { authenticate, browser, results, clock, simulator } = await startThreeDS()
    const back = await browser.type(await authenticate(visa('22')), '111111')
    expect(back.message('cres')).toMatchObject({ transStatus: 'Y' })
    clock.advance(24 * 3_600_000)
    await new Promise(done => setTimeout(done, 100))
    expect(results.received).toEqual([])
    expect(simulator.threeDSLog({ messageType: 'RReq' })).toEqual([])
  })

  it('TT 23 goes on checking whatever is typed, and gives up when the time of its step is over', async () => {
    const { authenticate, browser, results, clock } = await startThreeDS()
    const page = await browser.begin(await authenticate(visa('23')))
    for (const typed of [{ code: '123456', action: 'code' }, { action: 'cancel' }]) {
      clock.advance(stepMs / 3)
      expect((await browser.press(page, typed)).html).toContain('We are still checking')
    }
    expect(results.received).toEqual([])
    clock.advance(stepMs / 3)
    await eventually(() =>
      expect(results.received).toMatchObject([{ transStatus: 'N', transStatusReason: '14', challengeCancel: '04' }]),
    )
    const back = await browser.press(page, { code: '123456', action: 'code' })
    expect(back.message('cres')).toMatchObject({ transStatus: 'N' })
  })

  it('TT 24 brings back success though the result is no', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    const back = await browser.type(await authenticate(visa('24')), '123456')
    expect(back.message('cres')).toMatchObject({ transStatus: 'Y' })
    expect(results.received).toMatchObject([{ transStatus: 'N', transStatusReason: '01' }])
  })

  it('TT 25 sends the same result twice', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    await browser.type(await authenticate(visa('25')), '123456')
    expect(results.received).toHaveLength(2)
    expect(results.received[0]).toEqual(results.received[1])
    expect(results.received[0]).toMatchObject({ transStatus: 'Y' })
  })
})

describe('time', () => {
  it('ends a challenge whose page is never asked for', async () => {
    const { authenticate, browser, results, clock } = await startThreeDS()
    const ares = await authenticate(visa('20'))
    clock.advance(firstCreqMs - 1)
    await new Promise(done => setTimeout(done, 50))
    expect(results.received).toEqual([])
    clock.advance(1)
    await eventually(() =>
      expect(results.received).toMatchObject([
        { transStatus: 'N', transStatusReason: '14', challengeCancel: '05', interactionCounter: '00' },
      ]),
    )
    expect((await browser.begin(ares)).html).toContain('This confirmation is over')
  })

  it('ends a challenge in which nobody types anything, step by step', async () => {
    const { authenticate, browser, results, clock } = await startThreeDS()
    const page = await browser.begin(await authenticate(visa('20')))
    clock.advance(stepMs - 1)
    await browser.press(page, { code: '000000', action: 'code' })
    clock.advance(stepMs - 1)
    await new Promise(done => setTimeout(done, 50))
    expect(results.received).toEqual([])
    clock.advance(1)
    await eventually(() =>
      expect(results.received).toMatchObject([{ transStatus: 'N', transStatusReason: '14', challengeCancel: '04' }]),
    )
    expect(results.received).toHaveLength(1)
  })
})

describe('the result', () => {
  it('arrives before the browser goes back', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    const order: string[] = []
    results.answer = rreq => {
      order.push('RReq')
      return { text: JSON.stringify(rresTo(rreq)) }
    }
    await browser.type(await authenticate(visa('20')), '123456')
    order.push('CRes')
    expect(order).toEqual(['RReq', 'CRes'])
  })

  it.each([
    ['is lost', (): undefined => undefined],
    ['is answered with HTTP 503', () => ({ status: 503, text: '{}' })],
    ['is answered with what is no message', () => ({ text: 'OK' })],
    [
      'is answered about another transaction',
      (rreq: Fields) => ({ text: JSON.stringify(rresTo({ ...rreq, acsTransID: rreq['dsTransID'] })) }),
    ],
  ])('that %s is sent again, and the buyer does not wait for it', async (_how, answer) => {
    const { authenticate, browser, results, clock } = await startThreeDS()
    const good = results.answer
    results.answer = answer
    const back = await browser.type(await authenticate(visa('20')), '123456')
    expect(back.message('cres')).toMatchObject({ transStatus: 'Y' })
    expect(results.received).toHaveLength(1)

    results.answer = good
    clock.advance(retryWaitsMs[0]!)
    await eventually(() => expect(results.received).toHaveLength(2))
    expect(results.received[1]).toEqual(results.received[0])
    clock.advance(3_600_000)
    await new Promise(done => setTimeout(done, 50))
    expect(results.received).toHaveLength(2)
  })

  it('that gets lost on the way, as a test wants it, arrives late or never', async () => {
    const { authenticate, browser, results, clock, simulator } = await startThreeDS()
    simulator.control({ dropRReqs: 2 })
    await browser.type(await authenticate(visa('20')), '123456')
    expect(simulator.control()).toMatchObject({ dropRReqs: 1 })
    clock.advance(retryWaitsMs[0]!)
    await eventually(() => expect(simulator.control()).toMatchObject({ dropRReqs: 0 }))
    expect(results.received).toEqual([])
    await eventually(() => expect(clock.waiting).toBe(1))
    clock.advance(retryWaitsMs[1]!)
    await eventually(() => expect(results.received).toHaveLength(1))
    const outcomes = simulator.threeDSLog({ messageType: 'RReq' }).map(({ outcome }) => outcome)
    expect(outcomes.filter(outcome => outcome === 'lost')).toHaveLength(2)
  })

  it('that the 3DS Server refuses with an Erro is not sent again', async () => {
    const { authenticate, browser, results, clock, simulator } = await startThreeDS()
    results.answer = ({ threeDSServerTransID }) => ({
      text: JSON.stringify({
        messageType: 'Erro',
        messageVersion: '2.2.0',
        threeDSServerTransID,
        errorCode: '301',
        errorComponent: 'S',
        errorDescription: 'unknown',
        errorDetail: 'acsTransID',
        errorMessageType: 'RReq',
      }),
    })
    await browser.type(await authenticate(visa('20')), '123456')
    clock.advance(3_600_000)
    await new Promise(done => setTimeout(done, 50))
    expect(results.received).toHaveLength(1)
    expect(simulator.threeDSLog().at(-2)).toMatchObject({
      component: 'ACS',
      messageType: 'Erro',
      says: { errorCode: '301', errorComponent: 'S' },
    })
  })

  it('for an address beyond this machine goes nowhere', async () => {
    const { authenticate, browser, simulator } = await startThreeDS()
    await browser.type(await authenticate(visa('20'), { threeDSServerURL: 'https://shop.example/results' }), '123456')
    expect(simulator.threeDSLog({ messageType: 'RReq' }).at(-1)).toMatchObject({
      outcome: 'threeDSServerURL is not on this machine',
    })
  })
})

describe('a CReq', () => {
  it('that comes again shows the page again, with wrong codes still counted', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    const ares = await authenticate(visa('20'))
    await browser.type(ares, '000000')
    await browser.type(ares, '000000')
    const back = await browser.type(ares, '000000')
    expect(back.message('cres')).toMatchObject({ transStatus: 'N' })
    expect(results.received).toMatchObject([{ transStatusReason: '19' }])
  })

  it('of a challenge that is over shows that, and the buttons of a page left open lead back', async () => {
    const { authenticate, browser, results } = await startThreeDS()
    const ares = await authenticate(visa('20'))
    const [one, other] = [await browser.begin(ares), await browser.begin(ares)]
    const [first, second] = await Promise.all([
      browser.press(one, { code: '123456', action: 'code' }),
      browser.press(other, { code: '111111', action: 'code' }),
    ])
    expect(first!.hidden).toEqual(second!.hidden)
    expect(results.received).toHaveLength(1)

    const again = await browser.begin(ares)
    expect([again.status, again.action]).toEqual([400, ''])
    expect(again.html).toContain('This confirmation is over')
    expect(results.received).toHaveLength(1)
  })

  it('of a challenge that never was shows a page that says so', async () => {
    const { browser, simulator } = await startThreeDS()
    const ares = {
      messageVersion: '2.2.0',
      threeDSServerTransID: '1',
      acsTransID: '8a880dc0-d2d2-4067-bcb1-b08d1690b26e',
    }
    const page = await browser.begin(ares)
    expect([page.status, page.action]).toEqual([400, ''])
    expect(page.html).toContain('Error 301: acsTransID')
    for (const creq of ['', '!', encoded([] as never)]) {
      expect((await browser.submit('/acs/challenge', { creq })).status).toBe(400)
    }
    expect((await browser.submit('/acs/challenge/answer', { code: '123456' })).status).toBe(400)
    expect(simulator.threeDSLog()).toEqual([])
  })

  it.each([
    ['without a window size', { challengeWindowSize: undefined }, '201', 'challengeWindowSize'],
    ['with a window size that there is not', { challengeWindowSize: '06' }, '203', 'challengeWindowSize'],
    ['of another version', { messageVersion: '2.1.0' }, '203', 'messageVersion'],
    ['of a version that nobody speaks', { messageVersion: '9.0.0' }, '102', 'messageVersion'],
    [
      'of another transaction',
      { threeDSServerTransID: '8a880dc0-d2d2-4067-bcb1-b08d1690b26e' },
      '301',
      'threeDSServerTransID',
    ],
    ['of another type', { messageType: 'CRes' }, '101', 'messageType'],
  ])(
    '%s ends the challenge with an Erro over the browser and a result',
    async (_what, change, errorCode, errorDetail) => {
      const { authenticate, browser, results } = await startThreeDS()
      const ares = await authenticate(visa('20'))
      const page = await browser.begin(ares, change)
      expect(page.action).toBe(notificationURL)
      expect(page.hidden).toEqual({ error: expect.any(String), threeDSSessionData: 'c2Vzc2lvbg' })
      expect(page.message('error')).toMatchObject({
        messageType: 'Erro',
        threeDSServerTransID: ares['threeDSServerTransID'],
        acsTransID: ares['acsTransID'],
        errorCode,
        errorComponent: 'A',
        errorDetail,
      })
      expect(results.received).toMatchObject([{ transStatus: 'U', transStatusReason: '07', challengeCancel: '06' }])
    },
  )

  it('with session data that is not base64url, or too long, is refused and does not get it back', async () => {
    const { authenticate, browser } = await startThreeDS()
    for (const wrong of ['<script>', 'a'.repeat(1025), 'YQ==']) {
      const page = await browser.begin(await authenticate(visa('20')), {}, wrong)
      expect(page.message('error')).toMatchObject({ errorCode: '203', errorDetail: 'threeDSSessionData' })
      expect(page.hidden).not.toHaveProperty('threeDSSessionData')
    }
  })
})
