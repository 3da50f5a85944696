import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from './clock.js'
import { StartFailure } from './start-failure.js'

/**
 * A key of 32 bytes that survives a restart where there is a folder, in a file that its owner alone can read.
 * @param folder  is made if it is not there; without one the key is forgotten with the process
 * @param name  the file's
 * @throws StartFailure when the file cannot be used
 */
export function keptKey(folder: string | undefined, name: string, random: Random): Buffer {
  const made = () => Buffer.from(random(32))
  if (folder === undefined) return made()
  const path = join(folder, name)
  try {
    if (existsSync(path)) {
      const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex')
      if (key.length === 32) return key
    }
    const key = made()
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, `${key.toString('hex')}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
    return key
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new StartFailure(
      `The simulator cannot use ${path} (${reason}): make its folder writable, or set COFFER_DATA_DIR.`,
    )
  }
}
