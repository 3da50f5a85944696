/**
 * A dialect with the habits of Mastercard's authorisation messages: digits and text in ASCII, lengths in ASCII, DE48 of
 * tagged subelements. It is like them and not certified by anybody; the acquirer's own specification replaces it.
 * Source: ISO 8583:1987, card scheme practice.
 */
import type { ElementSpec, FieldGroup, Profile } from '../profile.js'
import { at, elementsOf, sensitive } from './elements.js'
import { mastercardLikeNetworks } from './networks.js'

const { fixed, ll, lll } = elementsOf({ digits: 'ascii', text: 'ascii', lengths: 'ascii' })

const tagged = (fields: Readonly<Record<string, ElementSpec>>) =>
  ({ layout: 'tagged', encoding: 'ascii', tagDigits: 2, lengthDigits: 2, fields, others: 'skip' }) as const

const additionalData = {
  ...tagged({
    22: fixed('Multi-purpose merchant indicator', 'ans', 99, {
      parts: tagged({ 5: fixed('Stored credential: initiator and reason', 'an', 4) }),
    }),
    42: fixed('Electronic commerce indicators', 'ans', 19, {
      parts: tagged({ 1: fixed('Security level and UCAF collection', 'n', 3) }),
    }),
    43: fixed('UCAF: cardholder authentication value', 'ans', 32, { min: 1 }),
    63: fixed('Trace ID', 'ans', 15),
    66: fixed('Authentication data', 'ans', 45, {
      parts: tagged({
        1: fixed('Program protocol', 'n', 1),
        2: fixed('Directory server transaction ID', 'ans', 36),
      }),
    }),
    82: fixed('Address verification request', 'n', 2),
    83: fixed('Address verification response', 'a', 1),
    84: fixed('Merchant advice code', 'an', 2),
    87: fixed('Card validation code result', 'a', 1),
    92: fixed('CVC 2', 'n', 4, { min: 3, ...sensitive('cvv') }),
  }),
  lead: { key: 'TCC', ...at('Transaction category code', 'an', 1) },
} as const

