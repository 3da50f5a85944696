/** One id, one vaulting: what counts as the same request, and what happens when it comes again, or at the same time. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fullRequest, leanRequest, rightValues, vaultingFields } from '../../../../test/result-codes/every-field.js'
import { type PlayedIssuer, startPlayedIssuer } from '../../../../test/result-codes/played-issuer.js'
import { select, tracesOf } from '../../../../test/result-codes/stored-rows.js'
import { aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

let coffer: TestSystem
let played: TestSystem
let issuer: PlayedIssuer
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  coffer = await startSystem()
  played = await startSystem({ acquirers: issuer.acquirers })
})
afterAll(async () => {
  await Promise.all([coffer?.stop(), played?.stop()])
  await issuer?.stop()
})

const full = (vaultingRequestId: string, change: Record<string, unknown> = {}) =>
  fullRequest(vaultingFields, { vaultingRequestId, ...change })

/** These may differ in a repeat: where the buyer sits, and what must not be kept to compare with. */
const mayDiffer = (path: string) =>
  path.startsWith('env.') || /^paymentMethodDetail\.card\.(cvv|cardPasswordDigest)$/.test(path)

const leaves = vaultingFields.filter(
  ({ path }) => rightValues[path]?.other !== undefined && path !== 'vaultingRequestId',
)

describe('the same request', () => {
  let vaultingRequestId: string
  let first: string
  beforeAll(async () => {
    vaultingRequestId = aRequestId()
    const answer = await coffer.vaultPaymentMethod(full(vaultingRequestId))
    expect(answer.json.result.resultCode).toBe('SUCCESS')
    first = answer.text
  })

  const again = async (body: string) => (await coffer.vaultPaymentMethod(undefined, { body })).text

  test('is answered with the same bytes', async () => {
    expect(await again(JSON.stringify(full(vaultingRequestId)))).toBe(first)
  })

  test('may come with its fields in another order', async () => {
    expect(await again(JSON.stringify(reversed(full(vaultingRequestId))))).toBe(first)
  })

  test('may be spaced and escaped in another way', async () => {
    const request = full(vaultingRequestId)
    expect(await again(JSON.stringify(request, null, 4))).toBe(first)
    expect(await again(JSON.stringify(request).replaceAll('/', '\\/').replaceAll('d', '\\u0064'))).toBe(first)
  })

  test('may hold its booleans in quotes, its aliases, its punctuation, its year in four digits', async () => {
    for (const [path, value] of [
      ['paymentMethodDetail.card.is3DSAuthentication', 'false'],
      ['paymentMethodDetail.card.cpf', '012.345.678-90'],
      ['paymentMethodDetail.card.expiryYear', '2033'],
    ] as const) {
      expect(await again(JSON.stringify(full(vaultingRequestId, { [path]: value }))), path).toBe(first)
    }
    const renamed = JSON.stringify(full(vaultingRequestId))
      .replace('"businessNo"', '"businessRegistrationNo"')
      .replace('"paymentMethodType"', '"paymentMethod"')
    expect(await again(renamed)).toBe(first)
  })

  test('may hold fields that nobody knows', async () => {
    expect(await again(JSON.stringify({ ...full(vaultingRequestId), unknown: { a: [1] } }))).toBe(first)
  })

  test.each(leaves.filter(({ path }) => mayDiffer(path)))('may differ in $path', async ({ path, required }) => {
    expect(await again(JSON.stringify(full(vaultingRequestId, { [path]: rightValues[path]!.other })))).toBe(first)
    if (!required) expect(await again(JSON.stringify(full(vaultingRequestId, { [path]: undefined })))).toBe(first)
  })

  test('may leave out everything but what is compared', async () => {
    const env = { terminalType: 'WEB' }
    expect(await again(JSON.stringify({ ...full(vaultingRequestId), env }))).toBe(first)
  })
})

describe('another request under the same id', () => {
  test.each(leaves.filter(({ path }) => !mayDiffer(path)))(
    'is refused when $path is another one, is there or is not there',
    async ({ path, required }) => {
      const vaultingRequestId = aRequestId()
      const first = await coffer.vaultPaymentMethod(full(vaultingRequestId))
      const other = [full(vaultingRequestId, { [path]: rightValues[path]!.other })]
      if (!required) other.push(full(vaultingRequestId, { [path]: undefined }))
      for (const request of other) {
        const answer = await coffer.vaultPaymentMethod(request)
        expect(answer.json.result).toMatchObject({ resultCode: 'REPEAT_REQ_INCONSISTENT', resultStatus: 'F' })
      }
      expect((await coffer.vaultPaymentMethod(full(vaultingRequestId))).text).toBe(first.text)
    },
  )

  test('is refused when it moves a value to a field beside', async () => {
    const vaultingRequestId = aRequestId()
    const lean = (change: object) => leanRequest(vaultingFields, { vaultingRequestId, ...change })
    await coffer.vaultPaymentMethod(lean({ metadata: 'a', merchantAccountId: 'b' }))
    const answer = await coffer.vaultPaymentMethod(lean({ metadata: 'b', merchantAccountId: 'a' }))
    expect(answer.json.result.resultCode).toBe('REPEAT_REQ_INCONSISTENT')
  })
})

