/**
 * A rule of the sandbox: the notification of a vaulting reaches the merchant's receiver before the call that asked for
 * it is answered, as it can happen to anybody whose network is slow in one direction. Live has no such thing.
 */
import { nudgeDeliveries } from '../notifications/notification-store.js'
import type { Clock } from '../platform/clock.js'
import { type Database, sql, type Tx, timestamp } from '../platform/database.js'
import { noteEvent } from '../timeline/timeline-store.js'
import { fits, hasRuleBeforeAnswer, lockRules, type NotificationRule, STORED, useRules } from './rule-store.js'

/** From the beginning of the call. The door gives up after 9.5 seconds, and the merchant must hear the outcome. */
const ANSWER_AFTER_MS = 8_500

const SEND_NOW = sql(
  'before-answer.send-now',
  // Without an address nothing is due, and what has been delivered or put off already is left as it is.
  `update notification set due_at = least(due_at, $3), played = '${STORED['before-answer']}'
   where merchant_id = $1 and subject_id = $2 and kind = 'notifyVaulting' and resend_of is null
     and attempts_made = 0 and due_at is not null and played is null
   returning id`,
)

const WAS_SENT = sql('before-answer.was-sent', 'select from notification_attempt where notification_id = $1 limit 1')

/** What is known of a vaulting when its call is about to be answered. */
interface Answered {
  state: 'PROCESSING' | 'SUCCESS' | 'FAIL'
  merchantId: string
  vaultingRequestId: string
}

export class NotifyBeforeAnswer {
  #hasRules = false
  #looks = 0

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Looks whether there is such a rule: at the start, and whenever rules have changed. */
  async refresh(): Promise<void> {
    this.#looks += 1
    const look = this.#looks
    const hasRules = await hasRuleBeforeAnswer(this.db)
    // Of two looks at once, the later one may have come back first.
    if (look === this.#looks) this.#hasRules = hasRules
  }

  /**
   * Holds the answer of a call back until the notification has been delivered once, if a rule says so. It makes no
   * difference whether the receiver acknowledges. Without a rule it costs nothing.
   * @param callBeganAt  by the clock's stopwatch
   */
  async hold(answered: Answered, callBeganAt: number): Promise<void> {
    if (!this.#hasRules || answered.state === 'PROCESSING') return
    const { clock, db } = this
    const held = await db.transaction(tx => this.#sendNow(tx, answered))
    if (!held) return
    const lastLookAt = callBeganAt + ANSWER_AFTER_MS
    for (let pauseMs = 5; (await db.query(WAS_SENT, [held.id])).length === 0; pauseMs = Math.min(pauseMs * 2, 50)) {
      if (clock.stopwatch() + pauseMs <= lastLookAt) {
        await clock.sleep(pauseMs)
        continue
      }
      const detail = { do: held.rule.kind, ruleId: held.rule.id, inVain: 'no delivery was over in time' }
      const event = { at: clock.now(), kind: 'sandbox.rule', detail }
      return noteEvent(db, answered.merchantId, answered.vaultingRequestId, event)
    }
  }

  /** Makes the notification due now, if there is a rule for it. */
  async #sendNow(
    tx: Tx,
    { merchantId, vaultingRequestId }: Answered,
  ): Promise<{ id: string; rule: NotificationRule } | undefined> {
    const look = this.#looks
    const now = this.clock.now()
    const rules = await lockRules(tx, ['before-answer'])
    if (rules.length === 0 && look === this.#looks) this.#hasRules = false
    const subject = { merchantId, subjectId: vaultingRequestId }
    const rule = rules.find(one => fits(one, subject))
    if (!rule) return undefined
    const [row] = await tx.query(SEND_NOW, [merchantId, vaultingRequestId, timestamp(now)])
    if (!row) return undefined
    await useRules(tx, [{ rule, ...subject }], now)
    await nudgeDeliveries(tx)
    return { id: String(row['id']), rule }
  }
}
