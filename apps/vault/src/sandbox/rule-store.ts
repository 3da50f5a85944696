/** The SQL of the rules by which a sandbox misbehaves towards receivers, and what each of them acts on. */
import type { Signing } from '../notifications/due-across-merchants.js'
import { type Queryable, type Row, readTimestamp, sql, type Tx, timestamp } from '../platform/database.js'

/** The channel that says that rules were added or removed. */
export const RULES_CHANNEL = 'coffer_rules'

/** What a rule does to a notification, as calls and commands name it. */
export const ruleKinds = [
  'late',
  'twice',
  'out-of-order',
  'before-answer',
  'wrong-signature',
  'another-key',
  'no-signature',
] as const
export type RuleKind = (typeof ruleKinds)[number]

/** The same as it is stored. */
export const STORED = {
  late: 'late',
  twice: 'twice',
  'out-of-order': 'out of order',
  'before-answer': 'before the answer',
  'wrong-signature': 'wrongly',
  'another-key': 'with another key',
  'no-signature': 'not at all',
} as const satisfies Record<RuleKind, string>

/** Rules about when a notification goes out: of one notification, one of them, once, at its first delivery. */
export const timingKinds = ['late', 'twice', 'out-of-order'] as const satisfies readonly RuleKind[]

/** Rules about how a delivery is signed: of any delivery, a repeat as well. */
export const signingKinds = ['wrong-signature', 'another-key', 'no-signature'] as const satisfies readonly RuleKind[]

/** How the sandbox signs by a rule. */
export const signingBy = (kind: (typeof signingKinds)[number]): Signing => STORED[kind]

/** A rule. It acts on what fits, the oldest rule first, until it is used up. */
export interface NotificationRule {
  id: string
  kind: RuleKind
  /** For `late` alone. */
  lateMs: number | undefined
  /** Of all merchants without. */
  merchantId: string | undefined
  /** Only of ids that begin like this, to the letter. */
  requestPrefix: string | undefined
  /** How often it still acts; 0 for one that is used up, infinity for one without end. */
  timesLeft: number
  createdAt: number
}

/** Whether a rule acts on notifications of this merchant about this id. */
export function fits(rule: NotificationRule, one: { merchantId: string; subjectId: string }): boolean {
  const { merchantId, requestPrefix = '', timesLeft } = rule
  if (timesLeft === 0 || (merchantId !== undefined && merchantId !== one.merchantId)) return false
  return one.subjectId.startsWith(requestPrefix)
}

const ADD = sql(
  'notification-rule.add',
  `with added as (
     insert into notification_rule (id, merchant_id, what, late_ms, subject_prefix, times, created_at)
     select $1::uuid, $2::text, $3::text, $4::bigint, $5::text, $6::integer, $7::timestamptz
     where $2 is null or exists (select from merchant where id = $2)
     returning id
   )
   select id, pg_notify('${RULES_CHANNEL}', '') from added`,
)

/** Adds a rule; every process hears of it. @returns false when there is no such merchant; nothing was added then */
export async function addRule(db: Queryable, rule: NotificationRule): Promise<boolean> {
  const { id, merchantId, kind, lateMs, requestPrefix, timesLeft, createdAt } = rule
  const times = Number.isFinite(timesLeft) ? timesLeft : null
  const rows = await db.query(ADD, [id, merchantId, STORED[kind], lateMs, requestPrefix, times, timestamp(createdAt)])
  return rows.length > 0
}

const LIST = sql('notification-rule.list', 'select * from notification_rule order by id')

/** All rules, those that are used up among them, oldest first. */
export async function allRules(db: Queryable): Promise<NotificationRule[]> {
  return (await db.query(LIST)).map(readRule)
}

const REMOVE = sql(
  'notification-rule.remove',
  `with removed as (delete from notification_rule where $1::uuid is null or id = $1 returning id)
   select count(*)::int as count, pg_notify('${RULES_CHANNEL}', '') from removed`,
)

/** Removes one rule, or all of them without an id. @returns how many there were */
export async function removeRules(db: Queryable, id?: string): Promise<number> {
  const [row] = await db.query(REMOVE, [id])
  return Number(row?.['count'])
}

const LOCK = sql(
  'notification-rule.lock',
  // Whoever applies rules holds them until it is done, so that one of several workers uses a rule up.
  `select * from notification_rule
   where what = any($1) and (times is null or times > 0)
   order by id
   for update`,
)

/** The rules of some kinds that still act, oldest first. Nobody else applies or removes them before `tx` ends. */
export async function lockRules(tx: Tx, kinds: readonly RuleKind[]): Promise<NotificationRule[]> {
  return (await tx.query(LOCK, [kinds.map(kind => STORED[kind])])).map(readRule)
}

/** That a rule has acted on a notification. */
export interface RuleUse {
  rule: NotificationRule
  merchantId: string
  subjectId: string
  /** What the timeline says of it besides. */
  detail?: object
}

const USE = sql(
  'notification-rule.use',
  // The timeline tells of it, so that nobody takes what was asked for for a defect. It is one of vaultings.
  `with used as (
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[]) as u(rule_id, merchant_id, subject_id, detail)
   ), counted as (
     update notification_rule r set times = r.times - u.count
     from (select rule_id, count(*) as count from used group by rule_id) u
     where r.id = u.rule_id
   )
   insert into vaulting_event (merchant_id, vaulting_request_id, at, kind, detail)
   select u.merchant_id, u.subject_id, $5, 'sandbox.rule', u.detail
   from used u
   where exists (select from vaulting v where v.merchant_id = u.merchant_id and v.vaulting_request_id = u.subject_id)`,
)

/** Counts uses of rules that this transaction has locked, and tells of each in its timeline. */
export async function useRules(tx: Tx, uses: readonly RuleUse[], at: number): Promise<void> {
  if (uses.length === 0) return
  await tx.query(USE, [
    uses.map(({ rule }) => rule.id),
    uses.map(({ merchantId }) => merchantId),
    uses.map(({ subjectId }) => subjectId),
    uses.map(({ rule, detail }) => JSON.stringify({ do: rule.kind, ruleId: rule.id, ...detail })),
    timestamp(at),
  ])
}

const HAS_BEFORE_ANSWER = sql(
  'notification-rule.has-before-answer',
  `select exists (select from notification_rule
                  where what = '${STORED['before-answer']}' and (times is null or times > 0)) as there_is`,
)

/** Whether there is a rule by which notifications go before answers. */
export async function hasRuleBeforeAnswer(db: Queryable): Promise<boolean> {
  const [row] = await db.query(HAS_BEFORE_ANSWER)
  return row?.['there_is'] === true
}

const kindOf = new Map<string, RuleKind>(ruleKinds.map(kind => [STORED[kind], kind]))

function readRule(row: Row): NotificationRule {
  const kind = kindOf.get(String(row['what']))
  if (!kind) throw new Error('a rule does something that this version does not know')
  const { merchant_id: merchantId, late_ms: lateMs, subject_prefix: requestPrefix, times } = row
  return {
    id: String(row['id']),
    kind,
    lateMs: lateMs === null ? undefined : Number(lateMs),
    merchantId: merchantId === null ? undefined : String(merchantId),
    requestPrefix: requestPrefix === null ? undefined : String(requestPrefix),
    timesLeft: times === null ? Number.POSITIVE_INFINITY : Number(times),
    createdAt: readTimestamp(row['created_at']),
  }
}
