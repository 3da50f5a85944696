/** The door of card data. Nothing else in this folder may be imported from outside it. */
export { CardData, type Expiry, type Opening, type SealedCard, type StoredPan } from './card-data.js'
export { type IssuerMessage, type IssuerReply, type IssuerWire, openIssuerWire } from './egress.js'
export type { ReadRequest } from './ingress.js'
export { type KekProvider, keyFileProblem, keyFileProvider, makeKeyFile, UnusableKeyFile } from './kek.js'
export { WrongKek } from './keyring.js'
export { type BrandOf, CardPassword, Cvv, Pan } from './pan.js'
export { RawBody } from './raw-body.js'
export { CannotOpen } from './seal.js'
