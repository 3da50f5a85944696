/** The rules by which a sandbox tries receivers, on the operations port. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newId } from '../platform/ids.js'
import {
  addRule,
  allRules,
  type NotificationRule,
  type RuleKind,
  removeRules,
  ruleKinds,
} from '../sandbox/rule-store.js'
import type { System } from '../system.js'

const MOST_LATE_MS = 30 * 86_400_000
const MOST_TIMES = 1_000_000
const LONGEST_ID = 64

/**
 * Adds `GET` and `POST /sandbox/notification-rules`, `DELETE` of all of them and of one: what the sandbox does to the
 * next notifications so that a receiver can be tried. A body that is not understood changes nothing.
 */
export function addRuleRoutes(app: FastifyInstance, system: System): void {
  const { clock, db, random } = system
  const path = '/sandbox/notification-rules'
  app.get(path, async () => ({ rules: (await allRules(db)).map(shown) }))
  app.post(path, async (request: FastifyRequest, reply: FastifyReply) => {
    const read = readRule(request.body)
    if ('problem' in read) return reply.code(400).send({ error: read.problem })
    // By the machine's time, which never stands still: the ids sort as the rules were added.
    const rule = { ...read, id: newId(clock.real(), random.bytes(16)), createdAt: clock.now() }
    if (!(await addRule(db, rule))) {
      return reply.code(404).send({ error: `there is no merchant ${rule.merchantId}; see: coffer merchant list` })
    }
    await system.beforeAnswer?.refresh()
    return reply.code(201).send(shown(rule))
  })
  const remove = async (id?: string) => {
    const removed = await removeRules(db, id)
    await system.beforeAnswer?.refresh()
    return removed
  }
  app.delete(path, async () => ({ removed: await remove() }))
  app.delete(`${path}/:id`, async (request: FastifyRequest, reply: FastifyReply) => {
    const { id } = request.params as { id: string }
    const removed = UUID.test(id) ? await remove(id) : 0
    return removed > 0 ? { removed } : reply.code(404).send({ error: 'there is no such rule' })
  })
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** A rule as calls see it. */
function shown(rule: NotificationRule): object {
  const { id, kind, lateMs, merchantId, requestPrefix, timesLeft, createdAt } = rule
  return {
    id,
    do: kind,
    ...(lateMs !== undefined && { lateMs }),
    ...(merchantId !== undefined && { clientId: merchantId }),
    ...(requestPrefix !== undefined && { requestPrefix }),
    timesLeft: Number.isFinite(timesLeft) ? timesLeft : 'always',
    createdAt: new Date(createdAt).toISOString(),
  }
}

type Asked = Omit<NotificationRule, 'id' | 'createdAt'>
type Given = Readonly<Record<string, unknown>>
type Problem = { problem: string }

const FORM = `send {"do": ${ruleKinds.map(kind => `"${kind}"`).join(' | ')}}, and with it "clientId", "requestPrefix", "times", and "lateMs" for "late"`

const KEYS = ['do', 'lateMs', 'clientId', 'requestPrefix', 'times']

const isWhole = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most

const isRuleKind = (value: unknown): value is RuleKind => (ruleKinds as readonly unknown[]).includes(value)

/** Reads the rule that is asked for. @returns what is wrong with it otherwise, for a person */
function readRule(body: unknown): Asked | Problem {
  let given: unknown
  try {
    given = JSON.parse(String(body))
  } catch {
    return { problem: `this is not JSON: ${FORM}` }
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { problem: FORM }
  const unknown = Object.keys(given).find(key => !KEYS.includes(key))
  if (unknown !== undefined) return { problem: `${JSON.stringify(unknown)} says nothing here: ${FORM}` }
  const { do: kind, lateMs, clientId, requestPrefix, times = 1 } = given as Given
  if (!isRuleKind(kind)) return { problem: FORM }
  if (kind === 'late' && !isWhole(lateMs, MOST_LATE_MS)) {
    return { problem: `"late" needs "lateMs", a whole number of milliseconds from 1 to ${MOST_LATE_MS}` }
  }
  if (kind !== 'late' && lateMs !== undefined) return { problem: '"lateMs" belongs to {"do": "late"} alone' }
  if (clientId !== undefined && !isId(clientId)) {
    return { problem: '"clientId" is the client id of a merchant; without it the rule is for all of them' }
  }
  if (requestPrefix !== undefined && !isId(requestPrefix)) {
    return {
      problem: `"requestPrefix" is how a vaultingRequestId begins, 1 to ${LONGEST_ID} characters; without it the rule is for all ids`,
    }
  }
  if (times !== 'always' && !isWhole(times, MOST_TIMES)) {
    return { problem: `"times" is a whole number from 1 to ${MOST_TIMES}, or "always"; 1 without it` }
  }
  return {
    kind,
    lateMs: lateMs as number | undefined,
    merchantId: clientId,
    requestPrefix,
    timesLeft: times === 'always' ? Number.POSITIVE_INFINITY : times,
  }
}

/** Text that an id can be or begin with: without control characters and halves of characters. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID && !/[\p{Cc}\p{Cs}]/u.test(value)
}
