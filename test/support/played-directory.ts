/**
 * Directory servers in a test's hands: they listen on a real socket with the certificates of the simulator's schemes, let
 * only 3DS Servers in that show theirs, say what the test tells them to, and keep what they were told.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { inject } from 'vitest'
import { type DirectoryConfig, sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'
import { clientAuthorities, serverIdentity } from './pki-files.js'

/** A message of 3-D Secure whose elements nobody has checked. */
// biome-ignore lint/suspicious/noExplicitAny: tests make messages of any shape, and look into them
export type Loose = Record<string, any>

/** What a played directory server answers: a message, any bytes, a connection that breaks, nothing at all. */
export type PlayedAnswer =
  | { message: Loose }
  /** With `cut`, the connection breaks before the answer is whole. */
  | { text: string; status?: number; cut?: boolean }
  | 'reset'
  | 'silence'

/** A message as it came. */
export interface ReceivedMessage {
  /** From the address: `VISA`. */
  network: string
  text: string
  message: Loose
}

type Play = (message: Loose, network: string) => PlayedAnswer | Promise<PlayedAnswer>

export interface PlayedDirectory {
  /** For `startSystem`: every network's directory server is played. */
  directories: readonly DirectoryConfig[]
  /** Everything that came, oldest first. */
  received: ReceivedMessage[]
  /** Of what came, the messages of one type. */
  ofType: (messageType: string) => ReceivedMessage[]
  /** What an AReq is answered with from now on. */
  onAReq: (play: Play) => void
  /** What a PReq is answered with from now on. */
  onPReq: (play: Play) => void
  stop: () => Promise<void>
}

/** The ranges that a played directory server lists unless a test says otherwise: the whole network takes part. */
const RANGES: Readonly<Record<string, readonly [string, string][]>> = {
  VISA: [['4000000000000000', '4999999999999999']],
  MASTERCARD: [
    ['2221000000000000', '2720999999999999'],
    ['5100000000000000', '5599999999999999'],
  ],
}

/** An element of `cardRangeData`. */
export const aRange = (startRange: string, endRange: string, more: Loose = {}): Loose => ({
  startRange,
  endRange,
  actionInd: 'A',
  acsStartProtocolVersion: '2.1.0',
  acsEndProtocolVersion: '2.2.0',
  ...more,
})

/** The answer to a PReq. */
export const aPRes = (preq: Loose, cardRangeData: readonly Loose[], more: Loose = {}): Loose => ({
  messageType: 'PRes',
  messageVersion: preq['messageVersion'],
  threeDSServerTransID: preq['threeDSServerTransID'],
  dsTransID: randomUUID(),
  serialNum: 'played-1',
  dsStartProtocolVersion: '2.1.0',
  dsEndProtocolVersion: '2.2.0',
  cardRangeData,
  ...more,
})

/** An ARes without a challenge, good unless told otherwise; `undefined` takes an element away. */
export const anARes = (areq: Loose, more: Loose = {}): Loose => ({
  messageType: 'ARes',
  messageVersion: areq['messageVersion'],
  threeDSServerTransID: areq['threeDSServerTransID'],
  dsTransID: randomUUID(),
  acsTransID: randomUUID(),
  dsReferenceNumber: 'PLAYED-DS',
  acsReferenceNumber: 'PLAYED-ACS',
  transStatus: 'Y',
  eci: '05',
  ...more,
})

/** An ARes that asks for a challenge. Nobody is at its address: the test sends the result itself. */
export const aChallenge = (areq: Loose, more: Loose = {}): Loose =>
  anARes(areq, {
    transStatus: 'C',
    eci: undefined,
    acsURL: 'https://bank.example/challenge',
    acsChallengeMandated: 'Y',
    authenticationType: '02',
    ...more,
  })

export async function startPlayedDirectory(): Promise<PlayedDirectory> {
  const received: ReceivedMessage[] = []
  let areq: Play = message => ({ message: anARes(message) })
  let preq: Play = (message, network) => ({
    message: aPRes(
      message,
      // Whoever asks for what has changed hears that nothing has.
      message['serialNum'] ? [] : (RANGES[network] ?? []).map(([start, end]) => aRange(start, end)),
    ),
  })
  const tls = { ...serverIdentity('server'), ca: clientAuthorities(), requestCert: true, rejectUnauthorized: true }
  const server = createServer(tls, async (request, response) => {
    const [, network = ''] = /^\/ds\/([A-Z_]+)$/.exec(request.url ?? '') ?? []
    const text = await bodyOf(request)
    const message = JSON.parse(text) as Loose
    received.push({ network, text, message })
    const type = message['messageType']
    const answer = type === 'AReq' ? areq(message, network) : type === 'PReq' ? preq(message, network) : { text: '' }
    say(request, response, await answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    directories: sandboxDirectories(`https://localhost:${port}`, inject('pkiFolder')),
    received,
    ofType: messageType => received.filter(({ message }) => message['messageType'] === messageType),
    onAReq: play => {
      areq = play
    },
    onPReq: play => {
      preq = play
    },
    async stop() {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

function say(request: IncomingMessage, response: ServerResponse, answer: PlayedAnswer): void {
  if (answer === 'silence') return
  if (answer === 'reset') {
    request.socket.destroy()
    return
  }
  const body = Buffer.from('message' in answer ? JSON.stringify(answer.message) : answer.text)
  const isCut = 'cut' in answer && answer.cut
  response.writeHead('status' in answer ? (answer.status ?? 200) : 200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
  })
  if (isCut) response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy())
  else response.end(body)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
