import type { Socket } from 'node:net'
import { type Message, readMessage, writeMessage } from './iso8583/codec.js'
import type { Dialect } from './iso8583/dialects.js'
import { dialectOf, frame, frameReader } from './iso8583/framing.js'
import { UnparsableFrame } from './iso8583/unparsable-frame.js'

/** Writes one line of the process's own log. Never given anything of a message's content. */
export type Log = (level: 'info' | 'error', msg: string) => void

/** One connection, once it is known which dialect it speaks. */
export interface Line {
  readonly dialect: Dialect
  /** Whether the other side has signed on, on this connection. */
  signedOn: boolean
  readonly open: boolean
  send(message: Message): void
  /** Sends the first half of a message as if it were the whole of it. */
  sendGarbled(message: Message): void
  /** Announces a whole message, sends half of it and cuts the connection. */
  sendAndCut(message: Message): void
}

/** What to do with what arrives. */
export interface LineEvents {
  onMessage(message: Message, line: Line): void
  /** A frame that is no message. Nothing in it can be trusted, so nobody can be answered. */
  onUnparsable(why: string): void
  readonly log: Log
}

/**
 * Listens to a connection. The first frame decides which dialect is spoken until its end; a first frame that is of
 * neither, or a length that no message has, ends it, because nothing that follows could be read.
 */
export function openLine(socket: Socket, events: LineEvents): void {
  let line: Line | undefined

  const read = frameReader(bytes => {
    if (socket.destroyed || socket.writableEnded || line?.open === false) return
    const dialect = line?.dialect ?? dialectOf(bytes)
    if (dialect === undefined) {
      events.onUnparsable('the first frame of a connection is of no dialect')
      socket.destroy()
      return
    }
    line ??= createLine(socket, dialect)
    receive(bytes, line, events)
  })

  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    if (read(chunk)) return
    events.onUnparsable('a frame says that it is longer than any message')
    socket.destroy()
  })
  // A reset is told by `close` as well, and nobody is left to be told about it.
  socket.on('error', () => {})
}

/** Never throws: whatever goes wrong with one message, the next one is served. */
function receive(bytes: Buffer, line: Line, events: LineEvents): void {
  try {
    events.onMessage(readMessage(bytes, line.dialect), line)
  } catch (error) {
    if (error instanceof UnparsableFrame) {
      events.onUnparsable(error.message)
      return
    }
    // The error's own text may quote what it failed on.
    const { name, code } = error as NodeJS.ErrnoException
    events.log('error', `a message was not processed: ${name} ${code ?? ''}`.trim())
  }
}

function createLine(socket: Socket, dialect: Dialect): Line {
  let cut = false
  const isOpen = () => !cut && socket.writable
  const bytesOf = (message: Message) => writeMessage(message, dialect)
  const write = (bytes: Buffer) => isOpen() && socket.write(bytes)
  return {
    dialect,
    signedOn: false,
    get open() {
      return isOpen()
    },
    send(message) {
      write(frame(bytesOf(message)))
    },
    sendGarbled(message) {
      write(frame(firstHalf(bytesOf(message))))
    },
    sendAndCut(message) {
      if (!isOpen()) return
      cut = true
      socket.write(firstHalf(frame(bytesOf(message))), () => socket.destroy())
    },
  }
}

function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length >> 1)
}
