/**
 * Takes card data out of a text that a person wants to look at. The text need not be whole or valid JSON.
 * It errs towards masking: an order number that looks like a card is masked as well.
 */

const secretFields = new Set(['cardno', 'cvv', 'cvc', 'cardpassworddigest', 'pan', 'cardnumber', 'securitycode'])

/**
 * A JSON string, whole or cut off at the end of the text, and what follows it when it is a key.
 * A string can always go on to the end of the text, so that a match never fails late and the search stays linear.
 */
const stringAndValue = /"((?:[^"\\]|\\(?:.|$))*)("|$)(?:(\s*:\s*)("(?:[^"\\]|\\(?:.|$))*(?:"|$)|-?\d[\d.eE+-]*))?/gs

/** 12 to 19 digits, perhaps grouped by blanks or dashes. */
const cardLike = /\d(?:[ -]?\d){11,18}/g

/** @returns the text with secrets replaced by asterisks */
export function maskCardData(text: string): string {
  return text
    .replace(stringAndValue, (whole, key: string, _end: string, colon?: string, value?: string) => {
      if (colon === undefined || value === undefined) return escapesMasked(whole, key)
      if (!secretFields.has(unescaped(key).toLowerCase())) return `"${key}"${colon}${valueMasked(value)}`
      return `"${key}"${colon}${value.startsWith('"') ? '"***"' : '***'}`
    })
    .replace(cardLike, '***')
}

const valueMasked = (value: string) => (value.startsWith('"') ? escapesMasked(value, value.slice(1, -1)) : value)

/** A string that spells digits by escapes (`\u0034`) would pass the search for digits. */
function escapesMasked(whole: string, inner: string): string {
  const plain = unescaped(inner)
  return plain !== inner && plain.replace(cardLike, '') !== plain ? '"***"' : whole
}

const unescaped = (text: string) =>
  text.replace(/\\u([0-9a-fA-F]{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
