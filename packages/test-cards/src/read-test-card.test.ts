import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  antomCards,
  antomSuccessCards,
  binRows,
  issuerModes,
  localNetworks,
  luhnDigit,
  namedTestCards,
  networks,
  passesLuhn,
  readTestCard,
  responseCodes,
  testCardNumber,
  threeDSScript,
  threeDSScripts,
  vaultingResultCodeFor,
  wellKnownCards,
} from './index.js'

/** Range, brands, country, funding, a number without and one with a challenge. Written out, not built. */
const ranges: [string, string, string, string, string, string?][] = [
  ['40000000', 'VISA', 'US', 'CREDIT', '4000000000100000', '4000000000200008'],
  ['40000001', 'VISA', 'GB', 'DEBIT', '4000000100100009', '4000000100200007'],
  ['40000002', 'VISA', 'US', 'CREDIT', '4000000200100008', '4000000200200006'],
  ['40000003', 'VISA', 'DE', 'CREDIT', '4000000300100007', '4000000300200005'],
  ['40000004', 'VISA', 'DE', 'CREDIT', '4000000400100006', '4000000400200004'],
  ['40000005', 'VISA', 'US', 'PREPAID', '4000000500100005', '4000000500200003'],
  ['40000006', 'VISA', 'US', 'CREDIT', '4000000600000100001', '4000000600000200009'],
  ['40000007', 'VISA', 'DE', 'CREDIT', '4000000700100003', '4000000700200001'],
  ['40000009', 'VISA', 'US', 'CREDIT', '4000000900100001'],
  ['52000000', 'MASTERCARD', 'US', 'CREDIT', '5200000000100005', '5200000000200003'],
  ['52000001', 'MASTERCARD', 'GB', 'DEBIT', '5200000100100004', '5200000100200002'],
  ['22210000', 'MASTERCARD', 'DE', 'CREDIT', '2221000000100007', '2221000000200005'],
  ['34000000', 'AMEX', 'US', 'CREDIT', '340000000100007', '340000000200005'],
  ['35660000', 'JCB', 'JP', 'CREDIT', '3566000000100008', '3566000000200006'],
  ['36000000', 'DINERS', 'US', 'CREDIT', '36000000100006', '36000000200004'],
  ['60110000', 'DISCOVER', 'US', 'CREDIT', '6011000000100002', '6011000000200000'],
  ['62000000', 'CUP', 'CN', 'CREDIT', '6200000000100003', '6200000000200001'],
  ['62055000', 'CUP', 'CN', 'DEBIT', '6205500000000100002', '6205500000000200000'],
  ['67999900', 'MAESTRO', 'IT', 'DEBIT', '6799990000100002', '6799990000200000'],
  ['676770', 'MAESTRO', 'GB', 'DEBIT', '676770100003', '676770200001'],
  ['65050500', 'ELO', 'BR', 'CREDIT', '6505050000100000', '6505050000200008'],
  ['60628200', 'HIPERCARD', 'BR', 'CREDIT', '6062820000100001', '6062820000200009'],
  ['97920300', 'TROY', 'TR', 'DEBIT', '9792030000100008', '9792030000200006'],
  ['22000000', 'MIR', 'RU', 'DEBIT', '2200000000100002', '2200000000200000'],
  ['50620100', 'CARNET', 'MX', 'DEBIT', '5062010000100001'],
  ['94902200', 'HYUNDAI', 'KR', 'CREDIT', '9490220000100000'],
  ['94100001', 'BC', 'KR', 'CREDIT', '9410000100100002'],
  ['94100002', 'SHINHAN', 'KR', 'CREDIT', '9410000200100001'],
  ['94100003', 'KOOKMIN', 'KR', 'CREDIT', '9410000300100000'],
  ['94100005', 'LOTTE', 'KR', 'CREDIT', '9410000500100008'],
  ['94100006', 'SAMSUNG', 'KR', 'CREDIT', '9410000600100007'],
  ['94100007', 'NONGHYUP', 'KR', 'CREDIT', '9410000700100006'],
  ['94100008', 'KEBHANA', 'KR', 'CREDIT', '9410000800100005'],
  ['94100009', 'WOORI', 'KR', 'CREDIT', '9410000900100004'],
  ['40000025', 'VISA+CARTES_BANCAIRES', 'FR', 'CREDIT', '4000002500100001', '4000002500200009'],
  ['40000026', 'VISA+CARTES_BANCAIRES', 'FR', 'DEBIT', '4000002600100000', '4000002600200008'],
  ['52000025', 'MASTERCARD+CARTES_BANCAIRES', 'FR', 'CREDIT', '5200002500100006', '5200002500200004'],
  ['40000208', 'VISA+DANKORT', 'DK', 'DEBIT', '4000020800100000', '4000020800200008'],
  ['67034444', 'MAESTRO+BANCONTACT', 'BE', 'DEBIT', '6703444400100001', '6703444400200009'],
  ['48710499', 'VISA+BANCONTACT', 'BE', 'DEBIT', '4871049900100004', '4871049900200002'],
  ['44640400', 'VISA+MADA', 'SA', 'DEBIT', '4464040000100005', '4464040000200003'],
  ['40000036', 'VISA+EFTPOS_AU', 'AU', 'DEBIT', '4000003600100008', '4000003600200006'],
  ['52000036', 'MASTERCARD+EFTPOS_AU', 'AU', 'DEBIT', '5200003600100003', '5200003600200001'],
  ['40000156', 'VISA+CUP', 'CN', 'CREDIT', '4000015600100002', '4000015600200000'],
  ['62220000', 'CUP+DISCOVER', 'CN', 'CREDIT', '6222000000100007', '6222000000200005'],
  ['40000410', 'VISA+SHINHAN', 'KR', 'CREDIT', '4000041000100004', '4000041000200002'],
]

