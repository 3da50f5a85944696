/**
 * forward: sends a request template with a stored card filled in to a destination that the operator listed, and gives its
 * answer back without the card. Merchants use their own cards with any processor that way. docs/vault-and-forward.md says
 * what is promised.
 */
import { type ForwardedAnswer, type ForwardResponse, forwardRequest, forwardTimeout, resultOf } from '@coffer/antom'
import type { Static } from 'typebox'
import { type Cvv, type Expiry, OutgoingBody, type Pan } from '../card-data/index.js'
import { handle } from '../handle.js'
import { newId } from '../platform/ids.js'
import type { OutboundAnswer } from '../platform/outbound.js'
import type { System } from '../system.js'
import { isOfAnotherAccount, openHolder } from '../tokens/holder.js'
import { findStoredCard, type KeptCard } from '../tokens/token-store.js'
import { answerShown } from './answer-shown.js'
import { type Destination, destinationFor } from './destinations.js'
import { claim, findForwarded, noteEnd } from './forwarding-store.js'
import { readHeaders } from './headers.js'
import { type PlainUrl, readPlainUrl } from './plain-url.js'
import { composeBody, readTemplate, type Template, usesOf } from './template.js'

const schema = forwardRequest<Cvv>()
type Request = Static<typeof schema>

/** One call, judged. */
interface Forwarding {
  readonly id: string
  readonly merchantId: string
  readonly request: Request
  readonly destination: Destination
  readonly target: PlainUrl
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly headers: Readonly<Record<string, string>>
  readonly template: Template
  readonly holderName: string | undefined
  /** By the stopwatch: the door's patience began a little earlier. */
  readonly beganAt: number
}

export const forward = handle('forward', schema, async ({ request, merchant, refuse, system }) => {
  const { cards, clock, db, forwardTo, random } = system
  const beganAt = clock.stopwatch()
  const { url, method = 'POST', headers } = request.destination

  // 1. Was it sent before? What file, token and template are now does not count then.
  const before = await repeated(system, merchant.id, request.forwardRequestId)
  if (before) return before

  // 2. May this merchant send this there?
  const target = readPlainUrl(url)
  if (typeof target === 'string') return refuse('PARAM_ILLEGAL', { path: 'destination.url', rule: target })
  const destination = destinationFor(forwardTo, merchant.id, method, target)
  if (!destination) return refuse('DESTINATION_NOT_ALLOWED')
  const { config } = destination
  const given = readHeaders(headers, config.headers)
  if (!given.ok) return refuse('PARAM_ILLEGAL', given.problem)

  // 3. Is the body one in which nothing can end up where it does not belong?
  const reading = readTemplate(request.body, given.contentType, config.numberAt)
  if (!reading.ok) return refuse('PARAM_ILLEGAL', reading.problem)
  const { template } = reading
  const uses = usesOf(template)
  if (uses.has('card.cvv') && !request.cvv) {
    return refuse('PARAM_ILLEGAL', {
      path: 'cvv',
      rule: 'is required: the body has {{card.cvv}}, and none is ever stored',
    })
  }

  // 4. Is there such a token? The same call may have been sent meanwhile, and the token deleted after it.
  const card = await findStoredCard(db, merchant.id, cards.tokenLookup(merchant.id, request.token), clock.now())
  if (card?.use !== 'TOKEN') {
    return (await repeated(system, merchant.id, request.forwardRequestId)) ?? refuse('TOKEN_NOT_EXIST')
  }
  const holder = await openHolder(cards, card)
  if (isOfAnotherAccount(holder, request.merchantAccountId)) return refuse('TOKEN_NOT_EXIST')
  const holderName = nameOf(holder.cardholderName)
  if (uses.has('card.holderName') && holderName === undefined) {
    return refuse('PARAM_ILLEGAL', {
      path: 'body',
      rule: 'has {{card.holderName}}, and the card was stored without a name',
    })
  }

  // 5. Only the first call with its id is sent; and that the card was opened, and why, is on record before it is.
  const forwarding: Forwarding = {
    id: newId(clock.real(), random.bytes(16)),
    merchantId: merchant.id,
    request,
    destination,
    target,
    method,
    headers: {
      'user-agent': 'coffer',
      ...given.headers,
      'content-type': given.contentType,
      ...config.fixedHeaders,
    },
    template,
    holderName,
    beganAt,
  }
  const opened = await begin(system, forwarding, card)
  if (!opened) {
    const first = await repeated(system, merchant.id, request.forwardRequestId)
    // The first call may have ended just now, with nothing sent: neither has this one.
    return first ?? { result: resultOf('FORWARD_FAILED'), forwardRequestId: request.forwardRequestId }
  }
  try {
    return await sent(system, { ...forwarding, id: opened.id }, opened)
  } finally {
    opened.pan.erase()
  }
})

