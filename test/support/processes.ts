/**
 * The built programs as processes of their own, over a real PostgreSQL that can be killed like the others. Processes
 * are ended by the pid that was recorded when they were started, never by a name. Does not need Vitest.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LedgerEntry } from '../../apps/simulator/src/index.js'
import { type Answer, callApi, type MerchantKeys, type Sent } from './merchant-client.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

const scripts = {
  vault: join(root, 'apps/vault/dist/main.js'),
  simulator: join(root, 'apps/simulator/dist/main.js'),
  postgres: join(root, 'test/system/postgres-process.mjs'),
}

/** How long a program may take to serve before a test gives up on it. */
const READY_MS = 60_000

/** How long a program may take to stop in order. */
const STOP_MS = 30_000

/** Builds what the programs are run from, once at a time however many test files ask for it. */
export async function ensureBuilt(): Promise<void> {
  const lock = join(tmpdir(), `coffer-build-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`)
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      // Somebody builds. Whoever was killed while building leaves the folder behind.
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs
      if (since !== undefined && Date.now() - since > 60_000) rmSync(lock, { recursive: true, force: true })
      await sleep(100)
    }
  }
  // On a busy machine a build takes minutes: as long as it goes on, nobody may take it for left behind.
  const sign = setInterval(() => {
    const now = new Date()
    if (existsSync(lock)) utimesSync(lock, now, now)
  }, 5_000)
  try {
    const path = join(root, 'build-if-stale.mjs')
    const { buildIfStale } = (await import(path)) as { buildIfStale(o: object): Promise<boolean> }
    const said: string[] = []
    if (!(await buildIfStale({ say: (line: string) => said.push(line) }))) throw new Error(said.join('\n'))
  } finally {
    clearInterval(sign)
    rmSync(lock, { recursive: true, force: true })
  }
}

/** A process that was started. */
export interface Program {
  readonly name: string
  readonly pid: number
  readonly child: ChildProcess
  /** How long it took until it served, in ms; rejects with the line that it gave for people when it ends before that. */
  readonly ready: Promise<number>
  /** How it ended: 'exit 0', 'SIGKILL'. Never rejects. */
  readonly ended: Promise<string>
  /** Whether it still runs. */
  readonly runs: () => boolean
  /** Both streams, as far as they came. */
  readonly output: () => string
  /** What it sent over IPC. */
  readonly messages: readonly unknown[]
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to end in order, over IPC like the launcher unless a signal is named; returns how it ended. */
  stop(signal?: NodeJS.Signals): Promise<string>
}

/** Where a program is run and as whom. */
export interface ProgramOptions {
  /** Settings of Coffer; nothing of this process's own environment but PATH and TMPDIR comes on top. */
  env?: Record<string, string>
  cwd?: string
  /** Words put in front of the command, e.g. `setpriv --reuid=65534 …`. */
  before?: readonly string[]
  /** Another copy of the script. */
  script?: string
}

function start(name: string, script: string, args: readonly string[], options: ProgramOptions): Program {
  const began = performance.now()
  const [command, ...words] = [...(options.before ?? []), process.execPath, options.script ?? script, ...args]
  const child = spawn(command!, words, {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', TMPDIR: tmpdir(), ...options.env },
    // With the channel a program also ends when this process does, however that happens.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  let running = true
  const messages: unknown[] = []
  child.on('message', message => messages.push(message))
  const ended = new Promise<string>(done => {
    child.once('exit', () => {
      running = false
    })
    child.once('close', (code, signal) => done(signal ?? `exit ${code}`))
    child.once('error', error => done(error.message))
  })
  const ready = new Promise<number>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`${name} was not ready after ${READY_MS} ms:\n${output}`)), READY_MS)
    child.on('message', message => message === 'ready' && done(performance.now() - began))
    void ended.then(how => fail(new Error(failure(messages) ?? `${name} ended (${how}):\n${output}`)))
    const clear = () => clearTimeout(timer)
    child.on('message', message => message === 'ready' && clear())
    void ended.then(clear)
  })
  ready.catch(() => undefined)
  return {
    name,
    pid: child.pid ?? 0,
    child,
    ready,
    ended,
    runs: () => running,
    output: () => output,
    messages,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop(signal) {
      if (signal) child.kill(signal)
      else if (child.connected) child.send('stop', () => undefined)
      else child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      const how = await ended
      clearTimeout(timer)
      return how
    },
  }
}

