/** A vaulting that waits for its buyer: what waits with it, how long, and what becomes of it when things go wrong. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../apps/simulator/src/index.js'
import { goOnWithBuyers } from '../../apps/vault/src/buyers/go-on-with-buyers.js'
import { sweepUnfinished } from '../../apps/vault/src/vaulting/sweep-unfinished.js'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { digitsThatAreNowhere, placesOf } from '../leaks/places.js'
import { select, tracesOf } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

/** VISA and China UnionPay: a card from outside the EEA, which nobody asks 3-D Secure for, at a merchant inside. */
const CO_BADGED = { prefix: '40000156' }
const DEADLINE_MS = 15 * 60_000

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
/** The issuer that took the place of the first one. */
let mended: Simulator | undefined
afterAll(async () => {
  await coffer?.stop()
  await mended?.stop()
})

/** Begins a vaulting that waits for its buyer. */
async function waiting(card: object = {}) {
  const request = aVaultingRequest({
    vaultingNotificationUrl: `${coffer.receiver.url}/n`,
    merchantRegion: 'FR',
    card: { cardNo: testCardNumber(CO_BADGED), ...card },
  })
  const answer = await coffer.vaultPaymentMethod(request)
  expect(answer.json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
  return { request, id: request.vaultingRequestId, url: String(answer.json.normalUrl) }
}

type Waiting = Awaited<ReturnType<typeof waiting>>

const choose = (url: string, network: string) =>
  fetch(url, { method: 'POST', body: new URLSearchParams({ network }), redirect: 'manual' })
const inquiry = async ({ id }: Waiting) => (await coffer.inquireVaulting(id)).json
const stateOf = async (one: Waiting) => (await inquiry(one)).vaultingStatus
const traces = ({ id }: Waiting) => tracesOf(coffer.system, coffer.merchant.clientId, id)
const notified = ({ id }: Waiting) => coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === id)

async function events({ id }: Waiting, kind: string) {
  const response = await fetch(`${coffer.opsUrl}/sandbox/timeline/${coffer.merchant.clientId}/${id}`)
  return ((await response.json()) as { events: { kind: string }[] }).events.filter(event => event.kind === kind)
}

/** What everybody hears of a vaulting whose buyer cannot choose any more. */
async function expectClosed(one: Waiting) {
  expect(await inquiry(one)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
  const repeat = await coffer.vaultPaymentMethod(one.request)
  expect(repeat.json).toEqual({
    result: { resultCode: 'ORDER_IS_CLOSED', resultStatus: 'F', resultMessage: expect.any(String) },
    vaultingRequestId: one.id,
  })
  expect(await traces(one)).toMatchObject({ state: 'FAIL', cards: 0, notifications: 1 })
  expect(await events(one, 'issuer.asked')).toEqual([])
  const page = await (await fetch(one.url)).text()
  expect(page).toContain('No brand was chosen in time.')
  expect(page).not.toContain('<button')
}

describe('a buyer who never chooses', () => {
  test('has a quarter of an hour; then the vaulting is closed, told, and nothing of the card is left', async () => {
    const one = await waiting()
    await coffer.advance(DEADLINE_MS - 60_000)
    await goOnWithBuyers(coffer.system)
    expect(await stateOf(one)).toBe('PROCESSING')
    expect(coffer.system.parking.ids()).toHaveLength(1)
    expect(await traces(one)).toMatchObject({ state: 'PROCESSING', cards: 1, notifications: 0 })

    await coffer.advance(61_000)
    await goOnWithBuyers(coffer.system)
    expect(coffer.system.parking.ids()).toEqual([])
    await expectClosed(one)
    await coffer.advance(3_000)
    expect(notified(one).map(({ json }) => json.result.resultCode)).toEqual(['ORDER_IS_CLOSED'])
  })

  test('comes too late: nothing is chosen, and nobody is asked', async () => {
    const one = await waiting()
    await coffer.advance(DEADLINE_MS + 1_000)
    expect((await choose(one.url, 'VISA')).status).toBe(303)
    await goOnWithBuyers(coffer.system)
    expect(await events(one, 'buyer.chose')).toEqual([])
    await expectClosed(one)
  })

  test('holds up nobody else', async () => {
    const others = await Promise.all(Array.from({ length: 20 }, () => waiting()))
    const one = await waiting()
    await choose(one.url, 'CUP')
    await expect.poll(() => stateOf(one)).toBe('SUCCESS')
    for (const other of others) expect(await stateOf(other)).toBe('PROCESSING')
    expect(coffer.system.parking.ids()).toHaveLength(20)
    await coffer.advance(DEADLINE_MS + 1_000)
    await goOnWithBuyers(coffer.system)
    expect(coffer.system.parking.ids()).toEqual([])
    for (const other of others) expect(await stateOf(other)).toBe('FAIL')
  })
})

describe('buyers who choose while an issuer is silent about another card', () => {
  test('do not wait for it', async () => {
    const silent = await waiting({ cardNo: testCardNumber({ ...CO_BADGED, mode: '3' }) })
    await choose(silent.url, 'VISA')
    await expect.poll(() => events(silent, 'issuer.asked')).toHaveLength(1)
    const one = await waiting()
    await choose(one.url, 'VISA')
    await expect.poll(() => stateOf(one)).toBe('SUCCESS')
    expect(await events(silent, 'issuer.no-answer')).toEqual([])

    // The question to the silent one is taken back, and its vaulting ends in doubt of nothing.
    await expect.poll(() => events(silent, 'issuer.no-answer')).toHaveLength(1)
    await coffer.advance(60_000)
    expect(await inquiry(silent)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'PROCESS_FAIL' })
    expect(coffer.system.parking.ids()).toEqual([])
  })
})

