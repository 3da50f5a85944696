import { describe, expect, test } from 'vitest'
import {
  acsTransID,
  dsTransID,
  type Golden,
  golden,
  goldenMessages,
  threeDSServerTransID,
} from '../test/golden-messages.js'
import {
  type Expected,
  type MessageCategory,
  type MessageDraft,
  type MessageType,
  type MessageVersion,
  messageTypes,
  type Problem,
  readMessage,
  writeMessage,
} from './index.js'

type Options = Partial<Expected<MessageType>>

const read = (message: unknown, options: Options = {}) =>
  readMessage(typeof message === 'string' ? message : JSON.stringify(message), { types: messageTypes, ...options })

/** The code and the names: `201 dsTransID`. */
function problem(message: unknown, options?: Options): string {
  const result = read(message, options)
  return result.ok ? 'read' : `${result.problem.errorCode} ${result.problem.errorDetail}`
}

const change = (
  [type, version, category]: readonly [MessageType, MessageVersion, MessageCategory],
  changes: Golden,
): Golden => ({ ...golden(type, version, category), ...changes })

const npa = ['ARes', '2.2.0', '02'] as const
const pa = ['ARes', '2.2.0', '01'] as const
const rreq = ['RReq', '2.2.0', '02'] as const
const areq = ['AReq', '2.2.0', '02'] as const

describe('a message as it should be', () => {
  for (const { type, version, category, size, message } of goldenMessages) {
    const called = `${type} ${version} ${category === '01' ? 'payment' : 'non-payment'}, ${size}`
    test(`${called}, is read as it stands`, () => {
      expect(read(message, { category, version })).toEqual({ ok: true, message })
    })
    test(`${called}, is the same after it was written and read`, () => {
      const text = writeMessage(message as MessageDraft, category)
      expect(readMessage(Buffer.from(text), { types: [type], category })).toEqual({ ok: true, message })
    })
  }

  test('elements that its version does not have are left out', () => {
    const message = golden('CReq', '2.2.0', '02')
    expect(read({ ...message, whatever: { a: 1 }, messageVersion: '2.2.0' })).toEqual({ ok: true, message })
    const old = golden('ARes', '2.1.0', '02')
    expect(read({ ...old, acsDecConInd: 'Y', whiteListStatus: '?' })).toEqual({ ok: true, message: old })
  })
})

test('a group of which no member is known is as good as none', () => {
  const message = golden('AReq', '2.2.0', '02')
  expect(read({ ...message, acctInfo: { whatever: '1' } })).toEqual({ ok: true, message })
  expect(problem({ ...message, acctInfo: {} })).toBe('203 acctInfo')
})

