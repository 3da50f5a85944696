/**
 * Asks a directory server to authenticate a cardholder: AReq out, ARes in. What comes back is a value for each thing that
 * can happen; nothing is guessed. Source: EMV 3-D Secure › AReq/ARes.
 */
import { parseUrl } from '@coffer/antom'
import { type ARes, type Erro, erroFor, type Problem, readMessage, writeMessage } from '@coffer/emv3ds'
import type { Pan } from '../card-data/index.js'
import { type AReqMaterial, areqTemplate } from './areq.js'
import type { Directory } from './directories.js'
import type { DirectoryLine } from './directory-line.js'
import type { AuthenticationOutcome } from './judge-authentication.js'
import type { ThreeDSTimers } from './three-ds-settings.js'

export type CardAuthentication =
  | {
      kind: 'challenge'
      acsUrl: string
      acsTransId: string
      dsTransId: string
      cardholderInfo: string | undefined
      told: object
    }
  /** Decided without the buyer, or not to be had. */
  | { kind: 'decided'; outcome: AuthenticationOutcome; acsTransId: string | undefined; told: object }
  /** Nobody is there: another try may have an answer. */
  | { kind: 'silence'; cause: string }

/**
 * Asks once. Never rejects, but for a defect of ours.
 * @param securePagesOnly  whether buyers are led to https alone
 */
export async function authenticateCard(
  directory: Directory,
  material: AReqMaterial,
  pan: Pan,
  timers: ThreeDSTimers,
  securePagesOnly: boolean,
): Promise<CardAuthentication> {
  const template = areqTemplate(material, pan)
  const line = directory.line
  if (!line) return { kind: 'silence', cause: 'its certificates are not there' }
  const answer = await line.post(template, timers)
  if (answer.kind === 'no answer') {
    return answer.cause === 'broken'
      ? undecided('405 connection', 'the directory server broke off')
      : { kind: 'silence', cause: answer.cause }
  }
  const { version, category } = material
  const reading = readMessage(answer.body, { types: ['ARes', 'Erro'], version, category })
  const objection = reading.ok ? undefined : reading.problem
  if (objection) return object(line, material, timers, objection)
  const message = reading.ok ? reading.message : undefined
  if (message === undefined) throw new Error('a message was neither read nor refused')
  if (message.messageType === 'Erro') return erroAnswer(message)
  if (message.threeDSServerTransID !== material.transId) {
    const errorDescription = 'Transaction ID received is not valid for the receiving component'
    return object(line, material, timers, {
      errorCode: '301',
      errorDescription,
      errorDetail: 'threeDSServerTransID',
      errorMessageType: 'ARes',
    })
  }
  if (message.acsURL !== undefined && !(isPage(message.acsURL) && (isSecure(message.acsURL) || !securePagesOnly))) {
    const errorDescription = 'Format of one or more data elements is invalid'
    const problem = { errorCode: '203' as const, errorDescription, errorDetail: 'acsURL' }
    return object(line, material, timers, { ...problem, errorMessageType: 'ARes' })
  }
  return aresAnswer(message, pan)
}

const isSecure = (url: string) => parseUrl(url)?.protocol === 'https:'
const isPage = (url: string) => ['https:', 'http:'].includes(parseUrl(url)?.protocol ?? '')

function aresAnswer(ares: ARes, pan: Pan): CardAuthentication {
  const {
    transStatus,
    transStatusReason,
    eci,
    authenticationValue,
    dsTransID: dsTransId,
    acsTransID: acsTransId,
  } = ares
  // An issuer could put anything into a text for people, and the buyer gets to see it.
  const { cardholderInfo: info } = ares
  const cardholderInfo = info !== undefined && !pan.standsIn(info) ? info : undefined
  const told = {
    ...idsOf(ares),
    transStatus,
    ...(transStatusReason !== undefined && { transStatusReason }),
    ...(eci !== undefined && { eci }),
    authenticationValue: authenticationValue === undefined ? 'absent' : 'present',
    ...(ares.acsChallengeMandated !== undefined && { acsChallengeMandated: ares.acsChallengeMandated }),
    ...(ares.authenticationType !== undefined && { authenticationType: ares.authenticationType }),
  }
  if (transStatus === 'C' && ares.acsURL !== undefined) {
    return { kind: 'challenge', acsUrl: ares.acsURL, acsTransId, dsTransId, cardholderInfo, told }
  }
  const outcome: AuthenticationOutcome = {
    transStatus,
    ...(transStatusReason !== undefined && { transStatusReason }),
    ...(eci !== undefined && { eci }),
    ...(authenticationValue !== undefined && { authenticationValue }),
    ...(cardholderInfo !== undefined && { cardholderInfo }),
    dsTransId,
  }
  return { kind: 'decided', outcome, acsTransId, told }
}

/** The other side found our message wrong, or could not pass it on. Its own words may repeat what we sent: codes only. */
function erroAnswer({ errorCode, errorComponent, errorMessageType }: Erro): CardAuthentication {
  const told = { errorCode, errorComponent, ...(errorMessageType !== undefined && { errorMessageType }) }
  return {
    kind: 'decided',
    outcome: { transStatus: undefined, problem: `error ${errorCode}` },
    acsTransId: undefined,
    told,
  }
}

/** We found their message wrong, and say so. What they make of that changes nothing. */
async function object(
  line: DirectoryLine,
  { transId, version }: AReqMaterial,
  timers: ThreeDSTimers,
  problem: Problem,
): Promise<CardAuthentication> {
  // An Erro is answered with nothing, whatever is wrong with it: two servers would tell each other for ever.
  if (problem.errorMessageType !== 'Erro') {
    const erro = erroFor(problem, { component: 'S', version, threeDSServerTransID: transId })
    await line.post(
      { bytes: Buffer.from(writeMessage(erro)), slots: [] },
      { ...timers, answerMs: Math.min(2_000, timers.answerMs) },
    )
  }
  const told = { refused: 'ARes', errorCode: problem.errorCode, errorDetail: problem.errorDetail, errorComponent: 'S' }
  const outcome = { transStatus: undefined, problem: `error ${problem.errorCode}` }
  return { kind: 'decided', outcome, acsTransId: undefined, told }
}

const undecided = (problem: string, cause: string): CardAuthentication => ({
  kind: 'decided',
  outcome: { transStatus: undefined, problem },
  acsTransId: undefined,
  told: { cause, errorCode: '405' },
})

const idsOf = ({ threeDSServerTransID, dsTransID, acsTransID, messageVersion }: ARes) => ({
  messageVersion,
  threeDSServerTransID,
  dsTransID,
  acsTransID,
})
