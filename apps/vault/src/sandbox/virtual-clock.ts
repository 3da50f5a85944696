/**
 * The sandbox's clock: one reading in the database that every process follows. Advancing it plays everything that falls
 * due on the way, in order: the clock stands still at each instant until all that is due then has settled, so that
 * a repeat after ten minutes happens at exactly ten minutes. A clock that is frozen stands still for good, and is moved
 * like one that runs.
 */

import { CLOCK_LOCK_NUMBER } from '../platform/advisory-locks.js'
import { type ClockReading, HELD_FOR_GOOD, isFrozen, type SettableClock } from '../platform/clock.js'
import { type Database, Listener, type Queryable, sql, timestamp } from '../platform/database.js'
import type { Log } from '../platform/log.js'
import { type Due, type DueKind, dueAt, nextDue } from './due-across-merchants.js'
import type { SimulatorClock } from './simulator-clock.js'

export const CLOCK_CHANNEL = 'coffer_clock'

/** A clock that stands still starts again after this, should the process that holds it have died. */
const HOLD_MS = 10_000

/** How long nothing may settle before the player gives up. */
const PATIENCE_MS = 30_000

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

/**
 * Sets this process's clock to the one in the database; a new database begins at the machine's time.
 * @returns how that clock stands
 */
export async function joinClock(db: Queryable, clock: SettableClock): Promise<ClockReading> {
  await db.query(CREATE, [clock.real()])
  const reading = await readClock(db)
  if (!reading) throw new Error('the row of the sandbox clock is gone')
  clock.follow(reading)
  return reading
}

/** Clocks that this process moves just now: whoever moves one knows how it stands before the database does. */
const moving = new WeakSet<SettableClock>()

/**
 * Follows the clock in the database, and wakes the worker when it or the outbox has moved.
 * @param onMove  called after each change with its channel, and after each reconnect with none: messages may have been
 *   missed
 */
export function followClock(
  db: Database,
  clock: SettableClock,
  options: { log: Log; channels: readonly string[] },
  onMove: (channel?: string) => void,
): Listener {
  let isReading = false
  let hasMoved = false
  // One reading after the other: of two at once, the older one could come last.
  const read = async () => {
    hasMoved = true
    if (isReading) return
    isReading = true
    while (hasMoved) {
      hasMoved = false
      const known = clock.reading()
      const reading = moving.has(clock) ? undefined : await readClock(db).catch(() => undefined)
      // Moved by this process meanwhile: what was read may be what stood there before.
      const isOld = moving.has(clock) || clock.reading() !== known
      if (reading && !isOld) clock.follow(reading)
      onMove(CLOCK_CHANNEL)
    }
    isReading = false
  }
  return new Listener({ url: db.url, log: options.log, channels: [CLOCK_CHANNEL, ...options.channels] }, channel => {
    if (channel !== CLOCK_CHANNEL) onMove(channel)
    // Where the reading fails, the next message or reconnect reads it again.
    if (channel === CLOCK_CHANNEL || channel === undefined) void read()
  })
}

/** What stops the clock on its way, in words for a person. */
export class ClockStuck extends Error {
  override readonly name = 'ClockStuck'
}

/** What is asked of the clock; instants in milliseconds since the epoch. */
export type ClockMove =
  | { readonly advanceMs: number }
  | { readonly to: number }
  /** To so many next instants at which something is due. */
  | { readonly step: number }
  | { readonly freeze: boolean }

/** What became of a move. */
export interface Moved {
  /** Oldest first: what was due at each instant on the way. */
  readonly played: readonly Due[]
  /**
   * Why the clock is not where it was to go, in words for a person: it was refused and nothing has happened; something
   * that is due does not settle, and time stays where that happened; or less was due than there were steps to make.
   */
  readonly short?: { readonly because: 'refused' | 'stuck' | 'nothing due'; readonly text: string }
}

/** Ten years: enough to let every card expire, and far from where timestamps end. */
export const LONGEST_MOVE_MS = 10 * 366 * 86_400_000

const ONE_AT_A_TIME = sql('clock.lock', `select pg_advisory_xact_lock(${CLOCK_LOCK_NUMBER})`)

// The transaction only holds the lock. A day with many notifications takes longer to play than a statement may, and as
// long waits whoever comes next.
const NO_HURRY = sql(
  'clock.no-hurry',
  `select set_config('idle_in_transaction_session_timeout', '0', true), set_config('statement_timeout', '0', true),
          set_config('lock_timeout', '0', true)`,
)

