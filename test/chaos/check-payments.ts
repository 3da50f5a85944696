/**
 * Judges payments when everything has settled: the vault's rows against the accounts that the issuer keeps by itself, and
 * against what merchants were notified of.
 */
import pg from 'pg'
import type { ShownAccount } from '../../apps/simulator/src/accounts.js'
import type { OperationRow, PaymentRow, Told } from './history.js'

const PAYMENTS = `
  select p.merchant_id as "clientId", p.payment_request_id as "paymentRequestId", p.payment_id as "paymentId", p.mode,
         p.state, p.result_code as "resultCode", p.amount::text, p.captured::text, p.refunded::text,
         p.released_at is not null as released,
         (select coalesce(jsonb_agg(e.detail order by e.seq), '[]') from vaulting_event e
          where (e.about, e.merchant_id, e.vaulting_request_id) = ('PAYMENT', p.merchant_id, p.payment_request_id)
            and e.kind = 'issuer.asked') as questions,
         (select count(*)::int from issuer_message m where m.subject = p.id) as "messagesOpen",
         (select count(*)::int from sealed_card c where c.id = p.id and c.use = 'PAYMENT') as "ownCards",
         (select coalesce(jsonb_agg(jsonb_build_object('kind', o.kind, 'requestId', o.request_id,
                   'operationId', o.operation_id, 'amount', o.amount::text, 'state', o.state,
                   'resultCode', o.result_code, 'byItself', o.by_itself,
                   'notifications', (select count(*) from notification n
                     where n.merchant_id = o.merchant_id and n.subject_id = o.request_id and n.resend_of is null
                       and n.kind = case o.kind when 'CAPTURE' then 'notifyCapture' else 'notifyRefund' end)
                 ) order by o.created_at, o.id), '[]')
          from payment_operation o where o.payment = p.id) as operations,
         (select count(*)::int from notification n where n.merchant_id = p.merchant_id
            and n.subject_id = p.payment_request_id and n.kind = 'notifyPayment' and n.resend_of is null)
           as notifications,
         (select count(*)::int from notification n where n.merchant_id = p.merchant_id and n.due_at is not null
            and (n.subject_id = p.payment_request_id
                 or n.subject_id in (select o.request_id from payment_operation o where o.payment = p.id)))
           as "notificationsOpen"
  from payment p`

export async function paymentsIn(databaseUrl: string): Promise<PaymentRow[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<PaymentRow>(PAYMENTS)).rows
  } finally {
    await client.end()
  }
}

/** Whether nothing about a payment is on its way any more. */
export const isSettled = ({ state, messagesOpen, notificationsOpen, operations }: PaymentRow) =>
  state !== 'PROCESSING' && !messagesOpen && !notificationsOpen && operations.every(one => one.state !== 'PROCESSING')

export const keyOfPayment = ({ clientId, paymentRequestId }: Pick<PaymentRow, 'clientId' | 'paymentRequestId'>) =>
  `${clientId}/${paymentRequestId}`

/** @returns one line per disagreement */
export function checkPayments(
  payments: readonly PaymentRow[],
  accounts: readonly ShownAccount[],
  told: readonly Told[],
): string[] {
  const byRrn = new Map(accounts.map(account => [account.rrn, account]))
  const owned = new Set(payments.flatMap(({ questions }) => questions.map(({ rrn }) => rrn)))
  const bodies = collectTold(told)
  return [
    ...accounts.flatMap(({ rrn }) => (owned.has(rrn) ? [] : [`the issuer has an account of no payment, ${rrn}`])),
    ...payments.flatMap(payment => [
      ...inItself(payment),
      ...atTheIssuer(payment, byRrn),
      ...asNotified(payment, bodies),
    ]),
  ]
}

function inItself(payment: PaymentRow): string[] {
  const key = keyOfPayment(payment)
  const complaints: string[] = []
  const { operations, amount, captured, refunded } = payment
  if (payment.state === 'PROCESSING') complaints.push(`${key}: is still in process`)
  if (payment.messagesOpen) complaints.push(`${key}: the issuer has not taken note of something`)
  if (payment.ownCards) complaints.push(`${key}: is decided, and its own card is still there`)
  if (operations.some(({ state }) => state === 'PROCESSING')) complaints.push(`${key}: an operation is under way`)
  if (sum(operations, 'CAPTURE') !== BigInt(captured)) complaints.push(`${key}: captured ${captured}, not its captures`)
  if (sum(operations, 'REFUND') !== BigInt(refunded)) complaints.push(`${key}: refunded ${refunded}, not its refunds`)
  if (BigInt(refunded) > BigInt(captured) || BigInt(captured) > BigInt(amount)) {
    complaints.push(`${key}: ${refunded} of ${captured} of ${amount}`)
  }
  for (const { kind, requestId, state, resultCode } of operations) {
    // An issuer refuses nothing that the rules allow, unless the payment was cancelled meanwhile.
    if (state === 'FAIL' && payment.state !== 'CANCELLED') {
      complaints.push(`${key}: the issuer refused ${kind} ${requestId}, ${resultCode}`)
    }
  }
  return complaints
}

