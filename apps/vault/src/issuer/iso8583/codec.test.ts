/** Frames of both built-in dialects: golden bytes checked by hand, digits of cards in every length, every malformed kind. */
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cvv, type FrameTemplate, Pan, sendFrame } from '../../card-data/index.js'
import { makeDialect } from './codec.js'
import { describeMessage } from './describe.js'
import type { OutgoingMessage } from './dialect.js'
import type { ElementSpec, Profile } from './profile.js'
import { builtInProfiles } from './profiles/index.js'
import { mastercardLike } from './profiles/mastercard-like.js'
import { visaLike } from './profiles/visa-like.js'

const NUMBER = '4111111111111111'

const aPan = (digits = NUMBER) => {
  const facts = { networks: ['VISA'], luhn: false, cvvLength: 3 } as const
  const parsed = Pan.parse(digits, { find: () => facts })
  if (!parsed.ok) throw new Error(parsed.rule)
  return parsed.value
}

/** The frame as it leaves, without its length of two bytes. */
async function sent(template: FrameTemplate): Promise<Buffer> {
  const chunks: Buffer[] = []
  const connection = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk)) // the original is overwritten once it was sent
      done()
    },
  })
  await sendFrame(connection, template)
  const frame = Buffer.concat(chunks)
  expect(frame.readUInt16BE(0)).toBe(frame.length - 2)
  return frame.subarray(2)
}

const bytes = (...hex: string[]) => Buffer.from(hex.join('').replaceAll(' ', ''), 'hex')
const ascii = (text: string) => Buffer.from(text, 'latin1').toString('hex')

const small = { 2: aPan(), 3: '000000', 7: '1123180509', 11: '000123' } as const

describe('golden frames', () => {
  test('a verification in the Mastercard-like dialect', async () => {
    const frame = await sent(
      makeDialect(mastercardLike).encode({
        mti: '0100',
        fields: {
          ...small,
          14: '2912',
          22: '810',
          41: 'TERM01',
          '48.TCC': 'T',
          '48.22.5': 'C101',
          '48.92': Cvv.of('123'),
          '120.1': '80331',
          '120.2': 'Platz 1',
        },
      }),
    )
    const golden = bytes(
      '30313030', // 0100
      'E224040000810000', // 1 2 3 7 | 11 14 | 22 | - | - | 41 48 | - | -
      '0000000000000100', // 120
      '3136 34313131313131313131313131313131', // DE2: LL 16
      '303030303030', // DE3
      '31313233313830353039', // DE7
      '303030313233', // DE11
      '32393132', // DE14
      '383130', // DE22
      '5445524d30312020', // DE41: TERM01 and two blanks
      '303230', // DE48: LLL 20
      '54', // TCC T
      '3232 3038 3035 3034 43313031', // subelement 22, 8 long: subfield 05, 4 long: C101
      '3932 3033 313233', // subelement 92, 3 long: 123
      '303239 383033333120202020', // DE120: LLL 29, postal code of 9
      '506c61747a2031 20202020202020202020202020', // address of 20
    )
    expect(frame.toString('hex')).toBe(golden.toString('hex'))
  })

  test('a verification in the Visa-like dialect', async () => {
    const frame = await sent(
      makeDialect(visaLike).encode({
        mti: '0100',
        fields: {
          ...small,
          14: '2912',
          19: '276',
          22: '0100',
          25: '51',
          32: '445566778',
          41: 'TERM01',
          '60.8': '05',
          '63.1': '0002',
          '126.9': '00112233445566778899AABBCCDDEEFF01234567',
          '126.10.1': '1',
          '126.10.2': '1',
          '126.10.3': Cvv.of('123'),
          '126.13': 'C',
        },
      }),
    )
    const golden = bytes(
      '0100',
      'E224248100800012', // 1 2 3 7 | 11 14 | 19 22 | 25 32 | - | 41 | - | 60 63
      '0000000000000004', // 126
      '10 4111111111111111', // DE2: 16 digits
      '000000', // DE3
      '1123180509', // DE7
      '000123', // DE11
      '2912', // DE14
      '0276', // DE19: three digits, half a byte of zero in front
      '0100', // DE22
      '51', // DE25
      '09 0445566778', // DE32: nine digits, half a byte of zero in front
      'E3C5D9D4F0F14040', // DE41 in EBCDIC
      '05 0000000005', // DE60: five bytes; ECI 05 at digits 9 and 10
      '05 800000 0002', // DE63: bitmap with bit 1, network 0002
      '23', // DE126: 35 bytes
      '00C8000000000000', // bits 9 10 13
      '00112233445566778899AABBCCDDEEFF01234567', // 126.9 CAVV
      'F1F1 40F1F2F3', // 126.10: present, wanted, blank 123
      'C3', // 126.13: C
    )
    expect(frame.toString('hex')).toBe(golden.toString('hex'))
  })

  test('an approval in the Mastercard-like dialect', () => {
    const frame = bytes(
      '30313130', // 0110
      '0222000002010002', // 7 | 11 15 | - | - | 39 | 48 | - | 63
      ascii('1123180509'), // DE7
      ascii('000123'), // DE11
      ascii('1124'), // DE15
      ascii('85'), // DE39
      ascii('011T8301Y8701M'), // DE48: LLL 11, TCC T, subelement 83 Y, subelement 87 M
      ascii('012MCCBNK123456'), // DE63: LLL 12, network MCC, reference of 9
    )
    const fields = {
      7: '1123180509',
      11: '000123',
      15: '1124',
      39: '85',
      '48.TCC': 'T',
      '48.83': 'Y',
      '48.87': 'M',
      '63.1': 'MCC',
      '63.2': 'BNK123456',
    }
    expect(makeDialect(mastercardLike).decode(frame)).toEqual({ ok: true, message: { mti: '0110', fields } })
  })

  test('an approval in the Visa-like dialect', () => {
    const frame = bytes(
      '0110',
      '0220000002100004', // 7 | 11 | - | - | 39 | 44 | - | 62
      '1123180509', // DE7
      '000123', // DE11
      'F0F0', // DE39
      '0B 40 E8 40 40 40 4040 40 40 40 D4', // DE44: 11 characters, 44.2 Y, 44.10 M
      '10 4000000000000000 0123456789012345', // DE62: 16 bytes, bit 2, 15 digits behind half a byte of zero
    )
    const decoded = makeDialect(visaLike).decode(frame)
    if (!decoded.ok) throw new Error(decoded.problem)
    const { 7: at, 11: stan, 39: code, '44.2': avs, '44.10': cvv, '62.2': id } = decoded.message.fields
    expect({ at, stan, code, avs, cvv, id }).toEqual({
      at: '1123180509',
      stan: '000123',
      code: '00',
      avs: 'Y',
      cvv: 'M',
      id: '123456789012345',
    })
  })
})

