import { type Network, readTestCard } from '@coffer/test-cards'
import type { Busy } from '../busy.js'
import type { Clock, Random } from '../clock.js'
import type { Pki } from '../pki.js'
import type { Answer, Caller } from './answer.js'
import type { AuthenticationValues } from './cavv.js'
import { breakOff, type ChallengeAction, type ChallengeEnding, takeAction, timeOut } from './challenge.js'
import { readJson } from './json.js'
import type { MessageLog } from './message-log.js'
import { postMessage } from './post.js'
import { ProtocolError } from './protocol-error.js'
import { type Checked, checkMessage, readTyped } from './read-message.js'
import { type ReturnedForm, readReturned } from './returned-form.js'
import { creqRules, forwardedAreqRules } from './rules.js'
import { transactionId } from './transaction-id.js'
import { createTransactions, type Transaction } from './transactions.js'
import type { Unchecked } from './unchecked.js'
import { answerAReq, type Category, scriptOf, type Verdict } from './verdict.js'
import { erroFor, writeJson } from './write-message.js'

/** What the ACS stands on. */
export interface AcsSurroundings {
  readonly pki: Pki
  readonly clock: Clock
  readonly random: Random
  readonly busy: Busy
  readonly log: MessageLog
  readonly values: AuthenticationValues
  /** Where browsers find its pages: `http://localhost:8092`. */
  readonly pages: () => string
}

/** What a browser is shown next. */
export type Showing =
  | {
      readonly kind: 'challenge'
      readonly transaction: Transaction
      readonly because?: 'wrong-code' | 'still-checking'
    }
  /** The browser carries a form to the 3DS Server. */
  | { readonly kind: 'return'; readonly url: string; readonly fields: Readonly<Record<string, string>> }
  /** Nobody can be told, so the buyer is. */
  | { readonly kind: 'end'; readonly problem: ProtocolError }

/** The access control server of all issuers. */
export interface Acs {
  /** Answers an AReq of a DS; never throws for what is in it. */
  receive(bytes: Buffer, caller: Caller & { network: Network }): Answer
  /** A browser has brought a CReq. */
  begin(form: ReturnedForm): Promise<Showing>
  /** A buyer has done something on a page. */
  act(acsTransID: string, action: ChallengeAction): Promise<Showing>
  stop(): void
}

/** The reference number of an approved ACS. This one is approved by nobody. */
const referenceNumber = 'COFFER-SIMULATED-ACS'

/** How long the first CReq may take after the ARes, in the clock's time. Source: card scheme practice, after EMVCo */
export const firstCreqMs = 30_000

/** How long each step of a challenge may take, in the clock's time. Source: card scheme practice, after EMVCo */
export const stepMs = 600_000

/** How long the DS may take over an RReq: longer than it gives the 3DS Server, which it asks in turn. In real time. */
const resultsWaitMs = 8_000