function failure(messages: readonly unknown[]): string | undefined {
  const told = messages.find(message => (message as { type?: unknown } | null)?.type === 'failed')
  return (told as { message?: string } | undefined)?.message
}

/** Starts `coffer serve`, `coffer work` or another verb. */
export function startCoffer(args: readonly string[], options: ProgramOptions = {}): Program {
  return start(args[0]!, scripts.vault, args, options)
}

/** Runs a verb of `coffer` to its end. */
export async function runCoffer(
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<{ how: string; output: string }> {
  const program = startCoffer(args, options)
  program.ready.catch(() => undefined)
  const how = await program.ended
  return { how, output: program.output() }
}

/** Starts the simulator. */
export function startSimulatorProcess(options: ProgramOptions = {}): Program {
  return start('simulator', scripts.simulator, [], options)
}

/** A PostgreSQL in a process of its own. */
export interface PostgresProcess extends Program {
  /** Valid once it is ready. */
  url(): string
  /** kill -9 of the server itself, as the kernel's out-of-memory killer would. Its owner ends by itself. */
  killServer(): Promise<void>
  /** kill -9 of server and owner at once. */
  killBoth(): Promise<void>
}

/** Starts a PostgreSQL on a folder; durable, unless a setting says otherwise. */
export function startPostgresProcess(folder: string, settings: Record<string, string> = {}): PostgresProcess {
  const program = start('postgres', scripts.postgres, [folder, JSON.stringify(settings)], {})
  const told = () => {
    const message = program.messages.find(m => (m as { type?: unknown }).type === 'database')
    return message as { url: string; pid: number } | undefined
  }
  const killServer = () => {
    const pid = told()?.pid
    if (pid !== undefined && program.runs()) ignoreGone(() => process.kill(pid, 'SIGKILL'))
  }
  return {
    ...program,
    url: () => told()?.url ?? '',
    async killServer() {
      killServer()
      await program.ended
    },
    async killBoth() {
      killServer()
      await program.kill()
    },
  }
}

function ignoreGone(act: () => void): void {
  try {
    act()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A merchant of `sandbox.json`, with the key that answers are verified with. */
export interface SandboxKeys {
  keys: MerchantKeys
  gatewayKey: KeyObject
}

/** The merchants of a sandbox, as its `sandbox.json` tells them. */
export function sandboxMerchants(dataDir: string): SandboxKeys[] {
  const file = JSON.parse(readFileSync(join(dataDir, 'sandbox.json'), 'utf8')) as {
    merchants: { clientId: string; keyVersion: number; merchantPrivateKey: string; gatewayPublicKey: string }[]
  }
  return file.merchants.map(merchant => {
    const der = Buffer.from(merchant.merchantPrivateKey, 'base64')
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const { clientId, keyVersion } = merchant
    const keys = { clientId, keyVersion, privateKey, publicKey: createPublicKey(privateKey) }
    const spki = Buffer.from(merchant.gatewayPublicKey, 'base64')
    return { keys, gatewayKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }) }
  })
}

export type ProgramName = 'postgres' | 'simulator' | 'serve' | 'work'

/** In this order they are started; what stands behind needs what stands before. */
export const programNames: readonly ProgramName[] = ['postgres', 'simulator', 'serve', 'work']

/** How a stack is started. */
export interface StackOptions {
  /** Port offset; every test has its own. Below 24,000, so that no port lies where outgoing connections take theirs. */
  offset: number
  /** More settings for serve and work. */
  env?: Record<string, string>
  postgresSettings?: Record<string, string>
  /** Makes a folder of its own unless told. */
  folder?: string
  /** All of them unless told. */
  programs?: readonly ProgramName[]
}

/** A whole sandbox in four processes, each of which can be killed and started again. */
export class Stack {
  readonly folder: string
  readonly dataDir: string
  readonly apiUrl: string
  readonly opsUrl: string
  /** Where the simulator shows its ledger and takes orders. */
  readonly simulatorUrl: string
  /** Where its issuer listens for ISO 8583. */
  readonly issuerPort: number
  /** How long each start took until it was ready, in ms. */
  readonly starts: { name: ProgramName; ms: number }[] = []
  /** Programs that ended without being killed or stopped by us. */
  readonly unexpectedEnds: string[] = []
  readonly #options: StackOptions
  readonly #moreEnv: Record<string, string>
  readonly #programs = new Map<ProgramName, Program>()
  readonly #former: Program[] = []
  readonly #expected = new Set<Program>()
  #databaseUrl = ''

  private constructor(options: StackOptions) {
    this.#options = options
    this.#moreEnv = { ...options.env }
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'coffer-stack-'))
    this.dataDir = join(this.folder, 'data')
    this.apiUrl = `http://127.0.0.1:${8080 + options.offset}`
    this.opsUrl = `http://127.0.0.1:${8085 + options.offset}`
    this.simulatorUrl = `http://127.0.0.1:${8092 + options.offset}`
    this.issuerPort = 8091 + options.offset
  }

  static async start(options: StackOptions): Promise<Stack> {
    await ensureBuilt()
    const stack = new Stack(options)
    try {
      const programs = options.programs ?? programNames
      await stack.launch(programs)
      if (programs.includes('simulator') && programs.includes('serve')) await stack.linked('serve')
      return stack
    } catch (error) {
      await stack.stop()
      throw error
    }
  }

  get databaseUrl(): string {
    return this.#databaseUrl
  }

  /** More settings, for what is started from now on. */
  alsoEnv(more: Record<string, string>): void {
    Object.assign(this.#moreEnv, more)
  }

  /** The settings that serve and work are started with. */
  get env(): Record<string, string> {
    return {
      COFFER_DATA_DIR: this.dataDir,
      COFFER_PORT_OFFSET: String(this.#options.offset),
      DATABASE_URL: this.#databaseUrl,
      ...this.#moreEnv,
    }
  }

  get merchants(): SandboxKeys[] {
    return sandboxMerchants(this.dataDir)
  }

  program(name: ProgramName): Program {
    return this.#programs.get(name)!
  }

  /** Everything that any process of this stack has printed. */
  outputs(): { name: string; output: string }[] {
    return [...this.#former, ...this.#programs.values()].map(program => ({
      name: `${program.name}-${program.pid}`,
      output: program.output(),
    }))
  }

  /** Starts programs that do not run, and waits until they serve: database and issuer first. */
  async launch(names: readonly ProgramName[]): Promise<void> {
    const wanted = (...some: ProgramName[]) => some.filter(name => names.includes(name))
    await Promise.all(wanted('postgres', 'simulator').map(name => this.#launchOne(name)))
    await Promise.all(wanted('serve', 'work').map(name => this.#launchOne(name)))
  }

  /** Begins to start a program without waiting for it; it may fail, for lack of what it needs. */
  begin(name: ProgramName): Program {
    const before = this.#programs.get(name)
    if (before) this.#former.push(before)
    const program = this.#spawn(name)
    this.#programs.set(name, program)
    return program
  }

  async #launchOne(name: ProgramName): Promise<void> {
    const program = this.begin(name)
    const ms = await program.ready
    this.starts.push({ name, ms })
    void program.ended.then(how => {
      if (!this.#expected.has(program)) this.unexpectedEnds.push(`${name} ended by itself (${how})`)
    })
    if (name !== 'postgres') return
    const url = (program as PostgresProcess).url()
    if (this.#databaseUrl && this.#databaseUrl !== url) throw new Error('PostgreSQL came back under another address')
    this.#databaseUrl = url
  }

  #spawn(name: ProgramName): Program {
    if (name === 'postgres') {
      return startPostgresProcess(join(this.dataDir), this.#options.postgresSettings)
    }
    if (name === 'simulator') {
      const { COFFER_DATA_DIR, COFFER_PORT_OFFSET } = this.env
      return startSimulatorProcess({
        env: { COFFER_DATA_DIR: COFFER_DATA_DIR!, COFFER_PORT_OFFSET: COFFER_PORT_OFFSET! },
      })
    }
    // The database then tells whose statement it is that waits.
    const { DATABASE_URL: url = '' } = this.env
    const named = `${url}${url.includes('?') ? '&' : '?'}application_name=${name}`
    return startCoffer([name], { env: { ...this.env, ...(url && { DATABASE_URL: named }) } })
  }

  /** kill -9 of several programs at the same instant; of PostgreSQL the postmaster, and its owner with it. */
  async kill(names: readonly ProgramName[]): Promise<void> {
    const victims = names.map(name => this.#programs.get(name)!)
    for (const victim of victims) this.#expected.add(victim)
    await Promise.all(
      victims.map(victim => (victim.name === 'postgres' ? (victim as PostgresProcess).killBoth() : victim.kill())),
    )
  }

  /** Ends programs in order, the last started first. */
  async end(names: readonly ProgramName[] = programNames): Promise<void> {
    for (const name of [...programNames].reverse()) {
      const program = names.includes(name) ? this.#programs.get(name) : undefined
      if (!program) continue
      this.#expected.add(program)
      if (program.runs()) await program.stop()
    }
  }

  /** Ends everything and removes the folder. */
  async stop(): Promise<void> {
    await this.end()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Calls the API as one of the sandbox's merchants. */
  call(merchant: SandboxKeys, operation: string, body: unknown, sent: Sent = {}): Promise<Answer> {
    return callApi(this.apiUrl, merchant.keys, merchant.gatewayKey, operation, body, sent)
  }

  /** Moves the sandbox's clock on; answers when everything that falls due on the way has happened. */
  async advance(ms: number): Promise<void> {
    const body = JSON.stringify({ advanceMs: ms })
    // A connection of its own: one that was kept may lead to a process that has been killed since.
    const response = await fetch(`${this.opsUrl}/sandbox/clock`, {
      method: 'POST',
      body,
      headers: { connection: 'close' },
    })
    if (!response.ok) throw new Error(`the clock did not move: ${await response.text()}`)
  }

  /** Stops a program in its tracks, or lets it go on: what it has received meanwhile waits for it. */
  halt(name: ProgramName, halted: boolean): void {
    this.#programs.get(name)?.child.kill(halted ? 'SIGSTOP' : 'SIGCONT')
  }

  /**
   * Waits until a program is signed on at its issuers and, where it asks them, has the lists of the directory servers.
   * @returns whether it is
   */
  linked(name: 'serve' | 'work', withinMs = READY_MS): Promise<boolean> {
    if (name === 'serve') return untilLinked(this.opsUrl, withinMs)
    return untilLinked(`http://127.0.0.1:${8087 + this.#options.offset}`, withinMs, ['issuer'])
  }

  /** Everything in the issuer's ledger, oldest first. */
  async ledger(): Promise<LedgerEntry[]> {
    const response = await fetch(`${this.simulatorUrl}/log`, { headers: { connection: 'close' } })
    return ((await response.json()) as { entries: LedgerEntry[] }).entries
  }
}

/** What a process needs of the world around it, by the names that its readiness has. */
type Needed = 'issuer' | 'directories'

/** Waits until the process with this operations port has all that it needs. @returns whether it has */
export async function untilLinked(
  opsUrl: string,
  withinMs = READY_MS,
  needed: readonly Needed[] = ['issuer', 'directories'],
): Promise<boolean> {
  for (const began = performance.now(); performance.now() - began < withinMs; await sleep(20)) {
    // A connection of its own: one that was kept may lead to a process that has been killed since.
    const answer = await fetch(`${opsUrl}/readyz`, { headers: { connection: 'close' } }).catch(() => undefined)
    const state = (await answer?.json().catch(() => undefined)) as Partial<Record<Needed, boolean>> | undefined
    if (needed.every(name => state?.[name] === true)) return true
  }
  return false
}
