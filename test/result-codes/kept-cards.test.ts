/** What a token and a nonce are good for: whose they are, over which network they go, how often and how long. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { aCard, aPayRequest, aRequestId, aVaultingRequest } from '../support/builders.js'
import { goThrough } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { nonceRows, tokenRows } from './kept-cards.table.js'
import {
  aNonce,
  aToken,
  cardsOf,
  expectEnded,
  expectPayment,
  moneyAsked,
  notifiedPayRequest,
  pay,
  vaulted,
} from './paying.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
let live: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
  live = await startSystem({ environment: 'live' })
})
afterAll(() => Promise.all([coffer?.stop(), live?.stop()]))

const { number: coBadged } = namedTestCards.coBadged

/** Vaults a co-badged card of the EEA: the brand is chosen with the call, and the buyer authenticated at his bank. */
async function coBadgedToken(selectedCardBrand: 'VISA' | 'CARTES_BANCAIRES'): Promise<string> {
  const card = { cardNo: coBadged, selectedCardBrand, expiryYear: '33', expiryMonth: '03' }
  const vaultingRequestId = aRequestId()
  const { json } = await coffer.vaultPaymentMethod({
    vaultingRequestId,
    redirectUrl: 'https://shop.example/done',
    paymentMethodDetail: { paymentMethodType: 'CARD', card },
    env: { terminalType: 'WEB' },
  })
  if (json.normalUrl) await goThrough(json.normalUrl)
  const inquiry = async () => (await coffer.inquireVaulting(vaultingRequestId)).json
  await expect.poll(async () => (await inquiry()).vaultingStatus).toBe('SUCCESS')
  return (await inquiry()).paymentMethodDetail.card.cardToken
}

describe('a token of a co-badged card', () => {
  test.each([
    ['VISA', 'CARTES_BANCAIRES'],
    ['CARTES_BANCAIRES', 'VISA'],
  ] as const)('that was stored for %s never goes over %s', async (chosen, selectedCardBrand) => {
    const token = await coBadgedToken(chosen)
    const before = moneyAsked(coffer).length
    const refused = await pay(coffer, aPayRequest(token, { meta: { selectedCardBrand } }))
    expect(refused.json.result).toMatchObject({ resultCode: 'SELECTED_CARD_BRAND_NOT_AVAILABLE', resultStatus: 'F' })
    expect(moneyAsked(coffer)).toHaveLength(before)
    for (const meta of [{}, { selectedCardBrand: chosen }, { selectedCardBrand: 'AMEX' as const }]) {
      const request = notifiedPayRequest(coffer, token, { meta })
      const { json } = await pay(coffer, request)
      if (json.normalUrl) await goThrough(json.normalUrl)
      await expectEnded(coffer, request, 'SUCCESS')
      expect(moneyAsked(coffer).at(-1)).toMatchObject({ network: chosen })
    }
  })
})

describe('a token', () => {
  test.each(['unknown', 'of another merchant', 'deleted', 'of a vaulting that failed'])(
    'that is %s pays nothing, and is told in the same words',
    async which => {
      const tokens: Record<string, () => Promise<string>> = {
        unknown: async () => 'cof_unknown',
        'of another merchant': async () => (await vaulted(coffer, {}, {}, coffer.otherMerchant)).cardToken,
        deleted: async () => {
          const token = await aToken(coffer)
          await coffer.call('vaults/deleteToken', { token })
          return token
        },
        'of a vaulting that failed': async () => {
          const card = { cardNo: namedTestCards.declined.number }
          const { json } = await coffer.vaultPaymentMethod(aVaultingRequest({ card }))
          return json.paymentMethodDetail?.card?.cardToken ?? 'cof_none'
        },
      }
      const token = await tokens[which]!()
      const before = await rowCounts(coffer.system)
      const { json } = await pay(coffer, aPayRequest(token))
      expect(json.result).toEqual({
        resultCode: 'INVALID_PAYMENT_METHOD_META_DATA',
        resultStatus: 'F',
        resultMessage: 'The card token cannot be used for this payment.',
      })
      expect(await rowCounts(coffer.system)).toEqual(before)
    },
  )

  test('that was deleted after it paid still answers the repeat of that payment', async () => {
    const token = await aToken(coffer)
    const request = aPayRequest(token)
    const first = await pay(coffer, request)
    await coffer.call('vaults/deleteToken', { token })
    expect((await pay(coffer, request)).text).toBe(first.text)
  })

  test('pays as often as it is asked to, with its security code or without', async () => {
    const token = await aToken(coffer)
    for (const meta of [{}, { cvv: '123' }]) {
      await expectPayment(coffer, notifiedPayRequest(coffer, token, { meta }), 'SUCCESS')
      expect(moneyAsked(coffer).at(-1)).toMatchObject({ cvvGiven: 'cvv' in meta })
    }
    await expectPayment(coffer, notifiedPayRequest(coffer, token, { meta: { cvv: '999' } }), 'INVALID_CVV')
  })

  test('that a payment stored is like any other, and the payment can be taken back without it', async () => {
    const meta = { cardNo: namedTestCards.plainSuccess.number, expiryYear: '33', expiryMonth: '03', tokenize: true }
    const first = await expectPayment(coffer, notifiedPayRequest(coffer, undefined, { meta }), 'SUCCESS')
    const { cardToken: token } = first.paymentResultInfo
    await expectPayment(coffer, notifiedPayRequest(coffer, token), 'SUCCESS')
    expect((await coffer.call('vaults/inquireToken', { token })).json.result.resultCode).toBe('SUCCESS')
    expect((await coffer.call('vaults/deleteToken', { token })).json.result.resultCode).toBe('SUCCESS')
    const cancelled = await coffer.call('payments/cancel', { paymentId: first.paymentId })
    expect(cancelled.json.result.resultCode).toBe('SUCCESS')
  })
})