describe('while the acquirer cannot be reached', () => {
  afterEach(async () => {
    await mend()
  })

  async function cut(): Promise<void> {
    await (mended ?? coffer.simulator).stop()
    await expect.poll(() => coffer.system.acquirers.isUp()).toBe(false)
  }

  /** The same issuer again; it has forgotten what it was asked before. */
  async function mend(): Promise<Simulator> {
    if (coffer.system.acquirers.isUp()) return mended!
    mended = await startSimulator({ port: coffer.simulator.port })
    await expect.poll(() => coffer.system.acquirers.isUp()).toBe(true)
    return mended
  }

  test('a choice is kept and its CVV waits; once the line is back the card is vaulted on that brand', async () => {
    const one = await waiting()
    await cut()
    expect((await choose(one.url, 'CUP')).status).toBe(303)
    for (let turn = 0; turn < 20; turn += 1) await goOnWithBuyers(coffer.system)
    expect(await stateOf(one)).toBe('PROCESSING')
    expect(coffer.system.parking.ids()).toHaveLength(1)
    expect(await (await fetch(one.url)).text()).toContain('Checking your card')
    // Trying again and again leaves no trace.
    expect(await events(one, 'issuer.asked')).toEqual([])
    expect(await events(one, 'issuer.no-answer')).toEqual([])

    const simulator = await mend()
    await goOnWithBuyers(coffer.system)
    expect(await inquiry(one)).toMatchObject({
      vaultingStatus: 'SUCCESS',
      paymentMethodDetail: { card: { brand: 'CUP' } },
    })
    const asked = simulator.log().filter(({ kind }) => kind === 'verification')
    expect(asked).toMatchObject([{ network: 'CUP', cvvGiven: true }])
    expect(coffer.system.parking.ids()).toEqual([])
  })

  test('a line that stays away lets the vaulting end at its deadline', async () => {
    const one = await waiting()
    await cut()
    await choose(one.url, 'VISA')
    await coffer.advance(DEADLINE_MS + 1_000)
    await goOnWithBuyers(coffer.system)
    expect(coffer.system.parking.ids()).toEqual([])
    expect(await inquiry(one)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
    expect(await traces(one)).toMatchObject({ cards: 0, notifications: 1 })
  })
})

describe('the process that has the CVV', () => {
  const holder = (id: string, processId: string) =>
    select(coffer.system, 'update vaulting set holder = $1 where vaulting_request_id = $2', [processId, id])

  test('when it is gone, the vaulting is closed soon: nobody else can go on with it', async () => {
    const [one, mine] = [await waiting(), await waiting()]
    await holder(one.id, randomUUID())
    // Whoever judges others must have lived for a while.
    const swept = async () => {
      await sweepUnfinished(coffer.system)
      return stateOf(one)
    }
    await expect.poll(swept, { interval: 200 }).toBe('FAIL')
    await expectClosed(one)
    expect(await stateOf(mine)).toBe('PROCESSING')
  })

  test('keeps it out of the database and the log, while it waits and afterwards', async () => {
    const cvv = await digitsThatAreNowhere(coffer)
    const one = await waiting({ cvv })
    expect(await placesOf(coffer, cvv)).toEqual([])
    await choose(one.url, 'VISA')
    await expect.poll(() => stateOf(one)).toBe('SUCCESS')
    expect(await placesOf(coffer, cvv)).toEqual([])
    // The search finds what is there.
    expect((await placesOf(coffer, one.id)).length).toBeGreaterThan(0)
  })
})