/** Where a CVV goes, with what must stand around it. */
const cvvIn: Record<string, (cvv: Cvv) => OutgoingMessage['fields']> = {
  'mastercard-like': cvv => ({ '48.TCC': 'T', '48.92': cvv }),
  'visa-like': cvv => ({ '126.10.1': '1', '126.10.2': '1', '126.10.3': cvv }),
}

describe.each(Object.values(builtInProfiles))('digits in the $name dialect', profile => {
  const dialect = makeDialect(profile)
  const isBcd = profile.name === 'visa-like'

  test.each([12, 13, 14, 15, 16, 17, 18, 19])('a number of %i digits', async length => {
    const digits = '4716253849501627384'.slice(0, length)
    const frame = await sent(dialect.encode({ mti: '0100', fields: { ...small, 2: aPan(digits) } }))
    const filled = length % 2 ? `0${digits}` : digits
    const element = isBcd
      ? length.toString(16).padStart(2, '0') + filled
      : ascii(`${String(length).padStart(2, '0')}${digits}`)
    expect(frame.toString('hex').slice(isBcd ? 20 : 24)).toMatch(new RegExp(`^${element}`))
    const decoded = dialect.decode(frame)
    expect(decoded).toMatchObject({ ok: true, message: { fields: { 2: `************${digits.slice(-4)}` } } })
  })

  test.each(['739', '7391'])('a code of the length of %s', async code => {
    const message = { mti: '0100', fields: { ...small, ...cvvIn[profile.name]!(Cvv.of(code)) } }
    const frame = await sent(dialect.encode(message))
    const expected = isBcd
      ? [...code.padStart(4, ' ')].map(c => (c === ' ' ? '40' : `f${c}`)).join('')
      : ascii(`920${code.length}${code}`)
    expect(frame.toString('hex')).toMatch(new RegExp(`${expected}$`))
    expect(dialect.decode(frame)).toMatchObject({ ok: true })
  })

  test('nothing that was decoded or described has a digit of the middle of the number, or of the code', async () => {
    const number = '4054695723100768'
    const message = {
      mti: '0100',
      fields: { ...small, 2: aPan(number), 14: '3107', ...cvvIn[profile.name]!(Cvv.of('5982')) },
    }
    const template = dialect.encode(message)
    const decoded = dialect.decode(await sent(template))
    expect(decoded.ok).toBe(true)
    const everything = [
      inspect(decoded, { depth: null }),
      decoded.ok ? describeMessage(profile, decoded.message) : '',
      describeMessage(profile, message),
      describeMessage(profile, template),
      inspect(template, { depth: null }),
      template.bytes.toString('latin1'),
      template.bytes.toString('hex'),
    ].join('\n')
    for (const secret of ['40546957', '54695723', '469572', '957231', '5982', '231007']) {
      expect(everything).not.toContain(secret)
    }
    if (decoded.ok) expect(describeMessage(profile, decoded.message)).not.toContain('3107')
    expect(describeMessage(profile, message)).not.toContain('3107')
    expect(everything).toContain('************0768')
  })

  test('tracks, PINs and chip data are never sent, and unreadable when they come', () => {
    for (const path of ['35', '45', '52', '55']) {
      const send = () => dialect.encode({ mti: '0100', fields: { ...small, [path]: '4054695723100768' } })
      expect(send).toThrow(`DE${path} is never sent`)
    }
    const open = makeDialect(withoutSecrets(profile))
    const track = '4054695723100768=31072011234'
    const frame = open.encode({
      mti: '0100',
      fields: { 3: '000000', 35: track, 45: 'B4054695723100768^A', 52: 'AB'.repeat(8) },
    })
    const decoded = dialect.decode(frame.bytes.subarray(2))
    const fields = { 3: '000000', 35: '[masked]', 45: '[masked]', 52: '[masked]' }
    expect(decoded).toEqual({ ok: true, message: { mti: '0100', fields } })
  })

  test.each<[string, OutgoingMessage['fields'], RegExp]>([
    ['an element it does not have', { 127: 'x', 64: '00' }, /^DE64 is not in the profile$/],
    ['a part it does not have', { '43.9': 'x' }, /^DE43\.9 is not in the profile$/],
    ['digits that are not digits', { 3: '00000A' }, /^DE3 has characters that are not of kind n$/],
    ['too few digits', { 3: '00' }, /^DE3 is shorter than 6$/],
    ['too much text', { 41: 'TERMINAL1' }, /^DE41 is longer than 8$/],
    ['a number in clear', { 2: NUMBER }, /^DE2 takes a pan, not a text$/],
    ['a number where a text goes', { 37: aPan() }, /^DE37 takes a text, not a pan$/],
    ['a code where a number goes', { 2: Cvv.of('123') }, /^DE2 takes a pan, not a cvv$/],
    ['an element of parts given whole', { 43: 'NAME' }, /^DE43 is given by its parts/],
    ['parts of an element that has none', { '3.1': '00' }, /^DE3/],
  ])('refuses to write %s, and names the field without its value', (_what, fields, problem) => {
    expect(() => dialect.encode({ mti: '0100', fields })).toThrow(RangeError)
    expect(() => dialect.encode({ mti: '0100', fields })).toThrow(problem)
  })

  test('what was written is read the same', () => {
    const open = withoutSecrets(profile)
    const dialectOfAll = makeDialect(open)
    fc.assert(
      fc.property(arbitraryFields(open), fields => {
        const { bytes: frame } = dialectOfAll.encode({ mti: '0110', fields })
        const decoded = dialectOfAll.decode(frame.subarray(2))
        if (!decoded.ok) throw new Error(decoded.problem)
        for (const [path, value] of Object.entries(fields)) expect(decoded.message.fields[path]).toBe(value)
        expect(dialectOfAll.encode(decoded.message).bytes.equals(frame)).toBe(true)
      }),
      { numRuns: 500, seed: 8583 },
    )
  })
})

