import type { Unchecked } from '../three-ds/unchecked.js'

/** What a buyer confirms and to whom, in the words of the bank. */
export function purposeOf(areq: Unchecked): string {
  const merchant = textOf(areq['merchantName']) ?? textOf(areq['threeDSRequestorName']) ?? 'A shop'
  if (areq['messageCategory'] === '01') return `Pay ${amountOf(areq)} to ${merchant}`
  const verb = areq['threeDSRequestorAuthenticationInd'] === '05' ? 'Update a card at' : 'Add a card to'
  return `${verb} ${merchant}`
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** Names of some currencies, by their ISO 4217 number; others are shown by number. */
const currencies: Readonly<Record<string, string>> = {
  '036': 'AUD',
  '124': 'CAD',
  '156': 'CNY',
  '208': 'DKK',
  '344': 'HKD',
  '392': 'JPY',
  '410': 'KRW',
  '484': 'MXN',
  '643': 'RUB',
  '682': 'SAR',
  '702': 'SGD',
  '756': 'CHF',
  '826': 'GBP',
  '840': 'USD',
  '949': 'TRY',
  '978': 'EUR',
  '986': 'BRL',
}

function amountOf({ purchaseAmount, purchaseCurrency, purchaseExponent }: Unchecked): string {
  const places = Number(purchaseExponent)
  const digits = String(purchaseAmount).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places).replace(/^0+(?=.)/, '')
  const currency = currencies[String(purchaseCurrency)] ?? String(purchaseCurrency)
  return `${currency} ${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`
}
