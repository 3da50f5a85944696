/** What must not compile. Each line below is an error on purpose; the compiler fails when one of them is not. */
import type { VaultPaymentMethodResponse } from '@coffer/antom'
import type { Log } from '../platform/log.js'
import type { CardData } from './card-data.js'
import { type CardPassword, type Cvv, Pan } from './pan.js'

declare const pan: Pan
declare const cvv: Cvv
declare const password: CardPassword
declare const log: Log
declare const cards: CardData
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
declare function reply(answer: Json): void

// @ts-expect-error a number has no public constructor
new Pan()
// @ts-expect-error a handle is not text
export const text: string = pan
// @ts-expect-error nor is a CVV
export const cvvText: string = cvv
// @ts-expect-error a handle cannot be answered
reply(pan)
// @ts-expect-error not even deep inside
reply({ card: { number: [pan] } })
// @ts-expect-error
reply({ cvv })
// @ts-expect-error a handle cannot be logged
log.info('card', { merchantId: pan })
// @ts-expect-error under any name
log.info('card', { pan })
// @ts-expect-error
log.info(pan)
// @ts-expect-error a look-alike is not a handle
export const lookAlike: Pan = {
  bin: '',
  lastFour: '',
  length: 16,
  facts: undefined,
  isTestCard: true,
  masked: '',
  erase() {},
}
// @ts-expect-error the answer has text where the number might have stood
export const answer: Partial<VaultPaymentMethodResponse> = { vaultingRequestId: pan }
// @ts-expect-error a CVV cannot be sealed as a card
cards.sealCard({ id: '', merchantId: '', token: '', pan: cvv, expiry: { year: '', month: '' } }, undefined)
// @ts-expect-error nor password digits
cards.requestMac('', password, {})
// @ts-expect-error a CVV is not a number and a number is no CVV
export const swapped: Cvv = pan
