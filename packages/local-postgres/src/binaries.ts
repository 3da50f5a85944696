import { access, constants, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LocalPostgresError } from './errors.js'
import { codeOf } from './files.js'
import { type Machine, run } from './machine.js'
import { hydrateLinks, stageTree } from './tree.js'

/** A PostgreSQL that runs on this machine. */
export interface Binaries {
  /** Folder of `postgres` and `initdb`. */
  readonly bin: string
  readonly major: number
  /** The package it came with, so that a copy can be made for a user who cannot reach it; `undefined` when installed on the machine. */
  readonly packageRoot: string | undefined
}

/** Older ones do not know all of the settings we start a server with. */
const oldestMajor = 14

/**
 * The PostgreSQL to use for a folder: the npm package's, else one installed on the machine.
 * A cluster can be opened by its own major only, so what lies in the folder already decides first.
 * @param folder  the data directory
 * @throws LocalPostgresError naming the three ways to get one
 */
export async function chooseBinaries(machine: Machine, folder: string): Promise<Binaries> {
  const existing = await clusterMajors(folder)
  const found: number[] = []
  for await (const binaries of candidates(machine, folder)) {
    if (existing.length === 0 || existing.includes(binaries.major)) return binaries
    found.push(binaries.major)
  }
  if (found.length > 0) {
    throw new LocalPostgresError(
      `${folder} holds data of PostgreSQL ${existing.join(', ')}, but only ${found.join(', ')} is here. ` +
        `Install PostgreSQL ${existing[0]}, or move ${join(folder, `pg${existing[0]}`)} away to begin anew.`,
    )
  }
  throw new LocalPostgresError(
    `No PostgreSQL for ${process.platform}-${process.arch}. Either run "npm ci" without --omit=optional, ` +
      `or install PostgreSQL ${oldestMajor} or newer (Debian: apt-get install postgresql), or set DATABASE_URL.`,
  )
}

async function clusterMajors(folder: string): Promise<number[]> {
  return (await readdir(folder))
    .map(name => /^pg(\d+)$/.exec(name)?.[1])
    .filter(major => major !== undefined)
    .map(Number)
    .sort((a, b) => b - a)
}

async function* candidates(machine: Machine, folder: string): AsyncGenerator<Binaries> {
  if (machine.packageRoot !== undefined) {
    const tree = await loadableTree(machine, machine.packageRoot, folder)
    const binaries = await tryBinaries(join(tree, 'bin'), machine.packageRoot)
    if (binaries) yield binaries
  }
  for (const bin of machine.installed) {
    const binaries = await tryBinaries(bin, undefined)
    if (binaries) yield binaries
  }
}

async function tryBinaries(bin: string, packageRoot: string | undefined): Promise<Binaries | undefined> {
  try {
    await access(join(bin, 'initdb'), constants.X_OK)
    // Links such as /usr/local/bin/postgres lead to the folder that also holds its libraries.
    const real = await realpath(join(bin, 'postgres'))
    // Running it is the only honest test: the npm package needs glibc and does not load on Alpine.
    const { code, output } = await run(real, ['--version'])
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(output)?.[1])
    return code === 0 && major >= oldestMajor ? { bin: dirname(real), major, packageRoot } : undefined
  } catch {
    return undefined
  }
}

/** The package's tree with its links in place; a copy of it where node_modules cannot be written. */
async function loadableTree(machine: Machine, packageRoot: string, folder: string): Promise<string> {
  const tree = join(packageRoot, 'native')
  try {
    await hydrateLinks(packageRoot, tree)
    return tree
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw error
    return await stageTree(packageRoot, machine.uid === 0 ? undefined : folder)
  }
}