/** TT, and a number of VISA, MASTERCARD and AMEX with it. */
const threeDS: [string, string, string, string][] = [
  ['10', '4000000000100000', '5200000000100005', '340000000100007'],
  ['11', '4000000000110009', '5200000000110004', '340000000110006'],
  ['12', '4000000000120008', '5200000000120003', '340000000120005'],
  ['13', '4000000000130007', '5200000000130002', '340000000130004'],
  ['14', '4000000000140006', '5200000000140001', '340000000140003'],
  ['15', '4000000000150005', '5200000000150000', '340000000150002'],
  ['16', '4000000000160004', '5200000000160009', '340000000160001'],
  ['20', '4000000000200008', '5200000000200003', '340000000200005'],
  ['21', '4000000000210007', '5200000000210002', '340000000210004'],
  ['22', '4000000000220006', '5200000000220001', '340000000220003'],
  ['23', '4000000000230005', '5200000000230000', '340000000230002'],
  ['24', '4000000000240004', '5200000000240009', '340000000240001'],
  ['25', '4000000000250003', '5200000000250008', '340000000250000'],
  ['30', '4000000000300006', '5200000000300001', '340000000300003'],
  ['31', '4000000000310005', '5200000000310000', '340000000310002'],
  ['32', '4000000000320004', '5200000000320009', '340000000320001'],
  ['33', '4000000000330003', '5200000000330008', '340000000330000'],
  ['34', '4000000000340002', '5200000000340007', '340000000340009'],
  ['35', '4000000000350001', '5200000000350006', '340000000350008'],
  ['36', '4000000000360000', '5200000000360005', '340000000360007'],
  ['37', '4000000000370009', '5200000000370004', '340000000370006'],
  ['40', '4000000000400004', '5200000000400009', '340000000400001'],
]

