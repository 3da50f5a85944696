/** Posting over mutual TLS, for the sides that a test plays: a directory server, or whoever pretends to be one. */
import { request } from 'node:https'
import { type Identity, serverAuthority } from './pki-files.js'

/** What came back. */
export interface Posted {
  status: number
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers that may have any shape
  json: any
}

/** How to post. */
export interface PostOptions {
  /** Without one no certificate is shown. */
  identity?: Identity | undefined
  method?: string
  headers?: Record<string, string>
  /** Waits before the last half of the body leaves. */
  before?: () => Promise<unknown>
}

/**
 * Posts on a connection of its own.
 * @throws what the connection fails with, such as a refused handshake
 */
export function postOverTls(url: string, body: string | Buffer, options: PostOptions = {}): Promise<Posted> {
  const { identity, method = 'POST', headers = {}, before } = options
  const bytes = Buffer.from(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        ...identity,
        ca: serverAuthority(),
        agent: false,
        headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length, ...headers },
      },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, text, json: parsed(text) })
        })
      },
    )
    sent.on('error', reject)
    if (!before) {
      sent.end(bytes)
      return
    }
    const half = bytes.length >> 1
    sent.write(bytes.subarray(0, half), () => before().then(() => sent.end(bytes.subarray(half)), reject))
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
