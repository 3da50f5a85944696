import { createServer } from 'node:net'

/** The ports a Coffer listens on, before the offset. */
export const ports = {
  api: 8080,
  apiTls: 8443,
  pages: 8081,
  operations: 8085,
  results: 8086,
  directoryServers: 8090,
  issuer: 8091,
  simulator: 8092,
  shop: 8083,
} as const

/**
 * Reads COFFER_PORT_OFFSET.
 * @throws with one line for people when it is no usable number
 */
export function parsePortOffset(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  const offset = Number(text)
  // The same limit as in the vault: with it the highest port, 8443, is still one that exists.
  if (Number.isInteger(offset) && offset >= 0 && offset <= 50_000) return offset
  throw new Error(`COFFER_PORT_OFFSET must be a whole number from 0 to 50000, not "${text}".`)
}

/**
 * Makes sure that nobody else listens where Coffer is going to.
 * @throws with one line that names the port and the remedy
 */
export async function checkPorts(offset: number): Promise<void> {
  for (const port of Object.values(ports)) {
    if (await isFree(port + offset)) continue
    throw new Error(
      `Port ${port + offset} is in use. Stop what listens there, or start with COFFER_PORT_OFFSET=${offset + 1000}.`,
    )
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}
