/**
 * A line to an issuer on which a message can be held: it has left one side and not reached the other, until the test
 * decides. Frames are told apart by their message type alone, which both dialects write at their beginning. Frames pass
 * a held one, as messages of a busy acquirer do. Does not need Vitest.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A message on its way. Exactly one of its methods decides what becomes of it. */
export interface HeldFrame {
  /** It arrives, if there still is somebody. @returns whether there is */
  letGo(): boolean
  /** It is lost. */
  lose(): void
  /** It is lost, and the connection with it; the sides find that out at once. */
  cut(): void
}

export interface HoldingRelay {
  readonly port: number
  /**
   * Holds the next message of a type, such as 0100 on its way to the issuer or 0110 on its way back.
   * @returns the message; nothing when none came in time
   */
  holdNext(mti: string, withinMs: number): Promise<HeldFrame | undefined>
  stop(): Promise<void>
}

/** One side of a connection pair: where its frames go, and how many of them are held. */
interface Way {
  readonly from: Socket
  readonly to: Socket
  held: number
  /** Bytes of a frame that has not come to its end. */
  rest: Buffer
  over: boolean
}

/** Listens on a free port of this machine and connects each caller to the issuer's port. */
export async function startHoldingRelay(issuerPort: number): Promise<HoldingRelay> {
  const sockets = new Set<Socket>()
  const wanted = new Map<string, ((frame: HeldFrame) => void)[]>()

  const server = createServer(caller => {
    const issuer = connect({ port: issuerPort, host: '127.0.0.1' })
    for (const socket of [caller, issuer]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      // A connection that breaks is told by its end, and nobody else needs to know.
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    for (const [from, to] of [
      [caller, issuer],
      [issuer, caller],
    ] as const) {
      pass({ from, to, held: 0, rest: Buffer.alloc(0), over: false })
    }
  })

  function pass(way: Way): void {
    way.from.on('data', (chunk: Buffer) => {
      way.rest = Buffer.concat([way.rest, chunk])
      for (let end = frameEnd(way.rest); end !== undefined; end = frameEnd(way.rest)) {
        forward(way, Buffer.from(way.rest.subarray(0, end)))
        way.rest = way.rest.subarray(end)
      }
    })
    way.from.on('close', () => {
      way.over = true
      // Half a message, from an issuer that hangs up in the middle of one.
      if (way.rest.length && way.to.writable) way.to.write(way.rest)
      endWhenEmpty(way)
    })
  }

  function forward(way: Way, frame: Buffer): void {
    const hold = wanted.get(messageType(frame))?.shift()
    if (!hold) {
      if (way.to.writable) way.to.write(frame)
      return
    }
    way.held += 1
    const decided = (act: () => void) => {
      act()
      way.held -= 1
      endWhenEmpty(way)
    }
    hold({
      letGo() {
        const there = way.to.writable
        decided(() => there && way.to.write(frame))
        return there
      },
      lose: () => decided(() => {}),
      cut: () =>
        decided(() => {
          for (const socket of [way.from, way.to]) socket.destroy()
        }),
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async holdNext(mti, withinMs) {
      const queue = wanted.get(mti) ?? []
      wanted.set(mti, queue)
      let frame: HeldFrame | undefined
      const timer = new AbortController()
      const caught = (held: HeldFrame) => {
        frame = held
        timer.abort()
      }
      queue.push(caught)
      await sleep(withinMs, undefined, { signal: timer.signal }).catch(() => undefined)
      // Nobody waits any more: the next one passes like every other.
      if (!frame) queue.splice(queue.indexOf(caught), 1)
      return frame
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Whoever died has still sent what is held: the other side hears of the death after that. */
function endWhenEmpty({ over, held, to }: Way): void {
  if (over && held === 0 && !to.destroyed) to.end()
}

/** Where the first frame ends: two bytes of length stand in front, which do not count themselves. */
function frameEnd(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined
  const end = 2 + bytes.readUInt16BE()
  return bytes.length < end ? undefined : end
}

/** The message type is written in ASCII digits or packed, two to a byte. */
function messageType(frame: Buffer): string {
  const ascii = frame.subarray(2, 6).toString('latin1')
  return /^0\d{3}$/.test(ascii) ? ascii : frame.subarray(2, 4).toString('hex')
}
