import { chmod, mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, type ChildSpec, startChild } from './child-process.js'
import { claimDataDir } from './claim.js'
import { type Database, startDatabase } from './database.js'
import type { LocalPostgresPackage } from './local-postgres-package.js'
import { type LogFile, openLogFile } from './log-file.js'
import { checkPorts } from './ports.js'
import { defaultPauses, Restarts } from './restarts.js'
import { lineForPeople, type Screen, summaryLines } from './screen.js'
import { readSettings, type Settings } from './settings.js'

/** What a Coffer is started with. */
export interface CofferOptions {
  /** The environment to read settings from and to hand on to the children. */
  readonly env: NodeJS.ProcessEnv
  readonly children: readonly ChildSpec[]
  readonly localPostgres: LocalPostgresPackage
  readonly screen: Screen
  /** Pauses before restarts in ms; tests have no patience. */
  readonly pauses?: readonly number[]
}

/** A Coffer that runs or is about to. */
export interface Coffer {
  /** Resolves when everything serves, and also when it was stopped before that. */
  readonly started: Promise<void>
  /** The exit code, once nothing runs any more: 0 after `stop`, 1 after a failure. Never rejects. */
  readonly finished: Promise<number>
  /** Ends everything in order. Safe to call again, and while it starts. */
  stop(): void
  /** Ends the children at once and then the database in order. */
  force(): void
}

/** Starts a complete Coffer and watches over it. */
export function startCoffer(options: CofferOptions): Coffer {
  const launcher = new Launcher(options)
  const started = launcher.start()
  return {
    started,
    finished: launcher.finished,
    stop: () => void launcher.end(0),
    force: () => launcher.force(),
  }
}

class Launcher {
  readonly finished: Promise<number>
  readonly #options: CofferOptions
  readonly #children = new Map<string, Child>()
  readonly #logs = new Map<string, LogFile>()
  readonly #ending = new AbortController()
  #finish: (code: number) => void = () => undefined
  #settings: Settings | undefined
  #release: (() => Promise<void>) | undefined
  #database: Database | undefined
  /** A start or restart of the database that is under way: the end has to wait for it, or it would be left running. */
  #databaseWork: Promise<unknown> = Promise.resolve()

  constructor(options: CofferOptions) {
    this.#options = options
    this.finished = new Promise(done => {
      this.#finish = done
    })
  }

