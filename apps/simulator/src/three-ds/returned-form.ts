import { readJson } from './json.js'
import { ProtocolError } from './protocol-error.js'
import type { Unchecked } from './unchecked.js'

/** What a browser posts to the challenge URL. */
export interface ReturnedForm {
  readonly creq?: string
  readonly threeDSSessionData?: string
}

/** What it brings. What could not be read is in `problem`, and the message is what could be. */
export interface Returned {
  readonly message: Unchecked
  readonly sessionData?: string
  readonly problem?: ProtocolError
}

/** Takes the form of a CReq apart. Source: EMV 3-D Secure › challenge flow, browser channel */
export function readReturned({ creq, threeDSSessionData }: ReturnedForm): Returned {
  try {
    if (creq === undefined || creq === '') throw new ProtocolError('201', 'creq')
    const message = readJson(fromBase64url(creq, 'creq'))
    if (threeDSSessionData === undefined) return { message }
    if (threeDSSessionData.length > 1024 || !isBase64url(threeDSSessionData)) {
      return { message, problem: new ProtocolError('203', 'threeDSSessionData', message) }
    }
    return { message, sessionData: threeDSSessionData }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { message: error.about ?? {}, problem: error }
  }
}

/** @throws ProtocolError 101 when it is not base64url, or has padding */
export function fromBase64url(text: string, name: string): Buffer {
  if (!isBase64url(text)) throw new ProtocolError('101', `${name} is not base64url without padding`)
  return Buffer.from(text, 'base64url')
}

function isBase64url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text)
}
