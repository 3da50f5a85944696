/** Judges what merchants were answered about payments: what was told once stays so, and is what the rows say in the end. */
import { keyOfPayment } from './check-payments.js'
import type { OperationRow, PaymentRow } from './history.js'
import type { PaymentCall, Verb } from './payment-load.js'

interface Said {
  status: 'S' | 'F' | 'U'
  code: string
  paymentId: string | undefined
  text: string
  final: boolean
}

/** Refusals of what a payment does not allow: they claim nothing, and another time may be answered otherwise. */
const refusals: Record<Verb, readonly string[]> = {
  pay: [],
  capture: [
    'AUTH_CANCELLED',
    'AUTH_EXPIRED',
    'ORDER_STATUS_INVALID',
    'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT',
    'PAYMENT_COUNT_EXCEED_LIMIT',
  ],
  refund: ['ORDER_IS_CANCELED', 'ORDER_STATUS_INVALID', 'REFUND_AMOUNT_EXCEED', 'REFUND_WINDOW_EXCEED'],
  cancel: ['ORDER_STATUS_INVALID', 'PROCESS_FAIL', 'CANCEL_WINDOW_EXCEED'],
}

/** Ends of a payment that a load of these cards can have. */
const failures = ['DO_NOT_HONOR', 'PROCESS_FAIL', 'ORDER_IS_CLOSED']

const underWay = ['UNKNOWN_EXCEPTION', 'CAPTURE_IN_PROCESS', 'REFUND_IN_PROCESS']

/** @returns one line per broken promise */
export function checkPaymentCalls(calls: readonly PaymentCall[], payments: readonly PaymentRow[]): string[] {
  const byKey = new Map(payments.map(payment => [keyOfPayment(payment), payment]))
  const operations = new Map<string, OperationRow>()
  for (const payment of payments) {
    for (const one of payment.operations) operations.set(`${payment.clientId}/${one.kind} ${one.requestId}`, one)
  }
  const groups = new Map<string, PaymentCall[]>()
  for (const call of calls) {
    const key = `${call.order.verb} ${call.clientId}/${call.order.id}`
    groups.set(key, [...(groups.get(key) ?? []), call])
  }
  return [...groups].flatMap(([key, group]) => {
    const { order, clientId } = group[0]!
    const said = group.flatMap(({ answer, final }) => (answer ? [{ ...read(answer.text), final }] : []))
    const payment = byKey.get(`${clientId}/${order.id}`)
    const complaints = group.flatMap(call => wellAnswered(key, call))
    if (order.verb === 'pay') complaints.push(...paid(key, said, payment))
    else if (order.verb === 'cancel') complaints.push(...cancelled(key, said, payment))
    else {
      const kind = order.verb === 'capture' ? 'CAPTURE' : 'REFUND'
      complaints.push(...operated(key, said, operations.get(`${clientId}/${kind} ${order.id}`), String(order.amount)))
    }
    return complaints
  })
}

function wellAnswered(key: string, { order, answer, hung }: PaymentCall): string[] {
  if (hung) return [`${key}: got neither an answer nor a broken connection`]
  if (!answer) return []
  if (answer.status !== 200 || !answer.verified) return [`${key}: was answered with HTTP ${answer.status}`]
  const { status, code } = read(answer.text)
  const more = order.verb === 'pay' ? [...failures, 'ORDER_IS_CANCELED'] : refusals[order.verb]
  return status === 'S' || [...underWay, ...more].includes(code) ? [] : [`${key}: was answered ${code}`]
}

function paid(key: string, said: readonly Said[], payment: PaymentRow | undefined): string[] {
  const complaints: string[] = []
  const results = said.filter(({ status, code }) => status !== 'U' && code !== 'ORDER_IS_CANCELED')
  const ids = new Set(said.flatMap(({ paymentId }) => paymentId ?? []))
  if (new Set(results.map(({ text }) => text)).size > 1) complaints.push(`${key}: the result changed`)
  if (ids.size > 1) complaints.push(`${key}: has ${ids.size} paymentIds`)
  if (!payment) return said.some(({ status }) => status !== 'U') ? [...complaints, `${key}: is gone`] : complaints
  if (ids.size === 1 && !ids.has(payment.paymentId)) complaints.push(`${key}: has another paymentId than it was told`)
  const [first] = results
  const isCancelled = payment.state === 'CANCELLED'
  if (first && first.code !== payment.resultCode)
    complaints.push(`${key}: was ${first.code} and is ${payment.resultCode}`)
  if (said.some(({ code }) => code === 'ORDER_IS_CANCELED') && !isCancelled) {
    complaints.push(`${key}: was told to be cancelled and is ${payment.state}`)
  }
  const last = said.find(({ final }) => final)
  const expected = isCancelled ? 'ORDER_IS_CANCELED' : payment.resultCode
  if (last?.code !== expected) complaints.push(`${key}: is ${expected}, and the last answer was ${last?.code}`)
  return complaints
}

function cancelled(key: string, said: readonly Said[], payment: PaymentRow | undefined): string[] {
  const done = said.filter(({ status }) => status === 'S')
  if (done.length === 0) return []
  if (payment?.state !== 'CANCELLED') return [`${key}: was told to be cancelled and is ${payment?.state}`]
  return new Set(done.map(({ text }) => text)).size > 1 ? [`${key}: was answered otherwise the second time`] : []
}

function operated(key: string, said: readonly Said[], row: OperationRow | undefined, amount: string): string[] {
  const complaints: string[] = []
  const done = said.filter(({ status }) => status === 'S')
  if (new Set(done.map(({ text }) => text)).size > 1) complaints.push(`${key}: the result changed`)
  const begun = done.length > 0 || said.some(({ code }) => /_IN_PROCESS$/.test(code))
  if (!row) return begun ? [...complaints, `${key}: is gone`] : complaints
  if (row.amount !== amount) complaints.push(`${key}: is of ${row.amount} and was asked for ${amount}`)
  if (done.length && row.state !== 'SUCCESS') complaints.push(`${key}: succeeded and is ${row.state}`)
  const last = said.find(({ final }) => final)
  if (last?.code !== row.resultCode)
    complaints.push(`${key}: is ${row.resultCode}, and the last answer was ${last?.code}`)
  return complaints
}

function read(text: string): Omit<Said, 'final'> {
  const { result, paymentId } = JSON.parse(text) as {
    result: { resultStatus: Said['status']; resultCode: string }
    paymentId?: string
  }
  return { status: result.resultStatus, code: result.resultCode, paymentId, text }
}
