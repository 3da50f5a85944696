import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Network } from '@coffer/test-cards'
import { textOf } from '../iso8583/carried.js'
import { type Message, readMessage, type Value, writeBitmapped, writeMessage } from '../iso8583/codec.js'
import {
  type Dialect,
  de48,
  de60Eci,
  de60Widths,
  de63,
  de126,
  mastercardLike,
  networkCodes,
  visaLike,
} from '../iso8583/dialects.js'
import { frame, frameReader } from '../iso8583/framing.js'
import { readTagged, writePositions, writeTagged } from '../iso8583/parts.js'
import { UnparsableFrame } from '../iso8583/unparsable-frame.js'

/** The other end of a line to the issuer, for tests. */
export interface Client {
  readonly dialect: Dialect
  /** Sends a message and waits for its answer; fails when the line is cut before. */
  ask(message: Message): Promise<Message>
  send(message: Message): void
  sendBytes(bytes: Buffer): void
  /** What has arrived, oldest first; `garbled` for what is no message. */
  readonly received: readonly (Message | 'garbled')[]
  /** Whether the issuer has cut the line, or we have. */
  readonly closed: boolean
  end(): void
}

/** Connects and signs on. */
export async function connectClient(
  to: { readonly host: string; readonly port: number },
  dialect: Dialect,
  options: { readonly signOn?: boolean; readonly tls?: ConnectionOptions } = {},
): Promise<Client> {
  const socket: Socket =
    options.tls === undefined ? connect(to.port, to.host) : connectTls({ ...options.tls, port: to.port, host: to.host })
  await once(socket, options.tls === undefined ? 'connect' : 'secureConnect')

  const received: (Message | 'garbled')[] = []
  const waiting = new Map<string, { resolve: (message: Message) => void; reject: (error: Error) => void }>()
  const read = frameReader(bytes => {
    const message = readOrNothing(bytes, dialect)
    received.push(message ?? 'garbled')
    if (message === undefined) return
    const name = nameOf(message)
    waiting.get(name)?.resolve(message)
    waiting.delete(name)
  })
  socket.on('data', read)
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the line was cut'))
    waiting.clear()
  })

  const client: Client = {
    dialect,
    ask: message =>
      new Promise((resolve, reject) => {
        waiting.set(nameOf({ ...message, mti: answerMti(message.mti) }), { resolve, reject })
        client.send(message)
      }),
    send: message => client.sendBytes(frame(writeMessage(message, dialect))),
    sendBytes: bytes => void socket.write(bytes),
    received,
    get closed() {
      return socket.closed
    },
    end: () => socket.destroy(),
  }
  if (options.signOn !== false) await client.ask(management('001'))
  return client
}

function readOrNothing(bytes: Buffer, dialect: Dialect): Message | undefined {
  try {
    return readMessage(bytes, dialect)
  } catch (error) {
    if (error instanceof UnparsableFrame) return undefined
    throw error
  }
}

const answerMti = (mti: string) => `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`
const nameOf = ({ mti, elements }: Message) => `${mti} ${elements.get(11)} ${elements.get(7)}`

/** A network management message: 001 sign-on, 002 sign-off, 301 echo. */
export function management(code: string, stan = '900001'): Message {
  return {
    mti: '0800',
    elements: new Map([
      [7, '0609120000'],
      [11, stan],
      [70, code],
    ]),
  }
}

/** What a question asks, in words that are the same in both dialects. */
export interface Wish {
  readonly network?: Network
  readonly pan?: string
  readonly expiry?: string
  readonly cvv?: string
  /** Postcode, then street. */
  readonly avs?: readonly [string, string]
  /** `null` leaves it out. */
  readonly credential?: string | null
  /** The original transaction that a payment by the merchant alone names. */
  readonly originalId?: string
  /** What 3DS said: the ECI, for Visa-like messages, the security level, for Mastercard-like ones, and the value in base64. */
  readonly authentication?: {
    readonly eci?: string
    readonly level?: string
    readonly value?: string
    readonly dsTransId?: string
  }
  readonly stan?: string
  readonly rrn?: string
  readonly at?: string
  /** Elements to put in, or with `undefined` to leave out. */
  readonly change?: Readonly<Record<number, Value | undefined>>
}

/** A verification. */
export function question(dialect: Dialect, wish: Wish = {}): Message {
  const stan = wish.stan ?? '000001'
  const elements: Record<number, Value | undefined> = {
    2: wish.pan ?? (dialect === mastercardLike ? '5200000000100005' : '4000000000100000'),
    3: '000000',
    4: '000000000000',
    7: wish.at ?? '0609120000',
    11: stan,
    12: '120000',
    13: '0609',
    14: wish.expiry ?? '3112',
    18: '5999',
    19: '840',
    22: dialect === mastercardLike ? '812' : '0120',
    32: '123456',
    37: wish.rrn ?? `016012${stan}`,
    41: 'TERM0001',
    42: 'MERCHANT-0001',
    43: 'A SHOP                 BERLIN        DE',
    49: '840',
    ...(dialect === mastercardLike ? mastercardLikeElements(wish) : visaLikeElements(wish)),
    ...wish.change,
  }
  return { mti: '0100', elements: present(elements) }
}

