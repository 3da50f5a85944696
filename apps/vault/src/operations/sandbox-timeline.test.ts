import { afterAll, beforeAll, expect, test } from 'vitest'
import { aPayRequest, aRequestId, aVaultingRequest, captureByCall } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const address = (id: string, query = '') =>
  `${coffer.opsUrl}/sandbox/timeline/${coffer.merchant.clientId}/${encodeURIComponent(id)}${query}`
const kinds = async (id: string, query = '') =>
  ((await (await fetch(address(id, query))).json()) as { events: { kind: string }[] }).events.map(({ kind }) => kind)
const page = async (id: string, query = '') =>
  (await fetch(address(id, query), { headers: { accept: 'text/html' } })).text()

/** A token, and a payment with it that is captured and given back. */
async function paidAndRefunded(id: { vaulting: string; payment: string }) {
  const vaulted = (await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId: id.vaulting }))).json
  const token = vaulted.paymentMethodDetail.card.cardToken
  const request = aPayRequest(token, { paymentRequestId: id.payment, amount: '1000', ...captureByCall })
  const { paymentId } = (await coffer.call('payments/pay', request)).json
  const money = { currency: 'USD', value: '1000' }
  await coffer.call('payments/capture', { captureRequestId: aRequestId('c'), paymentId, captureAmount: money })
  await coffer.call('payments/refund', { refundRequestId: aRequestId('r'), paymentId, refundAmount: money })
}

test('the timeline of a payment is found by its id, as JSON and as a page that knows all that happened', async () => {
  const id = { vaulting: aRequestId('v'), payment: aRequestId('p') }
  await paidAndRefunded(id)
  const ofPayment = await kinds(id.payment, '?about=payment')
  expect(ofPayment).toEqual(
    expect.arrayContaining(['payment.concluded', 'capture.asked', 'capture.concluded', 'refund.asked']),
  )
  expect(await kinds(id.payment)).toEqual(ofPayment)
  expect(await kinds(id.payment, '?about=vaulting')).toEqual([])
  expect(await kinds(id.vaulting, '?about=payment')).toEqual([])
  expect(await kinds(id.vaulting, '?about=anything')).toContain('vaulting.concluded')
  const html = await page(id.payment)
  expect(html).toContain(`<h1>Timeline of payment ${id.payment}</h1>`)
  // What has no words of its own is shown by its kind.
  for (const kind of new Set(ofPayment)) expect(html).not.toContain(`>${kind}<`)
})

test('a vaulting and a payment of the same id have a timeline each', async () => {
  const same = aRequestId('same')
  await paidAndRefunded({ vaulting: same, payment: same })
  expect(await kinds(same)).toContain('vaulting.concluded')
  expect(await kinds(same)).not.toContain('payment.concluded')
  expect(await kinds(same, '?about=payment')).toContain('payment.concluded')
  expect(await kinds(same, '?about=payment')).not.toContain('vaulting.concluded')
})

test('another merchant’s payment is not found, nor what nobody knows', async () => {
  const id = { vaulting: aRequestId('v'), payment: aRequestId('p') }
  await paidAndRefunded(id)
  const other = `${coffer.opsUrl}/sandbox/timeline/${coffer.otherMerchant.clientId}/${id.payment}`
  expect(await (await fetch(other)).json()).toEqual({ events: [] })
  expect(await page('nothing')).toContain('is the client id right, and the vaultingRequestId or paymentRequestId?')
})
