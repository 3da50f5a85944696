import type { Network } from '@coffer/test-cards'
import type { Unchecked } from './unchecked.js'

/** The protocol versions that the directory servers speak, oldest first. */
export const spokenVersions = ['2.1.0', '2.2.0'] as const
export type SpokenVersion = (typeof spokenVersions)[number]

/** What of a message decides which of its elements are required. */
export interface Circumstances {
  readonly message: Unchecked
  readonly version: SpokenVersion
  readonly network: Network
}

/** What a data element must be. */
export interface ElementRule {
  readonly name: string
  readonly holds: (value: unknown) => boolean
  readonly required: (of: Circumstances) => boolean
}

type When = (of: Circumstances) => boolean

const always: When = () => true
const never: When = () => false
const payment: When = ({ message }) => message['messageCategory'] === '01'
const paymentOrSeries: When = of =>
  payment(of) || ['02', '03'].includes(String(of.message['threeDSRequestorAuthenticationInd']))
const series: When = ({ message }) => ['02', '03'].includes(String(message['threeDSRequestorAuthenticationInd']))
/** 2.1.0 knows no browser without JavaScript. */
const withJavaScript: When = ({ message, version }) =>
  version === '2.1.0' || message['browserJavascriptEnabled'] === true

const pattern = (rule: RegExp) => (value: unknown) => typeof value === 'string' && rule.test(value)
const oneOf = (...values: readonly string[]) => pattern(new RegExp(`^(${values.join('|')})$`))
const upTo = (length: number) => (value: unknown) =>
  typeof value === 'string' && value.length > 0 && value.length <= length
const flag = (value: unknown) => typeof value === 'boolean'
const uuid = pattern(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i)
const url = (length: number, schemes: RegExp) => (value: unknown) =>
  typeof value === 'string' && value.length <= length && schemes.test(value) && isUrl(value)
