/** From a card and a network to the end of a payment: the question is written down, asked once, its answer concluded. */
import type { PaymentResultInfo, StoredCard } from '@coffer/antom'
import type { Asked, Asking, Chosen, Secrets } from '../buyers/errand.js'
import { brandFor } from '../cards/networks.js'
import { authorisePayment, type Authorisation as IssuerAnswer } from '../issuer/authorise-payment.js'
import type { AcquirerConnector } from '../issuer/connector.js'
import { isSoftDecline } from '../issuer/response-codes.js'
import { after } from '../platform/clock.js'
import type { System } from '../system.js'
import type { IssuerProof } from '../three-ds/judge-authentication.js'
import { noteOn } from '../timeline/timeline-store.js'
import { noteUnanswered } from '../vaulting/issuer-message-store.js'
import { concludePayment } from './conclude-payment.js'
import { type Authorisation, failedPayment, type Payment } from './payment.js'
import { askForMoney, takePaymentApprovalBack, withdrawMoneyQuestion } from './payment-question-store.js'
import type { PaymentConclusion } from './payment-store.js'
import type { ChargeErrand } from './payment-terms.js'
import { resultInfo } from './result-info.js'

/** Longer than a connector waits for an answer. From then on the question is taken back, whoever asked it. */
const UNANSWERED_AFTER_MS = 10_000

/** Real time from writing the question down to sending it. After a longer pause it may be being taken back already. */
const SEND_WITHIN_MS = 5_000

/** Asks the issuer for the money: once in the life of the payment, and once more after a soft decline. */
export async function askIssuerForMoney(
  system: System,
  errand: ChargeErrand,
  chosen: Chosen<Payment>,
  { pan, cvv2 }: Secrets,
  { keep, proof, stepUp }: Asking<Payment>,
): Promise<Asked<Payment>> {
  const { cards, clock, db, presence } = system
  const { payment, terms } = errand
  const { id, merchantId, paymentRequestId } = payment
  const { choice, question } = chosen
  const acquirer = system.acquirers.for(choice.network)
  if (!acquirer) throw new Error('a network was chosen that no acquirer serves')
  const sale = payment.mode === 'SALE' && acquirer.salesAreSingle

  // 1. Write the question down before it leaves: after a crash it is known that the issuer may have been asked.
  const reference = await acquirer.prepare()
  const at = clock.now()
  const { at: _sameInstant, ...names } = reference
  const began = clock.stopwatch()
  const asked = await askForMoney(db, {
    id,
    merchantId,
    paymentRequestId,
    holder: presence.processId,
    acquirer: acquirer.id,
    network: choice.network,
    reference,
    sale,
    at,
    dueAt: after(at, UNANSWERED_AFTER_MS),
    fingerprint: terms.newToken
      ? { digest: cards.fingerprint(merchantId, pan), newName: cards.newFingerprintId() }
      : undefined,
    detail: { network: choice.network, acquirer: acquirer.id, sale, ...names, ...shown(proof), ...initiated(errand) },
  })
  if (!asked) return { kind: 'done', now: await errand.present() }

  // 2. Ask. Silence is neither a yes nor a no.
  if (clock.stopwatch() - began > SEND_WITHIN_MS) {
    return unanswered(system, errand, acquirer, { kind: 'no answer', cause: 'too late to be sent', sent: false }, keep)
  }
  const answer = await authorisePayment(
    acquirer,
    {
      network: choice.network,
      pan,
      cvv2,
      ...question,
      sale,
      storedCredential: terms.storedCredential,
      ...(proof && { authentication: proof }),
    },
    reference,
  )
  system.metrics.issuer.inc({ outcome: answer.kind })
  if (answer.kind === 'no answer') return unanswered(system, errand, acquirer, answer, keep)

  // 3. An issuer that wants to know who the buyer is has declined nothing yet.
  if (stepUp && answer.kind === 'declined' && isSoftDecline(answer.raw, choice.network)) {
    const told = happened(clock.now(), answer)
    await noteOn(db, errand, { ...told, detail: { ...told.detail, soft: true } })
    const waiting = await stepUp()
    if (waiting) return { kind: 'done', now: waiting }
  }

  // 4. Conclude.
  const info = resultInfo(payment.info, { pan, choice, answer, reference, proof, newToken: terms.newToken })
  const approved = answer.kind === 'approved'
  const authorisation: Authorisation = {
    acquirer: acquirer.id,
    network: choice.network,
    reference,
    authCode: approved ? answer.authCode : undefined,
    sale,
  }
  const token = approved ? await tokenOf(system, errand, chosen, info, asked.fingerprint) : undefined
  const outcome = approved ? { kind: 'authorised' as const, info } : failedPayment(answer.code, undefined, info)
  const neverRetry = !approved && answer.neverRetry ? answer.code : undefined
  const takeBack = !approved && answer.approvedAnyway
  const grounds = { ground: 'ANSWERED' as const, authorisation, token, neverRetry, takeBack }
  const ended = await concludePayment(system, payment, outcome, {
    ...grounds,
    happened: [happened(clock.now(), answer)],
  })
  await leaveNothingApproved(system, errand, authorisation, answer, ended, at)
  return { kind: 'done', now: ended }
}

