import { type BinRow, binRows } from './bin-rows.js'
import { type IssuerMode, isIssuerMode, isResponseCode, type ResponseCode } from './issuer-scripts.js'
import { luhnDigit } from './luhn.js'
import type { Network } from './networks.js'
import { isThreeDSScript, type ThreeDSScript } from './three-ds-scripts.js'

/** Which test card to build. */
export type TestCardWish = ({ readonly prefix: string } | { readonly brand: Network }) & {
  /** How 3DS goes if it is asked for; `10`, authenticated without a challenge, if not given. */
  readonly tt?: ThreeDSScript
  /** How the issuer behaves; `0`, answers at once, if not given. */
  readonly mode?: IssuerMode
  /** What the issuer answers; `00`, approved, if not given. */
  readonly responseCode?: ResponseCode
  /** The digits between prefix and script, to get many cards that behave alike. Filled with zeros from the left. */
  readonly fill?: string
}

/**
 * Builds the number of a generated test card.
 * @param wish  the range by its prefix, or by a brand: then the first range that carries this brand alone, or else the
 *   first one that carries it beside another
 * @returns digits that `readTestCard` reads back
 * @throws RangeError when there is no such range or script, or the fill does not fit
 */
export function testCardNumber(wish: TestCardWish): string {
  const row = findRow(wish)
  const { tt = '10', mode = '0', responseCode = '00', fill = '' } = wish
  if (!isThreeDSScript(tt)) throw new RangeError(`there is no 3DS script ${tt}`)
  if (!isIssuerMode(mode)) throw new RangeError(`there is no issuer mode ${mode}`)
  if (!isResponseCode(responseCode)) throw new RangeError(`no test card answers ${responseCode}`)

  const script = `${tt}${mode}${responseCode}`
  const room = row.length - row.prefix.length - script.length - 1
  if (!/^\d*$/.test(fill) || fill.length > room) {
    throw new RangeError(`the range ${row.prefix} has room for ${room} fill digits`)
  }
  const digits = `${row.prefix}${fill.padStart(room, '0')}${script}`
  return `${digits}${luhnDigit(digits)}`
}

function findRow(wish: TestCardWish): BinRow {
  if ('prefix' in wish) {
    const row = binRows.find(({ prefix }) => prefix === wish.prefix)
    if (row === undefined) throw new RangeError(`there is no range of test cards ${wish.prefix}`)
    return row
  }
  const row =
    binRows.find(({ brands }) => brands.length === 1 && brands[0] === wish.brand) ??
    binRows.find(({ brands }) => brands.includes(wish.brand))
  if (row === undefined) throw new RangeError(`there is no range of test cards of ${wish.brand}`)
  return row
}
