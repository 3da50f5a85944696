/** The operations port, loopback only: health, metrics, and in the sandbox its controls. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { portsOf } from '../config.js'
import { backlog } from '../notifications/notification-store.js'
import { SettableClock } from '../platform/clock.js'
import { sql } from '../platform/database.js'
import { simulatorClock } from '../sandbox/simulator-clock.js'
import { advanceClock, ClockStuck } from '../sandbox/virtual-clock.js'
import type { System } from '../system.js'
import { timelineOf } from '../vaulting/timeline-store.js'
import { openQuestions } from '../vaulting/unanswered-across-merchants.js'
import { TIMELINE_HEADERS, timelinePage } from './timeline-page.js'

const PING = sql('operations.ping', 'select 1 as up')

/** Ten years: enough to let every card expire, and far from where timestamps end. */
const LONGEST_ADVANCE_MS = 10 * 366 * 86_400_000

/**
 * Makes the server of an operations port.
 * @param controls  whether the sandbox's controls are on it, besides health and metrics
 */
export function makeOperationsServer(system: System, controls: boolean): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: 4096 })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: 'the operation failed' }),
  )
  // A page in a browser on this machine can reach this port; by its Origin, or by a name that it made point here.
  app.addHook('onRequest', async (request, reply) => {
    const site = request.headers['sec-fetch-site']
    const fromPage =
      request.headers.origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin')
    if (fromPage || !isLoopbackHost(request.headers.host)) {
      return reply.code(403).send({ error: 'calls from web pages, or under a name that is not loopback, are refused' })
    }
  })

  app.get('/livez', async () => ({ live: true }))
  app.get('/readyz', async (_request, reply) => {
    const database = await system.db.query(PING).then(
      () => true,
      () => false,
    )
    const issuer = system.acquirers.isUp()
    // A network without its list of card ranges: nobody knows which of its cards take part in 3-D Secure. Only the process
    // that answers calls loads them.
    const { all } = system.directories
    const lists = controls ? { directories: all.every(({ state }) => state.listedAt !== undefined) } : {}
    // Without an issuer cards cannot be checked, but answers, repeats and inquiries still can be given.
    return reply.code(database ? 200 : 503).send({ ready: database, database, issuer, ...lists })
  })
  app.get('/metrics', async (_request, reply) => {
    await gauge(system)
    return reply.type(system.metrics.registry.contentType).send(await system.metrics.registry.metrics())
  })
  if (controls && system.config.environment === 'sandbox') addSandbox(app, system)
  return app
}

async function gauge(system: System): Promise<void> {
  const { metrics, db, clock, log } = system
  await openQuestions(db, clock.now()).then(
    ({ open, oldestMs }) => {
      metrics.questionsOpen.set(open)
      metrics.oldestQuestionSeconds.set(oldestMs / 1000)
    },
    () => {
      for (const figure of [metrics.questionsOpen, metrics.oldestQuestionSeconds]) figure.reset()
    },
  )
  metrics.maskedInLogs.set(log.maskedCount())
  await backlog(db, clock.now()).then(
    ({ open, due, oldestMs }) => {
      metrics.notificationsOpen.set(open)
      metrics.notificationsDue.set(due)
      metrics.oldestDueSeconds.set(oldestMs / 1000)
    },
    () => {
      // With the database down the rest is still worth scraping, but old figures would be taken for new ones.
      for (const figure of [metrics.notificationsOpen, metrics.notificationsDue, metrics.oldestDueSeconds])
        figure.reset()
    },
  )
}

function addSandbox(app: FastifyInstance, system: System): void {
  const { clock, db } = system
  if (!(clock instanceof SettableClock)) throw new Error('a sandbox runs on a clock that can be set')
  const simulator = simulatorClock(`http://127.0.0.1:${portsOf(system.config.portOffset).simulator}`)
  const shown = () => {
    const now = clock.now()
    return { now: new Date(now).toISOString(), offsetMs: Math.round(now - clock.real()) }
  }
  app.get('/sandbox/clock', async () => shown())
  app.post('/sandbox/clock', async (request: FastifyRequest, reply: FastifyReply) => {
    const advanceMs = readAdvance(request.body)
    if (advanceMs === undefined) {
      const error = `send {"advanceMs": n}, a whole number of milliseconds from 0 to ${LONGEST_ADVANCE_MS}: time never goes back`
      return reply.code(400).send({ error })
    }
    try {
      await advanceClock(db, clock, advanceMs, simulator)
      return shown()
    } catch (error) {
      if (error instanceof ClockStuck) return reply.code(503).send({ error: error.message, ...shown() })
      throw error
    }
  })
  app.get('/sandbox/timeline/:clientId/*', async (request: FastifyRequest, reply: FastifyReply) => {
    const { clientId, '*': vaultingRequestId } = request.params as { clientId: string; '*': string }
    const events = await timelineOf(db, clientId, vaultingRequestId)
    // A person's browser asks for a page; programs get JSON, whatever they accept.
    if (!request.headers.accept?.includes('text/html')) return { events }
    return reply.headers(TIMELINE_HEADERS).send(timelinePage(vaultingRequestId, events))
  })
}

function readAdvance(body: unknown): number | undefined {
  try {
    const { advanceMs } = JSON.parse(String(body)) as { advanceMs?: unknown }
    return typeof advanceMs === 'number' &&
      Number.isInteger(advanceMs) &&
      advanceMs >= 0 &&
      advanceMs <= LONGEST_ADVANCE_MS
      ? advanceMs
      : undefined
  } catch {
    return undefined
  }
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, '')
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]'
}
