import { request } from 'node:https'
import type { Identity } from '../pki.js'

/** What came back, unread. */
export interface Posted {
  readonly status: number
  readonly body: Buffer
}

/** No message is longer than this. */
const mostBytes = 256 * 1024

/**
 * Posts a message over mutual TLS, on a connection of its own.
 * @param waitMs  how long the other side has for all of it, in real time
 * @throws Error when the other side cannot be reached, shows a certificate of another authority, or takes too long
 */
export function postMessage(
  url: string,
  text: string,
  { identity, ca, waitMs }: { identity: Identity; ca: string; waitMs: number },
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const body = Buffer.from(text)
    const sent = request(
      url,
      {
        method: 'POST',
        ...identity,
        ca,
        minVersion: 'TLSv1.2',
        agent: false,
        signal: AbortSignal.timeout(waitMs),
        headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length },
      },
      response => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > mostBytes) response.destroy(new Error('the answer is too long'))
          chunks.push(chunk)
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Whether a URL is of this machine. Nothing of a sandbox goes anywhere else. */
export function isOnThisMachine(url: string): boolean {
  try {
    return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
  } catch {
    return false
  }
}
