import {
  apiRoot,
  contentToSign,
  gatewayCodes,
  parseSignatureHeader,
  readWireTime,
  type SignedParts,
  verifyContent,
} from '@coffer/antom'
import { type AnswerFault, ResponseNotTrusted } from './errors.js'
import { hintFor } from './hints.js'
import { parseObject } from './json.js'
import { fingerprint, type Settings } from './options.js'
import { recognise, reprinted } from './recognise.js'

/** An answer as it arrived, with the path that was asked. */
export interface ReceivedAnswer {
  uri: string
  header(name: string): string | undefined
  body: Uint8Array
}

/**
 * Checks that the gateway signed exactly this answer, for this client and this path.
 * An unsigned answer is as bad as a wrongly signed one: whoever sits in between could have taken the signature off.
 * @returns the reason not to believe the answer, or `undefined` when it is genuine
 */
export function distrust(
  answer: ReceivedAnswer,
  settings: Settings,
  requestId: string | undefined,
): ResponseNotTrusted | undefined {
  const not = (fault: AnswerFault, what: string, causes: readonly string[] = []) => {
    const claimedCode = claimed(answer.body)
    const hint = claimedCode === undefined ? undefined : hintFor(claimedCode, settings)
    const likelyCauses = hint === undefined ? causes : [...causes, `if ${claimedCode} is true: ${hint}`]
    return new ResponseNotTrusted(fault, what, likelyCauses, { requestId, claimedCode })
  }
  const signature = answer.header('signature')
  const time = answer.header('response-time')
  if (!signature && !time) return not('unsigned', 'The answer is not signed.', unsignedCauses)
  if (!signature)
    return not('half-signed', 'The answer has a response-time, but no signature header.', halfSignedCauses)
  if (!time) return not('half-signed', 'The answer has a signature, but no response-time header.', halfSignedCauses)
  const parsed = parseSignatureHeader(signature)
  if (!parsed.ok) return not('malformed-signature', `The answer cannot be verified: ${parsed.problem}.`)
  if (readWireTime(time) === undefined) return not('unreadable-time', 'The response-time of the answer is not a time.')
  const clientId = answer.header('client-id')
  if (clientId !== undefined && clientId !== settings.clientId) {
    return not('other-client', 'The answer is for another client id.', mixedUpCauses)
  }
  const parts = { method: 'POST', uri: answer.uri, clientId: settings.clientId, time, body: answer.body }
  if (verifyContent(settings.gatewayKey, contentToSign(parts), parsed.header.signature)) return undefined
  const causes = mismatchCauses(parts, settings, parsed.header.signature)
  return not('mismatch', 'The signature of the answer does not match it.', causes)
}

const mixedUpCauses = ['a proxy or cache between you and the gateway mixes up answers']
const unsignedCauses = [
  'gatewayUrl leads to something that is not the gateway: a proxy, a login page, a mock that does not sign',
  'the gateway could not verify your call, and did not sign its refusal: check merchantPrivateKey, keyVersion, clientId',
]
const halfSignedCauses = ['a proxy removes response headers: let signature, response-time and client-id pass']

function mismatchCauses(parts: SignedParts, settings: Settings, signature: Buffer): string[] {
  const otherRoot = settings.sandbox
    ? parts.uri.replace(apiRoot.sandbox, apiRoot.live)
    : parts.uri.replace(apiRoot.live, apiRoot.sandbox)
  const found = recognise(signature, settings.gatewayKey, [
    {
      cause: 'the answer was signed for the other environment: a proxy rewrites the path',
      parts: { ...parts, uri: otherRoot },
    },
    {
      cause: 'it was signed with your own private key: the gateway uses it as its own',
      parts,
      key: settings.merchantPublicKey,
    },
    ...reprinted(parts, 'something between you and the gateway printed the JSON body anew'),
  ])
  if (found) return [`${found} (tried out: the signature matches then)`]
  return [
    `gatewayPublicKey (${fingerprint(settings.gatewayKey)}) is of another environment, or the gateway changed its key`,
    'a proxy between you and the gateway changed the body, for example its encoding or line ends',
    'a proxy changed the path: the gateway signs the path that it saw',
  ]
}

/** A code that an unproven answer claims; only one of the gateway's own words is repeated, never text of the answer. */
function claimed(body: Uint8Array): string | undefined {
  const result = parseObject(body)?.['result'] as { resultCode?: unknown } | undefined
  const code = result?.resultCode
  return typeof code === 'string' && Object.hasOwn(gatewayCodes, code) ? code : undefined
}
