import type { Unchecked } from '../three-ds/unchecked.js'

/** What a buyer confirms and to whom, in the words of the bank: each fact with its name. */
export function purposeOf(areq: Unchecked): readonly (readonly [name: string, fact: string])[] {
  const merchant = textOf(areq['merchantName']) ?? textOf(areq['threeDSRequestorName']) ?? 'A shop'
  if (isPaid(areq)) {
    return [
      ['Pay to', merchant],
      ['Amount', amountOf(areq)],
    ]
  }
  const verb = areq['threeDSRequestorAuthenticationInd'] === '05' ? 'Update a card at' : 'Add a card to'
  return [['What for', `${verb} ${merchant}`]]
}

/** A payment of nothing is how a card is added where the bank authenticates payments alone. */
function isPaid({ messageCategory, purchaseAmount }: Unchecked): boolean {
  return messageCategory === '01' && /[1-9]/.test(String(purchaseAmount))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** Names of some currencies with their ISO 4217 numbers; others are shown by number. */
const table =
  'AED784 ARS032 AUD036 BHD048 BRL986 CAD124 CHF756 CLP152 CNY156 COP170 CZK203 DKK208 EGP818 EUR978 GBP826 HKD344 ' +
  'HUF348 IDR360 ILS376 INR356 ISK352 JOD400 JPY392 KRW410 KWD414 MXN484 MYR458 NOK578 NZD554 OMR512 PEN604 PHP608 ' +
  'PLN985 QAR634 RON946 RUB643 SAR682 SEK752 SGD702 THB764 TND788 TRY949 TWD901 USD840 VND704 ZAR710'

const currencies = new Map(table.split(' ').map(entry => [entry.slice(3), entry.slice(0, 3)]))

function amountOf({ purchaseAmount, purchaseCurrency, purchaseExponent }: Unchecked): string {
  const places = Number(purchaseExponent)
  const digits = String(purchaseAmount).padStart(places + 1, '0')
  const whole = digits
    .slice(0, digits.length - places)
    .replace(/^0+(?=.)/, '')
    .replace(/\B(?=(?:\d{3})+$)/g, ',')
  const currency = currencies.get(String(purchaseCurrency)) ?? String(purchaseCurrency)
  return `${currency} ${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`
}
