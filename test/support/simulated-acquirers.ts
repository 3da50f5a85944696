/** The file with the sandbox's own acquirers, for processes that reach the issuer in another way than by their offset. */
import { writeFileSync } from 'node:fs'
import { sandboxAcquirers } from '../../apps/vault/src/issuer/acquirers-file.js'

/**
 * Writes the file.
 * @param more  further keys of each acquirer
 * @returns its path, for `COFFER_ACQUIRERS_FILE`
 */
export function writeAcquirersFile(path: string, issuerPort: number, more: object = {}): string {
  const acquirers = sandboxAcquirers('127.0.0.1', issuerPort).map(({ id, line, profile, networks, settings }) => ({
    id,
    ...line,
    profile: profile.name,
    networks,
    settings,
    ...more,
  }))
  writeFileSync(path, JSON.stringify({ acquirers }))
  return path
}
