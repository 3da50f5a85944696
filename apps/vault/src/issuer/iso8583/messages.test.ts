/** What the vault asks, as messages of both dialects, and what their answers mean. */
import { describe, expect, test } from 'vitest'
import { Cvv, Pan } from '../../card-data/index.js'
import type { ReverseRequest, VerifyRequest as VerificationRequest } from '../connector.js'
import { makeDialect } from './codec.js'
import { countryLetters, countryNumber } from './country-codes.js'
import { currencyNumber } from './currency-codes.js'
import type { IncomingMessage } from './dialect.js'
import {
  makeReference,
  matchKey,
  networkManagement,
  networkManagementAnswer,
  readNetworkManagement,
  readReversal,
  readVerification,
  reversal,
  verificationRequest,
} from './messages.js'
import { builtInProfiles } from './profiles/index.js'
import { mastercardLike } from './profiles/mastercard-like.js'
import { visaLike } from './profiles/visa-like.js'
import type { AcquirerSettings } from './settings.js'

const parsed = Pan.parse('4054695723100768', { find: () => undefined })
if (!parsed.ok) throw new Error(parsed.rule)
const pan = parsed.value

const reference = makeReference('000123', Date.UTC(2026, 10, 23, 18, 5, 9))
const acquirer: AcquirerSettings = {
  acquirerId: '445566',
  acquirerCountry: '276',
  terminalId: 'TERM01',
  merchantCategoryCode: '5411',
  cardAcceptorId: 'SHOP0001',
  merchantCity: 'München',
  merchantCountry: 'DE',
  merchants: { bakery: { terminalId: 'OVEN', merchantName: 'Bakery' } },
}
const request: VerificationRequest = {
  network: 'VISA',
  pan,
  expiry: { year: '31', month: '07' },
  cvv2: undefined,
  cardholderName: undefined,
  avs: undefined,
  currency: 'EUR',
  merchant: { id: 'm1', name: 'Käse & Wein, 日本 Filiale am Marienplatz' },
  storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
}
const authentication = {
  eci: '05',
  cavv: Buffer.from('00112233445566778899aabbccddeeff01234567', 'hex').toString('base64'),
  dsTransId: 'f25084f0-5b16-4c0a-ae5d-b24808a95e4b',
  status: 'Y',
} as const

const fieldsOf = (profile: typeof visaLike, change: Partial<VerificationRequest> = {}) =>
  verificationRequest(profile, acquirer, { ...request, ...change }, reference).fields

describe('what names a message', () => {
  test('its trace number, times in UTC, and the day of the year in its reference number', () => {
    expect(reference).toEqual({
      stan: '000123',
      transmittedAt: '1123180509',
      localTime: '180509',
      localDate: '1123',
      rrn: '632718000123',
      at: String(Date.UTC(2026, 10, 23, 18, 5, 9)),
    })
  })

  test.each([
    [Date.UTC(2024, 11, 31, 23, 59, 59), '436623000001'],
    [Date.UTC(2030, 0, 1), '000100000001'],
  ])('at %i', (instant, rrn) => {
    expect(makeReference('000001', instant)['rrn']).toBe(rrn)
  })

  test.each(['000000', '12345', '1234567', 'abcdef'])('not %s', stan => {
    expect(() => makeReference(stan, 0)).toThrow(RangeError)
  })
})

