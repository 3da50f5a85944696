/** From a card and a network to an outcome: the question is written down, asked once, and its answer concluded. */
import type { StoredCard } from '@coffer/antom'
import type { Asked, Asking, NetworkChoice, Question, Secrets } from '../buyers/errand.js'
import type { CardFacts, Pan } from '../card-data/index.js'
import { brandFor } from '../cards/networks.js'
import type { AcquirerConnector } from '../issuer/connector.js'
import { isApproval, isSoftDecline } from '../issuer/response-codes.js'
import { type Verification, verifyCard } from '../issuer/verify-card.js'
import { after } from '../platform/clock.js'
import type { System } from '../system.js'
import type { IssuerProof } from '../three-ds/judge-authentication.js'
import { noteEvent } from '../timeline/timeline-store.js'
import { concludeVaulting, type Happened } from './conclude-vaulting.js'
import { noteUnanswered, withdrawQuestion } from './issuer-message-store.js'
import { takeBackApproval } from './take-back-approval.js'
import { failed, type RunningVaulting, type Vaulting } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

/** Longer than a connector waits for an answer. From then on the question is taken back, whoever asked it. */
const UNANSWERED_AFTER_MS = 10_000

/** Real time from writing the question down to sending it. After a longer pause it may be being taken back already. */
const SEND_WITHIN_MS = 5_000

/** What is asked, and the token that the card gets, should it be stored. */
type VaultingQuestion = Question & { token: string }

/** Asks the issuer about a card: once in the life of the vaulting, and once more after a soft decline. */
export async function askIssuer(
  system: System,
  vaulting: RunningVaulting,
  card: Secrets,
  question: VaultingQuestion,
  choice: NetworkChoice,
  { keep, proof, stepUp }: Asking<Vaulting>,
): Promise<Asked<Vaulting>> {
  const { cards, clock, presence } = system
  const { id, merchantId, vaultingRequestId } = vaulting
  const acquirer = system.acquirers.for(choice.network)
  if (!acquirer) throw new Error('a network was chosen that no acquirer serves')

  // 1. Write the question down before it leaves: after a crash it is known that the issuer may have been asked.
  const reference = await acquirer.prepare()
  const at = clock.now()
  const { at: _sameInstant, ...names } = reference
  const began = clock.stopwatch()
  const fingerprint = await system.writes.ask({
    id,
    merchantId,
    vaultingRequestId,
    holder: presence.processId,
    acquirer: acquirer.id,
    network: choice.network,
    currency: question.currency,
    reference,
    at,
    dueAt: after(at, UNANSWERED_AFTER_MS),
    fingerprint: cards.fingerprint(merchantId, card.pan),
    newFingerprintId: cards.newFingerprintId(),
    detail: { network: choice.network, chosenBy: choice.by, acquirer: acquirer.id, ...names, ...shown(proof) },
  })
  if (fingerprint === undefined) return { kind: 'done', now: await present(system, vaulting) }

  // 2. Ask. Silence is neither a yes nor a no.
  if (clock.stopwatch() - began > SEND_WITHIN_MS) {
    return unanswered(
      system,
      vaulting,
      acquirer,
      { kind: 'no answer', cause: 'too late to be sent', sent: false },
      keep,
    )
  }
  const { token: _token, amount: _none, ...askedFor } = question
  const verification = await verifyCard(
    acquirer,
    { network: choice.network, ...card, ...askedFor, ...(proof && { authentication: proof }) },
    reference,
  )
  system.metrics.issuer.inc({ outcome: verification.kind })
  if (verification.kind === 'no answer') return unanswered(system, vaulting, acquirer, verification, keep)

  // 3. An issuer that wants to know who the buyer is has declined nothing yet.
  if (stepUp && verification.kind === 'refused' && isSoftDecline(verification.raw, choice.network)) {
    const happened = told(clock.now(), verification)
    await noteEvent(system.db, merchantId, vaultingRequestId, {
      ...happened,
      detail: { ...happened.detail, soft: true },
    })
    const waiting = await stepUp()
    if (waiting) return { kind: 'done', now: waiting }
  }

  // 4. Conclude: token, or failure and the sealed card erased; final state and notification in one transaction.
  const grounds = { ground: 'ANSWERED' as const, choice, happened: [told(clock.now(), verification)] }
  const outcome =
    verification.kind === 'refused'
      ? failed(verification.code)
      : {
          kind: 'stored' as const,
          card: storedCard(card.pan, choice, question, verification, fingerprint),
        }
  const ended = await concludeVaulting(system, vaulting, outcome, grounds)
  if (isApproval(verification.raw) && !(ended.state === 'SUCCESS' && ended.card.cardToken === question.token)) {
    const { pan } = card
    const { expiry, currency } = question
    const asked = { acquirer: acquirer.id, network: choice.network, reference, askedAt: at, raw: verification.raw }
    await takeBackApproval(system, vaulting, { pan, expiry, currency, ...asked })
  }
  return { kind: 'done', now: ended }
}