/** What an issuer approved must not stand when the merchant was told that it failed. */
async function leaveNothingApproved(
  { clock, db, log }: System,
  { id, merchantId, requestId }: ChargeErrand,
  { acquirer, network, reference, sale }: Authorisation,
  answer: Exclude<IssuerAnswer, { kind: 'no answer' }>,
  ended: Payment,
  askedAt: number,
): Promise<void> {
  const isApproved = answer.kind === 'approved' || answer.approvedAnyway
  // One that was cancelled since was approved first, and is voided.
  const stands = ended.state === 'AUTHORISED' || (ended.state === 'CANCELLED' && ended.before === 'AUTHORISED')
  if (!isApproved || (answer.kind === 'approved' && stands)) return
  const approved = { acquirer, network, reference, sale, askedAt, raw: answer.raw }
  await takePaymentApprovalBack(db, id, approved, clock.now())
  log.warn('issuer.approval-not-used', {
    merchantId,
    vaultingRequestId: requestId,
    cause: `answered ${answer.raw}`,
  })
}

/** Nobody answered: what was certainly not asked can be asked again, anything else is taken back. */
async function unanswered(
  system: System,
  errand: ChargeErrand,
  acquirer: AcquirerConnector,
  answer: Extract<IssuerAnswer, { kind: 'no answer' }>,
  keep: boolean,
): Promise<Asked<Payment>> {
  const { clock, db } = system
  const { id, merchantId, requestId, payment } = errand
  const detail = { outcome: 'unknown', cause: answer.cause, asked: answer.sent }
  await noteOn(db, errand, { at: clock.now(), kind: 'issuer.no-answer', detail })
  if (!answer.sent && (await withdrawMoneyQuestion(db, id, keep))) {
    if (answer.cause !== 'garbled') return { kind: 'not asked', now: payment }
    // The message could not be written: the acquirer's profile has no place for something in it, and never will have.
    return { kind: 'done', now: await errand.fail({ code: 'PROCESS_FAIL' }) }
  }
  await noteUnanswered(db, id, clock.now())
  system.log.warn('issuer.no-answer', {
    merchantId,
    vaultingRequestId: requestId,
    cause: `${acquirer.id} ${answer.cause}`,
  })
  return { kind: 'done', now: payment }
}

/** The card that a payment stores, sealed as every answer will show it. */
async function tokenOf(
  { cards }: System,
  { id, merchantId, terms }: ChargeErrand,
  { choice, question }: Chosen<Payment>,
  info: PaymentResultInfo,
  fingerprint: string | undefined,
): Promise<PaymentConclusion['token']> {
  if (!terms.newToken) return undefined
  const brand = brandFor(choice.network)
  if (!brand) throw new Error('a network was chosen that the API has no brand for')
  const { cardBin, lastFour, funding, issuerName, issuingCountry, networkTransactionId } = info
  const card: StoredCard = {
    cardToken: terms.newToken,
    brand,
    maskedCardNo: info.cardNo ?? '',
    expiryYear: question.expiry.year,
    expiryMonth: question.expiry.month,
    ...(cardBin !== undefined && { bin: cardBin }),
    ...(lastFour !== undefined && { lastFour }),
    ...(funding !== undefined && { funding: funding as NonNullable<StoredCard['funding']> }),
    ...(issuerName !== undefined && { issuerName }),
    ...(issuingCountry !== undefined && { issuingCountry }),
    ...(networkTransactionId !== undefined && { networkTransactionId }),
    ...(fingerprint !== undefined && { fingerprint }),
  }
  return { ...(await cards.sealToken(merchantId, id, card)), choice }
}

function shown(proof: IssuerProof | undefined): object {
  return proof ? { eci: proof.eci, authenticationValue: proof.cavv === undefined ? 'absent' : 'present' } : {}
}

function initiated({ terms: { storedCredential } }: ChargeErrand): object {
  if (!storedCredential) return {}
  const { initiator, usage, reason } = storedCredential
  return { storedCredential: [initiator, usage, reason].join(' ') }
}

/** The issuer's answer as the timeline tells it. */
function happened(at: number, answer: Exclude<IssuerAnswer, { kind: 'no answer' }>) {
  const { kind, raw } = answer
  const more = kind === 'declined' ? { resultCode: answer.code, ...(answer.neverRetry && { neverRetry: true }) } : {}
  return { at, kind: 'issuer.answered', detail: { outcome: kind, responseCode: raw, ...more } }
}
