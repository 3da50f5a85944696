/**
 * The check digit that makes a number pass the Luhn formula.
 * @param digits  the number without its check digit
 * @returns one digit, to be put behind `digits`
 * Source: ISO/IEC 7812-1, annex B
 */
export function luhnDigit(digits: string): string {
  return String((10 - (luhnSum(`${digits}0`) % 10)) % 10)
}

/**
 * Whether a number ends with the right check digit.
 * @param digits  digits only; anything else, the empty string too, does not pass
 * Source: ISO/IEC 7812-1, annex B
 */
export function passesLuhn(digits: string): boolean {
  return /^\d+$/.test(digits) && luhnSum(digits) % 10 === 0
}

/** Every second digit from the right counts twice; a double above 9 counts as the sum of its two digits. */
function luhnSum(digits: string): number {
  let sum = 0
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place])
    const weighted = place % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum
}
