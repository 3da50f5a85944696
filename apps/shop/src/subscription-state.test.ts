import { expect, test } from 'vitest'
import { afterDecline } from './after-decline.js'
import { chargeId, monthsAfter } from './subscription-state.js'

const at = (text: string) => Date.parse(text)

test.each([
  ['2026-01-31T10:00:00Z', 1, '2026-02-28T10:00:00Z'],
  ['2028-01-31T10:00:00Z', 1, '2028-02-29T10:00:00Z'],
  ['2026-01-31T10:00:00Z', 2, '2026-03-31T10:00:00Z'],
  ['2026-11-29T23:59:59Z', 3, '2027-02-28T23:59:59Z'],
  ['2026-12-01T00:00:00Z', 12, '2027-12-01T00:00:00Z'],
])('the same day: %s and %i months is %s', (from, months, to) => {
  expect(new Date(monthsAfter(at(from), months))).toEqual(new Date(to))
})

test('the id of a charge follows from the subscription and the month', () => {
  const id = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'
  expect(chargeId(id, { period: 12, attempt: 4 })).toBe(`${id}-m12-t4`)
  expect(chargeId(id, { period: 999, attempt: 4 }).length).toBeLessThanOrEqual(64)
})

test.each([
  [{ code: 'USER_BALANCE_NOT_ENOUGH', refusalCodeRaw: '51' }, 'try later'],
  [{ code: 'DO_NOT_HONOR', refusalCodeRaw: '05' }, 'try later'],
  [{ code: 'DO_NOT_HONOR', refusalCodeRaw: '05', merchantAdviceCode: '03' }, 'never again'],
  [{ code: 'DO_NOT_HONOR', refusalCodeRaw: '05', merchantAdviceCode: '21' }, 'never again'],
  [{ code: 'PROCESS_FAIL', refusalCodeRaw: 'R1' }, 'never again'],
  [{ code: 'LOST_CARD' }, 'never again'],
  [{ code: 'CARD_NOT_SUPPORTED', refusalCodeRaw: '57' }, 'never again'],
  [{ code: 'CARD_NOT_SUPPORTED', refusalCodeRaw: '57', brand: 'MASTERCARD', merchantAdviceCode: '24' }, 'try later'],
  [{ code: 'DO_NOT_HONOR', message: 'The issuer has said never to charge this card again. Ask.' }, 'never again'],
  [{ code: 'CARD_EXPIRED', refusalCodeRaw: '54' }, 'ask the buyer'],
  [{ code: 'AUTHENTICATION_REQUIRED' }, 'ask the buyer'],
  [{ code: 'A_CODE_OF_TOMORROW' }, 'try later'],
])('after %j the shop does this: %s', (decline, then) => {
  expect(afterDecline({ message: '', brand: 'VISA', ...decline })).toBe(then)
})
