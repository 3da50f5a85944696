/** A look at a database before anything is written to it. */

import { systemClock } from '../platform/clock.js'
import { Database, sql } from '../platform/database.js'
import { makeLog } from '../platform/log.js'

export interface DatabaseFacts {
  /** Which profile it was made with, and by which kind of key; absent while no vault has been opened on it. */
  madeFor: { environment: string } | undefined
  /** Settings without which an acknowledged row can be lost. */
  notDurable: string[]
}

const HAS_KEK = sql('start.has-kek', `select to_regclass('kek') is not null as yes`)
const MADE_FOR = sql('start.made-for', `select environment from kek where status = 'ACTIVE' limit 1`)
const DURABILITY = sql(
  'start.durability',
  `select name from pg_settings
   where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'
   order by name`,
)

export async function inspectDatabase(url: string): Promise<DatabaseFacts> {
  const db = new Database({ url, log: makeLog({ now: systemClock.now, level: 'silent' }), connections: 1 })
  try {
    const [hasKek] = await db.query(HAS_KEK)
    const [madeFor] = hasKek?.['yes'] === true ? await db.query(MADE_FOR) : []
    const off = await db.query(DURABILITY)
    return {
      madeFor: madeFor && { environment: String(madeFor['environment']) },
      notDurable: off.map(row => String(row['name'])),
    }
  } finally {
    await db.close()
  }
}
