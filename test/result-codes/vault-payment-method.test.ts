/** Every outcome of vaultPaymentMethod: one code in answer, inquiry and notification, kept for ever. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMerchant, setMerchantThreeDS } from '../../apps/vault/src/merchants/manage-merchants.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { namedTestCards, responseCodes } from '../../packages/test-cards/src/index.js'
import { aRequestId, aVaultingRequest } from '../support/builders.js'
import { type MerchantKeys, merchantKeys } from '../support/merchant-client.js'
import { goThrough, passBrowser, settled } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { type PlayedIssuer, type Reply, startPlayedIssuer } from './played-issuer.js'
import { rowCounts, select, tracesOf } from './stored-rows.js'
import {
  antomSandboxCards,
  buyerRows,
  type CardChange,
  outcomeRows,
  playedRows,
  playedStepUpRows,
  responseCodeRows,
  stepUpRows,
  threeDSAtOnceRows,
  unaskedRows,
  wholeEnv,
} from './vault-payment-method.table.js'

let coffer: TestSystem
let played: TestSystem
let live: TestSystem
let issuer: PlayedIssuer
let liveIssuer: PlayedIssuer
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  liveIssuer = await startPlayedIssuer()
  // Some of its cards are never answered; eight seconds each would prove no more.
  coffer = await startSystem({ issuerTimeoutMs: 1_500 })
  played = await startSystem({ acquirers: issuer.acquirers })
  live = await startSystem({ environment: 'live', acquirers: liveIssuer.acquirers })
})
afterAll(async () => {
  await Promise.all([coffer?.stop(), played?.stop(), live?.stop()])
  await Promise.all([issuer?.stop(), liveIssuer?.stop()])
})

describe('an outcome', () => {
  test.each([...outcomeRows, ...unaskedRows])('$situation: $code, told alike by all three', ({ change, code }) =>
    expectOutcome(coffer, requestWith(coffer, change), code),
  )

  test.each(playedRows)('$situation: $code', async ({ change: { reply, cardNo }, code }) => {
    issuer.answers(reply)
    await expectOutcome(played, requestWith(played, cardNo ? { cardNo } : {}), code)
  })

  test.each(stepUpRows)('$situation: the buyer is sent to his bank once, then $code', async ({ change, code }) => {
    await expectStepUp(coffer, requestWith(coffer, change), code)
  })

  test.each(playedStepUpRows)('$situation: the buyer is sent to his bank once, then $code', async row => {
    const { reply, cardNo } = row.change
    issuer.answers(reply)
    const asked = issuer.asked()
    await expectStepUp(played, requestWith(played, cardNo ? { cardNo } : {}), row.code)
    expect(issuer.asked()).toBe(asked + 2)
  })

  test.each(threeDSAtOnceRows)('$situation: $code in the answer to the call', async ({ change, code }) => {
    const { card, env, asked } = change
    const before = coffer.issuerLog().length
    await expectOutcome(coffer, { ...requestWith(coffer, card), ...(env && { env: env as Request['env'] }) }, code)
    expect(coffer.issuerLog()).toHaveLength(before + (asked ? 1 : 0))
  })

  test.each(buyerRows)('$situation: $code', async ({ change: { card, way, asked }, code }) => {
    const request = requestWith(coffer, card)
    const before = coffer.issuerLog().length
    const normalUrl = await expectSentToHisPage(coffer, request)
    expect(coffer.issuerLog(), 'the issuer is not asked before the buyer was there').toHaveLength(before)
    if (way['stays away']) await coffer.advance(15 * 60_000)
    else await goThrough(normalUrl, way)
    await expectEnded(coffer, request, code)
    expect(
      coffer
        .issuerLog()
        .slice(before)
        .map(({ network }) => network),
    ).toEqual(asked)
  })

  test('has a row for every response code of the test cards', () => {
    expect(responseCodeRows.map(({ raw }) => raw)).toEqual(responseCodes.map(({ code }) => code))
  })

  test.each(unaskedRows)('$situation: the issuer is not asked', async ({ change, code }) => {
    const before = coffer.issuerLog().length
    const answer = await coffer.vaultPaymentMethod(requestWith(coffer, change))
    expect(answer.json.result.resultCode).toBe(code)
    expect(coffer.issuerLog()).toHaveLength(before)
  })

  test('that follows from 3-D Secure says why', async () => {
    const request = requestWith(coffer, { cardNo: '4000000000150005', is3DSAuthentication: true })
    await goThrough(await expectSentToHisPage(coffer, request))
    const answer = await coffer.vaultPaymentMethod(request)
    expect(answer.json.result.resultMessage).toMatch(/could not be authenticated by 3-D Secure.*with another card/)
  })

  test.each([false, undefined])('does not wait for 3-D Secure where the wish is %s', async is3DSAuthentication => {
    const answer = await coffer.vaultPaymentMethod(requestWith(coffer, { is3DSAuthentication }))
    expect(answer.json.result.resultCode).toBe('SUCCESS')
  })

  test('is the same for ever, even when the card would fare better by now', async () => {
    issuer.answers({ responseCode: '51' })
    const request = aVaultingRequest()
    const first = await played.vaultPaymentMethod(request)
    issuer.answers({ responseCode: '00' })
    const again = await played.vaultPaymentMethod(request)
    expect(first.json.result.resultCode).toBe('USER_BALANCE_NOT_ENOUGH')
    expect(again.text).toBe(first.text)
  })
})

describe('a soft decline', () => {
  test('is not the last word: an issuer that is content with the authentication has its card stored', async () => {
    issuer.answers(({ answer }) => {
      issuer.answers({ responseCode: '00' })
      answer({ responseCode: '1A' })
    })
    await expectStepUp(played, requestWith(played, {}), 'SUCCESS')
  })

  test('that is followed by silence leaves the outcome unknown, then failed: the second question is taken back', async () => {
    issuer.answers({ responseCode: '1A' })
    const request = requestWith(played, {})
    const normalUrl = await expectSentToHisPage(played, request)
    issuer.answers(({ hangUp }) => hangUp())
    const [asked, reversals] = [issuer.asked(), issuer.reversals.length]
    await passBrowser(await settled(normalUrl, 'browser'))
    await expect.poll(() => eventsOf(played, request, 'issuer.no-answer')).toHaveLength(1)
    issuer.answers({ responseCode: '00' })
    await played.advance(3_000)
    await expectTold(played, request, 'PROCESS_FAIL')
    expect(issuer.asked()).toBe(asked + 1)
    expect(issuer.reversals.slice(reversals).map(({ fields }) => fields['37'])).toEqual([
      issuer.questions.at(-1)!.fields['37'],
    ])
  })

  test('of a card that cannot be authenticated is final at once', async () => {
    issuer.answers({ responseCode: '1A' })
    await expectOutcome(
      played,
      requestWith(played, { cardNo: namedTestCards.without3DS.number }),
      'AUTHENTICATION_REQUIRED',
    )
  })
})

describe('a merchant whose buyers are', () => {
  const merchantWhere = async (nth: number, wish: 'ALWAYS' | 'NEVER') => {
    const keys = merchantKeys(`SANDBOX_TEST000000003${nth}`)
    const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(officeOf(coffer.system), { id: keys.clientId, name: wish, publicKey })
    await setMerchantThreeDS(officeOf(coffer.system), keys.clientId, wish)
    return keys
  }

  test('always authenticated sends every buyer to his page, and vaults no card that takes no part', async () => {
    const as = await merchantWhere(1, 'ALWAYS')
    await expectSentToHisPage(coffer, requestWith(coffer, {}), as)
    const asked = coffer.issuerLog().length
    const without3DS = requestWith(coffer, { cardNo: namedTestCards.without3DS.number })
    const { json } = await coffer.vaultPaymentMethod(without3DS, { as })
    expect(json.result).toMatchObject({ resultCode: 'AUTHENTICATION_REQUIRED', resultStatus: 'F' })
    expect(json.result.resultMessage).toMatch(/the issuer of the card takes no part in it/)
    expect(coffer.issuerLog()).toHaveLength(asked)
  })

  test('never authenticated by policy has cards of the EEA sent back by their issuer, once', async () => {
    const as = await merchantWhere(2, 'NEVER')
    await expectStepUp(coffer, requestWith(coffer, { cardNo: namedTestCards.german.number }), 'SUCCESS', as)
  })

  test('never authenticated by policy can ask for it all the same', async () => {
    const as = await merchantWhere(3, 'NEVER')
    const card = { cardNo: namedTestCards.without3DS.number, is3DSAuthentication: true }
    expect((await coffer.vaultPaymentMethod(requestWith(coffer, card), { as })).json.result.resultCode).toBe('SUCCESS')
    await expectSentToHisPage(coffer, requestWith(coffer, { is3DSAuthentication: true }), as)
  })
})

describe('what the merchant says of the browser', () => {
  const parts = [...Object.keys(wholeEnv), ...Object.keys(wholeEnv.browserInfo)]
  test.each(parts.filter(name => !['terminalType', 'browserInfo'].includes(name)))(
    'has to be whole: without %s the browser itself is waited for',
    async missing => {
      const without = (object: object) =>
        Object.fromEntries(Object.entries(object).filter(([name]) => name !== missing))
      const env = { ...without(wholeEnv), browserInfo: without(wholeEnv.browserInfo) } as Request['env']
      const { cardNo } = threeDSAtOnceRows.find(({ change }) => change.env)!.change.card
      const request = { ...requestWith(coffer, { cardNo, is3DSAuthentication: true }), env }
      await expectSentToHisPage(coffer, request)
    },
  )
})

describe('the sandbox cards of Antom', () => {
  test.each(antomSandboxCards)('$number ($outcome) vaults as $brand', async ({ number, brand }) => {
    const answer = await coffer.vaultPaymentMethod(requestWith(coffer, { cardNo: number }))
    expect(answer.json.paymentMethodDetail.card).toMatchObject({
      brand,
      maskedCardNo: `************${number.slice(-4)}`,
      lastFour: number.slice(-4),
      bin: number.slice(0, 8),
    })
    expect(answer.json.result.resultCode).toBe('SUCCESS')
  })

  test.each([
    ['expiryMonth 13', { expiryMonth: '13' }, 'paymentMethodDetail.card.expiryMonth'],
    ['cvv 99', { cvv: '99' }, 'paymentMethodDetail.card.cvv'],
  ])('the magic value %s is an illegal parameter', async (_value, change, path) => {
    const answer = await coffer.vaultPaymentMethod(requestWith(coffer, change))
    expect(answer.json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
    expect(answer.json.result.resultMessage).toContain(path)
  })
})

describe('a card expires', () => {
  test('at the end of its month in UTC, not before', async () => {
    const own = await startSystem()
    try {
      const now = new Date(own.system.clock.now())
      const expiryYear = String(now.getUTCFullYear() % 100).padStart(2, '0')
      const expiryMonth = String(now.getUTCMonth() + 1).padStart(2, '0')
      const endsAt = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
      const vault = () => own.vaultPaymentMethod(aVaultingRequest({ card: { expiryYear, expiryMonth } }))
      await own.advance(endsAt - 30_000 - own.system.clock.now())
      expect((await vault()).json.result.resultCode).toBe('SUCCESS')
      await own.advance(endsAt - own.system.clock.now())
      expect((await vault()).json.result.resultCode).toBe('CARD_EXPIRED')
    } finally {
      await own.stop()
    }
  })
})

describe('a silent issuer', () => {
  const silences: { how: string; reply: Reply }[] = [
    { how: 'breaks the connection', reply: ({ hangUp }) => hangUp() },
    { how: 'sends what cannot be read', reply: ({ sendFrame }) => sendFrame(Buffer.from('not a message')) },
    { how: 'answers with no response code', reply: {} },
    { how: 'says nothing', reply: () => {} },
  ]

  test.each(silences)('that $how leaves the outcome unknown, then failed', async ({ reply }) => {
    issuer.answers(reply)
    const request = requestWith(played, {})
    const { vaultingRequestId } = request
    const asked = issuer.asked()

    const answer = await played.vaultPaymentMethod(request)
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json).toEqual({
      result: { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U', resultMessage: expect.any(String) },
      vaultingRequestId,
    })
    const inquiry = await played.inquireVaulting(vaultingRequestId)
    expect(inquiry.json).toMatchObject({
      result: { resultCode: 'SUCCESS', resultStatus: 'S' },
      vaultingStatus: 'PROCESSING',
      vaultingResultCode: 'VERIFICATION_IN_PROCESS',
    })

    issuer.answers({ responseCode: '00' })
    const reversals = issuer.reversals.length
    await played.advance(0)
    expect(notified(played, vaultingRequestId)).toHaveLength(0)
    await played.advance(3_000)
    await expectTold(played, request, 'PROCESS_FAIL')
    expect(issuer.asked(), 'an issuer is asked once, whatever happens').toBe(asked + 1)
    expect(issuer.reversals.slice(reversals).map(({ mti }) => mti)).toEqual(['0400'])
  })

  test('of the test cards (hangs up in the middle of its answer) does the same', async () => {
    const request = requestWith(coffer, { cardNo: '4000000000105009' })
    const answer = await coffer.vaultPaymentMethod(request)
    expect(answer.json.result).toMatchObject({ resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' })
    await coffer.advance(63_000)
    await expectTold(coffer, request, 'PROCESS_FAIL')
  })

  test('keeps no card, from the moment on at which the vaulting is settled', async () => {
    issuer.answers({})
    const request = aVaultingRequest()
    await played.vaultPaymentMethod(request)
    const traces = () => tracesOf(played.system, played.merchant.clientId, request.vaultingRequestId)
    expect(await traces()).toMatchObject({ state: 'PROCESSING', cards: 1, notifications: 0 })
    await played.advance(60_000)
    expect(await traces()).toMatchObject({ state: 'FAIL', cards: 0 })
  })

  test('holds a repeat only for a moment, which then hears that nobody knows', async () => {
    issuer.answers({})
    const request = aVaultingRequest()
    const first = await played.vaultPaymentMethod(request)
    const again = await played.vaultPaymentMethod(request)
    expect(again.text).toBe(first.text)
  })
})

describe('a refusal', () => {
  const outcomes = [
    'fields',
    'a URL that may not be called',
    'a real card in a sandbox',
    'a wrong signature',
    'a brand',
  ] as const

  test.each(outcomes)('(%s) claims no id, stores nothing and notifies nobody', async kind => {
    const good = requestWith(coffer, {})
    await coffer.vaultPaymentMethod(aVaultingRequest()) // keys of the merchant exist from here on
    await coffer.advance(3_000)
    const before = await rowCounts(coffer.system)
    const asked = coffer.issuerLog().length

    const refused = await refusedCall(kind, good)
    expect(refused.json.result.resultStatus).toBe('F')
    await coffer.advance(3_000)
    expect(await rowCounts(coffer.system)).toEqual(before)
    expect(coffer.issuerLog()).toHaveLength(asked)
    expect((await coffer.inquireVaulting(good.vaultingRequestId)).json.result.resultCode).toBe('VAULTING_NOT_EXIST')

    await expectOutcome(coffer, good, 'SUCCESS')
  })

  function refusedCall(kind: (typeof outcomes)[number], good: ReturnType<typeof requestWith>) {
    const { vaultingRequestId } = good
    if (kind === 'fields') return coffer.vaultPaymentMethod({ ...good, redirectUrl: undefined })
    if (kind === 'a wrong signature') {
      return coffer.vaultPaymentMethod(good, { signWith: coffer.otherMerchant.privateKey })
    }
    if (kind === 'a real card in a sandbox') {
      return coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId, card: { cardNo: REAL_LOOKING } }))
    }
    if (kind === 'a brand') {
      const card = { cardNo: '4000002500100001', selectedCardBrand: 'JCB' as const }
      return coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId, card }))
    }
    return coffer.vaultPaymentMethod({ ...good, vaultingNotificationUrl: 'ftp://shop.example/' })
  }

  test.each([
    ['SUCCESS', '4000000000100000'],
    ['DO_NOT_HONOR', '4000000000100059'],
  ])('of other content under the id of a %s leaves that as it is', async (code, cardNo) => {
    const request = requestWith(coffer, { cardNo })
    const first = await coffer.vaultPaymentMethod(request)
    await coffer.advance(3_000)
    const before = await rowCounts(coffer.system)
    const { vaultingRequestId } = request
    const other = await coffer.vaultPaymentMethod({
      ...requestWith(coffer, { cardNo: '5162774114974622' }),
      vaultingRequestId,
    })
    expect(other).toMatchObject({ status: 200, verified: true })
    expect(other.json.result).toMatchObject({ resultCode: 'REPEAT_REQ_INCONSISTENT', resultStatus: 'F' })
    expect(other.json.vaultingRequestId).toBe(vaultingRequestId)
    expect(other.json.paymentMethodDetail).toBeUndefined()
    await coffer.advance(3_000)
    expect(await rowCounts(coffer.system)).toEqual(before)
    expect((await coffer.inquireVaulting(vaultingRequestId)).json.vaultingResultCode).toBe(code)
    expect((await coffer.vaultPaymentMethod(request)).text).toBe(first.text)
  })

  test('never concerns another merchant, who may use the same id for another card', async () => {
    const vaultingRequestId = aRequestId()
    const mine = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId }))
    const theirs = await coffer.vaultPaymentMethod(
      aVaultingRequest({ vaultingRequestId, card: { cardNo: '5162774114974622' } }),
      { as: coffer.otherMerchant },
    )
    expect(theirs.json.paymentMethodDetail.card.brand).toBe('MASTERCARD')
    expect((await coffer.inquireVaulting(vaultingRequestId)).json.paymentMethodDetail).toEqual(
      mine.json.paymentMethodDetail,
    )
  })
})

describe('the live profile', () => {
  test.each([...antomSandboxCards.map(({ number }) => number), '4000000000100000', '4111111111111111'])(
    'refuses the test card %s, claims nothing and asks nobody',
    async cardNo => {
      const before = await rowCounts(live.system)
      const asked = liveIssuer.asked()
      const answer = await live.vaultPaymentMethod(aVaultingRequest({ card: { cardNo } }))
      expect(answer).toMatchObject({ status: 200, verified: true })
      expect(answer.json.result.resultCode).toBe('PARAM_ILLEGAL')
      expect(answer.json.result.resultMessage).toContain('paymentMethodDetail.card.cardNo is a published test card')
      expect(liveIssuer.asked()).toBe(asked)
      expect(await rowCounts(live.system)).toEqual(before)
    },
  )

  test('vaults other cards', async () => {
    const request = aVaultingRequest({ card: { cardNo: REAL_LOOKING } })
    const answer = await live.vaultPaymentMethod(request)
    expect(answer.json.result.resultCode).toBe('SUCCESS')
    expect((await live.vaultPaymentMethod(request)).text).toBe(answer.text)
  })

  test('answers CARD_NOT_SUPPORTED for a number of no known brand, without asking, and keeps nothing of it', async () => {
    const asked = liveIssuer.asked()
    const request = aVaultingRequest({ card: { cardNo: '9000000000000001' } })
    await expectOutcome(live, request, 'CARD_NOT_SUPPORTED')
    expect(liveIssuer.asked()).toBe(asked)
  })

  test('has no live client on the sandbox path, and no sandbox client on the live path', async () => {
    const onSandbox = await live.vaultPaymentMethod(aVaultingRequest(), {
      uri: '/ams/sandbox/api/v1/vaults/vaultPaymentMethod',
    })
    expect(onSandbox).toMatchObject({ status: 200, verified: true })
    expect(onSandbox.json.result).toMatchObject({ resultCode: 'ACCESS_DENIED', resultStatus: 'F' })
    const onLive = await coffer.vaultPaymentMethod(aVaultingRequest(), { uri: '/ams/api/v1/vaults/vaultPaymentMethod' })
    expect(onLive).toMatchObject({ status: 200, verified: true })
    expect(onLive.json.result).toMatchObject({ resultCode: 'ACCESS_DENIED', resultStatus: 'F' })
  })
})

/** Passes the Luhn check, begins like a Visa and is no test card. */
const REAL_LOOKING = '4539578763621486'

