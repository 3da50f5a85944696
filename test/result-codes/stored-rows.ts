/** Looks into the database from outside, as an auditor would. */
import type { System } from '../../apps/vault/src/system.js'

/** Runs a query that the vault does not have. */
export function select(system: System, text: string, params: readonly unknown[] = []) {
  return system.db.query({ name: '', text }, params)
}

/** How many rows every table holds. */
export async function rowCounts(system: System): Promise<Record<string, number>> {
  const tables = await select(system, `select tablename from pg_tables where schemaname = 'public' order by tablename`)
  const counts: Record<string, number> = {}
  for (const { tablename } of tables) {
    const [row] = await select(system, `select count(*)::int as n from "${String(tablename)}"`)
    counts[String(tablename)] = Number(row?.['n'])
  }
  return counts
}

/** What is left of one vaulting: its state, and how many cards and notifications belong to it. */
export async function tracesOf(system: System, merchantId: string, vaultingRequestId: string) {
  const [row] = await select(
    system,
    `select (select max(state) from vaulting where merchant_id = $1 and vaulting_request_id = $2) as state,
            (select count(*)::int from sealed_card c join vaulting v on v.id = c.id
             where v.merchant_id = $1 and v.vaulting_request_id = $2) as cards,
            (select count(*)::int from notification where merchant_id = $1 and subject_id = $2) as notifications`,
    [merchantId, vaultingRequestId],
  )
  return row
}
