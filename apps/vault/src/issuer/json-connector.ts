/** A connector that speaks JSON over HTTP, to the simulator's issuer in the sandbox. */
import { type IssuerReply, openIssuerWire } from '../card-data/index.js'
import type { AcquirerConnector, IssuerOutcome, VerifyRequest } from './connector.js'
import { isApproval } from './response-codes.js'

/** How long the issuer may take, so that the merchant has an answer within ten seconds. */
export const ISSUER_TIMEOUT_MS = 8_000

/**
 * @param url  where the issuer listens; its path is put before the paths of the messages
 * @param ca  PEM of the authority that vouches for it, when that is not a public one
 */
export function jsonConnector(url: string, ca?: string): AcquirerConnector {
  const wire = openIssuerWire(url, ISSUER_TIMEOUT_MS, ca)
  return {
    id: 'json',
    verify: async request => readReply(await wire.post('/verify', message(request))),
    isUp: async () => {
      const reply = await wire.get('/livez')
      return reply.kind === 'answered' && reply.status === 200
    },
    stop: () => wire.close(),
  }
}

function message(request: VerifyRequest) {
  const { requestId, network, pan, expiry, cvv2, cardholderName, avs, currency, merchant, storedCredential } = request
  return {
    requestId,
    network,
    pan,
    expiry: expiry.year + expiry.month,
    cvv2,
    cardholderName,
    avs,
    currency,
    merchant,
    storedCredential,
  }
}

function readReply(reply: IssuerReply): IssuerOutcome {
  if (reply.kind === 'no answer') return { kind: 'unknown', cause: reply.cause }
  const fields = reply.status === 200 ? readFields(reply.body) : undefined
  const raw = fields?.['responseCode']
  if (!raw || !/^[0-9A-Z]{2}$/.test(raw)) return { kind: 'unknown', cause: 'garbled' }
  const { networkTransactionId, cvvResult, avsResult } = fields
  return isApproval(raw)
    ? { kind: 'approved', raw, networkTransactionId, cvvResult, avsResult }
    : { kind: 'declined', raw, cvvResult }
}

/** The text fields of a reply; what is not as it should be is left out. */
function readFields(body: Buffer): Partial<Record<string, string>> | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null) return undefined
    const texts = Object.entries(parsed).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= 256,
    )
    return Object.fromEntries(texts)
  } catch {
    return undefined
  }
}
