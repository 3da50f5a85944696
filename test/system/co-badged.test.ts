/** Co-badged cards through the real door: every test card with two networks, every place, every way to say a brand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMerchant, setMerchantRegion } from '../../apps/vault/src/merchants/manage-merchants.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import type { CardBrand } from '../../packages/antom/src/index.js'
import { binRows, testCardNumber } from '../../packages/test-cards/src/index.js'
import { select } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from '../support/builders.js'
import { type Answer, type MerchantKeys, merchantKeys } from '../support/merchant-client.js'
import { goThrough } from '../support/play-buyer.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

interface CoBadged {
  readonly prefix: string
  /** Where it was issued. In the EEA its buyer is authenticated before the issuer is asked, whatever the brand. */
  readonly country: string
  /** As `supportedBrands` tells them: the issuer's default first, local schemes among them. */
  readonly networks: readonly string[]
  /** Those that the wire has a name for. */
  readonly brands: readonly CardBrand[]
  /** What happens when no brand is said, to a merchant outside the EEA and inside. */
  readonly unsaid: { readonly outside: string; readonly inside: string }
}

const asked = { outside: 'ask', inside: 'ask' }
const only = (network: string) => ({ outside: `${network} ONLY`, inside: `${network} ONLY` })
const first = (network: string) => ({ outside: `${network} DEFAULT`, inside: 'ask' })

/** Written out, so that the code that chooses is not asked what it should choose. */
const coBadged: readonly CoBadged[] = [
  row('40000025', 'FR', ['VISA', 'CARTES_BANCAIRES'], ['VISA', 'CARTES_BANCAIRES'], asked),
  row('40000026', 'FR', ['VISA', 'CARTES_BANCAIRES'], ['VISA', 'CARTES_BANCAIRES'], asked),
  row('52000025', 'FR', ['MASTERCARD', 'CARTES_BANCAIRES'], ['MASTERCARD', 'CARTES_BANCAIRES'], asked),
  row('40000208', 'DK', ['VISA', 'DANKORT'], ['VISA'], only('VISA')),
  row('67034444', 'BE', ['MAESTRO', 'BANCONTACT'], ['MAESTRO'], only('MAESTRO')),
  row('48710499', 'BE', ['VISA', 'BANCONTACT'], ['VISA'], only('VISA')),
  row('44640400', 'SA', ['VISA', 'MADA'], ['VISA'], only('VISA')),
  row('40000036', 'AU', ['VISA', 'EFTPOS_AU'], ['VISA'], only('VISA')),
  row('52000036', 'AU', ['MASTERCARD', 'EFTPOS_AU'], ['MASTERCARD'], only('MASTERCARD')),
  row('40000156', 'CN', ['VISA', 'CUP'], ['VISA', 'CUP'], first('VISA')),
  row('62220000', 'CN', ['CUP', 'DISCOVER'], ['CUP', 'DISCOVER'], first('CUP')),
  row('40000410', 'KR', ['VISA', 'SHINHAN'], ['VISA', 'SHINHAN'], first('VISA')),
]

function row(
  prefix: string,
  country: string,
  networks: string[],
  brands: CardBrand[],
  unsaid: CoBadged['unsaid'],
): CoBadged {
  return { prefix, country, networks, brands, unsaid }
}

/** Where the request says that the merchant is, and where its settings say so. The request wins. */
const places: readonly { says: string; is: 'nowhere' | 'FR' | 'SG'; inEea: boolean }[] = [
  { says: '', is: 'nowhere', inEea: false },
  { says: 'FR', is: 'nowhere', inEea: true },
  { says: 'SG', is: 'nowhere', inEea: false },
  { says: '', is: 'FR', inEea: true },
  { says: '', is: 'SG', inEea: false },
  { says: 'SG', is: 'FR', inEea: false },
  { says: 'FR', is: 'SG', inEea: true },
]

interface Statement {
  readonly fields: { readonly selectedCardBrand?: CardBrand; readonly brand?: CardBrand }
  /** `unsaid`: it says nothing about this card. */
  readonly means: string
}

