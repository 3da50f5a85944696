import { type ThreeDSScript, testCardNumber } from '@coffer/test-cards'
import { describe, expect, it } from 'vitest'
import { areq, type Fields, payment, post, startThreeDS } from '../testing/three-ds-server.js'
import { areqRules } from './rules.js'

const visa = (tt: ThreeDSScript) => testCardNumber({ prefix: '40000000', tt })
const mastercard = (tt: ThreeDSScript) => testCardNumber({ prefix: '52000000', tt })
const value = expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/)

describe('what the ACS answers, row by row', () => {
  it.each([
    // number, what is asked, answer
    ['00', 'VISA', {}, { transStatus: 'Y', eci: '05', authenticationValue: value }],
    ['10', 'VISA', {}, { transStatus: 'Y', eci: '05', authenticationValue: value }],
    ['10', 'MASTERCARD', {}, { transStatus: 'Y', eci: '02', authenticationValue: value }],
    ['11', 'VISA', {}, { transStatus: 'U', transStatusReason: '20', eci: '07' }],
    ['11', 'VISA', payment, { transStatus: 'A', eci: '06', authenticationValue: value }],
    ['11', 'MASTERCARD', payment, { transStatus: 'A', eci: '01', authenticationValue: value }],
    ['12', 'VISA', {}, { transStatus: 'N', transStatusReason: '01', eci: '07' }],
    ['12', 'MASTERCARD', {}, { transStatus: 'N', transStatusReason: '01', eci: '00' }],
    ['13', 'VISA', {}, { transStatus: 'N', transStatusReason: '13', eci: '07' }],
    ['14', 'VISA', {}, { transStatus: 'R', transStatusReason: '11', eci: '07' }],
    ['15', 'VISA', {}, { transStatus: 'U', transStatusReason: '22', eci: '07' }],
    ['16', 'VISA', {}, { transStatus: 'I', eci: '07', authenticationValue: value }],
    ['16', 'MASTERCARD', {}, { transStatus: 'I', eci: '07', authenticationValue: value }],
    ['40', 'VISA', {}, { transStatus: 'D', acsDecConInd: 'Y', authenticationType: '04' }],
    // 2.1.0 has neither I nor D, and no reason above 21.
    ['40', 'VISA', { messageVersion: '2.1.0' }, { transStatus: 'U', transStatusReason: '07', eci: '07' }],
    ['16', 'VISA', { messageVersion: '2.1.0' }, { transStatus: 'U', transStatusReason: '07', eci: '07' }],
    ['15', 'VISA', { messageVersion: '2.1.0' }, { transStatus: 'U', transStatusReason: '07', eci: '07' }],
    ['10', 'VISA', { messageVersion: '2.1.0' }, { transStatus: 'Y', eci: '05', authenticationValue: value }],
  ] as const)('TT %s on %s with %j', async (tt, network, change, answer) => {
    const { authenticate } = await startThreeDS()
    const ares = await authenticate(network === 'VISA' ? visa(tt) : mastercard(tt), change)
    const { cardholderInfo, ...said } = ares
    expect(said).toEqual({
      messageType: 'ARes',
      messageVersion: (change as Fields)['messageVersion'] ?? '2.2.0',
      threeDSServerTransID: expect.any(String),
      dsTransID: expect.any(String),
      acsTransID: expect.any(String),
      dsReferenceNumber: 'COFFER-SIMULATED-DS',
      acsReferenceNumber: 'COFFER-SIMULATED-ACS',
      ...answer,
    })
    const forBuyer = ['12', '13', '15'].includes(tt)
    expect(cardholderInfo === undefined).toBe(!forBuyer)
    if (forBuyer) expect(String(cardholderInfo).length).toBeLessThanOrEqual(128)
  })

  it.each(['20', '21', '22', '23', '24', '25'] as const)('TT %s is a challenge', async tt => {
    const { authenticate, simulator } = await startThreeDS()
    const ares = await authenticate(visa(tt), { threeDSRequestorChallengeInd: '04' })
    expect(ares).toMatchObject({
      transStatus: 'C',
      acsURL: `${simulator.browserUrl.replace('127.0.0.1', 'localhost')}/acs/challenge`,
      acsChallengeMandated: 'Y',
      authenticationType: tt === '21' ? '03' : '02',
    })
    for (const name of ['eci', 'authenticationValue', 'transStatusReason']) expect(ares).not.toHaveProperty(name)
    expect(await authenticate(visa(tt))).toMatchObject({ acsChallengeMandated: 'N' })
  })

  it.each([
    ['4000000700100003', {}, { transStatus: 'U', transStatusReason: '20' }],
    ['4000000700200001', {}, { transStatus: 'U', transStatusReason: '20' }],
    ['4000000700100003', payment, { transStatus: 'Y', eci: '05' }],
    ['5200000100100004', {}, { transStatus: 'Y', eci: 'N2' }],
    ['5200000100100004', payment, { transStatus: 'Y', eci: '02', authenticationValue: value }],
    ['340000000100007', {}, { transStatus: 'Y', eci: '05', authenticationValue: value }],
    ['4054695723100768', {}, { transStatus: 'C' }],
    ['4242424242424242', {}, { transStatus: 'C' }],
    ['378282246310005', {}, { transStatus: 'C' }],
  ] as const)('%s with %j', async (number, change, answer) => {
    const { authenticate } = await startThreeDS()
    const ares = await authenticate(number, change)
    expect(ares).toMatchObject(answer)
    if ((answer as Fields)['eci'] === 'N2') expect(ares).not.toHaveProperty('authenticationValue')
  })

  it('a cardholder’s name runs another script than the number’s', async () => {
    const { authenticate } = await startThreeDS()
    const named = (cardholderName: string) => authenticate('4242424242424242', { cardholderName })
    expect(await named('SIM3DS-TT12')).toMatchObject({ transStatus: 'N' })
    expect(await named('SIM3DS-TT32 PLEASE')).toMatchObject({ messageType: 'Erro', errorCode: '305' })
    expect(await named('SIM3DS-TT99')).toMatchObject({ transStatus: 'C' })
    expect(await named('ADA LOVELACE')).toMatchObject({ transStatus: 'C' })
  })
})

