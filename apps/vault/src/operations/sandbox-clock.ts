/** The sandbox's clock on the operations port. */
import { readWireTime } from '@coffer/antom'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { portsOf } from '../config.js'
import { isFrozen, SettableClock } from '../platform/clock.js'
import type { Due } from '../sandbox/due-across-merchants.js'
import { simulatorClock } from '../sandbox/simulator-clock.js'
import { type ClockMove, LONGEST_MOVE_MS, moveClock, nextOfAll } from '../sandbox/virtual-clock.js'
import type { System } from '../system.js'

/** Of what was played, so much is told. */
const MOST_TOLD = 100

const MOST_STEPS = 10_000

/** So many moves may wait for the one before them. */
const MOST_WAITING = 20

/**
 * Adds `GET` and `POST /sandbox/clock`: how the clock stands and what is due next; and `{"advanceMs"}`, `{"to"}`,
 * `{"step"}` or `{"freeze"}`, answered when all that falls due on the way has settled.
 */
export function addClockRoutes(app: FastifyInstance, system: System): void {
  const { clock, db } = system
  if (!(clock instanceof SettableClock)) throw new Error('a sandbox runs on a clock that can be set')
  const simulator = simulatorClock(`http://127.0.0.1:${portsOf(system.config.portOffset).simulator}`)
  const shown = async () => {
    const now = clock.now()
    const offsetMs = Math.round(now - clock.real())
    const next = await nextOfAll(db, now, simulator)
    return {
      now: new Date(now).toISOString(),
      offsetMs,
      frozen: isFrozen(clock.reading()),
      ...(next && { next: { at: new Date(next.at).toISOString(), what: next.what } }),
    }
  }
  // Else a stop would wait as long as a developer who listens and takes his time.
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  // Each move holds a connection to the database for as long as it takes: one at a time, or calls would get none.
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  const noMatter = () => {}
  app.get('/sandbox/clock', shown)
  app.post('/sandbox/clock', async (request: FastifyRequest, reply: FastifyReply) => {
    const move = readMove(request.body)
    if ('problem' in move) return reply.code(400).send({ error: move.problem })
    if (waiting >= MOST_WAITING) {
      return reply
        .code(503)
        .send({ error: `${waiting} moves of the clock wait already: does a listener hold a delivery?` })
    }
    waiting += 1
    const moved = last.then(() =>
      // Whoever has hung up while waiting does not want it any more.
      request.raw.socket.destroyed ? undefined : moveClock(db, clock, move, simulator, closing.signal),
    )
    last = moved.then(noMatter, noMatter)
    const done = await moved.finally(() => {
      waiting -= 1
    })
    if (!done) return reply.code(503).send({ error: 'nobody waited for it' })
    const { played, short } = done
    if (short?.because === 'refused') return reply.code(400).send({ error: short.text })
    const answer = { ...(await shown()), ...tell(played) }
    if (short?.because === 'stuck') return reply.code(503).send({ error: short.text, ...answer })
    return short ? { ...answer, note: short.text } : answer
  })
}

/** What was played, as it is told: the last of it, oldest first, and how many there were before that. */
export function tell(played: readonly Due[]): { played: object[]; leftOut?: number } {
  const leftOut = Math.max(0, played.length - MOST_TOLD)
  const told = played.slice(leftOut).map(({ at, what, count }) => ({ at: new Date(at).toISOString(), what, count }))
  return { played: told, ...(leftOut > 0 && { leftOut }) }
}

type Reader = (value: unknown) => ClockMove | { problem: string }

const isWhole = (value: unknown, from: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= from && value <= most

/** What the body of a call can say, by its one key. */
const readers: Readonly<Record<string, Reader>> = {
  advanceMs: value =>
    isWhole(value, 0, LONGEST_MOVE_MS)
      ? { advanceMs: value }
      : {
          problem: `"advanceMs" is a whole number of milliseconds from 0 to ${LONGEST_MOVE_MS}: time never goes back`,
        },
  to(value) {
    const to = typeof value === 'string' && value.includes('T') ? readWireTime(value) : undefined
    if (to !== undefined) return { to }
    return {
      problem: '"to" is an instant with its offset, like "2030-01-31T12:00:00.000Z" or "2030-01-31T20:00+08:00"',
    }
  },
  step(value) {
    if (value === true) return { step: 1 }
    if (isWhole(value, 1, MOST_STEPS)) return { step: value }
    return { problem: `"step" is true, or a number of steps from 1 to ${MOST_STEPS}` }
  },
  freeze: value =>
    typeof value === 'boolean' ? { freeze: value } : { problem: '"freeze" is true, or false to let the clock run' },
}

const FORMS =
  'send one of {"advanceMs": n}, {"to": "<instant with offset>"}, {"step": true}, {"step": n}, {"freeze": true} and {"freeze": false}'

/** Reads what is asked of the clock. @returns what is wrong with it otherwise, for a person */
function readMove(body: unknown): ClockMove | { problem: string } {
  let asked: unknown
  try {
    asked = JSON.parse(String(body))
  } catch {
    return { problem: `this is not JSON: ${FORMS}` }
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return { problem: FORMS }
  const keys = Object.keys(asked)
  const [key = ''] = keys
  const reader = keys.length === 1 && Object.hasOwn(readers, key) ? readers[key] : undefined
  return reader ? reader((asked as Record<string, unknown>)[key]) : { problem: `exactly one thing at a time: ${FORMS}` }
}
