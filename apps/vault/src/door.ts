/**
 * The walk that every call of the API takes, in the order that decides which of two faults is told. Everything that
 * can be answered is answered with HTTP 200 and signed, refusals and defects too: the official SDKs verify first.
 * Source: Antom › API overview; the order is ours, published in docs/reference/result-codes.md.
 */
import {
  clientIdPattern,
  type FieldProblem,
  type GatewayCode,
  parseSignatureHeader,
  printWireTime,
  type ResultCode,
  readWireTime,
  resultOf,
} from '@coffer/antom'
import { type RawBody, type RequestIds, requestIdNames } from './card-data/index.js'
import { routeOf } from './endpoints.js'
import { signatureHeader } from './gateway/gateway-keys.js'
import { Refusal } from './handle.js'
import { keyFor } from './merchants/merchant-directory.js'
import { limit } from './platform/clock.js'
import { isOutage } from './platform/database.js'
import { errorFields } from './platform/log.js'
import type { System } from './system.js'

/** A request as it came, header by header. */
export interface Arrival {
  method: string
  /** The request target: path and query, or an absolute URL as the Python SDK sends it. */
  target: string
  /** Names and values in turn, as on the wire, so that a header given twice can be seen. */
  rawHeaders: readonly string[]
  /** `too large` when it went over the limit and was not kept. */
  body: RawBody | 'too large'
}

/** What goes back. Header names are in lower case, as several SDKs need them. */
export interface Departure {
  headers: Record<string, string>
  body: Buffer
}

/** Longest request body. A vaulting request with every field at its limit stays below 20 KiB. */
export const MAX_BODY_BYTES = 64 * 1024

/** Callers give up after fifteen seconds, and documentation asks for ten: what takes longer is answered as unknown. */
const ANSWER_WITHIN_MS = 9_500

/** Answers one call. Never rejects. */
export async function answerCall(system: System, arrival: Arrival): Promise<Departure> {
  const uri = reduceTarget(arrival.target)
  const clientId = signableClientId(singleHeader(arrival.rawHeaders, 'client-id'))
  const startedAt = system.clock.stopwatch()
  const answer = await walk(system, arrival, uri).catch((error: unknown): Answer => {
    logTrouble(system, error, {})
    return told('UNKNOWN_EXCEPTION')
  })
  if (arrival.body !== 'too large') arrival.body.erase()
  const { resultCode } = answer.body.result
  const route = routeOf(pathOf(uri))?.verb?.name ?? 'none'
  const ms = Math.round(system.clock.stopwatch() - startedAt)
  system.metrics.calls.observe({ route, resultCode }, ms / 1000)
  system.log.info('call.answered', { route, resultCode, ms, merchantId: answer.knownClient, cause: answer.cause })
  return signed(system, arrival.method, uri, clientId, answer.body)
}

interface Answer {
  body: { result: { resultCode: string } }
  /** Set once the signature held: who it is may then be logged. */
  knownClient?: string | undefined
  /** Why it was refused, in our own words, for the log. */
  cause?: string | undefined
}

async function walk(system: System, arrival: Arrival, uri: string): Promise<Answer> {
  // 1. Is there such an API, called in the right way?
  const route = routeOf(pathOf(uri))
  if (!route) return told('NO_INTERFACE_DEF')
  if (arrival.method !== 'POST') return told('METHOD_NOT_SUPPORTED')
  if (arrival.body === 'too large') {
    return illegal({ path: 'the body', rule: `must be at most ${MAX_BODY_BYTES} bytes` })
  }

  // 2. Who calls, and when?
  const header = (name: string) => headerOnce(arrival.rawHeaders, name)
  const clientId = header('client-id')
  if (!clientId.ok) return illegal(clientId.problem)
  const time = header('request-time')
  if (!time.ok) return illegal(time.problem)
  const known = await system.merchants.find(clientId.value)
  if (!known) return told('UNKNOWN_CLIENT')

  // 3.–5. Did they sign exactly these bytes, with a key that we know?
  const signature = header('signature')
  if (!signature.ok) return told('SIGNATURE_INVALID', signature.problem.rule)
  const parsed = parseSignatureHeader(signature.value)
  if (!parsed.ok) return told('SIGNATURE_INVALID', parsed.problem)
  const key = keyFor(known.keys, parsed.header.keyVersion)
  if (!key) return told('KEY_NOT_FOUND')
  const head = { method: arrival.method, uri, clientId: clientId.value, time: time.value }
  if (!arrival.body.isSignedBy(key, head, parsed.header.signature)) return told('SIGNATURE_INVALID', 'does not match')

  // 6. What only the client itself may learn.
  const { merchant } = known
  const knownClient = merchant.id
  const problem = timeProblem(system, time.value)
  if (problem) return { ...illegal(problem), knownClient }
  if (merchant.status !== 'ACTIVE') return { ...told('INVALID_CLIENT_STATUS'), knownClient }
  // No ISV can be registered yet, so a token that somebody sends cannot be valid. Go sends an empty one.
  if (headerValues(arrival.rawHeaders, 'agent-token').some(Boolean)) return { ...told('OAUTH_FAILED'), knownClient }
  if (route.environment && route.environment !== system.config.environment)
    return { ...told('ACCESS_DENIED'), knownClient }
  if (!route.verb) return { ...told('INVALID_API'), knownClient }
  if (!system.rates.admits(merchant.id)) return { ...told('REQUEST_TRAFFIC_EXCEED_LIMIT'), knownClient }

  // 7. What do they want? From here on card fields are opaque.
  const reading = system.cards.read(route.verb.schema, arrival.body)
  if (!reading.ok) return { ...illegal(reading.problem, reading.ids), knownClient }

  // 8. and 9. The verb.
  const ids = idsOf(reading.request as object)
  const unknown = { body: { result: resultOf('UNKNOWN_EXCEPTION'), ...ids }, knownClient }
  const running = route.verb.run(reading.request, merchant, system).finally(reading.erase)
  const patience = limit(ANSWER_WITHIN_MS)
  const late = patience.passed.then(() => undefined)
  try {
    // What is still running goes on to its end; the merchant hears of it by notification or inquiry.
    const body = await Promise.race([running, late])
    return body ? { body: body as Answer['body'], knownClient } : { ...unknown, cause: 'took too long' }
  } catch (error) {
    if (error instanceof Refusal) return { ...refused(error, ids), knownClient }
    logTrouble(system, error, { merchantId: merchant.id, subjectId: Object.values(ids)[0] })
    return unknown
  } finally {
    patience.cancel()
    running.catch(() => {}) // told above, unless it fails after we have answered
  }
}