describe('what goes wrong on the way, row by row', () => {
  it.each([
    ['31', { errorCode: '203', errorDetail: 'cardExpiryDate' }],
    ['32', { errorCode: '305', errorDetail: 'acctNumber' }],
    ['37', { errorCode: '102', errorDetail: 'messageVersion' }],
  ] as const)('TT %s is a protocol error', async (tt, erro) => {
    const { ask } = await startThreeDS()
    const asked = areq(visa(tt))
    const { status, message } = await ask('VISA', asked)
    expect(status).toBe(200)
    expect(message).toEqual({
      messageType: 'Erro',
      messageVersion: '2.2.0',
      threeDSServerTransID: asked['threeDSServerTransID'],
      errorComponent: 'D',
      errorDescription: expect.any(String),
      errorMessageType: 'AReq',
      ...erro,
    })
  })

  it('TT 30 is never answered, TT 36 breaks the connection', async () => {
    const { ask, simulator } = await startThreeDS()
    const asked = ask('VISA', areq(visa('30')))
    const silent = Promise.race([asked.then(() => 'answered'), new Promise(done => setTimeout(done, 300, 'silent'))])
    expect(await silent).toBe('silent')
    asked.catch(() => {}) // it ends with the simulator
    await expect(ask('VISA', areq(visa('36')))).rejects.toThrow(/socket hang up|ECONNRESET/)
    expect(simulator.threeDSLog().map(({ outcome }) => outcome)).toEqual([
      undefined,
      'not answered',
      undefined,
      'connection reset',
    ])
  })

  it('TT 33 is not JSON, TT 35 is HTTP 500', async () => {
    const { ask } = await startThreeDS()
    const strange = await ask('VISA', areq(visa('33')))
    expect(strange.status).toBe(200)
    expect(() => strange.message).toThrow(SyntaxError)
    expect((await ask('VISA', areq(visa('35')))).status).toBe(500)
  })

  it('TT 34 has the id of another transaction', async () => {
    const { ask } = await startThreeDS()
    const asked = areq(visa('34'))
    const { message } = await ask('VISA', asked)
    expect(message).toMatchObject({ messageType: 'ARes', transStatus: 'Y' })
    expect(message['threeDSServerTransID']).not.toBe(asked['threeDSServerTransID'])
  })

  it('a silent directory server answers no AReq at all', async () => {
    const { ask, simulator } = await startThreeDS()
    simulator.control({ silentDirectory: true })
    const asked = ask('VISA', areq(visa('10')))
    expect(await Promise.race([asked, new Promise(done => setTimeout(done, 300, 'silent'))])).toBe('silent')
    asked.catch(() => {}) // it ends with the simulator
  })
})

