/** A vaulting whose buyer is at his bank: what waits with it, where it is not, and what becomes of it when nobody comes. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goOnWithBuyers } from '../../apps/vault/src/buyers/go-on-with-buyers.js'
import { sweepUnfinished } from '../../apps/vault/src/vaulting/sweep-unfinished.js'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { digitsThatAreNowhere, placesOf } from '../leaks/places.js'
import { select, tracesOf } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from '../support/builders.js'
import { answerBank, code, openChallenge, passBrowser, settled } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

const DEADLINE_MS = 15 * 60_000

/** The name of the buyer's browser, and what it accepts: in nothing that is not about this very browser. */
const BROWSER = ['PlayedBuyer', 'application/xhtml+xml;q=0.9']

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(async () => {
  await coffer?.stop()
})

/** Brings a buyer to the page of his bank. */
async function atTheBank(card: object = {}) {
  const request = aVaultingRequest({
    vaultingNotificationUrl: `${coffer.receiver.url}/n`,
    card: { cardNo: namedTestCards.challengeThenApprove.number, is3DSAuthentication: true, ...card },
  })
  const { json } = await coffer.vaultPaymentMethod(request)
  expect(json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
  await passBrowser(await settled(json.normalUrl, 'browser'))
  const bank = await openChallenge(await settled(json.normalUrl, 'challenge'))
  return { request, id: request.vaultingRequestId, url: String(json.normalUrl), bank }
}

type AtTheBank = Awaited<ReturnType<typeof atTheBank>>

const inquiry = async ({ id }: AtTheBank) => (await coffer.inquireVaulting(id)).json
const stateOf = async (one: AtTheBank) => (await inquiry(one)).vaultingStatus
const traces = ({ id }: AtTheBank) => tracesOf(coffer.system, coffer.merchant.clientId, id)
const kindsOf = async ({ id }: AtTheBank) =>
  (
    await select(coffer.system, 'select kind from vaulting_event where vaulting_request_id = $1 order by seq', [id])
  ).map(({ kind }) => String(kind))
const authenticationOf = async ({ id }: AtTheBank) =>
  (
    await select(
      coffer.system,
      'select state, ended, browser, challenge_sealed from authentication where vaulting_request_id = $1',
      [id],
    )
  )[0]

/** What everybody hears of a vaulting whose buyer did not come back from his bank in time. */
async function expectClosed(one: AtTheBank) {
  expect(await inquiry(one)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
  expect((await coffer.vaultPaymentMethod(one.request)).json).toEqual({
    result: { resultCode: 'ORDER_IS_CLOSED', resultStatus: 'F', resultMessage: expect.any(String) },
    vaultingRequestId: one.id,
  })
  expect(await traces(one)).toMatchObject({ state: 'FAIL', cards: 0, notifications: 1 })
  expect(await kindsOf(one)).not.toContain('issuer.asked')
  expect(await (await fetch(one.url)).text()).toContain('The time for this step is over.')
}

test('its CVV is in neither database nor log, while the buyer is at his bank and afterwards', async () => {
  const cvv = await digitsThatAreNowhere(coffer)
  const one = await atTheBank({ cvv })
  expect(await placesOf(coffer, cvv)).toEqual([])
  await answerBank(one.bank, code())
  await expect.poll(() => stateOf(one)).toBe('SUCCESS')
  expect(await placesOf(coffer, cvv)).toEqual([])
  expect(coffer.issuerLog().at(-1)).toMatchObject({ kind: 'verification', cvvGiven: true })
})

test('what the browser told is kept for as long as the authentication runs, in its row alone', async () => {
  const one = await atTheBank()
  for (const fact of BROWSER) expect(await placesOf(coffer, fact)).toEqual(['authentication.browser'])
  expect(await authenticationOf(one)).toMatchObject({ state: 'CHALLENGE' })
  await answerBank(one.bank, code())
  await expect.poll(() => stateOf(one)).toBe('SUCCESS')
  for (const fact of BROWSER) await expect.poll(() => placesOf(coffer, fact)).toEqual([])
  expect(await authenticationOf(one)).toMatchObject({ ended: 'USED', browser: null, challenge_sealed: null })
})

test('a buyer who does not come back has a quarter of an hour; then nothing of card, browser or bank is left', async () => {
  // A bank gives up sooner, and says so: this one stays silent.
  coffer.simulator.control({ dropRReqs: 1_000 })
  try {
    const one = await atTheBank()
    await coffer.advance(DEADLINE_MS - 60_000)
    expect(await stateOf(one)).toBe('PROCESSING')
    expect(coffer.system.parking.ids()).toHaveLength(1)
    await coffer.advance(61_000)
    await goOnWithBuyers(coffer.system)
    expect(coffer.system.parking.ids()).toEqual([])
    await expectClosed(one)
    await coffer.advance(3_000)
    const told = coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === one.id)
    expect(told.map(({ json }) => json.result.resultCode)).toEqual(['ORDER_IS_CLOSED'])
    for (const fact of BROWSER) expect(await placesOf(coffer, fact)).toEqual([])
  } finally {
    coffer.simulator.control({ dropRReqs: 0 })
  }
})

test('when the process that has the CVV is gone, it is closed soon, whatever the bank says then', async () => {
  const [one, mine] = [await atTheBank(), await atTheBank()]
  await select(coffer.system, 'update vaulting set holder = $1 where vaulting_request_id = $2', [randomUUID(), one.id])
  const swept = async () => {
    await sweepUnfinished(coffer.system)
    return stateOf(one)
  }
  await expect.poll(swept, { interval: 200 }).toBe('FAIL')
  await expectClosed(one)
  await answerBank(one.bank, code())
  await goOnWithBuyers(coffer.system)
  await expectClosed(one)
  expect(await stateOf(mine)).toBe('PROCESSING')
  await answerBank(mine.bank, code())
  await expect.poll(() => stateOf(mine)).toBe('SUCCESS')
})
