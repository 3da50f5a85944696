/** `coffer work`: delivers notifications, takes unanswered questions back and settles what nobody finished. Any number of them can run. */
import { portsOf } from '../config.js'
import { AT_ONCE_OF_ONE, Deliverer } from '../notifications/deliver.js'
import { DELIVERIES_CHANNEL } from '../notifications/notification-store.js'
import { makeOperationsServer } from '../operations/operations-server.js'
import { SettableClock } from '../platform/clock.js'
import { Listener } from '../platform/database.js'
import { errorFields } from '../platform/log.js'
import { Loop } from '../platform/loop.js'
import { collectProcessMetrics } from '../platform/metrics.js'
import { makeOutbound } from '../platform/outbound.js'
import { SandboxPlayground } from '../sandbox/playground.js'
import { followClock } from '../sandbox/virtual-clock.js'
import type { System } from '../system.js'
import { allQuestions, reverseUnanswered } from '../vaulting/reverse-unanswered.js'
import { sweepUnfinished } from '../vaulting/sweep-unfinished.js'
import { refreshRanges } from './background.js'

/** Due rows are found at the latest after this, should every wake-up be lost. */
const LONGEST_REST_MS = 1_000

/**
 * Begins to work.
 * @returns how to stop: running deliveries end first
 */
export async function work(system: System): Promise<() => Promise<void>> {
  const { clock, config, db, log } = system
  const outbound = makeOutbound({ policy: config.outboundPolicy, maxSockets: AT_ONCE_OF_ONE })
  const playground = config.environment === 'sandbox' ? new SandboxPlayground(system) : undefined
  const deliverer = new Deliverer(system, outbound, { playground, onRoom: () => deliveries.wake() })
  const common = { clock, log, longestRestMs: LONGEST_REST_MS }
  const deliveries: Loop = new Loop({ ...common, name: 'deliveries', turn: () => deliverer.turn() })
  const reversals = allQuestions(system).map(of => {
    const name = 'acquirer' in of ? `reversals ${of.acquirer}` : 'reversals'
    return new Loop({
      ...common,
      name,
      turn: async () => ((await reverseUnanswered(system, of)) ? 0 : LONGEST_REST_MS),
    })
  })
  const ranges = refreshRanges(system)
  const sweeper = new Loop({ ...common, name: 'sweeper', turn: () => sweepUnfinished(system) })
  const wake = () => {
    deliveries.wake()
    sweeper.wake()
    for (const loop of reversals) loop.wake()
  }
  const listener =
    clock instanceof SettableClock
      ? followClock(db, clock, { log, channels: [DELIVERIES_CHANNEL] }, wake)
      : new Listener({ url: db.url, log, channels: [DELIVERIES_CHANNEL] }, wake)
  await listener.start()
  await system.presence.start()
  deliveries.start()
  sweeper.start()
  system.acquirers.start()
  for (const loop of reversals) loop.start()
  ranges.start()
  const operations = makeOperationsServer(system, false)
  const port = portsOf(config.portOffset).workOperations
  collectProcessMetrics(system.metrics)
  // Several workers may share a machine; the first one has the port, and the others deliver all the same.
  await operations.listen({ host: '127.0.0.1', port }).catch(error => {
    log.warn('work.no-operations-port', { port, ...errorFields(error) })
  })
  log.info('work.ready', { port })
  return async () => {
    await operations.close()
    await listener.stop()
    await Promise.all([deliverer.stop(), ...[deliveries, sweeper, ...reversals, ranges].map(loop => loop.stop())])
    // What the last turn began.
    await deliverer.drain()
    await system.presence.stop()
    await outbound.close()
  }
}
