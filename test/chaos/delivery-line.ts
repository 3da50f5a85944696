/**
 * A line to a merchant's receiver on which a notification or its answer can be held: it has left one side and not
 * reached the other, until the test decides. Connections are used again, with one request at a time on each.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is held on the line. */
export type Direction = 'request' | 'answer'

/** Bytes on their way. */
export interface HeldBytes {
  /** Of which vaulting they tell. */
  readonly vaultingRequestId: string
  /** They arrive, if there still is somebody. */
  letGo(): void
  /** They are lost, and the connection with them. */
  lose(): void
}

export interface DeliveryLine {
  readonly port: number
  /** Holds the next one. @returns nothing when none came in time */
  holdNext(direction: Direction, withinMs: number): Promise<HeldBytes | undefined>
  stop(): Promise<void>
}

/** Listens on a free port of this machine and connects each caller to the receiver's port. */
export async function startDeliveryLine(receiverPort: number): Promise<DeliveryLine> {
  const sockets = new Set<Socket>()
  const wanted: Record<Direction, ((held: HeldBytes) => void)[]> = { request: [], answer: [] }

  const server = createServer(caller => {
    const receiver = connect({ port: receiverPort, host: '127.0.0.1' })
    for (const socket of [caller, receiver]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    let id = ''
    let request = ''
    const held: Record<Direction, Buffer[] | undefined> = { request: undefined, answer: undefined }
    const pass = (direction: Direction, from: Socket, to: Socket) => {
      from.on('data', (chunk: Buffer) => {
        if (direction === 'request') {
          request += chunk.toString('latin1')
          id = /"vaultingRequestId":"([^"]+)"/.exec(request)?.[1] ?? ''
        } else request = ''
        const already = held[direction]
        if (already) {
          already.push(chunk)
          return
        }
        // A request counts once its body is there, which comes behind its headers.
        const tell = id === '' ? undefined : wanted[direction].shift()
        if (!tell) {
          if (to.writable) to.write(chunk)
          return
        }
        const bytes = [chunk]
        held[direction] = bytes
        tell({
          vaultingRequestId: id,
          letGo() {
            held[direction] = undefined
            if (to.writable) to.write(Buffer.concat(bytes))
            if (from.destroyed && to.writable) to.end()
          },
          lose() {
            for (const socket of [from, to]) socket.destroy()
          },
        })
      })
      // Whoever died has still sent what is held.
      from.on('close', () => {
        if (!held[direction] && to.writable) to.end()
      })
    }
    pass('request', caller, receiver)
    pass('answer', receiver, caller)
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async holdNext(direction, withinMs) {
      let caught: HeldBytes | undefined
      const timer = new AbortController()
      const tell = (held: HeldBytes) => {
        caught = held
        timer.abort()
      }
      wanted[direction].push(tell)
      await sleep(withinMs, undefined, { signal: timer.signal }).catch(() => undefined)
      if (!caught) wanted[direction].splice(wanted[direction].indexOf(tell), 1)
      return caught
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
