/** The operations port, loopback only: health, metrics, and in the sandbox its controls. */
import Fastify, { type FastifyInstance } from 'fastify'
import { backlog } from '../notifications/due-across-merchants.js'
import { sql } from '../platform/database.js'
import type { System } from '../system.js'
import { openQuestions } from '../vaulting/unanswered-across-merchants.js'
import { addIndexRoutes } from './index-page.js'
import { addClockRoutes } from './sandbox-clock.js'
import { addListenerRoutes } from './sandbox-listeners.js'
import { addNotificationRoutes } from './sandbox-notifications.js'
import { addRuleRoutes } from './sandbox-rules.js'
import { addTimelineRoutes } from './sandbox-timeline.js'

const PING = sql('operations.ping', 'select 1 as up')

/** So many merchants are named in the figures, those with the longest backlogs. */
const MERCHANTS_NAMED = 20

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
  const isSandbox = controls && system.config.environment === 'sandbox'
  addIndexRoutes(app, isSandbox)
  if (isSandbox) {
    addClockRoutes(app, system)
    addTimelineRoutes(app, system)
    addNotificationRoutes(app, system)
    addListenerRoutes(app, system)
    addRuleRoutes(app, system)
  }
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
  const { notificationsOpen, notificationsDue, oldestDueSeconds, merchantBacklog } = metrics
  const figures = [notificationsOpen, notificationsDue, oldestDueSeconds, merchantBacklog]
  await backlog(db, clock.now()).then(
    backlogs => {
      notificationsOpen.set(backlogs.reduce((sum, { open }) => sum + open, 0))
      notificationsDue.set(backlogs.reduce((sum, { due }) => sum + due, 0))
      oldestDueSeconds.set(backlogs.reduce((most, { oldestMs }) => Math.max(most, oldestMs), 0) / 1000)
      // A merchant whose backlog is gone must not keep its last figure.
      merchantBacklog.reset()
      const longest = backlogs.filter(({ due }) => due > 0).sort((a, b) => b.due - a.due)
      for (const { merchantId, due } of longest.slice(0, MERCHANTS_NAMED))
        merchantBacklog.set({ merchant: merchantId }, due)
    },
    () => {
      // With the database down the rest is still worth scraping, but old figures would be taken for new ones.
      for (const figure of figures) figure.reset()
    },
  )
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, '')
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]'
}
