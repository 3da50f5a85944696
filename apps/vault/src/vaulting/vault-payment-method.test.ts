import { afterAll, beforeAll, expect, test } from 'vitest'
import { aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

test('a card that the issuer approves is stored and answered with its token', async () => {
  const request = aVaultingRequest({ card: { cardNo: '4054695723100768' } })
  const answer = await coffer.vaultPaymentMethod(request)
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json).toMatchObject({
    result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' },
    vaultingRequestId: request.vaultingRequestId,
    paymentMethodDetail: {
      paymentMethodType: 'CARD',
      card: { brand: 'VISA', maskedCardNo: '************0768', cardToken: expect.stringMatching(/^cof_[\w-]{43}$/) },
    },
  })
})

test('a second request with the same id and another card is refused', async () => {
  const vaultingRequestId = aRequestId()
  await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId }))
  const again = await coffer.vaultPaymentMethod(
    aVaultingRequest({ vaultingRequestId, card: { cardNo: '5162774114974622' } }),
  )
  expect(again.json.result).toMatchObject({ resultStatus: 'F', resultCode: 'REPEAT_REQ_INCONSISTENT' })
})

test('a repeat that differs only in its CVV hears the original answer, byte for byte', async () => {
  const vaultingRequestId = aRequestId()
  const first = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId }))
  const again = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId, card: { cvv: '999' } }))
  expect(again.text).toBe(first.text)
})

test('a final result is notified three seconds later, and again on the schedule until it is acknowledged', async () => {
  const url = `${coffer.receiver.url}/notify?shop=1`
  coffer.receiver.answer((_request, nth) => (nth < 3 ? { status: 500, body: '' } : { status: 200, body: ACK }))
  const { vaultingRequestId } = await vault({ vaultingNotificationUrl: url })
  await coffer.advance(2_900)
  expect(coffer.receiver.received).toHaveLength(0)
  await coffer.advance(24 * 3_600_000)
  expect(coffer.receiver.received).toHaveLength(3)
  expect(new Set(coffer.receiver.received.map(({ body }) => body.toString())).size).toBe(1)
  expect(coffer.receiver.received[0]!.json).toMatchObject({ vaultingRequestId, vaultingStatus: 'SUCCESS' })
})

const ACK = '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}'

async function vault(request: Parameters<typeof aVaultingRequest>[0]) {
  const full = aVaultingRequest(request)
  await coffer.vaultPaymentMethod(full)
  return full
}
