/** Captures and refunds when calls come at the same time, and when something fails in between. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testCardNumber } from '../../../../packages/test-cards/src/index.js'
import { aPayRequest, aRequestId, aVaultingRequest, captureByCall } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
let token: string
beforeAll(async () => {
  coffer = await startSystem({ env: { COFFER_MOST_CAPTURES: '100' } })
  const card = { cardNo: testCardNumber({ brand: 'VISA' }) }
  token = (await coffer.vaultPaymentMethod(aVaultingRequest({ card }))).json.paymentMethodDetail.card.cardToken
})
afterAll(() => coffer?.stop())

async function paid(more: object = captureByCall): Promise<string> {
  const { json } = await coffer.call('payments/pay', aPayRequest(token, { amount: '1000', ...more }))
  expect(json.result.resultCode).toBe('SUCCESS')
  return json.paymentId
}

function capture(paymentId: string, value: string, more: object = {}) {
  const captureAmount = { currency: 'USD', value }
  return coffer.call('payments/capture', { captureRequestId: aRequestId('c'), paymentId, captureAmount, ...more })
}

const run = (text: string) => coffer.system.db.script(text)

/** What the issuer says that a payment has come to. */
async function accountOf(paymentId: string) {
  const { json } = await coffer.call('payments/inquiryPayment', { paymentId })
  const [account] = coffer.simulator.accounts({ rrn: json.paymentResultInfo.rrn })
  return account
}

test('the same last capture, sent several times at once, is carried out once and answered alike', async () => {
  for (let round = 0; round < 3; round += 1) {
    const paymentId = await paid()
    const same = { captureRequestId: aRequestId('c'), isLastCapture: true }
    const answers = await Promise.all(Array.from({ length: 4 }, () => capture(paymentId, '1000', same)))
    expect(new Set(answers.map(({ json }) => json.captureId)).size).toBe(1)
    for (const { json } of answers) expect(json.result.resultCode).toMatch(/^(SUCCESS|CAPTURE_IN_PROCESS)$/)
    expect(await accountOf(paymentId)).toMatchObject({ captured: '1000' })
  }
})

test('captures of more payments at once than there are connections to the database are all carried out', async () => {
  const payments = await Promise.all(Array.from({ length: 24 }, () => paid()))
  const answers = await Promise.all(payments.map(paymentId => capture(paymentId, '500')))
  expect(new Set(answers.map(({ json }) => json.result.resultCode))).toEqual(new Set(['SUCCESS']))
})

test('captures of one payment that begin and end beside each other all count, and none looks like money from nowhere', async () => {
  for (let round = 0; round < 4; round += 1) {
    const paymentId = await paid()
    const answers = await Promise.all(Array.from({ length: 40 }, () => capture(paymentId, '25')))
    expect(new Set(answers.map(({ json }) => json.result.resultCode))).toEqual(new Set(['SUCCESS']))
  }
  expect(coffer.logLines.filter(line => line.includes('"level":"error"'))).toEqual([])
})

test('a sale that its issuer has not taken note of can be refunded, and the issuer hears of both in their order', async () => {
  const paymentId = await paid({})
  const refundAmount = { currency: 'USD', value: '400' }
  const refundRequestId = aRequestId('r')
  const { json } = await coffer.call('payments/refund', { refundRequestId, paymentId, refundAmount })
  expect(json.result.resultCode).toBe('REFUND_IN_PROCESS')
  await coffer.advance(60_000)
  const looked = await coffer.call('payments/inquiryRefund', { refundRequestId })
  expect(looked.json).toMatchObject({ refundStatus: 'SUCCESS' })
  expect(await accountOf(paymentId)).toMatchObject({ captured: '1000', refunded: '400' })
})

test('a last capture has not ended before it is written down that the rest is to be given up', async () => {
  await run(`
    create function no_void() returns trigger language plpgsql as $$ begin raise exception 'cut off here'; end $$;
    create trigger no_void before insert on issuer_message for each row when (new.what = 'VOID') execute function no_void()`)
  const paymentId = await paid()
  // With the zeros of its data element, what stays looks like the beginning of this card's number: 4, and zeros.
  const { json } = await capture(paymentId, '304', { isLastCapture: true })
  expect(json.result.resultStatus).toBe('U')
  const inquiry = await coffer.call('payments/inquiryPayment', { paymentId })
  expect(inquiry.json.transactions).toMatchObject([{ transactionStatus: 'PROCESSING' }])

  await run('drop trigger no_void on issuer_message')
  await coffer.advance(60_000)
  expect(await accountOf(paymentId)).toMatchObject({ captured: '304', voided: '696' })
})
