import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ChildSpec } from './child-process.js'
import { parsePortOffset } from './ports.js'

/** What the environment asks of the launcher. */
export interface Settings {
  /** Absolute. */
  readonly dataDir: string
  readonly offset: number
  /** A database to use instead of the local one. */
  readonly databaseUrl: string | undefined
  /** What was given, to be repeated in front of other commands. */
  readonly prefix: string
}

/**
 * Reads the environment.
 * @throws with one line for people
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const profile = env['COFFER_PROFILE'] || 'sandbox'
  if (profile === 'live') {
    throw new Error('npm start is for the sandbox. In the live profile run "npx coffer serve" and "npx coffer work".')
  }
  if (profile !== 'sandbox') throw new Error(`COFFER_PROFILE must be sandbox or live, not "${profile}".`)
  const given = ['COFFER_DATA_DIR', 'COFFER_PORT_OFFSET'].filter(name => env[name])
  return {
    dataDir: resolve(env['COFFER_DATA_DIR'] || '.coffer'),
    offset: parsePortOffset(env['COFFER_PORT_OFFSET']),
    databaseUrl: env['DATABASE_URL'] || undefined,
    prefix: given.map(name => `${name}=${quoted(env[name]!)} `).join(''),
  }
}

/**
 * The programs of a complete Coffer, in their order: the issuer before the vault that asks it,
 * the vault before those who use it; and the other way round at the end.
 * @param root  the repository
 */
export function cofferChildren(root: string): ChildSpec[] {
  const app = (name: string) => join(root, 'apps', name, 'dist', 'main.js')
  const all: ChildSpec[] = [
    { name: 'simulator', script: app('simulator'), args: [], startAt: 1, stopAt: 3 },
    { name: 'serve', script: app('vault'), args: ['serve'], usesDatabase: true, startAt: 2, stopAt: 2 },
    { name: 'work', script: app('vault'), args: ['work'], usesDatabase: true, startAt: 3, stopAt: 2 },
    { name: 'shop', script: app('shop'), args: [], startAt: 3, stopAt: 1 },
  ]
  return all.filter(({ script }) => existsSync(script))
}

function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