describe('101: not a message that is taken here', () => {
  for (const [what, text] of [
    ['nothing', ''],
    ['a page', '<html><body>Bad gateway</body></html>'],
    ['half a message', JSON.stringify(golden('ARes', '2.2.0', '02')).slice(0, -20)],
    ['a message and something more', `${JSON.stringify(golden('ARes', '2.2.0', '02'))}{}`],
    ['a byte order mark before it', `\uFEFF${JSON.stringify(golden('ARes', '2.2.0', '02'))}`],
    ['a trailing comma', '{"messageType":"ARes",}'],
    ['a control character in a string', '{"messageType":"AR\nes"}'],
    ['an escape that JSON does not have', '{"messageType":"\\x41Res"}'],
    ['half of a surrogate pair', '{"messageType":"ARes","a":"\\ud800"}'],
    ['a number that JSON does not have', '{"a":01}'],
    ['a number that is too large to be one', '{"a":1e999}'],
  ] as const) {
    test(`${what} is not JSON`, () => {
      expect(problem(text)).toBe('101 not JSON')
    })
  }

  test('bytes that are not UTF-8 are not JSON', () => {
    const bytes = Buffer.concat([Buffer.from('{"messageType":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
    expect(readMessage(bytes, { types: ['ARes'] })).toMatchObject({
      problem: { errorCode: '101', errorDetail: 'not JSON' },
    })
  })

  test('JSON that is no object is none either', () => {
    for (const text of ['[]', '"ARes"', '7', 'null', 'true']) expect(problem(text)).toBe('101 not a JSON object')
  })

  test('a message of an unknown type, without one, or that nobody expects here', () => {
    expect(problem(change(npa, { messageType: 'XReq' }))).toBe('101 messageType')
    expect(problem(change(npa, { messageType: 'ares' }))).toBe('101 messageType')
    expect(problem(change(npa, { messageType: null }))).toBe('101 messageType')
    expect(problem(golden(...npa), { types: ['PRes', 'Erro'] })).toBe('101 messageType')
  })

  test('one that is nested without end, without ending the process', () => {
    for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(200_000), '{"a":[{"b":'.repeat(100_000)]) {
      expect(problem(text, { maxBytes: 10_000_000 })).toBe('101 nested too deeply')
    }
  })

  test('one that is too large', () => {
    expect(problem(change(npa, { whatever: 'x'.repeat(300_000) }))).toBe('101 too large')
    expect(problem(`[${'[],'.repeat(80_000)}[]]`)).toBe('101 too large')
    expect(problem(golden(...npa), { maxBytes: 100 })).toBe('101 too large')
  })
})

describe('204: a name twice', () => {
  const twice = (member: string) => JSON.stringify(golden(...areq)).replace(/}$/, `,${member}}`)

  test('in the message, also with the same value', () => {
    expect(problem(twice('"threeDSCompInd":"Y"'))).toBe('204 threeDSCompInd')
  })

  test('in another spelling of the same name', () => {
    expect(problem(twice('"\\u0061cctNumber":"4000000000100000"'))).toBe('204 acctNumber')
    expect(problem(twice('"acct\\u004eumber":"4000000000100000"'))).toBe('204 acctNumber')
  })

  test('in an object of the message, in an array, in the data of an extension', () => {
    expect(problem(twice('"mobilePhone":{"cc":"1","subscriber":"2","cc":"1"}'))).toBe('204 mobilePhone.cc')
    const extension = '"name":"n","id":"i","criticalityIndicator":false'
    expect(problem(twice(`"messageExtension":[{${extension},"data":{},"id":"i"}]`))).toBe('204 messageExtension.id')
    expect(problem(twice(`"messageExtension":[{${extension},"data":{"a":{"b":1,"b":2}}}]`))).toBe(
      '204 messageExtension.data',
    )
  })

  test('names are told that are known here, all of them, and no others', () => {
    expect(problem(twice('"mcc":"5999","mcc":"5999","threeDSCompInd":"Y"'))).toBe('204 mcc, threeDSCompInd')
    expect(problem(twice('"4000000000100000":1,"4000000000100000":1'))).toBe('204 an element that is not known here')
  })

  test('comes before what else is wrong, except that it is not JSON', () => {
    expect(problem('{"messageType":"?","messageType":"?","messageVersion":"9"}')).toBe('204 messageType')
    expect(problem('{"messageType":"?","messageType":"?"')).toBe('101 not JSON')
  })

  test('the same name in two objects is no duplicate', () => {
    expect(problem(golden('AReq', '2.2.0', '01', 'full'))).toBe('read')
  })
})

