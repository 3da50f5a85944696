import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ChildSpec } from '../child-process.js'

/** A launcher in a process of its own, and what it printed. */
export interface Launched {
  readonly child: ChildProcess
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  /** Both streams, in the order in which they came. */
  output(): string
  /** Waits for something to appear in the output. */
  prints(what: string | RegExp): Promise<void>
}

const tsx = createRequire(import.meta.url).resolve('tsx')
const script = fileURLToPath(new URL('./run.ts', import.meta.url))

/**
 * Starts a launcher.
 * @param dataDir  its data directory
 * @param offset  its port offset
 */
export function launch(
  dataDir: string,
  offset: number,
  orders: { children: ChildSpec[]; pauses?: number[] },
  env: NodeJS.ProcessEnv = {},
): Launched {
  const args = ['--import', tsx, script, JSON.stringify({ ...orders, forgetful: true })]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: '', COFFER_DATA_DIR: dataDir, COFFER_PORT_OFFSET: String(offset), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', chunk => {
      output += chunk
    })
  }
  const exited = new Promise<{ code: number | null; signal: string | null }>(done => {
    child.once('close', (code, signal) => done({ code, signal }))
  })
  const prints = async (what: string | RegExp) => {
    for (const began = Date.now(); Date.now() - began < 30_000; await sleep(10)) {
      if (typeof what === 'string' ? output.includes(what) : what.test(output)) return
    }
    throw new Error(`the launcher never printed ${what}; it printed:\n${output}`)
  }
  return { child, exited, output: () => output, prints }
}

/**
 * Writes a stand-in for a program of Coffer. It notes "<name> start <pid>", "<name> ready" and "<name> stop" in
 * `events` and behaves as `code` says, which may use `ready()`, `say(message)`, `note(text)` and `onStop(work)`.
 */
export function standIn(folder: string, name: string, order: [number, number], code = 'ready()'): ChildSpec {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(
    path,
    `import { appendFileSync } from 'node:fs'
const note = text => appendFileSync(${JSON.stringify(join(folder, 'events'))}, ${JSON.stringify(name)} + ' ' + text + '\\n')
const say = message => process.send(message)
const ready = () => { note('ready'); say('ready') }
let work = async () => {}
const onStop = given => { work = given }
const stop = async () => { await work(); note('stop'); process.exit(0) }
process.on('message', message => message === 'stop' && stop())
process.on('disconnect', stop)
process.on('SIGINT', () => {})
process.on('SIGHUP', () => {})
note('start ' + process.pid)
${code}
`,
  )
  return { name, script: path, args: [], startAt: order[0], stopAt: order[1] }
}

/** What the stand-ins of a folder noted. */
export function events(folder: string): string[] {
  return readFileSync(join(folder, 'events'), 'utf8').trim().split('\n')
}

/** The process ids of a stand-in, one per start. */
export function pidsOf(folder: string, name: string): number[] {
  return events(folder)
    .filter(event => event.startsWith(`${name} start `))
    .map(event => Number(event.split(' ')[2]))
}
