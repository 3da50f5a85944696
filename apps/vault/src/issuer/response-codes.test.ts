/** What an issuer's code means for a payment, where that is not what it means for a vaulting. */
import { describe, expect, test } from 'vitest'
import { approvals, failureOf, isPaymentApproval, isRefusal, neverRetry, paymentFailureOf } from './response-codes.js'

test('payments are approved by all that approves a verification, but for 85', () => {
  expect(approvals.filter(isPaymentApproval)).toEqual(['00', '08', '10', '11', '16'])
  for (const raw of ['05', '13', '85', '']) expect(isPaymentApproval(raw)).toBe(false)
})

describe('a declined payment', () => {
  test('fails for its amount where the issuer says so, which to a vaulting means nothing', () => {
    expect(paymentFailureOf('13', 'VISA')).toBe('INVALID_AMOUNT')
    expect(paymentFailureOf('13', 'MASTERCARD')).toBe('INVALID_AMOUNT')
    expect(failureOf('13', 'VISA')).toBe('PROCESS_FAIL')
  })

  test('fails otherwise as a vaulting would, on each network in its own way', () => {
    expect(paymentFailureOf('51', 'VISA')).toBe('USER_BALANCE_NOT_ENOUGH')
    expect(paymentFailureOf('65', 'VISA')).toBe('PAYMENT_COUNT_EXCEED_LIMIT')
    expect(paymentFailureOf('65', 'MASTERCARD')).toBe('AUTHENTICATION_REQUIRED')
    expect(paymentFailureOf('63', 'MAESTRO', 'N')).toBe('INVALID_CVV')
    expect(paymentFailureOf('ZZ', 'VISA')).toBe('PROCESS_FAIL')
  })
})

describe('whether to try again without the buyer', () => {
  test.each(['04', '07', '12', '14', '15', '41', '43', '46', '57', 'R0', 'R1', 'R3'])('%s: never', raw => {
    expect(neverRetry(raw, 'VISA')).toBe(true)
    expect(neverRetry(raw, 'MASTERCARD', '01')).toBe(true)
  })

  test.each(['05', '51', '65', '91', '96'])('%s: why not', raw => {
    expect(neverRetry(raw, 'VISA')).toBe(false)
    expect(neverRetry(raw, 'MASTERCARD', '02')).toBe(false)
  })

  test.each(['03', '21'])('the advice %s means never, whatever the code is', advice => {
    expect(neverRetry('05', 'MASTERCARD', advice)).toBe(true)
    expect(neverRetry('51', 'VISA', advice)).toBe(true)
  })

  test.each(['02', '24', '30'])('the advice %s of Mastercard names a time, which has the last word', advice => {
    expect(neverRetry('57', 'MASTERCARD', advice)).toBe(false)
    expect(neverRetry('57', 'VISA', advice)).toBe(true)
  })
})

test('an advice is refused for good by what no repeat can change', () => {
  for (const raw of ['05', '12', '13', '14', '21', '25', '54', '57']) expect([raw, isRefusal(raw)]).toEqual([raw, true])
  for (const raw of ['00', '06', '10', '30', '85', '91', '94', '96', 'ZZ'])
    expect([raw, isRefusal(raw)]).toEqual([raw, false])
})
