/** Where the simulator puts the certificates of its schemes; it makes them when it starts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResultsTls } from './results-server.js'

/** The folder, below the sandbox's data directory. */
export const simulatorPki = (dataDir: string) => join(dataDir, 'simulator', 'pki')

/** The certificate that the simulator's directory servers trust at our results endpoint; `undefined` until it is there. */
export function simulatedResultsTls(folder: string): ResultsTls | undefined {
  try {
    const pem = (name: string) => readFileSync(join(folder, name), 'utf8')
    return { cert: pem('3ds-server.pem'), key: pem('3ds-server-key.pem') }
  } catch {
    return undefined
  }
}
