/** Schemas and tables against our copy of the contract, in both directions; and the copy against the original. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { cardBrands, fundings } from './card-brands.js'
import { acknowledgement, apiRoot, endpoints, inactiveEndpoints } from './endpoints.js'
import {
  cancelResponse,
  captureResponse,
  inquiryPaymentResponse,
  inquiryRefundResponse,
  notifyCaptureBody,
  notifyPaymentBody,
  notifyRefundBody,
  payResponse,
  refundResponse,
} from './payment-answers.js'
import {
  operationFailures,
  paymentCodes,
  paymentFailures,
  unusedByEndpoint,
  unusedPaymentCodes,
} from './payment-codes.js'
import {
  cancelRequest,
  captureRequest,
  inquiryPaymentRequest,
  inquiryRefundRequest,
  payRequest,
  refundRequest,
} from './payments.js'
import {
  failureResult,
  gatewayCodes,
  operationFailureResult,
  paymentFailureResult,
  type ResultCode,
  resultOf,
  unusedCodes,
  vaultCodes,
  vaultingFailures,
} from './result-codes.js'
import {
  deleteTokenRequest,
  deleteTokenResponse,
  fetchNonceRequest,
  fetchNonceResponse,
  inquireTokenRequest,
  inquireTokenResponse,
  updateTokenRequest,
  updateTokenResponse,
} from './tokens.js'
import {
  inquireVaultingRequest,
  inquireVaultingResponse,
  notifyVaultingBody,
  storedCard,
  vaultPaymentMethodRequest,
  vaultPaymentMethodResponse,
} from './vaulting.js'
import { address, env, userName } from './wire-objects.js'

const copies = fileURLToPath(new URL('../contract', import.meta.url))

interface Schema {
  $ref?: string
  type?: string | string[]
  anyOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  maxLength?: number
  minLength?: number
  enum?: unknown[]
  const?: unknown
}
interface CodeRow {
  code: string
  status: string
}
interface Operation {
  post: { 'x-result-codes': CodeRow[]; 'x-vaulting-failure-codes'?: string[] }
}
const openapi = parse(readFileSync(join(copies, 'openapi.yaml'), 'utf8')) as {
  servers: { url: string }[]
  paths: Record<string, Operation>
  components: { schemas: Record<string, Schema> }
  'x-gateway-result-codes': CodeRow[]
}

/** Follows references and takes `null` and the two quoted scalars apart, which our reader grants to every field. */
function plain(schema: Schema): Schema {
  if (schema.$ref) {
    const name = schema.$ref.replace('#/components/schemas/', '')
    if (name === 'BooleanInput') return { type: 'boolean' }
    if (name === 'IntegerInput') return { type: 'integer' }
    return plain(openapi.components.schemas[name]!)
  }
  if (schema.allOf) return plain(schema.allOf[0]!)
  // With fields of its own it is no choice of types, but says which of the fields have to be there.
  if (schema.anyOf && !schema.properties) return plain(schema.anyOf.find(one => one.type !== 'null')!)
  return schema
}

/** A schema as flat facts: `card.cvv maxLength` → `4`. */
function facts(schema: Schema, path = '', out: Record<string, string> = {}): Record<string, string> {
  const { type, properties, required = [], items, ...rest } = plain(schema)
  const scalar = [type].flat().filter(one => one !== 'null')
  out[`${path} type`] = scalar.join()
  for (const key of ['maxLength', 'minLength', 'const'] as const) {
    if (rest[key] !== undefined) out[`${path} ${key}`] = String(rest[key])
  }
  if (rest.enum) out[`${path} enum`] = rest.enum.filter(one => one !== null).join()
  for (const [name, field] of Object.entries(properties ?? {})) {
    const at = path ? `${path}.${name}` : name
    if (required.includes(name)) out[`${at} required`] = 'yes'
    facts(field, at, out)
  }
  if (items) facts(items, `${path}[]`, out)
  return out
}