describe('a nonce', () => {
  test('pays once', async () => {
    const nonce = await aNonce(coffer)
    const request = notifiedPayRequest(coffer, nonce)
    await expectPayment(coffer, request, 'SUCCESS')
    expect(moneyAsked(coffer).at(-1)).toMatchObject({ cvvGiven: true })
    const again = await pay(coffer, aPayRequest(nonce))
    expect(again.json.result.resultCode).toBe('INVALID_PAYMENT_METHOD_META_DATA')
    expect((await pay(coffer, request)).json.result.resultCode).toBe('SUCCESS')
  })

  test('is used up by a payment that is declined as well', async () => {
    const nonce = await aNonce(coffer, { cardNo: namedTestCards.insufficientFunds.number })
    await expectPayment(coffer, notifiedPayRequest(coffer, nonce), 'USER_BALANCE_NOT_ENOUGH')
    expect((await pay(coffer, aPayRequest(nonce))).json.result.resultCode).toBe('INVALID_PAYMENT_METHOD_META_DATA')
  })

  test('is not used up by a call that is refused', async () => {
    const nonce = await aNonce(coffer)
    const refused = await pay(coffer, aPayRequest(nonce, { currency: 'ABC' }))
    expect(refused.json.result.resultCode).toBe('CURRENCY_NOT_SUPPORT')
    await expectPayment(coffer, notifiedPayRequest(coffer, nonce), 'SUCCESS')
  })

  test('of ten payments at once pays one', async () => {
    const nonce = await aNonce(coffer)
    const asked = moneyAsked(coffer).length
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay(coffer, aPayRequest(nonce))))
    const codes = answers.map(({ json }) => json.result.resultCode).sort()
    expect(codes).toEqual([...Array(9).fill('INVALID_PAYMENT_METHOD_META_DATA'), 'SUCCESS'])
    expect(moneyAsked(coffer)).toHaveLength(asked + 1)
  })

  test('pays nothing after its time', async () => {
    const nonce = await aNonce(coffer)
    await coffer.advance(30 * 60_000)
    expect((await pay(coffer, aPayRequest(nonce))).json.result.resultCode).toBe('INVALID_PAYMENT_METHOD_META_DATA')
  })

  test('pays nothing for another merchant, and is still there for its own', async () => {
    const nonce = await aNonce(coffer)
    const theirs = await pay(coffer, aPayRequest(nonce), coffer.otherMerchant)
    expect(theirs.json.result.resultCode).toBe('INVALID_PAYMENT_METHOD_META_DATA')
    await expectPayment(coffer, notifiedPayRequest(coffer, nonce), 'SUCCESS')
  })

  test('becomes a token with a payment that stores its card', async () => {
    const nonce = await aNonce(coffer)
    const request = notifiedPayRequest(coffer, nonce, { meta: { tokenize: true } })
    const json = await expectPayment(coffer, request, 'SUCCESS')
    const { cardToken } = json.paymentResultInfo
    expect(cardToken).not.toBe(nonce)
    expect(await cardsOf(coffer, json.paymentId)).toEqual(['TOKEN'])
    await expectPayment(coffer, notifiedPayRequest(coffer, cardToken), 'SUCCESS')
  })

  test('of a card that is declined becomes no token', async () => {
    const nonce = await aNonce(coffer, { cardNo: namedTestCards.declined.number })
    const request = notifiedPayRequest(coffer, nonce, { meta: { tokenize: true } })
    const json = await expectPayment(coffer, request, 'DO_NOT_HONOR')
    expect(json.paymentResultInfo.cardToken).toBeUndefined()
  })

  test('of a co-badged card goes over the brand that is chosen with the payment', async () => {
    const nonce = await aNonce(coffer, { cardNo: coBadged })
    const meta = { selectedCardBrand: 'CARTES_BANCAIRES' as const }
    const request = notifiedPayRequest(coffer, nonce, { meta })
    const { json } = await pay(coffer, request)
    if (json.normalUrl) await goThrough(json.normalUrl)
    await expectEnded(coffer, request, 'SUCCESS')
    expect(moneyAsked(coffer).at(-1)).toMatchObject({ network: 'CARTES_BANCAIRES' })
  })

  test('of a co-badged card is not used up by a call that selects a brand which is not on it', async () => {
    const nonce = await aNonce(coffer, { cardNo: coBadged })
    const wrong = await pay(coffer, notifiedPayRequest(coffer, nonce, { meta: { selectedCardBrand: 'MASTERCARD' } }))
    expect(wrong.json.result.resultCode).toBe('SELECTED_CARD_BRAND_NOT_AVAILABLE')
    const request = notifiedPayRequest(coffer, nonce, { meta: { selectedCardBrand: 'VISA' } })
    const { json } = await pay(coffer, request)
    if (json.normalUrl) await goThrough(json.normalUrl)
    await expectEnded(coffer, request, 'SUCCESS')
  })
})