/** A database that is away is the operator's trouble; everything else that gets here is a mistake in our code. */
function logTrouble(system: System, error: unknown, about: { merchantId?: string; subjectId?: string | undefined }) {
  system.log.error(isOutage(error) ? 'door.outage' : 'door.defect', { ...about, ...errorFields(error) })
}

function told(code: GatewayCode, cause?: string): Answer {
  return { body: { result: resultOf(code) }, cause }
}

function illegal(problem: FieldProblem, ids: RequestIds = {}): Answer {
  const message = `${resultOf('PARAM_ILLEGAL').resultMessage} ${problem.path} ${problem.rule}.`
  return {
    body: { result: resultOf('PARAM_ILLEGAL', message), ...ids },
    cause: `${problem.path} ${problem.rule}`,
  }
}

function refused(refusal: Refusal, ids: RequestIds): Answer {
  const { code, why } = refusal
  if (typeof why === 'object') return illegal(why, ids)
  return { body: { result: resultOf(code as ResultCode, why), ...ids } }
}

/** The merchant's own names of what a call is about. */
function idsOf(request: object): RequestIds {
  const given = request as Record<string, unknown>
  return Object.fromEntries(
    requestIdNames.flatMap(name => (typeof given[name] === 'string' ? [[name, given[name]]] : [])),
  )
}

function timeProblem(system: System, text: string): FieldProblem | undefined {
  const time = readWireTime(text)
  const path = 'request-time'
  if (time === undefined) {
    return { path, rule: 'must be epoch milliseconds or an ISO 8601 time with an offset' }
  }
  const skewMs = system.config.requestTimeWindowMs
  if (skewMs === undefined || Math.abs(system.clock.now() - time) <= skewMs) return undefined
  return { path, rule: `must be within ${Math.round(skewMs / 60_000)} minutes of the time here` }
}

/**
 * Path and query as they were signed, undecoded. The Python SDK sends the whole URL as target and signs the path alone;
 * its scheme and host are not compared with ours.
 */
export function reduceTarget(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*(.*)$/is.exec(target)
  const reduced = absolute ? absolute[1]! : target
  return reduced.startsWith('/') ? reduced : `/${reduced}`
}

const pathOf = (uri: string) => uri.split('?', 1)[0]!

type HeaderReading = { ok: true; value: string } | { ok: false; problem: FieldProblem }

/** A header that decides who and what is signed: exactly once, since two readers would pick different ones. */
function headerOnce(rawHeaders: readonly string[], name: string): HeaderReading {
  const values = headerValues(rawHeaders, name)
  if (values.length > 1) return { ok: false, problem: { path: name, rule: 'must be given once' } }
  if (!values[0]) return { ok: false, problem: { path: name, rule: 'is required' } }
  return { ok: true, value: values[0] }
}

const singleHeader = (rawHeaders: readonly string[], name: string) => headerValues(rawHeaders, name)[0]

function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '')
  }
  return values
}

/**
 * The client id that goes back and under our signature. Anything else than an id could hold a dot, a time and a body of
 * somebody's choice, and our signature would be good for those as well.
 */
function signableClientId(given: string | undefined): string {
  return given !== undefined && clientIdPattern.test(given) ? given : ''
}

async function signed(
  system: System,
  method: string,
  uri: string,
  clientId: string,
  answer: object,
): Promise<Departure> {
  const body = Buffer.from(JSON.stringify(answer))
  const time = printWireTime(system.clock.now())
  const signature = await signatureHeader(system.gatewayKey, { method, uri, clientId, time, body })
  return {
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'response-time': time,
      // Go verifies with the client id of this header, so an unknown one goes back as well.
      ...(clientId && { 'client-id': clientId }),
      signature,
    },
    body,
  }
}
