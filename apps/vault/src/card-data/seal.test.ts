/** What is sealed opens in its own place with its own key, unchanged, and in no other way. */
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../../test/support/seeded-random.js'
import { systemRandom } from '../platform/random.js'
import { type Belonging, CannotOpen, type Dek, dekIdOf, lengthPrefixed, open, seal } from './seal.js'

const dek: Dek = {
  id: '00112233-4455-6677-8899-aabbccddeeff',
  merchantId: 'SANDBOX_1',
  purpose: 'pan',
  key: Buffer.alloc(32, 7),
}
const place: Belonging = {
  environment: 'sandbox',
  object: '0198c0de-0000-7000-8000-000000000001',
  tokenLookup: Buffer.alloc(32, 9),
}
const PLAIN = Buffer.from('what was sealed')
const sealed = () => seal(PLAIN, dek, place, systemRandom)
const expectShut = (blob: Uint8Array, key = dek, at = place) => {
  expect(() => open(blob, key, at)).toThrow(new CannotOpen())
}

test('what was sealed opens to the same bytes', () => {
  for (const length of [0, 1, 15, 16, 17, 26, 4096]) {
    const plain = randomBytes(length)
    expect(open(seal(plain, dek, place, systemRandom), dek, place)).toEqual(plain)
  }
})

test('a blob of an earlier release opens: cards of years lie in this form', () => {
  const blob =
    '0100112233445566778899aabbccddeeff7f4fc97a3411158a03174a5b68466e38f303b76465fff5e511cc21588b0d197e74b197c1b186bd' +
    '64098361d52e323e4278468081edef24a55aa278eb5d02769084c677828385229e1c26d5df0b1e05d5024c9728c55e974d99c92714905e72' +
    'bf614b0016c6380613a8f619'
  expect(open(Buffer.from(blob, 'hex'), dek, place)).toEqual(PLAIN)
  expect(seal(PLAIN, dek, place, seededRandom('golden')).toString('hex')).toBe(blob)
})

test('two blobs of the same have nothing in common but version and key id', () => {
  const [one, other] = [sealed(), sealed()]
  expect(one.subarray(0, 17)).toEqual(other.subarray(0, 17))
  for (const [from, to] of [
    [17, 49],
    [49, 81],
    [81, 93],
    [93, 93 + PLAIN.length],
    [one.length - 16, one.length],
  ] as const) {
    expect(one.subarray(from, to)).not.toEqual(other.subarray(from, to))
  }
  expect(one.includes(PLAIN)).toBe(false)
})

describe('a blob does not open', () => {
  test('with any one bit of it turned over', () => {
    const blob = sealed()
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const turned = Buffer.from(blob)
      turned[bit >> 3]! ^= 1 << (bit & 7)
      expectShut(turned)
    }
    expect(open(blob, dek, place)).toEqual(PLAIN)
  })

  test('cut at any length, from either end', () => {
    const blob = sealed()
    for (let length = 0; length < blob.length; length++) {
      expectShut(blob.subarray(0, length))
      expectShut(blob.subarray(blob.length - length))
    }
  })

  test('with anything added', () => {
    const blob = sealed()
    expectShut(Buffer.concat([blob, Buffer.of(0)]))
    expectShut(Buffer.concat([Buffer.of(0), blob]))
    expectShut(Buffer.concat([blob, blob]))
  })

  test.each<[string, Partial<Dek>, Partial<Belonging>]>([
    ['as another card', {}, { object: '0198c0de-0000-7000-8000-000000000002' }],
    ['as a card without an id', {}, { object: '' }],
    ['for another token', {}, { tokenLookup: Buffer.alloc(32, 8) }],
    ['for no token', {}, { tokenLookup: Buffer.alloc(0) }],
    ['in another environment', {}, { environment: 'live' }],
    ['for another merchant', { merchantId: 'SANDBOX_2' }, {}],
    ['for another purpose', { purpose: 'misc' }, {}],
    ['with another key', { key: Buffer.alloc(32, 8) }, {}],
    ['with another key id', { id: '00112233-4455-6677-8899-aabbccddeefe' }, {}],
    ['with a field moved into the one beside', { merchantId: 'SANDBOX_10' }, { object: place.object.slice(1) }],
  ])('%s', (_how, otherDek, elsewhere) => {
    expectShut(sealed(), { ...dek, ...otherDek }, { ...place, ...elsewhere })
  })

  test('under a second key, even if whoever made it knows both: it is committed to one', () => {
    const otherKey = Buffer.alloc(32, 8)
    const blob = sealed()
    const salt = blob.subarray(17, 49)
    const derived = Buffer.from(hkdfSync('sha256', otherKey, salt, lengthPrefixed('cv1', dek.purpose), 64))
    const recommitted = Buffer.concat([blob.subarray(0, 49), derived.subarray(32), blob.subarray(81)])
    expectShut(recommitted)
    expectShut(recommitted, { ...dek, key: otherKey })
  })

  test('with a shorter tag, which could be guessed', () => {
    const salt = randomBytes(32)
    const iv = randomBytes(12)
    const derived = Buffer.from(hkdfSync('sha256', dek.key, salt, lengthPrefixed('cv1', dek.purpose), 64))
    const cipher = createCipheriv('aes-256-gcm', derived.subarray(0, 32), iv, { authTagLength: 4 })
    const { environment, object, tokenLookup } = place
    cipher.setAAD(lengthPrefixed('cv1', dek.id, dek.purpose, dek.merchantId, object, tokenLookup!, environment))
    const text = Buffer.concat([cipher.update(PLAIN), cipher.final(), cipher.getAuthTag()])
    const head = sealed().subarray(0, 17)
    expectShut(Buffer.concat([head, salt, derived.subarray(32), iv, text]))
  })
})

test('why a blob does not open is not told', () => {
  const messages = new Set<string>()
  for (const attempt of [
    () => open(Buffer.alloc(0), dek, place),
    () => open(sealed(), { ...dek, key: Buffer.alloc(32) }, place),
    () => open(sealed(), dek, { ...place, object: 'x' }),
    () => dekIdOf(Buffer.alloc(12)),
  ]) {
    expect(attempt).toThrow(CannotOpen)
    try {
      attempt()
    } catch (error) {
      messages.add(String(error))
      expect((error as Error).cause).toBeUndefined()
    }
  }
  expect([...messages]).toEqual(['CannotOpen: a sealed value does not open'])
})

test('a blob names its key', () => {
  expect(dekIdOf(sealed())).toBe(dek.id)
})

test('no two lists of fields have the same bytes', () => {
  const lists = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc'], [], [''], ['', '']]
  expect(new Set(lists.map(list => lengthPrefixed(...list).toString('hex'))).size).toBe(lists.length)
})
