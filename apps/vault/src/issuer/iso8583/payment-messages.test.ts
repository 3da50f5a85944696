/** What the vault says about money, as messages of both dialects, and what their answers mean. */
import { describe, expect, test } from 'vitest'
import { Cvv, Pan } from '../../card-data/index.js'
import type { AdviseRequest, AuthoriseRequest, StoredCredential } from '../connector.js'
import { makeDialect } from './codec.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { makeReference, readAuthorisation } from './messages.js'
import { advice, authorisationRequest, readAdvice } from './payment-messages.js'
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
  merchantCity: 'Berlin',
  merchantCountry: 'DE',
}
const request: AuthoriseRequest = {
  network: 'VISA',
  pan,
  expiry: { year: '31', month: '07' },
  cvv2: undefined,
  cardholderName: undefined,
  avs: undefined,
  currency: 'EUR',
  merchant: { id: 'm1', name: 'Shop' },
  amount: 1_099n,
  sale: false,
  storedCredential: undefined,
}
const authentication = {
  eci: '05',
  cavv: Buffer.from('00112233445566778899aabbccddeeff01234567', 'hex').toString('base64'),
  dsTransId: 'f25084f0-5b16-4c0a-ae5d-b24808a95e4b',
  status: 'Y',
} as const

const first: StoredCredential = { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' }
const later: StoredCredential = { initiator: 'CARDHOLDER', usage: 'SUBSEQUENT', reason: 'COF' }
const merchant = (reason: 'RECURRING' | 'UNSCHEDULED', originalNetworkTransactionId: string): StoredCredential => ({
  initiator: 'MERCHANT',
  usage: 'SUBSEQUENT',
  reason,
  originalNetworkTransactionId,
})

const asked = (profile: typeof visaLike, change: Partial<AuthoriseRequest> = {}) =>
  authorisationRequest(profile, acquirer, { ...request, ...change }, reference)

/** What of a message is there at these paths; where nothing is, `undefined`. */
const at = ({ fields }: OutgoingMessage, paths: readonly string[]) =>
  Object.fromEntries(paths.map(path => [path, fields[path]]))

/** The same message as others get it: written as a frame and read again, but for the number, which egress fills in. */
function onTheWire(profile: typeof visaLike, { mti, fields: { 2: _, ...fields } }: OutgoingMessage): IncomingMessage {
  const message = { mti, fields }
  const decoded = makeDialect(profile).decode(makeDialect(profile).encode(message).bytes.subarray(2))
  if (!decoded.ok) throw new Error(decoded.problem)
  return decoded.message
}

describe.each(Object.values(builtInProfiles))('an authorisation in the $name dialect', profile => {
  test('asks for the amount of this card at this shop', () => {
    const { mti, fields } = asked(profile)
    expect(mti).toBe('0100')
    expect(fields).toMatchObject({
      3: '000000',
      4: '000000001099',
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
      '43.1': 'Shop',
    })
    expect(fields['2']).toBe(pan)
  })

  test.each<[string, Partial<AuthoriseRequest>]>([
    ['the largest amount', { amount: 999_999_999_999n }],
    ['a code', { cvv2: Cvv.of('123') }],
    ['half an address', { avs: { postcode: '80331' } }],
    ['a result of 3-D Secure', { authentication }],
    ['a card to be stored', { storedCredential: first }],
    ['everything', { cvv2: Cvv.of('123'), avs: { line1: 'Platz 1' }, authentication, storedCredential: later }],
  ])('can be written with %s, and read', (_what, change) => {
    const { slots } = makeDialect(profile).encode(asked(profile, change))
    expect(slots.length).toBe(change.cvv2 ? 2 : 1)
  })

  test.each([0n, -1n, 1_000_000_000_000n])('is not written for %s', amount => {
    expect(() => asked(profile, { amount })).toThrow(/amount/)
  })

  test('is refused for a transaction ID that has no room, and the error does not repeat it', () => {
    const storedCredential = merchant('RECURRING', 'ID'.repeat(200))
    const write = () => makeDialect(profile).encode(asked(profile, { storedCredential }))
    expect(write).toThrow(RangeError)
    expect(write).not.toThrow('IDID')
  })
})

describe('how the card is used', () => {
  const visaPaths = ['22', '25', '125', '126.13']
  test.each<[string, StoredCredential | undefined, Record<string, string>]>([
    ['neither stored nor to be stored', undefined, { 22: '0100', 25: '59' }],
    ['to be stored', first, { 22: '0100', 25: '59', '126.13': 'C' }],
    ['stored, and the buyer pays', later, { 22: '1000', 25: '59', '126.13': 'C' }],
    ['charged again', merchant('RECURRING', '1234'), { 22: '1000', 25: '08', 125: '1234', '126.13': 'R' }],
    ['charged as agreed', merchant('UNSCHEDULED', '1234'), { 22: '1000', 25: '59', 125: '1234', '126.13': 'C' }],
  ])('Visa-like: %s', (_what, storedCredential, fields) => {
    expect(at(asked(visaLike, { storedCredential }), visaPaths)).toEqual({
      ...at({ mti: '', fields: {} }, visaPaths),
      ...fields,
    })
  })

  const mastercardPaths = ['22', '25', '48.22.5', '48.63', '61.4', '61.7']
  test.each<[string, StoredCredential | undefined, Record<string, string>]>([
    ['neither stored nor to be stored', undefined, { 22: '810', '61.4': '5' }],
    ['to be stored', first, { 22: '810', '48.22.5': 'C101', '61.4': '5' }],
    ['stored, and the buyer pays', later, { 22: '100', '48.22.5': 'C101', '61.4': '5' }],
    ['charged again', merchant('RECURRING', 'BNK1'), { 22: '100', '48.22.5': 'M103', '48.63': 'BNK1', '61.4': '4' }],
    ['charged as agreed', merchant('UNSCHEDULED', 'B2'), { 22: '100', '48.22.5': 'M101', '48.63': 'B2', '61.4': '4' }],
  ])('Mastercard-like: %s', (_what, storedCredential, fields) => {
    expect(at(asked(mastercardLike, { storedCredential, network: 'MASTERCARD' }), mastercardPaths)).toEqual({
      ...at({ mti: '', fields: {} }, mastercardPaths),
      '61.7': '0',
      ...fields,
    })
  })

  test('the transaction ID goes as it came, and fills its field', () => {
    const original = merchant('UNSCHEDULED', 'BNK1234561124')
    const question = asked(mastercardLike, { storedCredential: original, network: 'MASTERCARD' })
    expect(onTheWire(mastercardLike, question).fields['48.63']).toBe('BNK1234561124  ')
    const visas = asked(visaLike, { storedCredential: merchant('RECURRING', '123456789012345') })
    expect(onTheWire(visaLike, visas).fields['125']).toBe('123456789012345')
  })
})

describe('what a verification has too', () => {
  test('Visa-like', () => {
    const cvv2 = Cvv.of('123')
    const { fields } = asked(visaLike, { cvv2, avs: { postcode: '80331', line1: 'Platz 1' }, authentication })
    expect(fields).toMatchObject({ '60.8': '05', '126.9': '00112233445566778899AABBCCDDEEFF01234567' })
    expect(fields).toMatchObject({ '123.1': '80331', '123.2': 'Platz 1', '126.10.1': '1', '63.1': '0002' })
    expect(fields['126.10.3']).toBe(cvv2)
    expect(asked(visaLike).fields).toMatchObject({ '60.8': '07' })
  })

  test('Mastercard-like', () => {
    const cvv2 = Cvv.of('123')
    const change = { cvv2, avs: { postcode: '80331' }, authentication, network: 'MASTERCARD' } as const
    const { fields } = asked(mastercardLike, change)
    expect(fields).toMatchObject({ '48.42.1': '212', '48.43': authentication.cavv, '48.66.1': '2', '48.82': '52' })
    expect(fields).toMatchObject({ '48.TCC': 'T', '120.1': '80331', '63.1': 'MCC', '61.13': '276' })
    expect(fields['48.92']).toBe(cvv2)
  })
})

test('a sale has an MTI of its own where the dialect has one', () => {
  expect(asked(mastercardLike, { sale: true }).mti).toBe('0200')
  expect(asked(visaLike, { sale: true }).mti).toBe('0100')
})

const told: AdviseRequest = {
  what: 'CAPTURE',
  network: 'VISA',
  card: { pan, expiry: request.expiry },
  currency: 'EUR',
  merchant: request.merchant,
  amount: 500n,
  remaining: undefined,
  original: reference,
  sale: false,
  authCode: 'A1B2C3',
  reference: makeReference('000124', Date.UTC(2026, 10, 24, 9, 0, 0)),
  repeat: false,
}

describe.each(Object.values(builtInProfiles))('an advice in the $name dialect', profile => {
  const advised = (change: Partial<AdviseRequest>) => advice(profile, acquirer, { ...told, ...change })
  const condition = profile === visaLike ? { 25: '06' } : {}

  test.each<[AdviseRequest['what'], string, Record<string, string>]>([
    ['CAPTURE', '0220', { 3: '000000', ...condition }],
    ['REFUND', '0220', { 3: '200000', ...condition }],
    ['VOID', '0420', { 3: '000000' }],
  ])('%s names the authorisation', (what, mti, fields) => {
    const message = advised({ what })
    expect(message).toMatchObject({
      mti,
      fields: {
        ...fields,
        4: '000000000500',
        7: '1124090000',
        11: '000124',
        14: '3107',
        37: '632718000123',
        38: 'A1B2C3',
        49: '978',
        '90.1': '0100',
        '90.2': '000123',
        '90.3': '1123180509',
        '90.4': '445566',
      },
    })
    expect(message.fields['2']).toBe(pan)
    for (const path of ['22', '95', ...(what === 'VOID' ? ['25'] : [])])
      expect(at(message, [path])[path]).toBeUndefined()
    expect(onTheWire(profile, message).fields).toMatchObject({ 4: '000000000500', 38: 'A1B2C3' })
  })

  test.each(['CAPTURE', 'REFUND', 'VOID'] as const)('%s: a repeat differs in its MTI alone', what => {
    const once = advised({ what })
    expect(advised({ what, repeat: true })).toEqual({ ...once, mti: what === 'VOID' ? '0421' : '0221' })
  })

  test.each(['CAPTURE', 'REFUND', 'VOID'] as const)(
    '%s of a card that is not stored any more has nothing of it',
    what => {
      const message = advised({ what, card: undefined, authCode: undefined })
      expect(at(message, ['2', '14', '38'])).toEqual({ 2: undefined, 14: undefined, 38: undefined })
      expect(makeDialect(profile).encode(message).slots).toEqual([])
      expect(onTheWire(profile, message).fields).toMatchObject({ 37: '632718000123', '90.2': '000123' })
    },
  )

  test('a partial void says what stays', () => {
    const message = onTheWire(profile, advised({ what: 'VOID', amount: 1_099n, remaining: 300n }))
    expect(message.fields).toMatchObject({ 4: '000000001099', 95: `000000000300${'0'.repeat(30)}` })
    const nothing = advised({ what: 'VOID', amount: 1_099n, remaining: 0n })
    expect(nothing.fields['95']).toBe('0'.repeat(42))
  })

  test('names a sale as it was asked', () => {
    const mti = profile === mastercardLike ? '0200' : '0100'
    expect(advised({ what: 'REFUND', sale: true }).fields['90.1']).toBe(mti)
  })
})

test('a profile without payments writes none of it, and says so', () => {
  const { payments: _, ...mapping } = visaLike.mapping
  const older = { ...visaLike, name: 'older', mapping }
  const problem = 'the profile older has no payments in its mapping'
  expect(() => asked(older)).toThrow(problem)
  for (const what of ['CAPTURE', 'REFUND', 'VOID'] as const) {
    expect(() => advice(older, acquirer, { ...told, what })).toThrow(problem)
  }
})

const answered = (mti: string, fields: Record<string, string>): IncomingMessage => ({
  mti,
  fields: { 2: pan.masked, 7: '1123180509', 11: '000123', 39: '00', ...fields },
})
const garbled = { kind: 'unknown', cause: 'garbled', sent: true }

describe('what an answer about money means', () => {
  test('Visa-like: an approval with everything', () => {
    const fields = { 4: '000000001099', 38: 'A1B2C3', '44.2': 'Y', '44.10': 'M', '62.2': '123456789012345' }
    expect(readAuthorisation(visaLike, answered('0110', fields), asked(visaLike))).toEqual({
      kind: 'approved',
      raw: '00',
      authCode: 'A1B2C3',
      networkTransactionId: '123456789012345',
      cvvResult: 'M',
      avsResult: 'Y',
      merchantAdvice: undefined,
    })
  })

  test('Mastercard-like: a sale is answered as a sale', () => {
    const question = asked(mastercardLike, { sale: true, network: 'MASTERCARD' })
    const fields = { 15: '1124', 38: 'A1B2C3', '63.2': 'BNK123456' }
    const outcome = readAuthorisation(mastercardLike, answered('0210', fields), question)
    expect(outcome).toMatchObject({ kind: 'approved', authCode: 'A1B2C3', networkTransactionId: 'BNK1234561124' })
    expect(readAuthorisation(mastercardLike, answered('0110', fields), question)).toEqual(garbled)
  })

  test('Mastercard-like: a decline with what the issuer says about trying again', () => {
    const question = asked(mastercardLike, { network: 'MASTERCARD' })
    const answer = answered('0110', { 39: '05', '48.84': '03' })
    expect(readAuthorisation(mastercardLike, answer, question)).toMatchObject({
      kind: 'declined',
      raw: '05',
      merchantAdvice: '03',
    })
  })

  test.each(['00', '08', '11', '16'])('%s approves', raw => {
    expect(readAuthorisation(visaLike, answered('0110', { 39: raw }), asked(visaLike))).toMatchObject({
      kind: 'approved',
      raw,
    })
  })

  test.each(['05', '13', '1A', '51', '91', 'N7'])('%s declines', raw => {
    expect(readAuthorisation(visaLike, answered('0110', { 39: raw }), asked(visaLike))).toMatchObject({
      kind: 'declined',
      raw,
    })
  })

  test.each<[string, string, Record<string, string>]>([
    ['an approval of a verification', '0110', { 39: '85' }],
    ['an approval of a part', '0110', { 39: '10', 4: '000000000500' }],
    ['an approval of a part that is not told', '0110', { 39: '10' }],
    ['another amount', '0110', { 4: '000000001098' }],
    ['another currency', '0110', { 49: '840' }],
    ['another card', '0110', { 2: '************0769' }],
    ['the answer to a sale', '0210', {}],
    ['the answer to an advice', '0130', {}],
    ['no response code', '0110', { 39: '' }],
  ])('%s is garbled, so that it is taken back', (_what, mti, fields) => {
    expect(readAuthorisation(visaLike, answered(mti, fields), asked(visaLike))).toEqual(garbled)
  })

  test('an approval of a part that is the whole approves', () => {
    const answer = answered('0110', { 39: '10', 4: '000000001099' })
    expect(readAuthorisation(visaLike, answer, asked(visaLike))).toMatchObject({ kind: 'approved', raw: '10' })
  })
})

describe('what an answer to an advice means', () => {
  const read = (what: AdviseRequest['what'], raw: string, fields: Record<string, string> = {}, mti?: string) => {
    const question = advice(visaLike, acquirer, { ...told, what })
    const usual = what === 'VOID' ? '0430' : '0230'
    const repeated = { 7: '1124090000', 11: '000124', 39: raw, ...fields }
    return readAdvice(visaLike, answered(mti ?? usual, repeated), question, what)
  }

  test.each<[AdviseRequest['what'], readonly string[], readonly string[], readonly string[]]>([
    [
      'CAPTURE',
      ['00'],
      ['05', '12', '13', '14', '21', '25', '54', '57'],
      ['06', '10', '30', '85', '91', '94', '96', 'ZZ'],
    ],
    [
      'REFUND',
      ['00'],
      ['05', '12', '13', '14', '21', '25', '54', '57'],
      ['06', '10', '30', '85', '91', '94', '96', 'ZZ'],
    ],
    ['VOID', ['00', '21'], ['13', '25'], ['05', '06', '12', '14', '30', '85', '91', '94', '96', 'ZZ']],
  ])('%s', (what, taken, declined, open) => {
    for (const raw of taken) expect(read(what, raw)).toEqual({ kind: 'taken', raw })
    for (const raw of declined) expect(read(what, raw)).toEqual({ kind: 'declined', raw })
    for (const raw of open) expect(read(what, raw)).toEqual({ kind: 'unknown', cause: `answered ${raw}`, sent: true })
  })

  test.each<[string, Record<string, string>, string | undefined]>([
    ['another amount', { 4: '000000000501' }, undefined],
    ['another terminal', { 41: 'TERM02  ' }, undefined],
    ['the answer to something else', {}, '0410'],
    ['no response code', { 39: '  ' }, undefined],
  ])('%s is garbled', (_what, fields, mti) => {
    expect(read('CAPTURE', '00', fields, mti)).toEqual(garbled)
    expect(read('VOID', '00', fields, mti)).toEqual(garbled)
  })
})