const sum = (operations: readonly OperationRow[], kind: OperationRow['kind']) =>
  operations
    .filter(one => one.kind === kind && one.state === 'SUCCESS')
    .reduce((total, one) => total + BigInt(one.amount), 0n)

function atTheIssuer(payment: PaymentRow, byRrn: ReadonlyMap<string, ShownAccount>): string[] {
  const key = keyOfPayment(payment)
  const accounts = payment.questions.flatMap(({ rrn }) => byRrn.get(rrn) ?? [])
  const standing = accounts.filter(({ reversed }) => !reversed)
  const has = ({ captured, refunded, voided, authorised }: ShownAccount) =>
    `${captured} captured, ${refunded} refunded, ${voided} voided of ${authorised}`
  if (payment.state !== 'AUTHORISED') {
    return standing.map(account => `${key}: is ${payment.state}, and the issuer has ${has(account)}`)
  }
  const account = standing[0] ?? accounts[0]
  if (!account || standing.length > 1) return [`${key}: is authorised, and the issuer has ${accounts.length} accounts`]
  const left = BigInt(payment.amount) - BigInt(payment.captured)
  const expected = {
    authorised: payment.amount,
    captured: payment.captured,
    refunded: payment.refunded,
    voided: payment.released ? String(left) : '0',
  }
  const agrees = Object.entries(expected).every(([what, digits]) => account[what as keyof typeof expected] === digits)
  const { captured, refunded, voided, authorised } = expected
  if (agrees && account.reversed === (payment.released && payment.captured === '0')) return []
  return [
    `${key}: the issuer has ${has(account)}, and should have ${captured}, ${refunded}, ${voided} of ${authorised}`,
  ]
}

/** What a merchant was notified of, by merchant, kind and id. */
function collectTold(told: readonly Told[]): Map<string, Told[]> {
  const bodies = new Map<string, Told[]>()
  for (const each of told) {
    const { notifyType, paymentRequestId, captureRequestId, refundRequestId } = JSON.parse(each.body) as {
      notifyType?: string
      [id: string]: string | undefined
    }
    const subject = captureRequestId ?? refundRequestId ?? paymentRequestId
    if (notifyType === undefined) continue
    const key = `${each.clientId} ${notifyType} ${subject}`
    bodies.set(key, [...(bodies.get(key) ?? []), each])
  }
  return bodies
}

function asNotified(payment: PaymentRow, bodies: ReadonlyMap<string, readonly Told[]>): string[] {
  const key = keyOfPayment(payment)
  const { clientId, paymentRequestId, paymentId } = payment
  const wanted = [
    {
      what: `PAYMENT_RESULT ${paymentRequestId}`,
      series: payment.notifications,
      code: payment.resultCode,
      amount: payment.amount,
    },
    // What moved with the approval is told with it.
    ...payment.operations
      .filter(({ byItself }) => !byItself || payment.mode === 'AUTOMATIC')
      .map(one => ({
        what: `${one.kind}_RESULT ${one.requestId}`,
        series: one.notifications,
        code: one.resultCode,
        amount: one.amount,
      })),
  ]
  return wanted.flatMap(({ what, series, code, amount }) => {
    const received = bodies.get(`${clientId} ${what}`) ?? []
    const complaints: string[] = []
    if (series !== 1) complaints.push(`${key}: ${what} has ${series} series of notifications`)
    if (received.length === 0) return [...complaints, `${key}: nobody was notified of ${what}`]
    if (received.some(({ verified }) => !verified)) complaints.push(`${key}: ${what} was not signed`)
    if (new Set(received.map(({ body }) => body)).size > 1) complaints.push(`${key}: two notifications ${what} differ`)
    const body = JSON.parse(received[0]!.body)
    const money = body.paymentAmount ?? body.captureAmount ?? body.refundAmount
    if (body.result.resultCode !== code) complaints.push(`${key}: ${what} told ${body.result.resultCode}, not ${code}`)
    if (money?.value !== amount) complaints.push(`${key}: ${what} told ${money?.value}, not ${amount}`)
    if (body.paymentId !== undefined && body.paymentId !== paymentId) complaints.push(`${key}: ${what} is of another`)
    return complaints
  })
}
