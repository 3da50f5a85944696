/**
 * The bytes that merchants have heard: a repeat must hear them after every release. A test that fails here is not
 * mended by changing what it expects: a vaulting of last year would then be answered in another way.
 */
import { describe, expect, test } from 'vitest'
import { answerFor, type FinalVaulting, failed, inquiryFor, notificationFor, type Vaulting } from './vaulting.js'

const common = {
  id: '019abc00-0000-7000-8000-000000000001',
  merchantId: 'SANDBOX_1',
  vaultingRequestId: 'v-1',
  receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  echo: {},
}
const lean: FinalVaulting = {
  ...common,
  state: 'SUCCESS',
  message: 'success.',
  card: { cardToken: 'cof_AbC', brand: 'VISA', maskedCardNo: '************0768' },
}
const full: FinalVaulting = {
  ...common,
  echo: { metadata: '{"a": "ü"}', customizedInfo: { customizedField2: 'x', customizedField1: 'y' } },
  state: 'SUCCESS',
  message: 'a message of that time',
  card: {
    cardToken: 'cof_AbC',
    brand: 'MASTERCARD',
    maskedCardNo: '************4622',
    bin: '51627741',
    lastFour: '4622',
    expiryYear: '33',
    expiryMonth: '03',
    networkTransactionId: 'ABC123DEF0102',
    avsResultRaw: 'Y',
    cvvResultRaw: 'M',
  },
}
const failure: FinalVaulting = {
  ...common,
  echo: { metadata: 'm' },
  state: 'FAIL',
  code: 'DO_NOT_HONOR',
  message: 'what it was called then',
}
const processing: Vaulting = { ...common, echo: { metadata: 'm' }, state: 'PROCESSING', awaitsBuyer: false }
const awaiting: Vaulting = { ...common, state: 'PROCESSING', awaitsBuyer: true }
const pageOf = ({ id }: { id: string }) => `https://pages.test/v/${id}`
const page = '"normalUrl":"https://pages.test/v/019abc00-0000-7000-8000-000000000001"'

const leanCard = '"card":{"cardToken":"cof_AbC","brand":"VISA","maskedCardNo":"************0768"}'
const fullCard =
  '"card":{"cardToken":"cof_AbC","brand":"MASTERCARD","maskedCardNo":"************4622","bin":"51627741",' +
  '"lastFour":"4622","expiryYear":"33","expiryMonth":"03","networkTransactionId":"ABC123DEF0102","avsResultRaw":"Y",' +
  '"cvvResultRaw":"M"}'
const success = '"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success."}'
const thenSuccess = '"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"a message of that time"}'
const thenFailure =
  '"result":{"resultCode":"DO_NOT_HONOR","resultStatus":"F","resultMessage":"what it was called then"}'

describe('the answer of vaultPaymentMethod', () => {
  test.each<[string, Vaulting, string]>([
    [
      'a success',
      lean,
      `{${success},"vaultingRequestId":"v-1","paymentMethodDetail":{"paymentMethodType":"CARD",${leanCard}}}`,
    ],
    [
      'a success with all it may have, its message frozen',
      full,
      `{${thenSuccess},"vaultingRequestId":"v-1","paymentMethodDetail":{"paymentMethodType":"CARD",${fullCard}}}`,
    ],
    ['a failure, its message frozen', failure, `{${thenFailure},"vaultingRequestId":"v-1"}`],
    [
      'a vaulting in process, which is an unknown result and no page to open',
      processing,
      '{"result":{"resultCode":"UNKNOWN_EXCEPTION","resultStatus":"U","resultMessage":' +
        '"The result is not known. Call again with the same id, or inquire."},"vaultingRequestId":"v-1"}',
    ],
    [
      'a vaulting that waits for its buyer',
      awaiting,
      '{"result":{"resultCode":"VERIFICATION_IN_PROCESS","resultStatus":"U","resultMessage":' +
        `"The verification is in process."},"vaultingRequestId":"v-1",${page}}`,
    ],
  ])('to %s', (_what, vaulting, bytes) => {
    expect(JSON.stringify(answerFor(vaulting, pageOf))).toBe(bytes)
  })
})

describe('the answer of inquireVaulting', () => {
  test.each<[string, Vaulting, string]>([
    [
      'a success',
      lean,
      `{${success},"vaultingRequestId":"v-1","vaultingStatus":"SUCCESS","vaultingResultCode":"SUCCESS",` +
        `"vaultingResultMessage":"success.","paymentMethodDetail":{"paymentMethodType":"CARD",${leanCard}}}`,
    ],
    [
      'a success with all it may have: metadata goes back, customized info does not',
      full,
      `{${success},"vaultingRequestId":"v-1","vaultingStatus":"SUCCESS","vaultingResultCode":"SUCCESS",` +
        `"vaultingResultMessage":"a message of that time","paymentMethodDetail":{"paymentMethodType":"CARD",${fullCard}},` +
        '"metadata":"{\\"a\\": \\"ü\\"}"}',
    ],
    [
      'a failure, which is a call that worked',
      failure,
      `{${success},"vaultingRequestId":"v-1","vaultingStatus":"FAIL","vaultingResultCode":"DO_NOT_HONOR",` +
        '"vaultingResultMessage":"what it was called then","metadata":"m"}',
    ],
    [
      'a vaulting in process',
      processing,
      `{${success},"vaultingRequestId":"v-1","vaultingStatus":"PROCESSING",` +
        '"vaultingResultCode":"VERIFICATION_IN_PROCESS","vaultingResultMessage":"The verification is in process.",' +
        '"metadata":"m"}',
    ],
    [
      'a vaulting that waits for its buyer',
      awaiting,
      `{${success},"vaultingRequestId":"v-1","vaultingStatus":"PROCESSING",` +
        `"vaultingResultCode":"VERIFICATION_IN_PROCESS","vaultingResultMessage":"The verification is in process.",${page}}`,
    ],
  ])('to %s', (_what, vaulting, bytes) => {
    expect(JSON.stringify(inquiryFor(vaulting, pageOf))).toBe(bytes)
  })
})

describe('the body of notifyVaulting', () => {
  const created = '"vaultingCreateTime":"2026-01-02T03:04:05Z"'

  test.each<[string, FinalVaulting, string]>([
    [
      'a success',
      lean,
      `{${success},"vaultingRequestId":"v-1","vaultingStatus":"SUCCESS",${created},` +
        `"paymentMethodDetail":{"paymentMethodType":"CARD",${leanCard}}}`,
    ],
    [
      'a success with all it may have',
      full,
      `{${thenSuccess},"vaultingRequestId":"v-1","vaultingStatus":"SUCCESS",${created},` +
        `"paymentMethodDetail":{"paymentMethodType":"CARD",${fullCard}},"metadata":"{\\"a\\": \\"ü\\"}",` +
        '"customizedInfo":{"customizedField2":"x","customizedField1":"y"}}',
    ],
    [
      'a failure, which has no card',
      failure,
      `{${thenFailure},"vaultingRequestId":"v-1","vaultingStatus":"FAIL",${created},` +
        '"paymentMethodDetail":{"paymentMethodType":"CARD"},"metadata":"m"}',
    ],
  ])('of %s', (_what, vaulting, bytes) => {
    expect(JSON.stringify(notificationFor(vaulting))).toBe(bytes)
  })
})

test('a message is cut at the 256 characters that the wire allows', () => {
  const outcome = failed('PROCESS_FAIL', 'x'.repeat(300))
  expect(outcome).toEqual({ kind: 'failed', code: 'PROCESS_FAIL', message: 'x'.repeat(256) })
})
