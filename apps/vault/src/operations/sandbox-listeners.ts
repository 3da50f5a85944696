/** Developers' `coffer listen`, on the operations port of a sandbox. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readForwardTo } from '../listen/forward-to.js'
import { newRandomId } from '../platform/ids.js'
import { attachListener, detachListener, listenerFor, renewListener } from '../sandbox/listener-store.js'
import type { System } from '../system.js'

/** For so long a listener that says nothing is still attached: one that was killed does not stand in the way for long. */
const ATTACHED_MS = 15_000

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Adds `POST /sandbox/listeners` with `{"clientId","port","forwardTo","takeOver"?}`, and `PUT` (renews) and `DELETE`
 * (detaches) of `/sandbox/listeners/{id}`, which answer 404 when that listener is not attached any more.
 */
export function addListenerRoutes(app: FastifyInstance, { db, gatewayKey, random }: System): void {
  const attached = (id: string) => ({
    id,
    gatewayPublicKey: gatewayKey.publicKey,
    keyVersion: gatewayKey.version,
    attachedForMs: ATTACHED_MS,
  })
  const NOT_ATTACHED = { error: 'this listener is not attached: it was not renewed in time, or another one took over' }
  const idOf = (request: FastifyRequest) => (request.params as { id: string }).id

  app.post('/sandbox/listeners', async (request: FastifyRequest, reply: FastifyReply) => {
    const wish = readWish(request.body)
    if ('problem' in wish) return reply.code(400).send({ error: wish.problem })
    const { clientId, takeOver, ...where } = wish
    const id = newRandomId(random.bytes(16))
    if (await attachListener(db, clientId, { id, ...where }, ATTACHED_MS, takeOver)) return attached(id)
    const other = await listenerFor(db, clientId)
    if (other === 'unknown merchant')
      return reply.code(404).send({ error: `there is no merchant ${clientId}; see: coffer merchant list` })
    // It went away between the two questions: whoever asks again is let in.
    if (other === undefined) return reply.code(503).send({ error: 'somebody else has just detached: ask again' })
    const { port, forwardTo, attachedUntil } = other
    return reply.code(409).send({
      error: `another listener is attached for ${clientId}`,
      attached: { port, forwardTo, attachedUntil: new Date(attachedUntil).toISOString() },
    })
  })
  app.put('/sandbox/listeners/:id', async (request: FastifyRequest, reply: FastifyReply) => {
    const id = idOf(request)
    if (UUID.test(id) && (await renewListener(db, id, ATTACHED_MS))) return attached(id)
    return reply.code(404).send(NOT_ATTACHED)
  })
  app.delete('/sandbox/listeners/:id', async (request: FastifyRequest, reply: FastifyReply) => {
    const id = idOf(request)
    if (UUID.test(id) && (await detachListener(db, id))) return { detached: true }
    return reply.code(404).send(NOT_ATTACHED)
  })
}

interface Wish {
  clientId: string
  port: number
  forwardTo: string
  takeOver: boolean
}

const FORM = 'send {"clientId": "…", "port": 40123, "forwardTo": "http://localhost:3000/notify"}'

/** Reads who wants to listen. @returns what is wrong with it otherwise, for a person */
function readWish(body: unknown): Wish | { problem: string } {
  let asked: Record<string, unknown> | null
  try {
    asked = JSON.parse(String(body)) as Record<string, unknown> | null
  } catch {
    return { problem: `this is not JSON: ${FORM}` }
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return { problem: FORM }
  const { clientId, port, takeOver = false } = asked
  if (typeof clientId !== 'string' || !/^[\w-]{1,64}$/.test(clientId)) {
    return { problem: `"clientId" is the id of a merchant: ${FORM}` }
  }
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    return { problem: '"port" is a port of this machine, from 1 to 65535' }
  }
  const forwardTo = readForwardTo(asked['forwardTo'])
  if (!forwardTo.ok) return { problem: `"forwardTo" ${forwardTo.reason}` }
  if (typeof takeOver !== 'boolean') return { problem: '"takeOver" is true or false' }
  return { clientId, port: Number(port), forwardTo: forwardTo.url.href, takeOver }
}
