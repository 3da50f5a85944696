import type { LocalPostgres } from '@coffer/local-postgres'
import type { LocalPostgresPackage } from './local-postgres-package.js'

/** The local PostgreSQL of a launcher. */
export interface Database {
  readonly url: string
  /** How the server ended; a new promise after each `restart`. */
  ended(): Promise<string>
  /** Starts it again after it died. The children know one address only, so it must be the same. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts PostgreSQL in a data directory. */
export async function startDatabase(
  folder: string,
  local: LocalPostgresPackage,
  say: (text: string) => void,
): Promise<Database> {
  const start = () => local.startLocalPostgres({ folder, onProgress: text => say(`postgres: ${text}`) })
  let server: LocalPostgres = await start()
  const { url } = server
  return {
    url,
    ended: async () => {
      const { code, signal } = await server.exited
      return signal ?? `exit ${code}`
    },
    restart: async () => {
      server = await start()
      if (server.url !== url) throw new Error('PostgreSQL lost its port to another program. Start Coffer again.')
    },
    stop: () => server.stop(),
  }
}
