/**
 * Keeps a statement of the vault waiting, so that a process can be killed just before or just after it. The means are
 * locks that only this statement wants, taken on a connection of our own; the vault is not changed for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** What can be made to wait. */
const locks = {
  /** Writing questions down: nothing else names card numbers. */
  asking: 'lock table card_fingerprint in share mode',
  /** Concluding what has been asked so far. */
  concluding: 'select from vaulting v join issuer_message m on m.id = v.id for no key update of v',
  /** Concluding payments that are asked about. */
  concludingPayment: 'select from payment p join issuer_message m on m.id = p.id for no key update of p',
  /** Ending captures and refunds that are under way. */
  endingOperation: "select from payment_operation where state = 'PROCESSING' for no key update",
  /** Ending questions that have been taken back. */
  ending: 'select from issuer_message for no key update',
  /** Claiming notifications, and whatever else writes them. */
  claiming: 'lock table notification in share mode',
  /** Making bodies, and whatever else reads vaultings. */
  reading: 'lock table vaulting in access exclusive mode',
  /** Writing down how deliveries went that have been claimed so far. */
  recording: 'select from notification where lease_token is not null for no key update',
} as const

export class Barrier {
  readonly #client: pg.Client

  private constructor(client: pg.Client) {
    this.#client = client
  }

  /** Takes the lock. @throws when the database is away */
  static async put(databaseUrl: string, before: keyof typeof locks): Promise<Barrier> {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
    // The database may be killed while it holds the lock; that lifts it as well.
    client.on('error', () => {})
    await client.connect()
    await client.query('begin')
    await client.query(locks[before])
    return new Barrier(client)
  }

  /**
   * Waits for statements that the lock keeps waiting.
   * @param program  whose they are
   * @param beginning  of their text
   * @returns which connections of the server run them; empty when none came in time
   */
  async untilWaiting(program: 'serve' | 'work', beginning: string, withinMs: number): Promise<number[]> {
    for (const began = performance.now(); performance.now() - began < withinMs; await sleep(5)) {
      await this.#lookAnew()
      const { rows } = await this.#client.query<{ pid: number }>(
        `select pid from pg_stat_activity
         where pg_backend_pid() = any(pg_blocking_pids(pid)) and application_name = $1 and starts_with(query, $2)`,
        [program, beginning],
      )
      if (rows.length) return rows.map(({ pid }) => pid)
    }
    return []
  }

  /** Ends these statements: they have never happened. */
  async never(pids: readonly number[]): Promise<void> {
    await this.#client.query('select pg_terminate_backend(pid) from unnest($1::int[]) as p(pid)', [pids]).catch(gone)
  }

  /** Lets everything go on. */
  async lift(): Promise<void> {
    await this.#client.query('rollback').catch(gone)
    await this.#client.end().catch(gone)
  }

  /** Lets everything go on, and waits until these statements have been done. */
  async liftAndSee(pids: readonly number[]): Promise<void> {
    await this.#client.query('rollback')
    const active = `select count(*)::int as n from pg_stat_activity where pid = any($1) and state = 'active'`
    while ((await this.#client.query<{ n: number }>(active, [pids])).rows[0]!.n > 0) await sleep(5)
    await this.lift()
  }

  /** Within a transaction the server shows what the others do as it was at the first look. */
  #lookAnew() {
    return this.#client.query('select pg_stat_clear_snapshot()')
  }
}

/** The database was killed, and the lock is gone with it. */
const gone = () => {}
