/** Whether a notification address may be kept: one of a request, or the fixed one of a merchant. */
import { judgeUrl, type OutboundPolicy, type UrlVerdict } from '../platform/url-policy.js'
import { type NotificationHost, namesOneOf } from './notification-hosts.js'

/**
 * Judges what the address itself shows, and its host by those that the merchant has registered. What a name points to is
 * judged at each attempt instead.
 * @param hosts  the registered ones; nothing when every host may be named
 */
export function judgeNotificationUrl(
  text: string,
  policy: OutboundPolicy,
  hosts: readonly NotificationHost[] | undefined,
): UrlVerdict {
  const verdict = judgeUrl(text, policy)
  if (!verdict.ok || hosts === undefined || namesOneOf(hosts, verdict.url)) return verdict
  return { ok: false, reason: 'names a host that is not registered for this merchant' }
}