function requestWith(system: TestSystem, change: CardChange) {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${system.receiver.url}/n` })
  const { paymentMethodDetail } = request
  return {
    ...request,
    paymentMethodDetail: { ...paymentMethodDetail, card: { ...paymentMethodDetail.card, ...change } },
  }
}

type Request = ReturnType<typeof aVaultingRequest>

/** Sends a request and looks at all that must follow from its outcome. */
async function expectOutcome(system: TestSystem, request: Request, code: string) {
  const answer = await system.vaultPaymentMethod(request)
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result.resultCode).toBe(code)
  await system.advance(3_000)
  const told = await expectTold(system, request, code)
  expect(told).toBe(answer.text)
}

/** The answer is an address for the buyer and nothing more; a repeat hears the same. @returns the address */
async function expectSentToHisPage(system: TestSystem, request: Request, as = system.merchant): Promise<string> {
  const answer = await system.vaultPaymentMethod(request, { as })
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json).toEqual({
    result: { resultCode: 'VERIFICATION_IN_PROCESS', resultStatus: 'U', resultMessage: expect.any(String) },
    vaultingRequestId: request.vaultingRequestId,
    normalUrl: expect.stringContaining(`${system.pagesUrl}/v/`),
  })
  expect((await system.vaultPaymentMethod(request, { as })).text).toBe(answer.text)
  expect(notified(system, request.vaultingRequestId)).toEqual([])
  return answer.json.normalUrl
}

async function expectEnded(system: TestSystem, request: Request, code: string, as = system.merchant) {
  const status = async () =>
    (await system.inquireVaulting(request.vaultingRequestId, { as })).json.vaultingStatus as string
  await expect.poll(status).not.toBe('PROCESSING')
  await system.advance(3_000)
  await expectTold(system, request, code, as)
}

/** The issuer wants the buyer authenticated: he is, and it is asked once more, with the proof; what it says then counts. */
async function expectStepUp(system: TestSystem, request: Request, code: string, as = system.merchant) {
  const normalUrl = await expectSentToHisPage(system, request, as)
  const first = await eventsOf(system, request, 'issuer.answered')
  expect(first).toEqual([expect.objectContaining({ outcome: 'declined', soft: true })])
  await goThrough(normalUrl)
  await expectEnded(system, request, code, as)
  const [without, proven, ...more] = await eventsOf(system, request, 'issuer.asked')
  expect(more).toEqual([])
  expect(without).not.toHaveProperty('authenticationValue')
  expect(proven).toMatchObject({ authenticationValue: 'present', network: without!['network'] })
  const [, answered] = await eventsOf(system, request, 'issuer.answered')
  expect(answered).toMatchObject({ outcome: code === 'SUCCESS' ? 'approved' : 'declined' })
  expect(answered).not.toHaveProperty('soft')
}

/** Of the timeline: what is told of the events of one kind. */
async function eventsOf(system: TestSystem, { vaultingRequestId }: Request, kind: string) {
  const rows = await select(
    system.system,
    'select detail from vaulting_event where vaulting_request_id = $1 and kind = $2 order by seq',
    [vaultingRequestId, kind],
  )
  return rows.map(({ detail }) => detail as Record<string, unknown>)
}

/** The same code in a repeat, the inquiry and the one notification; of a failed card nothing is left. */
async function expectTold(system: TestSystem, request: Request, code: string, as = system.merchant): Promise<string> {
  const { vaultingRequestId } = request
  const succeeded = code === 'SUCCESS'
  const expected = { resultCode: code, resultStatus: succeeded ? 'S' : 'F', resultMessage: expect.any(String) }

  const again = await system.vaultPaymentMethod(request, { as })
  expect(again.json).toMatchObject({ result: expected, vaultingRequestId })
  const { result, paymentMethodDetail } = again.json
  expect(paymentMethodDetail === undefined).toBe(!succeeded)

  const inquiry = await system.inquireVaulting(vaultingRequestId, { as })
  expect(inquiry.json).toEqual({
    result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' },
    vaultingRequestId,
    vaultingStatus: succeeded ? 'SUCCESS' : 'FAIL',
    vaultingResultCode: code,
    vaultingResultMessage: result.resultMessage,
    ...(succeeded && { paymentMethodDetail }),
  })

  if (request.vaultingNotificationUrl !== undefined) {
    expect(notified(system, vaultingRequestId)).toEqual([
      {
        result,
        vaultingRequestId,
        vaultingStatus: succeeded ? 'SUCCESS' : 'FAIL',
        vaultingCreateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        paymentMethodDetail: succeeded ? paymentMethodDetail : { paymentMethodType: 'CARD' },
      },
    ])
  }
  await expectKept(system, as, vaultingRequestId, succeeded)
  return again.text
}

async function expectKept(system: TestSystem, merchant: MerchantKeys, id: string, succeeded: boolean) {
  const traces = await tracesOf(system.system, merchant.clientId, id)
  expect(traces).toMatchObject({ state: succeeded ? 'SUCCESS' : 'FAIL', cards: succeeded ? 1 : 0 })
  const orphans = await select(
    system.system,
    'select id from sealed_card c where not exists (select from vaulting v where v.id = c.id)',
  )
  expect(orphans).toEqual([])
}

function notified(system: TestSystem, vaultingRequestId: string) {
  return system.receiver.received.map(({ json }) => json).filter(json => json.vaultingRequestId === vaultingRequestId)
}
