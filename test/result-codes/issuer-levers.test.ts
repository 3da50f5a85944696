/** Everything that a number, a code or a postcode can ask the simulated issuer for, seen from outside. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  avsLevers,
  avsResultOtherwise,
  cvvLevers,
  cvvResultOtherwise,
  type IssuerMode,
  issuerModes,
  responseCodes,
  testCardNumber,
} from '../../packages/test-cards/src/index.js'
import { aCard, aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { select, tracesOf } from './stored-rows.js'

let coffer: TestSystem
beforeAll(async () => {
  // Cards that are never answered are tried here; eight seconds each would prove no more.
  coffer = await startSystem({ issuerTimeoutMs: 1_500 })
})
afterAll(() => coffer?.stop())

const networks = ['VISA', 'MASTERCARD'] as const

type CardChange = NonNullable<NonNullable<Parameters<typeof aVaultingRequest>[0]>['card']>

async function vault(card: CardChange) {
  const request = aVaultingRequest({ card, vaultingNotificationUrl: `${coffer.receiver.url}/levers` })
  const { json } = await coffer.vaultPaymentMethod(request)
  return { request, json, id: request.vaultingRequestId }
}

const kindsOf = async (id: string) =>
  (
    await select(coffer.system, 'select kind from vaulting_event where vaulting_request_id = $1 order by seq', [id])
  ).map(({ kind }) => kind)
const rrnOf = async (id: string) => {
  const [row] = await select(
    coffer.system,
    `select detail->>'rrn' as rrn from vaulting_event where vaulting_request_id = $1 and kind = 'issuer.asked'`,
    [id],
  )
  return String(row!['rrn'])
}

describe.each(networks)('on %s', network => {
  describe('the security code', () => {
    test.each(cvvLevers)('$cvv comes back as $cvvResult', async ({ cvv, cvvResult, responseCode }) => {
      const { json } = await vault({ cardNo: testCardNumber({ brand: network }), cvv })
      if (responseCode) expect(json.result.resultCode).toBe('INVALID_CVV')
      else expect(json.paymentMethodDetail.card.cvvResultRaw).toBe(cvvResult)
    })

    test('that is any other matches', async () => {
      const { json } = await vault({ cardNo: testCardNumber({ brand: network }), cvv: '321' })
      expect(json.paymentMethodDetail.card.cvvResultRaw).toBe(cvvResultOtherwise)
    })

    test('that was not given has no result', async () => {
      const { cvv: _none, ...card } = aCard({ cardNo: testCardNumber({ brand: network }) })
      const request = aVaultingRequest()
      request.paymentMethodDetail.card = card
      const { json } = await coffer.vaultPaymentMethod(request)
      expect(json.result.resultCode).toBe('SUCCESS')
      expect(json.paymentMethodDetail.card).not.toHaveProperty('cvvResultRaw')
      const [entry] = coffer.simulator.log({ rrn: await rrnOf(request.vaultingRequestId) })
      expect(entry).toMatchObject({ cvvGiven: false })
    })
  })

  describe('the address', () => {
    const billed = (zipCode: string) =>
      vault({
        cardNo: testCardNumber({ brand: network }),
        billingAddress: { region: 'US', zipCode, address1: '1 Main St' },
      })

    test.each(avsLevers)('with $postcode comes back as $avsResult', async ({ postcode, avsResult }) => {
      const { json } = await billed(postcode)
      expect(json.result.resultCode).toBe('SUCCESS')
      expect(json.paymentMethodDetail.card.avsResultRaw).toBe(avsResult)
    })

    test('with any other postcode matches', async () => {
      expect((await billed('94107')).json.paymentMethodDetail.card.avsResultRaw).toBe(avsResultOtherwise)
    })

    test('that was not given has no result', async () => {
      const { json } = await vault({ cardNo: testCardNumber({ brand: network }) })
      expect(json.paymentMethodDetail.card).not.toHaveProperty('avsResultRaw')
    })
  })

  describe('an approval', () => {
    test('brings the id of the network, which is what the ledger has', async () => {
      const { json, id } = await vault({ cardNo: testCardNumber({ brand: network }) })
      const [entry] = coffer.simulator.log({ rrn: await rrnOf(id) })
      const given = json.paymentMethodDetail.card.networkTransactionId
      expect(given).toBe(entry!.networkTransactionId)
      expect(given).toMatch(network === 'VISA' ? /^[0-9]{15}$/ : /^[0-9A-Z]{9}[0-9]{4}$/)
      expect(entry).toMatchObject({ network, reversed: false, expiryGiven: true, cvvGiven: true })
    })
  })

  /** What a vaulting comes to in each mode, and whether anything is taken back. */
  const ends: Record<IssuerMode, { first: string; end: string; reversed: boolean }> = {
    0: { first: 'USER_BALANCE_NOT_ENOUGH', end: 'USER_BALANCE_NOT_ENOUGH', reversed: false },
    1: { first: 'SUCCESS', end: 'SUCCESS', reversed: false },
    2: { first: 'SUCCESS', end: 'SUCCESS', reversed: false },
    3: { first: 'UNKNOWN_EXCEPTION', end: 'PROCESS_FAIL', reversed: true },
    4: { first: 'UNKNOWN_EXCEPTION', end: 'PROCESS_FAIL', reversed: true },
    5: { first: 'UNKNOWN_EXCEPTION', end: 'PROCESS_FAIL', reversed: true },
    6: { first: 'PROCESS_FAIL', end: 'PROCESS_FAIL', reversed: false },
  }

  test.each(issuerModes)('an issuer of mode $mode', async ({ mode }) => {
    const { first, end, reversed } = ends[mode]
    const responseCode = ['0', '1', '2'].includes(mode) ? ('51' as const) : ('00' as const)
    const cardNo = testCardNumber({ brand: network, mode, responseCode, fill: '7' })
    const { json, id, request } = await vault({ cardNo })
    expect(json.result.resultCode).toBe(first)
    await coffer.advance(10_000)
    const told = await coffer.inquireVaulting(id)
    expect(told.json.vaultingResultCode).toBe(end)
    expect((await kindsOf(id)).filter(kind => kind === 'issuer.reversed')).toHaveLength(reversed ? 1 : 0)
    const entries = coffer.simulator.log({ rrn: await rrnOf(id) })
    expect(entries.filter(({ kind }) => kind === 'verification')).toHaveLength(1)
    // What an issuer approved and nobody heard must not stand.
    expect(entries.find(({ kind }) => kind === 'verification')!.reversed).toBe(reversed)
    expect(await tracesOf(coffer.system, coffer.merchant.clientId, id)).toMatchObject({
      state: end === 'SUCCESS' ? 'SUCCESS' : 'FAIL',
      cards: end === 'SUCCESS' ? 1 : 0,
      notifications: 1,
    })
    if (mode === '6') {
      const again = await vault({ cardNo })
      expect(again.json.result.resultCode).toBe('SUCCESS')
    }
    expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe(end)
  })
})

test('the timeline tells when each thing happened, and by what names the question went', async () => {
  const { id } = await vault({ cardNo: testCardNumber({ brand: 'VISA' }) })
  const response = await fetch(`${coffer.opsUrl}/sandbox/timeline/${coffer.merchant.clientId}/${id}`)
  const { events } = (await response.json()) as { events: { at: string; kind: string }[] }
  expect(events.map(({ kind }) => kind)).toEqual([
    'request.received',
    'issuer.asked',
    'issuer.answered',
    'vaulting.concluded',
  ])
  for (const { at } of events) expect(new Date(at).toISOString()).toBe(at)
  expect(events[1]).toMatchObject({
    network: 'VISA',
    chosenBy: 'ONLY',
    stan: expect.stringMatching(/^[0-9]{6}$/),
    rrn: await rrnOf(id),
  })
})

test('every response code of the test cards has its row in the table of outcomes', async () => {
  const { responseCodeRows } = await import('./vault-payment-method.table.js')
  expect(responseCodeRows.map(({ raw }) => raw)).toEqual(responseCodes.map(({ code }) => code))
})
