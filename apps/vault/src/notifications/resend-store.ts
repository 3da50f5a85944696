/** The SQL of sending again and of cancelling; both are noted in the timeline of what the notification tells of. */
import { CATCH_UP_LOCK_NUMBER } from '../platform/advisory-locks.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'
import type { Signing } from './due-across-merchants.js'

/** One more delivery to be made. */
export interface NewResend {
  /** Its own id. */
  id: string
  /** The notification whose body goes out again. */
  of: string
  /** Another address than the notification's; without, and where it has none, the fixed one of its merchant now. */
  to?: string | undefined
  signed?: Signing | undefined
  /** What the timeline says besides. */
  detail?: object
}

const RESEND = sql(
  'notification.resend',
  `with asked as (
     select * from jsonb_to_recordset($1::jsonb) as a (id uuid, of uuid, url text, signed text, detail jsonb)
   ), resent as (
     insert into notification (id, merchant_id, kind, subject_id, url, due_at, created_at, resend_of, signed)
     select a.id, n.merchant_id, n.kind, n.subject_id, coalesce(a.url, n.url, m.notification_url), $2, $2, n.id, a.signed
     from asked a
     join notification n on n.id = a.of
     join merchant m on m.id = n.merchant_id
     where not $3 or (n.acknowledged_at is null and n.cancelled_at is null
                      and not exists (select from notification w where w.resend_of = n.id and w.due_at is not null))
     returning id, merchant_id, kind, subject_id
   ), told as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select r.merchant_id, r.subject_id, $2, 'notification.resent', a.detail
     from resent r join asked a on a.id = r.id where r.kind = 'notifyVaulting'
   )
   select id, merchant_id from resent`,
)

/**
 * Queues resends, due at once.
 * @param onlyMissing  leaves out what is acknowledged, cancelled, or is about to be resent already
 * @returns the merchants of those that were queued, one for each
 */
export async function insertResends(
  db: Queryable,
  resends: readonly NewResend[],
  at: number,
  onlyMissing: boolean,
): Promise<string[]> {
  const records = resends.map(({ id, of, to, signed = 'rightly', detail = {} }) => ({
    id,
    of,
    url: to ?? null,
    signed,
    detail,
  }))
  const rows = await db.query(RESEND, [JSON.stringify(records), timestamp(at), onlyMissing])
  return rows.map(row => String(row['merchant_id']))
}

const ONE_AT_A_TIME = sql('notification.one-catch-up', `select pg_advisory_xact_lock(${CATCH_UP_LOCK_NUMBER})`)

/** Lets one catch-up at a time look for what is missing and queue it, until the transaction ends. */
export async function lockCatchUp(tx: Queryable): Promise<void> {
  await tx.query(ONE_AT_A_TIME)
}

const CANCEL = sql(
  'notification.cancel',
  // A delivery that is under way keeps its lease, and is still written down when it ends.
  `with cancelled as (
     update notification set cancelled_at = $2, due_at = null
     where id = any($1::uuid[]) and due_at is not null and acknowledged_at is null and cancelled_at is null
     returning id, merchant_id, kind, subject_id, resend_of, lease_token
   ), told as (
     insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
     select merchant_id, subject_id, $2, 'notification.cancelled',
            jsonb_strip_nulls(jsonb_build_object('resend', case when resend_of is not null then true end))
     from cancelled where kind = 'notifyVaulting'
   )
   select id, lease_token is not null as under_way from cancelled`,
)

/** Ends series that are open. @returns those that were, and whether a delivery of them is under way */
export async function cancelOpen(
  db: Queryable,
  ids: readonly string[],
  at: number,
): Promise<{ id: string; underWay: boolean }[]> {
  const rows = await db.query(CANCEL, [ids, timestamp(at)])
  return rows.map(row => ({ id: String(row['id']), underWay: row['under_way'] === true }))
}
