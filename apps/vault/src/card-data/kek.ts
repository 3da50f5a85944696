/**
 * Key encryption keys: what wraps the data encryption keys. The interface is what a KMS, an HSM or a quorum of
 * custodians can fill; a key file is the first provider.
 */
import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, open as openFile, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Random } from '../platform/random.js'
import { type Belonging, type Dek, open, seal } from './seal.js'

export interface KekProvider {
  /** The kind of provider, e.g. `key-file`. */
  readonly kind: string
  /** Eight bytes that tell this key from another without telling anything of it. */
  checkValue(): Promise<Buffer>
  /** Wraps 32 bytes. The context is authenticated: the result unwraps in the same context only. */
  wrap(dek: Buffer, context: WrapContext): Promise<Buffer>
  unwrap(wrapped: Buffer, context: WrapContext): Promise<Buffer>
}

/** What a wrapped key is for. */
export interface WrapContext {
  environment: string
  kekId: string
  dekId: string
  merchantId: string
  purpose: string
}

/** A key file that cannot be used; the message tells an operator what to do. */
export class UnusableKeyFile extends Error {
  override readonly name = 'UnusableKeyFile'
}

const KEY_BYTES = 32

/** Opens a key file: 32 random bytes, readable by its owner alone. */
export async function keyFileProvider(path: string, random: Random): Promise<KekProvider> {
  const key = await readKeyFile(path)
  const asDek = (context: WrapContext): Dek => ({
    id: context.kekId,
    merchantId: context.merchantId,
    purpose: `wrap:${context.purpose}`,
    key,
  })
  const belongs = (context: WrapContext): Belonging => ({ environment: context.environment, object: context.dekId })
  return {
    kind: 'key-file',
    checkValue: async () => createHmac('sha256', key).update('coffer key check value').digest().subarray(0, 8),
    wrap: async (dek, context) => seal(dek, asDek(context), belongs(context), random),
    unwrap: async (wrapped, context) => open(wrapped, asDek(context), belongs(context)),
  }
}

/**
 * Makes a key file where there is none, for the sandbox. It appears whole and on disk, or not at all: a start that is
 * killed here must not leave an empty file, and another that comes at the same time must not read half of one.
 */
export async function makeKeyFile(path: string, random: Random): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (existsSync(path)) return
  const draft = `${path}.${random.bytes(4).toString('hex')}.new`
  const file = await openFile(draft, 'wx', 0o600)
  try {
    await file.write(random.bytes(KEY_BYTES))
    await file.sync()
    await link(draft, path)
    await syncFolder(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await file.close()
    await rm(draft, { force: true })
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await openFile(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** What is wrong with a key file, in words for an operator; `undefined` when it can be used. */
export async function keyFileProblem(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code ?? 'unreadable')
  if (found === 'ENOENT') return 'does not exist'
  if (typeof found === 'string') return `cannot be read (${found})`
  if (!found.isFile()) return 'is not a file'
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) return 'can be read by others: chmod 600 it'
  if (found.size !== KEY_BYTES)
    return `has ${found.size} bytes instead of ${KEY_BYTES}: restore the right file; a new vault's is made by openssl rand -out FILE 32`
  return undefined
}

async function readKeyFile(path: string): Promise<Buffer> {
  const problem = await keyFileProblem(path)
  if (problem) throw new UnusableKeyFile(`the key file ${path} ${problem}`)
  return readFile(path)
}
