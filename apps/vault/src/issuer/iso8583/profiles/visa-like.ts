/**
 * A dialect with the habits of Visa's authorisation messages: digits in BCD, text in EBCDIC, lengths of one byte, fields
 * 62, 63 and 126 with bitmaps of their own. It is like them and not certified by anybody; the acquirer's own
 * specification replaces it. Source: ISO 8583:1987, card scheme practice.
 */
import type { ElementSpec, FieldGroup, Profile } from '../profile.js'
import { at, elementsOf, sensitive } from './elements.js'
import { visaLikeNetworks } from './networks.js'

const { fixed, ll, llBytes } = elementsOf({ digits: 'bcd', text: 'ebcdic', lengths: 'binary' })

const bitmapped = (bitmapBytes: number, fields: Readonly<Record<string, ElementSpec>>) => ({
  parts: { layout: 'bitmapped', bitmapBytes, fields } as const,
})

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
  18: fixed('Merchant type', 'n', 4),
  19: fixed('Acquiring institution country code', 'n', 3),
  20: fixed('PAN extended, country code', 'n', 3),
  22: fixed('Point of service entry mode code', 'n', 4),
  23: fixed('Card sequence number', 'n', 3),
  25: fixed('Point of service condition code', 'n', 2),
  26: fixed('Point of service PIN capture code', 'n', 2),
  28: fixed('Amount, transaction fee', 'an', 9),
  32: ll('Acquiring institution identification code', 'n', 11),
  33: ll('Forwarding institution identification code', 'n', 11),
  35: ll('Track 2 data', 'z', 37, sensitive('track')),
  37: fixed('Retrieval reference number', 'an', 12),
  38: fixed('Authorisation identification response', 'ans', 6),
  39: fixed('Response code', 'an', 2),
  41: fixed('Card acceptor terminal identification', 'ans', 8),
  42: fixed('Card acceptor identification code', 'ans', 15),
  43: fixed('Card acceptor name and location', 'ans', 40, {
    parts: {
      layout: 'positional',
      fields: { 1: at('Name', 'ans', 25), 2: at('City', 'ans', 13), 3: at('Country, two letters', 'a', 2) },
    },
  }),
  44: ll('Additional response data', 'ans', 19, {
    parts: {
      layout: 'positional',
      fields: {
        1: at('Response source', 'ans', 1),
        2: at('Address verification result', 'ans', 1),
        3: at('Reserved', 'ans', 1),
        4: at('Reserved', 'ans', 1),
        5: at('CVV or iCVV result', 'ans', 1),
        6: at('Capacity management, level', 'ans', 2),
        7: at('Capacity management, reason', 'ans', 1),
        8: at('Card authentication result', 'ans', 1),
        9: at('Reserved', 'ans', 1),
        10: at('CVV2 result', 'ans', 1),
        11: at('Original response code', 'ans', 2),
        12: at('Check settlement code', 'ans', 1),
        13: at('CAVV result', 'ans', 1),
        14: at('Response reason', 'ans', 4),
      },
    },
  }),
  45: ll('Track 1 data', 'ans', 76, sensitive('track')),
  48: ll('Additional data', 'ans', 255),
  49: fixed('Currency code, transaction', 'n', 3),
  50: fixed('Currency code, settlement', 'n', 3),
  51: fixed('Currency code, cardholder billing', 'n', 3),
  52: fixed('PIN data', 'b', 8, sensitive('pin')),
  53: fixed('Security related control information', 'n', 16),
  54: ll('Additional amounts', 'ans', 120),
  55: ll('Integrated circuit card data', 'b', 255, sensitive('track')),
  59: ll('National point of service geographic data', 'ans', 14),
  60: llBytes('Additional point of service information', 'n', 12, {
    parts: {
      layout: 'positional',
      fields: {
        1: at('Terminal type', 'n', 1),
        2: at('Terminal entry capability', 'n', 1),
        3: at('Chip condition', 'n', 1),
        4: at('Existing debt', 'n', 1),
        5: at('Merchant group', 'n', 2),
        6: at('Chip transaction', 'n', 1),
        7: at('Chip card authentication reliability', 'n', 1),
        8: at('Mail, telephone or electronic commerce indicator (ECI)', 'n', 2),
        9: at('Cardholder identification method', 'n', 1),
        10: at('Additional authorisation indicators', 'n', 1),
      },
    },
  }),
  61: llBytes('Other amounts', 'n', 36),
  62: ll('Custom payment service fields', 'b', 255, {
    ...bitmapped(8, {
      1: fixed('Authorisation characteristics indicator', 'ans', 1),
      2: fixed('Transaction identifier', 'n', 15),
      3: fixed('Validation code', 'ans', 4),
      4: fixed('Market-specific data identifier', 'ans', 1),
      6: fixed('Prestigious property', 'ans', 1),
      17: fixed('Gateway transaction identifier', 'ans', 15),
      20: fixed('Merchant verification value', 'b', 5),
      23: fixed('Product ID', 'ans', 2),
      24: fixed('Program identifier', 'ans', 6),
    }),
  }),
  63: ll('Network data', 'b', 255, {
    ...bitmapped(3, {
      1: fixed('Network ID', 'n', 4),
      2: fixed('Time (preauthorisation limit)', 'n', 4),
      3: fixed('Message reason code', 'n', 4),
      4: fixed('Stand-in or switch reason code', 'n', 4),
      19: fixed('Fee program indicator', 'ans', 3),
    }),
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
  95: fixed('Replacement amounts', 'n', 42),
  100: ll('Receiving institution identification code', 'n', 11),
  102: ll('Account identification 1', 'ans', 28, sensitive('pan')),
  103: ll('Account identification 2', 'ans', 28, sensitive('pan')),
  104: ll('Transaction-specific data', 'ans', 255),
  120: ll('Auxiliary transaction data', 'ans', 255),
  123: ll('Address verification data', 'ans', 29, {
    parts: { layout: 'positional', fields: { 1: at('Postal code', 'an', 9), 2: at('Address', 'ans', 20) } },
  }),
  125: ll('Supporting information', 'ans', 255),
  126: ll('Private use fields', 'b', 255, {
    ...bitmapped(8, {
      8: fixed('Transaction ID (XID)', 'b', 20),
      9: fixed('Cardholder authentication verification value (CAVV)', 'b', 20),
      10: fixed('CVV2 authorisation request data', 'ans', 6, {
        parts: {
          layout: 'positional',
          fields: {
            1: at('Presence', 'n', 1),
            2: at('Response type', 'n', 1),
            3: at('CVV2', 'ans', 4, { sensitivity: 'cvv', padding: { with: ' ', side: 'left' } }),
          },
        },
      }),
      12: fixed('Service indicators', 'b', 3),
      13: fixed('Point of service environment', 'ans', 1),
      20: fixed('3-D Secure indicator', 'ans', 1),
    }),
  }),
}

const acceptor = {
  18: '{merchantCategoryCode}',
  19: '{acquirerCountry}',
  32: '{acquirerId}',
  33: '{forwardingId}',
  41: '{terminalId}',
  42: '{cardAcceptorId}',
  '43.1': '{merchantName}',
  '43.2': '{merchantCity}',
  '43.3': '{merchantCountry}',
}

const reference = { 7: '{transmittedAt}', 11: '{stan}', 12: '{localTime}', 13: '{localDate}' }

const card = { 2: '{pan}', 3: '000000', 14: '{expiry}', 49: '{currency}' }

const cardholder: readonly FieldGroup[] = [
  { when: 'no authentication', fields: { '60.8': '07' } },
  { when: 'authentication', fields: { '60.8': '{eci}', '126.9': '{cavvHex}' } },
  { when: 'avs', fields: { '123.1': '{avsPostcode}', '123.2': '{avsLine1}' } },
  { when: 'cvv', fields: { '126.10.1': '1', '126.10.2': '1', '126.10.3': '{cvv}' } },
]

/** What a message has that is about an earlier one. */
const about = {
  ...card,
  4: '{amount}',
  ...reference,
  ...acceptor,
  37: '{original.rrn}',
  '63.1': '{network}',
  '90.1': '{original.mti}',
  '90.2': '{original.stan}',
  '90.3': '{original.transmittedAt}',
  '90.4': '{acquirerId}',
  '90.5': '{forwardingId}',
}

export const visaLike: Profile = {
  name: 'visa-like',
  about:
    'Like the layouts of Visa’s authorisation messages: BCD, EBCDIC and bitmaps within fields. Not certified, and not the scheme’s specification.',
  framing: { length: 'binary2' },
  mti: 'bcd',
  bitmap: 'binary',
  elements,
  mapping: {
    verification: [
      {
        when: 'always',
        fields: {
          ...card,
          4: '000000000000',
          22: '0100',
          25: '51',
          ...reference,
          ...acceptor,
          37: '{rrn}',
          '63.1': '{network}',
          '126.13': 'C',
        },
      },
      ...cardholder,
    ],
    reversal: [
      { when: 'always', fields: about },
      { when: 'no amount', fields: { 22: '0100', 25: '51' } },
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
            25: '59',
            ...acceptor,
            37: '{rrn}',
            '63.1': '{network}',
            125: '{originalNetworkTransactionId}',
          },
        },
        { when: 'entered now', fields: { 22: '0100' } },
        { when: 'on file', fields: { 22: '1000' } },
        { when: 'first', fields: { '126.13': 'C' } },
        { when: 'later', fields: { '126.13': 'C' } },
        { when: 'unscheduled', fields: { '126.13': 'C' } },
        { when: 'recurring', fields: { 25: '08', '126.13': 'R' } },
        ...cardholder,
      ],
      capture: [{ when: 'always', fields: { ...about, 25: '06', 38: '{authCode}' } }],
      refund: [{ when: 'always', fields: { ...about, 3: '200000', 25: '06', 38: '{authCode}' } }],
      adviceMti: { first: '0220', repeat: '0221' },
      void: [
        { when: 'always', fields: { ...about, 38: '{authCode}' } },
        { when: 'partial', fields: { 95: `{remaining}${'0'.repeat(30)}` } },
      ],
      voidMti: { first: '0420', repeat: '0421' },
    },
    networks: visaLikeNetworks,
    answer: { cvvResult: '44.10', avsResult: '44.2', networkTransactionId: ['62.2'] },
    echoed: ['2', '3', '4', '7', '11', '32', '37', '41', '42', '49'],
  },
}
