/**
 * The result of a challenge, from the directory server: RReq in, RRes or Erro out. It alone decides how a challenge ended;
 * what the browser brings back decides nothing. Any process may take it; the one that has the CVV goes on. Source: EMV 3-D
 * Secure › RReq/RRes.
 */
import {
  type Erro,
  type ErrorCode,
  erroFor,
  type MessageVersion,
  messageVersions,
  type Problem,
  type RReq,
  type RRes,
  readMessage,
} from '@coffer/emv3ds'
import type { System } from '../system.js'
import { noteOn } from '../timeline/timeline-store.js'
import type { Authentication } from './authentication.js'
import { findAuthentication, noteResults } from './authentications-across-merchants.js'
import type { AuthenticationOutcome } from './judge-authentication.js'
import { openOutcome, sealOutcome } from './sealed-parts.js'

/**
 * Answers a message of a directory server.
 * @param directoryId  whose it is, by the address and by the certificate of the connection
 * @returns `undefined` for an Erro: it is answered with nothing but that it came
 */
export async function receiveResults(
  system: System,
  directoryId: string,
  body: Uint8Array,
): Promise<RRes | Erro | undefined> {
  const reading = readMessage(body, { types: ['RReq', 'Erro'] })
  if (!reading.ok && reading.problem.errorMessageType === 'Erro') return undefined
  if (!reading.ok) {
    const { threeDSServerTransID: id } = reading.ids
    const known = id === undefined ? undefined : await findAuthentication(system.db, id)
    if (known?.directory === directoryId) await note(system, known, 'threeds.refused', told(reading.problem))
    return refusal(reading.problem, versionOf(body), reading.ids)
  }
  const { message } = reading
  if (message.messageType === 'Erro') {
    // Their complaint about an answer of ours; two servers that answer complaints would go on for ever.
    system.log.warn('three-ds.erro-received', { cause: `${directoryId} error ${message.errorCode}` })
    return undefined
  }
  return results(system, directoryId, message)
}

async function results(system: System, directoryId: string, rreq: RReq): Promise<RRes | Erro> {
  const { cards, clock, db } = system
  const known = await findAuthentication(db, rreq.threeDSServerTransID)
  const refuse = async (code: ErrorCode, element: string) => {
    const problem = problemOf(code, element)
    if (known?.directory === directoryId)
      await note(system, known, 'threeds.refused', { ...seen(rreq), ...told(problem) })
    return refusal(problem, rreq.messageVersion, rreq)
  }
  if (!known) return refuse('301', 'threeDSServerTransID')
  if (known.directory !== directoryId) {
    // Another scheme's server knows of a transaction that is none of its business.
    system.log.error('three-ds.results-from-another-directory', { cause: `${directoryId} for ${known.directory}` })
    await note(system, known, 'threeds.refused', {
      from: directoryId,
      ...told(problemOf('303', 'threeDSServerTransID')),
    })
    return refuse('303', 'threeDSServerTransID')
  }
  if (rreq.messageVersion !== known.version) return refuse('203', 'messageVersion')
  if (rreq.messageCategory !== known.category) return refuse('203', 'messageCategory')
  const wrongId =
    known.dsTransId !== rreq.dsTransID ? 'dsTransID' : known.acsTransId !== rreq.acsTransID ? 'acsTransID' : undefined
  if (wrongId) return refuse('301', wrongId)
  if (known.state === 'BROWSER' || known.state === 'READY' || known.state === 'SENT') {
    return refuse('305', 'threeDSServerTransID')
  }

  // Whoever has passed has not given up: one of the two is not so, and nobody says which.
  const contradicts = ['Y', 'A'].includes(rreq.transStatus) && rreq.challengeCancel !== undefined
  if (contradicts) return refuse('203', 'challengeCancel')

  const outcome = outcomeOf(rreq)
  const sealed = await sealOutcome(cards, known, outcome)
  const event = { at: clock.now(), kind: 'threeds.rreq', detail: seen(rreq) }
  const isFirst = await noteResults(db, known.id, event, sealed)
  if (!isFirst) await note(system, known, 'threeds.rreq', { ...seen(rreq), ...(await how(system, known, outcome)) })
  return received(rreq)
}

