import { type Network, readTestCard } from '@coffer/test-cards'
import type { Clock } from '../clock.js'
import type { Unchecked } from './unchecked.js'
import { idsOf } from './write-message.js'

/**
 * One 3-D Secure message as the directory server or the ACS received or sent it. Of the card there are at most the last
 * four digits, and of an authentication value only that there was one.
 */
export interface ThreeDSLogEntry {
  /** ISO 8601, UTC */
  readonly at: string
  readonly component: 'DS' | 'ACS'
  readonly network: Network
  readonly direction: 'received' | 'sent'
  /** Who is at the other end. */
  readonly peer: '3DS Server' | 'DS' | 'ACS' | 'browser'
  /** `unreadable` for what is no message, `3DS Method` for the call of its page. */
  readonly messageType: string
  readonly threeDSServerTransID?: string
  readonly dsTransID?: string
  readonly acsTransID?: string
  /** Twelve stars and the last four digits; absent when the number is not a test card. */
  readonly acctNumber?: string
  /** What became of the message, where it does not say so itself: `lost`, `not answered` and the like. */
  readonly outcome?: string
  /** Elements that tell what a message says. */
  readonly says: Readonly<Record<string, string | number | boolean>>
}

/** Which entries to show: those that have all of what is given. */
export interface ThreeDSLogFilter {
  readonly threeDSServerTransID?: string
  readonly acsTransID?: string
  readonly messageType?: string
}

export interface MessageLog {
  record(
    entry: Pick<ThreeDSLogEntry, 'component' | 'network' | 'direction' | 'peer'>,
    message: Unchecked,
    more?: {
      readonly outcome?: string
      readonly messageType?: string
      readonly says?: ThreeDSLogEntry['says']
    },
  ): void
  /** Newest last. */
  entries(filter?: ThreeDSLogFilter): readonly ThreeDSLogEntry[]
}

/** Old entries go when there are more than this. */
const most = 20_000

/** Elements of which every value may be shown, with the pattern that a value must have to be what it says it is. */
const shown: Readonly<Record<string, RegExp>> = {
  messageVersion: /^\d\.\d\.\d$/,
  messageCategory: /^\d\d$/,
  threeDSRequestorAuthenticationInd: /^\d\d$/,
  threeDSRequestorChallengeInd: /^\d\d$/,
  threeDSCompInd: /^[YNU]$/,
  transStatus: /^[A-Z]$/,
  transStatusReason: /^\d\d$/,
  eci: /^[0-9N]\d$/,
  authenticationType: /^\d\d$/,
  acsChallengeMandated: /^[YN]$/,
  acsDecConInd: /^[YN]$/,
  challengeWindowSize: /^\d\d$/,
  challengeCancel: /^\d\d$/,
  interactionCounter: /^\d\d$/,
  resultsStatus: /^\d\d$/,
  serialNum: /^s[0-9a-f]{15}$/,
  errorCode: /^\d{3}$/,
  errorComponent: /^[ACDS]$/,
  errorMessageType: /^[A-Za-z]{4}$/,
  errorDetail: /^[A-Za-z,]{1,400}$/,
}

/** A log that lives as long as the process. */
export function createMessageLog(clock: Clock): MessageLog {
  const entries: ThreeDSLogEntry[] = []
  return {
    record(entry, message, { outcome, messageType, says = {} } = {}) {
      const type = messageType ?? message['messageType']
      entries.push({
        at: clock.now().toISOString(),
        ...entry,
        messageType: typeof type === 'string' && /^[A-Za-z0-9 ]{4,12}$/.test(type) ? type : 'unreadable',
        ...idsOf(message),
        ...maskedNumber(message['acctNumber']),
        ...(outcome === undefined ? {} : { outcome }),
        says: { ...saidBy(message), ...says },
      })
      if (entries.length > most) entries.splice(0, entries.length - most)
    },
    entries: (filter = {}) =>
      entries.filter(entry =>
        Object.entries(filter).every(([name, value]) => entry[name as keyof ThreeDSLogFilter] === value),
      ),
  }
}

function saidBy(message: Unchecked): Record<string, string | boolean> {
  const known = Object.entries(shown).flatMap(([name, pattern]) => {
    const value = message[name]
    return typeof value === 'string' && pattern.test(value) ? [[name, value] as const] : []
  })
  const hasValue = message['authenticationValue'] !== undefined
  return { ...Object.fromEntries(known), ...(hasValue ? { authenticationValue: true } : {}) }
}

function maskedNumber(acctNumber: unknown): { acctNumber?: string } {
  if (typeof acctNumber !== 'string' || readTestCard(acctNumber) === undefined) return {}
  return { acctNumber: `************${acctNumber.slice(-4)}` }
}
