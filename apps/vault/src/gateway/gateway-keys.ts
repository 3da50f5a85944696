/**
 * The keys that answers and notifications are signed with. They do not depend on who calls: a call from an unknown
 * client is answered signed as well, since the official SDKs verify before they look at the code.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { contentToSign, printSignatureHeader, type SignedParts, signContent } from '@coffer/antom'
import type { CardData } from '../card-data/index.js'
import type { Clock } from '../platform/clock.js'
import { type Queryable, sql, timestamp } from '../platform/database.js'

export interface GatewayKey {
  version: number
  /** Base64 DER SubjectPublicKeyInfo, as merchants configure it. */
  publicKey: string
  privateKey: KeyObject
}

const ACTIVE = sql(
  'gateway-key.active',
  `select version, private_key_sealed from gateway_key where status = 'ACTIVE' order by version desc limit 1`,
)
const INSERT = sql(
  'gateway-key.insert',
  `insert into gateway_key (version, public_key, private_key_sealed, status, created_at)
   values (1, $1, $2, 'ACTIVE', $3)
   on conflict do nothing`,
)

/** The key in use; a new database gets its first one here, and of two processes at once one makes it. */
export async function openGatewayKey(db: Queryable, cards: CardData, clock: Clock): Promise<GatewayKey> {
  const [row] = await db.query(ACTIVE)
  if (row) {
    const version = Number(row['version'])
    const der = await cards.openKey(place(version), row['private_key_sealed'] as Buffer)
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    der.fill(0)
    // Not from its column: whoever can write there could make merchants trust a key of his.
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64')
    return { version, publicKey, privateKey }
  }
  // RSA 2048 because the official SDKs and the portals expect it.
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  const sealed = await cards.sealKey(place(1), der)
  await db.query(INSERT, [pair.publicKey.export({ format: 'der', type: 'spki' }), sealed, timestamp(clock.now())])
  return openGatewayKey(db, cards, clock)
}

const place = (version: number) => `gateway-key:${version}`

/** The value of a `signature` header over these parts. */
export async function signatureHeader(key: GatewayKey, parts: SignedParts): Promise<string> {
  const signature = await signContent(key.privateKey, contentToSign(parts))
  return printSignatureHeader({ keyVersion: key.version, signature })
}
