/** What was changed on its way, or is not for this merchant, and has to be refused. */
import { generateKeyPairSync } from 'node:crypto'

/**
 * `change` gives what differs of one notification, or nothing where it cannot be had; `applies` foretells which.
 * @type {{ what: string, change: (one: object, batch: object, index: number) => object }[]}
 */
export const controls = [
  { what: 'with a flipped bit in the body', change: ({ body }, _, index) => ({ body: flipped(body, index * 97) }) },
  { what: 'at another path', change: ({ uri }) => ({ uri: `/other${uri}` }) },
  {
    what: 'with the query left out',
    applies: ({ sent }) => sent.includes('?'),
    change: ({ uri }) => ({ uri: uri.split('?')[0] }),
  },
  { what: 'with another time', change: ({ requestTime }) => ({ requestTime: aSecondOff(requestTime) }) },
  { what: 'with another client id', change: (_, { other }) => ({ clientId: other.clientId }) },
  {
    what: 'with the signature of another',
    change: (_, { written }, index) => ({ signature: written.at(index - 1).signature }),
  },
  { what: 'with the key of another gateway', change: () => ({ gatewayPublicKey: foreignKey() }) },
]

/** A bit of the body, near a place in it, such that what comes out is text still: the SDKs take text. */
function flipped(body, place) {
  const bytes = Buffer.from(body, 'base64')
  for (let i = place % bytes.length; ; i = (i + 1) % bytes.length) {
    bytes[i] ^= 1
    if (Buffer.from(bytes.toString('utf8')).equals(bytes)) return bytes.toString('base64')
    bytes[i] ^= 1
  }
}

const aSecondOff = time => time.replace(/\d(?=(\.\d+)?(Z|[+-]\d\d:?\d\d)$)/, digit => (digit === '0' ? '1' : '0'))

let made

function foreignKey() {
  made ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
  return made.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
}