describe('102: a version that is not spoken here', () => {
  for (const version of ['1.0.2', '2.0.0', '2.3.1', '2.2', 'two', '2.2.0 ']) {
    test(`"${version}"`, () => {
      expect(problem(change(npa, { messageVersion: version, dsTransID: '' }))).toBe('102 messageVersion')
    })
  }

  test('no version at all is a missing element', () => {
    expect(problem(change(npa, { messageVersion: '' }))).toBe('201 messageVersion')
    expect(problem(change(npa, { messageVersion: 2 }))).toBe('203 messageVersion')
  })

  test('another version than that of the message it answers is a wrong value of the element', () => {
    expect(problem(golden(...npa), { version: '2.1.0' })).toBe('203 messageVersion')
    expect(problem(golden(...npa), { version: '2.2.0' })).toBe('read')
  })

  test('an Erro is read in any version, since it may be there to say 102', () => {
    const message = { ...golden('Erro', '2.2.0', '02'), messageVersion: '2.3.1', errorCode: '102' }
    expect(read(message, { version: '2.1.0' })).toEqual({ ok: true, message })
    expect(problem({ ...message, messageVersion: 'two' })).toBe('203 messageVersion')
  })
})

describe('202: a critical extension', () => {
  const extension = { name: 'n', id: 'known', criticalityIndicator: true, data: {} }

  test('that nobody here knows is refused, before anything that is missing', () => {
    expect(problem(change(npa, { messageExtension: [extension], dsTransID: '' }))).toBe('202 messageExtension.id')
  })

  test('that the caller understands is read, and one that is not critical too', () => {
    const message = change(npa, {
      messageExtension: [extension, { ...extension, id: '?', criticalityIndicator: false }],
    })
    expect(problem(message, { extensions: ['known'] })).toBe('read')
    expect(problem(message, { extensions: ['other'] })).toBe('202 messageExtension.id')
  })

  test('there are at most ten', () => {
    const eleven = Array(11).fill({ ...extension, criticalityIndicator: false })
    expect(problem(change(npa, { messageExtension: eleven.slice(1) }))).toBe('read')
    expect(problem(change(npa, { messageExtension: eleven }))).toBe('203 messageExtension')
  })
})

describe('the conditions of an ARes', () => {
  const judged = (changes: Golden, of: typeof npa | typeof pa | readonly ['ARes', '2.1.0', '02'] = npa) =>
    problem(change(of, changes), { category: of[2] })

  test('C needs the way to the ACS', () => {
    expect(judged({ transStatus: 'C' })).toBe('201 acsURL, acsChallengeMandated, authenticationType')
  })

  test('N, U and R need a reason', () => {
    for (const transStatus of ['N', 'U', 'R']) expect(judged({ transStatus })).toBe('201 transStatusReason')
    expect(judged({ transStatus: 'N', transStatusReason: '' })).toBe('201 transStatusReason')
    expect(judged({ transStatus: 'N', transStatusReason: '1' })).toBe('203 transStatusReason')
  })

  test('Y and A of a payment need the authentication value, of non-payment they do not', () => {
    for (const transStatus of ['Y', 'A']) {
      expect(judged({ transStatus, authenticationValue: undefined }, pa)).toBe('201 authenticationValue')
      expect(judged({ transStatus })).toBe('read')
    }
  })

  test('a payment needs a status, non-payment does not', () => {
    expect(judged({ transStatus: undefined }, pa)).toBe('201 transStatus')
    expect(judged({})).toBe('read')
  })

  test('an authentication value has twenty bytes', () => {
    for (const value of [
      'AAECAwQFBgcICQoLDA0ODxAREg==',
      'AAECAwQFBgcICQoLDA0ODxAREhMU',
      'AAECAwQFBgcICQoLDA0ODxAREh-=',
    ]) {
      expect(judged({ authenticationValue: value })).toBe('203 authenticationValue')
    }
  })

  test('an ECI is two places, of which the first may be N', () => {
    for (const eci of ['05', 'N2', 'N0', '00']) expect(judged({ eci })).toBe('read')
    for (const eci of ['5', '005', 'n2', '0N']) expect(judged({ eci })).toBe('203 eci')
    expect(problem(JSON.stringify(change(npa, { eci: '05' })).replace('"05"', '5'))).toBe('203 eci')
  })

  test('D and I are of 2.2.0, and D says whether the issuer goes on by itself', () => {
    expect(judged({ transStatus: 'D' })).toBe('201 acsDecConInd')
    expect(judged({ transStatus: 'D', acsDecConInd: 'Y' })).toBe('read')
    expect(judged({ transStatus: 'I' })).toBe('read')
    for (const transStatus of ['D', 'I'])
      expect(judged({ transStatus }, ['ARes', '2.1.0', '02'])).toBe('203 transStatus')
  })

  test('reasons above 21 are of 2.2.0, those of the schemes are of both', () => {
    const old = ['ARes', '2.1.0', '02'] as const
    for (const transStatusReason of ['22', '26']) {
      expect(judged({ transStatusReason })).toBe('read')
      expect(judged({ transStatusReason }, old)).toBe('203 transStatusReason')
    }
    for (const transStatusReason of ['01', '21', '80', '99']) expect(judged({ transStatusReason }, old)).toBe('read')
    for (const transStatusReason of ['00', '27', '79'])
      expect(judged({ transStatusReason })).toBe('203 transStatusReason')
  })
})

