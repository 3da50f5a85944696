/** Payments as a merchant makes them, and all that must follow from how one ended. */
import { expect } from 'vitest'
import type { PayRequest } from '../../packages/antom/src/index.js'
import { aCard, aPayRequest, aVaultingRequest } from '../support/builders.js'
import type { MerchantKeys } from '../support/merchant-client.js'
import type { TestSystem } from '../support/start-system.js'
import { select } from './stored-rows.js'

type Meta = NonNullable<PayRequest['paymentMethod']['paymentMethodMetaData']>

/** A card in the metadata of a payment, where no token stands for it. */
export function rawCard(change: object = {}): Meta {
  const { cardNo, expiryYear, expiryMonth, cvv } = aCard()
  return { cardNo, expiryYear, expiryMonth, cvv: cvv!, ...change }
}

/** Vaults a card. @returns its token */
export async function aToken(coffer: TestSystem, card: object = {}): Promise<string> {
  return (await vaulted(coffer, card)).cardToken as string
}

/** Vaults a card. @returns the card as it was answered */
export async function vaulted(coffer: TestSystem, card: object = {}, more: object = {}, as = coffer.merchant) {
  const { json } = await coffer.vaultPaymentMethod({ ...aVaultingRequest({ card }), ...more }, { as })
  expect(json.result).toMatchObject({ resultCode: 'SUCCESS' })
  return json.paymentMethodDetail.card
}

/** Makes a nonce of a card. */
export async function aNonce(coffer: TestSystem, card: object = {}): Promise<string> {
  const { json } = await coffer.call('vaults/fetchNonce', { card: { ...aCard(), ...card } })
  expect(json.result).toMatchObject({ resultCode: 'SUCCESS' })
  return json.cardToken
}

export const pay = (coffer: TestSystem, request: object, as: MerchantKeys = coffer.merchant) =>
  coffer.call('payments/pay', request, { as })

/** Pays with a card. @returns the answer to a payment that succeeded */
export async function paid(coffer: TestSystem, request: Partial<PayRequest> & { meta?: Meta } = {}) {
  const { json } = await pay(coffer, aPayRequest(undefined, { meta: rawCard(), ...request }))
  expect(json.result).toMatchObject({ resultCode: 'SUCCESS' })
  return json
}

/** A request to pay that is notified to the receiver. */
export const notifiedPayRequest = (
  coffer: TestSystem,
  token: string | undefined,
  more: NonNullable<Parameters<typeof aPayRequest>[1]> = {},
) => aPayRequest(token, { paymentNotifyUrl: `${coffer.receiver.url}/p`, ...more })

/** How many notifications of a kind the merchant got of an id of his. */
export function notified(coffer: TestSystem, name: string, id: string, notifyType?: string) {
  const about = coffer.receiver.received.map(({ json }) => json).filter(json => json[name] === id)
  return notifyType === undefined ? about : about.filter(json => json.notifyType === notifyType)
}

/** What the issuers were asked for money. */
export const moneyAsked = (coffer: TestSystem) => coffer.simulator.log().filter(({ kind }) => kind === 'payment')

/** Sends a payment and looks at all that must follow from its outcome; at the notification where one is asked for. */
export async function expectPayment(coffer: TestSystem, request: PayRequest, code: string) {
  const answer = await pay(coffer, request)
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result.resultCode).toBe(code)
  if (request.paymentNotifyUrl !== undefined) await coffer.advance(3_000)
  expect(await expectTold(coffer, request, code)).toBe(answer.text)
  return answer.json
}

/** Waits until a payment is decided, and looks at what follows from that. */
export async function expectEnded(coffer: TestSystem, request: PayRequest, code: string) {
  const { paymentRequestId } = request
  const status = async () =>
    (await coffer.call('payments/inquiryPayment', { paymentRequestId })).json.paymentStatus as string
  await expect.poll(status).not.toBe('PROCESSING')
  await coffer.advance(3_000)
  await expectTold(coffer, request, code)
}

/** The same code in a repeat, both inquiries and the one notification; a card that is not to be stored is gone. */
export async function expectTold(coffer: TestSystem, request: PayRequest, code: string): Promise<string> {
  const { paymentRequestId } = request
  const succeeded = code === 'SUCCESS'
  const result = { resultCode: code, resultStatus: succeeded ? 'S' : 'F', resultMessage: expect.any(String) }

  const again = await pay(coffer, request)
  expect(again.json).toMatchObject({
    result,
    paymentRequestId,
    paymentId: expect.stringMatching(/^[0-9]{34}$/),
    paymentAmount: request.paymentAmount,
  })
  const { paymentId, paymentResultInfo, paymentTime } = again.json
  expect(paymentTime === undefined).toBe(!succeeded)

  for (const by of [{ paymentRequestId }, { paymentId }]) {
    const inquiry = await coffer.call('payments/inquiryPayment', by)
    expect(inquiry.json).toMatchObject({
      result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' },
      paymentStatus: succeeded ? 'SUCCESS' : 'FAIL',
      paymentResultCode: code,
      paymentResultMessage: again.json.result.resultMessage,
      paymentRequestId,
      paymentId,
      paymentResultInfo,
    })
  }
  if (request.paymentNotifyUrl !== undefined) {
    expect(notified(coffer, 'paymentRequestId', paymentRequestId)).toEqual([
      expect.objectContaining({
        notifyType: 'PAYMENT_RESULT',
        result: again.json.result,
        paymentId,
        paymentAmount: request.paymentAmount,
        paymentResultInfo,
      }),
    ])
  }
  // An approval may have come with it; its card is needed until that is taken back.
  if (code === 'INVALID_CVV') await coffer.advance(0)
  const kept = await cardsOf(coffer, paymentId)
  const tokenized = request.paymentMethod.paymentMethodMetaData?.tokenize === true
  expect(kept).toEqual(succeeded && tokenized ? ['TOKEN'] : [])
  return again.text
}

/** What a payment's own card is kept as: nothing, once it is decided and not to be stored. */
export async function cardsOf(coffer: TestSystem, paymentId: string): Promise<string[]> {
  const rows = await select(
    coffer.system,
    'select c.use from sealed_card c join payment p on p.id = c.id where p.payment_id = $1',
    [paymentId],
  )
  return rows.map(({ use }) => String(use))
}

/** How a payment stands at its issuer. */
export function accountOf(coffer: TestSystem, paid: { paymentResultInfo: { rrn?: string } }) {
  const [account, ...more] = coffer.simulator.accounts({ rrn: paid.paymentResultInfo.rrn! })
  expect(more).toEqual([])
  return account
}
