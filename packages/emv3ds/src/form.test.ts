import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { golden, threeDSServerTransID } from '../test/golden-messages.js'
import { decodeForm, encodeForm, type MessageOf, readMessage } from './index.js'

const creq = golden('CReq', '2.2.0', '02') as MessageOf<'CReq'>
const text = (form: string) => Buffer.from(decodeForm(form) ?? []).toString()

describe('a form field', () => {
  test('brings back the message that was put in', () => {
    const form = encodeForm(creq)
    expect(form).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(readMessage(decodeForm(form)!, { types: ['CReq'] })).toEqual({ ok: true, message: creq })
  })

  test('carries what the 3DS Method takes, which is no message', () => {
    const method = { threeDSServerTransID, threeDSMethodNotificationURL: 'https://vault.example/ü' }
    expect(JSON.parse(text(encodeForm(method)))).toEqual(method)
  })

  test('does not carry a message that must not be sent', () => {
    expect(() => encodeForm({ ...creq, challengeWindowSize: '06' })).toThrow('CReq: challengeWindowSize')
    expect(() => encodeForm({ ...creq, acsTransID: '' })).toThrow('CReq: acsTransID is missing')
  })

  test('is read with the letters of either base64, with padding and without', () => {
    for (const form of ['_-_-', '/+/+', '_+/-']) expect([...decodeForm(form)!]).toEqual([0xff, 0xef, 0xfe])
    for (const form of ['eyJhIjoxfQ', 'eyJhIjoxfQ=', 'eyJhIjoxfQ==']) expect(text(form)).toBe('{"a":1}')
  })

  test('of other characters, of an impossible length, empty or too long is refused', () => {
    for (const form of [
      '',
      '=',
      '==',
      'a',
      'abcde',
      'ab cd',
      'ab\ncd',
      'ab=cd',
      'abcd===',
      'äbcd',
      '{"a":1}',
      'ab%3D',
    ]) {
      expect(decodeForm(form)).toBeUndefined()
    }
    expect(decodeForm('abcd', 3)).toBeUndefined()
    expect(decodeForm('A'.repeat(1_000_000))).toBeUndefined()
  })

  test('of any text is decoded or refused, never thrown over', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), form => decodeForm(form) === undefined || form.length > 1))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), bytes => {
        expect(decodeForm(Buffer.from(bytes).toString('base64url'))).toEqual(bytes)
        expect(decodeForm(Buffer.from(bytes).toString('base64'))).toEqual(bytes)
      }),
    )
  })
})
