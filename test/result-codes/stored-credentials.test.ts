/** On whose initiative a stored card is charged: what the issuer is told, what it refuses, and what it is not asked. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { aPayRequest } from '../support/builders.js'
import { goThrough } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { aToken, expectPayment, moneyAsked, notifiedPayRequest, paid, pay, rawCard, vaulted } from './paying.js'
import { type PlayedIssuer, startPlayedIssuer } from './played-issuer.js'

let coffer: TestSystem
let played: TestSystem
let issuer: PlayedIssuer
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  coffer = await startSystem({ issuerTimeoutMs: 1_500 })
  played = await startSystem({ acquirers: issuer.acquirers })
})
afterAll(async () => {
  await Promise.all([coffer?.stop(), played?.stop()])
  await issuer?.stop()
})

const networks = ['VISA', 'MASTERCARD'] as const
const other = { VISA: 'MASTERCARD', MASTERCARD: 'VISA' } as const

/** A payment by the merchant alone. */
const alone = (token: string | undefined, meta: object = {}, recurringType = 'SCHEDULED') =>
  notifiedPayRequest(coffer, token, { meta: { recurringType, ...meta } })

let fill = 0
/** The number of a card that no other test here has. */
function aNumber(brand: (typeof networks)[number], mode: '0' | '1' | '2' = '0', responseCode = '00'): string {
  fill += 1
  return testCardNumber({ brand, mode, responseCode: responseCode as never, fill: String(fill) })
}

describe.each(networks)('on %s', network => {
  /** As the simulated issuer read them. Source: card scheme practice. */
  const wire =
    network === 'VISA'
      ? { first: 'C', later: 'C', recurring: 'R', unscheduled: 'C' }
      : { first: 'C101', later: 'C101', recurring: 'M103', unscheduled: 'M101' }

  describe('the issuer is told', () => {
    test('that a card is being stored, with the payment that stores it', async () => {
      const { paymentResultInfo } = await paid(coffer, {
        meta: rawCard({ cardNo: aNumber(network), tokenize: true }),
      } as never)
      expect(paymentResultInfo).toMatchObject({
        cardToken: expect.any(String),
        networkTransactionId: expect.any(String),
      })
      const asked = moneyAsked(coffer).at(-1)!
      expect(asked).toMatchObject({ storedCredential: wire.first, initiatedBy: 'buyer' })
      expect(asked.posEntry).not.toMatch(/^10/)
    })

    test('that a stored card is used by its buyer', async () => {
      const token = await aToken(coffer, { cardNo: aNumber(network) })
      await expectPayment(coffer, notifiedPayRequest(coffer, token, { meta: { isCardOnFile: true } }), 'SUCCESS')
      const asked = moneyAsked(coffer).at(-1)!
      expect(asked).toMatchObject({ storedCredential: wire.later, initiatedBy: 'buyer', originalIdGiven: false })
      expect(asked.posEntry).toMatch(/^10/)
    })

    test.each([
      ['SCHEDULED', 'recurring'],
      ['UNSCHEDULED', 'unscheduled'],
    ] as const)('that the merchant charges a stored card alone: %s', async (recurringType, use) => {
      const token = await aToken(coffer, { cardNo: aNumber(network) })
      const json = await expectPayment(coffer, alone(token, {}, recurringType), 'SUCCESS')
      expect(json.paymentResultInfo.networkTransactionId).toMatch(/^[0-9A-Z]{13,15}$/)
      expect(moneyAsked(coffer).at(-1)).toMatchObject({
        storedCredential: wire[use],
        initiatedBy: 'merchant',
        originalIdGiven: true,
        originalIdRight: true,
        cvvGiven: false,
      })
    })

    test('nothing of the kind for a card that is given once', async () => {
      await paid(coffer, { meta: rawCard({ cardNo: aNumber(network) }) } as never)
      expect(moneyAsked(coffer).at(-1)).not.toHaveProperty('storedCredential')
    })
  })

  describe('a payment by the merchant alone', () => {
    test('with a card of his own and the id of its first payment is approved', async () => {
      const cardNo = aNumber(network)
      const { paymentResultInfo } = await paid(coffer, { meta: rawCard({ cardNo, tokenize: true }) } as never)
      const { networkTransactionId } = paymentResultInfo
      const { cvv: _none, ...card } = rawCard({ cardNo, networkTransactionId })
      await expectPayment(coffer, alone(undefined, card), 'SUCCESS')
    })

    test.each([
      ['that nobody gave out', async () => (network === 'VISA' ? '123456789012345' : 'ABCDEFGHI0101')],
      [
        'of another card',
        async () => (await vaulted(coffer, { cardNo: aNumber(network) })).networkTransactionId as string,
      ],
      [
        'of another network',
        async () => (await vaulted(coffer, { cardNo: aNumber(other[network]) })).networkTransactionId as string,
      ],
    ])('and an id %s is declined', async (_whose, anId) => {
      const token = await aToken(coffer, { cardNo: aNumber(network) })
      const json = await expectPayment(coffer, alone(token, { networkTransactionId: await anId() }), 'DO_NOT_HONOR')
      expect(json.paymentResultInfo.refusalCodeRaw).toBe('05')
      // Visa-like messages have no place for an advice.
      expect(json.paymentResultInfo.merchantAdviceCode).toBe(network === 'MASTERCARD' ? '03' : undefined)
    })

    test('and no id at all is refused without the issuer being asked', async () => {
      const asked = moneyAsked(coffer).length
      const { json } = await pay(coffer, alone(undefined, rawCard({ cardNo: aNumber(network) })))
      expect(json.result).toMatchObject({ resultCode: 'INVALID_PAYMENT_METHOD_META_DATA', resultStatus: 'F' })
      expect(moneyAsked(coffer)).toHaveLength(asked)
    })

    test('of a card of the EEA needs no 3-D Secure', async () => {
      const prefix = network === 'VISA' ? '40000004' : '22210000'
      const cardNo = testCardNumber({ prefix, fill: '3' })
      const { networkTransactionId } = await vaultedWithBank(cardNo)
      await expectPayment(
        coffer,
        alone(undefined, rawCard({ cardNo, networkTransactionId, cvv: undefined })),
        'SUCCESS',
      )
      expect(moneyAsked(coffer).at(-1)).toMatchObject({ cavvGiven: false, responseCode: '00' })
    })
  })

  describe('a card', () => {
    test.each(['SCHEDULED', undefined])(
      'that vaults and never pays is declined, by whomever: %s',
      async recurringType => {
        const token = await aToken(coffer, { cardNo: aNumber(network, '1', '51') })
        const meta = recurringType === undefined ? {} : { recurringType }
        await expectPayment(coffer, notifiedPayRequest(coffer, token, { meta }), 'USER_BALANCE_NOT_ENOUGH')
      },
    )

    test('that pays for its buyer alone is declined when the merchant charges it', async () => {
      const token = await aToken(coffer, { cardNo: aNumber(network, '2', '51') })
      await expectPayment(coffer, notifiedPayRequest(coffer, token), 'SUCCESS')
      await expectPayment(coffer, alone(token), 'USER_BALANCE_NOT_ENOUGH')
      // Not enough money today is not never.
      const asked = moneyAsked(coffer).length
      await expectPayment(coffer, alone(token), 'USER_BALANCE_NOT_ENOUGH')
      expect(moneyAsked(coffer)).toHaveLength(asked + 1)
    })

    test('that an issuer never approves again is not asked about again, until its buyer comes or it is renewed', async () => {
      const token = await aToken(coffer, { cardNo: aNumber(network, '2', '43') })
      await expectPayment(coffer, alone(token), 'STOLEN_CARD')
      const asked = moneyAsked(coffer).length
      const again = await expectPayment(coffer, alone(token, {}, 'UNSCHEDULED'), 'STOLEN_CARD')
      expect(again.result.resultMessage).toMatch(/The issuer has said never to charge this card again/)
      expect(moneyAsked(coffer), 'the issuer is spared').toHaveLength(asked)

      await expectPayment(coffer, notifiedPayRequest(coffer, token), 'SUCCESS')
      expect(moneyAsked(coffer)).toHaveLength(asked + 1)

      const renewed = await coffer.call('vaults/updateToken', { token, tokenExpiryTime: '2034-05-31T00:00:00Z' })
      expect(renewed.json.result.resultCode).toBe('SUCCESS')
      await expectPayment(coffer, alone(token), 'STOLEN_CARD')
      expect(moneyAsked(coffer), 'the new card is asked about').toHaveLength(asked + 2)
    })
  })
})

