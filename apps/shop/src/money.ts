/** Amounts as the API has them, in the smallest unit of a currency, and as people write them. */
import type { Amount } from '@coffer/sdk'

/** How many digits stand behind the point. Source: ISO 4217, the currencies of this shop. */
const decimals: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0 }

const decimalsOf = (currency: string): number => decimals[currency] ?? 2

/** `12.00 EUR`, `4,800 JPY`. */
export function shownAmount({ currency, value }: Amount): string {
  return `${plainAmount({ currency, value }).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')} ${currency}`
}

/** As it is typed: `1200.00`. */
export function plainAmount({ currency, value }: Amount): string {
  const digits = decimalsOf(currency)
  const text = value.padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** What a person typed as an amount of a currency; or a sentence about what to correct. */
export function readAmount(typed: string, currency: string): Amount | { readonly problem: string } {
  const digits = decimalsOf(currency)
  const text = typed.trim().replace(',', '.')
  const [, whole = '', part = ''] = /^(\d{1,10})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === '' || part.length > digits) {
    const example = plainAmount({ currency, value: digits === 0 ? '500' : '450' })
    return { problem: `Enter an amount of ${currency}, for example ${example}` }
  }
  const value = String(BigInt(whole + part.padEnd(digits, '0')))
  return value === '0' ? { problem: 'Enter an amount of more than nothing' } : { currency, value }
}

/** @param amounts  of one currency */
export function sumOf(currency: string, amounts: readonly Amount[]): Amount {
  return { currency, value: String(amounts.reduce((sum, { value }) => sum + BigInt(value), 0n)) }
}

/** What is left of one amount without another, nothing at least. */
export function lessOf(amount: Amount, taken: Amount): Amount {
  const left = BigInt(amount.value) - BigInt(taken.value)
  return { ...amount, value: String(left > 0n ? left : 0n) }
}

export const isNothing = ({ value }: Amount): boolean => BigInt(value) === 0n
