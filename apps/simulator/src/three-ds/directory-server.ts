import { type Network, readTestCard } from '@coffer/test-cards'
import type { NetworkPki } from '../pki.js'
import type { Answer, Caller } from './answer.js'
import type { DirectorySurroundings } from './directory-surroundings.js'
import { createForwarding } from './forward-results.js'
import { readJson } from './json.js'
import { postMessage } from './post.js'
import { ProtocolError } from './protocol-error.js'
import { type Ranges, rangeSpeaks } from './ranges.js'
import { type Checked, checkMessage, readTyped } from './read-message.js'
import { areqRules, preqRules, rreqRules, spokenVersions } from './rules.js'
import { transactionId } from './transaction-id.js'
import type { Unchecked } from './unchecked.js'
import { scriptOf } from './verdict.js'
import { erro, erroFor, writeJson } from './write-message.js'

/** The directory server of one network. */
export interface DirectoryServer {
  /** Answers a PReq, an AReq or an RReq; never throws for what is in it. */
  receive(bytes: Buffer, caller: Caller): Promise<Answer>
  /** Gives up what it still wanted to deliver. */
  stop(): void
}

/** The reference number of an approved directory server. This one is approved by nobody. */
const referenceNumber = 'COFFER-SIMULATED-DS'

/** How long the ACS may take over an AReq, in real time. */
const acsWaitMs = 10_000

/** The role in whose place each message is sent. */
const senders: Readonly<Record<'PReq' | 'AReq' | 'RReq', Caller['role']>> = {
  PReq: '3ds-server',
  AReq: '3ds-server',
  RReq: 'acs',
}