/** RR; how a vaulting ends on VISA and on MASTERCARD; a number of VISA, of MASTERCARD, of VISA with a challenge. */
const answers: [string, string, string, string, string, string][] = [
  ['01', 'DO_NOT_HONOR', 'DO_NOT_HONOR', '4000000000100018', '5200000000100013', '4000000000200016'],
  ['04', 'PICKUP_CARD', 'PICKUP_CARD', '4000000000100042', '5200000000100047', '4000000000200040'],
  ['05', 'DO_NOT_HONOR', 'DO_NOT_HONOR', '4000000000100059', '5200000000100054', '4000000000200057'],
  ['13', 'PROCESS_FAIL', 'PROCESS_FAIL', '4000000000100133', '5200000000100138', '4000000000200131'],
  ['14', 'INVALID_CARD_NUMBER', 'INVALID_CARD_NUMBER', '4000000000100141', '5200000000100146', '4000000000200149'],
  ['39', 'NO_SELECTED_ACCOUNT', 'NO_SELECTED_ACCOUNT', '4000000000100398', '5200000000100393', '4000000000200396'],
  ['41', 'LOST_CARD', 'LOST_CARD', '4000000000100414', '5200000000100419', '4000000000200412'],
  ['43', 'STOLEN_CARD', 'STOLEN_CARD', '4000000000100430', '5200000000100435', '4000000000200438'],
  ['46', 'ACCOUNT_CLOSED', 'ACCOUNT_CLOSED', '4000000000100463', '5200000000100468', '4000000000200461'],
  [
    '51',
    'USER_BALANCE_NOT_ENOUGH',
    'USER_BALANCE_NOT_ENOUGH',
    '4000000000100513',
    '5200000000100518',
    '4000000000200511',
  ],
  ['54', 'CARD_EXPIRED', 'CARD_EXPIRED', '4000000000100547', '5200000000100542', '4000000000200545'],
  ['57', 'CARD_NOT_SUPPORTED', 'CARD_NOT_SUPPORTED', '4000000000100570', '5200000000100575', '4000000000200578'],
  ['59', 'FRAUD_REJECT', 'FRAUD_REJECT', '4000000000100596', '5200000000100591', '4000000000200594'],
  [
    '61',
    'PAYMENT_AMOUNT_EXCEED_LIMIT',
    'PAYMENT_AMOUNT_EXCEED_LIMIT',
    '4000000000100612',
    '5200000000100617',
    '4000000000200610',
  ],
  ['62', 'RESTRICTED_CARD', 'RESTRICTED_CARD', '4000000000100620', '5200000000100625', '4000000000200628'],
  ['63', 'FRAUD_REJECT', 'FRAUD_REJECT', '4000000000100638', '5200000000100633', '4000000000200636'],
  [
    '65',
    'PAYMENT_COUNT_EXCEED_LIMIT',
    'AUTHENTICATION_REQUIRED',
    '4000000000100653',
    '5200000000100658',
    '4000000000200651',
  ],
  [
    '75',
    'VERIFY_TIMES_EXCEED_LIMIT',
    'VERIFY_TIMES_EXCEED_LIMIT',
    '4000000000100752',
    '5200000000100757',
    '4000000000200750',
  ],
  ['78', 'BLOCKED_FIRST_USED', 'BLOCKED_FIRST_USED', '4000000000100786', '5200000000100781', '4000000000200784'],
  ['82', 'INVALID_CVV', 'POLICY', '4000000000100828', '5200000000100823', '4000000000200826'],
  ['91', 'PROCESS_FAIL', 'PROCESS_FAIL', '4000000000100919', '5200000000100914', '4000000000200917'],
  ['96', 'PROCESS_FAIL', 'PROCESS_FAIL', '4000000000100968', '5200000000100963', '4000000000200966'],
]

/** M, RR, and a number of VISA and MASTERCARD with them. */
const modes: [string, string, string, string][] = [
  ['1', '51', '4000000000101511', '5200000000101516'],
  ['2', '51', '4000000000102519', '5200000000102514'],
  ['3', '00', '4000000000103004', '5200000000103009'],
  ['4', '00', '4000000000104002', '5200000000104007'],
  ['5', '00', '4000000000105009', '5200000000105004'],
  ['6', '00', '4000000000106007', '5200000000106002'],
]

/** Antom's cards: number, brand, country, outcome, what 3DS does when asked for. */
const antom: [string, string, string | undefined, string, string][] = [
  ['4054695723100768', 'VISA', undefined, 'success', 'challenge'],
  ['5162774114974622', 'MASTERCARD', undefined, 'success', 'challenge'],
  ['9490220011669217', 'HYUNDAI', 'KR', 'success', 'none'],
  ['4294097400915107', 'VISA', 'BR', 'success', 'challenge'],
  ['4006055482525268', 'VISA', 'MX', 'success', 'challenge'],
  ['4600729331819383', 'VISA', 'CL', 'success', 'challenge'],
  ['4310377720003234', 'VISA', 'PE', 'success', 'challenge'],
  ['4112273146798764', 'VISA', undefined, 'success', 'challenge'],
  ['4054692760174822', 'VISA', undefined, 'payment-failure', 'challenge'],
  ['5162770472561357', 'MASTERCARD', undefined, 'payment-failure', 'challenge'],
  ['4035501000000008', 'VISA', undefined, 'three-ds-exemption', 'none'],
]

