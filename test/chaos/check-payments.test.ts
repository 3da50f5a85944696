/** The judge of payments: what agrees passes, and each way to disagree does not. */
import { expect, test } from 'vitest'
import type { ShownAccount } from '../../apps/simulator/src/accounts.js'
import { checkLedger } from './check-ledger.js'
import { checkPaymentCalls } from './check-payment-calls.js'
import { checkPayments } from './check-payments.js'
import type { LedgerLine, OperationRow, PaymentRow, Told } from './history.js'
import type { PaymentCall } from './payment-load.js'

const question = { rrn: '632719000001', stan: '000001', transmittedAt: '1123190000' }

const captured = (more: Partial<OperationRow> = {}): OperationRow => ({
  kind: 'CAPTURE',
  requestId: 'c-1',
  operationId: '9',
  amount: '600',
  state: 'SUCCESS',
  resultCode: 'SUCCESS',
  byItself: false,
  notifications: 1,
  ...more,
})

const payment = (more: Partial<PaymentRow> = {}): PaymentRow => ({
  clientId: 'A',
  paymentRequestId: 'p-1',
  paymentId: '7',
  mode: 'MANUAL',
  state: 'AUTHORISED',
  resultCode: 'SUCCESS',
  amount: '1000',
  captured: '600',
  refunded: '0',
  released: true,
  questions: [question],
  messagesOpen: 0,
  ownCards: 0,
  operations: [captured()],
  notifications: 1,
  notificationsOpen: 0,
  ...more,
})

const account = (more: Partial<ShownAccount> = {}): ShownAccount => ({
  ...{ ...question, acquirerId: '1', terminalId: 'T', merchantId: 'A', network: 'VISA', currency: '840' },
  ...{
    kind: 'authorisation',
    authorised: '1000',
    captured: '600',
    refunded: '0',
    voided: '400',
    reversed: false,
    at: '',
  },
  ...more,
})

const undone = account({ captured: '0', voided: '1000', reversed: true })

const result = (resultCode: string) => ({ result: { resultCode } })
const notified = (body: object): Told => ({ clientId: 'A', verified: true, body: JSON.stringify(body) })
const ofPayment = (code = 'SUCCESS', value = '1000') =>
  notified({
    ...{ notifyType: 'PAYMENT_RESULT', paymentRequestId: 'p-1', paymentId: '7', paymentAmount: { value } },
    ...result(code),
  })
const ofCapture = notified({
  ...{ notifyType: 'CAPTURE_RESULT', captureRequestId: 'c-1', paymentId: '7', captureAmount: { value: '600' } },
  ...result('SUCCESS'),
})

const told = [ofPayment(), ofPayment(), ofCapture]
const failed = payment({ state: 'FAIL', resultCode: 'PROCESS_FAIL', captured: '0', released: false, operations: [] })

test.each<[string, PaymentRow, ShownAccount[], Told[]]>([
  ['a capture whose rest is given up', payment(), [account()], told],
  ['a failure that was taken back', failed, [undone], [ofPayment('PROCESS_FAIL')]],
  ['a failure that the issuer never heard of', failed, [], [ofPayment('PROCESS_FAIL')]],
  ['one that was cancelled after its capture', payment({ state: 'CANCELLED', released: false }), [undone], told],
])('%s agrees', (_what, row, accounts, heard) => {
  expect(checkPayments([row], accounts, heard)).toEqual([])
})