/** What differs, one line each: `card.cvv maxLength: 4 / none`, theirs before ours. */
function differences(theirs: Schema, ours: object): string[] {
  const [left, right] = [facts(theirs), facts(ours as Schema)]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter(key => left[key] !== right[key])
    .map(key => `${key}: ${left[key] ?? 'none'} / ${right[key] ?? 'none'}`)
    .sort()
}

/** `lines` without those of whole fields that only we have, which `known` names as `path *`. */
function unexplained(lines: readonly string[], own: readonly string[]): string[] {
  const covers = (path: string, line: string) =>
    (line.startsWith(`${path}.`) || line.startsWith(`${path} `) || line.startsWith(`${path}[]`)) &&
    (line.includes(': none / ') || line.includes(' required: '))
  for (const path of own) if (!lines.some(line => covers(path, line))) return [`${path} does not differ`]
  return lines.filter(line => !own.some(path => covers(path, line)))
}

/** Where we differ on purpose, each with its reason. A line that no longer differs fails the test too. */
const ownFields = 'in the prose of the contract, not in openapi.yaml'
const boundedByPattern = 'our pattern bounds the length, and its words explain the fault better'
const storedCardDiffers = {
  'paymentMethodDetail.card.supportedBrands type: none / array': ownFields,
  'paymentMethodDetail.card.supportedBrands[] type: none / string': ownFields,
}
const noEmptyId = 'an empty text is no id'
const isFixed = 'by convention; the contract gives no value'
const amountDiffers = (path: string) => ({
  [`${path}.currency minLength: 3 / none`]: boundedByPattern,
  [`${path}.value maxLength: none / 12`]: 'as many digits as a message to an issuer carries',
})
const oneOfTwoIds = { 'paymentId minLength: none / 1': noEmptyId, 'paymentRequestId minLength: none / 1': noEmptyId }
const resultInfoDiffers = { 'paymentResultInfo.exemptionRequested *': ownFields }
const nameDiffers = (path: string) => ({
  [`${path}.firstName minLength: none / 1`]: 'an empty text is no name',
  [`${path}.firstName required: none / yes`]: 'the documentation requires it',
  [`${path}.lastName minLength: none / 1`]: 'an empty text is no name',
  [`${path}.lastName required: none / yes`]: 'the documentation requires it',
})
const metaData = 'paymentMethod.paymentMethodMetaData'
const known: Record<string, Record<string, string>> = {
  FetchNonceRequest: {
    ...Object.fromEntries(
      [
        ...['authenticationFlow', 'billingAddress', 'brand', 'businessNo', 'cardPasswordDigest', 'cpf', 'dateOfBirth'],
        ...['enableAuthenticationUpgrade', 'is3DSAuthentication', 'mpiData', 'networkTransactionId', 'payerEmail'],
        ...['request3DS', 'scaExemptionIndicator', 'selectedCardBrand'],
      ].map(name => [`card.${name} *`, 'an older class of the Java SDK sends the whole card']),
    ),
    ...nameDiffers('card.cardholderName'),
    'card.cvv maxLength: 4 / none': boundedByPattern,
    'card.expiryYear maxLength: 2 / 4': 'the demo programs of the SDKs send four digits',
  },
  InquireTokenResponse: nameDiffers('accountHolderName'),
  UpdateTokenRequest: { ...nameDiffers('accountHolderName'), 'email minLength: none / 1': 'an empty text is no mail' },
  PayRequest: {
    ...Object.fromEntries(
      [
        ...['billingAddress', 'businessNo', 'cardNo', 'cardPasswordDigest', 'cardholderName', 'cpf', 'dateOfBirth'],
        ...['expiryMonth', 'expiryYear', 'mpiData', 'payerEmail', 'paymentMethodRegion', 'tokenize', 'tokenizeMode'],
      ].map(name => [`${metaData}.${name} *`, ownFields]),
    ),
    [`${metaData}.cvv maxLength: 4 / none`]: boundedByPattern,
    [`${metaData}.recurringType maxLength: none / 64`]: 'longer than any value that is reported',
    'customizedInfo *': 'the Java SDK has it, and the notification echoes it',
    'env.colorDepth enum: none / 1,4,8,15,16,24,30,32,48': ownFields,
    'env.cookieId *': ownFields,
    'isAuthorization type: none / boolean': 'every SDK has it here too, and the early ones nowhere else',
    'order.env.colorDepth enum: none / 1,4,8,15,16,24,30,32,48': ownFields,
    'order.env.cookieId *': ownFields,
    ...amountDiffers('order.orderAmount'),
    ...amountDiffers('paymentAmount'),
    'order.referenceOrderId minLength: none / 1': noEmptyId,
    'paymentExpiryTime maxLength: none / 64': 'no time is longer',
    'paymentMethod.paymentMethodId minLength: none / 1': noEmptyId,
    'paymentMethod.paymentMethodId required: yes / none': 'a card may be given instead',
    'paymentRedirectUrl minLength: none / 1': 'an empty text is no page',
    'productCode enum: CASHIER_PAYMENT,AGREEMENT_PAYMENT,IN_STORE_PAYMENT / none': 'it changes nothing here',
    'productCode maxLength: none / 32': ownFields,
    'productCode minLength: none / 1': 'it is required',
  },
  PayResponse: { ...resultInfoDiffers, 'metadata *': ownFields, 'redirectActionForm *': ownFields },
  InquiryPaymentRequest: oneOfTwoIds,
  InquiryPaymentResponse: { ...resultInfoDiffers, 'redirectActionForm *': ownFields },
  CaptureRequest: { ...amountDiffers('captureAmount'), 'paymentId minLength: none / 1': noEmptyId },
  CancelRequest: oneOfTwoIds,
  RefundRequest: {
    ...amountDiffers('refundAmount'),
    'captureId minLength: none / 1': noEmptyId,
    'customizedInfo *': ownFields,
    'paymentId minLength: none / 1': noEmptyId,
  },
  InquiryRefundRequest: { 'refundId minLength: none / 1': noEmptyId, 'refundRequestId minLength: none / 1': noEmptyId },
  PaymentNotification: { ...resultInfoDiffers, 'authExpiryTime *': ownFields, 'customizedInfo *': ownFields },
  CaptureNotification: {
    'notifyType enum: none / CAPTURE_RESULT': isFixed,
    'notifyType required: none / yes': 'we always send it',
    'paymentResultInfo *': ownFields,
  },
  RefundNotification: {
    'customizedInfo *': ownFields,
    'metadata *': ownFields,
    'notifyType enum: none / REFUND_RESULT': isFixed,
    'notifyType required: none / yes': 'we always send it',
  },
  VaultPaymentMethodRequest: {
    'env.cookieId type: none / string': ownFields,
    'env.colorDepth enum: none / 1,4,8,15,16,24,30,32,48': ownFields,
    'paymentMethodDetail.card.authenticationFlow type: none / string': ownFields,
    'paymentMethodDetail.card.cardPasswordDigest maxLength: 2 / none': boundedByPattern,
    'paymentMethodDetail.card.cvv maxLength: 4 / none': boundedByPattern,
    'paymentMethodDetail.card.cpf maxLength: 14 / 11': 'measured after the punctuation is taken out',
    'paymentMethodDetail.card.expiryYear maxLength: 2 / 4': 'the demo programs of the SDKs send four digits',
    'paymentMethodDetail.card.billingAddress.region required: none / yes': 'openapi.yaml says so in words only',
    'paymentMethodDetail.card.cardholderName.firstName minLength: none / 1': 'an empty text is no name',
    'paymentMethodDetail.card.cardholderName.firstName required: none / yes': 'the documentation requires it',
    'paymentMethodDetail.card.cardholderName.lastName minLength: none / 1': 'an empty text is no name',
    'paymentMethodDetail.card.cardholderName.lastName required: none / yes': 'the documentation requires it',
    'paymentMethodDetail.paymentMethodDetailType enum: CARD,EXTERNALACCOUNT,COUPON,DISCOUNT / none': 'ignored anyway',
    'paymentMethodDetail.paymentMethodDetailType type: string / none': 'ignored anyway',
    'redirectUrl minLength: none / 1': 'an empty text is no page',
  },
  VaultPaymentMethodResponse: storedCardDiffers,
  InquireVaultingResponse: storedCardDiffers,
  VaultingNotification: {
    ...storedCardDiffers,
    'vaultingCreateTime required: none / yes': 'we always send it',
    'vaultingStatus required: none / yes': 'we always send it',
  },
}

