import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.js'
import { LocalPostgresError } from './errors.js'
import { codeOf } from './files.js'
import { type Machine, passwdIds, run } from './machine.js'
import { stageTree } from './tree.js'

/**
 * As whom the server runs. PostgreSQL refuses root, so root either appears as somebody else in a user namespace
 * (nothing is copied, the files stay root's) or becomes somebody else.
 */
export type Identity =
  | { readonly kind: 'ourselves' }
  | { readonly kind: 'namespace'; readonly uid: number }
  | { readonly kind: 'other'; readonly uid: number; readonly gid: number }

/**
 * Decides by who owns what is there: a cluster opens for its owner only, also when root starts the server.
 * @param folder  the data directory
 * @param cluster  the cluster in it, which need not exist yet
 */
export async function chooseIdentity(machine: Machine, folder: string, cluster: string): Promise<Identity> {
  const owner = (await ownerOf(cluster)) ?? (await ownerOf(folder))!
  if (machine.uid !== 0) {
    if (machine.uid !== undefined && owner.uid !== machine.uid) throw notOurs(folder, owner.uid)
    return { kind: 'ourselves' }
  }
  if (owner.uid !== 0) return { kind: 'other', ...owner }
  if (machine.namespaceUid !== undefined) return { kind: 'namespace', uid: machine.namespaceUid }
  if (machine.platform !== 'linux') {
    throw new LocalPostgresError('PostgreSQL does not run as root. Start Coffer as an ordinary user.')
  }
  if ((await ownerOf(cluster)) !== undefined) {
    throw new LocalPostgresError(
      `${cluster} belongs to root, and root may not use user namespaces here. Allow them, or "chown -R nobody ${cluster}".`,
    )
  }
  // "nobody" is shared by many services: the user made for PostgreSQL comes first.
  const users = (await passwdIds()).filter(user => user.uid !== 0)
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody') ?? users[0]
  if (!user) throw new LocalPostgresError('PostgreSQL does not run as root, and /etc/passwd has nobody else.')
  return { kind: 'other', uid: user.uid, gid: user.gid }
}

/** The folder to run `postgres` and `initdb` from as this user: a copy, where he cannot reach the original. */
export async function reachableBin(machine: Machine, binaries: Binaries, identity: Identity): Promise<string> {
  if (identity.kind !== 'other' || binaries.packageRoot === undefined) return binaries.bin
  if (machine.chain) {
    const { uid, gid } = identity
    const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
    const tried = await run('setpriv', [...user, '--', join(binaries.bin, 'postgres'), '--version'])
    if (tried.code === 0) return binaries.bin
  }
  return join(await stageTree(binaries.packageRoot), 'bin')
}

/** Refuses a data directory that we could not write to, before anything is made in it. */
export async function checkFolder(folder: string): Promise<void> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    throw notOurs(folder, (await stat(folder)).uid)
  }
}

function notOurs(folder: string, uid: number): LocalPostgresError {
  const whom = uid === 0 ? 'root' : `user ${uid}`
  return new LocalPostgresError(
    `${folder} belongs to ${whom}. Start as that user, or name another data directory with COFFER_DATA_DIR.`,
  )
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(path)
    return { uid, gid }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (codeOf(error) === 'EACCES') {
      throw new LocalPostgresError(`${path} is closed to this user. Name another data directory with COFFER_DATA_DIR.`)
    }
    throw error
  }
}