describe('the conditions of an RReq', () => {
  test('it counts the answers of the buyer, unless it was decoupled', () => {
    const without = { interactionCounter: undefined }
    expect(problem(change(rreq, without))).toBe('201 interactionCounter')
    expect(problem(change(rreq, { ...without, authenticationType: '04' }))).toBe('read')
    const timedOut = { ...without, transStatus: 'N', transStatusReason: '23', challengeCancel: '03' }
    expect(problem(change(rreq, timedOut))).toBe('read')
    expect(problem(change(['RReq', '2.1.0', '02'], without))).toBe('201 interactionCounter')
  })

  test('time that ran out at the ACS is said twice', () => {
    const late = { transStatus: 'N', transStatusReason: '14' }
    expect(problem(change(rreq, late))).toBe('201 challengeCancel')
    expect(problem(change(rreq, { ...late, challengeCancel: '01' }))).toBe('203 challengeCancel')
    expect(problem(change(rreq, { ...late, challengeCancel: '05' }))).toBe('read')
  })

  test('two ways to cancel are of 2.2.0', () => {
    for (const challengeCancel of ['03', '08']) {
      expect(problem(change(rreq, { challengeCancel }))).toBe('read')
      expect(problem(change(['RReq', '2.1.0', '02'], { challengeCancel }))).toBe('203 challengeCancel')
    }
  })

  test('Y of a payment needs the authentication value, and a challenge does not end with another one', () => {
    expect(problem(change(['RReq', '2.2.0', '01'], { authenticationValue: undefined }))).toBe('201 authenticationValue')
    for (const transStatus of ['C', 'D', 'I']) expect(problem(change(rreq, { transStatus }))).toBe('203 transStatus')
  })

  test('of another category than the authentication it is refused', () => {
    expect(problem(golden(...rreq), { category: '02' })).toBe('read')
    expect(problem(change(['RReq', '2.2.0', '01'], {}), { category: '02' })).toBe('203 messageCategory')
  })
})