describe('the schemas are those of openapi.yaml', () => {
  test.each([
    ['VaultPaymentMethodRequest', vaultPaymentMethodRequest()],
    ['InquireVaultingRequest', inquireVaultingRequest],
    ['VaultPaymentMethodResponse', vaultPaymentMethodResponse],
    ['InquireVaultingResponse', inquireVaultingResponse],
    ['VaultingNotification', notifyVaultingBody],
    ['FetchNonceRequest', fetchNonceRequest()],
    ['FetchNonceResponse', fetchNonceResponse],
    ['TokenRequest', inquireTokenRequest],
    ['TokenRequest', deleteTokenRequest],
    ['InquireTokenResponse', inquireTokenResponse],
    ['UpdateTokenRequest', updateTokenRequest],
    ['UpdateTokenResponse', updateTokenResponse],
    ['DeleteTokenResponse', deleteTokenResponse],
    ['PayRequest', payRequest()],
    ['PayResponse', payResponse],
    ['InquiryPaymentRequest', inquiryPaymentRequest],
    ['InquiryPaymentResponse', inquiryPaymentResponse],
    ['CaptureRequest', captureRequest],
    ['CaptureResponse', captureResponse],
    ['CancelRequest', cancelRequest],
    ['CancelResponse', cancelResponse],
    ['RefundRequest', refundRequest],
    ['RefundResponse', refundResponse],
    ['InquiryRefundRequest', inquiryRefundRequest],
    ['InquiryRefundResponse', inquiryRefundResponse],
    ['PaymentNotification', notifyPaymentBody],
    ['CaptureNotification', notifyCaptureBody],
    ['RefundNotification', notifyRefundBody],
  ])('%s', (name, ours) => {
    const explained = Object.keys(known[name] ?? {})
    const whole = explained.filter(line => line.endsWith(' *')).map(line => line.slice(0, -2))
    const lines = explained.filter(line => !line.endsWith(' *'))
    expect(unexplained(differences(openapi.components.schemas[name]!, ours), whole)).toEqual(lines.sort())
  })

  test.each([
    ['UserName', userName, 'paymentMethodDetail.card.cardholderName'],
    ['Address', address, 'paymentMethodDetail.card.billingAddress'],
    ['Env', env, 'env'],
    ['StoredCard', storedCard, 'paymentMethodDetail.card'],
  ])('%s, which is exported by itself', (name, ours, where) => {
    const expected = [...Object.keys(known['VaultPaymentMethodRequest']!), ...Object.keys(storedCardDiffers)]
      .filter(line => line.startsWith(`${where}.`))
      .map(line => line.slice(where.length + 1))
    const found = differences(openapi.components.schemas[name]!, ours)
    expect(expected).toEqual(expect.arrayContaining(found))
  })

  test('the comparison sees a field that is missing, too long, or required on one side only', () => {
    const theirs: Schema = {
      type: 'object',
      properties: { a: { type: ['string', 'null'], maxLength: 3 }, b: { $ref: '#/components/schemas/BooleanInput' } },
      required: ['a'],
    }
    const ours = { type: 'object', properties: { a: { type: 'string', maxLength: 4 }, c: { type: 'string' } } }
    expect(differences(theirs, ours)).toEqual([
      'a maxLength: 3 / 4',
      'a required: yes / none',
      'b type: boolean / none',
      'c type: none / string',
    ])
  })

  test('brands and fundings', () => {
    expect([...cardBrands]).toEqual(openapi.components.schemas['CardBrand']!.enum)
    expect([...fundings]).toEqual(openapi.components.schemas['StoredCard']!.properties!['funding']!.enum)
    expect(new Set(cardBrands).size).toBe(37)
  })

  test('the acknowledgement', () => {
    const { properties } = openapi.components.schemas['NotificationAck']!.properties!['result']!
    expect(acknowledgement.result.resultCode).toBe(properties!['resultCode']!.const)
    expect(acknowledgement.result.resultStatus).toBe(properties!['resultStatus']!.const)
  })
})

