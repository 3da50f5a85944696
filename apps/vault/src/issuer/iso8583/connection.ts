/** One connection to an acquirer: opening it, plain or with TLS, and cutting what arrives into frames. */
import { isIP, connect as openTcp, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import { connect as openTls } from 'node:tls'
import { type FrameTemplate, sendFrame } from '../../card-data/index.js'
import { limit } from '../../platform/clock.js'

/** TLS of a line. What the other side shows is always verified; there is no switch for that. */
export interface LineTls {
  /** PEM of the authorities to trust instead of Node's own. */
  readonly ca?: string
  /** PEM of our certificate and its key, where the other side asks for them. */
  readonly cert?: string
  readonly key?: string
  /** The name that the certificate has to be for; the host unless told. */
  readonly serverName?: string
}

/** Where an acquirer listens. */
export interface Line {
  readonly host: string
  readonly port: number
  /** Without it the line is plain TCP. */
  readonly tls?: LineTls
}

/** Bytes that may wait inside the process for a peer that does not read; a burst of a thousand messages fits. */
const MOST_UNSENT_BYTES = 512 * 1024

/**
 * Opens a line.
 * @throws what the socket threw; an Error with the code `ETIMEDOUT` when the limit passed, `ABORT_ERR` when told to stop
 */
export async function openLine(line: Line, limitMs: number, signal: AbortSignal): Promise<Socket> {
  const socket = line.tls ? openTls(tlsOptions(line, line.tls)) : openTcp({ host: line.host, port: line.port })
  const time = limit(limitMs)
  let stopped = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      // This listener stays for good: an error without one would end the process.
      socket.on('error', reject)
      socket.once(line.tls ? 'secureConnect' : 'connect', resolve)
      socket.once('close', () => reject(coded('the line was closed', 'ECONNRESET')))
      void time.passed.then(() => reject(coded('the line did not open in time', 'ETIMEDOUT')))
      stopped = () => reject(coded('told to stop', 'ABORT_ERR'))
      if (signal.aborted) stopped()
      signal.addEventListener('abort', stopped)
    })
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    time.cancel()
    signal.removeEventListener('abort', stopped)
  }
  // Messages are small and people wait for them.
  return socket.setNoDelay(true)
}

function tlsOptions({ host, port }: Line, { ca, cert, key, serverName }: LineTls) {
  // An address is no server name; the certificate is then held against the address.
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined)
  return {
    host,
    port,
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: true,
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

const coded = (message: string, code: string) => Object.assign(new Error(message), { code })

/** Whether so much waits to be sent already that the other side cannot be reading. */
export const isCongested = (socket: Socket) => socket.writableLength > MOST_UNSENT_BYTES

/**
 * Writes a frame with its digits.
 * @returns whether all of it was taken, and if not, whether any of it can have left
 */
export async function write(
  socket: Socket,
  frame: FrameTemplate,
): Promise<{ ok: true } | { ok: false; sent: boolean }> {
  let begun = false
  // The digits go to the socket and nowhere else; this only sees when that begins.
  const way = new Writable({
    write(chunk, _encoding, done) {
      begun = true
      socket.write(chunk, done)
    },
  })
  way.on('error', () => {})
  try {
    await sendFrame(way, frame)
    return { ok: true }
  } catch {
    return { ok: false, sent: begun }
  }
}
