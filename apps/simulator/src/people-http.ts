import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { AccountFilter } from './accounts.js'
import { type ControlChange, type Controls, losses } from './controls.js'
import type { Counts } from './desk.js'
import type { ClockReading, FollowedClock } from './followed-clock.js'
import type { Ledger, LedgerFilter } from './ledger.js'
import type { Log } from './line.js'
import { registerTestCardPage } from './test-card-page.js'
import type { MessageLog, ThreeDSLogFilter } from './three-ds/message-log.js'
import { directoryNetworks } from './three-ds/networks.js'

/**
 * What people and tests see of the simulator: the test cards, `GET /log` of the issuer, `GET /accounts`, which tells what
 * its payments have come to, `GET /three-ds/log` of directory servers and ACS, `GET /livez`, `POST /control`, which makes
 * messages get lost and changes card ranges, `GET /control`, which tells what is set, `POST /clock`, which makes the
 * simulator follow a clock, and `GET /clock`, which tells what it shows and when something falls due next. Only for this
 * machine: a name that is not of it is refused, so that no web site can have its own name point here, and no page of any
 * origin may use the controls or the clock.
 */
export function peopleHttp(set: {
  ledger: Ledger
  messages: MessageLog
  counts: () => Counts & { connections: number }
  control: (change?: ControlChange) => Controls['state']
  clock: FollowedClock
  log: Log
}): FastifyInstance {
  const { ledger, messages, log } = set
  const app = fastify({
    logger: false,
    bodyLimit: 8 * 1024,
    forceCloseConnections: true,
    // A wrong type is the caller's mistake and must show: nothing is converted, filled in or taken away. `verbose` gives
    // the part of the schema that was broken, and so the fields that are known.
    ajv: { customOptions: { coerceTypes: false, useDefaults: false, removeAdditional: false, verbose: true } },
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

  app.get<{ Querystring: AccountFilter }>(
    '/accounts',
    { schema: { querystring: { ...object, properties: { rrn: { type: 'string' } } } } },
    async ({ query }) => ({ accounts: ledger.accounts.shown(query) }),
  )

  app.get<{ Querystring: ThreeDSLogFilter }>(
    '/three-ds/log',
    { schema: { querystring: { ...object, properties: threeDSFilter } } },
    async ({ query }) => ({ entries: messages.entries(query) }),
  )

  app.get('/livez', async () => ({ status: 'ok' }))

  app.get('/control', { onRequest: notForWebPages }, async () => set.control())

  app.post<{ Body: ControlChange }>(
    '/control',
    {
      schema: { body: controlSchema },
      onRequest: notForWebPages,
    },
    async ({ body }) => set.control(body),
  )

  app.post<{ Body: ClockReading }>(
    '/clock',
    {
      schema: { body: clockSchema },
      onRequest: notForWebPages,
    },
    async ({ body }) => ({ nextDueAt: await set.clock.follow(body) }),
  )

  app.get('/clock', { onRequest: notForWebPages }, async () => ({
    now: set.clock.now().toISOString(),
    next: set.clock.nextDue(),
  }))

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

async function notForWebPages(request: FastifyRequest, reply: FastifyReply) {
  if (request.headers.origin !== undefined) return reply.code(403).send(problem('web pages may not use this'))
}

function isLoopback(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '')
}

const problem = (message: string) => ({ error: { message } })

/** Which field is wrong and what it must be, without a word of what it was. */
function explain(error: FastifyError): string {
  const broken = error.validation?.[0]
  if (broken === undefined) return 'this must be JSON of at most 8 KiB, as application/json'
  const field = broken.instancePath.slice(1)
  if (broken.keyword === 'additionalProperties') {
    const { parentSchema } = broken as { parentSchema?: { properties?: object } }
    return `there is a field that is not known; known are ${Object.keys(parentSchema?.properties ?? {}).join(', ')}`
  }
  return `${field === '' ? 'this' : field} ${broken.message ?? 'is not valid'}`
}

const object = { type: 'object', additionalProperties: false } as const

const howMany = { type: 'integer', minimum: 0, maximum: 1_000_000 } as const

const protocolVersion = { type: 'string', pattern: '^\\d\\.\\d\\.\\d$' } as const

/** Neither overlapping nor upside-down ranges are refused: it is for the reader of a PRes to notice them. */
const rangeSchema = {
  ...object,
  required: ['network', 'actionInd', 'startRange', 'endRange'],
  properties: {
    network: { enum: directoryNetworks },
    actionInd: { enum: ['A', 'D', 'M'] },
    startRange: { type: 'string', pattern: '^\\d{13,19}$' },
    endRange: { type: 'string', pattern: '^\\d{13,19}$' },
    acsStartProtocolVersion: protocolVersion,
    acsEndProtocolVersion: protocolVersion,
    method: { enum: ['calls-back', 'silent', 'none'] },
  },
} as const

const controlSchema = {
  ...object,
  properties: {
    ...Object.fromEntries(losses.map(loss => [loss, howMany])),
    cutConnections: { type: 'boolean' },
    silentDirectory: { type: 'boolean' },
    hugeRanges: howMany,
    forgetSerials: { type: 'boolean' },
    ranges: { type: 'array', maxItems: 100, items: rangeSchema },
  },
}

const instant = { type: 'number', minimum: 0 } as const

const clockSchema = {
  ...object,
  required: ['realMs', 'virtualMs', 'running', 'heldUntilRealMs'],
  properties: { realMs: instant, virtualMs: instant, running: { type: 'boolean' }, heldUntilRealMs: instant },
}

const threeDSFilter = {
  threeDSServerTransID: { type: 'string' },
  acsTransID: { type: 'string' },
  messageType: { type: 'string' },
}
