/** The exact text that was signed for one delivery, made anew: what a merchant holds its own text against. */
import { createHash } from 'node:crypto'
import { contentToSign, printWireTime } from '@coffer/antom'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { judgeUrl } from '../platform/url-policy.js'
import type { System } from '../system.js'
import { noteEvent } from '../timeline/timeline-store.js'
import { isNotificationKind, loadBodies } from './kinds.js'
import { attemptNamed, type NamedAttempt, type NotificationDetail } from './look-up-notifications.js'
import { addressFor, uriOf } from './send-one.js'

/** Before the address of a listener, in what is kept of a delivery. */
const FOR_A_LISTENER = 'coffer listen, for '

/** What was signed, and how. */
export interface SignedString {
  /** Holds the body, and with it the token of a card. */
  content: Buffer
  /** What somebody who compares has to know, when the sandbox did not sign rightly on purpose. */
  warning: string | undefined
}

/**
 * Makes the signed text of a delivery anew. That somebody has seen it is noted, since it holds a token.
 * @param name  of the delivery: `3`, or `r1` for the first resend
 * @throws OperatorMistake when there is no such delivery, or what was signed cannot be told any more
 */
export async function signedString(system: System, detail: NotificationDetail, name: string): Promise<SignedString> {
  const { clock, config, db, log } = system
  const attempt = attemptNamed(detail, name)
  const uri = uriOfAttempt(detail, attempt, config.outboundPolicy)
  const body = await bodyOf(system, detail, attempt)
  const { merchantId, kind, subjectId } = detail
  const at = clock.now()
  if (kind === 'notifyVaulting') {
    await noteEvent(db, merchantId, subjectId, { at, kind: 'notification.string-shown', detail: { attempt: name } })
  }
  log.info('notification.string-shown', { merchantId, subjectId, attempt: attempt.attempt })
  const time = printWireTime(attempt.beganAt)
  return { content: contentToSign({ method: 'POST', uri, clientId: merchantId, time, body }), warning: warn(attempt) }
}

function uriOfAttempt(
  detail: NotificationDetail,
  { name, target, failure, resend }: NamedAttempt,
  policy: Parameters<typeof judgeUrl>[1],
): string {
  const unsigned = new OperatorMistake(
    `attempt ${name} was not signed, since nothing was sent: ${failure ?? 'refused'}`,
  )
  if (failure?.startsWith('refused URL') || failure?.startsWith('not sent')) throw unsigned
  const url = resend ? resend.url : detail.url
  if (target?.startsWith(FOR_A_LISTENER)) {
    return uriOf(new URL(addressFor({ port: 0, forwardTo: target.slice(FOR_A_LISTENER.length) }, url)))
  }
  const verdict = url === undefined ? undefined : judgeUrl(url, policy)
  if (!verdict?.ok) throw unsigned
  return uriOf(verdict.url)
}

async function bodyOf({ db, cards }: System, detail: NotificationDetail, attempt: NamedAttempt): Promise<Buffer> {
  const { merchantId, subjectId, kind } = detail
  if (!isNotificationKind(kind)) throw new OperatorMistake('this version of Coffer does not know this kind')
  const [body] = await loadBodies(db, cards, [{ merchantId, subjectId, kind }])
  const isSame = Buffer.isBuffer(body) && attempt.bodyHash?.equals(createHash('sha256').update(body).digest())
  if (isSame) return body
  throw new OperatorMistake(
    attempt.bodyHash === undefined
      ? `of what attempt ${attempt.name} sent nothing was kept that this could be checked against`
      : `the body that attempt ${attempt.name} sent cannot be made again: an update of Coffer makes another one, or what it tells of was deleted`,
  )
}

function warn({ name, signed }: NamedAttempt): string | undefined {
  const how = {
    rightly: undefined,
    wrongly: 'was signed wrongly on purpose, over another body than was sent',
    'with another key': "was signed on purpose with a key that is not the gateway's",
    'not at all': 'was sent without a signature on purpose',
  }[signed]
  return how && `attempt ${name} ${how}: its signature must not verify. This is the text of a right one.`
}
