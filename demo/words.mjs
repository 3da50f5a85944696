/** How the walk spells what it shows. */

export const masked = number => '*'.repeat(Math.max(0, number.length - 4)) + number.slice(-4)

/** Enough of a token to compare, too little to use. */
export const shortened = token => `${token.slice(0, 10)}…${token.slice(-4)}`

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The ids of 3-D Secure, by their beginning; anything else as it is. */
export const shortId = value => (typeof value === 'string' && UUID.test(value) ? `${value.slice(0, 8)}…` : value)

/** `algorithm=RSA256,keyVersion=1,signature=…`, with the middle of the long part left out. */
export function signatureShown(header = '') {
  return header.replace(/signature=(.{12}).*(.{8})$/, (_all, start, end) => `signature=${start}…${end}`)
}

/** A status and a code, in the colour of how good they are. */
export function shown(screen, status, code, message) {
  const paint = { S: screen.green, SUCCESS: screen.green }[status] ?? screen.yellow
  const codeShown = code === status ? '' : ` ${code}`
  return `${paint(`${status}${codeShown}`)}${message ? screen.dim(`  ${message}`) : ''}`
}

/** What the vault knows about cards with such numbers. */
export function factsOf({ funding, issuingCountry, issuerName, supportedBrands = [] }) {
  const issuer = [issuerName, issuingCountry && `issued in ${issuingCountry}`].filter(Boolean).join(', ')
  const brands = supportedBrands.length > 1 ? `carries ${supportedBrands.join(' and ')}` : ''
  return [funding, issuer, brands]
    .filter(Boolean)
    .map(fact => `, ${fact}`)
    .join('')
}

/** What is kept of an answer. */
export const statement = ({ status, code, message, card }) => ({ status, code, message, ...(card ? { card } : {}) })