const wellKnown: [string, string][] = [
  ['4111111111111111', 'VISA'],
  ['4242424242424242', 'VISA'],
  ['4012888888881881', 'VISA'],
  ['5555555555554444', 'MASTERCARD'],
  ['5105105105105100', 'MASTERCARD'],
  ['2223003122003222', 'MASTERCARD'],
  ['378282246310005', 'AMEX'],
  ['371449635398431', 'AMEX'],
  ['6011111111111117', 'DISCOVER'],
  ['30569309025904', 'DINERS'],
  ['3566002020360505', 'JCB'],
  ['6200000000000005', 'CUP'],
]

describe('a generated test card', () => {
  it.each(ranges)(
    'of the range %s is recognised as %s of %s',
    (prefix, brands, issuingCountry, funding, ...numbers) => {
      const cards = numbers.filter(number => number !== undefined).map(number => readTestCard(number))

      const facts = {
        kind: 'generated',
        brands: brands.split('+'),
        issuingCountry,
        funding,
        mode: '0',
        responseCode: '00',
      }
      expect(cards[0]).toMatchObject({ ...facts, tt: '10', row: { prefix } })
      if (cards.length > 1) expect(cards[1]).toMatchObject({ ...facts, tt: '20', row: { prefix } })
    },
  )

  it('exists for every range of the table', () => {
    expect(binRows.map(row => row.prefix)).toEqual(ranges.map(([prefix]) => prefix))
  })

  it.each(threeDS)('carries TT %s', (tt, visa, mastercard, amex) => {
    for (const [number, brand] of [
      [visa, 'VISA'],
      [mastercard, 'MASTERCARD'],
      [amex, 'AMEX'],
    ] as const) {
      expect(readTestCard(number)).toMatchObject({ brands: [brand], tt, mode: '0', responseCode: '00' })
    }
  })

  it('exists for every 3DS script, and 00 for none', () => {
    expect(threeDSScripts.map(({ tt }) => tt)).toEqual(['00', ...threeDS.map(([tt]) => tt)])
  })

  it.each(answers)('carries RR %s, which ends as %s, on Mastercard as %s', (code, onVisa, onMastercard, ...numbers) => {
    const [visa, mastercard, challenge] = numbers.map(number => readTestCard(number))

    expect(visa).toMatchObject({ brands: ['VISA'], tt: '10', mode: '0', responseCode: code })
    expect(mastercard).toMatchObject({ brands: ['MASTERCARD'], tt: '10', mode: '0', responseCode: code })
    expect(challenge).toMatchObject({ brands: ['VISA'], tt: '20', mode: '0', responseCode: code })
    expect(vaultingResultCodeFor(visa!.responseCode, 'VISA')).toBe(onVisa)
    expect(vaultingResultCodeFor(visa!.responseCode, 'MASTERCARD')).toBe(onMastercard)
  })

  it('exists for every response code, and 00 for success', () => {
    expect(responseCodes.map(({ code }) => code)).toEqual(['00', ...answers.map(([code]) => code)])
    expect(vaultingResultCodeFor('00', 'MAESTRO')).toBe('SUCCESS')
  })

  it('answered 63 on Mastercard because of the CVV ends as INVALID_CVV', () => {
    expect(vaultingResultCodeFor('63', 'MASTERCARD', 'N')).toBe('INVALID_CVV')
    expect(vaultingResultCodeFor('63', 'VISA', 'N')).toBe('FRAUD_REJECT')
  })

  it.each(modes)('carries M %s', (mode, responseCode, visa, mastercard) => {
    expect(readTestCard(visa)).toMatchObject({ brands: ['VISA'], tt: '10', mode, responseCode })
    expect(readTestCard(mastercard)).toMatchObject({ brands: ['MASTERCARD'], tt: '10', mode, responseCode })
  })

  it('exists for every issuer mode', () => {
    expect(issuerModes.map(({ mode }) => mode)).toEqual(['0', ...modes.map(([mode]) => mode)])
  })

  it('has a 4-digit security code on American Express alone', () => {
    for (const row of binRows) {
      expect(readTestCard(testCardNumber(row))?.cvvLength).toBe(row.brands[0] === 'AMEX' ? 4 : 3)
    }
  })

  it('tells the 3DS facts of its range', () => {
    expect(readTestCard('4000000100100009')?.threeDS?.methodUrl).toBe('none')
    expect(readTestCard('4000000200100008')?.threeDS?.methodUrl).toBe('silent')
    expect(readTestCard('4000000300100007')?.threeDS?.versions).toEqual(['2.1.0'])
    expect(readTestCard('4000000700100003')?.threeDS?.nonPayment).toBe('unsupported')
    expect(readTestCard('4000000900100001')).not.toHaveProperty('threeDS')
    expect(readTestCard('676770200001')).not.toHaveProperty('threeDS')
  })
})

