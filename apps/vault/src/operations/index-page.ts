/** Where an operations port begins: what is on it, as a page for people and as JSON for programs. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { escapeHtml } from '../platform/escape-html.js'
import { NOTIFICATIONS_HEADERS, page, wantsPage } from './notifications-page.js'

const HEALTH: readonly (readonly [path: string, what: string])[] = [
  ['/livez', 'whether the process runs'],
  ['/readyz', 'whether it can do its work'],
  ['/metrics', 'figures for Prometheus'],
]

/** What of the sandbox's controls only shows, and needs no id. */
const CONTROLS: readonly (readonly [path: string, what: string])[] = [
  ['/sandbox/notifications', 'notifications: what merchants were told and what they answered'],
  ['/sandbox/clock', 'the clock of the sandbox, and what is due next'],
  ['/sandbox/notification-rules', 'rules: what is done to the next notifications so that receivers can be tried'],
]

/**
 * Adds `GET /`, and where the sandbox's controls are on this port, `GET /sandbox`.
 * @param controls  whether they are
 */
export function addIndexRoutes(app: FastifyInstance, controls: boolean): void {
  const links = controls ? [...CONTROLS, ...HEALTH] : HEALTH
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    if (!wantsPage(request.headers.accept)) return Object.fromEntries(links)
    const items = links.map(
      ([path, what]) => `<li><a href="${path}">${path}</a> <span class="quiet">${escapeHtml(what)}</span></li>`,
    )
    const html = `<h1>Coffer, operations</h1>\n<ul>\n${items.join('\n')}\n</ul>`
    return reply.headers(NOTIFICATIONS_HEADERS).send(page('Coffer, operations', html))
  }
  app.get('/', show)
  if (controls) app.get('/sandbox', show)
}