/**
 * Moves the clock forward and plays what falls due on the way, or lets it stand still or run. One move after the other,
 * whoever asks for them.
 * @param simulator  whose timers are played too
 * @param signal  gives up waiting for what does not settle
 */
export async function moveClock(
  db: Database,
  clock: SettableClock,
  move: ClockMove,
  simulator?: SimulatorClock,
  signal?: AbortSignal,
): Promise<Moved> {
  return db.transaction(async tx => {
    await tx.query(NO_HURRY)
    await tx.query(ONE_AT_A_TIME)
    moving.add(clock)
    try {
      return await moveNow(db, clock, move, simulator, signal)
    } finally {
      moving.delete(clock)
    }
  })
}

async function moveNow(
  db: Database,
  clock: SettableClock,
  move: ClockMove,
  simulator: SimulatorClock | undefined,
  signal: AbortSignal | undefined,
): Promise<Moved> {
  const frozen = isFrozen(await joinClock(db, clock))
  const start = clock.now()
  if ('freeze' in move) {
    if (move.freeze === frozen) return { played: [] }
    const realMs = clock.real()
    const now = move.freeze ? hold(clock, start, true) : running(realMs, start)
    await set(db, clock, now)
    await simulator?.follow(now)
    return { played: [] }
  }
  const refusal = 'to' in move ? refuseInstant(move.to, start) : undefined
  if (refusal) return { played: [], short: { because: 'refused', text: refusal } }
  return play({ db, clock, simulator, frozen, signal }, start, move)
}

function refuseInstant(to: number, now: number): string | undefined {
  const shown = new Date(now).toISOString()
  if (to < now) return `it is ${shown} already: time never goes back`
  return to - now > LONGEST_MOVE_MS ? `it is ${shown}: the clock moves by ten years at most` : undefined
}

interface Player {
  db: Database
  clock: SettableClock
  simulator: SimulatorClock | undefined
  /** Whether the clock was frozen before, and so is again at the end, also should this process die on the way. */
  frozen: boolean
  signal: AbortSignal | undefined
}

async function play(player: Player, start: number, move: Exclude<ClockMove, { freeze: boolean }>): Promise<Moved> {
  const { db, clock, simulator, frozen } = player
  const startedAt = clock.real()
  const steps = 'step' in move ? move.step : Number.POSITIVE_INFINITY
  const target = 'to' in move ? move.to : start + ('step' in move ? LONGEST_MOVE_MS : move.advanceMs)
  const played: Due[] = []
  let at = start
  let made = 0
  let end: ClockReading | undefined
  try {
    for (let simulated: Due | undefined; ; made += 1) {
      // Counted before anybody can begin with it.
      played.push(...(await dueAt(db, at)), ...(simulated?.at === at ? [simulated] : []))
      // First the simulator: what its banks decide at this instant, Coffer hears of at this instant.
      const held = hold(clock, at, frozen)
      await set(db, clock, held)
      await simulator?.follow(held)
      await settle(player, at)
      // Told again, since what has settled may have set timers of its own.
      await simulator?.follow({ ...held, realMs: clock.real() })
      simulated = await nextOfSimulator(simulator, at)
      const next = earlier(await nextDue(db, at), simulated)
      if (next === undefined || next.at > target || made === steps) break
      at = next.at
    }
    const shows = 'step' in move ? at : target
    if (frozen) end = hold(clock, shows, true)
    // What the playing itself took is not lost, so that the clock is ahead by exactly what was asked for.
    else if ('advanceMs' in move || shows === start) end = running(startedAt, shows)
    else end = running(clock.real(), shows)
  } catch (error) {
    if (!(error instanceof ClockStuck)) throw error
    return { played, short: { because: 'stuck', text: error.message } }
  } finally {
    end ??= frozen ? hold(clock, at, true) : running(clock.real(), at)
    await set(db, clock, end)
    await simulator?.follow(end)
  }
  if (steps === Number.POSITIVE_INFINITY || made === steps) return { played }
  const text = made ? `${made} of ${steps} steps: nothing more` : 'nothing'
  return { played, short: { because: 'nothing due', text: `${text} is due within ten years` } }
}

const running = (realMs: number, virtualMs: number): ClockReading => ({
  realMs,
  virtualMs,
  running: true,
  heldUntilRealMs: 0,
})

