import type { MessageFamily, Network } from '@coffer/test-cards'

/**
 * The two dialects of ISO 8583:1987 that this issuer speaks, as data and nothing else: to change a layout, change a
 * row here. They are made after the habits of the two large card schemes and are like them, not theirs: what a scheme
 * or an acquirer really wants is in its own, unpublished specification.
 * Source: ISO 8583:1987 for the data elements; card scheme practice for the rest.
 */

/** How one data element, or one part of it, stands on the wire. */
export interface Layout {
  readonly name: string
  /** `n` digits, `text` printable characters, `binary` bytes. */
  readonly content: 'n' | 'text' | 'binary'
  /** How many digits, characters or bytes: exactly so many, or with a length in front at most so many. */
  readonly length: number
  /** Whether a length stands in front, and with how many digits where it is written in digits. */
  readonly prefix: 'fixed' | 'LL' | 'LLL'
}

/** A way to write ISO 8583 messages. Bitmaps are 8 bytes in both, and a second one follows when bit 1 is set. */
export interface Dialect {
  readonly name: MessageFamily
  /** Digits as ASCII characters, or packed two to a byte, right-justified, with a nibble 0 in front of an odd number. */
  readonly digits: 'ascii' | 'bcd'
  readonly text: 'ascii' | 'ebcdic-1047'
  /**
   * What stands in front of a data element of variable length: its length in 2 (LL) or 3 (LLL) ASCII digits, or in one
   * byte, for LL and LLL alike. It counts digits of `n`, characters of `text`, bytes of `binary`.
   */
  readonly lengths: 'ascii-digits' | 'one-byte'
  readonly elements: Readonly<Record<number, Layout>>
}

const fixed = (content: Layout['content'], length: number, name: string): Layout => ({
  name,
  content,
  length,
  prefix: 'fixed',
})
const ll = (content: Layout['content'], length: number, name: string): Layout => ({
  name,
  content,
  length,
  prefix: 'LL',
})
const lll = (content: Layout['content'], length: number, name: string): Layout => ({
  name,
  content,
  length,
  prefix: 'LLL',
})

const common: Readonly<Record<number, Layout>> = {
  2: ll('n', 19, 'PAN'),
  3: fixed('n', 6, 'processing code'),
  4: fixed('n', 12, 'amount'),
  7: fixed('n', 10, 'transmission date and time, MMDDhhmmss UTC'),
  11: fixed('n', 6, 'STAN'),
  12: fixed('n', 6, 'local time, hhmmss'),
  13: fixed('n', 4, 'local date, MMDD'),
  14: fixed('n', 4, 'expiry date, YYMM'),
  15: fixed('n', 4, 'settlement date, MMDD'),
  18: fixed('n', 4, 'merchant category code'),
  19: fixed('n', 3, 'acquirer country'),
  22: fixed('n', 3, 'POS entry mode'),
  23: fixed('n', 3, 'card sequence number'),
  25: fixed('n', 2, 'POS condition code'),
  32: ll('n', 11, 'acquirer id'),
  33: ll('n', 11, 'forwarding institution id'),
  37: fixed('text', 12, 'RRN'),
  38: fixed('text', 6, 'authorisation code'),
  39: fixed('text', 2, 'response code'),
  41: fixed('text', 8, 'terminal id'),
  42: fixed('text', 15, 'merchant id'),
  43: fixed('text', 40, 'merchant name and location'),
  49: fixed('n', 3, 'currency'),
  70: fixed('n', 3, 'network management code'),
  90: fixed('n', 42, 'original data: MTI 4, STAN 6, DE7 10, acquirer 11, forwarding institution 11'),
  95: fixed('n', 42, 'replacement amounts: actual amount 12, then zeros'),
}

export const mastercardLike: Dialect = {
  name: 'mastercard-like',
  digits: 'ascii',
  text: 'ascii',
  lengths: 'ascii-digits',
  elements: {
    ...common,
    44: ll('text', 25, 'additional response data'),
    48: lll('text', 999, 'additional data: TCC, then tagged subelements'),
    61: lll('text', 26, 'POS data, by position'),
    63: lll('text', 50, 'network code, and in an answer the Banknet reference'),
    120: lll('text', 999, 'address: postcode 9, street'),
  },
}

export const visaLike: Dialect = {
  name: 'visa-like',
  digits: 'bcd',
  text: 'ebcdic-1047',
  lengths: 'one-byte',
  elements: {
    ...common,
    22: fixed('n', 4, 'POS entry mode 2, PIN capability 1, and a digit that fills the byte up'),
    44: ll('text', 25, 'additional response data, by position'),
    48: ll('text', 255, 'additional data'),
    60: ll('binary', 6, 'POS data: packed digits, by position'),
    62: ll('binary', 59, 'custom payment service: bitmap, then parts'),
    63: ll('binary', 40, 'network data: bitmap, then parts'),
    123: ll('text', 29, 'address: postcode 9, street 20'),
    125: ll('text', 255, 'original transaction id'),
    126: ll('binary', 255, 'private use: bitmap, then parts'),
  },
}

export const dialects: readonly Dialect[] = [mastercardLike, visaLike]

