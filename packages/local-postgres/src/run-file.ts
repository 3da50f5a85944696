import { randomBytes } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { readIfThere, writePrivate } from './files.js'
import { type ProcessMark, postmasterFile, worksIn } from './processes.js'

/** Role and database of the vault: an ordinary role, so that no SQL of ours can reach files or programs. */
export const ownerRole = 'coffer'

/** What is remembered of a server between starts, in `<folder>/postgres.json`. */
export interface RunFile {
  /** The port, kept for the next start. */
  readonly port?: number
  readonly major?: number
  /** The server, while it runs. */
  readonly pid?: number
  /** The process that started it and ends it. */
  readonly owner?: ProcessMark
}

/** The run file of a folder; empty where there is none or it cannot be understood. */
export async function readRunFile(folder: string): Promise<RunFile> {
  try {
    return JSON.parse((await readIfThere(join(folder, 'postgres.json'))) ?? '{}') as RunFile
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** Writes the run file, mode 0600. */
export async function writeRunFile(folder: string, run: RunFile): Promise<void> {
  await writePrivate(join(folder, 'postgres.json'), `${JSON.stringify(run)}\n`)
}

/**
 * The server that runs for a data directory now, whoever started it.
 * @returns `undefined` when none runs, also when the last one was killed and left its files behind
 */
export async function runningLocalPostgres(
  folder: string,
): Promise<{ url: string; port: number; pid: number } | undefined> {
  const here = resolve(folder)
  const { port, major, pid } = await readRunFile(here)
  const password = await readIfThere(passwordFile(here, ownerRole))
  if (port === undefined || major === undefined || pid === undefined || password === undefined) return undefined

  const cluster = await realCluster(here, major)
  const postmaster = cluster === undefined ? undefined : await postmasterFile(cluster)
  if (postmaster?.pid !== pid || !(await worksIn(pid, cluster!)) || !(await answers(port))) return undefined
  return { url: databaseUrl(port, password), port, pid }
}

/** The connection string of the vault's own role. */
export function databaseUrl(port: number, password: string): string {
  return `postgres://${ownerRole}:${password}@127.0.0.1:${port}/${ownerRole}`
}

/** The password of a role, made at the first call, in a file of its own with mode 0600. */
export async function passwordOf(folder: string, role: string): Promise<string> {
  const file = passwordFile(folder, role)
  const known = await readIfThere(file)
  if (known) return known
  // base64url has no character that a connection string would need to escape.
  const password = randomBytes(24).toString('base64url')
  await writePrivate(file, password)
  return password
}

/** The port of the last start if it is still free, else any free one. */
export async function choosePort(remembered: number | undefined): Promise<number> {
  if (remembered !== undefined) {
    const same = await bind(remembered).catch(() => undefined)
    if (same !== undefined) return same
  }
  return await bind(0)
}

function passwordFile(folder: string, role: string): string {
  return join(folder, `postgres-${role}.password`)
}

async function realCluster(folder: string, major: number): Promise<string | undefined> {
  return await realpath(join(folder, `pg${major}`)).catch(() => undefined)
}

function bind(port: number): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address() as { port: number }
      server.close(() => done(address.port))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 })
    const end = (answer: boolean) => {
      socket.destroy()
      done(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
