import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { codeOf } from './files.js'
import { withClient } from './roles.js'

/** Somebody is connected to the database; a pool that was closed a moment ago still counts for a few milliseconds. */
const inUse = '55006'

/** One of those to be ended is not ours to end: an autovacuum worker, or a superuser. */
const mayNotEnd = '42501'

const endOurs = `
  select pg_terminate_backend(pid)
  from pg_stat_activity
  where datname = $1 and usename = current_user`

/**
 * Makes a database as a copy of another, for tests: 20 ms in a server with `durable: false`.
 * @param url  a database of the same server, neither template nor copy
 * @param template  to copy from; nobody may be connected to it
 * @param name  of the copy, at most 63 bytes
 * @returns the connection string of the copy
 */
export async function cloneDatabase(url: string, template: string, name: string): Promise<string> {
  await withClient(url, async client => {
    const version = await client.query<{ number: string }>(`select current_setting('server_version_num') as number`)
    // Copying files is four times as fast as the default way when nothing is synced.
    const strategy = Number(version.rows[0]?.number) >= 150_000 ? ' strategy file_copy' : ''
    const sql = `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}${strategy}`
    for (let tries = 1; ; tries++) {
      try {
        await client.query(sql)
        return
      } catch (error) {
        if (codeOf(error) !== inUse || tries === 10) throw error
        await sleep(50)
      }
    }
  })
  const clone = new URL(url)
  clone.pathname = `/${encodeURIComponent(name)}`
  return clone.href
}

/**
 * Drops a database, ending the connections to it. Does nothing where there is none of that name.
 * An autovacuum worker is asked to leave; a superuser is waited for, up to 20 s.
 */
export async function dropDatabase(url: string, name: string): Promise<void> {
  const drop = `drop database if exists ${pg.escapeIdentifier(name)}`
  await withClient(url, async client => {
    for (let tries = 1; ; tries++) {
      try {
        await client.query(`${drop} with (force)`)
        return
      } catch (error) {
        if (codeOf(error) !== mayNotEnd || tries === 5) throw error
      }
      try {
        // Without force it asks autovacuum workers to leave, whoever drops, and waits 5 s for everybody else to go.
        await client.query(endOurs, [name])
        await client.query(drop)
        return
      } catch (error) {
        // Somebody connected meanwhile, whom force may end, or a superuser is still there.
        if (codeOf(error) !== inUse) throw error
      }
    }
  })
}