/** Mastercard-like DE48 after its first character, the TCC: subelements of 2 digits id, 2 digits length, value. */
export const de48 = {
  /** The TCC of electronic commerce, for an answer to a question without one. */
  tcc: 'T',
  /** Holds subfields of the same shape; 05 is the kind of stored credential, such as C101. */
  credential: { id: '22', subfield: '05' },
  /** Holds subfields of the same shape; 01 is 212 for authenticated, 211 for attempted, 210 for neither. */
  securityLevel: { id: '42', subfield: '01' },
  ucaf: '43',
  /** Of the original transaction: Banknet reference 9, settlement date 4. */
  traceId: '63',
  /** Holds subfields of the same shape; 02 is the transaction id of the directory server. */
  threeDS: { id: '66', dsTransId: '02' },
  /** `52` asks for the address in DE120 to be verified. */
  avsRequest: { id: '82', value: '52' },
  avsResult: '83',
  merchantAdvice: '84',
  cvvResult: '87',
  cvv: '92',
} as const

/** What a kind of stored credential begins with where the merchant charges the card alone; C where the buyer does. */
export const byMerchant = 'M'

/** Mastercard-like DE61: how many characters each subfield has, the first one first. */
export const de61Widths: readonly number[] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 10]
/** The subfield of DE61 for the status of the transaction, and what it says of an account status inquiry. */
export const de61Status = { subfield: 7, inquiry: '8' } as const

/** Mastercard-like DE63: how many characters the network code and the Banknet reference have. */
export const de63Widths: readonly number[] = [3, 9]

/** Addresses, mastercard-like DE120 and visa-like DE123: how many characters the postcode has; the street follows. */
export const postcodeWidth = 9

/** Visa-like DE44: how many characters each subfield has. Subfield 6 has two, so that 10 is character 11, 13 is 15. */
export const de44Widths: readonly number[] = [1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1]
export const de44 = { avsResult: 2, cvvResult: 10, cavvResult: 13 } as const

/** Visa-like DE60: how many digits each subfield has. The ECI, subfield 8, is digits 9 and 10. */
export const de60Widths: readonly number[] = [1, 1, 1, 1, 2, 1, 1, 2, 1, 1]
export const de60Eci = 8

/** Visa-like DE126.13, POS environment: recurring and instalment, where the merchant charges the card alone. */
export const environmentsByMerchant: readonly string[] = ['R', 'I']

/** Visa-like DE25: account verification without an authorisation. */
export const accountVerification = '51'

/** A data element that begins with a bitmap of its own and holds the parts that it announces. */
export interface Bitmapped {
  readonly bitmapBytes: number
  readonly parts: Readonly<Record<number, Layout>>
}

export const de62: Bitmapped = {
  bitmapBytes: 8,
  parts: {
    1: fixed('text', 1, 'authorisation characteristics'),
    2: fixed('n', 15, 'transaction id'),
    3: fixed('text', 4, 'validation code'),
  },
}

export const de63: Bitmapped = {
  bitmapBytes: 3,
  parts: {
    1: fixed('n', 4, 'network id'),
    2: fixed('n', 4, 'time limit'),
    3: fixed('n', 4, 'message reason'),
  },
}

export const de126: Bitmapped = {
  bitmapBytes: 8,
  parts: {
    8: fixed('binary', 20, 'XID'),
    9: fixed('binary', 20, 'CAVV'),
    10: fixed('text', 6, 'CVV2: presence 1, response type 1, value 4, right-justified'),
    13: fixed('text', 1, 'POS environment: C, R or I'),
  },
}

/** Names of networks on the wire: [mastercard-like DE63, visa-like DE63.1]. Those of Visa, Mastercard and Maestro are
 * scheme practice, the others are made up. */
export const networkCodes: Readonly<Record<Network, readonly [mastercardLike: string, visaLike: string]>> = {
  MASTERCARD: ['MCC', '9001'],
  VISA: ['VIS', '0002'],
  AMEX: ['AMX', '9003'],
  JCB: ['JCB', '9004'],
  DINERS: ['DIN', '9005'],
  DISCOVER: ['DIS', '9006'],
  CUP: ['CUP', '9007'],
  MAESTRO: ['MSI', '9002'],
  CARTES_BANCAIRES: ['CBA', '9013'],
  ELO: ['ELO', '9008'],
  HIPERCARD: ['HIP', '9009'],
  TROY: ['TRO', '9010'],
  MIR: ['MIR', '9011'],
  CARNET: ['CRN', '9012'],
  HYUNDAI: ['HYU', '9014'],
  BC: ['BCC', '9015'],
  SHINHAN: ['SHN', '9016'],
  KOOKMIN: ['KOO', '9017'],
  LOTTE: ['LOT', '9018'],
  SAMSUNG: ['SAM', '9019'],
  NONGHYUP: ['NON', '9020'],
  KEBHANA: ['KEB', '9021'],
  WOORI: ['WOO', '9022'],
  DANKORT: ['DAN', '9037'],
  BANCONTACT: ['BAN', '9038'],
  MADA: ['MAD', '9039'],
  EFTPOS_AU: ['EFT', '9040'],
}

/** The network that a code in DE63 names, if it names one. */
export function networkOf(code: string, dialect: Dialect): Network | undefined {
  const column = dialect.name === 'mastercard-like' ? 0 : 1
  const row = Object.entries(networkCodes).find(([, codes]) => codes[column] === code)
  return row?.[0] as Network | undefined
}
