import { describe, expect, test } from 'vitest'
import { readCardForm } from './card-form.js'

const now = Date.UTC(2026, 5, 15)
const typed = (fields: Record<string, string> = {}) =>
  readCardForm(
    new URLSearchParams({ number: '4054 6957 2310 0768', expiry: '03/33', cvv: '123', name: '', ...fields }),
    now,
  )

describe('a card is read as people type it', () => {
  test('in groups, with the expiry date as on the card', () => {
    expect(typed({ name: ' Ana  Maria Lopez ' })).toEqual({
      ok: true,
      card: {
        cardNo: '4054695723100768',
        expiryMonth: '03',
        expiryYear: '33',
        cvv: '123',
        cardholderName: { firstName: 'Ana Maria', lastName: 'Lopez' },
      },
    })
  })

  test.each(['03/33', '3/33', '03 / 2033', '0333', '032033', '03-33', '03.33'])('expiry %s', expiry => {
    expect(typed({ expiry })).toMatchObject({ ok: true, card: { expiryMonth: '03', expiryYear: '33' } })
  })

  test('a card is good to the end of its month', () => {
    expect(typed({ expiry: '06/26' }).ok).toBe(true)
    expect(typed({ expiry: '05/26' }).ok).toBe(false)
  })

  test('American Express has four digits of security code, others three', () => {
    const number = '378282246310005'
    expect(typed({ number, cvv: '1234' }).ok).toBe(true)
    expect(typed({ number, cvv: '123' }).ok).toBe(false)
    expect(typed({ cvv: '1234' }).ok).toBe(false)
  })

  test('with 3-D Secure where the box is ticked, and without a word of it elsewhere', () => {
    expect(typed({ threeDS: 'yes' })).toMatchObject({ ok: true, card: { is3DSAuthentication: true } })
    expect(JSON.stringify(typed())).not.toContain('3DS')
    expect(typed({ threeDS: 'yes', cvv: '' })).toMatchObject({ ok: false, kept: { threeDS: true } })
  })

  test('one word is no name that the API could take, and is left out', () => {
    expect(typed({ name: 'Ana' })).toMatchObject({
      ok: true,
      card: expect.not.objectContaining({ cardholderName: {} }),
    })
  })
})

describe('what is wrong is told by field', () => {
  test.each([
    ['number', '', 'Enter the card number'],
    ['number', '4054 6957 2310 0769', 'Check the card number: a digit is wrong or missing'],
    ['number', '4054', 'Enter all digits of the card number, 12 to 19'],
    ['number', 'my card', 'Enter the card number in digits only'],
    ['expiry', '', 'Enter the expiry date'],
    ['expiry', '13/33', 'Enter the expiry date as month and year, for example 03/33'],
    ['expiry', '01/20', 'This date is over: check it, or use another card'],
    ['cvv', '', 'Enter the security code'],
    ['cvv', '12a', 'Enter the 3 digits of the security code on the card'],
    ['name', '4054695723100768', 'Enter the name without digits'],
    ['name', `A ${'x'.repeat(40)}`, 'Enter a shorter name, or leave it empty'],
  ])('%s "%s"', (field, text, problem) => {
    expect(typed({ [field]: text })).toMatchObject({ ok: false, problems: [{ field, text: problem }] })
  })

  test('all at once, in the order of the form', () => {
    const reading = readCardForm(new URLSearchParams(), now)
    expect(reading.ok ? [] : reading.problems.map(({ field }) => field)).toEqual(['number', 'expiry', 'cvv'])
  })

  test('number and code are never given back, nor digits that were typed elsewhere', () => {
    const number = '4054695723100768'
    const readings = [
      typed({ number: '4054695723100769', name: 'Ana Lopez' }),
      typed({ expiry: number, name: number }),
      typed({ cvv: number }),
    ]
    for (const reading of readings) expect(JSON.stringify(reading)).not.toMatch(/\d{5}/)
    expect(readings[0]).toMatchObject({ kept: { expiry: '03/33', name: 'Ana Lopez' } })
  })
})
