import { issuerHabits, messageFamily, type Network, type TestCard } from '@coffer/test-cards'
import type { AuthenticationValues } from './three-ds/cavv.js'

/** What a question says of an authentication of the buyer. */
export interface CarriedAuthentication {
  /** As it stands on the wire: a Visa-like ECI, two digits, or a Mastercard-like security level, three digits. */
  readonly eci: string
  /** What that claims: authenticated, attempted, or neither. */
  readonly claims: 'Y' | 'A' | 'neither'
  /** The authentication value; empty when what stands in its place is none. */
  readonly value?: Buffer
  /** Of the directory server, where the dialect carries it and the message has it. */
  readonly dsTransId?: string
}

/** What an issuer makes of what a question says about authentication. */
export interface AuthenticationJudgement {
  /** Whether the value is right, in Visa's code: 2 of an authentication, 3 of an attempt; wrong: 1 and 4. */
  readonly cavvResult?: string
  /** Why it declines, if for nothing else. */
  readonly responseCode?: string
}

/** EU, Iceland, Liechtenstein and Norway: where issuers want the buyer authenticated. Source: PSD2, article 97 */
const eea = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '),
)

const habit = (beginning: string) => issuerHabits.find(({ when }) => when.startsWith(beginning))!.responseCode
const softDecline = habit('an EEA card')
/**
 * A code without a reason. Visa's for a wrong CAVV, 82, is read as a wrong CVV, and those for fraud would accuse a buyer
 * of what is mostly a merchant's mistake; the CAVV result says what it was.
 */
const wrongValue = habit('an authentication value')

/**
 * Judges the authentication of a question. A value must be ours, of this card, and prove what the ECI claims. A claim
 * without a value is believed, because some networks give none without a payment; but an EEA card needs the value, if
 * its buyer is there: a payment by the merchant alone is not one that PSD2 wants authenticated.
 */
export function judgeAuthentication(
  { authentication, network, pan }: { authentication?: CarriedAuthentication; network: Network; pan: string },
  { issuingCountry }: TestCard,
  { values, buyerIsThere }: { values: AuthenticationValues; buyerIsThere: boolean },
): AuthenticationJudgement {
  if (authentication?.value === undefined) {
    const wanted = buyerIsThere && issuingCountry !== undefined && eea.has(issuingCountry)
    return wanted ? { responseCode: softDecline[messageFamily(network)] } : {}
  }
  const { value, claims, dsTransId } = authentication
  const proven = values.read({ value, pan, ...(dsTransId === undefined ? {} : { dsTransId }) })
  const attempt = proven === 'A' || claims === 'A'
  // What only informed the issuer claims nothing.
  if (proven !== undefined && claims === (proven === 'I' ? 'neither' : proven))
    return { cavvResult: attempt ? '3' : '2' }
  return { cavvResult: attempt ? '4' : '1', responseCode: wrongValue[messageFamily(network)] }
}