const elements: Profile['elements'] = {
  2: ll('Primary account number', 'n', 19, { min: 12, ...sensitive('pan') }),
  3: fixed('Processing code', 'n', 6),
  4: fixed('Amount, transaction', 'n', 12),
  5: fixed('Amount, settlement', 'n', 12),
  6: fixed('Amount, cardholder billing', 'n', 12),
  7: fixed('Transmission date and time', 'n', 10),
  9: fixed('Conversion rate, settlement', 'n', 8),
  10: fixed('Conversion rate, cardholder billing', 'n', 8),
  11: fixed('System trace audit number', 'n', 6),
  12: fixed('Time, local transaction', 'n', 6),
  13: fixed('Date, local transaction', 'n', 4),
  14: fixed('Date, expiration', 'n', 4, sensitive('expiry')),
  15: fixed('Date, settlement', 'n', 4),
  16: fixed('Date, conversion', 'n', 4),
  18: fixed('Merchant category code', 'n', 4),
  19: fixed('Acquiring institution country code', 'n', 3),
  20: fixed('PAN country code', 'n', 3),
  22: fixed('Point of service entry mode', 'n', 3),
  23: fixed('Card sequence number', 'n', 3),
  25: fixed('Point of service condition code', 'n', 2),
  26: fixed('Point of service PIN capture code', 'n', 2),
  28: fixed('Amount, transaction fee', 'an', 9),
  32: ll('Acquiring institution identification code', 'n', 11),
  33: ll('Forwarding institution identification code', 'n', 11),
  35: ll('Track 2 data', 'z', 37, sensitive('track')),
  36: lll('Track 3 data', 'z', 104, sensitive('track')),
  37: fixed('Retrieval reference number', 'an', 12),
  38: fixed('Authorisation identification response', 'ans', 6),
  39: fixed('Response code', 'an', 2),
  41: fixed('Card acceptor terminal identification', 'ans', 8),
  42: fixed('Card acceptor identification code', 'ans', 15),
  43: fixed('Card acceptor name and location', 'ans', 40, {
    parts: {
      layout: 'positional',
      fields: {
        1: at('Name', 'ans', 22),
        2: at('Blank', 'ans', 1),
        3: at('City', 'ans', 13),
        4: at('Blank', 'ans', 1),
        5: at('Country, three letters', 'a', 3),
      },
    },
  }),
  44: ll('Additional response data', 'ans', 25),
  45: ll('Track 1 data', 'ans', 76, sensitive('track')),
  48: lll('Additional data', 'ans', 999, { parts: additionalData }),
  49: fixed('Currency code, transaction', 'n', 3),
  50: fixed('Currency code, settlement', 'n', 3),
  51: fixed('Currency code, cardholder billing', 'n', 3),
  52: fixed('PIN data', 'b', 8, sensitive('pin')),
  53: fixed('Security related control information', 'n', 16),
  54: lll('Additional amounts', 'ans', 120),
  55: lll('Integrated circuit card data', 'b', 255, sensitive('track')),
  60: lll('Advice reason code', 'ans', 60),
  61: lll('Point of service data', 'ans', 26, {
    parts: {
      layout: 'positional',
      fields: {
        1: at('Terminal attendance', 'n', 1),
        2: at('Reserved', 'n', 1),
        3: at('Terminal location', 'n', 1),
        4: at('Cardholder presence', 'n', 1),
        5: at('Card presence', 'n', 1),
        6: at('Card capture capability', 'n', 1),
        7: at('Transaction status: 8 is account status inquiry', 'n', 1),
        8: at('Transaction security', 'n', 1),
        9: at('Reserved', 'n', 1),
        10: at('Cardholder activated terminal level', 'n', 1),
        11: at('Card data input capability', 'n', 1),
        12: at('Authorisation life cycle', 'n', 2),
        13: at('Terminal country', 'n', 3),
        14: at('Terminal postal code', 'ans', 10),
      },
    },
  }),
  62: lll('Intermediate network facility data', 'ans', 100),
  63: lll('Network data', 'ans', 12, {
    parts: {
      layout: 'positional',
      fields: { 1: at('Financial network code', 'an', 3), 2: at('Banknet reference number', 'an', 9) },
    },
  }),
  70: fixed('Network management information code', 'n', 3),
  90: fixed('Original data elements', 'n', 42, {
    parts: {
      layout: 'positional',
      fields: {
        1: at('Original MTI', 'n', 4),
        2: at('Original STAN', 'n', 6),
        3: at('Original transmission date and time', 'n', 10),
        4: at('Original acquiring institution', 'n', 11, { padding: { with: '0', side: 'left' } }),
        5: at('Original forwarding institution', 'n', 11, { padding: { with: '0', side: 'left' } }),
      },
    },
  }),
  94: fixed('Service indicator', 'ans', 7),
  95: fixed('Replacement amounts', 'n', 42),
  100: ll('Receiving institution identification code', 'n', 11),
  102: ll('Account identification 1', 'ans', 28, sensitive('pan')),
  103: ll('Account identification 2', 'ans', 28, sensitive('pan')),
  120: lll('Record data: postal code and address to verify', 'ans', 29, {
    parts: { layout: 'positional', fields: { 1: at('Postal code', 'an', 9), 2: at('Address', 'ans', 20) } },
  }),
  121: lll('Authorising agent identification code', 'n', 6),
  123: lll('Receipt free text', 'ans', 512),
  124: lll('Member defined data', 'ans', 299),
  126: lll('Private data', 'ans', 100),
  127: lll('Private data of the processor', 'ans', 50),
}

const acceptor = {
  18: '{merchantCategoryCode}',
  19: '{acquirerCountry}',
  32: '{acquirerId}',
  33: '{forwardingId}',
  41: '{terminalId}',
  42: '{cardAcceptorId}',
  '43.1': '{merchantName}',
  '43.3': '{merchantCity}',
  '43.5': '{merchantCountry3}',
}

const reference = { 7: '{transmittedAt}', 11: '{stan}', 12: '{localTime}', 13: '{localDate}' }

const card = { 2: '{pan}', 3: '000000', 14: '{expiry}', 49: '{currency}' }