/** The same dialect as if nothing in it were secret, and nothing passed over: so that whole frames can be compared. */
function withoutSecrets(profile: Profile): Profile {
  const open = (key: string, value: unknown) =>
    key === 'sensitivity' ? undefined : key === 'others' ? 'refuse' : value
  return JSON.parse(JSON.stringify(profile, open))
}

const alphabet = { n: '0123456789', a: 'AZaz ', an: 'AZ09 ', ans: 'A9 /^[]', z: '0189=' }

/** Any selection of the elements that have no parts, each with any value that fits. */
function arbitraryFields(profile: Profile): fc.Arbitrary<Record<string, string>> {
  const plain = Object.entries(profile.elements).filter(([, spec]) => !spec.parts)
  return fc.record(Object.fromEntries(plain.map(([path, spec]) => [path, arbitraryValue(spec)])), {
    requiredKeys: ['11'],
  })
}

function arbitraryValue({ kind, encoding, length, min, prefix }: ElementSpec): fc.Arbitrary<string> {
  const least = min ?? (prefix ? 1 : length)
  if (kind === 'b') {
    return fc.uint8Array({ minLength: least, maxLength: length }).map(b => Buffer.from(b).toString('hex').toUpperCase())
  }
  const character = fc.constantFrom(...alphabet[kind])
  const text = fc.array(character, { minLength: least, maxLength: length }).map(all => all.join(''))
  // Where a length counts bytes of two digits each, there are only pairs.
  return encoding === 'bcd' && prefix?.counts === 'bytes' ? text.map(odd => odd + odd.slice(0, odd.length % 2)) : text
}

