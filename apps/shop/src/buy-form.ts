/** What a buyer chose on the page of products, made into an order or into sentences about what to correct. */
import { type Product, products } from './catalogue.js'

/** A card on the page of products: its vaultingRequestId, and whether it has a code of four digits. */
export interface PayableCard {
  readonly id: string
  readonly brand: string
}

export interface Order {
  readonly product: Product
  readonly cardId: string
  readonly how: 'sale' | 'reserve'
  readonly cvv?: string
  readonly threeDS: boolean
}

export type BuyField = 'product' | 'card' | 'how' | 'code'

export interface BuyProblem {
  readonly field: BuyField
  readonly text: string
}

/** What stands in the form; the security code never does. */
export interface BuyKept {
  readonly product?: string
  readonly card?: string
  readonly how?: string
  readonly threeDS?: boolean
}

export type BuyReading =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly problems: readonly BuyProblem[]; readonly kept: BuyKept }

/** What is said of a card that somebody asks to pay with and that was deleted, or never was one. */
export const CARD_GONE = 'This card was deleted: nothing can be paid with it any more. Choose another card'

export function readBuyForm(form: URLSearchParams, cards: readonly PayableCard[]): BuyReading {
  const problems: BuyProblem[] = []
  const kept = keptOf(form)
  const product = products.find(({ key }) => key === form.get('product'))
  if (!product) problems.push({ field: 'product', text: 'Choose what you want to buy' })
  const card = cards.find(({ id }) => id === form.get('card'))
  if (!card) problems.push({ field: 'card', text: form.get('card') ? CARD_GONE : 'Choose a card' })
  const how = (['sale', 'reserve'] as const).find(one => one === form.get('how'))
  if (!how) problems.push({ field: 'how', text: 'Choose when to pay' })
  const cvv = (form.get('code') ?? '').trim()
  const problem = cvv === '' ? undefined : problemOfCode(cvv, card)
  if (problem) problems.push({ field: 'code', text: problem })
  if (!product || !card || !how || problem) return { ok: false, problems, kept }
  const order = { product, cardId: card.id, how, threeDS: kept.threeDS === true }
  return { ok: true, order: cvv === '' ? order : { ...order, cvv } }
}

function keptOf(form: URLSearchParams): BuyKept {
  const text = (name: string) => form.get(name) ?? undefined
  const product = text('product')
  const card = text('card')
  const how = text('how')
  return {
    ...(product !== undefined && { product }),
    ...(card !== undefined && { card }),
    ...(how !== undefined && { how }),
    threeDS: text('threeDS') === 'yes',
  }
}

/** A code that is typed must be one: it goes to the bank, which declines for a wrong one. */
export function problemOfCode(cvv: string, card: PayableCard | undefined): string | undefined {
  const length = card?.brand === 'AMEX' ? 4 : 3
  const isCode = card ? new RegExp(`^\\d{${length}}$`).test(cvv) : /^\d{3,4}$/.test(cvv)
  return isCode ? undefined : `Enter the ${length} digits of the security code on the card, or leave it empty`
}

/** An id that this shop gave to a form when it was loaded. Anything else in its place is no id of ours. */
export function formIdOf(form: URLSearchParams): string | undefined {
  const id = form.get('form') ?? ''
  return /^[A-Za-z0-9-]{8,40}$/.test(id) ? id : undefined
}
