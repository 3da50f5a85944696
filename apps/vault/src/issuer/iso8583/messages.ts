/**
 * Between what the vault asks and the messages of an acquirer; pure. Where a dialect has its own places for things, the
 * profile's mapping says so. Source: ISO 8583:1987, card scheme practice.
 */
import type { IssuerOutcome, MessageReference, ReverseOutcome, ReverseRequest, VerifyRequest } from '../connector.js'
import { isApproval, isPaymentApproval } from '../response-codes.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { answerMti, answers, fieldsOf, responseCode, textAt } from './message-fields.js'
import type { Profile } from './profile.js'
import type { AcquirerSettings } from './settings.js'
import { questionMti, reversalMaterial, verificationMaterial } from './sources.js'

type Message = OutgoingMessage | IncomingMessage

/**
 * What names a message: trace number, times in UTC and reference number.
 * @param stan  six digits
 * @param instant  when it is sent, in milliseconds since 1970
 * @throws RangeError when the trace number is not six digits other than 000000
 */
export function makeReference(stan: string, instant: number): MessageReference {
  if (!/^[0-9]{6}$/.test(stan) || stan === '000000') throw new RangeError('a trace number is 000001 to 999999')
  const at = new Date(instant)
  const two = (value: number) => String(value).padStart(2, '0')
  const localDate = two(at.getUTCMonth() + 1) + two(at.getUTCDate())
  const localTime = two(at.getUTCHours()) + two(at.getUTCMinutes()) + two(at.getUTCSeconds())
  const day = Math.floor((instant - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000) + 1
  const rrn = `${at.getUTCFullYear() % 10}${String(day).padStart(3, '0')}${two(at.getUTCHours())}${stan}`
  return { stan, transmittedAt: localDate + localTime, localTime, localDate, rrn, at: String(instant) }
}

/**
 * A zero-amount check of a card, 0100.
 * @throws RangeError when the acquirer's settings or the request have something the profile has no place for
 */
export function verificationRequest(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: VerifyRequest,
  reference: MessageReference,
): OutgoingMessage {
  const material = verificationMaterial(profile, acquirer, request, reference)
  return { mti: questionMti(profile, false), fields: fieldsOf(profile, profile.mapping.verification, material) }
}

/**
 * Takes a message back, 0400 or 0401; the same but for the MTI however often it is repeated.
 * @throws RangeError when the profile has no place for something, or takes back verifications alone and this is none
 */
export function reversal(profile: Profile, acquirer: AcquirerSettings, request: ReverseRequest): OutgoingMessage {
  const { reversalMti, payments } = profile.mapping
  // The file may have changed since; its reversals then say nothing of the amount.
  if (request.amount > 0n && !payments) throw new RangeError(carriesNoPayments(profile))
  const { first, repeat } = reversalMti
  return {
    mti: request.repeat ? repeat : first,
    fields: fieldsOf(profile, profile.mapping.reversal, reversalMaterial(profile, acquirer, request)),
  }
}

/** Why a profile cannot write a message about money. */
export const carriesNoPayments = ({ name }: Profile) => `the profile ${name} has no payments in its mapping`

const garbled: IssuerOutcome = { kind: 'unknown', cause: 'garbled', sent: true }

/**
 * What the issuer said about a card, 0110.
 * @param question  the message that was asked; what its answer repeats must be the same
 */
export function readVerification(profile: Profile, answer: IncomingMessage, question?: OutgoingMessage): IssuerOutcome {
  if (answer.mti !== '0110' || (question && !answers(profile, question, answer))) return garbled
  return readDecision(profile, answer, isApproval)
}

/**
 * What the issuer said about money, 0110 or 0210.
 *
 * Two codes approve something else than was asked, and are therefore no answer, so that the question is taken back. 85
 * approves verifications alone: an issuer that gives it has taken the question for one, and nobody could say whether it
 * holds the amount. 10 approves a part; which one is in DE4, and only where that is the whole it is good.
 * Source: ISO 8583:1987, DE39; schemes' account verification and partial authorisation.
 */
export function readAuthorisation(profile: Profile, answer: IncomingMessage, question: OutgoingMessage): IssuerOutcome {
  if (answer.mti !== answerMti(question) || !answers(profile, question, answer)) return garbled
  const raw = responseCode(answer)
  if (raw === '85' || (raw === '10' && answer.fields['4'] !== question.fields['4'])) return garbled
  return readDecision(profile, answer, isPaymentApproval)
}

function readDecision(profile: Profile, answer: IncomingMessage, approves: (raw: string) => boolean): IssuerOutcome {
  const raw = responseCode(answer)
  if (raw === undefined) return garbled
  const { answer: places } = profile.mapping
  const said = {
    raw,
    cvvResult: textAt(answer, places.cvvResult),
    avsResult: textAt(answer, places.avsResult),
    merchantAdvice: textAt(answer, places.merchantAdvice),
  }
  if (!approves(raw)) return { kind: 'declined', ...said }
  const idParts = (places.networkTransactionId ?? []).map(path => textAt(answer, path))
  const networkTransactionId = idParts.includes(undefined) ? '' : idParts.join('')
  return {
    kind: 'approved',
    ...said,
    authCode: textAt(answer, '38'),
    networkTransactionId: networkTransactionId || undefined,
  }
}

/** Taken back (00), or nothing to do (21): the question has no effect any more. Source: ISO 8583:1987, DE39. */
const takenBack: ReadonlySet<string> = new Set(['00', '21'])

/** The message to take back is not there. It may still arrive: a reversal can overtake it on another connection. */
const NOT_FOUND = '25'

/**
 * What came of a reversal, 0410 or 0430. Any other code leaves open whether the question has an effect, also one that
 * will never be another (12, 14, 30, 94): the reversal is repeated until somebody is alarmed.
 */
export function readReversal(profile: Profile, answer: IncomingMessage, question?: OutgoingMessage): ReverseOutcome {
  const garbledReversal = { kind: 'unknown', cause: 'garbled', sent: true } as const
  const raw = responseCode(answer)
  if ((answer.mti !== '0410' && answer.mti !== '0430') || raw === undefined) return garbledReversal
  if (question && !answers(profile, question, answer)) return garbledReversal
  if (raw === NOT_FOUND) return { kind: 'not found', raw }
  return takenBack.has(raw) ? { kind: 'acknowledged', raw } : { kind: 'unknown', cause: `answered ${raw}`, sent: true }
}

/** DE70. Source: ISO 8583:1987, network management information codes. */
const networkManagementCodes = { 'sign-on': '001', 'sign-off': '002', echo: '301' } as const

/** A message about the link itself, 0800. */
export function networkManagement(
  kind: keyof typeof networkManagementCodes,
  reference: MessageReference,
): OutgoingMessage {
  const { transmittedAt = '', stan = '' } = reference
  return { mti: '0800', fields: { 7: transmittedAt, 11: stan, 70: networkManagementCodes[kind] } }
}

/** Whether a 0810 says yes. */
export function readNetworkManagement(
  answer: IncomingMessage,
): { kind: 'accepted' } | { kind: 'refused'; raw: string } | { kind: 'garbled' } {
  const raw = responseCode(answer)
  if (answer.mti !== '0810' || raw === undefined) return { kind: 'garbled' }
  return raw === '00' ? { kind: 'accepted' } : { kind: 'refused', raw }
}

/** The 0810 to an 0800 of the other side; `undefined` for anything else it may ask. */
export function networkManagementAnswer({ mti, fields }: IncomingMessage): OutgoingMessage | undefined {
  if (mti !== '0800') return undefined
  const repeated = Object.fromEntries(
    ['7', '11', '70'].flatMap(path => (fields[path] === undefined ? [] : [[path, fields[path]]])),
  )
  return { mti: '0810', fields: { ...repeated, 39: '00' } }
}

/**
 * The same for a question, its repeats and their answers, and different for all others of a link and day: class of the
 * message, trace number (DE11) and time of transmission (DE7). What an answer repeats of the acquirer and the terminal
 * is compared when it is read, as not every host repeats it.
 */
export function matchKey({ mti, fields }: Message): string {
  const asked = Number(mti[2])
  return `${mti.slice(0, 2)}${asked - (asked % 2)}/${text(fields['11'])}/${text(fields['7'])}`
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')
