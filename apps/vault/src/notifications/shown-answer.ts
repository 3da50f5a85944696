/** The beginning of a receiver's answer, made fit to be kept and shown: it may hold anything, our own message included. */

/** As many characters of an answer are kept. */
const SHOWN = 256

/** Control characters, line breaks, marks that change the direction of text, halves of characters. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]+/gu

/** Digits as many as a card number may have, of any script, however they are grouped. Dates and times go with them. */
const LONG_NUMBER = /\p{Nd}(?:[^\p{L}\p{N}]{0,3}\p{Nd}){7,}/gu

/** Tokens, keys, signatures: long words that no sentence has. With dots, since those have parts. */
const LONG_WORD = /[\p{L}\p{N}_+/=%.~-]{20,}/gu

/** Members that only our own message has together, quoted once more where it was put into a string. */
const OUR_MEMBERS = [/"vaultingRequestId\\*"\s*:/, /"paymentMethodDetail\\*"\s*:/]

/**
 * Shows an answer.
 * @param body  as it came, of any length and encoding
 * @returns at most 256 characters in one line, without long numbers and without words that could be secrets. Of our
 *   own message come back, nothing: its members are somebody's card, and short enough to pass for words
 */
export function shownAnswer(body: Buffer): string | undefined {
  const whole = body.toString('utf8')
  if (OUR_MEMBERS.every(member => member.test(whole))) return '[our own message, echoed]'
  // Masked before it is cut, so that no cut leaves most of a number. The rest cannot reach into what is kept.
  const text = body.subarray(0, 8 * SHOWN).toString('utf8')
  const safe = text
    .replace(UNSAFE, ' ')
    .replace(LONG_NUMBER, '[number]')
    .replace(LONG_WORD, word => `${word.slice(0, 4)}[…]`)
    .trim()
  if (safe === '') return undefined
  return safe.length <= SHOWN ? safe : `${[...safe.slice(0, SHOWN - 1)].join('').replace(/\p{Cs}/gu, '')}…`
}
