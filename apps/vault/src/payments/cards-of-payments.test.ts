/** Cards that come with a payment or a nonce: over which network, on whose initiative, and for whom they are kept. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards } from '../../../../packages/test-cards/src/index.js'
import { aNonce, moneyAsked, pay, rawCard, vaulted } from '../../../../test/result-codes/paying.js'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aPayRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

/** Issued outside the EEA, with UnionPay beside the first brand. */
const VISA_AND_CUP = '4000015600100002'
/** Issued in France, with Cartes Bancaires. */
const VISA_AND_CB = '4000002500100001'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const askedOf = () => moneyAsked(coffer).at(-1)!

describe('a brand that is selected with a nonce', () => {
  test('is the one that is charged', async () => {
    const { json } = await pay(
      coffer,
      aPayRequest(await aNonce(coffer, { cardNo: VISA_AND_CUP, selectedCardBrand: 'CUP' })),
    )
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(askedOf().network).toBe('CUP')
  })

  test('spares the buyer a question in the EEA', async () => {
    const card = { cardNo: VISA_AND_CB, selectedCardBrand: 'CARTES_BANCAIRES' }
    const request = aPayRequest(await aNonce(coffer, card), { meta: { is3DSAuthentication: false } })
    const { json } = await pay(coffer, request)
    const rows = await select(coffer.system, 'select detail from vaulting_event where vaulting_request_id = $1', [
      request.paymentRequestId,
    ])
    expect(JSON.stringify(rows)).not.toContain('"for":"brand"')
    expect(json.result.resultCode).toMatch(/^(SUCCESS|PAYMENT_IN_PROCESS)$/)
  })

  test('gives way to one that the payment selects, and not to the AMEX that an SDK always sends', async () => {
    for (const [selectedCardBrand, network] of [
      ['VISA', 'VISA'],
      ['AMEX', 'CUP'],
    ] as const) {
      const nonce = await aNonce(coffer, { cardNo: VISA_AND_CUP, selectedCardBrand: 'CUP' })
      const { json } = await pay(coffer, aPayRequest(nonce, { meta: { selectedCardBrand } }))
      expect(json.result.resultCode).toBe('SUCCESS')
      expect(askedOf().network).toBe(network)
    }
  })
})

describe('a merchant-initiated payment', () => {
  const mit = { recurringType: 'SCHEDULED', networkTransactionId: '012345678901234' }

  test.each(['with the number', 'with a nonce'])('never waits for a buyer to choose a brand: %s', async how => {
    const request =
      how === 'with a nonce'
        ? aPayRequest(await aNonce(coffer, { cardNo: VISA_AND_CB }), { meta: mit })
        : aPayRequest(undefined, { meta: rawCard({ cardNo: VISA_AND_CB, ...mit }) })
    const { json } = await pay(coffer, request)
    expect(json.result.resultStatus).not.toBe('U')
    expect(json).not.toHaveProperty('normalUrl')
    expect(askedOf()).toMatchObject({ network: 'VISA', initiatedBy: 'merchant' })
  })
})

test('a card that its merchant has on file goes to the issuer as one that is stored', async () => {
  await pay(coffer, aPayRequest(undefined, { meta: rawCard() }))
  const once = askedOf()
  await pay(coffer, aPayRequest(undefined, { meta: rawCard({ isCardOnFile: true }) }))
  const onFile = askedOf()
  expect(once).not.toHaveProperty('storedCredential')
  expect(onFile).toMatchObject({ storedCredential: 'C', initiatedBy: 'buyer' })
})

test('a card that a payment stores for one account of the merchant pays for no other one', async () => {
  const first = aPayRequest(undefined, { merchantAccountId: 'A', meta: rawCard({ tokenize: true }) })
  const token = (await pay(coffer, first)).json.paymentResultInfo.cardToken as string
  const payFor = async (merchantAccountId: string) =>
    (await pay(coffer, aPayRequest(token, { merchantAccountId }))).json.result.resultCode
  expect(await payFor('B')).toBe('INVALID_PAYMENT_METHOD_META_DATA')
  expect(await payFor('A')).toBe('SUCCESS')
})

test('a payment that stores nothing does not keep the name of a number whose last card is deleted', async () => {
  const { number: cardNo } = namedTestCards.challengeThenApprove
  const { cardToken: token, fingerprint } = await vaulted(coffer, { cardNo })
  const waiting = await pay(coffer, aPayRequest(undefined, { meta: rawCard({ cardNo, is3DSAuthentication: true }) }))
  expect(waiting.json.result.resultCode).toBe('PAYMENT_IN_PROCESS')
  await coffer.call('vaults/deleteToken', { token })
  expect(await select(coffer.system, 'select from card_fingerprint where public_id = $1', [fingerprint])).toEqual([])
})
