/** Amounts of money, and what goes with them. */
import type { CustomizedInfo } from '@coffer/antom'

/** In the currency's smallest unit. Source: ISO 4217. */
export interface Money {
  amount: bigint
  currency: string
}

/** An amount as the wire has it: the decimal text of a whole number. */
export const amountOf = ({ amount, currency }: Money) => ({ currency, value: String(amount) })

/** What goes back to the merchant as it came. */
export interface Echo {
  metadata?: string
  customizedInfo?: CustomizedInfo
}