describe('malformed frames are refused with the field and the rule', () => {
  const mastercard = makeDialect(mastercardLike)
  const visa = makeDialect(visaLike)
  const seven = ascii('1123180509')
  const eleven = ascii('000123')

  test.each<[string, 'visa' | 'mastercard', string, string]>([
    ['nothing', 'visa', '', 'the MTI is cut off'],
    ['half an MTI', 'mastercard', '3031', 'the MTI is cut off'],
    [
      'an MTI with a letter',
      'mastercard',
      `3031314100${'00'.repeat(7)}`,
      'the MTI is not four digits from 0100 to 0899',
    ],
    ['an MTI of another version', 'visa', `1110${'00'.repeat(8)}`, 'the MTI is not four digits from 0100 to 0899'],
    ['an MTI that is no BCD', 'visa', `0A10${'00'.repeat(8)}`, 'the MTI is not four digits from 0100 to 0899'],
    ['half a bitmap', 'visa', '0110022000', 'the bitmap is cut off'],
    ['half a second bitmap', 'visa', `01108220000000000000${'00'.repeat(4)}`, 'the bitmap is cut off'],
    ['an empty second bitmap', 'visa', `0110${'80'.padEnd(16, '0')}${'00'.repeat(8)}`, 'the second bitmap is empty'],
    ['an element of no profile', 'visa', '01100000000000000001', 'DE64 is not in the profile'],
    ['bit 65', 'visa', `0110${'80'.padEnd(16, '0')}${'80'.padEnd(16, '0')}`, 'DE65 is not in the profile'],
    ['an element cut off', 'visa', '0110022000000000000011231805', 'DE7 is cut off'],
    ['a length cut off', 'mastercard', `303130304000000000000000${ascii('1')}`, 'DE2 is cut off'],
    [
      'a length that is no number',
      'mastercard',
      `303130304000000000000000${ascii('1x')}`,
      'DE2 has a length that is no number',
    ],
    ['a length over the most', 'mastercard', `303130304000000000000000${ascii('20')}`, 'DE2 is longer than 19'],
    ['a length under the least', 'visa', '01004000000000000000 0B 012345678901', 'DE2 is shorter than 12'],
    [
      'bytes behind the end',
      'mastercard',
      `3031313002200000000000 00${seven}${eleven}00`,
      'there are bytes behind the last element',
    ],
    [
      'a letter among digits',
      'mastercard',
      `30313130 0220000000000000${seven}${ascii('00012x')}`,
      'DE11 has a character that is not of kind n',
    ],
    [
      'half a byte that is no digit',
      'visa',
      '01100220000000000000 1123180509 00012A',
      'DE11 has half a byte that is no digit',
    ],
    ['another filler', 'visa', '01100000200000000000 1276', 'DE19 is filled up with something else'],
    ['ASCII where EBCDIC belongs', 'visa', '01100000000002000000 3030', 'DE39 has a character that is not of kind an'],
    [
      'a control character',
      'mastercard',
      `30313130 0000000000800000${ascii('TERM')}00202020`,
      'DE41 has a character that is not of kind ans',
    ],
    ['a part twice', 'mastercard', `30313130 0000000000010000${ascii('011T8301Y8301N')}`, 'DE48.83 is there twice'],
    ['a part cut off', 'mastercard', `30313130 0000000000010000${ascii('006T8302Y')}`, 'DE48.83 is cut off'],
    [
      'a part of the wrong length',
      'mastercard',
      `30313130 0000000000010000${ascii('007T8302YN')}`,
      'DE48.83 has the wrong length',
    ],
    [
      'the head of a part cut off',
      'mastercard',
      `30313130 0000000000010000${ascii('004T830')}`,
      'DE48 is cut off in a part',
    ],
    [
      'a part without a number',
      'mastercard',
      `30313130 0000000000010000${ascii('006Tx301Y')}`,
      'DE48 has a part whose number or length is no number',
    ],
    [
      'a part at a fixed place cut off',
      'mastercard',
      `30313130 0000000000000002${ascii('005MCCBN')}`,
      'DE63.2 is cut off',
    ],
    [
      'a part of another kind',
      'mastercard',
      `30313130 0000000000000008${ascii('001x')}`,
      'DE61.1 has a character that is not of kind n',
    ],
    ['a bitmap inside cut off', 'visa', '01100000000000000002 02 8000', 'DE63 is cut off in its bitmap'],
    ['a bitmap inside without bits', 'visa', '01100000000000000002 03 000000', 'DE63 has a bitmap without a part'],
    [
      'a bit inside without a meaning',
      'visa',
      '01100000000000000002 03 000001',
      'DE63 has a part that is not in the profile',
    ],
    ['a part behind a bitmap cut off', 'visa', '01100000000000000002 04 800000 00', 'DE63.1 is cut off'],
    ['bytes behind a part', 'visa', '01100000000000000002 06 800000 000200', 'DE63 has bytes behind its last part'],
  ])('%s', (_what, which, hex, problem) => {
    const decoded = (which === 'visa' ? visa : mastercard).decode(bytes(hex))
    expect(decoded).toEqual({ ok: false, problem })
  })

  test('a part that is not listed is passed over where the profile says so', () => {
    const frame = bytes('30313130 0000000000010000', ascii('013T3303ABC8301Y'))
    expect(mastercard.decode(frame)).toEqual({
      ok: true,
      message: { mti: '0110', fields: { '48.TCC': 'T', '48.83': 'Y' } },
    })
    expect(makeDialect(withoutSecrets(mastercardLike)).decode(frame)).toEqual({
      ok: false,
      problem: 'DE48.33 is not in the profile',
    })
  })
})