/** A shop in the internet and a cardholder who orders there, but for what of DE61 depends on the question. */
const pointOfService = {
  '61.1': '1',
  '61.2': '0',
  '61.3': '2',
  '61.4': '5',
  '61.5': '1',
  '61.6': '0',
  '61.8': '0',
  '61.9': '0',
  '61.10': '6',
  '61.11': '0',
  '61.12': '00',
  '61.13': '{acquirerCountry}',
}

const cardholder: readonly FieldGroup[] = [
  { when: 'no authentication', fields: { '48.42.1': '210' } },
  {
    when: 'authentication',
    fields: {
      '48.42.1': '{securityLevel}',
      '48.43': '{cavvBase64}',
      '48.66.1': '{programProtocol}',
      '48.66.2': '{dsTransId}',
    },
  },
  { when: 'avs', fields: { '48.82': '52', '120.1': '{avsPostcode}', '120.2': '{avsLine1}' } },
  { when: 'cvv', fields: { '48.92': '{cvv}' } },
]

/** What a message has that is about an earlier one. */
const about = {
  ...card,
  4: '{amount}',
  ...reference,
  ...acceptor,
  37: '{original.rrn}',
  '48.TCC': 'T',
  '63.1': '{network}',
  '90.1': '{original.mti}',
  '90.2': '{original.stan}',
  '90.3': '{original.transmittedAt}',
  '90.4': '{acquirerId}',
  '90.5': '{forwardingId}',
}

export const mastercardLike: Profile = {
  name: 'mastercard-like',
  about:
    'Like the layouts of Mastercard’s authorisation messages, in ASCII. Not certified, and not the scheme’s specification.',
  framing: { length: 'binary2' },
  mti: 'ascii',
  bitmap: 'binary',
  elements,
  mapping: {
    verification: [
      {
        when: 'always',
        fields: {
          ...card,
          4: '000000000000',
          22: '810',
          ...reference,
          ...acceptor,
          37: '{rrn}',
          '48.TCC': 'T',
          '48.22.5': 'C101',
          ...pointOfService,
          '61.7': '8',
          '63.1': '{network}',
        },
      },
      ...cardholder,
    ],
    reversal: [
      { when: 'always', fields: about },
      { when: 'no amount', fields: { 22: '810' } },
    ],
    reversalMti: { first: '0400', repeat: '0401' },
    payments: {
      authorisation: [
        {
          when: 'always',
          fields: {
            ...card,
            4: '{amount}',
            ...reference,
            ...acceptor,
            37: '{rrn}',
            '48.TCC': 'T',
            '48.63': '{originalNetworkTransactionId}',
            ...pointOfService,
            '61.7': '0',
            '63.1': '{network}',
          },
        },
        { when: 'entered now', fields: { 22: '810' } },
        { when: 'on file', fields: { 22: '100' } },
        { when: 'first', fields: { '48.22.5': 'C101' } },
        { when: 'later', fields: { '48.22.5': 'C101' } },
        { when: 'recurring', fields: { '48.22.5': 'M103', '61.4': '4' } },
        { when: 'unscheduled', fields: { '48.22.5': 'M101', '61.4': '4' } },
        ...cardholder,
      ],
      saleMti: '0200',
      capture: [{ when: 'always', fields: { ...about, 38: '{authCode}' } }],
      refund: [{ when: 'always', fields: { ...about, 3: '200000', 38: '{authCode}' } }],
      adviceMti: { first: '0220', repeat: '0221' },
      void: [
        { when: 'always', fields: { ...about, 38: '{authCode}' } },
        { when: 'partial', fields: { 95: `{remaining}${'0'.repeat(30)}` } },
      ],
      voidMti: { first: '0420', repeat: '0421' },
    },
    networks: mastercardLikeNetworks,
    answer: {
      cvvResult: '48.87',
      avsResult: '48.83',
      networkTransactionId: ['63.2', '15'],
      merchantAdvice: '48.84',
    },
    echoed: ['2', '3', '4', '7', '11', '32', '37', '41', '42', '49'],
  },
}
