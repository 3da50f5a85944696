/**
 * What a sandbox does to notifications on purpose, so that merchants can try their receivers: rules that send late, twice,
 * out of order or signed wrongly, and developers whose `coffer listen` stands in for an address.
 */

import type { Playground } from '../notifications/deliver.js'
import type { TakenNotification } from '../notifications/due-across-merchants.js'
import { nudgeDeliveries } from '../notifications/notification-store.js'
import type { Listener } from '../notifications/send-one.js'
import { after } from '../platform/clock.js'
import { readTimestamp, sql, type Tx, timestamp } from '../platform/database.js'
import { newId } from '../platform/ids.js'
import type { System } from '../system.js'
import {
  fits,
  lockRules,
  type NotificationRule,
  type RuleKind,
  type RuleUse,
  STORED,
  signingBy,
  signingKinds,
  timingKinds,
  useRules,
} from './rule-store.js'

/** A notification that is sent out of order waits this long for a later one of its merchant to go before it. */
const WAIT_FOR_ANOTHER_MS = 60_000

const OUT_OF_ORDER = STORED['out-of-order']

const LOOK_AROUND = sql(
  'playground.look-around',
  `select (select coalesce(jsonb_agg(jsonb_build_object('merchant', merchant_id, 'id', id, 'port', port,
                                                                      'to', forward_to)), '[]')
           from sandbox_listener where attached_until > now()) as listeners,
          (select array_agg(what) from notification_rule where times is null or times > 0) as rules,
          exists (select from notification
                  where played = '${OUT_OF_ORDER}' and attempts_made = 0 and due_at is not null) as some_wait`,
)

const STILL_OURS = sql(
  'playground.still-ours',
  'select id, played from notification where id = any($1) and lease_token = $2 and due_at is not null for update',
)

const WHO_WAITS = sql(
  'playground.who-waits',
  `select distinct merchant_id from notification
   where merchant_id = any($1) and played = '${OUT_OF_ORDER}' and attempts_made = 0 and due_at is not null`,
)

const PUT_OFF = sql(
  'playground.put-off',
  `update notification n
   set due_at = coalesce(p.until, n.due_at + p.late_ms * interval '1 millisecond'), played = p.played,
       lease_until = null, lease_token = null
   from unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[]) as p(id, played, late_ms, until)
   -- Whoever was cancelled meanwhile stays so.
   where n.id = p.id and n.due_at is not null
   returning n.id, n.due_at`,
)

const SEND_TWICE = sql(
  'playground.send-twice',
  // The second one is an extra delivery like those that are asked for by hand: it does not begin a series of its own.
  `with marked as (
     update notification n set played = '${STORED.twice}'
     from unnest($1::uuid[], $2::uuid[]) as t(id, extra_id)
     where n.id = t.id
     returning t.extra_id, n.id, n.merchant_id, n.kind, n.subject_id, n.url, n.due_at, n.created_at
   )
   insert into notification (id, merchant_id, kind, subject_id, url, due_at, created_at, resend_of, played)
   select extra_id, merchant_id, kind, subject_id, url, due_at, created_at, id, '${STORED.twice}' from marked`,
)

const LET_GO = sql(
  'playground.let-go',
  `update notification set due_at = $2
   where merchant_id = $1 and played = '${OUT_OF_ORDER}' and attempts_made = 0 and due_at > $2 and lease_token is null
     and (created_at, id) < ($3, $4::uuid)
   returning id`,
)

/** What becomes of notifications that were claimed. */
interface Plan {
  sent: TakenNotification[]
  putOff: { one: TakenNotification; rule: NotificationRule }[]
  twice: TakenNotification[]
  uses: (RuleUse & { id: string })[]
}

/** Which of the claimed may be played with, and which merchants have one that waits already. */
interface Around {
  /** Still claimed by this worker; with what was played with it before. */
  ours: ReadonlyMap<string, unknown>
  waiting: ReadonlySet<string>
}

export class SandboxPlayground implements Playground {
  #listeners = new Map<string, Listener>()
  #mayWait = false

  constructor(private readonly system: System) {}

  listenerOf(merchantId: string): Listener | undefined {
    return this.#listeners.get(merchantId)
  }

