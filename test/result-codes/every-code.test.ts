/** No code without a row, and no row without a code: the tables here against those of the wire package. */
import { expect, test } from 'vitest'
import {
  type EndpointName,
  endpoints,
  gatewayCodes,
  operationFailures,
  paymentCodes,
  paymentFailures,
  unusedByEndpoint,
  unusedCodes,
  vaultCodes,
  vaultingFailures,
} from '../../packages/antom/src/index.js'
import { cancelRefusals } from './cancel.table.js'
import { captureInProcess, captureOutcomes, captureRefusals, captureVariants } from './capture.table.js'
import { gatewayRows, gatewayVariants } from './gateway.table.js'
import { inquiryRows } from './inquire-vaulting.table.js'
import { nonceRows, tokenRows } from './kept-cards.table.js'
import {
  atOncePayments,
  buyersPayments,
  issuerPayments,
  laterPayments,
  leverPayments,
  payRefusals,
  playedPayments,
  stepUpPayments,
  unaskedPayments,
} from './pay.table.js'
import { paymentInquiryRows, refundInquiryRows } from './payment-inquiries.table.js'
import { refundInProcess, refundOutcomes, refundRefusals, refundVariants } from './refund.table.js'
import { never, waiting, waitingCauses } from './unreached-codes.js'
import {
  buyerRows,
  outcomeRows,
  playedRows,
  playedStepUpRows,
  stepUpRows,
  threeDSAtOnceRows,
  unaskedRows,
} from './vault-payment-method.table.js'

type Coded = readonly { readonly code: string }[]
const codesOf = (...tables: Coded[]) => tables.flatMap(rows => rows.map(({ code }) => code))

/** Rows that refuse a call, by the endpoint that they are played on. */
const refusalRows: Record<Exclude<EndpointName, 'vaultPaymentMethod' | 'inquireVaulting'>, readonly string[]> = {
  fetchNonce: codesOf(nonceRows),
  // The older path of the same verb.
  fetchNonceOfPayments: codesOf(nonceRows),
  inquireToken: codesOf(tokenRows),
  updateToken: codesOf(tokenRows),
  deleteToken: codesOf(tokenRows.filter(({ notFor }) => notFor !== 'deleteToken')),
  pay: codesOf(payRefusals),
  inquiryPayment: codesOf(paymentInquiryRows.filter(({ code }) => code !== 'SUCCESS')),
  capture: codesOf(captureRefusals, captureVariants),
  cancel: codesOf(cancelRefusals),
  refund: codesOf(refundRefusals, refundVariants),
  inquiryRefund: codesOf(refundInquiryRows.filter(({ code }) => code !== 'SUCCESS')),
}

const payments = codesOf(
  ...[issuerPayments, stepUpPayments, leverPayments, playedPayments],
  ...[unaskedPayments, atOncePayments, buyersPayments, laterPayments],
)
const inProcess = [captureInProcess, refundInProcess, 'PAYMENT_IN_PROCESS']

/** ACCESS_DENIED is a refusal of the gateway and a failure of a vaulting: a code is known with its table. */
const reached = new Set([
  // The last row of the gateway's order is an outcome already; what it shows is that outcomes come last.
  ...[...gatewayRows, ...gatewayVariants].map(({ code }) => inTable(code, 'gateway')),
  'gateway UNKNOWN_EXCEPTION', // a defect, in gateway.test.ts; a silent issuer, in vault-payment-method.test.ts
  ...[...outcomeRows, ...unaskedRows, ...threeDSAtOnceRows, ...buyerRows].map(({ code }) => inTable(code, 'outcome')),
  ...[...stepUpRows, ...playedRows, ...playedStepUpRows].map(({ code }) => inTable(code, 'outcome')),
  ...inquiryRows.map(({ code }) => inTable(code, 'gateway')),
  ...inquiryRows.flatMap(row => (row.vaultingResultCode ? [inTable(row.vaultingResultCode, 'outcome')] : [])),
  ...payments.filter(code => code in paymentFailures).map(code => `payment ${code}`),
  ...codesOf(captureOutcomes, refundOutcomes)
    .filter(code => code !== 'SUCCESS')
    .map(code => `operation ${code}`),
  ...[...Object.values(refusalRows).flat(), ...inProcess]
    .filter(code => code in paymentCodes)
    .map(code => `money ${code}`),
])

const known = [
  ...Object.keys(gatewayCodes).map(code => `gateway ${code}`),
  ...Object.keys(vaultingFailures).map(code => `outcome ${code}`),
  ...Object.keys(vaultCodes).map(code => `vault ${code}`),
  ...Object.keys(paymentFailures).map(code => `payment ${code}`),
  ...Object.keys(operationFailures).map(code => `operation ${code}`),
  ...Object.keys(paymentCodes).map(code => `money ${code}`),
]

test('every code of the wire package is reached by a row, or waits for a later version with a reason', () => {
  expect([...reached, ...Object.keys(waiting)].sort()).toEqual(known.sort())
})

test('a code that waits is not reached', () => {
  for (const code of Object.keys(waiting)) expect(reached).not.toContain(code)
})

test.each(Object.entries(refusalRows))(
  'every refusal of %s has a row there, and every row one of its refusals',
  (name, codes) => {
    const listed = endpoints[name as EndpointName].refusals
    // Fields are judged by the door, and some by the verb: that code is the gateway's.
    expect(new Set(codes.filter(code => code !== 'PARAM_ILLEGAL'))).toEqual(new Set(listed))
  },
)

test('every refusal of vaulting is reached, or waits', () => {
  const { vaultPaymentMethod, inquireVaulting } = endpoints
  const refusals = [...vaultPaymentMethod.refusals, ...inquireVaulting.refusals].map(code => `vault ${code}`)
  for (const code of refusals) expect([...reached, ...Object.keys(waiting)]).toContain(code)
})

test('payments end, and are in process, in no other way than the wire package says', () => {
  const others = payments.filter(code => !(code in paymentFailures))
  expect(new Set(others)).toEqual(new Set(['SUCCESS', 'PAYMENT_IN_PROCESS', 'UNKNOWN_EXCEPTION']))
  for (const row of paymentInquiryRows) {
    const code = row.paymentResultCode ?? 'SUCCESS'
    expect(['SUCCESS', 'PAYMENT_IN_PROCESS', ...Object.keys(paymentFailures)]).toContain(code)
  }
})

test('what an endpoint never answers, though it is published for it, no row of it is answered', () => {
  for (const [name, unused] of Object.entries(unusedByEndpoint)) {
    const codes = refusalRows[name as keyof typeof refusalRows]
    for (const [code, reason] of Object.entries(unused)) {
      expect(codes).not.toContain(code)
      expect(reason).toMatch(/^\w.{15,}/)
    }
  }
})

test('published codes that are never given are the ones that the wire package names', () => {
  expect(Object.keys(never).sort()).toEqual(Object.keys(unusedCodes).sort())
  for (const code of Object.keys(never)) expect([...reached].map(name => name.split(' ')[1])).not.toContain(code)
})

test('whatever is not reached has a reason', () => {
  for (const reason of Object.values({ ...waiting, ...waitingCauses, ...never })) expect(reason).toMatch(/^\w.{20,}/)
})

function inTable(code: string, first: 'gateway' | 'outcome'): string {
  const tables = { gateway: gatewayCodes, outcome: vaultingFailures, vault: vaultCodes }
  const other = first === 'gateway' ? 'outcome' : 'gateway'
  const table = ([first, 'vault', other] as const).find(name => code in tables[name])
  return `${table} ${code}`
}