describe('calls at the same time', () => {
  test('fifty times the same make one card, one token, one question and one notification', async () => {
    const request = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}/fifty` })
    const { vaultingRequestId } = request
    const asked = coffer.issuerLog().length
    const answers = await Promise.all(Array.from({ length: 50 }, () => coffer.vaultPaymentMethod(request)))

    const told = answers.filter(({ json }) => json.result.resultStatus !== 'U')
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told.map(({ text }) => text)).size).toBe(1)
    expect(told[0]!.json.result.resultCode).toBe('SUCCESS')
    for (const { verified } of answers) expect(verified).toBe(true)
    expect(coffer.issuerLog()).toHaveLength(asked + 1)
    const traces = await tracesOf(coffer.system, coffer.merchant.clientId, vaultingRequestId)
    expect(traces).toEqual({ state: 'SUCCESS', cards: 1, notifications: 1 })
    await coffer.advance(3_000)
    expect(coffer.receiver.received.filter(({ url }) => url === '/fifty')).toHaveLength(1)
  })

  test('with different cards one wins and the others are refused', async () => {
    const vaultingRequestId = aRequestId()
    const numbers = ['4054695723100768', '5162774114974622', '4111111111111111', '4242424242424242', '378282246310005']
    const answers = await Promise.all(
      numbers.map(cardNo => coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId, card: { cardNo } }))),
    )
    const codes = answers.map(({ json }) => json.result.resultCode).sort()
    expect(codes).toEqual([...Array(4).fill('REPEAT_REQ_INCONSISTENT'), 'SUCCESS'])
  })

  test('with one id of two merchants both are served', async () => {
    const request = aVaultingRequest()
    const answers = await Promise.all(
      [coffer.merchant, coffer.otherMerchant].map(as => coffer.vaultPaymentMethod(request, { as })),
    )
    const tokens = answers.map(({ json }) => json.paymentMethodDetail.card.cardToken)
    expect(new Set(tokens).size).toBe(2)
  })

  test('a repeat that comes while the issuer is thinking waits for it and hears the same', async () => {
    const answerNow = letIssuerThink()
    const asked = issuer.asked()
    const request = aVaultingRequest()
    const first = played.vaultPaymentMethod(request)
    await expect.poll(() => issuer.asked(), { timeout: 10_000 }).toBe(asked + 1)
    const repeat = played.vaultPaymentMethod(request)
    const inquiry = await played.inquireVaulting(request.vaultingRequestId)
    expect(inquiry.json.vaultingStatus).toBe('PROCESSING')
    answerNow()
    expect((await first).json.result.resultCode).toBe('SUCCESS')
    expect((await repeat).text).toBe((await first).text)
    expect(issuer.asked()).toBe(asked + 1)
  })

  test('a call whose issuer answers after the vaulting was settled hears that it failed', async () => {
    const answerNow = letIssuerThink()
    const asked = issuer.asked()
    const request = aVaultingRequest({ vaultingNotificationUrl: `${played.receiver.url}/late` })
    const first = played.vaultPaymentMethod(request)
    await expect.poll(() => issuer.asked(), { timeout: 10_000 }).toBe(asked + 1)
    await played.advance(63_000)
    answerNow()
    expect((await first).json.result.resultCode).toBe('PROCESS_FAIL')
    expect((await played.vaultPaymentMethod(request)).text).toBe((await first).text)
    // The issuer has approved what the merchant was told to have failed: that is taken back, with the number it needs.
    const traces = () => tracesOf(played.system, played.merchant.clientId, request.vaultingRequestId)
    expect(await traces()).toEqual({ state: 'FAIL', cards: 1, notifications: 1 })
    const reversals = issuer.reversals.length
    await played.advance(0)
    expect(issuer.reversals.slice(reversals).map(({ mti }) => mti)).toEqual(['0400'])
    expect(await traces()).toEqual({ state: 'FAIL', cards: 0, notifications: 1 })
  })
})

test('what a repeat or an inquiry adds is a line in the timeline, nothing else', async () => {
  const request = aVaultingRequest()
  const { vaultingRequestId } = request
  await coffer.vaultPaymentMethod(request)
  await coffer.vaultPaymentMethod(request)
  await coffer.inquireVaulting(vaultingRequestId)
  const events = await select(
    coffer.system,
    'select kind from vaulting_event where vaulting_request_id = $1 order by seq',
    [vaultingRequestId],
  )
  const kinds = events.map(({ kind }) => kind)
  expect(kinds).toEqual([
    'request.received',
    'issuer.asked',
    'issuer.answered',
    'vaulting.concluded',
    'request.received',
    'inquiry',
  ])
})

/** From now on the issuer approves, but not before the function that this gives is called. */
function letIssuerThink(): () => void {
  let answerNow = () => {}
  const mayAnswer = new Promise<void>(resolve => {
    answerNow = resolve
  })
  issuer.answers(({ answer }) => void mayAnswer.then(() => answer({ responseCode: '00' })))
  return answerNow
}

function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, reversed(inner)]),
  )
}