/** Makes the directory server of a network. */
export function createDirectoryServer(
  network: Network,
  own: NetworkPki,
  ranges: Ranges,
  surroundings: DirectorySurroundings,
): DirectoryServer {
  const { pki, random, busy, controls, log, origin } = surroundings
  const forwarding = createForwarding({ ...surroundings, network, identity: own.ds })
  const at = { component: 'DS', network } as const

  return {
    stop: forwarding.stop,
    async receive(bytes, caller) {
      const peer = caller.role === 'acs' ? 'ACS' : '3DS Server'
      try {
        return await serve(bytes, caller, peer)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        const message = erroFor('D', error)
        log.record({ ...at, direction: 'sent', peer }, message)
        return { kind: 'message', message }
      }
    },
  }

  async function serve(bytes: Buffer, caller: Caller, peer: '3DS Server' | 'ACS'): Promise<Answer> {
    const { type, message } = typed(bytes, peer)
    // Before anything of the message is looked at: who has no business here learns nothing.
    if (caller.network !== network || caller.role !== senders[type]) {
      throw new ProtocolError('303', 'the client certificate is of another scheme or another role', message)
    }
    switch (type) {
      case 'PReq':
        return prepare(checkMessage(message, preqRules, network))
      case 'AReq':
        return authenticate(checkMessage(message, areqRules, network))
      case 'RReq':
        return { kind: 'message', message: await forwarding.receive(checkMessage(message, rreqRules, network)) }
    }
  }

  function typed(bytes: Buffer, peer: '3DS Server' | 'ACS') {
    try {
      const read = readTyped(bytes, ['PReq', 'AReq', 'RReq'])
      log.record({ ...at, direction: 'received', peer }, read.message)
      return read
    } catch (error) {
      if (error instanceof ProtocolError) log.record({ ...at, direction: 'received', peer }, error.about ?? {})
      throw error
    }
  }

  function prepare(preq: Checked): Answer {
    if (controls.state.silentDirectory) return silence(preq.all)
    const list = withAbout(preq.all, () => ranges.since(preq.maybe('serialNum'), preq.version))
    const message = {
      messageType: 'PRes',
      messageVersion: preq.version,
      threeDSServerTransID: preq.text('threeDSServerTransID'),
      dsTransID: transactionId(random),
      serialNum: list.serialNum,
      dsStartProtocolVersion: spokenVersions[0],
      dsEndProtocolVersion: spokenVersions.at(-1),
    }
    log.record({ ...at, direction: 'sent', peer: '3DS Server' }, message, { says: { cardRanges: list.count } })
    if (list.count === 0) return { kind: 'message', message }
    return { kind: 'list', message, name: 'cardRangeData', items: list.ranges }
  }

  async function authenticate(areq: Checked): Promise<Answer> {
    if (controls.state.silentDirectory) return silence(areq.all)
    if (areq.text('deviceChannel') !== '02') throw new ProtocolError('305', 'deviceChannel', areq.all)
    const acctNumber = areq.text('acctNumber')
    const card = readTestCard(acctNumber)
    const range = ranges.find(acctNumber)
    if (card?.threeDS === undefined || range === undefined) throw new ProtocolError('305', 'acctNumber', areq.all)
    if (!rangeSpeaks(range, areq.version)) throw new ProtocolError('102', 'messageVersion', areq.all)

    const script = scriptOf(card, areq.maybe('cardholderName'))
    const dsTransID = transactionId(random)
    switch (script.tt) {
      case '30':
        return silence(areq.all)
      case '31':
        throw new ProtocolError('203', 'cardExpiryDate', areq.all)
      case '32':
        throw new ProtocolError('305', 'acctNumber', areq.all)
      case '37':
        throw new ProtocolError('102', 'messageVersion', areq.all)
      case '33':
        return told(areq, 'not JSON', {
          kind: 'text',
          status: 200,
          text: '<html>Service temporarily unavailable</html>',
        })
      case '35':
        return told(areq, 'HTTP 500', { kind: 'text', status: 500, text: 'Internal Server Error' })
      case '36':
        return told(areq, 'connection reset', { kind: 'reset' })
    }

    const forwarded = {
      ...areq.all,
      dsReferenceNumber: referenceNumber,
      dsTransID,
      dsURL: `${origin()}/ds/${network}`,
    }
    log.record({ ...at, direction: 'sent', peer: 'ACS' }, forwarded)
    const answer = await busy.during(askAcs(forwarded))
    const strayed = script.tt === '34' ? { ...answer, threeDSServerTransID: transactionId(random) } : answer
    if (answer['messageType'] === 'ARes') {
      forwarding.expect({
        threeDSServerTransID: areq.text('threeDSServerTransID'),
        dsTransID,
        acsTransID: String(answer['acsTransID']),
        threeDSServerURL: areq.text('threeDSServerURL'),
        category: areq.text('messageCategory'),
        version: areq.version,
      })
    }
    log.record({ ...at, direction: 'sent', peer: '3DS Server' }, strayed)
    return { kind: 'message', message: strayed }
  }

  /** The ACS's ARes, or an Erro: its own, or ours when it cannot be understood. */
  async function askAcs(areq: Unchecked): Promise<Unchecked> {
    try {
      const { body } = await postMessage(`${origin()}/acs/areq`, writeJson(areq), {
        identity: own.ds,
        ca: pki.ca,
        waitMs: acsWaitMs,
      })
      const answer = readJson(body)
      log.record({ ...at, direction: 'received', peer: 'ACS' }, answer)
      return answer
    } catch (error) {
      if (error instanceof ProtocolError) return erro('D', '403', 'the ACS answered what is no message', areq)
      return erro('D', '405', 'the ACS cannot be reached', areq)
    }
  }

  function silence(message: Unchecked): Answer {
    return told({ all: message }, 'not answered', { kind: 'silence' })
  }

  function told({ all }: Pick<Checked, 'all'>, outcome: string, answer: Answer): Answer {
    const { threeDSServerTransID } = all
    log.record({ ...at, direction: 'sent', peer: '3DS Server' }, { threeDSServerTransID }, { outcome })
    return answer
  }
}

function withAbout<Result>(message: Unchecked, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    throw error instanceof ProtocolError ? new ProtocolError(error.code, error.detail, message) : error
  }
}
