import { describe, expect, test } from 'vitest'
import { golden, testPan } from '../test/golden-messages.js'
import { type MessageDraft, type MessageOf, UnwritableMessage, writeMessage } from './index.js'

const areq = golden('AReq', '2.2.0', '02') as MessageDraft<'AReq'>
const write = (changes: object, of: object = areq) => writeMessage({ ...of, ...changes } as MessageDraft)

function refusal(changes: object, of?: object): string {
  try {
    write(changes, of)
  } catch (error) {
    expect(error).toBeInstanceOf(UnwritableMessage)
    return (error as Error).message
  }
  return 'written'
}

describe('the text of a message', () => {
  test('holds the card number as it stands, in one place', () => {
    const zeros = '0'.repeat(16)
    const text = write({ acctNumber: zeros, acctID: '"acctNumber":"' })
    expect(text.split(`"acctNumber":"${zeros}"`)).toHaveLength(2)
    expect(text.replace(zeros, testPan)).toBe(write({ acctID: '"acctNumber":"' }))
  })

  test('leaves out what is undefined, in objects of the message too', () => {
    const threeDSRequestorAuthenticationInfo = { threeDSReqAuthMethod: '02', threeDSReqAuthData: undefined }
    const text = write({ cardholderName: undefined, threeDSRequestorAuthenticationInfo })
    expect(text).not.toMatch(/cardholderName|threeDSReqAuthData|null/)
    expect(JSON.parse(text)).toEqual({ ...areq, threeDSRequestorAuthenticationInfo: { threeDSReqAuthMethod: '02' } })
  })

  test('is the same for the same message, in whichever order it was put together', () => {
    expect(write({}, Object.fromEntries(Object.entries(areq).reverse()))).toBe(write({}))
  })

  test('keeps the data of an extension, null and all', () => {
    const messageExtension = [{ name: 'n', id: 'i', criticalityIndicator: false, data: { a: null, b: [1, ''] } }]
    expect(JSON.parse(write({ messageExtension }))).toEqual({ ...areq, messageExtension })
  })
})

describe('a message that must not be sent', () => {
  test('null and the empty string are no values', () => {
    expect(refusal({ email: null })).toBe('AReq: email has a wrong format')
    expect(refusal({ email: '' })).toBe('AReq: email has a wrong format')
    expect(refusal({ acctNumber: '' })).toBe('AReq: acctNumber is missing')
    expect(refusal({ acctInfo: {} })).toBe('AReq: acctInfo has a wrong format')
  })

  test('everything that is wrong is named at once, and no value', () => {
    const said = refusal({ acctNumber: `${testPan} `, cardExpiryDate: '1233', threeDSCompInd: undefined })
    expect(said).toBe(
      'AReq: threeDSCompInd is missing, acctNumber has a wrong format, cardExpiryDate has a wrong format',
    )
  })

  test('an element that the version does not have would be lost, so it is refused', () => {
    const old = golden('AReq', '2.1.0', '02')
    expect(refusal({ browserJavascriptEnabled: true }, old)).toBe(
      'AReq: browserJavascriptEnabled is not in 2.1.0 of this message',
    )
    const [range] = golden('PRes', '2.2.0', '02', 'full')['cardRangeData'] as object[]
    expect(refusal({ cardRangeData: [range] }, golden('PRes', '2.1.0', '02'))).toBe(
      'PRes: cardRangeData.acsInfoInd is not in 2.1.0 of this message',
    )
    expect(refusal({ [testPan]: true })).toBe('AReq: an element is not in 2.2.0 of this message')
  })

  test('the conditions count, those of a payment where it is one', () => {
    const ares = golden('ARes', '2.2.0', '01') as MessageOf<'ARes'>
    const { authenticationValue: _, ...without } = ares
    expect(() => writeMessage(without, '01')).toThrow('ARes: authenticationValue is missing')
    expect(() => writeMessage(without)).not.toThrow()
    expect(refusal({ transStatus: 'C' }, without)).toBe(
      'ARes: acsURL is missing, acsChallengeMandated is missing, authenticationType is missing',
    )
  })

  test('what is no message, and what JSON has no word for', () => {
    expect(refusal({ messageType: 'XReq' })).toBe('messageType')
    expect(refusal({ messageVersion: '2.3.1' })).toBe('AReq: messageVersion')
    for (const value of [1n, () => 1, Symbol('x'), NaN]) {
      expect(refusal({ email: value })).toBe('holds something that JSON has no word for')
    }
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    expect(refusal({ broadInfo: circle })).toBe('holds something that JSON has no word for')
    expect(() => writeMessage(null as never)).toThrow(UnwritableMessage)
  })
})
