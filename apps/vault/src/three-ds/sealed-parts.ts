/**
 * What messages said, sealed under the row that it belongs to: an authentication value is a proof, an address is where a
 * buyer is led to, and neither may be changed, or moved to another row or vaulting, by whoever can write to the
 * database.
 */
import type { CardData } from '../card-data/index.js'
import type { Challenge } from './authentication.js'
import type { AuthenticationOutcome } from './judge-authentication.js'

type Row = { id: string; vaultingId: string; merchantId: string }

const placeOf = (what: string, { id, vaultingId }: Row) => `${what}:${vaultingId}:${id}`

export const sealOutcome = (cards: CardData, row: Row, outcome: AuthenticationOutcome): Promise<Buffer> =>
  cards.sealJson(row.merchantId, 'misc', placeOf('outcome', row), outcome)

export const openOutcome = (cards: CardData, row: Row, sealed: Buffer): Promise<AuthenticationOutcome> =>
  cards.openJson(row.merchantId, 'misc', placeOf('outcome', row), sealed) as Promise<AuthenticationOutcome>

export const sealChallenge = (cards: CardData, row: Row, challenge: Challenge): Promise<Buffer> =>
  cards.sealJson(row.merchantId, 'misc', placeOf('challenge', row), challenge)

export const openChallenge = (cards: CardData, row: Row, sealed: Buffer): Promise<Challenge> =>
  cards.openJson(row.merchantId, 'misc', placeOf('challenge', row), sealed) as Promise<Challenge>
