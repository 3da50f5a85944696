import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Context } from './context.js'
import { dataDirectoryOf } from './context.js'
import { serverArguments, serverEnvironment } from './settings.js'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** A child and its end; `exited` never rejects. */
export interface Spawned {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
}

/** Exit code of `flock` when somebody else holds the lock. */
export const lockedElsewhere = 75

// Holds the lock and waits for the port on stdin; end of file means that whoever started it is gone.
const waitScript =
  'echo locked; read -r port || exit 0; cd -- "$1" || exit 71; shift; exec "$@" -c "port=$port" </dev/null >&2'

// The signal was armed a moment ago. If the parent died before that, nobody will ever send it.
const armedScript = '[ "$PPID" = "$1" ] || exit 0; shift; exec "$@"'

// Where the kernel cannot be asked to signal us: a pipe that ends when the parent does. Non-interactive shells start
// background jobs with SIGINT ignored; postgres installs a handler of its own.
const guardScript = `
exec 3<&0
"$@" </dev/null >&2 3<&- & p=$!
trap "kill -INT $p" TERM INT
(trap "" INT TERM; cat <&3 >/dev/null; kill -INT $p 2>/dev/null) & g=$!
wait $p; r=$?
while kill -0 $p 2>/dev/null; do wait $p; r=$?; done
kill -KILL $g 2>/dev/null
exit $r`

/**
 * Starts the chain that becomes the server: one process id from lock to postgres, nothing in between that could be
 * killed alone. It says "locked" on stdout and waits; `release` lets it go on to postgres.
 * The lock's descriptor passes to postgres and each backend, so it lasts as long as anything can touch the data.
 */
export function spawnChain(context: Context): Spawned {
  const lock = join(context.folder, 'postgres.lock')
  const hold = ['--pdeathsig', 'TERM', '--', 'flock', '-n', '-E', String(lockedElsewhere), '--no-fork', lock]
  const wait = ['sh', '-c', waitScript, 'sh', context.cluster]
  // Changing user clears the parent-death signal: it must be armed after that.
  const arm = ['setpriv', '--pdeathsig', 'INT', '--', 'sh', '-c', armedScript, 'sh', String(process.pid)]
  const chain = [...hold, ...wait, ...becomeOther(context), ...arm, ...serverCommand(context)]
  return watch(
    spawn('setpriv', chain, {
      cwd: context.folder,
      env: serverEnvironment(),
      // A session of its own: Ctrl-C in the terminal must reach Coffer first, which stops the server last.
      detached: true,
      stdio: ['pipe', 'pipe', context.log.fd],
    }),
  )
}

/** Lets a chain that holds the lock become the server. */
export function release({ child }: Spawned, port: number): void {
  // It may have died meanwhile, which `exited` tells.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(`${port}\n`)
}

/** Starts the server under a small shell that ends it when we are gone. For machines without util-linux. */
export function spawnGuarded(context: Context, port: number): Spawned {
  const command = [
    ...(context.identity.kind === 'namespace' ? becomeOther(context) : []),
    ...serverCommand(context),
    ...portArguments(port),
  ]
  const spawned = watch(
    spawn('sh', ['-c', guardScript, 'sh', ...command], {
      ...userOf(context),
      cwd: context.cluster,
      env: serverEnvironment(),
      detached: true,
      stdio: ['pipe', 'ignore', context.log.fd],
    }),
  )
  spawned.child.stdin?.on('error', () => undefined)
  void spawned.exited.then(() => spawned.child.stdin?.destroy())
  return spawned
}

/**
 * Runs `initdb` in a folder as the server's user.
 * @param passwordFd  descriptor of a real file with the superuser's password; a pipe could not be opened again by name
 */
export function spawnInitdb(context: Context, into: string, args: readonly string[], passwordFd: number): Spawned {
  const become = context.identity.kind === 'namespace' ? becomeOther(context) : []
  const arm = context.machine.chain ? ['setpriv', '--pdeathsig', 'KILL', '--'] : []
  const [command, ...rest] = [...become, ...arm, join(context.bin, 'initdb'), ...args]
  return watch(
    spawn(command!, rest, {
      ...userOf(context),
      cwd: into,
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', 'ignore', context.log.fd, passwordFd],
    }),
  )
}

/** Without the port: that is said last, when the lock is held. */
function serverCommand(context: Context): string[] {
  const args = serverArguments(dataDirectoryOf(context), context.durable, context.settings)
  return [join(context.bin, 'postgres'), ...args]
}

const portArguments = (port: number) => ['-c', `port=${port}`]

function becomeOther({ identity }: Context): string[] {
  if (identity.kind === 'ourselves') return []
  if (identity.kind === 'namespace') {
    return ['unshare', '--user', `--map-user=${identity.uid}`, `--map-group=${identity.uid}`, '--']
  }
  return ['setpriv', `--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups', '--']
}

function userOf({ identity }: Context): { uid?: number; gid?: number } {
  return identity.kind === 'other' ? { uid: identity.uid, gid: identity.gid } : {}
}

function watch(child: ChildProcess): Spawned {
  const exited = new Promise<Exit>(done => {
    child.once('exit', (code, signal) => done({ code, signal }))
    // Not started at all, for instance because the program is missing.
    child.once('error', () => done({ code: 127, signal: null }))
  })
  return { child, exited }
}