describe('the conditions of an AReq', () => {
  test('what a script finds out is needed where one ran', () => {
    const names =
      'browserJavaEnabled, browserLanguage, browserColorDepth, browserScreenHeight, browserScreenWidth, browserTZ'
    expect(problem(change(areq, { browserJavascriptEnabled: true }))).toBe(`201 ${names}`)
    expect(problem(change(areq, { browserJavascriptEnabled: 'true' }))).toBe('203 browserJavascriptEnabled')
    expect(problem(change(areq, { browserJavascriptEnabled: undefined }))).toBe('201 browserJavascriptEnabled')
    expect(problem(change(['AReq', '2.1.0', '02'], { browserJavaEnabled: undefined }))).toBe('201 browserJavaEnabled')
  })

  test('recurring payments and instalments tell their terms', () => {
    const recurring = problem(change(areq, { threeDSRequestorAuthenticationInd: '02' }))
    expect(recurring).toContain('201 purchaseAmount, purchaseCurrency, purchaseExponent, purchaseDate, recurringExpiry')
    const instalments = problem(change(['AReq', '2.2.0', '01'], { threeDSRequestorAuthenticationInd: '03' }))
    expect(instalments).toBe('201 purchaseInstalData, recurringExpiry, recurringFrequency')
  })

  test('wishes for a challenge beyond 04 are of 2.2.0', () => {
    expect(problem(change(areq, { threeDSRequestorChallengeInd: '09' }))).toBe('read')
    const old = change(['AReq', '2.1.0', '02'], { threeDSRequestorChallengeInd: '09' })
    expect(problem(old)).toBe('203 threeDSRequestorChallengeInd')
  })

  test('a depth of 30 bits is real, and not allowed', () => {
    expect(problem(change(areq, { browserColorDepth: '30' }))).toBe('203 browserColorDepth')
    expect(problem(change(areq, { browserColorDepth: 24 }))).toBe('203 browserColorDepth')
  })

  test('lengths count characters', () => {
    expect(problem(change(areq, { merchantName: '😀'.repeat(40) }))).toBe('read')
    expect(problem(change(areq, { merchantName: '😀'.repeat(41) }))).toBe('203 merchantName')
  })

  test('a name of a cardholder is ASCII', () => {
    expect(problem(change(areq, { cardholderName: 'Jürgen' }))).toBe('203 cardholderName')
  })

  test('a card that is added in an app is not for this reader', () => {
    expect(problem(change(areq, { deviceChannel: '01' }))).toBe('203 deviceChannel')
  })

  test('addresses of the internet are addresses', () => {
    for (const browserIP of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1']) {
      expect(problem(change(areq, { browserIP }))).toBe('read')
    }
    for (const browserIP of ['fe80::1%eth0', 'localhost', '1.2.3', '12']) {
      expect(problem(change(areq, { browserIP }))).toBe('203 browserIP')
    }
  })
})

describe('what a problem tells', () => {
  test('the code, its name, and which message it was', () => {
    const result = read(change(npa, { dsTransID: undefined, acsTransID: 'no id' }))
    const told: Problem = {
      errorCode: '201',
      errorDescription: 'Required Data Element Missing',
      errorDetail: 'dsTransID',
      errorMessageType: 'ARes',
    }
    expect(result).toEqual({ ok: false, problem: told, ids: { threeDSServerTransID } })
  })

  test('the ids of the message, where they are ids', () => {
    expect(read(change(npa, { eci: '' }))).toMatchObject({ ids: { threeDSServerTransID, dsTransID, acsTransID } })
    expect(read(change(npa, { dsTransID: '4000000000100000' }))).toMatchObject({
      ids: { threeDSServerTransID, acsTransID },
    })
  })

  test('no more names than errorDetail has room for', () => {
    const names = Object.keys(golden('AReq', '2.2.0', '01', 'full')).slice(2)
    const groups = { acctInfo: {}, merchantRiskIndicator: {} } as Record<string, Record<string, unknown>>
    for (const [group, members] of Object.entries(groups)) {
      for (const name of Object.keys(golden('AReq', '2.2.0', '01', 'full')[group] as object)) members[name] = 0
    }
    const message = { ...golden('AReq', '2.2.0', '01'), ...Object.fromEntries(names.map(name => [name, 0])), ...groups }
    const result = read(message)
    expect(result.ok || result.problem.errorDetail.length).toBeLessThanOrEqual(2048)
  })

  test('members called like those of every object are names like any other', () => {
    const text = JSON.stringify(golden(...npa)).replace(/}$/, ',"__proto__":{"eci":"05"},"constructor":1}')
    const result = read(text)
    expect(result).toEqual({ ok: true, message: golden(...npa) })
    expect(problem('{"messageType":"__proto__"}')).toBe('101 messageType')
  })
})