/** Not by `URL.canParse`, which goes wrong in Node.js 20 once it has been called some thousands of times. */
function isUrl(text: string): boolean {
  try {
    return Boolean(new URL(text))
  } catch {
    return false
  }
}
const web = /^https?:\/\//
const secure = /^https:\/\//
const address = pattern(/^(\d{1,3}(\.\d{1,3}){3}|(?=.{2,45}$)[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/)
const date = '(\\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])'
const timeZone = (value: unknown) => pattern(/^[+-]?\d{1,4}$/)(value) && Math.abs(Number(value)) <= 840
const extensions = (value: unknown) => Array.isArray(value) && value.length > 0 && value.length <= 10

const rule = (name: string, holds: ElementRule['holds'], required: When = never): ElementRule => ({
  name,
  holds,
  required,
})

const extension = rule('messageExtension', extensions)

/**
 * The data elements of an AReq in the browser channel that a directory server looks at.
 * Source: EMV 3-D Secure 2.1.0 and 2.2.0 › data elements, restated from what implementers publish
 */
export const areqRules: readonly ElementRule[] = [
  rule('messageCategory', oneOf('01', '02'), always),
  rule('deviceChannel', oneOf('01', '02', '03'), always),
  rule('threeDSServerTransID', uuid, always),
  rule('threeDSServerRefNumber', upTo(32), always),
  rule('threeDSServerOperatorID', upTo(32)),
  rule('threeDSServerURL', url(2048, secure), always),
  rule('threeDSRequestorID', upTo(35), always),
  rule('threeDSRequestorName', upTo(40), always),
  rule('threeDSRequestorURL', url(2048, web), always),
  rule('threeDSRequestorAuthenticationInd', oneOf('0[1-6]', '[89]\\d'), always),
  rule('threeDSRequestorChallengeInd', oneOf('0[1-9]', '[89]\\d')),
  rule('threeDSCompInd', oneOf('Y', 'N', 'U'), always),
  rule('acctNumber', pattern(/^\d{13,19}$/), always),
  rule('cardExpiryDate', pattern(/^\d\d(0[1-9]|1[0-2])$/)),
  rule('cardholderName', pattern(/^[\x20-\x7e]{2,45}$/)),
  // Visa wants to know the acquirer also where nothing is paid.
  rule('acquirerBIN', pattern(/^\d{1,11}$/), of => payment(of) || of.network === 'VISA'),
  rule('acquirerMerchantID', upTo(35), payment),
  rule('mcc', pattern(/^\d{4}$/), payment),
  rule('merchantCountryCode', pattern(/^\d{3}$/), payment),
  rule('merchantName', upTo(40), payment),
  rule('notificationURL', url(256, web), always),
  rule('purchaseAmount', pattern(/^\d{1,48}$/), paymentOrSeries),
  rule('purchaseCurrency', pattern(/^\d{3}$/), paymentOrSeries),
  rule('purchaseExponent', pattern(/^\d$/), paymentOrSeries),
  rule('purchaseDate', pattern(new RegExp(`^${date}([01]\\d|2[0-3])[0-5]\\d[0-5]\\d$`)), paymentOrSeries),
  rule('recurringExpiry', pattern(new RegExp(`^${date}$`)), series),
  rule('recurringFrequency', pattern(/^\d{1,4}$/), series),
  rule('browserAcceptHeader', upTo(2048), always),
  rule('browserUserAgent', upTo(2048), always),
  rule('browserIP', address),
  rule('browserJavascriptEnabled', flag, ({ version }) => version === '2.2.0'),
  rule('browserJavaEnabled', flag, withJavaScript),
  rule('browserLanguage', pattern(/^[A-Za-z0-9-]{1,8}$/), withJavaScript),
  rule('browserColorDepth', oneOf('1', '4', '8', '15', '16', '24', '32', '48'), withJavaScript),
  rule('browserScreenHeight', pattern(/^\d{1,6}$/), withJavaScript),
  rule('browserScreenWidth', pattern(/^\d{1,6}$/), withJavaScript),
  rule('browserTZ', timeZone, withJavaScript),
  extension,
]

/** What a DS adds to an AReq on its way to the ACS. */
export const forwardedAreqRules: readonly ElementRule[] = [
  ...areqRules,
  rule('dsReferenceNumber', upTo(32), always),
  rule('dsTransID', uuid, always),
  rule('dsURL', url(2048, secure), always),
]

export const preqRules: readonly ElementRule[] = [
  rule('threeDSServerRefNumber', upTo(32), always),
  rule('threeDSServerOperatorID', upTo(32)),
  rule('threeDSServerTransID', uuid, always),
  rule('serialNum', upTo(20)),
  extension,
]

export const rreqRules: readonly ElementRule[] = [
  rule('threeDSServerTransID', uuid, always),
  rule('dsTransID', uuid, always),
  rule('acsTransID', uuid, always),
  rule('messageCategory', oneOf('01', '02'), always),
  rule('transStatus', oneOf('Y', 'A', 'N', 'U', 'R'), always),
  rule('transStatusReason', oneOf('\\d\\d'), ({ message }) => ['N', 'U', 'R'].includes(String(message['transStatus']))),
  rule('eci', oneOf('[0-9N][0-9]')),
  rule('authenticationValue', pattern(/^[A-Za-z0-9+/]{27}=$/)),
  rule('authenticationType', oneOf('0[1-4]')),
  rule('interactionCounter', pattern(/^\d\d$/), always),
  rule('challengeCancel', oneOf('0[1-8]')),
  extension,
]

export const rresRules: readonly ElementRule[] = [
  rule('threeDSServerTransID', uuid, always),
  rule('dsTransID', uuid, always),
  rule('acsTransID', uuid, always),
  rule('resultsStatus', oneOf('0[1-3]'), always),
  extension,
]

export const creqRules: readonly ElementRule[] = [
  rule('threeDSServerTransID', uuid, always),
  rule('acsTransID', uuid, always),
  rule('challengeWindowSize', oneOf('0[1-5]'), always),
  extension,
]

/** The JSON that a browser carries to the page of a 3DS Method. It has no type and no version. */
export const methodRules: readonly ElementRule[] = [
  rule('threeDSServerTransID', uuid, always),
  rule('threeDSMethodNotificationURL', url(256, web), always),
]

/** Whether a text is one of the transaction ids of 3-D Secure, and so may be shown. */
export const isTransactionId = uuid as (value: unknown) => value is string
