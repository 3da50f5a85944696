/** What a buyer typed, made into a card or into sentences about what to correct. */

export interface TypedCard {
  readonly cardNo: string
  readonly expiryMonth: string
  readonly expiryYear: string
  readonly cvv: string
  readonly cardholderName?: { readonly firstName: string; readonly lastName: string }
  /** Have the bank make sure that the buyer is its cardholder. */
  readonly is3DSAuthentication?: true
}

export type FieldName = 'number' | 'expiry' | 'cvv' | 'name'

export interface FieldProblem {
  readonly field: FieldName
  readonly text: string
}

/** What may stand in the form again. The number and the security code never do. */
export interface Kept {
  readonly expiry?: string
  readonly name?: string
  readonly threeDS?: true
}

export type Reading =
  | { readonly ok: true; readonly card: TypedCard }
  | { readonly ok: false; readonly problems: readonly FieldProblem[]; readonly kept: Kept }

/** @param now  the current time; a card is good to the end of its month */
export function readCardForm(form: URLSearchParams, now: number): Reading {
  const cardNo = readNumber(form)
  const expiry = readExpiry(form, now)
  const cvv = readCvv(form, cardNo)
  const name = readName(form)
  const wish = form.get('threeDS') === 'yes' || undefined
  if (typeof cardNo === 'string' && 'month' in expiry && typeof cvv === 'string' && !('field' in name)) {
    const card = { cardNo, expiryMonth: expiry.month, expiryYear: expiry.year, cvv }
    const more = {
      ...(name.parts ? { cardholderName: name.parts } : {}),
      ...(wish ? { is3DSAuthentication: wish } : {}),
    }
    return { ok: true, card: { ...card, ...more } }
  }
  const problems = [cardNo, expiry, cvv, name].filter(
    (part): part is FieldProblem => typeof part === 'object' && 'field' in part,
  )
  const kept: Kept = {
    // A number that was typed into the wrong field is not given back either.
    ...('month' in expiry ? { expiry: `${expiry.month}/${expiry.year}` } : {}),
    ...('field' in name ? {} : { name: name.text }),
    ...(wish ? { threeDS: wish } : {}),
  }
  return { ok: false, problems, kept }
}

function readNumber(form: URLSearchParams): string | FieldProblem {
  const digits = (form.get('number') ?? '').replace(/[\s-]/g, '')
  const field = 'number'
  if (digits === '') return { field, text: 'Enter the card number' }
  if (!/^\d+$/.test(digits)) return { field, text: 'Enter the card number in digits only' }
  if (digits.length < 12 || digits.length > 19) return { field, text: 'Enter all digits of the card number, 12 to 19' }
  if (!passesLuhn(digits)) return { field, text: 'Check the card number: a digit is wrong or missing' }
  return digits
}

function readExpiry(form: URLSearchParams, now: number): { month: string; year: string } | FieldProblem {
  const field = 'expiry'
  const typed = (form.get('expiry') ?? '').replace(/\s/g, '')
  if (typed === '') return { field, text: 'Enter the expiry date' }
  const found = /^(\d{1,2})[/.-](?:20)?(\d{2})$/.exec(typed) ?? /^(\d{2})(?:20)?(\d{2})$/.exec(typed)
  const [, typedMonth = '', year = ''] = found ?? []
  const month = typedMonth.padStart(2, '0')
  if (!/^(0[1-9]|1[0-2])$/.test(month)) {
    return { field, text: 'Enter the expiry date as month and year, for example 03/33' }
  }
  if (now >= Date.UTC(2000 + Number(year), Number(month), 1)) {
    return { field, text: 'This date is over: check it, or use another card' }
  }
  return { month, year }
}

function readCvv(form: URLSearchParams, cardNo: string | FieldProblem): string | FieldProblem {
  const field = 'cvv'
  const cvv = (form.get('cvv') ?? '').trim()
  const length = typeof cardNo === 'string' && /^3[47]/.test(cardNo) ? 4 : 3
  if (cvv === '') return { field, text: 'Enter the security code' }
  if (typeof cardNo !== 'string' && /^\d{3,4}$/.test(cvv)) return cvv
  if (!new RegExp(`^\\d{${length}}$`).test(cvv)) {
    return { field, text: `Enter the ${length} digits of the security code on the card` }
  }
  return cvv
}

function readName(
  form: URLSearchParams,
): { text: string; parts?: { firstName: string; lastName: string } } | FieldProblem {
  const field = 'name'
  const text = (form.get('name') ?? '').trim().replace(/\s+/g, ' ')
  if (/\d/.test(text)) return { field, text: 'Enter the name without digits' }
  if (/\p{Cc}/u.test(text)) return { field, text: 'Enter the name as it stands on the card' }
  const words = text.split(' ')
  const lastName = words.pop() ?? ''
  const firstName = words.join(' ')
  if (firstName.length > 32 || lastName.length > 32) return { field, text: 'Enter a shorter name, or leave it empty' }
  // The API wants both names or none; one word alone says too little about which it is.
  return firstName ? { text, parts: { firstName, lastName } } : { text }
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 1 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}
