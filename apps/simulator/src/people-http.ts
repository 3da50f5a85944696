import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { ControlChange, Losses } from './controls.js'
import type { Counts } from './desk.js'
import type { Ledger, LedgerFilter } from './ledger.js'
import type { Log } from './line.js'
import { registerTestCardPage } from './test-card-page.js'

/**
 * What people and tests see of the simulator: the test cards, `GET /log`, `GET /livez`, and `POST /control`, which
 * makes the issuer lose messages. Only for this machine: a name that is not of it is refused, so that no web site can
 * have its own name point here, and no page of any origin may use the controls.
 */
export function peopleHttp(set: {
  ledger: Ledger
  counts: () => Counts & { connections: number }
  control: (change: ControlChange) => Readonly<Losses>
  log: Log
}): FastifyInstance {
  const { ledger, log } = set
  const app = fastify({
    logger: false,
    bodyLimit: 8 * 1024,
    forceCloseConnections: true,
    // A wrong type is the caller's mistake and must show: nothing is converted, filled in or taken away.
    ajv: { customOptions: { coerceTypes: false, useDefaults: false, removeAdditional: false } },
  })

  // A form of any web page can send text without asking first; JSON it cannot.
  app.removeContentTypeParser('text/plain')

  app.addHook('onRequest', async (request, reply) => {
    if (!isLoopback(request.headers.host)) return reply.code(403).send(problem('use localhost or 127.0.0.1'))
  })

  app.get<{ Querystring: LedgerFilter }>(
    '/log',
    { schema: { querystring: { ...object, properties: { rrn: { type: 'string' }, stan: { type: 'string' } } } } },
    async ({ query }) => ({ entries: ledger.entries(query), counts: set.counts() }),
  )

  app.get('/livez', async () => ({ status: 'ok' }))

  app.post<{ Body: ControlChange }>(
    '/control',
    {
      schema: { body: controlSchema },
      onRequest: async (request, reply) => {
        if (request.headers.origin !== undefined) return reply.code(403).send(problem('web pages may not use this'))
      },
    },
    async ({ body }) => set.control(body),
  )

  registerTestCardPage(app)

  app.setNotFoundHandler((_request, reply) => reply.code(404).send(problem('there is no such endpoint')))

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send(problem(explain(error)))
    // The error's own text may quote what it failed on.
    log('error', `a request failed: ${error.name} ${error.code ?? ''}`.trim())
    return reply.code(500).send(problem('the simulator failed, its log says more'))
  })

  return app
}

function isLoopback(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '')
}

const problem = (message: string) => ({ error: { message } })

/** Which field is wrong and what it must be, without a word of what it was. */
function explain(error: FastifyError): string {
  const broken = error.validation?.[0]
  if (broken === undefined) return 'this must be JSON of at most 8 KiB, as application/json'
  if (broken.keyword === 'additionalProperties') return 'there is a field that is not known'
  const field = broken.instancePath.slice(1)
  return `${field === '' ? 'this' : field} ${broken.message ?? 'is not valid'}`
}

const object = { type: 'object', additionalProperties: false } as const

const howMany = { type: 'integer', minimum: 0, maximum: 1_000_000 } as const

const controlSchema = {
  ...object,
  properties: {
    dropReversals: howMany,
    dropReversalAnswers: howMany,
    dropEchoes: howMany,
    cutConnections: { type: 'boolean' },
  },
}