function hold(clock: SettableClock, at: number, forGood: boolean): ClockReading {
  const realMs = clock.real()
  return { realMs, virtualMs: at, running: false, heldUntilRealMs: forGood ? HELD_FOR_GOOD : realMs + HOLD_MS }
}

/**
 * What is due next by the clock, the simulator's timers included; `undefined` where nothing is.
 * @param after  an instant; what is due by then happens without anybody's help
 */
export async function nextOfAll(
  db: Queryable,
  after: number,
  simulator?: SimulatorClock,
): Promise<{ at: number; what: DueKind } | undefined> {
  return earlier(await nextDue(db, after), await nextOfSimulator(simulator, after))
}

async function nextOfSimulator(simulator: SimulatorClock | undefined, after: number): Promise<Due | undefined> {
  const next = await simulator?.nextDue()
  return next && next.at > after ? { ...next, what: 'simulator' } : undefined
}

function earlier<One extends { at: number }>(one: One | undefined, other: One | undefined): One | undefined {
  return one && other ? (other.at < one.at ? other : one) : (one ?? other)
}

/** Holds the clock at an instant until nothing that is due by then is left. */
async function settle({ db, clock, frozen, signal }: Player, at: number): Promise<void> {
  let heldAt = Number.NEGATIVE_INFINITY
  let fewest = Number.POSITIVE_INFINITY
  let progressAt = clock.stopwatch()
  for (let pauseMs = 2; ; ) {
    if (clock.stopwatch() - heldAt > HOLD_MS / 4) {
      await set(db, clock, hold(clock, at, frozen))
      heldAt = clock.stopwatch()
    }
    const { left, underWay } = await countDue(db, at)
    if (left === 0) return
    // Not "fewer than before": with calls coming in the number goes up and down for ever. What is under way ends by
    // itself, also where its worker is gone; or it is a delivery held by a developer who listens, and takes all the time he
    // needs.
    if (left < fewest || underWay > 0) progressAt = clock.stopwatch()
    fewest = Math.min(fewest, left)
    if (clock.stopwatch() - progressAt > PATIENCE_MS) {
      throw new ClockStuck(
        `${left} notifications, reversals or unfinished vaultings that are due do not settle: is "coffer work" running?`,
      )
    }
    if (signal?.aborted) throw new ClockStuck('Coffer is being stopped: time stays where it is')
    await clock.sleep(pauseMs, signal)
    // While calls come in there is a moment with nothing left now and then, and it is over soon.
    pauseMs = Math.min(pauseMs * 2, underWay > 0 ? 16 : 100)
  }
}

async function set(db: Queryable, clock: SettableClock, reading: ClockReading): Promise<void> {
  clock.follow(reading)
  await db.query(SET, [reading.realMs, reading.virtualMs, reading.running, reading.heldUntilRealMs])
}

const COUNT_DUE = sql(
  'clock.count-due',
  `select (select count(*) from notification where due_at <= $1)
        + (select count(*) from vaulting where state = 'PROCESSING' and settle_at <= $1)
        + (select count(*) from payment where state = 'PROCESSING' and settle_at <= $1)
        + (select count(*) from payment
           where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null and expires_at <= $1)
        + (select count(*) from sealed_card where use = 'NONCE' and usable_until <= $1)
        + (select count(*) from issuer_message where due_at <= $1)
        + (select count(*) from authentication a
             left join vaulting v on a.about = 'VAULTING' and v.merchant_id = a.merchant_id
               and v.vaulting_request_id = a.vaulting_request_id
             left join payment p on a.about = 'PAYMENT' and p.id = a.vaulting_id
           where a.state in ('READY', 'RESULT')
             and ((v.state = 'PROCESSING' and v.awaits_buyer) or (p.state = 'PROCESSING' and p.awaits_buyer))) as count,
          (select count(*) from notification where due_at <= $1 and lease_until > now())
        + (select count(*) from issuer_message where due_at <= $1 and lease_until > now()) as under_way`,
)

/** What is left at an instant, and how much of it workers have claimed. */
async function countDue(db: Queryable, at: number): Promise<{ left: number; underWay: number }> {
  const [row] = await db.query(COUNT_DUE, [timestamp(at)])
  return { left: Number(row?.['count']), underWay: Number(row?.['under_way']) }
}