describe('other ways to write', () => {
  const variant = (change: (profile: Profile) => object): Profile => ({ ...mastercardLike, ...change(mastercardLike) })

  test('a bitmap in hex digits, and an MTI in EBCDIC', () => {
    const dialect = makeDialect(variant(() => ({ bitmap: 'hex', mti: 'ebcdic' })))
    const { bytes: frame } = dialect.encode({ mti: '0800', fields: { 11: '000123', 70: '301' } })
    const body = frame.subarray(2).toString('hex')
    expect(body).toBe(`f0f8f0f0${ascii('80200000000000000400000000000000')}${ascii('000123301')}`)
    expect(dialect.decode(frame.subarray(2))).toMatchObject({ ok: true, message: { fields: { 70: '301' } } })
    const lower = Buffer.from(body.replace(ascii('8020'), ascii('802a')), 'hex')
    expect(dialect.decode(lower)).toEqual({ ok: false, problem: 'the bitmap is not hex digits in capitals' })
  })

  test.each([
    ['F on the right', { with: 'F', side: 'right' }, '471625384950162f'],
    ['zero on the left', { with: '0', side: 'left' }, '0471625384950162'],
  ] as const)('a number of odd length in BCD, filled up with %s', async (_what, padding, expected) => {
    const spec = { ...visaLike.elements['2']!, padding }
    const dialect = makeDialect({ ...visaLike, elements: { ...visaLike.elements, 2: spec } })
    const frame = await sent(dialect.encode({ mti: '0100', fields: { 2: aPan('471625384950162') } }))
    expect(frame.toString('hex').slice(20)).toBe(`0f${expected}`)
    expect(dialect.decode(frame)).toMatchObject({ ok: true, message: { fields: { 2: '************0162' } } })
  })

  test.each(['ascii', 'ebcdic', 'bcd', 'binary'] as const)('lengths in %s', encoding => {
    const spec = { ...mastercardLike.elements['54']!, prefix: { digits: 3, encoding, counts: 'units' } as const }
    const dialect = makeDialect({ ...mastercardLike, elements: { 54: spec } })
    const { bytes: frame } = dialect.encode({ mti: '0110', fields: { 54: 'X'.repeat(108) } })
    const prefix = { ascii: '313038', ebcdic: 'f1f0f8', bcd: '0108', binary: '006c' }[encoding]
    expect(frame.toString('hex').slice(28, 28 + prefix.length)).toBe(prefix)
    expect(dialect.decode(frame.subarray(2))).toMatchObject({ ok: true, message: { fields: { 54: 'X'.repeat(108) } } })
  })
})
