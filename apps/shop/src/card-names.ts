/** What people call the brands, where that is not the brand of the API with one capital. */
const names: Readonly<Record<string, string>> = {
  AMEX: 'American Express',
  BC: 'BC Card',
  CARTES_BANCAIRES: 'Cartes Bancaires',
  CUP: 'UnionPay',
  DINERS: 'Diners Club',
  IBK_BC: 'IBK BC',
  JCB: 'JCB',
  KAKAOBANK: 'KakaoBank',
  KBANK: 'Kbank',
  KDBBANK: 'KDB Bank',
  KEBHANA: 'KEB Hana',
  POST: 'Korea Post',
  TOSSBANK: 'Toss Bank',
}

/** The name of a brand on a page. One that this shop has never heard of is shown too. */
export const brandName = (brand: string): string =>
  Object.hasOwn(names, brand)
    ? names[brand]!
    : brand.toLowerCase().replace(/(^|_)([a-z])/g, (_all, start, letter) => (start && ' ') + letter.toUpperCase())

/** A masked number as people read it: `•••• 0001`. */
export const shownNumber = (maskedCardNo: string): string => `•••• ${maskedCardNo.slice(-4)}`