  async start(): Promise<void> {
    try {
      this.#settings = readSettings(this.#options.env)
      await this.#openDataDir(this.#settings)
      const url = this.#settings.databaseUrl ?? (await this.#startDatabase(this.#settings.dataDir))
      const env = this.#environment(this.#settings, url)
      const children = this.#options.children
      for (const step of steps(children, spec => spec.startAt)) {
        if (this.#isEnding) return
        await Promise.all(
          step.map(spec => this.#startChild(spec, spec.usesDatabase ? env : without(env, 'DATABASE_URL'))),
        )
      }
      const shop = children.some(({ name }) => name === 'shop')
      if (!this.#isEnding) for (const line of summaryLines({ ...this.#settings, shop })) this.#options.screen.say(line)
    } catch (error) {
      await this.#fail((error as Error).message)
    }
  }

  /** Stops whatever runs, the last started first, and ends with this exit code. Only the first call counts. */
  async end(code: number): Promise<void> {
    if (this.#isEnding) return
    this.#ending.abort()
    for (const step of steps([...this.#children.values()], child => child.spec.stopAt)) {
      await Promise.all(step.map(child => child.stop()))
    }
    await this.#databaseWork.catch(() => undefined)
    await this.#database?.stop().catch(error => this.#options.screen.problem(`postgres: ${error.message}`))
    await Promise.all([...this.#logs.values()].map(log => log.close()))
    await this.#release?.()
    this.#finish(code)
  }

  force(): void {
    void this.end(0)
    for (const child of this.#children.values()) child.kill()
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted
  }

  async #fail(line: string): Promise<void> {
    if (this.#isEnding) return
    this.#options.screen.problem(line)
    await this.end(1)
  }

  async #openDataDir({ dataDir, offset }: Settings): Promise<void> {
    await mkdir(join(dataDir, 'logs'), { recursive: true, mode: 0o700 })
    // Keys and passwords lie in it, whatever it was made with.
    await chmod(dataDir, 0o700)
    this.#release = await claimDataDir(dataDir, this.#options.localPostgres)
    await checkPorts(offset)
  }

  async #startDatabase(dataDir: string): Promise<string> {
    const { localPostgres, screen } = this.#options
    const starting = startDatabase(dataDir, localPostgres, screen.say).then(database => {
      this.#database = database
      return database
    })
    this.#databaseWork = starting
    const database = await starting
    void this.#watchDatabase(database)
    return database.url
  }

  async #watchDatabase(database: Database): Promise<void> {
    const restarts = new Restarts(this.#options.pauses ?? defaultPauses, Date.now)
    let why = await database.ended()
    while (await this.#pauseAfter('postgres', why, restarts)) {
      const restart = database.restart()
      this.#databaseWork = restart
      why = await restart.then(
        () => database.ended(),
        (error: Error) => error.message,
      )
    }
  }

  async #startChild(spec: ChildSpec, env: NodeJS.ProcessEnv): Promise<void> {
    const child = await this.#spawn(spec, env)
    await child.ready
    void this.#watchChild(child, env)
  }

  async #watchChild(first: Child, env: NodeJS.ProcessEnv): Promise<void> {
    const restarts = new Restarts(this.#options.pauses ?? defaultPauses, Date.now)
    let child = first
    while (await this.#pauseAfter(child.spec.name, await child.ended, restarts)) {
      child = await this.#spawn(child.spec, env)
      const { name } = child.spec
      // One that never gets ready is ended here, so that it counts as a death.
      await child.ready.then(
        () => this.#options.screen.say(`${name} runs again`),
        () => child.kill(),
      )
    }
  }

  async #spawn(spec: ChildSpec, env: NodeJS.ProcessEnv): Promise<Child> {
    const log = this.#logs.get(spec.name) ?? (await openLogFile(join(this.#settings!.dataDir, 'logs'), spec.name))
    this.#logs.set(spec.name, log)
    const child = startChild(spec, env, line => {
      log.write(line)
      const forPeople = lineForPeople(spec.name, line)
      if (forPeople !== undefined) this.#options.screen.say(forPeople)
    })
    this.#children.set(spec.name, child)
    // The end began while the log was opened: it did not see this child.
    if (this.#isEnding) await child.stop()
    return child
  }

  /** Says that something died and waits. Returns whether to start it again. */
  async #pauseAfter(name: string, why: string, restarts: Restarts): Promise<boolean> {
    if (this.#isEnding) return false
    const pause = restarts.next()
    if (pause === undefined) {
      await this.#fail(`${name} keeps dying (${why}). Its log is ${this.#settings?.dataDir}/logs/${name}.log.`)
      return false
    }
    this.#options.screen.problem(`${name} ended unexpectedly (${why}); starting it again in ${pause / 1000} s`)
    await sleep(pause, undefined, { signal: this.#ending.signal }).catch(() => undefined)
    return !this.#isEnding
  }

  #environment({ dataDir }: Settings, url: string): NodeJS.ProcessEnv {
    const { env } = this.#options
    return {
      ...env,
      DATABASE_URL: url,
      COFFER_DATA_DIR: dataDir,
      UV_THREADPOOL_SIZE: env['UV_THREADPOOL_SIZE'] || String(availableParallelism()),
    }
  }
}

/** What a child does not need it does not get: the address of the database holds its password. */
function without(env: NodeJS.ProcessEnv, name: string): NodeJS.ProcessEnv {
  const { [name]: _left, ...rest } = env
  return rest
}

/** Groups things by a number, lowest first. */
function steps<T>(things: readonly T[], numberOf: (thing: T) => number): T[][] {
  const numbers = [...new Set(things.map(numberOf))].sort((a, b) => a - b)
  return numbers.map(number => things.filter(thing => numberOf(thing) === number))
}
