/**
 * The browser came back from a challenge. Written down for people; it decides nothing, since whatever a browser brings its
 * owner can have made up. Source: EMV 3-D Secure › CRes.
 */
import { decodeForm, readMessage } from '@coffer/emv3ds'
import type { System } from '../system.js'
import { noteOn } from '../timeline/timeline-store.js'
import { findAuthentication, noteReturned } from './authentications-across-merchants.js'
import { authenticationIdOf } from './session-data.js'

/** What the form brings. */
export interface ReturnForm {
  cres?: string
  error?: string
  threeDSSessionData?: string
}

/** @returns the vaulting that the challenge belongs to; `undefined` when the form is not one of ours */
export async function recordReturn(system: System, form: ReturnForm): Promise<{ vaultingId: string } | undefined> {
  const { cards, clock, db } = system
  const id = form.threeDSSessionData === undefined ? undefined : authenticationIdOf(cards, form.threeDSSessionData)
  const known = id === undefined ? undefined : await findAuthentication(db, id)
  if (!known) return undefined
  const { detail, isAnswer } = brought(form, known)
  const told = { at: clock.now(), kind: 'threeds.cres', detail: { threeDSServerTransID: known.id, ...detail } }
  // What is no answer of this challenge ends nothing: its frame stays where it is, and the buyer can go on in it.
  const { about, merchantId, vaultingRequestId: requestId, state, returned } = known
  if (isAnswer) await noteReturned(db, known.id, told)
  else if (state === 'CHALLENGE' && !returned) await noteOn(db, { about, merchantId, requestId }, told)
  return { vaultingId: known.vaultingId }
}

function brought(
  form: ReturnForm,
  known: { id: string; acsTransId: string | undefined },
): { detail: object; isAnswer: boolean } {
  const nothing = (detail: object) => ({ detail, isAnswer: false })
  const bytes = decodeForm(form.cres ?? form.error ?? '')
  if (!bytes) return nothing({ unreadable: true })
  const reading = readMessage(bytes, { types: ['CRes', 'Erro'] })
  if (!reading.ok) return nothing({ unreadable: true, errorCode: reading.problem.errorCode })
  const { message } = reading
  if (message.messageType === 'Erro') return nothing({ errorCode: message.errorCode })
  const isOurs = message.threeDSServerTransID === known.id && message.acsTransID === known.acsTransId
  const { transStatus } = message
  return isOurs ? { detail: { transStatus }, isAnswer: true } : nothing({ transStatus, foreign: true })
}
