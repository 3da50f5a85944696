/** inquireVaulting: the result tells of the call, `vaultingStatus` of the vaulting, and neither is taken for the other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aRequestId, aVaultingRequest } from '../support/builders.js'
import type { Answer } from '../support/merchant-client.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { inquiryRows } from './inquire-vaulting.table.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
beforeAll(async () => {
  // Some of its cards are never answered; eight seconds each would prove no more.
  coffer = await startSystem({ issuerTimeoutMs: 1_500 })
})
afterAll(() => coffer?.stop())

const MESSAGES: Readonly<Record<string, string>> = {
  SUCCESS: 'success.',
  DO_NOT_HONOR: 'Declined by the issuer.',
  VERIFICATION_IN_PROCESS: 'The verification is in process.',
  PROCESS_FAIL: 'The issuer gave no answer that could be relied on. Use a new id.',
}

describe('an inquiry after', () => {
  test.each(inquiryRows)('$situation: $code', async row => {
    const { change, code, vaultingStatus, vaultingResultCode } = row
    const vaultingRequestId = aRequestId()
    const vaulted = await prepare(change, vaultingRequestId)
    const inquiry = await coffer.inquireVaulting(vaultingRequestId)
    expect(inquiry).toMatchObject({ status: 200, verified: true })
    expect(inquiry.json).toEqual({
      result: { resultCode: code, resultStatus: code === 'SUCCESS' ? 'S' : 'F', resultMessage: expect.any(String) },
      vaultingRequestId,
      ...(vaultingStatus && {
        vaultingStatus,
        vaultingResultCode,
        vaultingResultMessage: MESSAGES[vaultingResultCode!],
      }),
      ...(vaultingStatus === 'SUCCESS' && { paymentMethodDetail: vaulted!.json.paymentMethodDetail }),
    })
  })

  async function prepare(change: (typeof inquiryRows)[number]['change'], vaultingRequestId: string) {
    if (change === 'unknown id') return undefined
    if (change === 'of another merchant') {
      return coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId }), { as: coffer.otherMerchant })
    }
    const { cardNo, settled } = change
    const answer = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId, card: { cardNo } }))
    if (settled) await coffer.advance(60_000)
    return answer
  }
})

test('an id of another merchant is answered like one that nobody used, but for the id itself', async () => {
  const [theirs, nobodys] = [aRequestId('aaaa'), aRequestId('bbbb')]
  await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId: theirs }), { as: coffer.otherMerchant })
  const answers = [await coffer.inquireVaulting(theirs), await coffer.inquireVaulting(nobodys)]
  expect(answers[0]!.text.replace(theirs, '')).toBe(answers[1]!.text.replace(nobodys, ''))
  const asOther = await coffer.inquireVaulting(theirs, { as: coffer.otherMerchant })
  expect(asOther.json.vaultingStatus).toBe('SUCCESS')
})

test('a vaulting in process has no page for the buyer, and no card', async () => {
  const request = aVaultingRequest({ card: { cardNo: '4000000000105009' } })
  await coffer.vaultPaymentMethod(request)
  const { json } = await coffer.inquireVaulting(request.vaultingRequestId)
  expect(json.vaultingStatus).toBe('PROCESSING')
  for (const name of ['normalUrl', 'schemeUrl', 'applinkUrl', 'paymentMethodDetail'])
    expect(json).not.toHaveProperty(name)
})

describe('metadata', () => {
  const echoes = ['', '{"order":1,"ü":"\\u0000"}', 'x'.repeat(2048), '💳'.repeat(2048), ' \t\n"\\/<&>', 'a\u0000b']

  test.each(['4000000000100000', '4000000000100059', '4000000000105009'])(
    'comes back as it was, whatever became of the card %s',
    async cardNo => {
      for (const metadata of echoes) {
        const request = aVaultingRequest({ metadata, customizedInfo: { customizedField1: 'c' }, card: { cardNo } })
        await coffer.vaultPaymentMethod(request)
        const { json } = await coffer.inquireVaulting(request.vaultingRequestId)
        expect(json.metadata).toBe(metadata)
        expect(json).not.toHaveProperty('customizedInfo')
      }
    },
  )

  test('does not come back where there was none', async () => {
    const request = { ...aVaultingRequest(), metadata: null }
    await coffer.vaultPaymentMethod(request)
    expect((await coffer.inquireVaulting(request.vaultingRequestId)).json).not.toHaveProperty('metadata')
  })
})

describe('an inquiry', () => {
  test('is answered the same however often, and changes nothing but the timeline', async () => {
    const request = aVaultingRequest()
    await coffer.vaultPaymentMethod(request)
    await coffer.advance(3_000)
    const { vaulting_event: events, ...before } = await rowCounts(coffer.system)
    const answers: Answer[] = []
    for (let i = 0; i < 5; i++) answers.push(await coffer.inquireVaulting(request.vaultingRequestId))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    const { vaulting_event: eventsAfter, ...after } = await rowCounts(coffer.system)
    expect(after).toEqual(before)
    expect(eventsAfter).toBe(events! + 5)
  })

  test('after an id that does not exist leaves nothing behind', async () => {
    const before = await rowCounts(coffer.system)
    await coffer.inquireVaulting(aRequestId())
    expect(await rowCounts(coffer.system)).toEqual(before)
  })

  test('may name an account of the merchant', async () => {
    const request = aVaultingRequest({ merchantAccountId: 'store-1' })
    await coffer.vaultPaymentMethod(request)
    const { vaultingRequestId } = request
    const answer = await coffer.call('vaults/inquireVaulting', { vaultingRequestId, merchantAccountId: 'store-1' })
    expect(answer.json.vaultingStatus).toBe('SUCCESS')
  })

  test('finds an id of any characters, spelled exactly', async () => {
    const vaultingRequestId = `${aRequestId()} Ü%/?&"\\'💳`
    await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId }))
    expect((await coffer.inquireVaulting(vaultingRequestId)).json).toMatchObject({
      vaultingRequestId,
      vaultingStatus: 'SUCCESS',
    })
    for (const other of [
      vaultingRequestId.toLowerCase(),
      `${vaultingRequestId} `,
      vaultingRequestId.normalize('NFD'),
    ]) {
      expect((await coffer.inquireVaulting(other)).json.result.resultCode).toBe('VAULTING_NOT_EXIST')
    }
  })
})
