import type { Network } from '@coffer/test-cards'
import type { IssuerAnswer } from '../decide.js'
import type { CarriedAuthentication } from '../judge-authentication.js'
import { type Carried, filled, type Habits, MalformedElement, splitAddress, textOf, within } from './carried.js'
import { readBitmapped, type Value, type Values, writeBitmapped } from './codec.js'
import {
  accountVerification,
  type Bitmapped,
  de44,
  de44Widths,
  de60Eci,
  de60Widths,
  de62,
  de63,
  de126,
  environmentsByMerchant,
  networkCodes,
  networkOf,
  postcodeWidth,
  visaLike,
} from './dialects.js'
import { readPositions, writePositions } from './parts.js'

/** Visa-like messages: CVV2, CAVV and POS environment in DE126, the account verification in DE25. */
export const visaLikeHabits: Habits = {
  read(question): Carried {
    const privateUse = readParts(question, 126, de126)
    const cvv = readCvv(textOf(privateUse, 10))
    const storedCredential = readEnvironment(textOf(privateUse, 13))
    const originalTransactionId = filled(textOf(question, 125))
    // A stored card that its buyer uses and one that is charged at no fixed time look the same but for this id.
    const merchant = originalTransactionId !== undefined || environmentsByMerchant.includes(storedCredential ?? '')
    const avs = splitAddress(textOf(question, 123) ?? '', postcodeWidth)
    return {
      network: readNetwork(question),
      verification: textOf(question, 25) === accountVerification,
      ...(cvv === undefined ? {} : { cvv }),
      ...(avs.postcode === '' && avs.line1 === '' ? {} : { avs }),
      ...readAuthentication(question, privateUse),
      ...(storedCredential === undefined ? {} : { storedCredential }),
      initiatedBy: merchant ? 'merchant' : 'buyer',
      ...(originalTransactionId === undefined ? {} : { originalTransactionId }),
    }
  },

  readNetwork,

  answer(_question, network, answer): ReadonlyMap<number, Value> {
    const { networkTransactionId: id } = answer
    const verdicts = writeVerdicts(answer)
    return new Map<number, Value>([
      ...(verdicts === undefined ? [] : ([[44, verdicts]] as const)),
      ...(id === undefined ? [] : ([[62, writeBitmapped(new Map([[2, id]]), de62, visaLike)]] as const)),
      [63, writeBitmapped(new Map([[1, networkCodes[network][1]]]), de63, visaLike)],
    ])
  },
}

function readParts(message: Values, element: number, layout: Bitmapped): Values {
  const bytes = message.get(element)
  return Buffer.isBuffer(bytes) ? within(element, () => readBitmapped(bytes, layout, visaLike)) : new Map()
}

/** The ECI stands in DE60, the CAVV in DE126. Networks of both families travel here, and each has its own numbers. */
function readAuthentication(question: Values, privateUse: Values): { authentication?: CarriedAuthentication } {
  const posData = question.get(60)
  const digits = Buffer.isBuffer(posData) ? posData.toString('hex') : ''
  const eci = readPositions(digits, de60Widths).get(de60Eci) ?? '00'
  const value = privateUse.get(9)
  if (eci === '00' && value === undefined) return {}
  return {
    authentication: {
      eci,
      claims: ['05', '02'].includes(eci) ? 'Y' : ['06', '01'].includes(eci) ? 'A' : 'neither',
      ...(Buffer.isBuffer(value) ? { value } : {}),
    },
  }
}

/** Presence, response type, then the CVV2 to the right of four characters. Presence 1 says that it is there. */
function readCvv(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const parts = /^(.)(.)( \d{3}|\d{4}| {4})$/.exec(text)
  if (parts === null) throw new MalformedElement(126, 'part 10 has no CVV2 in its last four characters')
  const cvv = parts[3]!.trim()
  if (parts[1] !== '1') return undefined
  if (cvv === '') throw new MalformedElement(126, 'part 10 says that there is a CVV2, and there is none')
  return cvv
}

function readEnvironment(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[CRI]$/.test(text)) throw new MalformedElement(126, 'part 13 must be C, R or I')
  return text
}

function readNetwork(message: Values): Network {
  const code = textOf(readParts(message, 63, de63), 1)
  const network = code === undefined ? undefined : networkOf(code, visaLike)
  if (network === undefined) throw new MalformedElement(63, 'names no network')
  return network
}

function writeVerdicts({ avsResult, cvvResult, cavvResult }: IssuerAnswer): string | undefined {
  const verdicts = new Map([
    ...(avsResult === undefined ? [] : ([[de44.avsResult, avsResult]] as const)),
    ...(cvvResult === undefined ? [] : ([[de44.cvvResult, cvvResult]] as const)),
    ...(cavvResult === undefined ? [] : ([[de44.cavvResult, cavvResult]] as const)),
  ])
  return verdicts.size === 0 ? undefined : writePositions(verdicts, de44Widths)
}
