/** A processor to whom cards are forwarded, on loopback behind TLS, and the file that lists it. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from './self-signed.js'

export interface Charged {
  method: string
  url: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: string
}

export interface PlayedProcessor {
  /** As it stands in the file. */
  origin: string
  charged: Charged[]
  /** How it answers from now on; `{"ok":true}` until told. */
  answer: (respond: RequestListener) => void
  /** Its certificate, which is its own authority. */
  caFile: string
  /** Writes a file beside it. @returns its path */
  write: (name: string, text: string) => Promise<string>
  /** Connections that were opened to it. */
  connections: () => number
  stop: () => Promise<void>
}

export async function startProcessor(name = 'processor.localhost'): Promise<PlayedProcessor> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-processor-'))
  const { pem, key } = selfSigned(name)
  const charged: Charged[] = []
  const open = new Set<Socket>()
  let connections = 0
  const fine: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'req_1', 'x-inner': 'db7' })
    response.end('{"ok":true}')
  }
  let respond = fine
  const server = createServer({ key, cert: pem }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request
      charged.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString('utf8') })
      respond(request, response)
    })
  })
  server.on('connection', (socket: Socket) => {
    connections++
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const write = async (file: string, text: string) => {
    const path = join(folder, file)
    await writeFile(path, text)
    return path
  }
  return {
    origin: `https://${name}:${port}`,
    charged,
    answer: next => {
      respond = next
    },
    caFile: await write('ca.pem', pem),
    write,
    connections: () => connections,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
