/**
 * What a listener tells the worker when the developer's server gave no answer: a 502 whose body names the cause. What is
 * written down as the result of the delivery is then what happened at the server, in words that name no address.
 */
import type { OutboundAnswer } from '../platform/outbound.js'
import type { OutboundFailure } from '../platform/outbound-problem.js'

/** Why there was no answer. A fixed list: nothing that a stranger wrote gets into a log or a timeline. */
export const noAnswers = {
  dropped: { reason: 'connection failed', detail: '"coffer listen" dropped it, as it was told to' },
  refused: { reason: 'connection failed', detail: 'nobody listens where "coffer listen" forwards to' },
  unreachable: { reason: 'connection failed', detail: 'where "coffer listen" forwards to cannot be reached' },
  broken: {
    reason: 'connection failed',
    detail: 'the server that "coffer listen" forwards to closed the connection before it had answered',
  },
  nameless: { reason: 'name not found', detail: 'of the host that "coffer listen" forwards to' },
  untrusted: {
    reason: 'tls failed',
    detail: 'the certificate of the server that "coffer listen" forwards to is not trusted',
  },
  'no tls': { reason: 'tls failed', detail: 'the server that "coffer listen" forwards to does not speak TLS' },
  'not http': { reason: 'not an HTTP answer', detail: 'of the server that "coffer listen" forwards to' },
} as const satisfies Record<string, { reason: OutboundFailure; detail: string }>

export type NoAnswer = keyof typeof noAnswers

/** The answer that tells the worker of it. */
export function printNoAnswer(cause: NoAnswer): { status: number; contentType: string; body: Buffer } {
  return { status: 502, contentType: 'application/json', body: Buffer.from(JSON.stringify({ cofferListen: cause })) }
}

/** What became of a delivery to a listener, with the developer's server in place of the listener's own connection. */
export function readListenersAnswer(answer: OutboundAnswer): OutboundAnswer {
  if (answer.kind === 'answered') {
    const cause = answer.status === 502 ? causeIn(answer.body) : undefined
    return cause ? { kind: 'failed', ...noAnswers[cause] } : answer
  }
  if (answer.reason !== 'connection failed') return answer
  const detail =
    answer.detail === 'ECONNREFUSED'
      ? 'nobody answers on the port of "coffer listen": it ended without detaching'
      : '"coffer listen" ended before there was an answer'
  return { ...answer, detail }
}

function causeIn(body: Buffer): NoAnswer | undefined {
  const text = body.toString('utf8')
  return (Object.keys(noAnswers) as NoAnswer[]).find(cause => text === JSON.stringify({ cofferListen: cause }))
}
