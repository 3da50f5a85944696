import { textOf } from '../iso8583/carried.js'
import type { Message } from '../iso8583/codec.js'
import { type Dialect, mastercardLike } from '../iso8583/dialects.js'
import { present, question, reversalOf, type Wish } from './client.js'

/** What a payment asks, in words that are the same in both dialects. */
export interface PaymentWish extends Wish {
  /** In the currency's smallest unit. */
  readonly amount?: number
  /** 0100, unless it is a sale: 0200. */
  readonly sale?: boolean
  /** A payment by the merchant alone; by the buyer, who enters his card, if not given. */
  readonly byMerchant?: 'recurring' | 'unscheduled'
}

/** A payment. The elements are put together by hand, not by the tables under test. */
export function payment(dialect: Dialect, { amount = 1000, sale, byMerchant, ...wish }: PaymentWish = {}): Message {
  const merchant = byMerchant !== undefined
  const recurring = byMerchant === 'recurring'
  const own =
    dialect === mastercardLike
      ? { 22: merchant ? '100' : '810', 61: `000${merchant ? '4' : '5'}100000600840` }
      : { 22: merchant ? '1000' : '0100', 25: recurring ? '08' : '59' }
  const credential = !merchant
    ? undefined
    : dialect === mastercardLike
      ? { credential: recurring ? 'M103' : 'M101' }
      : { credential: recurring ? 'R' : 'C' }
  const { elements } = question(dialect, {
    ...credential,
    ...wish,
    change: { ...own, 4: digits(amount), ...wish.change },
  })
  return { mti: sale ? '0200' : '0100', elements }
}

/** How to tell the issuer of money. */
export interface AdviceWish {
  readonly refund?: boolean
  readonly amount?: number
  readonly authCode?: string
  readonly mti?: string
  readonly stan?: string
  readonly at?: string
  /** The card is gone by now. */
  readonly withoutCard?: boolean
  readonly change?: Wish['change']
}

/** A capture of a payment, or a refund. */
export function advice(dialect: Dialect, original: Message, wish: AdviceWish = {}): Message {
  const { refund = false, amount = 1000, authCode, mti = '0220', stan = '600001', at = '0609120100' } = wish
  const { elements } = reversalOf(original)
  return {
    mti,
    elements: present({
      ...Object.fromEntries(elements),
      ...(wish.withoutCard ? { 2: undefined } : { 14: textOf(original.elements, 14) }),
      ...(dialect === mastercardLike ? {} : { 25: '06' }),
      3: refund ? '200000' : '000000',
      4: digits(amount),
      7: at,
      11: stan,
      ...(authCode === undefined ? {} : { 38: authCode }),
      ...wish.change,
    }),
  }
}

/** A void of a payment; with `stays`, of a part of it. */
export function voidOf(original: Message, wish: { stays?: number; mti?: string; stan?: string } = {}): Message {
  const { stays, mti = '0420', stan = '700001' } = wish
  return reversalOf(original, {
    mti,
    stan,
    ...(stays === undefined ? {} : { change: { 95: `${digits(stays)}${'0'.repeat(30)}` } }),
  })
}

const digits = (amount: number) => String(amount).padStart(12, '0')
