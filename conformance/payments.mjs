import { absent, address, browser, cards, echoed, filled, holder, otherHolder, paymentWords } from './payment-words.mjs'
import { credentials } from './scenario.mjs'

/**
 * Paying, with the SDK's own classes for request and answer. `wire` of an answer is what came, `told` what the SDK made of
 * it. A step without `only` is for every language.
 * @param {{ merchants: object[], notificationUrl: string, prefix: string, language: string,
 *   notificationOf: (id: string) => Promise<any>, notice: (what: string, answer: object) => string[] }} world
 */
export function paymentSteps(world) {
  const { notificationUrl, language } = world
  const words = paymentWords(world)
  const { merchant, own, known, step, verify, result, unless, amountTold, paid, status, learn } = words
  const { payRequest, byToken, byCall, rawCard, capture, refund } = words

  const steps = [
    {
      step: 'vault a card to pay with',
      ask: () => ({
        call: 'vault',
        ...credentials(merchant),
        vaultingRequestId: own('card'),
        vaultingNotificationUrl: notificationUrl,
        redirectUrl: 'https://shop.example/cards?from=vault',
        card: rawCard(cards.success),
      }),
      expect: { error: undefined, 'result.resultStatus': 'S', cardToken: filled },
      ...learn('token', 'cardToken'),
    },
    step(
      'pay with the token',
      'pay',
      () => payRequest('sale', 1234, byToken(known.token)),
      {
        ...paid(1234),
        'told.paymentRequestId': own('sale'),
        'told.paymentResultInfo.cardToken': unless(value => value === known.token),
        'told.paymentResultInfo.cardBrand': unless('VISA'),
      },
      learn('sale', 'told.paymentId'),
    ),
    step('repeat it: the same payment', 'pay', () => payRequest('sale', 1234, byToken(known.token)), {
      ...paid(1234),
      'told.paymentId': value => value === known.sale,
    }),
    step('repeat it with another amount', 'pay', () => payRequest('sale', 1235, byToken(known.token)), {
      ...result('F', 'REPEAT_REQ_INCONSISTENT'),
    }),
    step('inquire the payment', 'inquiryPayment', () => ({ paymentId: known.sale }), {
      ...status('SUCCESS', 'SUCCESS'),
      ...amountTold('paymentAmount', 1234),
      'told.paymentRequestId': own('sale'),
    }),
    verify('verify its notification', 'notifyPayment', own('sale'), {
      verified: true,
      'told.notifyType': unless('PAYMENT_RESULT'),
      'told.paymentId': unless(value => value === known.sale),
    }),
    verify('refuse that with a changed body', 'notifyPayment', own('sale'), { verified: false }, body =>
      body.replace('1234', '1235'),
    ),

    step(
      'authorise, to capture by call',
      'pay',
      () => payRequest('auth', 5000, byToken(known.token), byCall),
      {
        ...paid(5000),
        'told.authExpiryTime': filled,
      },
      learn('authorised', 'told.paymentId'),
    ),
    step('inquire it: nothing is captured', 'inquiryPayment', () => ({ paymentRequestId: own('auth') }), {
      ...status('SUCCESS', 'SUCCESS'),
      'told.authExpiryTime': filled,
      'told.transactions': value => absent(value) || value.length === 0,
    }),
    step(
      'capture a part',
      'capture',
      capture('part', 3000),
      {
        ...result('S', 'SUCCESS'),
        ...amountTold('captureAmount', 3000),
        'told.captureRequestId': own('part'),
        'told.captureId': filled,
        'told.captureTime': filled,
        'told.paymentId': value => value === known.authorised,
      },
      learn('captured', 'told.captureId'),
    ),
    step('repeat it: the same capture', 'capture', capture('part', 3000), {
      ...result('S', 'SUCCESS'),
      'told.captureId': value => value === known.captured,
    }),
    step('capture more than is left', 'capture', capture('more', 2001), {
      ...result('F', 'CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT'),
    }),
    step('capture the last part', 'capture', capture('last', 1500, { isLastCapture: true }), {
      ...result('S', 'SUCCESS'),
      ...amountTold('captureAmount', 1500),
    }),
    step('capture after the last', 'capture', capture('late', 100), result('F', 'ORDER_STATUS_INVALID')),
    verify('verify the notification of a capture', 'notifyCapture', own('part'), {
      verified: true,
      'told.notifyType': unless('CAPTURE_RESULT'),
      'told.captureId': unless(value => value === known.captured),
      'told.captureAmount.value': unless('3000'),
    }),
    verify('refuse that with a changed body', 'notifyCapture', own('part'), { verified: false }, body =>
      body.replace('3000', '3001'),
    ),
    step(
      'refund a part',
      'refund',
      refund('refund', 400),
      {
        ...result('S', 'SUCCESS'),
        ...amountTold('refundAmount', 400),
        'told.refundRequestId': own('refund'),
        'told.refundId': filled,
        'told.refundTime': filled,
      },
      learn('refunded', 'told.refundId'),
    ),
    step('refund more than was captured', 'refund', refund('refund-much', 4101), result('F', 'REFUND_AMOUNT_EXCEED')),
    step('inquire the refund', 'inquiryRefund', () => ({ refundId: known.refunded }), {
      ...result('S', 'SUCCESS'),
      ...amountTold('refundAmount', 400),
      'told.refundStatus': 'SUCCESS',
      'told.refundRequestId': own('refund'),
      'told.refundTime': filled,
    }),
    step(
      'inquire an unknown refund',
      'inquiryRefund',
      { refundRequestId: own('never') },
      {
        ...result('F', 'REFUND_NOT_EXIST'),
        'told.refundStatus': undefined,
      },
    ),
    verify('verify the notification of a refund', 'notifyRefund', own('refund'), {
      verified: true,
      'told.notifyType': unless('REFUND_RESULT'),
      'told.refundStatus': unless('SUCCESS'),
      'told.refundId': unless(value => value === known.refunded),
    }),
    verify('refuse that with a changed body', 'notifyRefund', own('refund'), { verified: false }, body =>
      body.replace('400', '401'),
    ),
    step('refund once more, with metadata', 'refund', () => ({ ...refund('refund-meta', 100)(), ...echoed }), {
      ...result('S', 'SUCCESS'),
      ...amountTold('refundAmount', 100),
    }),
    verify('verify its notification', 'notifyRefund', own('refund-meta'), {
      verified: true,
      'wire.metadata': echoed.metadata,
      'wire.customizedInfo.customizedField1': echoed.customizedInfo.customizedField1,
    }),
    step('inquire it: captures and refunds', 'inquiryPayment', () => ({ paymentId: known.authorised }), {
      ...status('SUCCESS', 'SUCCESS'),
      'told.transactions': value =>
        nthsOf(value).join() === 'CAPTURE 3000 SUCCESS,CAPTURE 1500 SUCCESS,REFUND 400 SUCCESS,REFUND 100 SUCCESS',
    }),

    step(
      'authorise once more',
      'pay',
      () => payRequest('void', 700, byToken(known.token), byCall),
      paid(700),
      learn('voided', 'told.paymentId'),
    ),
    step('cancel it', 'cancel', () => ({ paymentId: known.voided }), {
      ...result('S', 'SUCCESS'),
      'told.paymentId': value => value === known.voided,
      'told.paymentRequestId': own('void'),
      'told.cancelTime': filled,
    }),
    step('inquire it: cancelled', 'inquiryPayment', () => ({ paymentId: known.voided }), {
      ...status('CANCELLED', 'ORDER_IS_CANCELED'),
    }),
    step('capture what is cancelled', 'capture', () => ({ ...capture('voided', 1)(), paymentId: known.voided }), {
      ...result('F', 'AUTH_CANCELLED'),
    }),
    step(
      'authorise, said in the older place',
      'pay',
      () =>
        payRequest('older', 800, byToken(known.token), {
          isAuthorization: true,
          paymentFactor: { captureMode: 'MANUAL' },
        }),
      {
        ...paid(800),
        'told.authExpiryTime': filled,
      },
    ),
    step(
      'inquire an unknown payment',
      'inquiryPayment',
      { paymentRequestId: own('never') },
      {
        ...result('F', 'ORDER_NOT_EXIST'),
        'told.paymentStatus': undefined,
      },
    ),

    step(
      'pay with a card, and keep it',
      'pay',
      () => payRequest('tokenize', 300, { paymentMethodMetaData: rawCard(cards.success, { tokenize: true }) }),
      {
        ...paid(300),
        'wire.paymentResultInfo.cardToken': filled,
      },
      learn('kept', 'wire.paymentResultInfo.cardToken'),
    ),
    step(
      'pay with the token that it left',
      'pay',
      () => payRequest('kept', 301, byToken(known.kept, { isCardOnFile: true }), echoed),
      {
        ...paid(301),
        'wire.metadata': echoed.metadata,
      },
    ),
    verify('verify its notification', 'notifyPayment', own('kept'), {
      verified: true,
      'wire.metadata': echoed.metadata,
      'wire.customizedInfo.customizedField1': echoed.customizedInfo.customizedField1,
    }),
    step(
      'pay with a card that is declined',
      'pay',
      () => payRequest('declined', 302, { paymentMethodMetaData: rawCard(cards.declined) }),
      {
        ...result('F', 'DO_NOT_HONOR'),
        'wire.paymentResultInfo.refusalCodeRaw': '05',
      },
    ),
    step('inquire it: failed', 'inquiryPayment', { paymentRequestId: own('declined') }, status('FAIL', 'DO_NOT_HONOR')),

    ...['fetchNonce', 'fetchNonceOfPayments'].flatMap((operation, nth) => {
      const only = operation === 'fetchNonce' ? {} : { only: 'Java' }
      const where = operation === 'fetchNonce' ? '/vaults' : '/payments'
      return [
        step(
          `fetch a nonce from ${where}`,
          operation,
          () => ({ card: rawCard(cards.success) }),
          {
            ...result('S', 'SUCCESS'),
            'told.cardToken': filled,
          },
          { ...only, ...learn('nonce', 'told.cardToken') },
        ),
        step('pay with it', 'pay', () => payRequest(`nonce-${nth}`, 303, byToken(known.nonce)), paid(303), only),
        step(
          'pay with it once more',
          'pay',
          () => payRequest(`nonce-${nth}-again`, 303, byToken(known.nonce)),
          {
            ...result('F', 'INVALID_PAYMENT_METHOD_META_DATA'),
          },
          only,
        ),
      ]
    }),

    step(
      'pay with 3-D Secure: the buyer is asked',
      'pay',
      () => payRequest('challenge', 304, byToken(known.token, { is3DSAuthentication: true })),
      {
        ...result('U', 'PAYMENT_IN_PROCESS'),
        'told.normalUrl': address,
        'told.redirectActionForm.redirectUrl': address,
        'told.redirectActionForm.method': 'GET',
        'told.paymentId': filled,
        'told.paymentTime': undefined,
      },
    ),
    step(
      'inquire it: under way',
      'inquiryPayment',
      { paymentRequestId: own('challenge') },
      {
        ...status('PROCESSING', 'PAYMENT_IN_PROCESS'),
      },
    ),
    step(
      'pay with 3-D Secure: nobody is asked',
      'pay',
      () =>
        payRequest(
          'frictionless',
          305,
          { paymentMethodMetaData: rawCard(cards.frictionless, { is3DSAuthentication: true }) },
          { env: browser },
        ),
      {
        ...paid(305),
        'wire.paymentResultInfo.threeDSResult.eci': '05',
      },
    ),

    step(
      'inquire a token',
      'inquireToken',
      () => ({ token: known.kept }),
      {
        ...result('S', 'SUCCESS'),
        'told.token': value => value === known.kept,
        'told.accountHolderName.lastName': holder.lastName,
        'told.tokenExpiryTime': filled,
      },
      { only: 'Java' },
    ),
    step(
      'update it',
      'updateToken',
      () => ({ token: known.kept, accountHolderName: otherHolder, email: 'ana@shop.example' }),
      {
        ...result('S', 'SUCCESS'),
        'told.token': value => value === known.kept,
      },
      { only: 'Java' },
    ),
    step(
      'inquire it: changed',
      'inquireToken',
      () => ({ token: known.kept }),
      {
        ...result('S', 'SUCCESS'),
        'told.accountHolderName.firstName': otherHolder.firstName,
        'told.accountHolderName.lastName': otherHolder.lastName,
        'told.email': 'ana@shop.example',
      },
      { only: 'Java' },
    ),
    step('delete it', 'deleteToken', () => ({ token: known.kept }), result('S', 'SUCCESS'), { only: 'Java' }),
    step('delete it again', 'deleteToken', () => ({ token: known.kept }), result('S', 'SUCCESS'), { only: 'Java' }),
    step(
      'inquire the deleted token',
      'inquireToken',
      () => ({ token: known.kept }),
      {
        ...result('F', 'TOKEN_NOT_EXIST'),
        'told.token': undefined,
      },
      { only: 'Java' },
    ),
    step(
      'pay with the deleted token',
      'pay',
      () => payRequest('deleted', 306, byToken(known.kept)),
      {
        ...result('F', 'INVALID_PAYMENT_METHOD_META_DATA'),
        'told.paymentId': undefined,
      },
      { only: 'Java' },
    ),
  ]
  return steps.filter(({ only }) => only === undefined || only === language)
}

const nthsOf = transactions =>
  (transactions ?? []).map(one => `${one.transactionType} ${one.transactionAmount.value} ${one.transactionStatus}`)
