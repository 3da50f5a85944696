/**
 * What happened to one vaulting or payment, on the operations port of a sandbox: as JSON for programs, as a page for
 * people.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { About } from '../buyers/errand.js'
import type { System } from '../system.js'
import { timelineOf } from '../timeline/timeline-store.js'
import { TIMELINE_HEADERS, timelinePage } from './timeline-page.js'

/**
 * Adds `GET /sandbox/timeline/{clientId}/{id}`: the events of a vaulting, redacted, oldest first; of a payment with
 * `?about=payment`, or where no vaulting has this id.
 */
export function addTimelineRoutes(app: FastifyInstance, { db }: System): void {
  app.get('/sandbox/timeline/:clientId/*', async (request: FastifyRequest, reply: FastifyReply) => {
    const { clientId, '*': id } = request.params as { clientId: string; '*': string }
    const asked = aboutOf((request.query as { about?: unknown }).about)
    const first = await timelineOf(db, clientId, id, asked ?? 'VAULTING')
    const other = first.length === 0 && asked === undefined ? await timelineOf(db, clientId, id, 'PAYMENT') : []
    const about = other.length > 0 ? 'PAYMENT' : (asked ?? 'VAULTING')
    const events = other.length > 0 ? other : first
    // A person's browser asks for a page; programs get JSON, whatever they accept.
    if (!request.headers.accept?.includes('text/html')) return { events }
    return reply.headers(TIMELINE_HEADERS).send(timelinePage(id, events, about))
  })
}

/** One of the two; what is neither counts as absent. */
function aboutOf(asked: unknown): About | undefined {
  return asked === 'payment' ? 'PAYMENT' : asked === 'vaulting' ? 'VAULTING' : undefined
}