describe('a published test card', () => {
  it.each(antom)('of Antom, %s, is read as what Antom says: %s', (number, brand, country, outcome, on3DS) => {
    const card = readTestCard(number)

    expect(card).toMatchObject({ kind: 'antom', brands: [brand], published: { outcome } })
    expect(card?.issuingCountry).toBe(country)
    expect(card?.threeDS === undefined ? 'none' : threeDSScript(card.tt).kind).toBe(on3DS)
    expect(card).toMatchObject(
      outcome === 'payment-failure' ? { mode: '1', responseCode: '05' } : { mode: '0', responseCode: '00' },
    )
  })

  it('of Antom is in the list', () => {
    expect(antomCards.map(({ number }) => number)).toEqual(antom.map(([number]) => number))
    expect(antomSuccessCards).toHaveLength(8)
  })

  it("lies beside a range of generated cards, as Antom's Korean card does", () => {
    expect(readTestCard('9490220011669217')?.kind).toBe('antom')
    expect(readTestCard('9490220000100000')?.kind).toBe('generated')
  })

  it.each(wellKnown)(
    'that everybody knows, %s of %s, is a plain success with a challenge on request',
    (number, brand) => {
      expect(readTestCard(number)).toMatchObject({
        kind: 'well-known',
        brands: [brand],
        tt: '20',
        mode: '0',
        responseCode: '00',
      })
    },
  )

  it('that everybody knows is in the list', () => {
    expect(wellKnownCards.map(({ number }) => number)).toEqual(wellKnown.map(([number]) => number))
  })

  it('passes Luhn', () => {
    for (const { number } of [...antomCards, ...wellKnownCards]) expect(passesLuhn(number)).toBe(true)
  })
})

describe('what is not a test card', () => {
  it.each([
    ['453957876362148', 'a number as real cards have them'],
    ['400000000099000', 'an unknown TT'],
    ['400000000010700', 'an unknown M'],
    ['400000000010085', 'an unknown RR'],
    ['400000080010000', 'an unknown range'],
    ['400000060010000', 'a range of 19 digits with 16'],
    ['4000000000010000', 'a digit too many'],
  ])('%s and its check digit: %s', digits => {
    const number = `${digits}${luhnDigit(digits)}`

    expect(passesLuhn(number)).toBe(true)
    expect(readTestCard(number)).toBeUndefined()
  })

  it.each([
    ['4539578763621486', 'a number as real cards have them'],
    ['4000000000100001', 'a wrong check digit'],
    ['4000 0000 0010 0000', 'spaces'],
    ['４０００００００００１０００００', 'digits of another script'],
    ['', 'nothing'],
  ])('%j: %s', digits => {
    expect(readTestCard(digits)).toBeUndefined()
  })

  it('is a generated number with one digit changed', () => {
    fc.assert(
      fc.property(generatedNumber, fc.nat(), fc.integer({ min: 1, max: 9 }), (number, anywhere, change) => {
        const place = anywhere % number.length
        const changed = String((Number(number[place]) + change) % 10)
        expect(readTestCard(number.slice(0, place) + changed + number.slice(place + 1))).toBeUndefined()
      }),
    )
  })
})

