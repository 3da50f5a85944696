import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A program of Coffer that the launcher runs. */
export interface ChildSpec {
  /** For people and for the log's file name. */
  readonly name: string
  /** The script, absolute. */
  readonly script: string
  readonly args: readonly string[]
  /** Children of a lower number are ready before those of a higher one start. */
  readonly startAt: number
  /** Whether it is told where the database is. */
  readonly usesDatabase?: boolean
  /** Children of a lower number have ended before those of a higher one are told to stop. */
  readonly stopAt: number
}

/** A child that runs. */
export interface Child {
  readonly spec: ChildSpec
  readonly pid: number | undefined
  /** Resolves when it serves; rejects with one line for people when it ends before that, or takes too long. */
  readonly ready: Promise<void>
  /** How it ended, for people: 'exit 1', 'SIGKILL', or the reason it gave. Never rejects. */
  readonly ended: Promise<string>
  /** Asks it to end, and ends it after the grace period. Resolves when it is gone. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

/** How long a child may drain. */
const graceMs = 8_000

/** How long a child may take to serve; migrations run in this time too. */
const readyMs = 60_000

/**
 * Starts a child. It says 'ready' or `{ type: 'failed', message }` over IPC, and ends by itself on 'stop' or when the
 * channel closes, which it does when the launcher is killed.
 * @param onLine  every line of its output
 */
export function startChild(spec: ChildSpec, env: NodeJS.ProcessEnv, onLine: (line: string) => void): Child {
  const child = fork(spec.script, [...spec.args], {
    env,
    execArgv: [],
    // A process group of its own, so that Ctrl-C reaches the launcher alone, which stops everything in order.
    detached: true,
    // Not inherited: a terminal that goes away would abort the children in the middle of their work.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const output of [child.stdout, child.stderr]) if (output) createInterface({ input: output }).on('line', onLine)

  let reason: string | undefined
  let isReady = false
  const ended = new Promise<string>(done => {
    // 'close' and not 'exit': by then its last words have been read.
    child.once('close', (code, signal) => done(reason ?? signal ?? `exit ${code}`))
    child.once('error', error => done(error.message))
  })
  const ready = new Promise<void>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`${spec.name} did not get ready in ${readyMs / 1000} s.`)), readyMs)
    child.on('message', (message: unknown) => {
      if (message === 'ready') {
        isReady = true
        done()
      }
      const failed = message as { type?: unknown; message?: unknown } | null
      if (failed?.type === 'failed') reason = String(failed.message)
    })
    void ended.then(why => {
      fail(new Error(reason === undefined ? `${spec.name} ended before it was ready (${why}).` : reason))
    })
    const clear = () => clearTimeout(timer)
    void ended.then(clear)
    child.on('message', message => message === 'ready' && clear())
  })
  // Whoever starts a child waits for it; a child that dies later must not count as an unhandled rejection.
  ready.catch(() => undefined)

  const kill = () => void child.kill('SIGKILL')
  const stop = async () => {
    if (child.connected) child.send('stop', () => undefined)
    // It may not listen yet, and then has nothing to drain.
    if (!isReady) child.kill('SIGTERM')
    const timer = setTimeout(kill, graceMs)
    await ended
    clearTimeout(timer)
  }
  return { spec, pid: child.pid, ready, ended, stop, kill }
}
