/** What a notification of a vaulting says. It is made from the final state each time and comes out the same. */
import type { CardData } from '../card-data/index.js'
import { type Queryable, sql } from '../platform/database.js'
import { notificationFor } from './vaulting.js'
import { readVaulting } from './vaulting-store.js'

const FIND_ALL = sql(
  'vaulting.find-all',
  `select w.nth, v.merchant_id, v.vaulting_request_id, v.id, v.state, v.result_code, v.result_message, v.echo_sealed,
          v.received_at, v.awaits_buyer, c.token_sealed
   from unnest($1::text[], $2::text[]) with ordinality as w(merchant_id, vaulting_request_id, nth)
   join vaulting v on v.merchant_id = w.merchant_id and v.vaulting_request_id = w.vaulting_request_id
   left join sealed_card c on c.id = v.id and c.merchant_id = v.merchant_id`,
)

/**
 * The bodies of notifyVaulting for vaultings that are final. Source: Antom › notifyVaulting.
 * @param subjects  vaultingRequestIds with their merchants
 * @returns for each, in order, the body or why it cannot be made: unknown, still running, or sealed with another key
 */
export async function vaultingBodies(
  db: Queryable,
  cards: CardData,
  subjects: readonly { merchantId: string; subjectId: string }[],
): Promise<PromiseSettledResult<object>[]> {
  const rows = await db.query(FIND_ALL, [
    subjects.map(({ merchantId }) => merchantId),
    subjects.map(({ subjectId }) => subjectId),
  ])
  const byPlace = new Map(rows.map(row => [Number(row['nth']), row]))
  return Promise.allSettled(
    subjects.map(async (_subject, nth) => {
      const row = byPlace.get(nth + 1)
      if (!row) throw new Error('a notification tells of a vaulting that is not there')
      const vaulting = await readVaulting(cards, row)
      if (vaulting.state === 'PROCESSING') throw new Error('a notification tells of a vaulting that is still running')
      return notificationFor(vaulting)
    }),
  )
}
