/** The request schemas field by field, so that a test which walks them forgets none, not even one added tomorrow. */
import { inquireVaultingRequest, vaultPaymentMethodRequest } from '../../packages/antom/src/index.js'

/** The keywords of the schemas that tests look at. */
export interface FieldSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly required?: readonly string[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly check?: string
  readonly aliases?: readonly string[]
  readonly foldCase?: boolean
  readonly numeric?: boolean
  readonly jsonText?: boolean
}

export interface Field {
  /** With dots, as messages name it. */
  readonly path: string
  readonly schema: FieldSchema
  readonly required: boolean
}

export const vaultingFields = fieldsOf(vaultPaymentMethodRequest<string, string, string>() as object)
export const inquiryFields = fieldsOf(inquireVaultingRequest as object)

/** The fields of a request, those within objects after their object. */
export function fieldsOf(schema: FieldSchema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name
    const required = schema.required?.includes(name) ?? false
    return [{ path, schema: field, required }, ...fieldsOf(field, `${path}.`)]
  })
}

/** By path: a right value, and where there is one, another. */
export type RightValues = Readonly<Record<string, { value: unknown; other?: unknown }>>

/** A right value for every field that is no object. */
export const rightValues: RightValues = {
  vaultingRequestId: { value: 'v-1', other: 'v-2' },
  vaultingNotificationUrl: { value: 'http://127.0.0.1:9/n?a=1', other: 'http://127.0.0.1:9/n?a=2' },
  redirectUrl: { value: 'https://shop.example/done', other: 'www.test.com' },
  'paymentMethodDetail.paymentMethodType': { value: 'CARD' },
  ...within('paymentMethodDetail.card', {
    cardNo: { value: '4054695723100768', other: '5162774114974622' },
    cvv: { value: '123', other: '1234' },
    cardPasswordDigest: { value: '12', other: '34' },
    expiryYear: { value: '33', other: '2034' },
    expiryMonth: { value: '03', other: '12' },
    ...within('cardholderName', {
      firstName: { value: 'Ada', other: 'Augusta' },
      middleName: { value: 'K.', other: '' },
      lastName: { value: 'Lovelace', other: 'Byron' },
      fullName: { value: 'Ada K. Lovelace', other: '李\u{20bb7}' },
    }),
    ...within('billingAddress', {
      region: { value: 'GB', other: 'US' },
      state: { value: 'LND', other: 'CA' },
      city: { value: 'London', other: 'Oakland' },
      address1: { value: '12 St James', other: '13 St James' },
      address2: { value: 'Flat 1', other: 'Flat 2' },
      zipCode: { value: 'SW1Y 4JH', other: '94607' },
    }),
    selectedCardBrand: { value: 'AMEX', other: 'VISA' },
    brand: { value: 'AMEX', other: 'MASTERCARD' },
    is3DSAuthentication: { value: false, other: true },
    dateOfBirth: { value: '1990-02-28', other: '2000-02-29' },
    businessNo: { value: '1234567890', other: '1234567891' },
    cpf: { value: '01234567890', other: '01234567891' },
    payerEmail: { value: 'ada@shop.example', other: 'bob@shop.example' },
    networkTransactionId: { value: '016153570198200', other: '016153570198201' },
    request3DS: { value: 'a', other: 'b' },
    scaExemptionIndicator: { value: 'a', other: 'b' },
    enableAuthenticationUpgrade: { value: 'a', other: 'b' },
    authenticationFlow: { value: 'a', other: 'b' },
    ...within('mpiData', {
      threeDSVersion: { value: '2.1.0', other: '2.2.0' },
      eci: { value: '05', other: '06' },
      cavv: { value: 'AAABBEg0VhI0VniQEjRWAAAAAAA=', other: 'BAABBEg0VhI0VniQEjRWAAAAAAA=' },
      dsTransactionId: { value: 'a', other: 'b' },
      credentialType: { value: 'a', other: 'b' },
    }),
  }),
  ...within('env', {
    terminalType: { value: 'APP', other: 'mini_app' },
    osType: { value: 'IOS', other: 'android' },
    clientIp: { value: '203.0.113.7', other: '2001:db8::1' },
    deviceTokenId: { value: 'a', other: 'b' },
    ...within('browserInfo', {
      acceptHeader: { value: '*/*', other: 'text/html' },
      language: { value: 'en', other: 'de' },
      userAgent: { value: 'a', other: 'b' },
      javaEnabled: { value: false, other: true },
      javaScriptEnabled: { value: true, other: false },
    }),
    colorDepth: { value: 24, other: 48 },
    screenHeight: { value: 1080, other: 1 },
    screenWidth: { value: 1920, other: 1 },
    timeZoneOffset: { value: -720, other: 720 },
    deviceBrand: { value: 'a', other: 'b' },
    deviceModel: { value: 'a', other: 'b' },
    deviceLanguage: { value: 'a', other: 'b' },
    deviceId: { value: 'a', other: 'b' },
    osVersion: { value: 'a', other: 'b' },
    userAgent: { value: 'a', other: 'b' },
    cookieId: { value: 'a', other: 'b' },
    extendInfo: { value: 'a', other: 'b' },
  }),
  merchantRegion: { value: 'SG', other: 'US' },
  merchantAccountId: { value: 'store-1', other: 'store-2' },
  metadata: { value: '{"order":1}', other: '{"order":2}' },
  vaultingCurrency: { value: 'EUR', other: 'USD' },
  ...within('customizedInfo', {
    customizedField1: { value: 'a', other: 'b' },
    customizedField2: { value: 'a', other: 'b' },
    customizedField3: { value: 'a', other: 'b' },
    customizedField4: { value: 'a', other: 'b' },
    customizedField5: { value: 'a', other: 'b' },
  }),
}

/** The same values a level deeper. */
export function within(path: string, fields: RightValues): RightValues {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${path}.${name}`, value]))
}

type Tree = { [name: string]: unknown }

/** A request in which every field of `fields` has its right value, but for `change`, by path; `undefined` leaves out. */
export function fullRequest(
  fields: readonly Field[],
  change: Readonly<Record<string, unknown>> = {},
  values = rightValues,
): Tree {
  const request: Tree = {}
  for (const { path, schema } of fields) {
    if (path in change) put(request, path, change[path])
    else if (schema.type !== 'object') put(request, path, values[path]?.value)
  }
  return request
}

/** Only what a request must have. */
export function leanRequest(fields: readonly Field[], change: Readonly<Record<string, unknown>> = {}): Tree {
  const isNeeded = ({ path }: Field) =>
    path.split('.').every((_, depth, names) => {
      const at = names.slice(0, depth + 1).join('.')
      return fields.some(field => field.path === at && field.required)
    })
  const rest = fields.filter(field => !isNeeded(field) && !(field.path in change))
  return fullRequest(fields, { ...Object.fromEntries(rest.map(({ path }) => [path, undefined])), ...change })
}

function put(request: Tree, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop()!
  let at = request
  for (const name of names) {
    // A parent that was replaced or left out takes its children with it.
    if (name in at && (typeof at[name] !== 'object' || at[name] === null || Array.isArray(at[name]))) return
    at[name] ??= {}
    at = at[name] as Tree
  }
  at[last] = value
}