export function createAcs({ pki, clock, random, busy, log, values, pages }: AcsSurroundings): Acs {
  const transactions = createTransactions()
  const stopping = new AbortController()

  return {
    receive(bytes, { network, role }) {
      const at = { component: 'ACS', network, peer: 'DS' } as const
      try {
        const message = received(bytes, at)
        if (role !== 'ds')
          throw new ProtocolError('303', 'the client certificate is not of a directory server', message)
        const ares = authenticate(checkMessage(message, forwardedAreqRules, network), network)
        log.record({ ...at, direction: 'sent' }, ares)
        return { kind: 'message', message: ares }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        const message = erroFor('A', error)
        log.record({ ...at, direction: 'sent' }, message)
        return { kind: 'message', message }
      }
    },

    async begin(form) {
      const { message, sessionData, problem: unreadable } = readReturned(form)
      const transaction = transactions.find(message['acsTransID'])
      if (transaction === undefined) {
        return { kind: 'end', problem: unreadable ?? new ProtocolError('301', 'acsTransID', message) }
      }
      log.record({ component: 'ACS', network: transaction.network, direction: 'received', peer: 'browser' }, message)
      if (transaction.ended !== undefined) {
        return { kind: 'end', problem: new ProtocolError('305', 'the challenge is over', message) }
      }
      if (sessionData !== undefined) transaction.sessionData = sessionData
      try {
        if (unreadable !== undefined) throw unreadable
        checkCReq(message, transaction)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        return refuse(transaction, error)
      }
      if (!transaction.begun || transaction.tt !== '23') startTimer(transaction, stepMs, '04')
      transaction.begun = true
      return { kind: 'challenge', transaction }
    },

    async act(acsTransID, action) {
      const transaction = transactions.find(acsTransID)
      if (transaction === undefined || !transaction.begun) {
        return { kind: 'end', problem: new ProtocolError('301', 'acsTransID') }
      }
      if (transaction.ended !== undefined) return comeBack(transaction)

      transaction.interactions += 1
      const step = takeAction(transaction.question, transaction.tt, action, transaction.wrongCodes)
      if (step.kind === 'over') {
        await end(transaction, step.ending)
        return comeBack(transaction)
      }
      if (step.because === 'wrong-code') transaction.wrongCodes += 1
      // Otherwise whoever goes on typing could keep a challenge from ever timing out.
      if (step.because !== 'still-checking') startTimer(transaction, stepMs, '04')
      return { kind: 'challenge', transaction, because: step.because }
    },

    stop: () => stopping.abort(),
  }

  function received(bytes: Buffer, at: { component: 'ACS'; network: Network; peer: 'DS' }): Unchecked {
    try {
      const { message } = readTyped(bytes, ['AReq'])
      log.record({ ...at, direction: 'received' }, message)
      return message
    } catch (error) {
      if (error instanceof ProtocolError) log.record({ ...at, direction: 'received' }, error.about ?? {})
      throw error
    }
  }

  function authenticate(areq: Checked, network: Network): Unchecked {
    const pan = areq.text('acctNumber')
    const card = readTestCard(pan)
    if (card?.threeDS === undefined) throw new ProtocolError('305', 'acctNumber', areq.all)
    if (!card.threeDS.versions.includes(areq.version)) throw new ProtocolError('102', 'messageVersion', areq.all)

    const question = { card, category: areq.text('messageCategory') as Category, version: areq.version }
    const script = scriptOf(card, areq.maybe('cardholderName'))
    const verdict = answerAReq(question, script)
    const acsTransID = transactionId(random)
    const dsTransId = areq.text('dsTransID')
    const ares = {
      messageType: 'ARes',
      messageVersion: areq.version,
      threeDSServerTransID: areq.text('threeDSServerTransID'),
      dsTransID: dsTransId,
      acsTransID,
      dsReferenceNumber: areq.text('dsReferenceNumber'),
      acsReferenceNumber: referenceNumber,
      ...elementsOf(verdict, pan, dsTransId),
    }
    if (verdict.transStatus !== 'C') return ares

    const { acctNumber: _number, ...kept } = areq.all
    const transaction: Transaction = {
      network,
      question,
      tt: script.tt,
      areq: kept,
      threeDSServerTransID: ares.threeDSServerTransID,
      dsTransID: dsTransId,
      acsTransID,
      lastFour: pan.slice(-4),
      // Made now, so that the number need not wait for the end of the challenge.
      valueWhenAuthenticated: values.make({ status: 'Y', pan, dsTransId }),
      authenticationType: script.tt === '21' ? '03' : '02',
      begun: false,
      interactions: 0,
      wrongCodes: 0,
      sessionData: undefined,
      timer: new AbortController(),
      ended: undefined,
    }
    transactions.add(transaction)
    startTimer(transaction, firstCreqMs, '05')
    return {
      ...ares,
      acsURL: `${pages()}/acs/challenge`,
      acsChallengeMandated: areq.maybe('threeDSRequestorChallengeInd') === '04' ? 'Y' : 'N',
      authenticationType: transaction.authenticationType,
    }
  }

  function elementsOf({ proves, ...said }: Verdict, pan: string, dsTransId: string): Unchecked {
    return {
      ...said,
      ...(proves === undefined ? {} : { authenticationValue: values.make({ status: proves, pan, dsTransId }) }),
      ...(said.transStatus === 'D' ? { acsDecConInd: 'Y', authenticationType: '04' } : {}),
    }
  }

  function checkCReq(message: Unchecked, { network, threeDSServerTransID, question }: Transaction): void {
    if (message['messageType'] !== 'CReq') throw new ProtocolError('101', 'messageType', message)
    const creq = checkMessage(message, creqRules, network)
    // It has to be the version in which the challenge was asked for.
    if (creq.version !== question.version) throw new ProtocolError('203', 'messageVersion', message)
    if (creq.text('threeDSServerTransID') !== threeDSServerTransID) {
      throw new ProtocolError('301', 'threeDSServerTransID', message)
    }
  }

  /** Tells the 3DS Server over both ways that its CReq was wrong: nothing follows after that. */
  async function refuse(transaction: Transaction, problem: ProtocolError): Promise<Showing> {
    const erro = { ...erroFor('A', problem), threeDSServerTransID: transaction.threeDSServerTransID }
    log.record({ component: 'ACS', network: transaction.network, direction: 'sent', peer: 'browser' }, erro)
    await end(transaction, breakOff(transaction.question, transaction.tt))
    return returning(transaction, 'error', erro)
  }

  /** Starts the time that a buyer has for the step that begins now; the time of the last step is over. */
  function startTimer(transaction: Transaction, ms: number, challengeCancel: '04' | '05'): void {
    transaction.timer.abort()
    const timer = new AbortController()
    transaction.timer = timer
    clock
      .wait(ms, AbortSignal.any([timer.signal, stopping.signal]))
      .then(passed =>
        passed ? end(transaction, timeOut(transaction.question, transaction.tt, challengeCancel)) : undefined,
      )
      .catch(() => {}) // an RReq that does not arrive is in the log
  }

  /** Ends a challenge once: the result goes to the DS. @returns when the DS has answered */
  function end(transaction: Transaction, ending: ChallengeEnding): Promise<void> {
    transaction.timer.abort()
    transaction.ended ??= { ending, told: busy.during(tell(transaction, ending)) }
    return transaction.ended.told
  }

  /** The browser goes back, and not before the DS has answered. */
  async function comeBack(transaction: Transaction): Promise<Showing> {
    const { ending, told } = transaction.ended!
    await told
    const cres = {
      messageType: 'CRes',
      messageVersion: transaction.question.version,
      threeDSServerTransID: transaction.threeDSServerTransID,
      acsTransID: transaction.acsTransID,
      transStatus: ending.cresStatus,
    }
    log.record({ component: 'ACS', network: transaction.network, direction: 'sent', peer: 'browser' }, cres)
    return returning(transaction, 'cres', cres)
  }

  function returning({ areq, sessionData }: Transaction, name: 'cres' | 'error', message: Unchecked): Showing {
    return {
      kind: 'return',
      url: String(areq['notificationURL']),
      fields: {
        [name]: Buffer.from(writeJson(message)).toString('base64url'),
        ...(sessionData === undefined ? {} : { threeDSSessionData: sessionData }),
      },
    }
  }

  async function tell(transaction: Transaction, { verdict, challengeCancel, rreqs }: ChallengeEnding): Promise<void> {
    const { proves, ...said } = verdict
    const rreq = {
      messageType: 'RReq',
      messageVersion: transaction.question.version,
      threeDSServerTransID: transaction.threeDSServerTransID,
      dsTransID: transaction.dsTransID,
      acsTransID: transaction.acsTransID,
      messageCategory: transaction.question.category,
      ...said,
      ...(proves === undefined ? {} : { authenticationValue: transaction.valueWhenAuthenticated }),
      authenticationType: transaction.authenticationType,
      interactionCounter: String(Math.min(transaction.interactions, 99)).padStart(2, '0'),
      ...(challengeCancel === undefined ? {} : { challengeCancel }),
    }
    for (let nth = 0; nth < rreqs; nth += 1) await sendResult(transaction, rreq)
  }

  async function sendResult({ network, areq }: Transaction, rreq: Unchecked): Promise<void> {
    const at = { component: 'ACS', network, peer: 'DS' } as const
    log.record({ ...at, direction: 'sent' }, rreq)
    try {
      const { body } = await postMessage(String(areq['dsURL']), writeJson(rreq), {
        identity: pki.networks.get(network)!.acs,
        ca: pki.ca,
        waitMs: resultsWaitMs,
      })
      log.record({ ...at, direction: 'received' }, readJson(body))
    } catch {
      // The buyer waits, and has done what there was to do.
      log.record({ ...at, direction: 'sent' }, rreq, { outcome: 'not delivered' })
    }
  }
}
