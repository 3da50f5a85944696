import { createWriteStream } from 'node:fs'
import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Above this a log is put aside at the next start; one older one is kept. */
const rotateBytes = 10 * 1024 * 1024

/** A log that is appended to. */
export interface LogFile {
  readonly path: string
  write(line: string): void
  close(): Promise<void>
}

/** Opens `<folder>/<name>.log`, mode 0600. */
export async function openLogFile(folder: string, name: string): Promise<LogFile> {
  const path = join(folder, `${name}.log`)
  const size = await stat(path).then(
    found => found.size,
    () => 0,
  )
  if (size > rotateBytes) await rename(path, `${path}.1`)
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  // A full disk must not bring down what could go on without its log.
  stream.on('error', () => undefined)
  return {
    path,
    write: line => void stream.write(`${line}\n`),
    close: () => new Promise(done => stream.end(() => done())),
  }
}
