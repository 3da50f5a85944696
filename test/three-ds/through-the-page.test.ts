/** 3-D Secure through the buyer's page, played over HTTP against the simulator's directory servers and banks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { timelineOf } from '../../apps/vault/src/timeline/timeline-store.js'
import { aVaultingRequest } from '../support/builders.js'
import { goThrough, type Way } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(async () => {
  await coffer?.stop()
})

interface Told {
  result: { resultCode: string; resultStatus: string }
  normalUrl?: string
  vaultingStatus?: string
  vaultingResultCode?: string
  paymentMethodDetail?: { card: { brand: string } }
}

async function vault(card: Record<string, unknown>, more: object = {}) {
  const request = aVaultingRequest({ card, ...more })
  const answer = (await coffer.vaultPaymentMethod(request)).json as unknown as Told
  return { id: request.vaultingRequestId, answer }
}

const inquire = async (id: string) => (await coffer.inquireVaulting(id)).json as unknown as Told

const timeline = (id: string) => timelineOf(coffer.system.db, coffer.merchant.clientId, id)

/** Vaults with 3-D Secure asked for, goes the buyer's way, and says how it ended. */
async function vaultAndGo(cardNo: string, way: Way = {}, card: object = {}) {
  const { id, answer } = await vault({ cardNo, is3DSAuthentication: true, ...card })
  expect(answer.result).toMatchObject({ resultStatus: 'U', resultCode: 'VERIFICATION_IN_PROCESS' })
  const page = await goThrough(answer.normalUrl!, way)
  const told = await inquire(id)
  return { id, page, code: told.vaultingResultCode, status: told.vaultingStatus }
}

describe('without a challenge', () => {
  test.each([
    ['Y', '4000000000100000', 'SUCCESS'],
    ['Y on Mastercard', '5200000000100005', 'SUCCESS'],
    ['A, which no card can be added with', '4000000000110009', 'AUTHENTICATION_REQUIRED'],
    ['N, authentication failed', '4000000000120008', 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['N, not enrolled', '4000000000130007', 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['R, suspected fraud', '4000000000140006', 'FRAUD_REJECT'],
    ['U', '4000000000150005', 'AUTHENTICATION_REQUIRED'],
    ['I', '4000000000160004', 'SUCCESS'],
    ['U, as the issuer cannot do it without a payment', '4000000700100003', 'AUTHENTICATION_REQUIRED'],
    ['Y without a value', '5200000100100004', 'SUCCESS'],
    ['D, which nobody asked for', '4000000000400004', 'AUTHENTICATION_REQUIRED'],
    ['Erro 203', '4000000000310005', 'AUTHENTICATION_REQUIRED'],
    ['an answer that is not JSON', '4000000000330003', 'AUTHENTICATION_REQUIRED'],
    ["another transaction's answer", '4000000000340002', 'AUTHENTICATION_REQUIRED'],
    ['HTTP 500', '4000000000350001', 'AUTHENTICATION_REQUIRED'],
    ['a connection that is reset', '4000000000360000', 'AUTHENTICATION_REQUIRED'],
    ['Erro 102', '4000000000370009', 'AUTHENTICATION_REQUIRED'],
    ['2.1.0 alone', '4000000300100007', 'SUCCESS'],
    ['a card of 19 digits', '4000000600000100001', 'SUCCESS'],
  ])('%s', async (_what, cardNo, code) => {
    expect(await vaultAndGo(cardNo)).toMatchObject({ code })
  })
})

describe('with a challenge', () => {
  test.each([
    ['the right code', '123456', 'SUCCESS'],
    ['the code that the bank refuses', '111111', 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['the code for U', '222222', 'AUTHENTICATION_REQUIRED'],
    ['the code for R', '333333', 'FRAUD_REJECT'],
    ['three wrong codes', '987654', 'VERIFY_TIMES_EXCEED_LIMIT'],
  ])('%s', async (_what, otp, code) => {
    expect(await vaultAndGo('4000000000200008', { otp })).toMatchObject({ code })
  })

  test('the timeline shows each message with its ids', async () => {
    const { id, code } = await vaultAndGo('4000000000200008')
    expect(code).toBe('SUCCESS')
    const events = await timeline(id)
    console.log(JSON.stringify(events, null, 1))
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['threeds.areq', 'threeds.ares', 'threeds.rreq', 'vaulting.concluded']),
    )
  })
})
