import type { Network } from '@coffer/test-cards'
import type { Identity } from '../pki.js'
import type { DirectorySurroundings } from './directory-surroundings.js'
import { readJson } from './json.js'
import { isOnThisMachine, postMessage } from './post.js'
import { ProtocolError } from './protocol-error.js'
import { type Checked, checkMessage } from './read-message.js'
import { rresRules, type SpokenVersion } from './rules.js'
import type { Unchecked } from './unchecked.js'
import { erro, writeJson } from './write-message.js'

/** A transaction that an RReq may come for. */
export interface ExpectedResult {
  readonly threeDSServerTransID: string
  readonly dsTransID: string
  readonly acsTransID: string
  readonly threeDSServerURL: string
  readonly category: string
  readonly version: SpokenVersion
}

/** Takes RReqs from the ACS to 3DS Servers, and their answers back. */
export interface Forwarding {
  expect(transaction: ExpectedResult): void
  /** Delivers an RReq. @returns the RRes or Erro for the ACS @throws ProtocolError 301 when it belongs to no transaction */
  receive(rreq: Checked): Promise<Unchecked>
  stop(): void
}

/** How long a 3DS Server may take over an RReq, in real time. Source: EMV 3-D Secure, by what implementers say */
export const resultsWaitMs = 5_000

/** How long to wait, after each time that a 3DS Server could not be reached, before trying again; in the clock's time. */
export const retryWaitsMs: readonly number[] = [5_000, 30_000, 120_000]

/** The oldest transactions are forgotten when there are more than this. */
const most = 20_000

export function createForwarding(
  set: DirectorySurroundings & { readonly network: Network; readonly identity: Identity },
): Forwarding {
  const { pki, clock, busy, controls, log, network, identity } = set
  const transactions = new Map<string, ExpectedResult>()
  const stopping = new AbortController()
  const at = { component: 'DS', network } as const

  return {
    expect(transaction) {
      transactions.set(transaction.dsTransID, transaction)
      if (transactions.size > most) transactions.delete(transactions.keys().next().value!)
    },
    async receive(rreq) {
      const transaction = transactions.get(rreq.text('dsTransID'))
      const wrong = (['threeDSServerTransID', 'acsTransID'] as const).filter(id => transaction?.[id] !== rreq.text(id))
      if (transaction === undefined || wrong.length > 0) {
        throw new ProtocolError('301', transaction === undefined ? 'dsTransID' : wrong.join(','), rreq.all)
      }
      const answer = await busy.during(deliver(transaction, rreq.all))
      if (answer === undefined) deliverLater(transaction, rreq.all)
      const told = answer ?? erro('D', '405', 'the 3DS Server cannot be reached, it is tried again', rreq.all)
      log.record({ ...at, direction: 'sent', peer: 'ACS' }, told)
      return told
    },
    stop: () => stopping.abort(),
  }

  /** The RRes, or an Erro of the 3DS Server; `undefined` when there was no answer that is one. */
  async function deliver({ threeDSServerURL }: ExpectedResult, rreq: Unchecked): Promise<Unchecked | undefined> {
    const sent = { ...at, direction: 'sent', peer: '3DS Server' } as const
    if (controls.takes('dropRReqs')) {
      log.record(sent, rreq, { outcome: 'lost' })
      return undefined
    }
    if (!isOnThisMachine(threeDSServerURL)) {
      log.record(sent, rreq, { outcome: 'threeDSServerURL is not on this machine' })
      return undefined
    }
    log.record(sent, rreq)
    try {
      const { status, body } = await postMessage(threeDSServerURL, writeJson(rreq), {
        identity,
        ca: pki.ca,
        waitMs: resultsWaitMs,
      })
      if (status !== 200) throw new Error(`HTTP ${status}`)
      const answer = readAnswer(body, rreq)
      log.record({ ...at, direction: 'received', peer: '3DS Server' }, answer)
      return answer
    } catch (error) {
      log.record(sent, rreq, { outcome: failureOf(error) })
      return undefined
    }
  }

  function readAnswer(body: Buffer, rreq: Unchecked): Unchecked {
    const answer = readJson(body)
    if (answer['messageType'] === 'Erro') return answer
    if (answer['messageType'] !== 'RRes') throw new ProtocolError('101', 'messageType', answer)
    const rres = checkMessage(answer, rresRules, network)
    const strange = (['threeDSServerTransID', 'dsTransID', 'acsTransID'] as const).filter(
      id => rres.text(id) !== rreq[id],
    )
    if (strange.length > 0) throw new ProtocolError('301', strange.join(','), answer)
    return answer
  }

  function deliverLater(transaction: ExpectedResult, rreq: Unchecked): void {
    const tryAgain = async () => {
      for (const waitMs of retryWaitsMs) {
        if (!(await clock.wait(waitMs, stopping.signal))) return
        if ((await busy.during(deliver(transaction, rreq))) !== undefined) return
      }
    }
    void tryAgain()
  }
}

/** What went wrong, without anything of what was received. */
function failureOf(error: unknown): string {
  if (error instanceof ProtocolError) return `not understood: ${error.message}`
  const { name, code, message } = error as NodeJS.ErrnoException
  if (name === 'AbortError' || name === 'TimeoutError') return 'not answered in time'
  return /^HTTP \d{3}$/.test(message) ? message : `not delivered: ${code ?? name}`
}
