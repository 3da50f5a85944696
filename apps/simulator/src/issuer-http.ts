import { networks } from '@coffer/test-cards'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Clock } from './clock.js'
import { type Issuer, lateAnswerMs, silenceMs, type VerifyAnswer, type VerifyRequest } from './issuer.js'
import { type Ledger, ledgerEntry } from './ledger.js'

/** Writes one line of the process's own log. Never given anything of a request's body. */
export type Log = (level: 'info' | 'error', msg: string) => void

/**
 * The issuer behind JSON over HTTP: `POST /verify`, and for whoever watches `GET /log` and `GET /livez`.
 * Closing it breaks every connection, because one that is held open would otherwise keep the process.
 */
export function issuerHttp(set: { issuer: Issuer; ledger: Ledger; clock: Clock; log: Log }): FastifyInstance {
  const { issuer, ledger, clock, log } = set
  const app = fastify({
    logger: false,
    bodyLimit: 8 * 1024,
    forceCloseConnections: true,
    // A wrong type is the caller's mistake and must show: nothing is converted, filled in or taken away.
    ajv: { customOptions: { coerceTypes: false, useDefaults: false, removeAdditional: false, allErrors: false } },
  })

  app.post<{ Body: VerifyRequest }>('/verify', { schema: { body: verifySchema } }, async (request, reply) => {
    const decision = issuer.verify(request.body)
    ledger.record(ledgerEntry(request.body, decision, clock.now()))

    switch (decision.delivery) {
      case 'at-once':
        return decision.answer
      case 'late':
        return (await holdTheLine(reply, lateAnswerMs, clock)) ? decision.answer : hangUp(reply)
      case 'never':
        await holdTheLine(reply, silenceMs, clock)
        return hangUp(reply)
      case 'cut':
        return sendHalf(reply, decision.answer)
    }
  })

  app.get<{ Querystring: { requestId?: string } }>(
    '/log',
    { schema: { querystring: { type: 'object', properties: { requestId: { type: 'string' } } } } },
    async ({ query }) => ({ entries: ledger.entries(query.requestId) }),
  )

  app.get('/livez', async () => ({ status: 'ok' }))

  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: { message: 'there is no such endpoint' } }))

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ error: explain(error) })
    // The error's own text may quote what it failed on.
    log('error', `a request failed: ${error.name} ${error.code ?? ''}`.trim())
    return reply.code(500).send({ error: { message: 'the simulator failed, its log says more' } })
  })

  return app
}

/** @returns false when the other side hung up first, or we are being stopped */
async function holdTheLine(reply: FastifyReply, ms: number, clock: Clock): Promise<boolean> {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return clock.wait(ms, gone.signal)
}

function hangUp(reply: FastifyReply): FastifyReply {
  reply.hijack()
  reply.raw.destroy()
  return reply
}

/** Announces the whole answer, sends half of it and cuts the connection. */
function sendHalf(reply: FastifyReply, answer: VerifyAnswer): FastifyReply {
  const whole = Buffer.from(JSON.stringify(answer))
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': whole.length })
  reply.raw.write(whole.subarray(0, whole.length / 2), () => reply.raw.destroy())
  return reply
}

/** Which field is wrong and what it must be, without a word of what it was. */
function explain(error: FastifyError): { field: string; message: string } {
  const broken = error.validation?.[0]
  if (broken === undefined) return { field: 'body', message: bodyProblems[error.code] ?? 'is not a request' }

  const parent = broken.instancePath.slice(1).replaceAll('/', '.')
  const { missingProperty, additionalProperty } = broken.params as Record<string, unknown>
  if (additionalProperty !== undefined) {
    // A name is as free as a value: only one that looks like a name is repeated.
    const name = /^[a-z][a-z]{0,29}2?$/i.test(String(additionalProperty)) ? [String(additionalProperty)] : []
    return { field: [parent, ...name].filter(part => part !== '').join('.') || 'body', message: 'is not known' }
  }
  if (missingProperty !== undefined) {
    return { field: [parent, missingProperty].filter(part => part !== '').join('.'), message: 'is missing' }
  }
  return { field: parent || 'body', message: broken.message ?? 'is not valid' }
}

const bodyProblems: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'is longer than 8 KiB',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'must be application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'is missing',
  FST_ERR_CTP_INVALID_JSON_BODY: 'is not JSON',
}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })

const object = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(required),
  properties: { ...required, ...optional },
})

const verifySchema = object(
  {
    requestId: { type: 'string', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' },
    network: { type: 'string', enum: networks },
    pan: { type: 'string', pattern: '^[0-9]{12,19}$' },
    expiry: { type: 'string', pattern: '^[0-9]{2}(0[1-9]|1[0-2])$' },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    merchant: object({ id: text(64), name: text(256) }),
    storedCredential: object({
      initiator: { type: 'string', enum: ['CARDHOLDER', 'MERCHANT'] },
      usage: { type: 'string', enum: ['FIRST', 'SUBSEQUENT'] },
      reason: {
        type: 'string',
        enum: ['COF', 'RECURRING', 'INSTALMENT', 'UNSCHEDULED', 'RESUBMISSION', 'DELAYED', 'NO_SHOW', 'REAUTH'],
      },
    }),
  },
  {
    cvv2: { type: 'string', pattern: '^[0-9]{3,4}$' },
    cardholderName: text(256),
    avs: object({}, { postcode: text(32), line1: text(256) }),
  },
)
