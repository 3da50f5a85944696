/** What happened to one vaulting, on the operations port of a sandbox: as JSON for programs, as a page for people. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { System } from '../system.js'
import { timelineOf } from '../vaulting/timeline-store.js'
import { TIMELINE_HEADERS, timelinePage } from './timeline-page.js'

/** Adds `GET /sandbox/timeline/{clientId}/{vaultingRequestId}`: the events of a vaulting, redacted, oldest first. */
export function addTimelineRoutes(app: FastifyInstance, { db }: System): void {
  app.get('/sandbox/timeline/:clientId/*', async (request: FastifyRequest, reply: FastifyReply) => {
    const { clientId, '*': vaultingRequestId } = request.params as { clientId: string; '*': string }
    const events = await timelineOf(db, clientId, vaultingRequestId)
    // A person's browser asks for a page; programs get JSON, whatever they accept.
    if (!request.headers.accept?.includes('text/html')) return { events }
    return reply.headers(TIMELINE_HEADERS).send(timelinePage(vaultingRequestId, events))
  })
}
