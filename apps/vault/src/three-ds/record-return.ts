/**
 * The browser came back from a challenge. Written down for people; it decides nothing, since whatever a browser brings its
 * owner can have made up. Source: EMV 3-D Secure › CRes.
 */
import { decodeForm, readMessage } from '@coffer/emv3ds'
import type { System } from '../system.js'
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
  const detail = { threeDSServerTransID: known.id, ...brought(form, known) }
  await noteReturned(db, known.id, { at: clock.now(), kind: 'threeds.cres', detail })
  return { vaultingId: known.vaultingId }
}

function brought(form: ReturnForm, known: { id: string; acsTransId: string | undefined }): object {
  const isError = form.cres === undefined
  const bytes = decodeForm(form.cres ?? form.error ?? '')
  if (!bytes) return { unreadable: true }
  const reading = readMessage(bytes, { types: ['CRes', 'Erro'] })
  if (!reading.ok) return { unreadable: true, errorCode: reading.problem.errorCode }
  const { message } = reading
  if (message.messageType === 'Erro') return { errorCode: message.errorCode, ...(isError ? {} : { expected: 'CRes' }) }
  const isOurs = message.threeDSServerTransID === known.id && message.acsTransID === known.acsTransId
  return { transStatus: message.transStatus, ...(isOurs ? {} : { foreign: true }) }
}
