/** The SQL of the audit trail. Rows are added; the database refuses to change or remove one. */
import { type Queryable, sql, timestamp } from '../platform/database.js'

export interface AuditEntry {
  at: number
  actor: string
  action: string
  reason: string
  merchantId: string
  object: string
  ok: boolean
}

const WRITE_AUDIT = sql(
  'audit.write',
  `insert into audit (at, actor, action, reason, merchant_id, object, ok) values ($1, $2, $3, $4, $5, $6, $7)`,
)

export async function writeAudit(db: Queryable, entry: AuditEntry): Promise<void> {
  const { at, actor, action, reason, merchantId, object, ok } = entry
  await db.query(WRITE_AUDIT, [timestamp(at), actor, action, reason, merchantId, object, ok])
}
