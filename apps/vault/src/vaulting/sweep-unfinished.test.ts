import { afterAll, beforeAll, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

/** A vaulting that the issuer hung up on: nobody knows what became of it. */
async function unfinished(): Promise<string> {
  const request = aVaultingRequest({ metadata: 'order 1', card: { cardNo: '4000000000105009' } })
  const { json } = await coffer.vaultPaymentMethod(request)
  expect(json.result.resultCode).toBe('UNKNOWN_EXCEPTION')
  return request.vaultingRequestId
}

test('one vaulting that cannot be read does not keep those behind it from being settled', async () => {
  const bad = await unfinished()
  const good = await unfinished()
  await select(coffer.system, 'update vaulting set echo_sealed = $2 where vaulting_request_id = $1', [
    bad,
    Buffer.from([0]),
  ])
  await coffer.advance(61_000)
  const { json } = await coffer.inquireVaulting(good)
  expect(json).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'PROCESS_FAIL' })
  expect(coffer.logLines.join('')).toContain('vaulting.not-swept')
})
