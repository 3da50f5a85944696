import { open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from './context.js'
import { giveToOwnerOfFolder, makePrivateFolder } from './files.js'

/** Above this a log is put aside at the next start; one older one is kept. */
const rotateBytes = 10 * 1024 * 1024

/** Opens `<folder>/logs/postgres.log` to be handed to the server, which then writes to it without us. */
export async function openLog(folder: string): Promise<Context['log'] & { close(): Promise<void> }> {
  await makePrivateFolder(join(folder, 'logs'))
  const path = join(folder, 'logs', 'postgres.log')
  const size = await stat(path).then(
    found => found.size,
    () => 0,
  )
  if (size > rotateBytes) await rename(path, `${path}.1`)
  const file = await open(path, 'a', 0o600)
  await giveToOwnerOfFolder(path)
  return { fd: file.fd, path, from: (await file.stat()).size, close: () => file.close() }
}

/** What the log has gained in this start: its last lines. */
export async function logTail({ path, from }: Context['log']): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Math.max(from, size - 8192)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
