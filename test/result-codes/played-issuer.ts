/** An issuer on a real socket that answers what a test wants, for response codes that no test card asks for. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jsonConnector } from '../../apps/vault/src/issuer/json-connector.js'

/** What the issuer does with a question: an answer, or something of its own with the connection. */
export type Reply = object | ((response: ServerResponse) => void)

export async function startPlayedIssuer() {
  let reply: Reply = { responseCode: '00' }
  let asked = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      if (request.url === '/verify') asked += 1
      if (typeof reply === 'function') reply(response)
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    connector: jsonConnector(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    /** How often a card was asked about. */
    asked: () => asked,
    answers: (next: Reply) => {
      reply = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

export type PlayedIssuer = Awaited<ReturnType<typeof startPlayedIssuer>>
