/** What a merchant is shown of a destination's answer. */
import { isUtf8 } from 'node:buffer'
import type { ForwardedAnswer, Withheld } from '@coffer/antom'
import type { OutboundAnswer } from '../platform/outbound.js'
import { holdsNumber, type KnownDigits, showsSecurityCode } from './echo-filter.js'

/**
 * The answer, or its status alone with the reason why the rest is kept back: the destination has acted, and the merchant
 * has to know that.
 * @param hadSecurityCode  whether one was sent
 * @returns nothing when there is no answer of which the status is known
 */
export function answerShown(
  answer: OutboundAnswer,
  card: KnownDigits,
  hadSecurityCode: boolean,
): ForwardedAnswer | undefined {
  if (answer.kind === 'failed') {
    const status = answer.reason === 'answer too large' ? /^HTTP (\d{3})$/.exec(answer.detail ?? '')?.[1] : undefined
    return status === undefined ? undefined : { status: Number(status), withheld: 'TOO_LARGE' }
  }
  const { status, headers = {}, encoding, body } = answer
  const keptBack = (withheld: Withheld): ForwardedAnswer => ({ status, withheld })
  // What would have to be unpacked first could be gigabytes, or hold anything.
  if (encoding !== undefined) return keptBack('COMPRESSED')
  if (!isUtf8(body)) return keptBack('NOT_UTF8')
  const text = body.toString('utf8')
  const all = [text, ...Object.values(headers)]
  if (all.some(one => holdsNumber(one, card))) return keptBack('CARD_NUMBER')
  if (hadSecurityCode && all.some(showsSecurityCode)) return keptBack('SECURITY_CODE')
  return { status, headers: { ...headers }, body: text }
}