/** A result that is not the first one changes nothing, and is acknowledged all the same: its sender cannot mend it. */
async function how(system: System, known: Authentication, outcome: AuthenticationOutcome): Promise<object> {
  const fresh = (await findAuthentication(system.db, known.id)) ?? known
  if (!fresh.outcomeSealed) return { late: true }
  const first = await openOutcome(system.cards, fresh, fresh.outcomeSealed)
  return first.transStatus === outcome.transStatus ? { repeated: true } : { repeated: true, contradicts: true }
}

function outcomeOf(rreq: RReq): AuthenticationOutcome {
  const { transStatus, transStatusReason, challengeCancel, eci, authenticationValue, dsTransID: dsTransId } = rreq
  return {
    transStatus,
    ...(transStatusReason !== undefined && { transStatusReason }),
    ...(challengeCancel !== undefined && { challengeCancel }),
    ...(eci !== undefined && { eci }),
    ...(authenticationValue !== undefined && { authenticationValue }),
    dsTransId,
  }
}

/** What the timeline shows of it: ids and outcome, and that there was a value. */
function seen(rreq: RReq): object {
  const { transStatus, transStatusReason, challengeCancel, eci, interactionCounter } = rreq
  return {
    messageVersion: rreq.messageVersion,
    threeDSServerTransID: rreq.threeDSServerTransID,
    dsTransID: rreq.dsTransID,
    acsTransID: rreq.acsTransID,
    transStatus,
    ...(transStatusReason !== undefined && { transStatusReason }),
    ...(challengeCancel !== undefined && { challengeCancel }),
    ...(eci !== undefined && { eci }),
    ...(interactionCounter !== undefined && { interactionCounter }),
    authenticationValue: rreq.authenticationValue === undefined ? 'absent' : 'present',
  }
}

function received(rreq: RReq): RRes {
  const { messageVersion, threeDSServerTransID, dsTransID, acsTransID } = rreq
  return { messageType: 'RRes', messageVersion, threeDSServerTransID, dsTransID, acsTransID, resultsStatus: '01' }
}

const told = ({ errorCode, errorDetail }: Problem) => ({ errorCode, errorDetail, errorComponent: 'S' })

const note = (
  system: System,
  { about, merchantId, vaultingRequestId: requestId }: Authentication,
  kind: string,
  detail: object,
) => noteOn(system.db, { about, merchantId, requestId }, { at: system.clock.now(), kind, detail })

const DESCRIPTIONS: Partial<Record<ErrorCode, string>> = {
  '101': 'Message received is not valid for the receiving component',
  '203': 'Format of one or more data elements is invalid',
  '301': 'Transaction ID received is not valid for the receiving component',
  '303': 'Access denied: the transaction belongs to another directory server',
  '305': 'Transaction data is not valid: no challenge is under way',
}

const problemOf = (errorCode: ErrorCode, errorDetail: string): Problem => ({
  errorCode,
  errorDescription: DESCRIPTIONS[errorCode] ?? 'Error',
  errorDetail,
  errorMessageType: 'RReq',
})

function refusal(
  problem: Problem,
  version: MessageVersion,
  ids: { threeDSServerTransID?: string; dsTransID?: string; acsTransID?: string },
): Erro {
  const { threeDSServerTransID, dsTransID, acsTransID } = ids
  return erroFor(problem, {
    component: 'S',
    version,
    ...(threeDSServerTransID !== undefined && { threeDSServerTransID }),
    ...(dsTransID !== undefined && { dsTransID }),
    ...(acsTransID !== undefined && { acsTransID }),
  })
}

/** The version that a message without a readable one is answered in: its own where it is one of ours. */
function versionOf(body: Uint8Array): MessageVersion {
  const [, named] = /"messageVersion"\s*:\s*"([0-9.]{5,8})"/.exec(Buffer.from(body).toString('latin1')) ?? []
  return messageVersions.find(version => version === named) ?? messageVersions.at(-1)!
}
