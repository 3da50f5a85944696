/** Paying with the SDK, against a gateway that signs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  answer,
  cardNo,
  clientId,
  type FakeGateway,
  hangUp,
  keys,
  options,
  quickWorld,
  result,
  startGateway,
  thrown,
} from '../test/fake-gateway.js'
import {
  InvalidRequest,
  type PayRequest,
  ResponseNotTrusted,
  signForTests,
  UnexpectedAnswer,
  UnexpectedNotification,
  VaultClient,
} from './index.js'

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const client = () => new VaultClient(options({ gatewayUrl: gateway.url, world: quickWorld() }))

const amount = { currency: 'USD', value: '1999' }
const request = (change: Partial<PayRequest> = {}): PayRequest => ({
  productCode: 'CASHIER_PAYMENT',
  paymentRequestId: 'p-1',
  order: { referenceOrderId: 'o-1', orderDescription: 'Book', orderAmount: amount },
  paymentAmount: amount,
  paymentMethod: { paymentMethodType: 'CARD', paymentMethodId: 'cof_1', paymentMethodMetaData: { isCardOnFile: true } },
  paymentRedirectUrl: 'https://shop.example/done',
  ...change,
})
const info = { cardNo: '************0768', networkTransactionId: 'n-1' }
const paid = {
  ...result('SUCCESS', 'S'),
  paymentRequestId: 'p-1',
  paymentId: '2026',
  paymentAmount: amount,
  paymentCreateTime: '2026-01-01T00:00:00Z',
  paymentTime: '2026-01-01T00:00:01Z',
  paymentResultInfo: info,
}

describe('pay gives', () => {
  test('S with the id that captures and refunds want', async () => {
    gateway.answers(answer(paid))
    const { result: _result, ...fields } = paid
    expect(await client().pay(request())).toEqual({
      status: 'S',
      code: 'SUCCESS',
      message: 'words',
      ...fields,
      raw: paid,
    })
    expect(gateway.received[0]!.path).toBe('/ams/sandbox/api/v1/payments/pay')
    expect(JSON.parse(gateway.received[0]!.body)).toEqual(request())
  })

  test('F with the code, and throws nothing', async () => {
    const declined = { ...result('USER_BALANCE_NOT_ENOUGH', 'F'), paymentRequestId: 'p-1', paymentResultInfo: info }
    gateway.answers(answer(declined))
    const outcome = await client().pay(request())
    expect(outcome).toMatchObject({ status: 'F', code: 'USER_BALANCE_NOT_ENOUGH', paymentResultInfo: info })
    expect(outcome).not.toHaveProperty('hint')
  })

  test.each(['INVALID_PAYMENT_METHOD_META_DATA', 'CURRENCY_NOT_SUPPORT', 'REPEAT_REQ_INCONSISTENT'])(
    '%s with a hint what to do',
    async code => {
      gateway.answers(answer(result(code, 'F')))
      expect(await client().pay(request())).toMatchObject({ status: 'F', code, hint: expect.stringMatching(/.{40}/) })
    },
  )

  test('U with the page for the buyer, and does not ask again', async () => {
    const normalUrl = 'https://gateway.example/3ds'
    const waiting = { ...result('PAYMENT_IN_PROCESS', 'U'), paymentRequestId: 'p-1', paymentId: '2026', normalUrl }
    gateway.answers(answer(waiting))
    expect(await client().pay(request())).toMatchObject({ status: 'U', paymentId: '2026', normalUrl })
    expect(gateway.received).toHaveLength(1)
  })

  test('the outcome of the first call when its answer was lost: same bytes, so it is charged once', async () => {
    gateway.answers(hangUp, answer(paid))
    expect(await client().pay(request())).toMatchObject({ status: 'S', paymentId: '2026' })
    const [first, second] = gateway.received
    expect(second!.body).toBe(first!.body)
  })

  test('an error for a success without paymentId', async () => {
    const { paymentId: _id, ...incomplete } = paid
    gateway.answers(answer(incomplete))
    expect(await thrown(client().pay(request()))).toBeInstanceOf(UnexpectedAnswer)
  })

  test('an error for the signed answer about another payment', async () => {
    gateway.answers(answer({ ...paid, paymentRequestId: 'p-2' }))
    const error = await thrown(client().pay(request()))
    expect(error).toBeInstanceOf(ResponseNotTrusted)
    expect(error).toMatchObject({ fault: 'other-request', requestId: 'p-1' })
  })

  test.each<[string, Partial<PayRequest>]>([
    ['is required', { paymentRequestId: '' }],
    ['must be at most 64 characters', { paymentRequestId: 'x'.repeat(65) }],
    [
      'must not hold the card number',
      {
        paymentRequestId: `o-${cardNo}`,
        paymentMethod: { paymentMethodType: 'CARD', paymentMethodMetaData: { cardNo } },
      },
    ],
  ])('nothing to the gateway when the id %s', async (rule, change) => {
    gateway.answers(answer(paid))
    const error = await thrown(client().pay(request(change)))
    expect(error).toBeInstanceOf(InvalidRequest)
    expect((error as Error).message).toContain(`paymentRequestId ${rule}`)
    expect((error as Error).message).not.toContain(cardNo)
    expect(gateway.received).toEqual([])
  })
})

describe('inquiryPayment tells the inquiry from the payment', () => {
  const transactions = [
    {
      transactionResult: result('SUCCESS', 'S').result,
      transactionId: 'c-1',
      transactionType: 'CAPTURE',
      transactionStatus: 'SUCCESS',
      transactionAmount: amount,
      transactionRequestId: 'cr-1',
    },
  ]

  test('a payment that succeeded, with its captures and refunds', async () => {
    gateway.answers(answer({ ...paid, paymentStatus: 'SUCCESS', paymentResultCode: 'SUCCESS', transactions }))
    expect(await client().inquiryPayment({ paymentRequestId: 'p-1' })).toMatchObject({
      status: 'S',
      paymentStatus: 'SUCCESS',
      paymentId: '2026',
      paymentAmount: amount,
      transactions,
    })
  })

  test.each(['FAIL', 'PROCESSING', 'PENDING', 'CANCELLED'])('a payment that is %s', async paymentStatus => {
    gateway.answers(answer({ ...paid, paymentStatus, paymentResultCode: 'ANY' }))
    const told = await client().inquiryPayment({ paymentRequestId: 'p-1' })
    expect(told).toMatchObject({ status: 'S', paymentStatus, paymentResultCode: 'ANY', transactions: [] })
  })

  test('by either id, of which paymentId counts first', async () => {
    gateway.answers(answer({ ...paid, paymentStatus: 'SUCCESS' }))
    expect(await client().inquiryPayment({ paymentId: '2026' })).toMatchObject({ status: 'S' })
    const both = { paymentId: '2026', paymentRequestId: 'another' }
    expect(await client().inquiryPayment(both)).toMatchObject({ paymentRequestId: 'p-1' })
    const error = await thrown(client().inquiryPayment({ paymentId: '2027' }))
    expect(error).toMatchObject({ fault: 'other-request', requestId: '2027' })
  })

  test('and not without an id', async () => {
    const error = await thrown(client().inquiryPayment({}))
    expect(error).toBeInstanceOf(InvalidRequest)
    expect((error as Error).message).toContain('paymentId or paymentRequestId is required')
  })

  test('a payment that nobody knows is a failed inquiry', async () => {
    gateway.answers(answer(result('ORDER_NOT_EXIST', 'F')))
    const told = await client().inquiryPayment({ paymentRequestId: 'p-1' })
    expect(told).toMatchObject({ status: 'F', code: 'ORDER_NOT_EXIST', hint: expect.stringContaining('same id') })
  })

  test.each([
    ['without a status', {}],
    ['with a status of its own', { paymentStatus: 'LOST' }],
    ['of a failure without a code', { paymentStatus: 'FAIL' }],
  ])('an answer %s is an error', async (_what, body) => {
    gateway.answers(answer({ ...paid, ...body }))
    expect(await thrown(client().inquiryPayment({ paymentRequestId: 'p-1' }))).toBeInstanceOf(UnexpectedAnswer)
  })
})

describe('what happens to a payment', () => {
  const captured = { captureRequestId: 'cr-1', captureId: 'c-1', paymentId: '2026', captureAmount: amount }
  const refunded = { refundRequestId: 'rr-1', refundId: 'r-1', paymentId: '2026', refundAmount: amount }
  const cases = [
    [
      'capture',
      (on: VaultClient) => on.capture({ captureRequestId: 'cr-1', paymentId: '2026', captureAmount: amount }),
      { ...captured, captureTime: '2026-01-01T00:00:02Z' },
      'captureRequestId',
    ],
    [
      'cancel',
      (on: VaultClient) => on.cancel({ paymentRequestId: 'p-1' }),
      { paymentId: '2026', paymentRequestId: 'p-1', cancelTime: '2026-01-01T00:00:03Z' },
      'paymentRequestId',
    ],
    [
      'refund',
      (on: VaultClient) => on.refund({ refundRequestId: 'rr-1', paymentId: '2026', refundAmount: amount }),
      { ...refunded, refundTime: '2026-01-01T00:00:04Z', acquirerReferenceNo: 'a' },
      'refundRequestId',
    ],
    [
      'inquiryRefund',
      (on: VaultClient) => on.inquiryRefund({ refundRequestId: 'rr-1' }),
      { refundRequestId: 'rr-1', refundId: 'r-1', refundAmount: amount, refundStatus: 'PROCESSING' },
      'refundRequestId',
    ],
  ] as const

  test.each(cases)('%s', async (name, call, fields) => {
    const body = { ...result('SUCCESS', 'S'), ...fields }
    gateway.answers(answer(body))
    expect(await call(client())).toEqual({ status: 'S', code: 'SUCCESS', message: 'words', ...fields, raw: body })
    expect(gateway.received[0]!.path).toBe(`/ams/sandbox/api/v1/payments/${name}`)
  })

  test.each(cases)('%s that is refused is a result', async (_name, call) => {
    gateway.answers(answer(result('ORDER_STATUS_INVALID', 'F')))
    expect(await call(client())).toMatchObject({ status: 'F', code: 'ORDER_STATUS_INVALID' })
  })

  test.each(cases)('%s is repeated when the answer is lost', async (_name, call, fields) => {
    gateway.answers(hangUp, answer({ ...result('SUCCESS', 'S'), ...fields }))
    expect(await call(client())).toMatchObject({ status: 'S' })
    expect(gateway.received).toHaveLength(2)
  })

  test.each(cases)('%s is not mixed up with another one', async (_name, call, fields, field) => {
    gateway.answers(answer({ ...result('SUCCESS', 'S'), ...fields, [field]: 'another' }))
    expect(await thrown(call(client()))).toMatchObject({ fault: 'other-request' })
  })

  test('a capture under way is U, and is not asked for again', async () => {
    gateway.answers(answer(result('CAPTURE_IN_PROCESS', 'U')))
    const outcome = await client().capture({ captureRequestId: 'cr-1', paymentId: '2026', captureAmount: amount })
    expect(outcome).toMatchObject({ status: 'U', code: 'CAPTURE_IN_PROCESS', captureRequestId: 'cr-1' })
    expect(gateway.received).toHaveLength(1)
  })

  test('a success without the id of what was done is an error', async () => {
    gateway.answers(answer({ ...result('SUCCESS', 'S'), refundRequestId: 'rr-1' }))
    const call = client().refund({ refundRequestId: 'rr-1', paymentId: '2026', refundAmount: amount })
    expect(await thrown(call)).toBeInstanceOf(UnexpectedAnswer)
  })
})

describe('a notification tells', () => {
  const privateKey = keys.gateway.privateKeyPkcs8Base64
  const notified = async (body: object) =>
    client().verifyNotification(
      await signForTests({ kind: 'notification', privateKey, clientId, url: '/notify', body, time: 1767225605000 }),
    )
  const common = { code: 'SUCCESS', message: 'words', signedAt: 1767225605000 }
  const told = { ...paid, acquirerReferenceNo: 'a', metadata: 'order 7', customizedInfo: { customizedField1: 'x' } }

  test('that a payment was made', async () => {
    const body = { notifyType: 'PAYMENT_RESULT', ...told }
    const { result: _result, ...fields } = told
    expect(await notified(body)).toEqual({ kind: 'payment', status: 'S', ...common, ...fields, raw: body })
  })

  test('that it failed', async () => {
    const body = { ...told, notifyType: 'PAYMENT_RESULT', ...result('DO_NOT_HONOR', 'F') }
    expect(await notified(body)).toMatchObject({ kind: 'payment', status: 'F', code: 'DO_NOT_HONOR' })
  })

  test('that it is under way, which is not taken for money', async () => {
    expect(await notified({ ...told, notifyType: 'PAYMENT_PENDING' })).toMatchObject({ kind: 'payment', status: 'U' })
    expect(await notified(told)).toMatchObject({ kind: 'payment', status: 'U' })
  })

  test('how a capture ended', async () => {
    const fields = { captureRequestId: 'cr-1', paymentId: '2026', captureId: 'c-1', captureAmount: amount }
    const body = { notifyType: 'CAPTURE_RESULT', ...result('SUCCESS', 'S'), ...fields }
    expect(await notified(body)).toEqual({ kind: 'capture', status: 'S', ...common, ...fields, raw: body })
  })

  test('how a refund ended', async () => {
    const fields = { refundRequestId: 'rr-1', refundId: 'r-1', refundAmount: amount, arn: 'arn', metadata: 'm' }
    const body = { notifyType: 'REFUND_RESULT', ...result('SUCCESS', 'S'), refundStatus: 'SUCCESS', ...fields }
    expect(await notified(body)).toEqual({ kind: 'refund', status: 'S', ...common, ...fields, raw: body })
    const failed = { ...body, ...result('PROCESS_FAIL', 'F'), refundStatus: 'FAIL' }
    expect(await notified(failed)).toMatchObject({ kind: 'refund', status: 'F', code: 'PROCESS_FAIL' })
    // The documentation leaves open whether `result` is that of the refund or of the notification.
    expect(await notified({ ...body, refundStatus: 'FAIL' })).toMatchObject({ kind: 'refund', status: 'F' })
  })

  test.each<[string, object]>([
    ['a payment without its id', { ...told, notifyType: 'PAYMENT_RESULT', paymentId: undefined }],
    ['a capture without a payment', { ...result('SUCCESS', 'S'), captureRequestId: 'cr-1' }],
    ['a refund without a status', { ...result('SUCCESS', 'S'), refundRequestId: 'rr-1' }],
    ['a refund that failed with success', { ...result('X', 'F'), refundRequestId: 'rr-1', refundStatus: 'SUCCESS' }],
  ])('nothing that could be understood of %s', async (_what, body) => {
    expect(await thrown(notified(body))).toBeInstanceOf(UnexpectedNotification)
  })
})
