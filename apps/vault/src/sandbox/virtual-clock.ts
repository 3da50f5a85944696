/**
 * The sandbox's clock: one reading in the database that every process follows. Advancing it plays everything that falls
 * due on the way, in order: the clock stands still at each instant until all that is due then has settled, so that
 * a repeat after ten minutes happens at exactly ten minutes.
 */

import type { ClockReading, SettableClock } from '../platform/clock.js'
import { type Database, Listener, type Queryable, readTimestamp, sql, timestamp } from '../platform/database.js'
import type { Log } from '../platform/log.js'
import { nextUnansweredAt } from '../vaulting/unanswered-across-merchants.js'
import { nextUnfinishedAt } from '../vaulting/unfinished-across-merchants.js'
import type { SimulatorClock } from './simulator-clock.js'

export const CLOCK_CHANNEL = 'coffer_clock'

/** A clock that stands still starts again after this, should the process that holds it have died. */
const HOLD_MS = 10_000

/** How long nothing may settle before the player gives up. */
const PATIENCE_MS = 30_000

/** Longer than a delivery takes. Whoever holds one longer was killed, and his lease cannot run out while time stands. */
const LEFT_BEHIND_MS = 15_000

const READ = sql(
  'clock.read',
  'select real_ms, virtual_ms, running, held_until_real_ms from sandbox_clock where id = 1',
)
const CREATE = sql(
  'clock.create',
  `insert into sandbox_clock (id, real_ms, virtual_ms, running, held_until_real_ms)
   values (1, $1, $1, true, 0) on conflict (id) do nothing`,
)
const SET = sql(
  'clock.set',
  `with set as (
     update sandbox_clock set real_ms = $1, virtual_ms = $2, running = $3, held_until_real_ms = $4 where id = 1
   )
   select pg_notify('${CLOCK_CHANNEL}', '')`,
)

async function readClock(db: Queryable): Promise<ClockReading | undefined> {
  const [row] = await db.query(READ)
  if (!row) return undefined
  return {
    realMs: Number(row['real_ms']),
    virtualMs: Number(row['virtual_ms']),
    running: row['running'] === true,
    heldUntilRealMs: Number(row['held_until_real_ms']),
  }
}

/** Sets this process's clock to the one in the database; a new database begins at the machine's time. */
export async function joinClock(db: Queryable, clock: SettableClock): Promise<void> {
  await db.query(CREATE, [clock.real()])
  const reading = await readClock(db)
  if (reading) clock.follow(reading)
}

/**
 * Follows the clock in the database, and wakes the worker when it or the outbox has moved.
 * @param onMove  called after each change, and after each reconnect
 */
export function followClock(
  db: Database,
  clock: SettableClock,
  options: { log: Log; channels: readonly string[] },
  onMove: () => void,
): Listener {
  return new Listener({ url: db.url, log: options.log, channels: [CLOCK_CHANNEL, ...options.channels] }, channel => {
    if (channel !== undefined && channel !== CLOCK_CHANNEL) return onMove()
    readClock(db).then(
      reading => {
        if (reading) clock.follow(reading)
        onMove()
      },
      () => {}, // the next message or reconnect reads it again
    )
  })
}

/** What stops the clock on its way, in words for a person. */
export class ClockStuck extends Error {
  override readonly name = 'ClockStuck'
}

const ONE_AT_A_TIME = sql('clock.lock', 'select pg_advisory_xact_lock(7202611)')

// The transaction only holds the lock, and a day with many notifications takes longer to play than a statement may.
const NO_HURRY = sql('clock.no-hurry', `select set_config('idle_in_transaction_session_timeout', '0', true)`)

/**
 * Moves the clock forward and plays what falls due on the way.
 * @param advanceMs  0 or more
 * @param simulator  whose timers are played too
 * @returns the instant that it shows when everything has settled
 * @throws ClockStuck when something that is due does not settle; time stays where that happened
 */
