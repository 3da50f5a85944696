/**
 * Between what the vault says about money and the messages of an acquirer; pure. Where a dialect has its own places for
 * things, the profile's mapping says so. Source: ISO 8583:1987, card scheme practice.
 */
import type { AdviseOutcome, AdviseRequest, AuthoriseRequest, MessageReference } from '../connector.js'
import { isRefusal } from '../response-codes.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { answerMti, answers, fieldsOf, responseCode } from './message-fields.js'
import { carriesNoPayments } from './messages.js'
import type { PaymentMapping, Profile } from './profile.js'
import type { AcquirerSettings } from './settings.js'
import { adviceMaterial, authorisationMaterial, questionMti } from './sources.js'

/**
 * Asks for money: 0100, or 0200 for a sale where the dialect has it.
 * @throws RangeError when the profile carries no payments, or has no place for something of the request
 */
export function authorisationRequest(
  profile: Profile,
  acquirer: AcquirerSettings,
  request: AuthoriseRequest,
  reference: MessageReference,
): OutgoingMessage {
  const { authorisation } = paymentsOf(profile)
  const material = authorisationMaterial(profile, acquirer, request, reference)
  return { mti: questionMti(profile, request.sale), fields: fieldsOf(profile, authorisation, material) }
}

/**
 * Tells of a capture, a refund or a void: 0220 or 0420, repeats 0221 or 0421; the same but for the MTI however often it
 * is repeated, as long as the card is stored.
 * @throws RangeError as `authorisationRequest`
 */
export function advice(profile: Profile, acquirer: AcquirerSettings, request: AdviseRequest): OutgoingMessage {
  const payments = paymentsOf(profile)
  const { first, repeat } = request.what === 'VOID' ? payments.voidMti : payments.adviceMti
  const groups = { CAPTURE: payments.capture, REFUND: payments.refund, VOID: payments.void }[request.what]
  return {
    mti: request.repeat ? repeat : first,
    fields: fieldsOf(profile, groups, adviceMaterial(profile, acquirer, request)),
  }
}

function paymentsOf(profile: Profile): PaymentMapping {
  const { payments } = profile.mapping
  if (!payments) throw new RangeError(carriesNoPayments(profile))
  return payments
}

/** Answers by which an authorisation is given up: done (00), or nothing to do (21). Source: ISO 8583:1987, DE39. */
const givenUp: ReadonlySet<string> = new Set(['00', '21'])

/** There is no such authorisation (25), or what should stay of it cannot (13). Source: ISO 8583:1987, DE39. */
const notGivenUp: ReadonlySet<string> = new Set(['13', '25'])

/**
 * What came of an advice, 0230 or 0430. A capture or refund is taken with 00 alone, and declined with what refuses it for
 * good. A void is declined with hardly anything, as the buyer's money may still be held. All else leaves open what the
 * issuer has done, and the advice is repeated until somebody is alarmed.
 * @param question  the advice; what its answer repeats must be the same
 */
export function readAdvice(
  profile: Profile,
  answer: IncomingMessage,
  question: OutgoingMessage,
  what: AdviseRequest['what'],
): AdviseOutcome {
  const raw = responseCode(answer)
  if (answer.mti !== answerMti(question) || raw === undefined || !answers(profile, question, answer)) {
    return { kind: 'unknown', cause: 'garbled', sent: true }
  }
  const isVoid = what === 'VOID'
  if (isVoid ? givenUp.has(raw) : raw === '00') return { kind: 'taken', raw }
  if (isVoid ? notGivenUp.has(raw) : isRefusal(raw)) return { kind: 'declined', raw }
  return { kind: 'unknown', cause: `answered ${raw}`, sent: true }
}
