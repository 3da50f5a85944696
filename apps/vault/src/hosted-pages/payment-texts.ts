/** What the pages of a payment say: in the words of paying, with the amount in them. */

import type { BuyerPage } from '../buyers/buyer-page.js'
import { currencyDigits } from '../issuer/iso8583/currency-codes.js'
import type { Texts } from './texts/texts.js'

/** The texts of a language for this page: of a payment they say how much is paid, of a vaulting they are as they are. */
export function textsFor({ payment }: Pick<BuyerPage, 'payment'>, texts: Texts): Texts {
  if (!payment) return texts
  const { choose, browser, wait, challenge, stuck, succeeded, failed } = texts.payment
  const sum = sumText(payment, texts.tag)
  const withSum = (text: (shop: string, sum: string) => string) => (shop: string) => text(shop, sum)
  return {
    ...texts,
    choose: { ...texts.choose, ...choose, question: withSum(choose.question) },
    browser: {
      ...texts.browser,
      ...browser,
      text: withSum(browser.text),
      withoutScript: withSum(browser.withoutScript),
    },
    wait: { ...texts.wait, ...wait },
    challenge: { ...texts.challenge, text: withSum(challenge.text) },
    stuck: { ...texts.stuck, ...stuck },
    succeeded: { ...succeeded, text: withSum(succeeded.text) },
    failed,
  }
}

/**
 * An amount as a language writes it, e.g. `12,34 €` in German.
 * @param amount  in the currency's smallest unit, of which ISO 4217 says how small it is: languages would round some
 * @param tag  of the language, by BCP 47
 */
export function sumText({ amount, currency }: { amount: bigint; currency: string }, tag: string): string {
  const digits = currencyDigits(currency)
  const all = String(amount).padStart(digits + 1, '0')
  const decimal = digits === 0 ? all : `${all.slice(0, -digits)}.${all.slice(-digits)}`
  const format = new Intl.NumberFormat(tag, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  // As text: a number of JavaScript has no room for the longest amounts.
  return format.format(decimal as Intl.StringNumericLiteral)
}
