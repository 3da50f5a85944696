/**
 * Notifications on the operations port of a sandbox: what `coffer notifications` does, as JSON for programs, and to a
 * browser as pages for people. The pages only show: a call with an `Origin` does not come this far.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { cancelNotifications } from '../notifications/cancel-notifications.js'
import {
  detailOf,
  findNotification,
  type ListQuery,
  listNotifications,
  UnknownNotification,
} from '../notifications/look-up-notifications.js'
import { detailData, listData } from '../notifications/look-up-print.js'
import { signedString } from '../notifications/look-up-signed-string.js'
import { resendFailed } from '../notifications/resend-failed.js'
import { resendNotifications } from '../notifications/resend-notifications.js'
import type { System } from '../system.js'
import { notificationPage } from './notification-ladder.js'
import { NOTIFICATIONS_HEADERS, notificationsPage, problemPage, wantsPage } from './notifications-page.js'

type Params = { id: string; attempt: string }

/** What the query string of a list can name; `clientId` is called so everywhere on this port. */
const LIST_NAMES = ['clientId', 'state', 'kind', 'since', 'until', 'before', 'limit'] as const

/**
 * Adds, below `/sandbox/notifications`: the list; `/{id}` with everything about one; `/{id}/attempts/{n}/string-to-sign`,
 * where `n` is the number of an attempt, or `r1` for that of the first resend; `POST /{id}/resend`, `POST /{id}/cancel`
 * and `POST /resend` for everything that failed in a stretch of time. In place of an id, a vaultingRequestId does; where
 * two merchants used the same one, with `?clientId=`.
 */
export function addNotificationRoutes(app: FastifyInstance, system: System): void {
  const { clock, config, db } = system
  const path = '/sandbox/notifications'
  const waits = { firstMs: config.firstNotificationDelayMs, factor: config.notificationScheduleFactor }
  const clientIdOf = (request: FastifyRequest) => namesOf(request.query, ['clientId']).clientId
  const detailFor = async (request: FastifyRequest) =>
    detailOf(db, await findNotification(db, (request.params as Params).id, clientIdOf(request)))

  app.get(path, (request, reply) =>
    answer(request, reply, async () => {
      const { clientId, ...rest } = namesOf(request.query, LIST_NAMES)
      const query: ListQuery = { ...rest, merchant: clientId }
      const now = clock.now()
      const list = await listNotifications(db, query, now)
      if (!wantsPage(request.headers.accept)) return listData(list)
      return reply.headers(NOTIFICATIONS_HEADERS).send(notificationsPage(list, query, now))
    }),
  )

  app.get(`${path}/:id`, (request, reply) =>
    answer(request, reply, async () => {
      const detail = await detailFor(request)
      if (!wantsPage(request.headers.accept)) return detailData(detail)
      const page = notificationPage(detail, clock.now(), waits)
      return reply.headers(NOTIFICATIONS_HEADERS).send(page)
    }),
  )

  app.get(`${path}/:id/attempts/:attempt/string-to-sign`, (request, reply) =>
    answer(request, reply, async () => {
      const { content, warning } = await signedString(
        system,
        await detailFor(request),
        (request.params as Params).attempt,
      )
      if (warning !== undefined) reply.header('coffer-warning', warning)
      return reply.headers(TEXT_HEADERS).send(content)
    }),
  )

  app.post(`${path}/:id/resend`, (request, reply) =>
    answer(request, reply, async () => {
      const { attempt, to } = namesOf(bodyOf(request), ['attempt', 'to'])
      const wish = { merchantId: clientIdOf(request), attempt, to }
      const [resent] = await resendNotifications(system, [(request.params as Params).id], wish)
      const { notification, resendId, url } = resent!
      return { id: notification.id, resendId, url: url ?? null }
    }),
  )

  app.post(`${path}/:id/cancel`, (request, reply) =>
    answer(request, reply, async () => {
      namesOf(bodyOf(request), [])
      const [cancelled] = await cancelNotifications(system, [(request.params as Params).id], clientIdOf(request))
      const { notification, resend, underWay } = cancelled!
      return { id: notification.id, resendId: resend?.id ?? null, underWay }
    }),
  )

  app.post(`${path}/resend`, (request, reply) =>
    answer(request, reply, async () => {
      const { failedFrom, failedUntil = '0s', clientId } = namesOf(bodyOf(request), CATCH_UP_NAMES)
      if (failedFrom === undefined) throw new OperatorMistake(`send {"failedFrom", "failedUntil", "clientId"}`)
      const done = await resendFailed(system, { from: failedFrom, until: failedUntil, merchantId: clientId })
      const resent = [...done.byMerchant.values()].reduce((sum, one) => sum + one, 0)
      return { resent, withoutAddress: done.withoutAddress }
    }),
  )
}

const CATCH_UP_NAMES = ['failedFrom', 'failedUntil', 'clientId'] as const

/** What holds a token is not kept by a browser, and never taken for anything but text. */
const TEXT_HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** Answers with what `work` gives, or with what was wrong with the question. */
async function answer(request: FastifyRequest, reply: FastifyReply, work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OperatorMistake)) throw error
    reply.code(error instanceof UnknownNotification ? 404 : 400)
    if (!wantsPage(request.headers.accept)) return reply.send({ error: error.message })
    return reply.headers(NOTIFICATIONS_HEADERS).send(problemPage(error.message))
  }
}

/** The body of a call: a JSON object, or nothing at all. */
function bodyOf(request: FastifyRequest): unknown {
  const text = typeof request.body === 'string' ? request.body.trim() : ''
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new OperatorMistake('the body is not JSON')
  }
}

/**
 * Reads the texts under some names.
 * @throws OperatorMistake when there is another name, or no text under one: a filter that is overlooked would show, and
 *   send, too much
 */
function namesOf<Name extends string>(given: unknown, names: readonly Name[]): Partial<Record<Name, string>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OperatorMistake('the body is not a JSON object')
  }
  const read: Partial<Record<string, string>> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!(names as readonly string[]).includes(name)) {
      throw new OperatorMistake(`"${name.slice(0, 40)}" is not known here; there is ${names.join(', ') || 'nothing'}`)
    }
    const isNumber = typeof value === 'number' && Number.isInteger(value)
    if (typeof value !== 'string' && !isNumber) throw new OperatorMistake(`"${name}" is given once, as a text`)
    read[name] = String(value)
  }
  return read
}