interface Opened {
  id: string
  pan: Pan
  expiry: Expiry
}

/** @returns nothing when a call with this id may have been sent already */
async function begin(system: System, forwarding: Forwarding, card: KeptCard): Promise<Opened | undefined> {
  const { cards, clock, db } = system
  const { id, merchantId, request, destination, target } = forwarding
  const { name } = destination.config
  const { forwardRequestId } = request
  const call = { id, merchantId, forwardRequestId, cardId: card.id, destination: name, host: target.url.host }
  return db.transaction(async tx => {
    const claimed = await claim(tx, call, clock.now())
    if (claimed === undefined) return undefined
    const opened = await cards.openCard(tx, card, { actor: merchantId, reason: `forwarded to ${name}` })
    return { id: claimed, ...opened }
  })
}

/** @returns nothing when no call with this id was sent */
async function repeated(
  system: System,
  merchantId: string,
  forwardRequestId: string,
): Promise<ForwardResponse | undefined> {
  const first = await findForwarded(system.db, merchantId, forwardRequestId)
  if (!first || first.state === 'FAILED') return undefined
  const { state, httpStatus } = first
  system.metrics.forwards.inc({ outcome: 'repeated' })
  const forwarded = { state, ...(httpStatus !== undefined && { status: httpStatus }) }
  return { result: resultOf('ALREADY_FORWARDED'), forwardRequestId, forwarded }
}

async function sent(system: System, forwarding: Forwarding, { pan, expiry }: Opened): Promise<ForwardResponse> {
  const { clock, db, log, metrics } = system
  const { request, template, holderName, destination, merchantId } = forwarding
  const { forwardRequestId } = request
  const body = OutgoingBody.of(composeBody(template, { pan, expiry, cvv: request.cvv, holderName }))
  let left = false
  const answer = await exchange(system, forwarding, body, () => {
    left = true
  }).finally(() => body.erase())
  const told = {
    route: destination.config.name,
    merchantId,
    ms: Math.round(clock.stopwatch() - forwarding.beganAt),
  }

  if (answer.kind === 'failed' && !left) {
    // Nothing was sent, so that the id may be used again.
    await noteEnd(db, forwarding, 'nothing was sent', clock.now())
    metrics.forwards.inc({ outcome: 'nothing sent' })
    log.warn('forward.failed', { ...told, cause: answer.reason, errorCode: answer.detail })
    const why = `${answer.reason}${answer.detail ? ` (${answer.detail})` : ''}`
    return { result: resultOf('FORWARD_FAILED', `Nothing was sent: ${why}.`), forwardRequestId }
  }

  const shown = answerShown(answer, pan, usesOf(template).has('card.cvv'))
  if (!shown) {
    metrics.forwards.inc({ outcome: 'no answer' })
    log.warn('forward.unanswered', { ...told, cause: answer.kind === 'failed' ? answer.reason : 'no answer' })
    return { result: resultOf('UNKNOWN_EXCEPTION', NOT_KNOWN), forwardRequestId }
  }
  const withheld = shown.withheld !== undefined
  await noteEnd(db, forwarding, { answered: shown.status, withheld }, clock.now())
  metrics.forwards.inc({ outcome: withheld ? 'withheld' : 'answered' })
  log.info('forward.answered', { ...told, httpStatus: shown.status, cause: shown.withheld })
  return { result: resultOf('SUCCESS'), forwardRequestId, response: shown satisfies ForwardedAnswer }
}

const NOT_KNOWN =
  'The request left, and no answer came in time: the destination may have acted. Ask it before you send anything again under a new forwardRequestId.'

function exchange(
  { clock }: System,
  { destination, target, method, headers, request, beganAt }: Forwarding,
  body: OutgoingBody,
  onSend: () => void,
): Promise<OutboundAnswer> {
  const { config, outbound } = destination
  const patience = Math.min(request.timeoutMs ?? forwardTimeout.max, config.timeoutMs)
  // What was done before is part of what the door waits for.
  const totalTimeoutMs = Math.max(1, Math.min(patience, forwardTimeout.max - (clock.stopwatch() - beganAt)))
  const beforeSend = () => {
    onSend()
    return true
  }
  const answerHeaders = ['content-type', ...config.responseHeaders]
  return outbound.send({ method, url: target.url, headers, body, answerHeaders }, { totalTimeoutMs, beforeSend })
}

/** As it stands on the card, as far as that is known. */
function nameOf(name: { firstName: string; middleName?: string; lastName: string; fullName?: string } | undefined) {
  if (!name) return undefined
  const { firstName, middleName, lastName, fullName } = name
  return fullName || [firstName, middleName, lastName].filter(Boolean).join(' ')
}
