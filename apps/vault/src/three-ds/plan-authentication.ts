/** Whether the buyer of a card is authenticated before its issuer is asked, and why. Pure. */
import { type MessageVersion, messageVersions } from '@coffer/emv3ds'
import type { CardFacts, Enrolment, NetworkId } from '../card-data/index.js'
import { isEea } from '../cards/networks.js'
import type { ThreeDSWish } from '../merchants/merchant-store.js'
import type { ThreeDSPolicy } from './three-ds-settings.js'

/** Why an authentication is made: the merchant asked, a policy or the card's range demands it, the issuer sent it back. */
export type AuthenticationReason = 'REQUEST' | 'POLICY' | 'RANGE' | 'SOFT_DECLINE'

export type AuthenticationPlan =
  /** Nobody asks for it, or the card takes no part and need not. */
  | { kind: 'none'; because: 'not asked for' | 'not enrolled' | 'no room for the number' }
  | { kind: 'needed'; reason: AuthenticationReason; version: MessageVersion; enrolment: Enrolment }
  /** The directory server's list has not been loaded yet: whether the card takes part, nobody knows. */
  | { kind: 'unknown' }
  /** It has to be made and cannot be. */
  | { kind: 'impossible'; reason: AuthenticationReason; because: string }

export interface PlanQuestion {
  /** The network that will carry the question to the issuer. */
  network: NetworkId
  facts: CardFacts | undefined
  /** Digits of the number. */
  panLength: number
  /** `is3DSAuthentication` of the request. */
  asked: boolean
  /** Whether the issuer has just declined for lack of authentication. */
  softDeclined: boolean
  wish: ThreeDSWish
  policy: ThreeDSPolicy
  /** Whether this vault has any directory server, and how that of the network stands. */
  directories: { any: boolean; ofNetwork: 'no such' | 'none' | 'not loaded' | 'loaded' }
}

/** 3-D Secure has no room for shorter numbers. Source: EMV 3-D Secure › acctNumber. */
const SHORTEST_NUMBER = 13

/**
 * The rules:
 *
 * - What a merchant asks for is done where the card takes part, and skipped where it does not, as for Korean local cards
 *   (Antom › paymentMethodMetaData). Not skipped is what only this vault cannot do: a network whose directory server is
 *   not configured, an issuer whose versions are not spoken here.
 * - Where authentication is due it is not skipped: in the European Economic Area and the United Kingdom by default
 *   (Directive (EU) 2015/2366, Article 97), where the operator's table of ranges demands it, and after a soft decline.
 * - A number of 12 digits has no place in 3-D Secure at all, so nobody can demand it.
 */
export function planAuthentication(question: PlanQuestion): AuthenticationPlan {
  const reason = reasonOf(question)
  if (reason === undefined) return { kind: 'none', because: 'not asked for' }
  if (question.panLength < SHORTEST_NUMBER) return { kind: 'none', because: 'no room for the number' }
  const { directories, network, facts } = question
  if (!directories.any) return { kind: 'impossible', reason, because: NO_DIRECTORIES }
  if (directories.ofNetwork === 'not loaded') return { kind: 'unknown' }
  const isDue = reason !== 'REQUEST' || isDueAnyway(question)
  const enrolment = facts?.enrolments?.find(entry => entry.network === network)
  const version = enrolment && versionFor(enrolment)
  if (enrolment && version) return { kind: 'needed', reason, version, enrolment }
  // Who takes part in a version that is not spoken here is no stranger to it: nobody may take that for "no part".
  if (enrolment) return { kind: 'impossible', reason, because: NO_VERSION }
  // A network whose directory server nobody has configured is not one without 3-D Secure.
  if (!isDue && directories.ofNetwork !== 'none') return { kind: 'none', because: 'not enrolled' }
  return { kind: 'impossible', reason, because: directories.ofNetwork === 'loaded' ? NOT_ENROLLED : NO_DIRECTORY }
}

const NO_DIRECTORIES = '3-D Secure is needed here, and no directory server is configured.'
const NO_DIRECTORY = '3-D Secure is needed here, and this network has no directory server.'
const NO_VERSION = '3-D Secure is needed here, and its issuer speaks no version that is spoken here.'
const NOT_ENROLLED = '3-D Secure is needed here, and the issuer of the card takes no part in it.'

function reasonOf(question: PlanQuestion): AuthenticationReason | undefined {
  if (question.softDeclined) return 'SOFT_DECLINE'
  if (question.asked) return 'REQUEST'
  if (question.facts?.threeDSRequired) return 'RANGE'
  return isDueByPolicy(question) ? 'POLICY' : undefined
}

const isDueAnyway = (question: PlanQuestion) => question.facts?.threeDSRequired === true || isDueByPolicy(question)

function isDueByPolicy({ facts, wish, policy, directories }: PlanQuestion): boolean {
  if (wish === 'ALWAYS') return true
  // A vault without directory servers has no policy: what it always did goes on until they are configured.
  if (wish === 'NEVER' || policy === 'never' || !directories.any) return false
  if (policy === 'always') return true
  const country = facts?.issuingCountry
  return isEea(country) || country === 'GB'
}

/** The highest version that this server, the directory server and the ACS all speak. */
function versionFor({ acs, directory }: Enrolment): MessageVersion | undefined {
  const speaks = ([from, to]: readonly [string, string], version: string) =>
    compareVersions(from, version) <= 0 && compareVersions(version, to) <= 0
  return [...messageVersions]
    .reverse()
    .find(version => speaks(acs, version) && (directory === undefined || speaks(directory, version)))
}

function compareVersions(a: string, b: string): number {
  const [first, second] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (let place = 0; place < 3; place++) {
    const difference = (first[place] ?? 0) - (second[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
