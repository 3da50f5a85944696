/**
 * What the SDK throws. A failure of the card is no error: it is returned as a result with `status: 'F'`.
 *
 * No error holds card data, a key, or a piece of a body. `code` is for programs, `message` for the person on call.
 */

/** Details that an error may carry. */
export interface ErrorDetails {
  /** The `vaultingRequestId` of the call, where it has one. */
  requestId?: string | undefined
  /** What went wrong below, cut down to names and codes. */
  cause?: unknown
}

/** The root of all errors of this package: `error instanceof VaultError` tells ours from others. */
export abstract class VaultError extends Error {
  /** A stable name for programs. */
  abstract readonly code: string
  /** The `vaultingRequestId` of the call, where it has one. */
  readonly requestId: string | undefined
  /**
   * Whether the gateway may have done the work although you got no answer. When `true`, ask `inquireVaulting` or
   * repeat the call with the *same* id; a new id could vault the card twice.
   */
  readonly outcomeUnknown: boolean = false

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.requestId = details.requestId
  }
}

/** The client cannot be made from these options. `problems` has a line for each mistake. */
export class ConfigurationError extends VaultError {
  readonly code = 'CONFIGURATION'
  constructor(readonly problems: readonly string[]) {
    super(`These options cannot work:\n${problems.map(problem => `- ${problem}`).join('\n')}`)
    this.name = 'ConfigurationError'
  }
}

/** The request was not sent: something that the SDK itself depends on is missing or wrong. */
export class InvalidRequest extends VaultError {
  readonly code = 'INVALID_REQUEST'
  /** @param path  the field, e.g. `vaultingRequestId` */
  constructor(
    readonly path: string,
    rule: string,
  ) {
    super(`${path} ${rule}. Nothing was sent.`)
    this.name = 'InvalidRequest'
  }
}

/** The connection could not be made, or broke before the answer was complete. The outcome is unknown. */
export class ConnectionFailed extends VaultError {
  readonly code = 'CONNECTION_FAILED'
  override readonly outcomeUnknown = true
  constructor(
    message: string,
    /** How many times the call was sent. */
    readonly attempts: number,
    details: ErrorDetails,
  ) {
    super(message, details)
    this.name = 'ConnectionFailed'
  }
}

/** No complete answer within `timeoutMs`. The outcome is unknown. */
export class TimeoutExceeded extends VaultError {
  readonly code = 'TIMEOUT_EXCEEDED'
  override readonly outcomeUnknown = true
  constructor(
    readonly timeoutMs: number,
    /** How many times the call was sent. */
    readonly attempts: number,
    details: ErrorDetails,
  ) {
    super(
      `The gateway gave no complete answer within ${timeoutMs} ms (attempt ${attempts}). ` +
        'Whether it did the work is unknown: inquire, or call again with the same id.',
      details,
    )
    this.name = 'TimeoutExceeded'
  }
}

/** Your own `signal` ended the call. The outcome is unknown, since the request may have left already. */
export class CallAborted extends VaultError {
  readonly code = 'CALL_ABORTED'
  override readonly outcomeUnknown = true
  constructor(details: ErrorDetails) {
    super('The call was aborted by the signal that you passed. Whether the gateway did the work is unknown.', details)
    this.name = 'CallAborted'
  }
}

/** Why an answer was not believed. */
export type AnswerFault =
  | 'unsigned'
  | 'half-signed'
  | 'malformed-signature'
  | 'unreadable-time'
  | 'other-client'
  | 'mismatch'
  | 'other-request'

/** The answer is not proven to come from the gateway, so nothing in it was used. The outcome is unknown. */
export class ResponseNotTrusted extends VaultError {
  readonly code = 'RESPONSE_NOT_TRUSTED'
  override readonly outcomeUnknown = true
  constructor(
    readonly fault: AnswerFault,
    what: string,
    /** What usually is behind it, the likeliest first. */
    readonly likelyCauses: readonly string[],
    details: ErrorDetails & { claimedCode?: string | undefined },
  ) {
    const claim = details.claimedCode
      ? ` The answer claims ${details.claimedCode}, which is not proven but may be where to look first.`
      : ''
    super(`${what}${claim}${listed(likelyCauses)}`, details)
    this.name = 'ResponseNotTrusted'
    this.claimedCode = details.claimedCode
  }
  /** The gateway code that an unsigned answer claims, for diagnosis only. */
  readonly claimedCode: string | undefined
}

/** The peer answered something that this API never answers: a status other than 200, or a body of another shape. */
export class UnexpectedAnswer extends VaultError {
  readonly code = 'UNEXPECTED_ANSWER'
  override readonly outcomeUnknown = true
  constructor(message: string, details: ErrorDetails & { httpStatus?: number | undefined }) {
    super(message, details)
    this.name = 'UnexpectedAnswer'
    this.httpStatus = details.httpStatus
  }
  /** The HTTP status, when that was the surprise. */
  readonly httpStatus: number | undefined
}

/** Why a notification was not believed. */
export type NotificationFault =
  | 'body-parsed'
  | 'unsigned'
  | 'malformed-signature'
  | 'unreadable-time'
  | 'too-old'
  | 'other-client'
  | 'mismatch'

/** The notification is not proven to come from the gateway. Answer 401 and do nothing else. */
export class NotificationNotTrusted extends VaultError {
  readonly code = 'NOTIFICATION_NOT_TRUSTED'
  constructor(
    readonly fault: NotificationFault,
    what: string,
    /** What usually is behind it, the likeliest first. */
    readonly likelyCauses: readonly string[],
  ) {
    super(`${what}${listed(likelyCauses)}`)
    this.name = 'NotificationNotTrusted'
  }
}

/** The notification is genuine, but tells of nothing that this SDK knows, or not how it ended. */
export class UnexpectedNotification extends VaultError {
  readonly code = 'UNEXPECTED_NOTIFICATION'
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details)
    this.name = 'UnexpectedNotification'
  }
}

const listed = (causes: readonly string[]) =>
  causes.length === 0 ? '' : `\nLikely causes:\n${causes.map(cause => `- ${cause}`).join('\n')}`

/**
 * What may be passed on of an error from below: its name, its code, and a message that cannot hold a body.
 * Network errors are kept; an HTTP client that puts request or answer into its errors is not.
 */
export function safeCause(error: unknown, depth = 0): Error | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined
  const { code } = error as { code?: unknown }
  const inner = safeCause(error.cause, depth + 1)
  const safe = new Error(safeText(error.message), inner === undefined ? undefined : { cause: inner })
  safe.name = /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'Error'
  safe.stack = `${safe.name}: ${safe.message}`
  return typeof code === 'string' && /^[A-Z][A-Z_]{2,60}$/.test(code) ? Object.assign(safe, { code }) : safe
}

/** Messages of sockets are short, hold no quotes and no long runs of digits; a body has one or the other. */
function safeText(message: string): string {
  const short = message.length <= 200 && !/["'{}<>]/.test(message)
  return short && !/\d[\d -]{6,}\d/.test(message) ? message : '(message left out: it could hold data of the request)'
}

/** The codes on the way down a chain of causes, e.g. `ECONNREFUSED`. */
export function causeCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && /^[A-Z][A-Z_]{2,60}$/.test(code)) return code
  }
  return undefined
}
