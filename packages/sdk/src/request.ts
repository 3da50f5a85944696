/** What is checked of a request before it is sent; everything else the gateway judges. */
import { InvalidRequest } from './errors.js'

/**
 * The id that makes repeats safe. It is in logs and errors, so it may not hold the card number.
 * @param field  that holds the id
 * @throws InvalidRequest
 */
export function requestIdOf<Field extends string>(
  request: { [field in Field]: string },
  field: Field,
  cardNo?: unknown,
): string {
  return checkedId(request?.[field], field, cardNo)
}

/**
 * The id by which something is asked for. Where both are given, the gateway goes by the first.
 * @throws InvalidRequest
 */
export function eitherOf<Field extends string>(
  request: { [field in Field]?: string | undefined },
  fields: readonly [Field, Field],
): { field: Field; id: string } {
  const field = fields.find(name => request?.[name] !== undefined && request[name] !== null)
  if (field === undefined) throw new InvalidRequest(`${fields[0]} or ${fields[1]}`, 'is required')
  return { field, id: checkedId(request[field], field) }
}

function checkedId(id: unknown, field: string, cardNo?: unknown): string {
  if (typeof id !== 'string' || id === '') throw new InvalidRequest(field, 'is required')
  if ([...id].length > 64) throw new InvalidRequest(field, 'must be at most 64 characters')
  if (/\p{Cc}/u.test(id)) throw new InvalidRequest(field, 'must not hold control characters')
  if (typeof cardNo === 'string' && cardNo.length >= 8 && id.includes(cardNo)) {
    throw new InvalidRequest(field, 'must not hold the card number')
  }
  return id
}

/** The request as the bytes that are signed and sent. */
export function printed(request: object): Uint8Array<ArrayBuffer> {
  let text: string | undefined
  try {
    text = JSON.stringify(request)
  } catch {
    // The error of JSON.stringify names fields and could name values of a toJSON; ours names neither.
  }
  if (!text?.startsWith('{')) throw new InvalidRequest('the request', 'must be an object that JSON can print')
  return Buffer.from(text)
}
