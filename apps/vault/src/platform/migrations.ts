/** The schema, in numbered SQL files. Kysely's migrator keeps the order and lets one process at a time do the work. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kysely, type Migration, Migrator, PostgresDialect, sql } from 'kysely'
import pg from 'pg'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))

/** Names of the migrations that this release brings, oldest first. */
export async function knownMigrations(folder = FOLDER): Promise<string[]> {
  return (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
}

async function migrationsFrom(folder: string): Promise<Record<string, Migration>> {
  const names = await knownMigrations(folder)
  const read = async (name: string): Promise<[string, Migration]> => {
    const text = await readFile(join(folder, name), 'utf8')
    return [name, { up: async db => void (await sql.raw(text).execute(db)) }]
  }
  return Object.fromEntries(await Promise.all(names.map(read)))
}

async function withMigrator<T>(url: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({ connectionString: url, max: 2, options: '-c lock_timeout=5000' })
  pool.on('error', () => {})
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await work(new Migrator({ db, provider: { getMigrations: () => migrationsFrom(FOLDER) } }))
  } finally {
    await db.destroy()
  }
}

/** A migration that did not run, with the reason: there is no card data in it. Nothing of it has been kept. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed'

  constructor(cause: unknown) {
    const { code, message } = cause as { code?: string; message?: string }
    const newer = message?.includes('corrupted migrations')
    const locked = code === '55P03'
    super(
      newer
        ? 'the database has a newer schema than this release: run the release that made it, or a later one'
        : locked
          ? 'a migration waited for a table that is in use, and gave up: end the long transaction and try again'
          : `a migration failed and was rolled back (${code ?? 'no code'}): ${message}`,
      { cause },
    )
  }
}

/**
 * Brings the database to this release's schema.
 * @returns the names of the migrations that were run now
 */
export async function migrate(url: string): Promise<string[]> {
  return withMigrator(url, async migrator => {
    const { error, results } = await migrator.migrateToLatest()
    if (error) throw new MigrationFailed(error)
    return (results ?? []).filter(r => r.status === 'Success').map(r => r.migrationName)
  })
}

/** Names of the migrations that have yet to be run. */
export async function pendingMigrations(url: string): Promise<string[]> {
  return withMigrator(url, async migrator =>
    (await migrator.getMigrations()).filter(m => m.executedAt === undefined).map(m => m.name),
  )
}