/** Nobody answered: what was certainly not asked can be asked again, anything else is taken back. */
async function unanswered(
  system: System,
  vaulting: RunningVaulting,
  acquirer: AcquirerConnector,
  verification: Extract<Verification, { kind: 'no answer' }>,
  keep: boolean,
): Promise<Asked<Vaulting>> {
  const { clock, db } = system
  const { id, merchantId, vaultingRequestId } = vaulting
  await noteEvent(db, merchantId, vaultingRequestId, told(clock.now(), verification))
  if (!verification.sent && (await withdrawQuestion(db, id, keep))) {
    if (verification.cause !== 'garbled') return { kind: 'not asked', now: vaulting }
    // The message could not be written: the acquirer's profile has no place for something in it, and never will have.
    const outcome = failed('PROCESS_FAIL')
    return { kind: 'done', now: await concludeVaulting(system, vaulting, outcome, { ground: 'UNASKED' }) }
  }
  await noteUnanswered(db, id, clock.now())
  system.log.warn('issuer.no-answer', { merchantId, vaultingRequestId, cause: `${acquirer.id} ${verification.cause}` })
  return { kind: 'done', now: vaulting }
}

/** How the vaulting stands, when this process may not ask: somebody else did, or it was ended. */
async function present(system: System, vaulting: RunningVaulting): Promise<Vaulting> {
  const found = await findVaulting(system.db, system.cards, vaulting.merchantId, vaulting.vaultingRequestId)
  return found?.vaulting ?? vaulting
}

/** What the issuer is told of the buyer's authentication, as the timeline tells it. */
function shown(proof: IssuerProof | undefined): object {
  return proof ? { eci: proof.eci, authenticationValue: proof.cavv === undefined ? 'absent' : 'present' } : {}
}

/** The issuer's answer as the timeline tells it. */
function told(at: number, verification: Verification): Happened {
  const { kind } = verification
  if (kind === 'no answer') {
    const { cause, sent } = verification
    return { at, kind: 'issuer.no-answer', detail: { outcome: 'unknown', cause, asked: sent } }
  }
  const detail = {
    outcome: kind === 'good' ? 'approved' : 'declined',
    responseCode: verification.raw,
    ...(kind === 'refused' && { resultCode: verification.code }),
  }
  return { at, kind: 'issuer.answered', detail }
}

/** The card as every answer will show it from now on. */
function storedCard(
  pan: Pan,
  choice: NetworkChoice,
  { token, expiry }: VaultingQuestion,
  verification: Extract<Verification, { kind: 'good' }>,
  fingerprint: string,
): StoredCard {
  const brand = brandFor(choice.network)
  if (!brand) throw new Error('a network was chosen that the API has no brand for')
  const { networkTransactionId, avsResult, cvvResult } = verification
  return {
    cardToken: token,
    brand,
    maskedCardNo: pan.masked,
    bin: pan.bin,
    lastFour: pan.lastFour,
    expiryYear: expiry.year,
    expiryMonth: expiry.month,
    ...known(pan.facts),
    // An issuer could put anything there, and the merchant gets to see it.
    ...(networkTransactionId && !pan.standsIn(networkTransactionId) && { networkTransactionId }),
    fingerprint,
    ...(avsResult && { avsResultRaw: avsResult }),
    ...(cvvResult && { cvvResultRaw: cvvResult }),
  }
}

/** What the number's range tells, where it does. */
function known(facts: CardFacts | undefined) {
  const { funding, issuerName, issuingCountry, networks } = facts ?? {}
  return {
    ...(funding && { funding }),
    ...(issuerName && { issuerName }),
    ...(issuingCountry && { issuingCountry }),
    ...(networks && { supportedBrands: [...networks] }),
  }
}