export async function advanceClock(
  db: Database,
  clock: SettableClock,
  advanceMs: number,
  simulator?: SimulatorClock,
): Promise<number> {
  return db.transaction(async tx => {
    await tx.query(ONE_AT_A_TIME)
    await tx.query(NO_HURRY)
    await joinClock(db, clock)
    const startedAt = clock.real()
    let at: number = clock.now()
    const target = at + advanceMs
    let release: ClockReading | undefined
    try {
      for (;;) {
        // First the simulator: what its banks decide at this instant, Coffer hears of at this instant.
        const held = { realMs: clock.real(), virtualMs: at, running: false, heldUntilRealMs: clock.real() + HOLD_MS }
        await set(db, clock, held)
        await simulator?.follow(held)
        await settle(db, clock, at)
        // Asked again, since what has settled may have set timers of its own.
        const nextOfSimulator = await simulator?.follow({ ...held, realMs: clock.real() })
        const isLater = nextOfSimulator !== undefined && nextOfSimulator > at
        const next = earliest(await nextDue(db, at), isLater ? nextOfSimulator : undefined)
        if (next === undefined || next > target) break
        at = next
      }
      // What the playing itself took is not lost, so that the clock is ahead by exactly what was asked for.
      release = { realMs: startedAt, virtualMs: target, running: true, heldUntilRealMs: 0 }
    } finally {
      const reading = release ?? { realMs: clock.real(), virtualMs: at, running: true, heldUntilRealMs: 0 }
      await set(db, clock, reading)
      await simulator?.follow(reading)
    }
    return clock.now()
  })
}

function earliest(...instants: (number | undefined)[]): number | undefined {
  const known = instants.filter((instant): instant is number => instant !== undefined)
  return known.length ? Math.min(...known) : undefined
}

/** Holds the clock at an instant until nothing that is due by then is left. */
async function settle(db: Database, clock: SettableClock, at: number): Promise<void> {
  let heldAt = Number.NEGATIVE_INFINITY
  let fewest = Number.POSITIVE_INFINITY
  let progressAt = clock.stopwatch()
  let released = false
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    if (clock.stopwatch() - heldAt > HOLD_MS / 4) {
      const realMs = clock.real()
      await set(db, clock, { realMs, virtualMs: at, running: false, heldUntilRealMs: realMs + HOLD_MS })
      heldAt = clock.stopwatch()
    }
    const left = await countDue(db, at)
    if (left === 0) return
    // Not "fewer than before": with calls coming in the number goes up and down for ever.
    if (left < fewest) progressAt = clock.stopwatch()
    fewest = Math.min(fewest, left)
    const stuckMs = clock.stopwatch() - progressAt
    if (stuckMs > LEFT_BEHIND_MS && !released) {
      await db.query(RELEASE, [timestamp(at)])
      released = true
    }
    if (stuckMs > PATIENCE_MS) {
      throw new ClockStuck(
        `${left} notifications, reversals or unfinished vaultings that are due do not settle: is "coffer work" running?`,
      )
    }
    await clock.sleep(pauseMs)
  }
}

const RELEASE = sql(
  'clock.release-leases',
  `with reversals as (
     update issuer_message set lease_until = null, lease_token = null where due_at <= $1 and lease_token is not null
   )
   update notification set lease_until = null, lease_token = null where due_at <= $1 and lease_token is not null`,
)

async function set(db: Queryable, clock: SettableClock, reading: ClockReading): Promise<void> {
  clock.follow(reading)
  await db.query(SET, [reading.realMs, reading.virtualMs, reading.running, reading.heldUntilRealMs])
}

const COUNT_DUE = sql(
  'clock.count-due',
  `select (select count(*) from notification where due_at <= $1)
        + (select count(*) from vaulting where state = 'PROCESSING' and settle_at <= $1)
        + (select count(*) from issuer_message where due_at <= $1)
        + (select count(*) from authentication a
             join vaulting v on v.merchant_id = a.merchant_id and v.vaulting_request_id = a.vaulting_request_id
           where a.state in ('READY', 'RESULT') and v.state = 'PROCESSING' and v.awaits_buyer) as count`,
)

async function countDue(db: Queryable, at: number): Promise<number> {
  const [row] = await db.query(COUNT_DUE, [timestamp(at)])
  return Number(row?.['count'])
}

const NEXT_NOTIFICATION = sql('clock.next-notification', 'select min(due_at) as at from notification where due_at > $1')

async function nextDue(db: Queryable, at: number): Promise<number | undefined> {
  const [row] = await db.query(NEXT_NOTIFICATION, [timestamp(at)])
  const instants = [
    row?.['at'] ? readTimestamp(row['at']) : undefined,
    await nextUnfinishedAt(db),
    await nextUnansweredAt(db),
  ]
  return earliest(...instants)
}