describe('an AReq', () => {
  it('is asked of the ACS with what the directory server adds, and the ACS never learns of the others', async () => {
    const { authenticate, simulator } = await startThreeDS()
    const ares = await authenticate(visa('10'))
    expect(
      simulator.threeDSLog().map(entry => [entry.component, entry.direction, entry.peer, entry.messageType]),
    ).toEqual([
      ['DS', 'received', '3DS Server', 'AReq'],
      ['DS', 'sent', 'ACS', 'AReq'],
      ['ACS', 'received', 'DS', 'AReq'],
      ['ACS', 'sent', 'DS', 'ARes'],
      ['DS', 'received', 'ACS', 'ARes'],
      ['DS', 'sent', '3DS Server', 'ARes'],
    ])
    expect(simulator.threeDSLog().at(-1)).toMatchObject({
      network: 'VISA',
      threeDSServerTransID: ares['threeDSServerTransID'],
      says: { transStatus: 'Y', eci: '05', authenticationValue: true },
    })
    const before = simulator.threeDSLog().length
    await authenticate(visa('31'))
    expect(
      simulator
        .threeDSLog()
        .slice(before)
        .every(({ component }) => component === 'DS'),
    ).toBe(true)
  })

  it.each([
    ['a card of another network', mastercard('10')],
    ['a range that takes no part', '4000000900100001'],
    ['a number that is no test card', '4539578763621486'],
    ['a test card with a wrong check digit', '4000000000100001'],
    ['Antom’s card of the exemption', '4035501000000008'],
  ])('about %s gets 305', async (_what, number) => {
    const { authenticate } = await startThreeDS()
    expect(await authenticate(number, {}, 'VISA')).toMatchObject({ errorCode: '305', errorDetail: 'acctNumber' })
  })

  it('in a version that the ACS of the range does not speak gets 102', async () => {
    const { authenticate, simulator } = await startThreeDS()
    const inVersion = (number: string, messageVersion: string) => authenticate(number, { messageVersion })
    expect(await inVersion('4000000300100007', '2.2.0')).toMatchObject({ errorCode: '102' })
    expect(await inVersion('4000000300100007', '2.1.0')).toMatchObject({ transStatus: 'Y', messageVersion: '2.1.0' })
    expect(await inVersion('4000000400100006', '2.1.0')).toMatchObject({ errorCode: '102', messageVersion: '2.1.0' })
    expect(await inVersion('4000000400100006', '2.2.0')).toMatchObject({ transStatus: 'Y' })
    expect(await inVersion('4000000400100006', '2.3.1')).toMatchObject({ errorCode: '102', messageVersion: '2.2.0' })
    simulator.control({
      ranges: [{ network: 'VISA', actionInd: 'D', startRange: '4000000400000000', endRange: '4000000499999999' }],
    })
    expect(await inVersion('4000000400100006', '2.2.0')).toMatchObject({ errorCode: '305' })
  })

  const required = (change: Fields) =>
    areqRules
      .filter(({ required }) => required({ message: areq(visa('10'), change), version: '2.2.0', network: 'VISA' }))
      .map(({ name }) => name)

  it('without a required element gets 201 with its name, whether it is missing, empty or null', async () => {
    const { authenticate } = await startThreeDS()
    const known = required({})
    expect(known).toHaveLength(22)
    for (const name of [...known, 'messageVersion']) {
      for (const nothing of [undefined, '', null]) {
        const answer = await authenticate(visa('10'), { [name]: nothing }, 'VISA')
        expect(answer, name).toMatchObject({ messageType: 'Erro', errorCode: '201' })
        expect(String(answer['errorDetail']).split(','), name).toContain(name)
      }
    }
  })

  it('names all elements that are missing, those of a payment too', async () => {
    const { authenticate } = await startThreeDS()
    const answer = await authenticate(
      visa('10'),
      { messageCategory: '01', mcc: undefined, acctNumber: undefined },
      'VISA',
    )
    expect(answer).toMatchObject({
      errorCode: '201',
      errorDetail: 'acctNumber,mcc,purchaseAmount,purchaseCurrency,purchaseExponent,purchaseDate',
    })
  })

  it.each([
    ['acctNumber', '400000000010000x'],
    ['acctNumber', 4000000000100000],
    ['browserColorDepth', '30'],
    ['browserIP', 'localhost'],
    ['browserJavaEnabled', 'true'],
    ['browserJavascriptEnabled', 'true'],
    ['browserLanguage', 'zh-Hans-CN'],
    ['browserScreenHeight', 900],
    ['browserTZ', '900'],
    ['cardExpiryDate', '1231'],
    ['cardholderName', 'José'],
    ['cardholderName', ''],
    ['deviceChannel', '2'],
    ['mcc', '599'],
    ['messageCategory', '03'],
    ['notificationURL', `https://shop.example/${'x'.repeat(250)}`],
    ['notificationURL', 'javascript:alert(1)'],
    ['threeDSCompInd', 'X'],
    ['threeDSRequestorAuthenticationInd', '07'],
    ['threeDSServerTransID', '1'],
    ['threeDSServerURL', 'http://localhost/'],
  ])('with %s as %j gets 203 with its name', async (name, wrong) => {
    const { authenticate } = await startThreeDS()
    expect(await authenticate(visa('10'), { [name]: wrong }, 'VISA')).toMatchObject({
      errorCode: '203',
      errorDetail: name,
    })
  })

  it('over a channel that is not simulated gets 305', async () => {
    const { authenticate } = await startThreeDS()
    expect(await authenticate(visa('10'), { deviceChannel: '03' })).toMatchObject({
      errorCode: '305',
      errorDetail: 'deviceChannel',
    })
  })

  it('with an extension that must be understood gets 202, and with another one none', async () => {
    const { authenticate } = await startThreeDS()
    const extension = { name: 'x', id: 'A000000001-1', criticalityIndicator: true, data: { a: 1 } }
    expect(await authenticate(visa('10'), { messageExtension: [extension] })).toMatchObject({
      errorCode: '202',
      errorDetail: 'A000000001-1',
    })
    const optional = { ...extension, criticalityIndicator: false }
    expect(await authenticate(visa('10'), { messageExtension: [optional] })).toMatchObject({ transStatus: 'Y' })
    const broken = { ...optional, data: 'text' }
    expect(await authenticate(visa('10'), { messageExtension: [broken] })).toMatchObject({ errorCode: '203' })
  })

  it('with a member twice, on whatever level and however it is spelled, gets 204', async () => {
    const { ask } = await startThreeDS()
    const text = JSON.stringify(areq(visa('10')))
    for (const twice of [
      text.replace('{', '{"mcc":"5999",'),
      text.replace('{', '{"m\\u0063c":"5999",'),
      text.replace('{', '{"acctInfo":{"a":"}{:","mcc":[{"mcc":1,"mcc":2}]},'),
    ]) {
      expect((await ask('VISA', twice)).message).toMatchObject({ errorCode: '204', errorDetail: 'mcc' })
    }
    const once = text.replace('{', '{"acctInfo":{"mcc":"\\"mcc\\":","x":["mcc","mcc",{"mcc":{}},{"mcc":{}}]},')
    expect((await ask('VISA', once)).message).toMatchObject({ transStatus: 'Y' })
  })

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['an array', '[]'],
    ['a string', '"AReq"'],
    ['half of one', '{"messageType":"AReq"'],
    ['a message that nobody sends to a directory server', '{"messageType":"CReq"}'],
    ['a message without a type', '{}'],
  ])('that is %s gets 101', async (_what, text) => {
    const { ask } = await startThreeDS()
    const { status, message } = await ask('VISA', text)
    expect(status).toBe(200)
    expect(message).toMatchObject({ messageType: 'Erro', errorCode: '101', messageVersion: '2.2.0' })
  })

  it('that is not UTF-8 gets 101, and one of another content type is read all the same', async () => {
    const { url, pki, ask } = await startThreeDS()
    const broken = Buffer.from(JSON.stringify(areq(visa('10'), { merchantName: '~' })).replace('~', '\xff'), 'latin1')
    const { message } = await post(`${url}/ds/VISA`, broken as never, pki.ca, pki.client('VISA'))
    expect(message).toMatchObject({ errorCode: '101' })
    expect((await ask('VISA', areq(visa('10')))).type).toBe('application/json; charset=utf-8')
  })

  it('needs no acquirer at networks other than Visa where nothing is paid', async () => {
    const { authenticate } = await startThreeDS()
    expect(await authenticate(visa('10'), { acquirerBIN: undefined })).toMatchObject({ errorDetail: 'acquirerBIN' })
    expect(await authenticate(mastercard('10'), { acquirerBIN: undefined })).toMatchObject({ transStatus: 'Y' })
  })

  it('from a browser without JavaScript needs nothing that only a script could know', async () => {
    const { authenticate } = await startThreeDS()
    const without = Object.fromEntries(
      ['JavaEnabled', 'Language', 'ColorDepth', 'ScreenHeight', 'ScreenWidth', 'TZ'].map(name => [
        `browser${name}`,
        undefined,
      ]),
    )
    const answer = await authenticate(visa('10'), { ...without, browserJavascriptEnabled: false })
    expect(answer).toMatchObject({ transStatus: 'Y' })
    expect(await authenticate(visa('10'), { ...without, messageVersion: '2.1.0' })).toMatchObject({ errorCode: '201' })
  })
})