test.each<[string, PaymentRow, ShownAccount[], Told[], RegExp]>([
  ['a rest that is held', payment(), [account({ voided: '0' })], told, /should have 600, 0, 400/],
  ['a capture that the issuer has not got', payment(), [account({ captured: '0' })], told, /should have/],
  ['a failure that stands', failed, [account()], [ofPayment('PROCESS_FAIL')], /is FAIL, and the issuer has 600/],
  ['a cancelled one that stands', payment({ state: 'CANCELLED' }), [account()], told, /is CANCELLED, and/],
  ['a success that nobody approved', payment(), [], told, /the issuer has 0 accounts/],
  ['an account of nobody', payment(), [account(), account({ rrn: '1' })], told, /of no payment/],
  ['sums that are not those of the parts', payment({ captured: '500' }), [account()], told, /not its captures/],
  ['what is still told', payment({ messagesOpen: 1 }), [account()], told, /not taken note/],
  ['a card that is still there', payment({ ownCards: 1 }), [account()], told, /own card/],
  ['two series', payment({ notifications: 2 }), [account()], told, /2 series/],
  ['nobody told', payment(), [account()], [ofPayment()], /nobody was notified of CAPTURE_RESULT/],
  ['another amount told', payment(), [account()], [ofPayment('SUCCESS', '1'), ofCapture], /told 1, not 1000/],
  ['another result told', payment(), [account()], [ofPayment('PROCESS_FAIL'), ofCapture], /told PROCESS_FAIL/],
])('%s does not', (_what, row, accounts, heard, complaint) => {
  expect(checkPayments([row], accounts, heard).join('\n')).toMatch(complaint)
})

const line = (kind: LedgerLine['kind'], more: Partial<LedgerLine> = {}): LedgerLine => ({
  ...{ ...question, kind, mti: '0100', dialect: 'visa-like', responseCode: '00' },
  ...more,
})

test('the ledger knows payments, their advices and reversals, each question once', () => {
  const about = { mti: '0220', original: { ...question, acquirerId: '1' }, stan: '000005' }
  const lines = [
    line('payment'),
    line('advice', about),
    line('reversal', { ...about, mti: '0400', effect: 'reversed' }),
  ]
  expect(checkLedger([], lines, [payment()])).toEqual([])
  expect(checkLedger([], [line('payment'), line('payment')], [payment()]).join()).toMatch(/asked for its money 2 times/)
  expect(checkLedger([], [line('payment')]).join()).toMatch(/of no payment/)
  expect(checkLedger([], [line('advice', about)]).join()).toMatch(/of no payment/)
  const other = payment({ paymentRequestId: 'p-2' })
  expect(checkLedger([], [], [payment(), other]).join()).toMatch(/the name of one of A\/p-1/)
})

const call = (
  verb: 'pay' | 'capture' | 'cancel',
  code: string,
  final = false,
  status = 'S',
  id = '7',
): PaymentCall => ({
  order: { verb, id: verb === 'capture' ? 'c-1' : 'p-1', body: '', amount: 600n },
  clientId: 'A',
  final,
  answer: {
    ...{ status: 200, verified: true },
    text: JSON.stringify({ result: { resultCode: code, resultStatus: status }, paymentId: id }),
  },
})

const once = call('pay', 'SUCCESS')
const last = call('pay', 'SUCCESS', true)

test.each<[string, PaymentCall[], PaymentRow[], RegExp | undefined]>([
  ['the same answer twice', [once, last], [payment()], undefined],
  ['an answer that is gone', [once], [], /is gone/],
  ['another result', [once, call('pay', 'PROCESS_FAIL', true, 'F')], [payment()], /the result changed/],
  ['another paymentId', [once, call('pay', 'SUCCESS', true, 'S', '8')], [payment()], /2 paymentIds/],
  ['a success that failed', [once, last], [failed], /was SUCCESS and is PROCESS_FAIL/],
  ['a cancellation that is lost', [call('cancel', 'SUCCESS')], [payment()], /was told to be cancelled/],
  ['a capture that is gone', [call('capture', 'SUCCESS')], [payment({ operations: [] })], /is gone/],
  [
    'a capture that failed after all',
    [call('capture', 'SUCCESS')],
    [payment({ operations: [captured({ state: 'FAIL' })] })],
    /succeeded and is FAIL/,
  ],
  ['silence', [{ ...once, hung: true }], [payment()], /neither an answer/],
])('of answers, %s is judged', (_what, calls, rows, complaint) => {
  const said = checkPaymentCalls(calls, rows).join('\n')
  if (complaint) expect(said).toMatch(complaint)
  else expect(said).toBe('')
})
