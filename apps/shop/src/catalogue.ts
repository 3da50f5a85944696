import type { Amount } from '@coffer/sdk'

export interface Product {
  readonly key: string
  readonly name: string
  readonly says: string
  readonly price: Amount
}

/** Prices in the smallest unit: cents, or yen, which have none. */
export const products: readonly Product[] = [
  {
    key: 'beans',
    name: 'Fernhill beans, 250 g',
    says: 'Roasted on the day they are sent.',
    price: { currency: 'EUR', value: '950' },
  },
  {
    key: 'grinder',
    name: 'Hand grinder',
    says: 'Steel burrs, made to last.',
    price: { currency: 'USD', value: '3900' },
  },
  {
    key: 'coldbrew',
    name: 'Cold brew set from Kyoto',
    says: 'Glass, for two cups.',
    price: { currency: 'JPY', value: '4800' },
  },
]

/** What the subscription sends, and what it costs each month. */
export const monthlyCoffee = { name: 'Monthly coffee', price: { currency: 'EUR', value: '1200' } } as const
