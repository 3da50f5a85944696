import { credentials, inThreeYears } from './scenario.mjs'

/** Antom's own success card, the card whose 3-D Secure needs no buyer, and a number that the issuer declines. */
export const cards = { success: '4054695723100768', frictionless: '4000000100100009', declined: '4000000000100059' }
export const holder = { firstName: 'Zoë', lastName: "O'Brien & <Söhne> 李" }
export const otherHolder = { firstName: 'Ana', lastName: 'Müller-Ñíguez' }

/** What comes back in notifications. */
export const echoed = { metadata: '{"Korb":"李 & <Söhne>"}', customizedInfo: { customizedField1: 'ünïcode' } }

export const browser = {
  terminalType: 'WEB',
  clientIp: '127.0.0.1',
  colorDepth: '24',
  screenHeight: '900',
  screenWidth: '1440',
  timeZoneOffset: -60,
  browserInfo: {
    acceptHeader: 'text/html',
    language: 'en-GB',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    javaEnabled: false,
    javaScriptEnabled: true,
  },
}

export const filled = value => typeof value === 'string' && value.length > 0
export const absent = value => value === undefined || value === null
export const address = value => /^https?:/.test(String(value))
const usd = value => ({ currency: 'USD', value: String(value) })

/**
 * What steps of paying are made of: requests in the words of the wire, what an answer has to tell, and the steps that ask
 * and verify. `known` is what earlier steps have learned. Each answer goes through `notice`, see losses.mjs.
 */
export function paymentWords(world) {
  const { merchants, notificationUrl, prefix, notificationOf, notice } = world
  const [merchant] = merchants
  const own = name => `${prefix}-${name}`
  const known = {}

  const step = (title, operation, request, expect, more = {}) => ({
    step: title,
    ask: () => ({
      call: 'operate',
      ...credentials(merchant),
      operation,
      request: typeof request === 'function' ? request() : request,
    }),
    expect,
    judge: answer => notice(operation, answer),
    ...more,
  })
  const verify = (title, kind, id, expect, change) => ({
    step: title,
    ask: async () => {
      const notification = await notificationOf(id)
      if (!notification) throw new Error('no notification arrived')
      const { uri, method, headers, body } = notification
      return {
        call: 'check',
        kind,
        gatewayPublicKey: merchant.gatewayPublicKey,
        uri,
        method,
        clientId: headers['client-id'] ?? '',
        requestTime: headers['request-time'] ?? '',
        signature: headers.signature ?? '',
        body: change ? change(body) : body,
      }
    },
    expect,
    judge: answer => (answer.wire ? notice(kind, answer) : []),
  })

  const payRequest = (id, amount, paymentMethod, more = {}) => ({
    productCode: 'CASHIER_PAYMENT',
    paymentRequestId: own(id),
    order: { referenceOrderId: own(`order-${id}`), orderDescription: 'Gürtel, 李 & <co>', orderAmount: usd(amount) },
    paymentAmount: usd(amount),
    paymentMethod: { paymentMethodType: 'CARD', ...paymentMethod },
    paymentRedirectUrl: 'https://shop.example/paid?from=pay',
    paymentNotifyUrl: notificationUrl,
    ...more,
  })
  const byToken = (token, meta) => ({
    paymentMethodId: token,
    ...(meta && { paymentMethodMetaData: meta }),
  })
  const byCall = { paymentFactor: { isAuthorization: true, captureMode: 'MANUAL' } }
  const rawCard = (cardNo, more = {}) => ({
    cardNo,
    expiryMonth: '12',
    expiryYear: inThreeYears(),
    cvv: '123',
    cardholderName: holder,
    ...more,
  })
  const result = (status, code) => ({
    error: undefined,
    'wire.result.resultStatus': status,
    'told.result.resultStatus': status,
    'told.result.resultCode': code,
  })
  /** For what an older class of an SDK does not know; what it does know is compared with the wire anyway. */
  const unless = wanted => value => absent(value) || (typeof wanted === 'function' ? wanted(value) : value === wanted)
  const amountTold = (name, value) => ({ [`told.${name}.currency`]: 'USD', [`told.${name}.value`]: String(value) })
  const paid = amount => ({
    ...result('S', 'SUCCESS'),
    ...amountTold('paymentAmount', amount),
    'told.paymentId': filled,
    'told.paymentTime': filled,
    'told.paymentCreateTime': filled,
  })
  const status = (wanted, code) => ({
    ...result('S', 'SUCCESS'),
    'told.paymentStatus': wanted,
    'told.paymentResultCode': code,
  })
  const capture =
    (id, amount, more = {}) =>
    () => ({
      captureRequestId: own(id),
      paymentId: known.authorised,
      captureAmount: usd(amount),
      ...more,
    })
  const refund = (id, amount) => () => ({
    refundRequestId: own(id),
    paymentId: known.authorised,
    refundAmount: usd(amount),
    refundReason: 'Zu groß',
    refundNotifyUrl: notificationUrl,
  })
  const keep = (name, path) => answer => {
    known[name] = path.split('.').reduce((value, part) => value?.[part], answer)
  }
  const learn = (name, path) => ({ learn: keep(name, path) })
  return {
    merchant,
    own,
    known,
    step,
    verify,
    payRequest,
    byToken,
    byCall,
    rawCard,
    result,
    unless,
    amountTold,
    paid,
    status,
    capture,
    refund,
    learn,
  }
}