function mastercardLikeElements(wish: Wish) {
  const { network = 'MASTERCARD', cvv, avs, credential = 'C101', originalId, authentication } = wish
  const { level, value, dsTransId } = authentication ?? {}
  const subelements = new Map([
    ...(credential === null
      ? []
      : ([[de48.credential.id, writeTagged(new Map([[de48.credential.subfield, credential]]))]] as const)),
    ...(originalId === undefined ? [] : ([[de48.traceId, originalId]] as const)),
    ...(level === undefined ? [] : ([[de48.securityLevel.id, `0103${level}`]] as const)),
    ...(value === undefined ? [] : ([[de48.ucaf, value]] as const)),
    ...(dsTransId === undefined ? [] : ([[de48.threeDS.id, `010120236${dsTransId}`]] as const)),
    ...(avs === undefined ? [] : ([[de48.avsRequest.id, de48.avsRequest.value]] as const)),
    ...(cvv === undefined ? [] : ([[de48.cvv, cvv]] as const)),
  ])
  return {
    48: `T${writeTagged(subelements)}`,
    61: '0000108000600840',
    63: networkCodes[network][0],
    ...(avs === undefined ? {} : { 120: `${avs[0].padEnd(9)}${avs[1]}` }),
  }
}

function visaLikeElements(wish: Wish) {
  const { network = 'VISA', cvv, avs, credential = 'C', originalId, authentication } = wish
  const { eci = '07', value } = authentication ?? {}
  const privateUse = new Map<number, Value>([
    ...(value === undefined ? [] : ([[9, Buffer.from(value, 'base64')]] as const)),
    ...(cvv === undefined ? [] : ([[10, `11${cvv.padStart(4)}`]] as const)),
    ...(credential === null ? [] : ([[13, credential]] as const)),
  ])
  return {
    25: '51',
    60: Buffer.from(
      writePositions(
        new Map(de60Widths.map((width, at) => [at + 1, at + 1 === de60Eci ? eci : '0'.repeat(width)])),
        de60Widths,
      ),
      'hex',
    ),
    63: writeBitmapped(new Map([[1, networkCodes[network][1]]]), de63, visaLike),
    ...(originalId === undefined ? {} : { 125: originalId }),
    ...(privateUse.size === 0 ? {} : { 126: writeBitmapped(privateUse, de126, visaLike) }),
    ...(avs === undefined ? {} : { 123: `${avs[0].padEnd(9)}${avs[1]}` }),
  }
}

/** A reversal of a question: a first one, or a repeat (0401), or of the store-and-forward kind (0420, 0421). */
export function reversalOf(
  original: Message,
  { mti = '0400', stan = '500001', change = {} }: { mti?: string; stan?: string; change?: Wish['change'] } = {},
): Message {
  const { elements } = original
  const data = [
    original.mti,
    elements.get(11),
    elements.get(7),
    String(elements.get(32)).padStart(11, '0'),
    '0'.repeat(11),
  ].join('')
  const copied = [2, 3, 4, 32, 37, 41, 42, 49, 63].map(number => [number, elements.get(number)])
  return {
    mti,
    elements: present({ ...Object.fromEntries(copied), 7: '0609120010', 11: stan, 90: data, ...change }),
  }
}

export function present(elements: Readonly<Record<number, Value | undefined>>): ReadonlyMap<number, Value> {
  return new Map(
    Object.entries(elements).flatMap(([number, value]) => (value === undefined ? [] : [[Number(number), value]])),
  )
}

/** What an answer says, in words that are the same in both dialects. */
export function said(answer: Message): Record<string, string> {
  const { elements } = answer
  const text = (number: number) => textOf(elements, number)
  const dialectSays =
    elements.has(62) || Buffer.isBuffer(elements.get(63)) ? visaLikeSays(answer) : mastercardLikeSays(answer)
  return Object.fromEntries(
    Object.entries({ responseCode: text(39), authCode: text(38), ...dialectSays }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
}

function mastercardLikeSays({ elements }: Message) {
  const subelements = readTagged((textOf(elements, 48) ?? '').slice(1))
  const settled = textOf(elements, 15)
  return {
    cvvResult: subelements.get(de48.cvvResult),
    avsResult: subelements.get(de48.avsResult),
    merchantAdvice: subelements.get(de48.merchantAdvice),
    networkTransactionId: settled === undefined ? undefined : `${textOf(elements, 63)!.slice(3)}${settled}`,
  }
}

function visaLikeSays({ elements }: Message) {
  const verdicts = textOf(elements, 44)
  const service = elements.get(62)
  // By hand, so that a wrong table of layouts shows: 8 bytes of bitmap, then 15 digits in 8 bytes.
  const id = Buffer.isBuffer(service) ? service.subarray(8).toString('hex').slice(1) : undefined
  return {
    cvvResult: letter(verdicts?.[10]),
    avsResult: letter(verdicts?.[1]),
    cavvResult: letter(verdicts?.[14]),
    networkTransactionId: id,
  }
}

const letter = (character: string | undefined) => (character === ' ' ? undefined : character)