  async play(taken: readonly TakenNotification[], leaseToken: string): Promise<readonly TakenNotification[]> {
    const { db } = this.system
    const [around] = await db.query(LOOK_AROUND)
    const listeners = (around?.['listeners'] ?? []) as { merchant: string; id: string; port: number; to: string }[]
    this.#listeners = new Map(listeners.map(({ merchant, id, port, to }) => [merchant, { id, port, forwardTo: to }]))
    const rules = (around?.['rules'] ?? []) as string[]
    // Also where another worker puts one off only now.
    this.#mayWait = around?.['some_wait'] === true || rules.includes(OUT_OF_ORDER)
    if (!AT_DELIVERY.some(kind => rules.includes(STORED[kind]))) return taken
    return db.transaction(tx => this.#playByRules(tx, taken, leaseToken))
  }

  /** One that waits for a later one of its merchant goes out after this one. */
  async delivered({ id, merchantId, resendOf, createdAt }: TakenNotification): Promise<void> {
    if (!this.#mayWait || resendOf !== undefined) return
    const { clock, db } = this.system
    const freed = await db.query(LET_GO, [merchantId, timestamp(clock.now()), timestamp(createdAt), id])
    if (freed.length > 0) await nudgeDeliveries(db)
  }

  async #playByRules(tx: Tx, taken: readonly TakenNotification[], leaseToken: string): Promise<TakenNotification[]> {
    const { clock, random } = this.system
    // First the rules: whoever holds them sees what those before him have put off.
    const rules = await lockRules(tx, AT_DELIVERY)
    const ours = await tx.query(STILL_OURS, [taken.map(({ id }) => id), leaseToken])
    const waiting = await tx.query(WHO_WAITS, [taken.map(({ merchantId }) => merchantId)])
    const { sent, putOff, twice, uses } = plan(rules, taken, {
      ours: new Map(ours.map(row => [String(row['id']), row['played']])),
      waiting: new Set(waiting.map(row => String(row['merchant_id']))),
    })
    const now = clock.now()
    const until = timestamp(after(now, WAIT_FOR_ANOTHER_MS))
    const later = await tx.query(PUT_OFF, [
      putOff.map(({ one }) => one.id),
      putOff.map(({ rule }) => STORED[rule.kind]),
      putOff.map(({ rule }) => rule.lateMs),
      // Late counts from when it was due; waiting begins now.
      putOff.map(({ rule }) => (rule.kind === 'late' ? null : until)),
    ])
    if (twice.length > 0) {
      await tx.query(SEND_TWICE, [twice.map(({ id }) => id), twice.map(() => newId(now, random.bytes(16)))])
      await nudgeDeliveries(tx)
    }
    const dueAt = new Map(later.map(row => [row['id'], new Date(readTimestamp(row['due_at'])).toISOString()]))
    const told = uses.map(use => ({ ...use, ...(dueAt.has(use.id) && { detail: { untilAt: dueAt.get(use.id) } }) }))
    await useRules(tx, told, now)
    return sent
  }
}

const AT_DELIVERY: readonly RuleKind[] = [...timingKinds, ...signingKinds]

/** Applies rules to what was claimed, the oldest of both first. */
function plan(rules: readonly NotificationRule[], taken: readonly TakenNotification[], around: Around): Plan {
  const made: Plan = { sent: [], putOff: [], twice: [], uses: [] }
  const left = rules.map(rule => ({ ...rule }))
  const waiting = new Set(around.waiting)
  const use = <Kind extends RuleKind>(kinds: readonly Kind[], one: TakenNotification) => {
    const rule = left.find(candidate => (kinds as readonly RuleKind[]).includes(candidate.kind) && fits(candidate, one))
    if (!rule) return undefined
    rule.timesLeft -= 1
    made.uses.push({ rule, id: one.id, merchantId: one.merchantId, subjectId: one.subjectId })
    return rule as NotificationRule & { kind: Kind }
  }
  for (const one of oldestFirst(taken)) {
    const isOurs = around.ours.has(one.id)
    const isFresh = isOurs && around.ours.get(one.id) === null && one.attempt === 1 && one.resendOf === undefined
    // While one waits, others of its merchant have to go on, or none would ever go before it.
    const timings = timingKinds.filter(kind => kind !== 'out-of-order' || !waiting.has(one.merchantId))
    const timing = isFresh ? use(timings, one) : undefined
    if (timing?.kind === 'out-of-order') waiting.add(one.merchantId)
    if (timing && timing.kind !== 'twice') {
      made.putOff.push({ one, rule: timing })
      continue
    }
    if (timing) made.twice.push(one)
    const signing = isOurs && one.signed === 'rightly' ? use(signingKinds, one) : undefined
    made.sent.push(signing ? { ...one, signed: signingBy(signing.kind) } : one)
  }
  return made
}

function oldestFirst(taken: readonly TakenNotification[]): TakenNotification[] {
  return [...taken].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
}
