/**
 * A TCP line between the vault and an issuer that keeps every frame which passes, in both directions. It knows of a frame
 * its two bytes of length and nothing else.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Direction = 'to-issuer' | 'to-vault'

export interface RecordedFrame {
  /** In the order in which they passed, over all connections. */
  readonly nth: number
  /** Counted from 1, in the order in which they were opened. */
  readonly connection: number
  readonly direction: Direction
  /** Without the length in front. */
  readonly bytes: Buffer
  /** Whether it was kept from arriving. */
  readonly lost: boolean
}

export interface RecordingRelay {
  readonly port: number
  readonly frames: readonly RecordedFrame[]
  /** Bytes that were no whole frame when their connection ended, and were passed on as they were. */
  readonly strayBytes: number
  /** Whether a frame gets lost here: recorded, and not passed on. */
  loses: (frame: Omit<RecordedFrame, 'lost'>) => boolean
  stop(): Promise<void>
}

/** @param port  where the issuer listens, on loopback */
export async function startRecordingRelay(port: number): Promise<RecordingRelay> {
  const frames: RecordedFrame[] = []
  const open = new Set<Socket>()
  let connections = 0
  let strayBytes = 0

  const lead = (from: Socket, to: Socket, connection: number, direction: Direction) => {
    let rest = Buffer.alloc(0)
    open.add(from)
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
        const end = 2 + rest.readUInt16BE()
        const frame = { nth: frames.length, connection, direction, bytes: Buffer.from(rest.subarray(2, end)) }
        const lost = relay.loses(frame)
        frames.push({ ...frame, lost })
        if (!lost) to.write(rest.subarray(0, end))
        rest = rest.subarray(end)
      }
    })
    from.on('close', () => {
      open.delete(from)
      strayBytes += rest.length
      to.end(rest)
    })
  }

  const server = createServer(vault => {
    connections += 1
    const issuer = connect(port, '127.0.0.1')
    lead(vault, issuer, connections, 'to-issuer')
    lead(issuer, vault, connections, 'to-vault')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const relay: RecordingRelay = {
    port: (server.address() as AddressInfo).port,
    frames,
    get strayBytes() {
      return strayBytes
    },
    loses: () => false,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
  return relay
}
