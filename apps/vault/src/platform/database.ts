/**
 * PostgreSQL: a pool, named prepared statements, transactions and notifications.
 * Errors of the server carry values (`Key (pan)=…`), so nobody logs their message or detail; log.ts has `errorFields`.
 */
import pg from 'pg'
import type { Log } from './log.js'
import { errorFields } from './log.js'

/** A statement with a name, so that the server plans it once per connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** A named statement. Names are unique in the vault: two texts under one name would answer each other's calls. */
export function sql(name: string, text: string): Statement {
  return { name, text }
}

export type Row = Record<string, unknown>

/** Where a statement can run: the pool, each on its own (one statement is one transaction), or an open transaction. */
export interface Queryable {
  query(statement: Statement, params?: readonly unknown[]): Promise<Row[]>
}

/** An open transaction. */
export interface Tx extends Queryable {
  readonly open: true
}

export interface DatabaseOptions {
  url: string
  log: Log
  /** Connections of this process. One request never holds two. */
  connections?: number
  /** Limits per statement, so that no call hangs longer than its caller waits. */
  statementTimeoutMs?: number
}

/**
 * Our statements look rows up by key, whatever the values and however large the tables. Planning them anew each time
 * would find the same plan; and a plan made while a table was new may read it from end to end for ever after: taking 12
 * due notifications cost 8 ms at 7,000 vaultings that way, and grew with each.
 */
const PLANS = [
  '-c plan_cache_mode=force_generic_plan',
  '-c enable_seqscan=off',
  '-c enable_hashjoin=off',
  '-c enable_mergejoin=off',
].join(' ')

export class Database implements Queryable {
  readonly #pool: pg.Pool
  readonly url: string

  constructor(options: DatabaseOptions) {
    const statementTimeoutMs = options.statementTimeoutMs ?? 10_000
    this.url = options.url
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.connections ?? 16,
      connectionTimeoutMillis: 3_000,
      idleTimeoutMillis: 60_000,
      options: `${PLANS} -c statement_timeout=${statementTimeoutMs} -c lock_timeout=4000 -c idle_in_transaction_session_timeout=20000`,
    })
    // Without a listener, a server that restarts would end this process.
    this.#pool.on('error', error => options.log.warn('database.connection-lost', errorFields(error)))
    // Nor does the pool listen from giving a connection to whoever waited for it until he does: what comes together with
    // the answer before, like a server's last words, comes right then. The next statement on it fails anyway.
    this.#pool.on('connect', client => client.on('error', () => {}))
  }

  async query(statement: Statement, params: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#pool.query({ ...statement, values: [...params] })
    return rows
  }

  /** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    // The pool listens to idle connections alone: without this, a server that ends one in use would end this process.
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      await client.query('begin')
      const result = await work({
        open: true,
        query: async (statement, params = []) => (await client.query({ ...statement, values: [...params] })).rows,
      })
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch((cause: Error) => {
        broken = cause
      })
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  /** Runs text that is not a prepared statement: migrations and other things done once. */
  async script(text: string): Promise<void> {
    await this.#pool.query(text)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

/**
 * Calls `onMessage` for each NOTIFY on a channel, and after each reconnect once with no channel, since messages may
 * have been missed. It has a connection of its own: a pooled one would lose its LISTEN.
 */
export class Listener {
  #client: pg.Client | undefined
  #stopped = false
  #retry: NodeJS.Timeout | undefined

  constructor(
    private readonly options: { url: string; log: Log; channels: readonly string[] },
    private readonly onMessage: (channel?: string) => void,
  ) {}

  async start(): Promise<void> {
    if (this.#stopped) return
    const client = new pg.Client({
      connectionString: this.options.url,
      keepAlive: true,
      connectionTimeoutMillis: 3_000,
    })
    const lost = (error?: Error) => {
      if (this.#client !== client) return
      this.#client = undefined
      if (error) this.options.log.warn('database.listener-lost', errorFields(error))
      if (!this.#stopped) this.#retry = setTimeout(() => void this.start(), 500)
    }
    this.#client = client
    client.on('error', lost)
    client.on('end', () => lost())
    client.on('notification', message => this.onMessage(message.channel))
    try {
      await client.connect()
      for (const channel of this.options.channels) await client.query(`listen ${channel}`)
      this.onMessage()
    } catch (error) {
      client.end().catch(() => {})
      lost(error as Error)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => {})
  }
}

/** Whether an error means that the database is away or cannot work now, and not that we asked it something wrong. */
export function isOutage(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code === 'string') return /^(08|53|57|58)...$|^E[A-Z]+$/.test(code)
  return typeof message === 'string' && /connection|timeout exceeded when trying to connect/i.test(message)
}

/** Whether the same would work a moment later: an outage, or others were in the way (a lock, a deadlock, a limit). */
export function mayWorkLater(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return isOutage(error) || (typeof code === 'string' && /^(40...|55P03|57014)$/.test(code))
}

/** An instant as PostgreSQL takes it. */
export const timestamp = (epochMs: number) => new Date(epochMs)

/** An instant as PostgreSQL gives it, in milliseconds since the epoch. */
export function readTimestamp(value: unknown): number {
  if (!(value instanceof Date)) throw new TypeError('a column that should hold an instant does not')
  return value.getTime()
}
