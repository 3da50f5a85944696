import type { Network } from '@coffer/test-cards'
import type { IssuerAnswer } from '../decide.js'
import type { CarriedAuthentication } from '../judge-authentication.js'
import { type Carried, filled, type Habits, MalformedElement, splitAddress, textOf, within } from './carried.js'
import type { Value, Values } from './codec.js'
import {
  byMerchant,
  de48,
  de61Status,
  de61Widths,
  de63Widths,
  mastercardLike,
  networkCodes,
  networkOf,
  postcodeWidth,
} from './dialects.js'
import { readPositions, readTagged, writePositions, writeTagged } from './parts.js'

/** Mastercard-like messages: CVC2, stored credential and authentication in DE48, the status inquiry in DE61. */
export const mastercardLikeHabits: Habits = {
  read(question): Carried {
    const subelements = readSubelements(question)
    const cvv = subelements.get(de48.cvv)
    if (cvv !== undefined && !/^\d{3,4}$/.test(cvv)) throw new MalformedElement(48, `subelement ${de48.cvv} is no CVC2`)
    const avs = readAddress(question, subelements)
    const storedCredential = readCredential(subelements)
    const originalTransactionId = filled(subelements.get(de48.traceId))
    const { subfield, inquiry } = de61Status
    return {
      network: readNetwork(question),
      verification: readPositions(textOf(question, 61) ?? '', de61Widths).get(subfield) === inquiry,
      ...(cvv === undefined ? {} : { cvv }),
      ...(avs === undefined ? {} : { avs }),
      ...readAuthentication(subelements),
      ...(storedCredential === undefined ? {} : { storedCredential }),
      initiatedBy: storedCredential?.startsWith(byMerchant) ? 'merchant' : 'buyer',
      ...(originalTransactionId === undefined ? {} : { originalTransactionId }),
    }
  },

  readNetwork,

  answer(question, network, answer): ReadonlyMap<number, Value> {
    const additional = writeAdditional(question, answer)
    // The transaction id is the Banknet reference and the settlement date, which travel apart.
    const reference = answer.networkTransactionId?.slice(0, de63Widths[1])
    const settled = answer.networkTransactionId?.slice(de63Widths[1])
    return new Map<number, Value>([
      ...(settled === undefined ? [] : ([[15, settled]] as const)),
      ...(additional === undefined ? [] : ([[48, additional]] as const)),
      [63, `${networkCodes[network][0]}${reference ?? ''}`],
    ])
  },
}

function readSubelements(question: Values): ReadonlyMap<string, string> {
  return within(48, () => readTagged((textOf(question, 48) ?? '').slice(1)))
}

function readCredential(subelements: ReadonlyMap<string, string>): string | undefined {
  const credential = within(48, () => readTagged(subelements.get(de48.credential.id) ?? '')).get(
    de48.credential.subfield,
  )
  if (credential === undefined) return undefined
  if (!/^[CM]\d{3}$/.test(credential)) {
    throw new MalformedElement(48, `subelement ${de48.credential.id} names no kind of stored credential`)
  }
  return credential
}

function readAuthentication(subelements: ReadonlyMap<string, string>): { authentication?: CarriedAuthentication } {
  const inside = (id: string) => within(48, () => readTagged(subelements.get(id) ?? ''))
  const level = inside(de48.securityLevel.id).get(de48.securityLevel.subfield)
  const dsTransId = inside(de48.threeDS.id).get(de48.threeDS.dsTransId)
  const ucaf = subelements.get(de48.ucaf)
  if (level === undefined && ucaf === undefined) return {}
  return {
    authentication: {
      eci: level ?? '',
      claims: level === '212' ? 'Y' : level === '211' ? 'A' : 'neither',
      // What is not base64 is no value, and is judged like a wrong one.
      ...(ucaf === undefined ? {} : { value: Buffer.from(/^[A-Za-z0-9+/]+={0,2}$/.test(ucaf) ? ucaf : '', 'base64') }),
      ...(dsTransId === undefined ? {} : { dsTransId }),
    },
  }
}

function readAddress(question: Values, subelements: ReadonlyMap<string, string>) {
  const wish = subelements.get(de48.avsRequest.id)
  if (wish === undefined) return undefined
  if (wish !== de48.avsRequest.value) {
    throw new MalformedElement(48, `subelement ${de48.avsRequest.id} must be ${de48.avsRequest.value}`)
  }
  const text = textOf(question, 120)
  if (text === undefined) throw new MalformedElement(120, 'is missing, and DE48 asks to verify it')
  return splitAddress(text, postcodeWidth)
}

function readNetwork(message: Values): Network {
  const code = readPositions(textOf(message, 63) ?? '', de63Widths).get(1)
  const network = code === undefined ? undefined : networkOf(code, mastercardLike)
  if (network === undefined) throw new MalformedElement(63, 'names no network')
  return network
}

function writeAdditional(question: Values, answer: IssuerAnswer): string | undefined {
  const subelements = new Map(
    (
      [
        [de48.avsResult, answer.avsResult],
        [de48.merchantAdvice, answer.merchantAdvice],
        [de48.cvvResult, answer.cvvResult],
      ] as const
    ).filter((row): row is [(typeof row)[0], string] => row[1] !== undefined),
  )
  if (subelements.size === 0) return undefined
  const tcc = writePositions(new Map([[1, textOf(question, 48)?.slice(0, 1) ?? de48.tcc]]), [1])
  return `${tcc}${writeTagged(subelements)}`
}