describe('fetchNonce', () => {
  test.each(nonceRows)('for $situation is answered $code', async ({ change, code, says, live: isLive }) => {
    const system = isLive ? live : coffer
    const before = await rowCounts(system.system)
    const answer = await system.call('vaults/fetchNonce', { card: { ...aCard(), ...change } })
    expect(answer).toMatchObject({ status: 200, verified: true })
    const { json } = answer
    expect(json.result).toMatchObject({ resultCode: code, resultStatus: 'F' })
    expect(json.result.resultMessage).toMatch(says)
    expect(json).not.toHaveProperty('cardToken')
    expect(await rowCounts(system.system)).toEqual(before)
  })

  const inOneSandbox = nonceRows.filter(({ live: isLive }) => !isLive)
  test('for two faults at once is told of the earlier one', async () => {
    const [earlier, later] = inOneSandbox
    const { json } = await coffer.call('vaults/fetchNonce', {
      card: { ...aCard(), ...later!.change, ...earlier!.change },
    })
    expect(json.result.resultMessage).toMatch(earlier!.says)
  })
})

describe.each(['inquireToken', 'updateToken', 'deleteToken'] as const)('%s', verb => {
  const tokens: Record<string, () => Promise<string>> = {
    unknown: async () => 'cof_unknown',
    foreign: async () => (await vaulted(coffer, {}, {}, coffer.otherMerchant)).cardToken,
    'other account': async () => (await vaulted(coffer, {}, { merchantAccountId: 'store-2' })).cardToken,
    deleted: async () => {
      const token = await aToken(coffer)
      await coffer.call('vaults/deleteToken', { token })
      return token
    },
    nonce: () => aNonce(coffer),
  }

  test.each(tokenRows.filter(({ notFor }) => notFor !== verb))('of $situation is answered $code', async row => {
    const token = await tokens[row.change]!()
    const before = await rowCounts(coffer.system)
    const call = { token, merchantAccountId: 'store-1', email: 'ada@shop.example' }
    const answer = await coffer.call(`vaults/${verb}`, call)
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json.result).toEqual({
      resultCode: row.code,
      resultStatus: 'F',
      resultMessage: 'The card token does not exist.',
    })
    expect(await rowCounts(coffer.system)).toEqual(before)
  })

  test('of a token that is there is answered SUCCESS', async () => {
    const call = { token: await aToken(coffer), email: 'ada@shop.example' }
    const { json } = await coffer.call(`vaults/${verb}`, call)
    expect(json.result).toMatchObject({ resultCode: 'SUCCESS', resultStatus: 'S' })
  })
})
