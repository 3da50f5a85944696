import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LocalPostgresPackage } from './local-postgres-package.js'

/**
 * Notes in the data directory that this process works there.
 * Together with DATABASE_URL there is no server whose lock would tell.
 * @returns what takes the note away again
 * @throws with one line for people when another Coffer runs there
 */
export async function claimDataDir(dataDir: string, local: LocalPostgresPackage): Promise<() => Promise<void>> {
  const path = join(dataDir, 'launcher.json')
  const text = await readFile(path, 'utf8').catch(() => '')
  const holder = parse(text)
  if (holder && holder.pid !== process.pid && (await local.lives(holder))) {
    throw new Error(
      `${dataDir} is already used by a Coffer (pid ${holder.pid}). Stop that Coffer first, ` +
        'or name another data directory with COFFER_DATA_DIR and other ports with COFFER_PORT_OFFSET=1000.',
    )
  }
  await rm(path, { force: true })
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(JSON.stringify(await local.markOf(process.pid)))
  await file.close()
  return () => rm(path, { force: true })
}

function parse(text: string): { pid: number; started?: string } | undefined {
  try {
    const mark = JSON.parse(text) as { pid?: unknown; started?: string }
    return typeof mark.pid === 'number' ? { ...mark, pid: mark.pid } : undefined
  } catch {
    return undefined
  }
}
