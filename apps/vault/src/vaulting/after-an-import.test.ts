/** What an import of card ranges does to numbers that were stored before it: nothing. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PlayedIssuer, startPlayedIssuer } from '../../../../test/result-codes/played-issuer.js'
import { tracesOf } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { importRanges, rollbackRanges } from '../cards/import-ranges.js'
import { readRangeFile } from '../cards/read-range-file.js'

/** A UnionPay number whose check digit is wrong: there are such cards. */
const NUMBER = '6212345678901230'

let coffer: TestSystem
let issuer: PlayedIssuer
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-import-'))
  issuer = await startPlayedIssuer()
  coffer = await startSystem({ environment: 'live', acquirers: issuer.acquirers })
})
beforeEach(() => issuer.answers({ responseCode: '00' }))
afterAll(async () => {
  await coffer?.stop()
  await issuer?.stop()
  await rm(folder, { recursive: true, force: true })
})

const aRequest = () => aVaultingRequest({ card: { cardNo: NUMBER } })
const office = () => ({ db: coffer.system.db, clock: coffer.system.clock, by: 'the test' })

/** From now on numbers of this range need a right check digit. */
async function importStricterRange(): Promise<void> {
  const path = join(folder, 'ranges.csv')
  await writeFile(path, 'low,high,lengths,networks,luhn\n621234,621234,16,CUP,yes\n')
  const file = await readRangeFile(path)
  if (!file.ok) throw new Error('the table of the test is faulty')
  await importRanges(office(), file)
  await coffer.system.ranges.refresh()
}

test('an id keeps its answer, and a stored number can be opened, whatever is imported later', async () => {
  const stored = aRequest()
  const first = await coffer.vaultPaymentMethod(stored)
  expect(first.json.result.resultCode).toBe('SUCCESS')
  issuer.answers(() => {})
  const open = aRequest()
  expect((await coffer.vaultPaymentMethod(open)).json.result.resultStatus).toBe('U')

  await importStricterRange()
  expect((await coffer.vaultPaymentMethod(stored)).text).toBe(first.text)
  const before = issuer.reversals.length
  await coffer.advance(0)
  expect(issuer.reversals.slice(before).map(({ mti }) => mti)).toEqual(['0400'])
  expect(await tracesOf(coffer.system, coffer.merchant.clientId, open.vaultingRequestId)).toMatchObject({
    state: 'FAIL',
  })

  const refused = await coffer.vaultPaymentMethod(aRequest())
  expect(refused.json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL' })
  expect(refused.json.result.resultMessage).toContain('paymentMethodDetail.card.cardNo')
  expect(refused.text).not.toContain(NUMBER)

  issuer.answers({ responseCode: '00' })
  await rollbackRanges(office(), 0)
  await coffer.system.ranges.refresh()
  expect((await coffer.vaultPaymentMethod(aRequest())).json.result.resultCode).toBe('SUCCESS')
})
