/** `U` answers that ask to be tried again. Source: contract, result codes of the gateway. */
const retryCodes = new Set(['UNKNOWN_EXCEPTION', 'REQUEST_TRAFFIC_EXCEED_LIMIT'])

/**
 * Whether an answer asks for a repeat. `VERIFICATION_IN_PROCESS` is `U` as well, but there a buyer has to act, and
 * asking again would only return the same page.
 */
export const asksToRetry = (result: { resultStatus: string; resultCode: string }) =>
  result.resultStatus === 'U' && retryCodes.has(result.resultCode)

/**
 * How long to wait before the next attempt: half a second, doubled each time, at most eight seconds, of which a random
 * half is left out so that clients that failed together do not return together.
 * @param attempts  made so far, from 1
 * @param random  from 0 up to 1
 */
export function backOffMs(attempts: number, random: number): number {
  const full = Math.min(8_000, 500 * 2 ** (attempts - 1))
  return Math.round(full * (0.5 + random / 2))
}