describe('testCardNumber', () => {
  it('builds numbers that are read back as they were wished', () => {
    fc.assert(
      fc.property(wish, wished => {
        const { tt, mode, responseCode } = wished
        const number = testCardNumber(wished)
        // A published number wins over the pattern, and there is one inside a range.
        fc.pre(number !== '6200000000000005')
        expect(readTestCard(number)).toMatchObject({
          kind: 'generated',
          row: { prefix: wished.prefix },
          tt,
          mode,
          responseCode,
        })
      }),
    )
  })

  it('takes the plain range of a brand', () => {
    expect(testCardNumber({ brand: 'VISA' })).toBe('4000000000100000')
    expect(testCardNumber({ brand: 'SHINHAN' })).toBe('9410000200100001')
    expect(testCardNumber({ brand: 'CARTES_BANCAIRES' })).toBe('4000002500100001')
    expect(testCardNumber({ brand: 'MASTERCARD', responseCode: '65' })).toBe('5200000000100658')
  })

  it('knows a card of every network', () => {
    for (const brand of networks) expect(readTestCard(testCardNumber({ brand }))?.brands).toContain(brand)
    for (const brand of localNetworks) expect(readTestCard(testCardNumber({ brand }))?.brands[0]).not.toBe(brand)
  })

  it('makes 100 cards that behave alike, and 100,000 with 19 digits', () => {
    expect(readTestCard(testCardNumber({ prefix: '40000000', fill: '99' }))).toMatchObject({ tt: '10' })
    expect(readTestCard(testCardNumber({ prefix: '40000006', fill: '99999' }))).toMatchObject({ tt: '10' })
  })

  it('refuses what has no room or does not exist', () => {
    expect(() => testCardNumber({ prefix: '40000000', fill: '100' })).toThrow('room for 2')
    expect(() => testCardNumber({ prefix: '36000000', fill: '1' })).toThrow('room for 0')
    expect(() => testCardNumber({ prefix: '40000000', fill: 'x' })).toThrow('room for 2')
    expect(() => testCardNumber({ prefix: '45395787' })).toThrow('no range')
    expect(() => testCardNumber({ brand: 'VISA', responseCode: '85' as '00' })).toThrow('answers 85')
    expect(() => testCardNumber({ brand: 'VISA', mode: '7' as '0' })).toThrow('mode 7')
    expect(() => testCardNumber({ brand: 'VISA', tt: '99' as '00' })).toThrow('script 99')
  })
})

describe('a named test card', () => {
  it.each(Object.entries(namedTestCards))('%s is a test card', (_name, { number }) => {
    expect(readTestCard(number)).toBeDefined()
  })

  it('has the script that its name promises', () => {
    expect(readTestCard(namedTestCards.challengeThenDecline.number)).toMatchObject({ tt: '20', responseCode: '05' })
    expect(readTestCard(namedTestCards.expired.number)).toMatchObject({ responseCode: '54' })
    expect(readTestCard(namedTestCards.issuerSilent.number)).toMatchObject({ mode: '3' })
    expect(readTestCard(namedTestCards.issuerLate.number)).toMatchObject({ mode: '4' })
    expect(readTestCard(namedTestCards.issuerHangsUp.number)).toMatchObject({ mode: '5' })
    expect(readTestCard(namedTestCards.issuerRecovers.number)).toMatchObject({ mode: '6' })
    expect(readTestCard(namedTestCards.without3DS.number)).not.toHaveProperty('threeDS')
  })
})

const wish = fc.constantFrom(...binRows).chain(row =>
  fc.record({
    prefix: fc.constant(row.prefix),
    tt: fc.constantFrom(...threeDSScripts.map(({ tt }) => tt)),
    mode: fc.constantFrom(...issuerModes.map(({ mode }) => mode)),
    responseCode: fc.constantFrom(...responseCodes.map(({ code }) => code)),
    fill: fc.stringMatching(/^[0-9]{0,5}$/).map(digits => digits.slice(0, row.length - row.prefix.length - 6)),
  }),
)
const generatedNumber = wish.map(testCardNumber)
