/** What the operator's commands run on: opens the vault for one command, prints its result, tells mistakes in a line. */
import { UnusableKey } from '@coffer/antom'
import { LocalPostgresError } from '@coffer/local-postgres'
import { UnusableKeyFile, WrongKek } from '../card-data/index.js'
import { CardRangesDamaged } from '../cards/range-store.js'
import { type Config, ConfigProblems } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { Log } from '../platform/log.js'
import { MigrationFailed } from '../platform/migrations.js'
import type { System } from '../system.js'
import { CannotStart, openDatabase, openVault } from './open.js'

export interface CommandHost {
  readonly config: () => Config
  readonly log: Log
  /** Writes for people, on standard output. */
  readonly print: (text: string) => void
  /** Tells about long work, on standard error. */
  readonly say: (text: string) => void
  /** Whether `--json` was given. */
  readonly json: () => boolean
  /**
   * Runs one command on the vault, beside a Coffer that may be running, and prints what it returns. With `failed` it ends
   * with 1, for scripts: it did what it could, and that did not come to what was wanted.
   */
  withVault(work: (system: System) => Promise<{ data: object; text: string; failed?: boolean }>): Promise<void>
}

/** @param parts  `fail` makes the process end with 1 */
export function makeHost({ fail, ...parts }: Omit<CommandHost, 'withVault'> & { fail?: () => void }): CommandHost {
  return {
    ...parts,
    async withVault(work) {
      const config = parts.config()
      const database = await openDatabase(config, true, parts.say)
      try {
        const { system, close } = await openVault(config, database.url, parts.log)
        try {
          const { data, text, failed } = await work(system)
          parts.print(parts.json() ? JSON.stringify(data, null, 2) : text)
          if (failed) fail?.()
        } finally {
          await close()
        }
      } finally {
        await database.stop()
      }
    },
  }
}

/** The line for people about an error that they can do something about; `undefined` for a defect. */
export function remedyFor(error: unknown): string | undefined {
  const told = [
    CannotStart,
    CardRangesDamaged,
    ConfigProblems,
    LocalPostgresError,
    OperatorMistake,
    UnusableKey,
    UnusableKeyFile,
    WrongKek,
    MigrationFailed,
  ]
  if (told.some(kind => error instanceof kind)) return (error as Error).message
  const { code } = (error ?? {}) as { code?: string }
  if (code === '28P01' || code === '28000')
    return 'the database refuses the login: check user and password in DATABASE_URL'
  if (code === '3D000') return 'the database that DATABASE_URL names does not exist: create it first'
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    return `the database cannot be reached (${code}): check DATABASE_URL, and that PostgreSQL runs`
  }
  return undefined
}
