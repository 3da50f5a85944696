import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Context, dataDirectoryOf } from './context.js'
import { LocalPostgresError } from './errors.js'
import { readIfThere, syncFolder, writePrivate } from './files.js'
import { spawnInitdb } from './server-process.js'

/** The role that initdb makes. The vault never works as this one. */
export const superuser = 'postgres'

/**
 * Makes the cluster unless it is there.
 * initdb cannot go on where it was interrupted, so it works aside and its result is renamed when complete.
 * @returns whether it was made now
 */
export async function ensureCluster(context: Context, superuserPassword: string): Promise<boolean> {
  const { cluster, folder } = context
  if ((await readIfThere(join(cluster, 'PG_VERSION'))) !== undefined) return false
  if (await isThere(cluster)) {
    throw new LocalPostgresError(`${cluster} is there but is no PostgreSQL cluster. Move it away and start again.`)
  }
  context.say('preparing the database')
  // Without the lock, a folder of that name may be somebody's work in progress.
  if (context.machine.chain) await removeHalfDone(cluster)

  const draft = `${cluster}.new-${randomBytes(4).toString('hex')}`
  await mkdir(draft, { mode: 0o700 })
  if (context.identity.kind === 'other') await chown(draft, context.identity.uid, context.identity.gid)
  try {
    await initdb(context, draft, superuserPassword)
    await rename(draft, cluster)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  if (context.durable) await syncFolder(folder)
  return true
}

async function initdb(context: Context, into: string, password: string): Promise<void> {
  // An open file without a name: nothing stays behind if we are killed here.
  const path = `${into}.password`
  await writePrivate(path, password)
  const file = await open(path, 'r')
  try {
    if (context.identity.kind === 'other') await file.chown(context.identity.uid, context.identity.gid)
    await rm(path)
    const dataDirectory = dataDirectoryOf({ ...context, cluster: into })
    const { exited } = spawnInitdb(context, into, initdbArguments(context, dataDirectory), file.fd)
    const { code, signal } = await exited
    if (code === 0) return
    throw new LocalPostgresError(`initdb failed (${signal ?? `exit ${code}`}); see ${context.log.path}.`)
  } finally {
    await file.close()
  }
}

function initdbArguments({ major, durable }: Context, dataDirectory: string): string[] {
  // The built-in provider sorts the same with every libc, so an upgrade of the machine cannot break an index.
  const locale =
    major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'] : ['--locale=C.UTF-8']
  const rest = ['--encoding=UTF8', '--data-checksums', '--auth=scram-sha-256', '--pwfile=/dev/fd/3']
  return ['-D', dataDirectory, '-U', superuser, ...locale, ...rest, ...(durable ? [] : ['--no-sync'])]
}

async function removeHalfDone(cluster: string): Promise<void> {
  const names = (await readdir(dirname(cluster))).filter(name => name.startsWith(`${basename(cluster)}.new`))
  for (const name of names) await rm(join(dirname(cluster), name), { recursive: true, force: true, maxRetries: 3 })
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
