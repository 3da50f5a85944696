/**
 * An issuer on a real socket that answers what a test wants, for what no test card asks for. It speaks both dialects of
 * the sandbox with the vault's own codec; whether that codec is right, foreign decoders judge elsewhere.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { sendFrame } from '../../apps/vault/src/card-data/index.js'
import { type AcquirerConfig, sandboxAcquirers } from '../../apps/vault/src/issuer/acquirers-file.js'
import { makeDialect } from '../../apps/vault/src/issuer/iso8583/codec.js'
import type { Dialect, IncomingMessage } from '../../apps/vault/src/issuer/iso8583/dialect.js'
import type { Profile } from '../../apps/vault/src/issuer/iso8583/profile.js'
import { builtInProfiles } from '../../apps/vault/src/issuer/iso8583/profiles/index.js'

/** What goes into an answer beside what it repeats. */
export interface Answer {
  responseCode?: string
  cvvResult?: string
  avsResult?: string
  merchantAdvice?: string
}

/** A question on its way to an answer. */
export interface Asked {
  question: IncomingMessage
  answer: (answer: Answer) => void
  /** Sends anything as a frame. */
  sendFrame: (bytes: Buffer) => void
  hangUp: () => void
}

/** What the issuer does with a question: an answer, or something of its own. */
export type Reply = Answer | ((asked: Asked) => void)

const REPEATED = ['3', '4', '7', '11', '32', '37', '41', '42', '48.TCC', '49', '70', '90']

/** The profile that a connection speaks, told by its first message type: four ASCII digits, or two bytes of BCD. */
const profileOf = (chunk: Buffer): Profile => builtInProfiles[chunk[2] === 0x30 ? 'mastercard-like' : 'visa-like']!

export async function startPlayedIssuer() {
  let reply: Reply = { responseCode: '00' }
  let replyToReversal: Reply = { responseCode: '00' }
  let replyToAdvice: Reply = { responseCode: '00' }
  const questions: IncomingMessage[] = []
  const reversals: IncomingMessage[] = []
  const advices: IncomingMessage[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let profile: Profile | undefined
    let dialect: Dialect
    let reader: ReturnType<Dialect['newReader']>
    socket.on('data', chunk => {
      if (!profile) {
        profile = profileOf(chunk)
        dialect = makeDialect(profile)
        reader = dialect.newReader()
      }
      const read = reader.push(chunk)
      if (!read.ok) return socket.destroy()
      for (const frame of read.frames) {
        const decoded = dialect.decode(frame)
        if (decoded.ok) take(decoded.message, socket, profile, dialect)
        else socket.destroy()
      }
      return undefined
    })
  })

  function take(question: IncomingMessage, socket: Socket, profile: Profile, dialect: Dialect): void {
    const { answer: places } = profile.mapping
    const answer = ({ responseCode, cvvResult, avsResult, merchantAdvice }: Answer) => {
      const kept = Object.entries(question.fields).filter(([path]) => REPEATED.includes(path))
      const fields: Record<string, string> = Object.fromEntries(kept)
      if (responseCode !== undefined) fields['39'] = responseCode
      if (cvvResult && places.cvvResult) fields[places.cvvResult] = cvvResult
      if (avsResult && places.avsResult) fields[places.avsResult] = avsResult
      if (merchantAdvice && places.merchantAdvice) fields[places.merchantAdvice] = merchantAdvice
      const mti = `${question.mti.slice(0, 2)}${question.mti[2] === '0' ? '1' : '3'}0`
      sendFrame(socket, dialect.encode({ mti, fields })).catch(() => {})
    }
    const isReversal = question.mti.startsWith('04')
    const isQuestion = question.mti === '0100' || question.mti === '0200'
    const isAdvice = question.mti.startsWith('022')
    if (isReversal) reversals.push(question)
    if (isAdvice) advices.push(question)
    if (isQuestion) questions.push(question)
    const others: Reply = isAdvice ? replyToAdvice : { responseCode: '00' }
    const wanted = isQuestion ? reply : isReversal ? replyToReversal : others
    if (typeof wanted !== 'function') {
      answer(wanted)
      return
    }
    wanted({
      question,
      answer,
      sendFrame: bytes => socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])),
      hangUp: () => socket.destroy(),
    })
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  // Waiting eight seconds for an answer that never comes makes no test better.
  const acquirers: AcquirerConfig[] = sandboxAcquirers('127.0.0.1', port).map(acquirer => ({
    ...acquirer,
    timeoutMs: 2_000,
  }))
  return {
    acquirers,
    /** How often a card was asked about, or for money. */
    asked: () => questions.length,
    questions,
    reversals,
    /** Captures and refunds. */
    advices,
    answers: (next: Reply) => {
      reply = next
    },
    answersReversals: (next: Reply) => {
      replyToReversal = next
    },
    answersAdvices: (next: Reply) => {
      replyToAdvice = next
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

export type PlayedIssuer = Awaited<ReturnType<typeof startPlayedIssuer>>
