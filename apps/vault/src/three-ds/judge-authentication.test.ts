import { describe, expect, test } from 'vitest'
import { type AuthenticationOutcome, judgeAuthentication } from './judge-authentication.js'
import { threeDSFallbacks } from './three-ds-settings.js'

const asked = { version: '2.2.0', category: '02' } as const
const judge = (
  outcome: Partial<AuthenticationOutcome>,
  fallback: (typeof threeDSFallbacks)[number] = 'fail',
  again = true,
) => judgeAuthentication({ transStatus: undefined, ...outcome }, asked, again, fallback)

const value = 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='

describe('the issuer is asked, and told of it', () => {
  test.each(['Y', 'A', 'I'] as const)('after %s', transStatus => {
    const outcome = { transStatus, eci: '05', authenticationValue: value, dsTransId: 'ds' }
    const proof = { eci: '05', cavv: value, dsTransId: 'ds', status: transStatus, version: '2.2.0' }
    expect(judge(outcome)).toEqual({ kind: 'go on', proof })
  })

  test('without a value too, as some networks give none when a card is added', () => {
    expect(judge({ transStatus: 'Y', eci: 'N2' })).toEqual({
      kind: 'go on',
      proof: { eci: 'N2', status: 'Y', version: '2.2.0' },
    })
  })
})

test.each([
  ['N', '01', 'USER_PAYMENT_VERIFICATION_FAILED'],
  ['N', undefined, 'USER_PAYMENT_VERIFICATION_FAILED'],
  ['N', '05', 'CARD_EXPIRED'],
  ['N', '06', 'INVALID_CARD_NUMBER'],
  ['N', '08', 'INVALID_CARD_NUMBER'],
  ['N', '10', 'STOLEN_CARD'],
  ['N', '11', 'FRAUD_REJECT'],
  ['N', '19', 'VERIFY_TIMES_EXCEED_LIMIT'],
  ['R', undefined, 'FRAUD_REJECT'],
  ['R', '01', 'FRAUD_REJECT'],
  ['R', '05', 'CARD_EXPIRED'],
] as const)('%s with reason %s ends it as %s, whatever the fallback', (transStatus, transStatusReason, code) => {
  for (const fallback of threeDSFallbacks) {
    const outcome = { transStatus, ...(transStatusReason && { transStatusReason }) }
    expect(judge(outcome, fallback)).toEqual({ kind: 'fail', code, isRefusal: true })
  }
})

describe('nobody could say', () => {
  test.each(['U', 'D', 'C', undefined] as const)(
    '%s: fails, unless the operator wants to go on without',
    transStatus => {
      expect(judge({ transStatus })).toMatchObject({ kind: 'fail', code: 'AUTHENTICATION_REQUIRED', isRefusal: false })
      expect(judge({ transStatus }, 'skip')).toEqual({ kind: 'go on', proof: undefined })
    },
  )

  test('an issuer that cannot do it without a payment is asked as for one, once', () => {
    const outcome = { transStatus: 'U', transStatusReason: '20' } as const
    expect(judge(outcome, 'pa')).toEqual({ kind: 'as a payment' })
    const again = judgeAuthentication({ ...outcome }, { version: '2.2.0', category: '01' }, true, 'pa')
    expect(again).toMatchObject({ kind: 'fail', code: 'AUTHENTICATION_REQUIRED' })
    expect(judge({ transStatus: 'U', transStatusReason: '22' }, 'pa')).toMatchObject({ kind: 'fail' })
  })
})

test('a challenge that never began may begin anew, while tries are left', () => {
  const outcome = { transStatus: 'N', transStatusReason: '14', challengeCancel: '05' } as const
  expect(judge(outcome)).toEqual({ kind: 'begin anew' })
  expect(judge(outcome, 'fail', false)).toMatchObject({ kind: 'fail', code: 'USER_PAYMENT_VERIFICATION_FAILED' })
  expect(judge({ ...outcome, challengeCancel: '04' })).toMatchObject({ kind: 'fail' })
})
