/** What the full run pays: with cards given once, stored by the way, nonces and tokens; and what is done to it later. */
import { aPayRequest } from '../support/builders.js'
import type { Answer } from '../support/merchant-client.js'
import { answerBank, code, goThrough, openChallenge, passBrowser, settled } from '../support/play-buyer.js'
import type { Canary } from './needles.js'

/** What the full run lends. */
export interface Lent {
  /** Sends a request that carries a card, or may carry one, and keeps answer and needles. */
  send: (operation: string, body: object) => Promise<Answer | undefined>
  /** A card that pays, unless its wish says otherwise. */
  canary: (
    label: string,
    wish?: { responseCode?: string; mode?: '1' | '2' | '3' | '5'; prefix?: string; tt?: string },
  ) => Canary
  capture: (name: string, text: string) => void
  notifyUrl: string
}

const cardFields = ({ pan, expiry, cvv }: Canary) => ({
  cardNo: pan,
  expiryYear: expiry.slice(0, 2),
  expiryMonth: expiry.slice(2),
  cvv,
})

/** Plays payments of all kinds, and looks at each afterwards. */
export async function playPayments(lent: Lent): Promise<void> {
  const { send, canary, notifyUrl } = lent
  const pay = async (token: string | undefined, meta: object, more: object = {}) => {
    const request = aPayRequest(token, { meta, paymentNotifyUrl: notifyUrl, ...more })
    const answer = await send('payments/pay', request)
    // A repeat has the card once more.
    await send('payments/pay', request)
    await send('payments/inquiryPayment', { paymentRequestId: request.paymentRequestId })
    return answer?.json
  }
  const later = { paymentFactor: { isAuthorization: true, captureMode: 'MANUAL' } }

  // 1. Cards that come with the call: good, declined, never answered, answered by half.
  await pay(undefined, cardFields(canary('pay-once')))
  await pay(undefined, cardFields(canary('pay-declined', { responseCode: '51' })))
  await pay(undefined, cardFields(canary('pay-broken', { mode: '5' })))
  await pay(undefined, { ...cardFields(canary('pay-cancelled')), tokenize: true }, later).then(async paid => {
    await send('payments/cancel', { paymentId: paid?.paymentId })
  })

  // 2. Stored by the way, charged again with and without a code, captured in parts, refunded, deleted.
  const stored = canary('pay-tokenize')
  const first = await pay(undefined, { ...cardFields(stored), tokenize: true })
  const token: string = first?.paymentResultInfo?.cardToken
  await pay(token, { cvv: stored.cvv })
  await pay(token, { recurringType: 'SCHEDULED' })
  const authorised = await pay(token, { isCardOnFile: true }, later)
  const money = (value: string) => ({ currency: 'USD', value })
  const { paymentId } = authorised ?? {}
  await send('payments/capture', { captureRequestId: `c-${paymentId}`, paymentId, captureAmount: money('1000') })
  await send('payments/refund', { refundRequestId: `r-${paymentId}`, paymentId, refundAmount: money('10') })
  await send('vaults/inquireToken', { token })
  await send('vaults/updateToken', { token, tokenExpiryTime: '2035-08-31T00:00:00Z', email: 'ana@shop.example' })
  await send('vaults/deleteToken', { token })
  await pay(token, { cvv: stored.cvv })

  // 3. A nonce, used up with the code that waited for it; another one that nobody uses.
  const nonce = await send('vaults/fetchNonce', { card: cardFields(canary('pay-nonce')) })
  await pay(nonce?.json?.cardToken, {})
  await send('payments/fetchNonce', { card: cardFields(canary('pay-nonce-unused')) })

  // 4. A buyer who is authenticated for his payment while his code waits.
  for (const [label, finishes] of [
    ['pay-challenge', true],
    ['pay-left', false],
  ] as const) {
    const card = canary(label, { prefix: '40000000', tt: '20' })
    const asked = await pay(undefined, { ...cardFields(card), is3DSAuthentication: true, tokenize: true })
    const page = String(asked?.normalUrl)
    const passed = await passBrowser(await settled(page, 'browser'))
    const challenge = await settled(page, 'challenge')
    for (const { html } of [passed, challenge]) lent.capture('pages', html)
    const bank = await openChallenge(challenge)
    if (!finishes) continue
    await answerBank(bank, code())
    lent.capture('pages', (await settled(page, 'end')).html)
  }
  const frictionless = await pay(undefined, {
    ...cardFields(canary('pay-frictionless', { prefix: '40000000', tt: '10' })),
    is3DSAuthentication: true,
  })
  lent.capture('pages', (await goThrough(String(frictionless?.normalUrl))).html)

  // 5. The number where it does not belong.
  const wrong = canary('pay-wrong-field')
  const { pan } = wrong
  const places: object[] = [
    { paymentRequestId: pan },
    { metadata: `order ${pan}` },
    { metadata: { order: pan } },
    { paymentRedirectUrl: `https://shop.example/done?card=${pan}` },
    { paymentNotifyUrl: `${notifyUrl}/${pan}` },
    { order: { referenceOrderId: pan, orderDescription: pan, orderAmount: money('1') } },
    { customizedInfo: { customizedField1: pan } },
    { paymentAmount: { currency: 'USD', value: pan } },
  ]
  for (const place of places) await send('payments/pay', aPayRequest(undefined, { meta: cardFields(wrong), ...place }))
  for (const meta of [{ cvv: pan }, { cardNo: [pan] }, { cardNo: pan.match(/.{1,4}/g)!.join('-') }]) {
    await send('payments/pay', aPayRequest(undefined, { meta: { ...cardFields(wrong), ...meta } as object }))
  }
  await send('vaults/fetchNonce', { card: { ...cardFields(wrong), cardholderName: { firstName: pan, lastName: pan } } })
}
