/** A connector that speaks ISO 8583 over a live link: what to say comes from messages.ts, how to say it from the profile. */
import type { Clock } from '../../platform/clock.js'
import type { Queryable } from '../../platform/database.js'
import { errorFields, type Log } from '../../platform/log.js'
import type { Random } from '../../platform/random.js'
import type { AcquirerConfig } from '../acquirers-file.js'
import type { AcquirerConnector, MessageReference } from '../connector.js'
import { makeDialect } from './codec.js'
import type { OutgoingMessage } from './dialect.js'
import { Link, type LinkOptions, reasonOf } from './link.js'
import type { LinkMetrics } from './link-metrics.js'
import {
  makeReference,
  matchKey,
  networkManagement,
  networkManagementAnswer,
  readAuthorisation,
  readNetworkManagement,
  readReversal,
  readVerification,
  reversal,
  verificationRequest,
} from './messages.js'
import { advice, authorisationRequest, readAdvice } from './payment-messages.js'
import { TraceNumbers } from './trace-numbers.js'

export interface ConnectorWorld {
  db: Queryable
  clock: Clock
  random: Random
  log: Log
  metrics: LinkMetrics
  /** Others than those of the link, for tests. */
  limits?: LinkOptions['limits']
}

export function iso8583Connector(config: AcquirerConfig, world: ConnectorWorld): AcquirerConnector {
  const { id, line, profile, settings, timeoutMs } = config
  const { db, clock, random, log, metrics } = world
  // By the id on the wire and not by ours: the other side knows a message by that and the trace number, on any link.
  const numbers = new TraceNumbers(settings.acquirerId, db, clock)
  const prepare = async (): Promise<MessageReference> => makeReference(await numbers.next(), clock.now())
  const link = new Link({
    acquirer: id,
    line,
    clock,
    random,
    log,
    metrics,
    limits: { echoAfterMs: config.echoAfterMs, ...world.limits },
    words: {
      dialect: makeDialect(profile),
      keyOf: matchKey,
      about: async kind => networkManagement(kind, await prepare()),
      accepts: answer => readNetworkManagement(answer).kind === 'accepted',
      answerTo: networkManagementAnswer,
    },
  })

  /** A message, unless the acquirer's settings or the request hold what the profile has no place for. */
  const written = (make: () => OutgoingMessage): OutgoingMessage | undefined => {
    try {
      return make()
    } catch (error) {
      log.error('issuer.message-not-written', { cause: `${id}: ${reasonOf(error)}`, ...errorFields(error) })
      return undefined
    }
  }

  return {
    id,
    networks: new Set(config.networks),
    reversesVerifications: config.reverseVerifications,
    prepare,
    async verify(request, reference) {
      const question = written(() => verificationRequest(profile, settings, request, reference))
      if (!question) return { kind: 'unknown', cause: 'garbled', sent: false }
      const answer = await link.request(question, timeoutMs)
      if (answer.kind === 'no answer') return { kind: 'unknown', cause: answer.cause, sent: answer.sent }
      return readVerification(profile, answer.message, question)
    },
    salesAreSingle: profile.mapping.payments?.saleMti !== undefined,
    async authorise(request, reference) {
      const question = written(() => authorisationRequest(profile, settings, request, reference))
      if (!question) return { kind: 'unknown', cause: 'garbled', sent: false }
      const answer = await link.request(question, timeoutMs)
      if (answer.kind === 'no answer') return { kind: 'unknown', cause: answer.cause, sent: answer.sent }
      return readAuthorisation(profile, answer.message, question)
    },
    async advise(request) {
      const question = written(() => advice(profile, settings, request))
      if (!question) return { kind: 'unknown', cause: 'garbled', sent: false }
      const answer = await link.request(question, timeoutMs)
      if (answer.kind === 'no answer') return { kind: 'unknown', cause: answer.cause, sent: answer.sent }
      return readAdvice(profile, answer.message, question, request.what)
    },
    async reverse(request) {
      const question = written(() => reversal(profile, settings, request))
      if (!question) return { kind: 'unknown', cause: 'garbled', sent: false }
      const answer = await link.request(question, timeoutMs)
      if (answer.kind === 'no answer') return { kind: 'unknown', cause: answer.cause, sent: answer.sent }
      return readReversal(profile, answer.message, question)
    },
    isUp: () => link.isUp(),
    whyDown: () => link.whyDown(),
    start() {
      // Said at each start, so that nobody forgets that it was decided.
      if (!line.tls && config.privateLine) log.warn('issuer.line-without-tls', { cause: id, port: line.port })
      link.start()
    },
    stop: () => link.stop(),
  }
}