describe.each(Object.values(builtInProfiles))('a verification in the $name dialect', profile => {
  test('has what every acquirer wants to know', () => {
    const { mti, fields } = verificationRequest(profile, acquirer, request, reference)
    expect(mti).toBe('0100')
    expect(fields).toMatchObject({
      3: '000000',
      4: '000000000000',
      7: '1123180509',
      11: '000123',
      12: '180509',
      13: '1123',
      14: '3107',
      18: '5411',
      19: '276',
      32: '445566',
      37: '632718000123',
      41: 'TERM01',
      42: 'SHOP0001',
      49: '978',
    })
    expect(fields['2']).toBe(pan)
  })

  test.each<[string, Partial<VerificationRequest>]>([
    ['nothing else', {}],
    ['a code', { cvv2: Cvv.of('123') }],
    ['a code of four digits', { cvv2: Cvv.of('1234') }],
    ['an address', { avs: { postcode: '80331', line1: 'Marienplatz 1, Hinterhaus im dritten Stock' } }],
    ['half an address', { avs: { postcode: '80331' } }],
    ['a result of 3-D Secure', { authentication }],
    ['everything', { cvv2: Cvv.of('123'), avs: { line1: 'Platz 1' }, authentication }],
  ])('can be written with %s, and read', (_what, change) => {
    const dialect = makeDialect(profile)
    const { slots } = dialect.encode(verificationRequest(profile, acquirer, { ...request, ...change }, reference))
    expect(slots.length).toBe(change.cvv2 ? 2 : 1)
  })

  test('has the settings of its merchant where there are some', () => {
    const fields = fieldsOf(profile, { merchant: { id: 'bakery', name: 'B' } })
    expect(fields).toMatchObject({ 41: 'OVEN', 42: 'SHOP0001', '43.1': 'Bakery' })
  })

  test('has the name of the merchant without what the field cannot have, and cut', () => {
    const name = fieldsOf(profile)['43.1'] as string
    expect('Kase & Wein,    Filiale am Marienplatz').toContain(name.trimEnd())
    expect(name.length).toBeLessThanOrEqual(25)
  })

  test('names the network that was chosen', () => {
    expect(fieldsOf(profile, { network: 'CARTES_BANCAIRES' })['63.1']).toBe(profile.mapping.networks.CARTES_BANCAIRES)
  })

  test('is refused for a currency that does not exist and a network without a code', () => {
    expect(() => fieldsOf(profile, { currency: 'EUX' })).toThrow('EUX')
    const narrow = { ...profile, mapping: { ...profile.mapping, networks: { VISA: '0002' } } }
    expect(() => fieldsOf(narrow, { network: 'ELO' })).toThrow('has no code for the network ELO')
  })
})

describe('where the dialects differ', () => {
  test('Visa-like: condition 51, CVV2 in 126.10, stored credential in 126.13, address in 123', () => {
    const cvv2 = Cvv.of('123')
    const fields = fieldsOf(visaLike, { cvv2, avs: { postcode: '80331', line1: 'Platz 1' } })
    expect(fields).toMatchObject({
      22: '0100',
      25: '51',
      '126.10.1': '1',
      '126.10.2': '1',
      '126.13': 'C',
      '60.8': '07',
    })
    expect(fields).toMatchObject({ '123.1': '80331', '123.2': 'Platz 1', '63.1': '0002' })
    expect(fields['126.10.3']).toBe(cvv2)
  })

  test('Visa-like: the result of 3-D Secure in 60.8 and, as bytes, in 126.9', () => {
    const fields = fieldsOf(visaLike, { authentication })
    expect(fields).toMatchObject({ '60.8': '05', '126.9': '00112233445566778899AABBCCDDEEFF01234567' })
  })

  test('Mastercard-like: status inquiry in 61.7, CVC2 in 48.92, stored credential in 48.22.5, address in 120', () => {
    const cvv2 = Cvv.of('123')
    const fields = fieldsOf(mastercardLike, {
      cvv2,
      avs: { postcode: '80331', line1: 'Platz 1' },
      network: 'MASTERCARD',
    })
    expect(fields).toMatchObject({ 22: '810', '61.7': '8', '48.22.5': 'C101', '48.42.1': '210', '63.1': 'MCC' })
    expect(fields).toMatchObject({ '48.82': '52', '120.1': '80331', '120.2': 'Platz 1' })
    expect(fields['48.92']).toBe(cvv2)
    expect(fields).not.toHaveProperty('25')
  })

  test('Mastercard-like: the result of 3-D Secure in 48.42, 48.43 and 48.66', () => {
    const { cavv, dsTransId } = authentication
    expect(fieldsOf(mastercardLike, { authentication })).toMatchObject({
      '48.42.1': '212',
      '48.43': cavv,
      '48.66.1': '2',
      '48.66.2': dsTransId,
    })
    const attempted = fieldsOf(mastercardLike, { authentication: { eci: '01', status: 'A' } })
    expect(attempted['48.42.1']).toBe('211')
    expect(attempted).not.toHaveProperty('48.43')
  })
})

const answered = (fields: Record<string, string>, mti = '0110'): IncomingMessage => ({
  mti,
  fields: { 2: pan.masked, 7: '1123180509', 11: '000123', 41: 'TERM01  ', 39: '00', ...fields },
})