/** Every way in which a request can speak of a brand. None of these cards is an Amex or a JCB. */
function statementsOn({ brands }: CoBadged): Statement[] {
  return [
    { fields: {}, means: 'unsaid' },
    // What the .NET SDK sends for nothing, in each combination.
    { fields: { selectedCardBrand: 'AMEX' }, means: 'unsaid' },
    { fields: { brand: 'AMEX' }, means: 'unsaid' },
    { fields: { selectedCardBrand: 'AMEX', brand: 'AMEX' }, means: 'unsaid' },
    { fields: { brand: 'JCB' }, means: 'unsaid' },
    { fields: { selectedCardBrand: 'JCB' }, means: 'refused' },
    { fields: { selectedCardBrand: 'JCB', brand: 'AMEX' }, means: 'refused' },
    { fields: { selectedCardBrand: 'JCB', brand: brands[0]! }, means: 'refused' },
    ...brands.flatMap(brand => [
      { fields: { selectedCardBrand: brand }, means: `${brand} MERCHANT` },
      { fields: { selectedCardBrand: brand, brand: 'AMEX' as const }, means: `${brand} MERCHANT` },
      { fields: { selectedCardBrand: 'AMEX' as const, brand }, means: `${brand} MERCHANT` },
      { fields: { brand }, means: `${brand} MERCHANT` },
    ]),
  ]
}

let coffer: TestSystem
const merchants = new Map<'nowhere' | 'FR' | 'SG', MerchantKeys>()

beforeAll(async () => {
  coffer = await startSystem()
  const office = officeOf(coffer.system)
  for (const [nth, region] of (['nowhere', 'FR', 'SG'] as const).entries()) {
    const keys = merchantKeys(`SANDBOX_TEST000000001${nth}`)
    const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(office, { id: keys.clientId, name: `Shop ${region}`, publicKey })
    if (region !== 'nowhere') await setMerchantRegion(office, keys.clientId, region)
    merchants.set(region, keys)
  }
})
afterAll(() => coffer?.stop())

type Request = ReturnType<typeof aVaultingRequest>

test('the table has every co-badged test card', () => {
  const rows = binRows.filter(({ brands }) => brands.length > 1)
  expect(coBadged.map(({ prefix, country, networks }) => ({ prefix, country, networks }))).toEqual(
    rows.map(({ prefix, issuingCountry, brands }) => ({ prefix, country: issuingCountry, networks: brands })),
  )
})

describe.each(places)('a merchant in $is whose request says "$says"', ({ says, is, inEea }) => {
  test.each(coBadged)('vaults $prefix, $networks', async card => {
    const as = merchants.get(is)!
    const check = async ({ fields, means }: Statement) => {
      const expected = means === 'unsaid' ? card.unsaid[inEea ? 'inside' : 'outside'] : means
      const request = aVaultingRequest({
        ...(says && { merchantRegion: says }),
        card: { cardNo: testCardNumber({ prefix: card.prefix }), ...fields },
      })
      const answer = await coffer.vaultPaymentMethod(request, { as })
      const context = JSON.stringify({ fields, expected })
      if (expected === 'refused') await expectRefused(request, answer, as, context)
      else if (expected === 'ask') await expectAsked(card, request, answer, as, context)
      else await expectStored(card, request, answer, as, expected, context)
    }
    await Promise.all(statementsOn(card).map(check))
  })
})

describe('a card with one network', () => {
  test.each(['VISA', 'MASTERCARD', 'AMEX', 'CARTES_BANCAIRES'] as const)('takes no notice of %s', async brand => {
    const as = merchants.get('FR')!
    // German: the EEA alone does not make a choice of one brand.
    const cardNo = testCardNumber({ prefix: '40000004' })
    for (const fields of [{ selectedCardBrand: brand }, { brand }, { selectedCardBrand: brand, brand }]) {
      const request = aVaultingRequest({ card: { cardNo, ...fields } })
      const answer = await coffer.vaultPaymentMethod(request, { as })
      const card = { country: 'DE', networks: ['VISA'] }
      await expectStored(card, request, answer, as, 'VISA ONLY', JSON.stringify(fields))
    }
  })
})

