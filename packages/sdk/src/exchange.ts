import { contentToSign, printSignatureHeader, signContent } from '@coffer/antom'
import {
  CallAborted,
  ConnectionFailed,
  causeCode,
  safeCause,
  TimeoutExceeded,
  UnexpectedAnswer,
  VaultError,
} from './errors.js'
import { isObject, type Json, parseObject } from './json.js'
import { uriOf } from './operations.js'
import type { FetchedAnswer, Settings } from './options.js'
import { distrust } from './trust-response.js'
import type { Result } from './wire-types.js'

/** One attempt of a call. */
export interface Attempt {
  /** Below the API's root, e.g. `/v1/vaults/vaultPaymentMethod`. */
  path: string
  body: Uint8Array<ArrayBuffer>
  requestId: string | undefined
  timeoutMs: number
  signal: AbortSignal | undefined
  /** From 1. */
  number: number
}

/** An answer that the gateway signed. */
export type TrustedAnswer = Json & { result: Result }

/** The most that an answer may hold. Real ones have a few kilobytes. */
const answerBytesMax = 1024 * 1024

/**
 * Signs, sends, receives and verifies once.
 * @throws ConnectionFailed, TimeoutExceeded, CallAborted, UnexpectedAnswer, ResponseNotTrusted
 */
export async function exchange(settings: Settings, attempt: Attempt): Promise<TrustedAnswer> {
  const { requestId } = attempt
  const uri = uriOf(attempt.path, settings.sandbox)
  const headers = await signedHeaders(settings, uri, attempt.body)
  const { answer, body } = await inTime(settings, attempt, async signal => {
    const { fetch } = settings
    const url = `${settings.origin}${uri}`
    const answer = await fetch(url, { method: 'POST', headers, body: attempt.body, redirect: 'manual', signal })
    if (answer.status !== 200) {
      await answer.body?.cancel()
      throw unexpectedStatus(answer.status, requestId)
    }
    return { answer, body: await readBody(answer, requestId) }
  })
  const distrusted = distrust({ uri, body, header: name => answer.headers.get(name) ?? undefined }, settings, requestId)
  if (distrusted) throw distrusted
  const value = parseObject(body)
  if (!value || !isResult(value['result'])) {
    throw new UnexpectedAnswer('The answer is signed by the gateway, but is no JSON object with a result.', {
      requestId,
    })
  }
  return value as TrustedAnswer
}

async function signedHeaders(settings: Settings, uri: string, body: Uint8Array): Promise<Record<string, string>> {
  const { clientId, keyVersion, merchantKey, world } = settings
  const time = String(world.now())
  const signature = await signContent(merchantKey, contentToSign({ method: 'POST', uri, clientId, time, body }))
  return {
    'client-id': clientId,
    'request-time': time,
    signature: printSignatureHeader({ keyVersion, signature }),
    'content-type': 'application/json; charset=UTF-8',
    accept: 'application/json',
    // The signature is over the plain bytes; an answer that arrives compressed has been touched on the way.
    'accept-encoding': 'identity',
    'user-agent': 'coffer-sdk-node',
  }
}

/** Runs `work` until it ends, the time is up, or the caller gives up; also when `fetch` ignores its signal. */
async function inTime<T>(settings: Settings, attempt: Attempt, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { requestId, timeoutMs, signal, number } = attempt
  const controller = new AbortController()
  let ended: VaultError | undefined
  const gaveUp = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(ended), { once: true })
  })
  const end = (error: VaultError) => {
    ended ??= error
    controller.abort(ended)
  }
  const onAbort = () => end(new CallAborted({ requestId, cause: safeCause(signal?.reason) }))
  const cancelTimer = settings.world.timer(timeoutMs, () => end(new TimeoutExceeded(timeoutMs, number, { requestId })))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(controller.signal), gaveUp])
  } catch (error) {
    throw error instanceof VaultError ? error : connectionFailed(error, number, requestId)
  } finally {
    cancelTimer()
    signal?.removeEventListener('abort', onAbort)
  }
}

async function readBody(answer: FetchedAnswer, requestId: string | undefined): Promise<Uint8Array> {
  const reader = answer.body?.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    size += value?.length ?? 0
    if (size > answerBytesMax) {
      await reader.cancel()
      throw new UnexpectedAnswer(`The answer is larger than ${answerBytesMax} bytes; reading stopped.`, { requestId })
    }
    if (value) chunks.push(value)
  }
  return Buffer.concat(chunks)
}

function unexpectedStatus(status: number, requestId: string | undefined): UnexpectedAnswer {
  const explanation =
    status >= 300 && status < 400
      ? 'Redirects are not followed, since they would carry card data to an address that nobody checked: ' +
        'set gatewayUrl to the final address.'
      : status === 404
        ? 'Is gatewayUrl the gateway itself? The API is at /ams/api, right behind scheme, host and port.'
        : status === 407 || status === 403 || status === 401
          ? 'The gateway never asks for a login: something in between does, a proxy or a firewall.'
          : 'The gateway answers 200 to everything, also to refusals: something in between, or a crash, gave this status.'
  return new UnexpectedAnswer(`HTTP status ${status}. ${explanation}`, { requestId, httpStatus: status })
}

const certificateCodes = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|ERR_SSL|ERR_TLS/

function connectionFailed(error: unknown, attempts: number, requestId: string | undefined): ConnectionFailed {
  const code = causeCode(error)
  const remedy =
    code === undefined
      ? ''
      : certificateCodes.test(code)
        ? ' The certificate of the gateway is not trusted: for one of your own authority, set NODE_EXTRA_CA_CERTS.'
        : code === 'ECONNREFUSED'
          ? ' Nothing listens at the host and port of gatewayUrl.'
          : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
            ? ' The host of gatewayUrl has no address: a typing mistake, or no DNS.'
            : ''
  return new ConnectionFailed(
    `The connection to the gateway failed${code ? ` (${code})` : ''} at attempt ${attempts}.${remedy} ` +
      'Whether it did the work is unknown: inquire, or call again with the same id.',
    attempts,
    { requestId, cause: safeCause(error) },
  )
}

function isResult(value: unknown): value is Result {
  if (!isObject(value)) return false
  const { resultCode, resultStatus, resultMessage } = value
  return (
    typeof resultCode === 'string' &&
    typeof resultMessage === 'string' &&
    (resultStatus === 'S' || resultStatus === 'F' || resultStatus === 'U')
  )
}