describe('what an answer to a verification means', () => {
  const question = verificationRequest(visaLike, acquirer, request, reference)
  const garbled = { kind: 'unknown', cause: 'garbled', sent: true }

  test('Visa-like: an approval with everything', () => {
    const answer = answered({
      38: 'A1B2C3',
      '44.2': 'Y',
      '44.10': 'M',
      '62.2': '123456789012345',
      42: 'SHOP0001       ',
    })
    expect(readVerification(visaLike, answer, question)).toEqual({
      kind: 'approved',
      raw: '00',
      authCode: 'A1B2C3',
      networkTransactionId: '123456789012345',
      cvvResult: 'M',
      avsResult: 'Y',
    })
  })

  test('Mastercard-like: the reference number and the date of settlement are the transaction ID', () => {
    const answer = answered({ 39: '85', 15: '1124', '48.87': 'N', '48.83': 'A', '63.1': 'MCC', '63.2': 'BNK123456' })
    expect(readVerification(mastercardLike, answer)).toMatchObject({
      kind: 'approved',
      raw: '85',
      networkTransactionId: 'BNK1234561124',
      cvvResult: 'N',
      avsResult: 'A',
    })
    const { 15: _, ...undated } = answer.fields
    const outcome = readVerification(mastercardLike, { ...answer, fields: undated })
    expect(outcome).toMatchObject({ kind: 'approved', networkTransactionId: undefined })
  })

  test('Mastercard-like: what the issuer says about trying again', () => {
    const read = (fields: Record<string, string>) => readVerification(mastercardLike, answered(fields))
    expect(read({ 39: '05', '48.84': '03' })).toMatchObject({ kind: 'declined', merchantAdvice: '03' })
    expect(read({ 39: '05' })).toMatchObject({ kind: 'declined', merchantAdvice: undefined })
  })

  test('blanks are no results', () => {
    const outcome = readVerification(visaLike, answered({ 38: '      ', '44.2': ' ', '44.10': ' ' }))
    expect(outcome).toMatchObject({ authCode: undefined, avsResult: undefined, cvvResult: undefined })
  })

  test.each(['05', '1A', 'N7', '96'])('%s declines', raw => {
    const outcome = readVerification(visaLike, answered({ 39: raw, '44.10': 'N' }), question)
    expect(outcome).toEqual({ kind: 'declined', raw, cvvResult: 'N', avsResult: undefined })
  })

  test.each<[string, IncomingMessage]>([
    ['no response code', { mti: '0110', fields: { 7: '1123180509', 11: '000123' } }],
    ['a blank response code', answered({ 39: '  ' })],
    ['a response code in small letters', answered({ 39: 'n7' })],
    ['the answer to something else', answered({}, '0410')],
    ['another amount', answered({ 4: '000000000100' })],
    ['another acquirer', answered({ 32: '445567' })],
    ['another terminal', answered({ 41: 'TERM02  ' })],
    ['another reference number', answered({ 37: '632718000124' })],
    ['another card', answered({ 2: '************0769' })],
  ])('%s is garbled, and neither an approval nor a decline', (_what, answer) => {
    expect(readVerification(visaLike, answer, question)).toEqual(garbled)
  })
})

