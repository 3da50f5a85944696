/**
 * A line between 3DS Server and directory servers that a test listens to: each side takes it for the other, because it
 * shows the certificates of the simulator's schemes. What passes is kept as it was; a test may also change it on its way.
 */
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { postOverTls } from './mutual-tls.js'
import { clientAuthorities, clientIdentity, serverIdentity } from './pki-files.js'
import type { Loose } from './played-directory.js'

/** A message that passed. */
export interface Passed {
  network: string
  /** What was asked, or what was answered. */
  way: 'request' | 'answer'
  text: string
}

export interface Wire {
  /** Where it listens, without a slash at its end. */
  url: string
  passed: Passed[]
  /** Where it leads to, without a slash at its end. */
  leadTo: (url: string) => void
  /** Changes messages from now on; `undefined` lets one pass as it is. */
  onMessage: (change: ((message: Loose, passed: Passed) => Loose | undefined) | undefined) => void
  stop: () => Promise<void>
}

/** @param at  whose place it takes: that of the directory servers, or that of the endpoint where results go */
export async function startWire(at: 'directory servers' | 'results'): Promise<Wire> {
  const passed: Passed[] = []
  let upstream = ''
  let change: ((message: Loose, passed: Passed) => Loose | undefined) | undefined
  const carry = (network: string, way: Passed['way'], text: string): string => {
    const one = { network, way, text }
    const changed = change && isObject(text) ? change(JSON.parse(text) as Loose, one) : undefined
    passed.push(one)
    return changed ? JSON.stringify(changed) : text
  }
  const own = serverIdentity(at === 'results' ? '3ds-server' : 'server')
  const tls = { ...own, ca: clientAuthorities(), requestCert: true, rejectUnauthorized: true }
  const server = createServer(tls, async (request, response) => {
    const path = request.url ?? ''
    const network = (path.split('/')[2] ?? '').toUpperCase().replaceAll('-', '_')
    try {
      const text = carry(network, 'request', await bodyOf(request))
      const identity = clientIdentity(network, at === 'results' ? 'ds' : '3ds-server')
      const answer = await postOverTls(`${upstream}${path}`, text, { identity })
      response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' })
      response.end(carry(network, 'answer', answer.text))
    } catch {
      request.socket.destroy()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://localhost:${port}`,
    passed,
    leadTo: url => {
      upstream = url
    },
    onMessage: next => {
      change = next
    },
    async stop() {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