describe('a brand that cannot be selected', () => {
  const cardNo = testCardNumber({ prefix: '40000025' })

  test.each(['DANKORT', 'BANCONTACT', 'MADA', 'EFTPOS_AU', 'visa', ''])(
    'because the wire has no %s is a fault of the field',
    async brand => {
      const request = aVaultingRequest({ card: { cardNo: testCardNumber({ prefix: '40000208' }) } })
      Object.assign(request.paymentMethodDetail.card, { selectedCardBrand: brand })
      const { json } = await coffer.vaultPaymentMethod(request)
      expect(json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
      expect(json.result.resultMessage).toContain('paymentMethodDetail.card.selectedCardBrand')
    },
  )

  test('leaves the id to the corrected request', async () => {
    const as = merchants.get('FR')!
    const wrong = aVaultingRequest({ card: { cardNo, selectedCardBrand: 'MASTERCARD' } })
    const refused = await coffer.vaultPaymentMethod(wrong, { as })
    await expectRefused(wrong, refused, as, 'first')
    const right = structuredClone(wrong)
    right.paymentMethodDetail.card.selectedCardBrand = 'CARTES_BANCAIRES'
    const answer = await coffer.vaultPaymentMethod(right, { as })
    await expectStored(
      { country: 'FR', networks: ['VISA', 'CARTES_BANCAIRES'] },
      right,
      answer,
      as,
      'CARTES_BANCAIRES MERCHANT',
      'then',
    )
  })

  test('is other content under an id that waits for its buyer', async () => {
    const request = aVaultingRequest({ card: { cardNo } })
    expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
    const other = structuredClone(request)
    other.paymentMethodDetail.card.selectedCardBrand = 'JCB'
    expect((await coffer.vaultPaymentMethod(other)).json.result.resultCode).toBe('REPEAT_REQ_INCONSISTENT')
    other.paymentMethodDetail.card.selectedCardBrand = 'VISA'
    expect((await coffer.vaultPaymentMethod(other)).json.result.resultCode).toBe('REPEAT_REQ_INCONSISTENT')
  })
})

describe('while the buyer has not chosen', () => {
  test('every repeat hears the same bytes, and so does one hundred at once', async () => {
    const request = aVaultingRequest({ card: { cardNo: testCardNumber({ prefix: '52000025' }) } })
    const answers = await Promise.all(Array.from({ length: 100 }, () => coffer.vaultPaymentMethod(request)))
    const final = answers.filter(({ json }) => json.result.resultCode !== 'UNKNOWN_EXCEPTION')
    expect(new Set(final.map(({ text }) => text)).size).toBe(1)
    expect(final[0]!.json.normalUrl).toMatch(/^http/)
    const [{ n }] = (await select(
      coffer.system,
      'select count(*)::int as n from buyer_step where vaulting_request_id = $1',
      [request.vaultingRequestId],
    )) as [{ n: number }]
    expect(n).toBe(1)
    expect(await kindsOf(coffer.merchant, request, 'buyer.asked')).toHaveLength(1)
  })

  test('no other merchant learns of it', async () => {
    const request = aVaultingRequest({ card: { cardNo: testCardNumber({ prefix: '52000025' }) } })
    const mine = await coffer.vaultPaymentMethod(request)
    const inquiry = await coffer.inquireVaulting(request.vaultingRequestId, { as: coffer.otherMerchant })
    expect(inquiry.json.result.resultCode).toBe('VAULTING_NOT_EXIST')
    const theirs = await coffer.vaultPaymentMethod(request, { as: coffer.otherMerchant })
    expect(theirs.json.normalUrl).not.toBe(mine.json.normalUrl)
  })
})

type Card = Pick<CoBadged, 'country' | 'networks'>

const isEuropean = ({ country }: Card) => ['FR', 'DK', 'BE', 'DE'].includes(country)

/** Nothing was claimed, kept or asked: as if the request had never been sent. */
async function expectRefused(request: Request, answer: Answer, as: MerchantKeys, context: string) {
  expect(answer, context).toMatchObject({ status: 200, verified: true })
  const result = {
    resultCode: 'SELECTED_CARD_BRAND_NOT_AVAILABLE',
    resultStatus: 'F',
    resultMessage: expect.any(String),
  }
  expect(answer.json, context).toEqual({ result, vaultingRequestId: request.vaultingRequestId })
  expect(await keptOf(as, request), context).toBeUndefined()
  expect(await kindsOf(as, request), context).toEqual([])
  const inquiry = await coffer.inquireVaulting(request.vaultingRequestId, { as })
  expect(inquiry.json.result.resultCode, context).toBe('VAULTING_NOT_EXIST')
}

/**
 * The buyer gets a page, and the issuer is not asked before he has chosen and was authenticated; what he chooses is whose
 * directory server authenticates him, and what is asked.
 */
async function expectAsked(card: Card, request: Request, answer: Answer, as: MerchantKeys, context: string) {
  const { vaultingRequestId } = request
  expect(answer, context).toMatchObject({ status: 200, verified: true })
  const { normalUrl } = answer.json
  expect(answer.json, context).toEqual({
    result: { resultCode: 'VERIFICATION_IN_PROCESS', resultStatus: 'U', resultMessage: expect.any(String) },
    vaultingRequestId,
    normalUrl: expect.stringMatching(new RegExp(`^${coffer.pagesUrl}/v/[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}$`)),
  })
  expect((await coffer.vaultPaymentMethod(request, { as })).text, context).toBe(answer.text)
  const inquiry = await coffer.inquireVaulting(vaultingRequestId, { as })
  expect(inquiry.json, context).toEqual({
    result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' },
    vaultingRequestId,
    vaultingStatus: 'PROCESSING',
    vaultingResultCode: 'VERIFICATION_IN_PROCESS',
    vaultingResultMessage: expect.any(String),
    normalUrl,
  })
  expect(await kindsOf(as, request, 'issuer.asked'), context).toEqual([])
  expect(await keptOf(as, request), context).toMatchObject({ state: 'PROCESSING', network: null })

  const page = await fetch(normalUrl)
  const offered = [...(await page.text()).matchAll(/<button name="network" value="([A-Z_]+)"/g)].map(([, id]) => id)
  expect(offered, context).toEqual(card.networks)
  const chosen = offered.at(-1)!
  const body = new URLSearchParams({ network: chosen })
  expect((await fetch(normalUrl, { method: 'POST', body, redirect: 'manual' })).status, context).toBe(303)
  if (!isEuropean(card)) await expect.poll(() => kindsOf(as, request, 'vaulting.concluded')).toHaveLength(1)
  await expectStored(card, request, await coffer.vaultPaymentMethod(request, { as }), as, `${chosen} BUYER`, context)
}

/** A buyer with a card of the EEA passes 3-D Secure at his page; nobody else has one. @returns the answer from then on */
async function authenticated(card: Card, request: Request, answer: Answer, as: MerchantKeys, context: string) {
  if (!isEuropean(card)) return answer
  expect(answer.json.result, context).toMatchObject({ resultCode: 'VERIFICATION_IN_PROCESS', resultStatus: 'U' })
  expect(await kindsOf(as, request, 'issuer.asked'), context).toEqual([])
  // What a 3DS Method is good for, others show; here are hundreds of buyers.
  await goThrough(answer.json.normalUrl, { method: false })
  await expect.poll(() => kindsOf(as, request, 'vaulting.concluded')).toHaveLength(1)
  return coffer.vaultPaymentMethod(request, { as })
}

/**
 * One network throughout: in the authentication, in the question to the issuer, in the answer, and in what is kept for
 * later payments.
 */
async function expectStored(
  card: Card,
  request: Request,
  first: Answer,
  as: MerchantKeys,
  expected: string,
  context: string,
) {
  const { networks } = card
  const [network, by] = expected.split(' ') as [string, string]
  const answer = await authenticated(card, request, first, as, context)
  const areqs = await kindsOf(as, request, 'threeds.areq')
  expect(
    areqs.map(areq => areq['network']),
    context,
  ).toEqual(isEuropean(card) ? [network] : [])
  expect(answer, context).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result.resultCode, context).toBe('SUCCESS')
  expect(answer.json.paymentMethodDetail.card, context).toMatchObject({ brand: network, supportedBrands: networks })
  expect((await coffer.vaultPaymentMethod(request, { as })).text, context).toBe(answer.text)

  const [question, ...more] = await kindsOf(as, request, 'issuer.asked')
  expect(more, context).toEqual([])
  expect(question, context).toMatchObject({ network, chosenBy: by })
  expect(question?.['authenticationValue'], context).toBe(isEuropean(card) ? 'present' : undefined)
  // Each acquirer counts its own trace numbers.
  const heard = coffer
    .issuerLog()
    .filter(({ dialect, stan }) => `sandbox-${dialect}` === question?.['acquirer'] && stan === question['stan'])
  expect(heard, context).toMatchObject([{ kind: 'verification', network, cvvGiven: true }])

  const kept = await keptOf(as, request)
  expect(kept, context).toMatchObject({ state: 'SUCCESS', network, network_chosen_by: by })
  expect(Math.abs(Number(kept?.['network_chosen_at']) - coffer.system.clock.now()), context).toBeLessThan(60_000)
}

async function keptOf(as: MerchantKeys, { vaultingRequestId }: Request) {
  const [row] = await select(
    coffer.system,
    `select v.state, c.network, c.network_chosen_by, c.network_chosen_at
     from vaulting v left join sealed_card c on c.id = v.id
     where v.merchant_id = $1 and v.vaulting_request_id = $2`,
    [as.clientId, vaultingRequestId],
  )
  return row
}

/** Of the timeline: the events of one kind, or all. */
async function kindsOf(as: MerchantKeys, { vaultingRequestId }: Request, kind?: string) {
  const response = await fetch(`${coffer.opsUrl}/sandbox/timeline/${as.clientId}/${vaultingRequestId}`)
  const { events = [] } = (await response.json()) as { events?: ({ kind: string } & Record<string, unknown>)[] }
  return events.filter(event => kind === undefined || event.kind === kind)
}
