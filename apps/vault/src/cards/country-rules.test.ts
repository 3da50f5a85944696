import { describe, expect, test } from 'vitest'
import { missingForCountry, type RuledCard, ruledFields, strictProblem } from './country-rules.js'

const everything: RuledCard = Object.fromEntries(ruledFields.map(field => [field, 'given']))
const without = (...fields: string[]): RuledCard =>
  Object.fromEntries(Object.entries(everything).filter(([field]) => !fields.includes(field)))
const path = (field: string) => `paymentMethodDetail.card.${field}`

describe('in strict mode a card', () => {
  test.each([
    ['KR', 'cardPasswordDigest'],
    ['BR', 'cvv'],
    ['BR', 'cpf'],
    ['BR', 'payerEmail'],
    ['BR', 'cardholderName'],
    ...['CL', 'MX', 'PE'].flatMap(country => ['cvv', 'payerEmail', 'cardholderName'].map(field => [country, field])),
  ])('issued in %s needs %s', (country, field) => {
    expect(missingForCountry(country, without(field!))).toEqual({
      path: path(field!),
      rule: `is required for cards issued in ${country} (strict mode)`,
    })
    expect(missingForCountry(country, everything)).toBeUndefined()
  })

  test('issued in KR needs a date of birth or a business number', () => {
    expect(missingForCountry('KR', without('dateOfBirth'))).toBeUndefined()
    expect(missingForCountry('KR', without('businessNo'))).toBeUndefined()
    expect(missingForCountry('KR', without('dateOfBirth', 'businessNo'))).toEqual({
      path: path('dateOfBirth'),
      rule: 'or businessNo is required for cards issued in KR (strict mode)',
    })
  })

  test('issued in KR needs no CVV', () => {
    expect(missingForCountry('KR', without('cvv'))).toBeUndefined()
  })

  test.each(['FR', 'US', 'AR', undefined])('issued in %s needs a CVV and nothing else', country => {
    expect(missingForCountry(country, { cvv: 'given' })).toBeUndefined()
    expect(missingForCountry(country, {})).toEqual({ path: path('cvv'), rule: 'is required (strict mode)' })
  })

  test('of several missing fields the first is told', () => {
    expect(missingForCountry('BR', { cvv: 'given' })?.path).toBe(path('cpf'))
  })

  test('has a year of two digits', () => {
    expect(strictProblem('BR', { ...everything, expiryYear: '2033' })?.path).toBe(path('expiryYear'))
    expect(strictProblem('BR', { ...everything, expiryYear: '33' })).toBeUndefined()
    expect(strictProblem('BR', { expiryYear: '33' })?.path).toBe(path('cvv'))
  })
})