describe('a Mastercard', () => {
  test('whose issuer advises never to try again (03) is spared, whatever the response code', async () => {
    const token = await aToken(coffer, { cardNo: aNumber('MASTERCARD') })
    await expectPayment(coffer, alone(token, { networkTransactionId: 'ABCDEFGHI0101' }), 'DO_NOT_HONOR')
    const asked = moneyAsked(coffer).length
    await expectPayment(coffer, alone(token), 'DO_NOT_HONOR')
    expect(moneyAsked(coffer)).toHaveLength(asked)
    await expectPayment(coffer, notifiedPayRequest(coffer, token), 'SUCCESS')
  })

  test.each([
    ['03', '05', false],
    ['21', '05', false],
    ['24', '43', true],
    ['02', '51', true],
  ])('whose issuer advises %s with %s may be tried again: %s', async (merchantAdvice, responseCode, mayBe) => {
    issuer.answers({ responseCode: '00' })
    const token = await aToken(played, { cardNo: aNumber('MASTERCARD') })
    issuer.answers({ responseCode, merchantAdvice })
    const request = () =>
      aPayRequest(token, { meta: { recurringType: 'SCHEDULED', networkTransactionId: 'ABCDEFGHI0101' } })
    const { json } = await pay(played, request())
    expect(json.paymentResultInfo.merchantAdviceCode).toBe(merchantAdvice)
    const asked = issuer.asked()
    await pay(played, request())
    expect(issuer.asked()).toBe(asked + (mayBe ? 1 : 0))
  })
})

/** Cards of the EEA are vaulted with a payment that their bank has authenticated. */
async function vaultedWithBank(cardNo: string): Promise<{ networkTransactionId: string }> {
  const request = aPayRequest(undefined, { meta: rawCard({ cardNo, tokenize: true }) })
  await goThrough((await pay(coffer, request)).json.normalUrl)
  const { paymentRequestId } = request
  const inquiry = async () => (await coffer.call('payments/inquiryPayment', { paymentRequestId })).json
  await expect.poll(async () => (await inquiry()).paymentStatus).toBe('SUCCESS')
  return (await inquiry()).paymentResultInfo
}
