/**
 * The other side of a link, played by hand: it listens on a real socket and says what a test tells it to, in a dialect of
 * plain text, `0041` and then `0100|7=1123180000|11=000001`. What a link does must not depend on how messages are written.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createSecureServer, type TlsOptions } from 'node:tls'
import type { DigitSlot } from '../../apps/vault/src/card-data/index.js'
import type {
  Dialect,
  FrameReader,
  IncomingMessage,
  OutgoingMessage,
} from '../../apps/vault/src/issuer/iso8583/dialect.js'
import type { LinkWords } from '../../apps/vault/src/issuer/iso8583/link.js'

/** Width of the place for a handle. */
const DIGITS = 19

export const textDialect: Dialect = {
  name: 'text',
  encode({ mti, fields }) {
    const slots: DigitSlot[] = []
    let body = mti
    for (const [key, value] of Object.entries(fields)) {
      body += `|${key}=`
      if (typeof value === 'string') {
        if (/[|=]/.test(value)) throw new RangeError(`field ${key} has a character that the dialect does not know`)
        body += value
      } else {
        slots.push({ at: 4 + body.length, digits: value, encoding: 'ascii', width: DIGITS, pad: ' ', padSide: 'right' })
        body += ' '.repeat(DIGITS)
      }
    }
    return { bytes: framed(body), slots }
  },
  decode(frame) {
    const [mti = '', ...parts] = frame.toString('latin1').split('|')
    if (!/^\d{4}$/.test(mti)) return { ok: false, problem: 'the message type is not four digits' }
    return { ok: true, message: { mti, fields: Object.fromEntries(parts.map(part => part.split('='))) } }
  },
  newReader,
}

export const framed = (body: string) => Buffer.from(String(body.length).padStart(4, '0') + body, 'latin1')

function newReader(): FrameReader {
  let left = Buffer.alloc(0)
  return {
    push(chunk) {
      left = Buffer.concat([left, chunk])
      const frames: Buffer[] = []
      while (left.length >= 4) {
        const length = left.subarray(0, 4).toString('latin1')
        if (!/^\d{4}$/.test(length)) return { ok: false, problem: 'the length is not four digits' }
        const end = 4 + Number(length)
        if (left.length < end) break
        frames.push(Buffer.from(left.subarray(4, end)))
        left = left.subarray(end)
      }
      return { ok: true, frames }
    },
  }
}

/** What a link says about itself in this dialect; trace numbers are counted from 900001. */
export function textWords(): LinkWords {
  let trace = 900_000
  const codes = { 'sign-on': '001', 'sign-off': '002', echo: '301' }
  return {
    dialect: textDialect,
    keyOf: message => `${message.fields['11']}/${message.fields['7']}`,
    about: async kind => ({ mti: '0800', fields: { 7: '0', 11: String(++trace), 70: codes[kind] } }),
    accepts: message => message.fields['39'] === '00',
    answerTo: ({ mti, fields }) =>
      mti === '0800' && fields['70'] === '301' ? { mti: '0810', fields: { ...fields, 39: '00' } } : undefined,
  }
}

/** How the other side takes one message. `say` sends on the connection that it came on. */
export type Behaviour = (message: IncomingMessage, say: (answer: OutgoingMessage) => void) => void

/** The message as the other side repeats it, with a response code. */
export const answerTo = ({ mti, fields }: IncomingMessage, code = '00'): OutgoingMessage => ({
  mti: `${mti.slice(0, 2)}10`,
  fields: { ...fields, 39: code },
})

/** Says yes to everything. */
export const agreeable: Behaviour = (message, say) => say(answerTo(message))

/** Says yes to what is about the link, and leaves the rest to another behaviour. */
export const signedOn =
  (rest: Behaviour): Behaviour =>
  (message, say) =>
    message.mti === '0800' ? agreeable(message, say) : rest(message, say)

export interface PlayedAcquirer {
  readonly port: number
  /** What arrived, over all connections. */
  readonly received: IncomingMessage[]
  /** How many connections there were. */
  readonly connections: number
  behave: Behaviour
  /** Writes bytes on the newest connection. */
  raw(bytes: Buffer | string): void
  say(message: OutgoingMessage): void
  /** Breaks every connection; new ones are accepted. */
  cut(): void
  stop(): Promise<void>
}

export async function playAcquirer(behave: Behaviour = agreeable, port = 0, tls?: TlsOptions): Promise<PlayedAcquirer> {
  const open = new Set<Socket>()
  let newest: Socket | undefined
  let connections = 0
  const received: IncomingMessage[] = []
  const onConnection = (socket: Socket) => {
    open.add(socket)
    newest = socket
    connections += 1
    const reader = newReader()
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('data', chunk => {
      const cut = reader.push(chunk)
      for (const frame of cut.ok ? cut.frames : []) {
        const decoded = textDialect.decode(frame)
        if (!decoded.ok) continue
        received.push(decoded.message)
        played.behave(decoded.message, answer => socket.write(textDialect.encode(answer).bytes))
      }
    })
  }
  const server = tls ? createSecureServer(tls, onConnection) : createServer(onConnection)
  server.on('tlsClientError', () => {})
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  const played: PlayedAcquirer = {
    port: (server.address() as AddressInfo).port,
    received,
    get connections() {
      return connections
    },
    behave,
    raw: bytes => void newest?.write(bytes),
    say: message => void newest?.write(textDialect.encode(message).bytes),
    cut,
    stop: async () => {
      const closed = server.listening ? once(server, 'close') : undefined
      server.close()
      cut()
      await closed
    },
  }
  return played
}
