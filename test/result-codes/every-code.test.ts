/** No code without a row, and no row without a code: the tables here against those of the wire package. */
import { expect, test } from 'vitest'
import { endpoints, gatewayCodes, unusedCodes, vaultCodes, vaultingFailures } from '../../packages/antom/src/index.js'
import { gatewayRows, gatewayVariants } from './gateway.table.js'
import { inquiryRows } from './inquire-vaulting.table.js'
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

/** ACCESS_DENIED is a refusal of the gateway and a failure of a vaulting: a code is known with its table. */
const reached = new Set([
  // The last row of the gateway's order is an outcome already; what it shows is that outcomes come last.
  ...[...gatewayRows, ...gatewayVariants].map(({ code }) => inTable(code, 'gateway')),
  'gateway UNKNOWN_EXCEPTION', // a defect, in gateway.test.ts; a silent issuer, in vault-payment-method.test.ts
  ...[...outcomeRows, ...unaskedRows, ...threeDSAtOnceRows, ...buyerRows].map(({ code }) => inTable(code, 'outcome')),
  ...[...stepUpRows, ...playedRows, ...playedStepUpRows].map(({ code }) => inTable(code, 'outcome')),
  ...inquiryRows.map(({ code }) => inTable(code, 'gateway')),
  ...inquiryRows.flatMap(row => (row.vaultingResultCode ? [inTable(row.vaultingResultCode, 'outcome')] : [])),
])

const known = [
  ...Object.keys(gatewayCodes).map(code => `gateway ${code}`),
  ...Object.keys(vaultingFailures).map(code => `outcome ${code}`),
  ...Object.keys(vaultCodes).map(code => `vault ${code}`),
]

test('every code of the wire package is reached by a row, or waits for a later version with a reason', () => {
  expect([...reached, ...Object.keys(waiting)].sort()).toEqual(known.sort())
})

test('a code that waits is not reached', () => {
  for (const code of Object.keys(waiting)) expect(reached).not.toContain(code)
})

test('every refusal of an endpoint is reached, or waits', () => {
  const refusals = Object.values(endpoints).flatMap(endpoint => endpoint.refusals.map(code => `vault ${code}`))
  for (const code of refusals) expect([...reached, ...Object.keys(waiting)]).toContain(code)
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
