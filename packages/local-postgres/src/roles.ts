import pg from 'pg'
import { superuser } from './cluster.js'
import { LocalPostgresError } from './errors.js'
import { codeOf } from './files.js'
import { databaseUrl, ownerRole } from './run-file.js'

/** The role, its password or its database is missing: a start was cut short between making them. */
const incomplete = ['28P01', '28000', '3D000']

/**
 * Makes sure that the vault's role can log in to a database that it owns.
 * @param fresh  the cluster was made a moment ago, so there is nothing to find
 * @param mayCreateDatabases  for tests, which clone a template
 */
export async function ensureOwner(options: {
  readonly port: number
  readonly password: string
  readonly superuserPassword: string
  readonly fresh: boolean
  readonly mayCreateDatabases: boolean
}): Promise<void> {
  if (!options.fresh) {
    try {
      await withClient(databaseUrl(options.port, options.password), async () => undefined)
      return
    } catch (error) {
      if (!incomplete.includes(codeOf(error) ?? '')) throw error
    }
  }
  try {
    const { port, superuserPassword } = options
    const url = `postgres://${superuser}:${superuserPassword}@127.0.0.1:${port}/postgres`
    await withClient(url, client => makeOwner(client, options))
  } catch (error) {
    if (codeOf(error) !== '28P01') throw error
    throw new LocalPostgresError(
      `The passwords in postgres-${ownerRole}.password and postgres-${superuser}.password do not fit this cluster. ` +
        'Put the files back that were made with it.',
    )
  }
}

/** Opens a connection for one piece of work. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // The server may be stopped while we are connected; the pending query tells that.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function makeOwner(
  client: pg.Client,
  { password, mayCreateDatabases }: { readonly password: string; readonly mayCreateDatabases: boolean },
): Promise<void> {
  const role = await client.query('select from pg_roles where rolname = $1', [ownerRole])
  const verb = role.rowCount === 0 ? 'create' : 'alter'
  const rights = `login ${mayCreateDatabases ? 'createdb' : 'nocreatedb'}`
  await client.query(`${verb} role ${ownerRole} with ${rights} password ${pg.escapeLiteral(password)}`)

  const database = await client.query('select from pg_database where datname = $1', [ownerRole])
  if (database.rowCount === 0) await client.query(`create database ${ownerRole} owner ${ownerRole}`)
}
