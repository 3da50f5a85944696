/** The file with the sandbox's own directory servers, for processes that reach the simulator in another way than by their offset. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'

/**
 * Writes the file.
 * @param port  where the simulator's directory servers listen
 * @param pkiFolder  where it has put its certificates already
 * @returns the settings that go with it
 */
export function directoriesEnv(path: string, port: number, pkiFolder: string): Record<string, string> {
  const directories = sandboxDirectories(`https://localhost:${port}`, pkiFolder).map(
    ({ security: _read, merchants: _none, ...directory }) => {
      const own = join(pkiFolder, String(directory.networks[0]))
      return {
        ...directory,
        tls: {
          caFile: join(pkiFolder, 'ca.pem'),
          certFile: join(own, '3ds-server.pem'),
          keyFile: join(own, '3ds-server-key.pem'),
        },
        resultsCaFile: join(own, 'ca.pem'),
      }
    },
  )
  writeFileSync(path, JSON.stringify({ directories }))
  return {
    COFFER_DIRECTORIES_FILE: path,
    COFFER_RESULTS_CERT_FILE: join(pkiFolder, '3ds-server.pem'),
    COFFER_RESULTS_KEY_FILE: join(pkiFolder, '3ds-server-key.pem'),
  }
}
