import { createHash, randomBytes } from 'node:crypto'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { LocalPostgresError } from './errors.js'
import { codeOf } from './files.js'

/**
 * Makes the links to libraries that the package's install script would have made: with `npm ci --ignore-scripts`
 * they are missing and the server does not load.
 * @param packageRoot  where pg-symlinks.json is read
 * @param tree  where the links go: the package's own `native`, or a copy of it
 */
export async function hydrateLinks(packageRoot: string, tree: string): Promise<void> {
  const listed = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    try {
      await symlink(relative(dirname(target), source), join(tree, relative('native', target)))
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

/**
 * A copy of the binaries that every user of the machine can run (54 MB, 0.1 s; made once per version).
 * @param packageRoot  the npm package
 * @param inside  folder for the copy; without it, /var/tmp, where root may be the only one to write
 * @returns the copy's tree, which has `bin` in it
 */
export async function stageTree(packageRoot: string, inside?: string): Promise<string> {
  const native = join(packageRoot, 'native')
  const digest = createHash('sha256')
    .update(await readFile(join(native, 'bin', 'postgres')))
    .digest('hex')
  const copy = join(inside ?? '/var/tmp', `coffer-postgres-${digest.slice(0, 16)}`)
  if (await isOurs(copy)) return copy

  const draft = `${copy}.${randomBytes(4).toString('hex')}`
  try {
    await copyReadable(native, draft)
    await hydrateLinks(packageRoot, draft)
    await rename(draft, copy)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another start was quicker.
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  }
  if (!(await isOurs(copy))) throw new LocalPostgresError(`${copy} vanished while it was made. Start again.`)
  return copy
}

/** Running binaries from a folder that somebody else may write to would hand them the server. */
async function isOurs(copy: string): Promise<boolean> {
  try {
    const found = await lstat(copy)
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  throw new LocalPostgresError(`${copy} is not a folder of ours. Remove it and start again.`)
}

/** Copies what a server needs, readable for everybody whatever the umask was when npm unpacked it. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory() && entry.name !== 'pkgconfig') await copyReadable(source, target)
    // Links are made anew; .a files are for linking programs.
    if (!entry.isFile() || basename(source).endsWith('.a')) continue
    await copyFile(source, target)
    const executable = ((await stat(source)).mode & 0o100) !== 0
    await chmod(target, executable ? 0o755 : 0o644)
  }
}