describe('the operations are those of openapi.yaml', () => {
  test('active ones and inactive ones together, and no others but the older path of fetchNonce', () => {
    const ours = [...Object.values(endpoints).map(({ path }) => path), ...inactiveEndpoints] as string[]
    expect(new Set(ours).size).toBe(ours.length)
    expect(Object.keys(openapi.paths).sort()).toEqual(ours.sort())
  })

  test('below the roots of the servers', () => {
    expect(openapi.servers.map(({ url }) => url.replace('https://{host}', ''))).toEqual([apiRoot.live, apiRoot.sandbox])
  })
})

describe('the result codes are those of openapi.yaml', () => {
  const vaulting = openapi.paths[endpoints.vaultPaymentMethod.path]!.post['x-result-codes']
  const inquiry = openapi.paths[endpoints.inquireVaulting.path]!.post
  const gateway = openapi['x-gateway-result-codes']
  const failures = inquiry['x-vaulting-failure-codes']!
  const unused = Object.keys(unusedCodes).filter(code => !(code in unusedPaymentCodes))

  test.each([...gateway, ...vaulting, ...inquiry['x-result-codes']])('$code has status $status', ({ code, status }) => {
    if (unused.includes(code) && code !== 'VERIFICATION_FAIL') return expect(gatewayCodes).not.toHaveProperty(code)
    return expect(resultOf(code as ResultCode)).toMatchObject({ resultCode: code, resultStatus: status })
  })

  test('the gateway has these and no others', () => {
    const ours = [...Object.keys(gatewayCodes), ...unused.filter(code => !(code in vaultCodes))]
    expect(gateway.map(({ code }) => code).sort()).toEqual(ours.sort())
  })

  test('a vaulting fails with these and no others, always finally', () => {
    expect(Object.keys(vaultingFailures).sort()).toEqual([...failures].sort())
    for (const row of Object.values(vaultingFailures)) expect(row.status).toBe('F')
  })

  /** What an operation on a payment may answer besides the gateway's codes and its refusals. */
  const ends: Record<string, readonly string[]> = {
    pay: ['SUCCESS', 'PAYMENT_IN_PROCESS', ...Object.keys(paymentFailures)],
    capture: ['SUCCESS', 'CAPTURE_IN_PROCESS', ...Object.keys(operationFailures)],
    refund: ['SUCCESS', 'REFUND_IN_PROCESS', ...Object.keys(operationFailures)],
  }
  const payments = ['pay', 'inquiryPayment', 'capture', 'cancel', 'refund', 'inquiryRefund'] as const

  test.each(payments)('every published code of %s is given, or has a reason why not', name => {
    const { path, refusals } = endpoints[name]
    const given = new Set<string>([...Object.keys(gatewayCodes), ...refusals, ...(ends[name] ?? ['SUCCESS'])])
    const reasons = { ...unusedCodes, ...(unusedByEndpoint as Record<string, Record<string, string>>)[name] }
    const published = openapi.paths[path]!.post['x-result-codes'].map(({ code }) => code)
    expect(published.filter(code => given.has(code) === code in reasons)).toEqual([])
    for (const code of Object.keys((unusedByEndpoint as Record<string, object>)[name] ?? {})) {
      expect(published).toContain(code)
    }
  })

  test.each(payments)('the codes of %s have the published statuses', name => {
    for (const { code, status } of openapi.paths[endpoints[name].path]!.post['x-result-codes']) {
      if (code in unusedCodes) continue
      expect(resultOf(code as ResultCode)).toMatchObject({ resultCode: code, resultStatus: status })
    }
  })

  test('every payment code that is never given is published for a payment endpoint', () => {
    const published = payments.flatMap(name => openapi.paths[endpoints[name].path]!.post['x-result-codes'])
    const codes = published.map(({ code }) => code)
    for (const code of Object.keys(unusedPaymentCodes)) expect(codes).toContain(code)
  })

  test('a payment can fail in every way in which a vaulting can, and in others that pay publishes', () => {
    const published = openapi.paths[endpoints.pay.path]!.post['x-result-codes'].map(({ code }) => code)
    expect(Object.keys(paymentFailures)).toEqual(expect.arrayContaining(failures))
    for (const code of Object.keys(paymentFailures)) expect([...failures, ...published]).toContain(code)
  })

  test('every payment code of ours refuses a call somewhere, or says what is under way', () => {
    const refusals = Object.values(endpoints).flatMap(endpoint => [...endpoint.refusals] as string[])
    for (const code of Object.keys(paymentCodes)) {
      if (!code.endsWith('_IN_PROCESS')) expect(refusals).toContain(code)
    }
  })

  test('the other codes of ours are told by an operation, or are our own choice', () => {
    const ownChoice = [...endpoints.vaultPaymentMethod.refusals, ...endpoints.inquireVaulting.refusals]
    const told = [...vaulting, ...inquiry['x-result-codes']].map(({ code }) => code)
    for (const code of Object.keys(vaultCodes)) expect([...told, ...ownChoice]).toContain(code)
  })

  test('of two tables with the same code, the gateway speaks in answers to calls and the issuer in outcomes', () => {
    expect(resultOf('ACCESS_DENIED').resultMessage).toBe(gatewayCodes.ACCESS_DENIED.message)
    expect(failureResult('ACCESS_DENIED').resultMessage).toBe(vaultingFailures.ACCESS_DENIED.message)
    expect(paymentFailureResult('ACCESS_DENIED').resultMessage).toBe(paymentFailures.ACCESS_DENIED.message)
    expect(resultOf('REFUND_AMOUNT_EXCEED').resultMessage).toBe(paymentCodes.REFUND_AMOUNT_EXCEED.message)
    expect(operationFailureResult('REFUND_AMOUNT_EXCEED').resultMessage).toBe(
      operationFailures.REFUND_AMOUNT_EXCEED.message,
    )
  })

  test('every code and message fits the wire, whatever text is put in', () => {
    const { resultCode, resultMessage } = openapi.components.schemas['Result']!.properties!
    for (const code of Object.keys({
      ...gatewayCodes,
      ...vaultingFailures,
      ...vaultCodes,
      ...paymentFailures,
      ...paymentCodes,
    })) {
      expect(code.length).toBeLessThanOrEqual(resultCode!.maxLength!)
      const told = resultOf(code as ResultCode, 'x'.repeat(1000))
      expect(told.resultMessage.length).toBe(resultMessage!.maxLength)
    }
  })
})

describe('our copies', () => {
  // The original lies beside a checkout of the project's authors; everywhere else there is nothing to compare.
  const originals = join(copies, '..', '..', '..', '..', 'shared', 'contract')
  test.each(['openapi.yaml', 'signature-vectors.json'])('%s is the original, byte for byte', file => {
    if (!existsSync(join(originals, file))) return
    expect(readFileSync(join(copies, file)).equals(readFileSync(join(originals, file)))).toBe(true)
  })
})
