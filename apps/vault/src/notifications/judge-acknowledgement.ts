/** Whether a merchant has acknowledged a notification. Source: Antom › notifyVaulting › acknowledgement. */
import type { OutboundAnswer } from '../platform/outbound.js'
import type { NotSent } from './send-one.js'
import { shownAnswer } from './shown-answer.js'

export type Judgement =
  | { acknowledged: true; httpStatus: number }
  /** `reason` is in our own words: the answer may hold anything. `answer` is its beginning, fit to be shown. */
  | { acknowledged: false; httpStatus: number | undefined; reason: string; answer?: string | undefined }

/** Right is HTTP 200 with `result.resultCode` SUCCESS and `result.resultStatus` S; message and headers do not matter. */
export function judgeAcknowledgement(answer: OutboundAnswer | NotSent): Judgement {
  if (answer.kind === 'failed') {
    const reason = answer.detail ? `${answer.reason} (${answer.detail})` : answer.reason
    return { acknowledged: false, httpStatus: undefined, reason }
  }
  const { status: httpStatus, encoding } = answer
  const shown = encoding === undefined ? shownAnswer(answer.body) : undefined
  const no = (reason: string): Judgement => ({ acknowledged: false, httpStatus, reason, answer: shown })
  if (httpStatus >= 300 && httpStatus < 400) {
    return no(`the answer had HTTP status ${httpStatus}: redirects are not followed`)
  }
  if (httpStatus !== 200) return no(`the answer had HTTP status ${httpStatus} instead of 200`)
  if (encoding !== undefined) {
    return no(`the answer was 200 but its body is compressed (${encoding}), which is not read: answer it plain`)
  }
  if (answer.body.length === 0) return no('the answer was 200 but it has no body')
  const body = parse(answer.body)
  if (body === undefined) return no('the answer was 200 but its body is not JSON')
  const result = member(body, 'result')
  if (result === undefined) return no('the answer was 200 but it has no result')
  for (const [name, wanted] of [
    ['resultCode', 'SUCCESS'],
    ['resultStatus', 'S'],
  ] as const) {
    const given = member(result, name)
    if (given === undefined) return no(`the answer was 200 but its result.${name} was missing`)
    if (given !== wanted) return no(`the answer was 200 but its result.${name} was not ${wanted}`)
  }
  return { acknowledged: true, httpStatus }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