describe('taking a message back', () => {
  const taken: ReverseRequest = {
    network: 'VISA',
    card: { pan, expiry: request.expiry },
    currency: 'EUR',
    merchant: request.merchant,
    amount: 0n,
    sale: false,
    original: reference,
    reference: makeReference('000124', Date.UTC(2026, 10, 23, 18, 5, 17)),
    repeat: false,
  }

  test.each(Object.values(builtInProfiles))('in the $name dialect names the original', profile => {
    const message = reversal(profile, { ...acquirer, forwardingId: '99' }, taken)
    expect(message).toMatchObject({
      mti: '0400',
      fields: { 7: '1123180517', 11: '000124', 37: '632718000123', '90.1': '0100', '90.2': '000123' },
    })
    const { bytes } = makeDialect(profile).encode(message)
    const digits = profile === visaLike ? bytes.toString('hex') : bytes.toString('latin1')
    expect(digits.slice(-42)).toBe('010000012311231805090000044556600000000099')
  })

  test.each(Object.values(builtInProfiles))('in the $name dialect takes back a verification as one', profile => {
    const { fields } = reversal(profile, acquirer, taken)
    const entry = profile === visaLike ? { 22: '0100', 25: '51' } : { 22: '810' }
    expect(fields).toMatchObject({ ...entry, 2: pan, 4: '000000000000', 14: '3107' })
  })

  test.each<[string, boolean, string]>([
    ['visa-like', false, '0100'],
    ['visa-like', true, '0100'],
    ['mastercard-like', false, '0100'],
    ['mastercard-like', true, '0200'],
  ])('of money names the amount, and the question as it was asked: %s, a sale %s', (name, sale, mti) => {
    const profile = builtInProfiles[name]!
    const { fields } = reversal(profile, acquirer, { ...taken, amount: 1_099n, sale })
    expect(fields).toMatchObject({ 4: '000000001099', '90.1': mti })
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['22']))
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['25']))
  })

  test('goes without a card that is not stored any more', () => {
    const { fields } = reversal(visaLike, acquirer, { ...taken, card: undefined })
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['2']))
    expect(fields).toMatchObject({ 37: '632718000123', '90.2': '000123' })
    expect(fields).not.toHaveProperty('14')
  })

  test('of money is not written by a profile that knows no payments', () => {
    const { payments: _, ...mapping } = visaLike.mapping
    const older = { ...visaLike, name: 'older', mapping }
    expect(reversal(older, acquirer, taken).mti).toBe('0400')
    expect(() => reversal(older, acquirer, { ...taken, amount: 1n })).toThrow('older has no payments in its mapping')
  })

  test('a repeat differs in its MTI alone', () => {
    const first = reversal(visaLike, acquirer, taken)
    expect(reversal(visaLike, acquirer, { ...taken, repeat: true })).toEqual({ ...first, mti: '0401' })
  })

  test.each<[string, string, object]>([
    ['0410', '00', { kind: 'acknowledged', raw: '00' }],
    ['0430', '00', { kind: 'acknowledged', raw: '00' }],
    ['0410', '25', { kind: 'not found', raw: '25' }],
    ['0410', '21', { kind: 'acknowledged', raw: '21' }],
    ['0410', '91', { kind: 'unknown', cause: 'answered 91', sent: true }],
    ['0410', '12', { kind: 'unknown', cause: 'answered 12', sent: true }],
    ['0410', '14', { kind: 'unknown', cause: 'answered 14', sent: true }],
    ['0410', '30', { kind: 'unknown', cause: 'answered 30', sent: true }],
    ['0410', '94', { kind: 'unknown', cause: 'answered 94', sent: true }],
    ['0410', '85', { kind: 'unknown', cause: 'answered 85', sent: true }],
    ['0110', '00', { kind: 'unknown', cause: 'garbled', sent: true }],
    ['0410', '', { kind: 'unknown', cause: 'garbled', sent: true }],
  ])('%s with %s', (mti, raw, outcome) => {
    expect(readReversal(visaLike, answered({ 39: raw }, mti))).toEqual(outcome)
  })
})

describe('the link', () => {
  test.each([
    ['sign-on', '001'],
    ['sign-off', '002'],
    ['echo', '301'],
  ] as const)('%s', (kind, code) => {
    const message = networkManagement(kind, reference)
    expect(message).toEqual({ mti: '0800', fields: { 7: '1123180509', 11: '000123', 70: code } })
    for (const profile of Object.values(builtInProfiles)) {
      const { bytes } = makeDialect(profile).encode(message)
      const decoded = makeDialect(profile).decode(bytes.subarray(2))
      if (!decoded.ok) throw new Error(decoded.problem)
      const answer = networkManagementAnswer(decoded.message)
      expect(answer).toEqual({ mti: '0810', fields: { ...message.fields, 39: '00' } })
    }
  })

  test('an answer is accepted with 00 alone', () => {
    expect(readNetworkManagement(answered({}, '0810'))).toEqual({ kind: 'accepted' })
    expect(readNetworkManagement(answered({ 39: '91' }, '0810'))).toEqual({ kind: 'refused', raw: '91' })
    expect(readNetworkManagement(answered({ 39: '' }, '0810'))).toEqual({ kind: 'garbled' })
    expect(networkManagementAnswer(answered({}, '0100'))).toBeUndefined()
  })

  test('questions, repeats and answers have one key; other messages others', () => {
    const key = (mti: string, stan = '000123') => matchKey({ mti, fields: { 7: '1123180509', 11: stan } })
    expect(key('0110')).toBe(key('0100'))
    expect(new Set([key('0400'), key('0401'), key('0410'), key('0411')]).size).toBe(1)
    expect(key('0430')).toBe(key('0421'))
    expect(new Set([key('0100'), key('0400'), key('0420'), key('0800'), key('0100', '000124')]).size).toBe(5)
  })
})

test('codes of currencies and countries', () => {
  expect(['EUR', 'USD', 'JPY', 'XCG', 'ALL'].map(currencyNumber)).toEqual(['978', '840', '392', '532', '008'])
  expect(currencyNumber('DEM')).toBeUndefined()
  expect([countryNumber('DE'), countryLetters('DE'), countryNumber('AF'), countryNumber('ZW')]).toEqual([
    '276',
    'DEU',
    '004',
    '716',
  ])
  expect(countryNumber('XX')).toBeUndefined()
})
