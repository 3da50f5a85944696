/** fetchNonce through the door: a card for one payment, soon; its CVV in memory and nowhere else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards } from '../../../../packages/test-cards/src/index.js'
import { fieldNeedles } from '../../../../test/leaks/needles.js'
import { rowCounts, select } from '../../../../test/result-codes/stored-rows.js'
import { aCard } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { addMerchant, setMerchantStrict } from '../merchants/manage-merchants.js'
import { officeOf } from '../sandbox/sandbox-file.js'
import { eraseDeadNonces, nextNonceEnd } from './nonces-across-merchants.js'
import { findStoredCard, useNonce } from './token-store.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const MINUTE = 60_000
const success = { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' }
const fetchNonce = (card: object, sent: { as?: MerchantKeys } = {}) =>
  coffer.call('vaults/fetchNonce', { card: aCard(card as never) }, sent)

async function nonceOf(card: object = {}) {
  const { json } = await fetchNonce(card)
  expect(json).toEqual({ result: success, cardToken: expect.stringMatching(/^cof_[\w-]{43}$/) })
  return json.cardToken as string
}

/** The nonce as a payment would find it. */
function found(nonce: string, merchantId = coffer.merchant.clientId) {
  const { cards, clock, db } = coffer.system
  return findStoredCard(db, merchantId, cards.tokenLookup(merchantId, nonce), clock.now())
}

const use = (id: string) => useNonce(coffer.system.db, coffer.merchant.clientId, id, coffer.system.clock.now())

describe('fetchNonce', () => {
  test.each(['vaults/fetchNonce', 'payments/fetchNonce'])('gives a nonce at %s', async operation => {
    const answer = await coffer.call(operation, { card: aCard() })
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json).toEqual({ result: success, cardToken: expect.stringMatching(/^cof_[\w-]{43}$/) })
  })

  test('makes another one at each call, asks no issuer and notifies nobody', async () => {
    const asked = coffer.issuerLog().length
    const before = await rowCounts(coffer.system)
    expect(await nonceOf()).not.toBe(await nonceOf())
    expect(coffer.issuerLog()).toHaveLength(asked)
    const after = await rowCounts(coffer.system)
    expect(after).toEqual({ ...before, sealed_card: before['sealed_card']! + 2 })
  })

  test('takes the whole card that an older class of the Java SDK sends', async () => {
    const nonce = await nonceOf({
      cardholderName: { firstName: 'Ana', lastName: 'Lima' },
      billingAddress: { region: 'US', zipCode: '94105' },
      brand: 'VISA',
      selectedCardBrand: 'VISA',
      is3DSAuthentication: false,
      payerEmail: 'ana@shop.example',
      cpf: '123.456.789-09',
      mask: '****',
      funding: 'CREDIT',
      last4: '0000',
    })
    const card = (await found(nonce))!
    const holder = await coffer.system.cards.openHolder(coffer.merchant.clientId, card.id, card.holder!)
    expect(holder).toEqual({
      cardholderName: { firstName: 'Ana', lastName: 'Lima' },
      billingAddress: { region: 'US', zipCode: '94105' },
      payerEmail: 'ana@shop.example',
      cpf: '12345678909',
    })
  })

  test.each([
    ['a wrong check digit', { cardNo: '4000000000100001' }, 'card.cardNo must be a card number'],
    ['letters', { cardNo: '4000 0000 0010 0000' }, 'card.cardNo must be 12 to 19 digits'],
    ['no number', { cardNo: undefined }, 'card.cardNo is required'],
    ['no month', { expiryMonth: undefined }, 'card.expiryMonth is required'],
    ['no year', { expiryYear: undefined }, 'card.expiryYear is required'],
    ['month 13', { expiryMonth: '13' }, 'card.expiryMonth must be 01 to 12'],
    ['a CVV of five digits', { cvv: '12345' }, 'card.cvv must be 3 or 4 digits'],
    ['half a name', { cardholderName: { firstName: 'Ana' } }, 'card.cardholderName.lastName is required'],
  ])('refuses %s by the name of the field', async (_what, card, message) => {
    const before = await rowCounts(coffer.system)
    const { json } = await fetchNonce(card)
    expect(json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
    expect(json.result.resultMessage).toContain(message)
    expect(json.cardToken).toBeUndefined()
    expect(await rowCounts(coffer.system)).toEqual(before)
  })

  test('refuses a call without a card', async () => {
    const { json } = await coffer.call('vaults/fetchNonce', {})
    expect(json.result).toMatchObject({
      resultCode: 'PARAM_ILLEGAL',
      resultMessage: expect.stringContaining('card is required'),
    })
  })

  test.each([
    ['an expired card', { expiryYear: '20', expiryMonth: '01' }, 'The card is expired.'],
    [
      'a brand that the card does not carry',
      { cardNo: namedTestCards.coBadged.number, selectedCardBrand: 'MASTERCARD' },
      'The card does not carry the selected brand.',
    ],
  ])('has no nonce for %s, and says why', async (_what, card, resultMessage) => {
    const before = await rowCounts(coffer.system)
    expect((await fetchNonce(card)).json).toEqual({
      result: { resultCode: 'PROCESS_FAIL', resultStatus: 'F', resultMessage },
    })
    expect(await rowCounts(coffer.system)).toEqual(before)
  })

  test('wants of a merchant in strict mode what the country wants, by the path of this call', async () => {
    const strict = merchantKeys('SANDBOX_STRICTNONCE', 0)
    const spki = strict.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(officeOf(coffer.system), { id: strict.clientId, name: 'strict', publicKey: spki })
    await setMerchantStrict(officeOf(coffer.system), strict.clientId, true)
    const { result } = (await fetchNonce({ cvv: undefined }, { as: strict })).json
    expect(result.resultCode).toBe('PARAM_ILLEGAL')
    expect(result.resultMessage).toContain(' card.cvv is required (strict mode)')
    expect((await fetchNonce({}, { as: strict })).json.result).toEqual(success)
  })

  test.each([
    ['the only network of the card', {}, 'VISA'],
    [
      'the network that was selected',
      { cardNo: namedTestCards.coBadged.number, selectedCardBrand: 'CARTES_BANCAIRES' },
      'CARTES_BANCAIRES',
    ],
    ['none where the buyer would have to choose', { cardNo: namedTestCards.coBadged.number }, undefined],
  ])('keeps %s', async (_what, card, network) => {
    expect((await found(await nonceOf(card)))?.network).toBe(network)
  })
})

describe('a nonce', () => {
  test('opens to the number, for its merchant alone', async () => {
    const nonce = await nonceOf()
    const card = (await found(nonce))!
    expect(card).toMatchObject({
      use: 'NONCE',
      lastFour: '0000',
      brand: 'VISA',
      token: undefined,
      neverRetry: undefined,
    })
    const { cards, db } = coffer.system
    const { pan, expiry } = await db.transaction(tx =>
      cards.openCard(tx, card, { actor: 'the test', reason: 'to look' }),
    )
    expect(pan.masked).toBe('************0000')
    expect(expiry).toEqual({ year: '33', month: '03' })
    pan.erase()
    expect(await found(nonce, coffer.otherMerchant.clientId)).toBeUndefined()
  })

  test('is used once, also by twenty payments at once', async () => {
    const nonce = await nonceOf()
    const { id } = (await found(nonce))!
    const uses = await Promise.all(Array.from({ length: 20 }, () => use(id)))
    expect(uses.filter(Boolean)).toHaveLength(1)
    expect(await found(nonce)).toBeUndefined()
    expect(await select(coffer.system, 'select from sealed_card where id = $1', [id])).toEqual([])
  })

  test('is not used by another merchant, nor does useNonce take a token', async () => {
    const { id } = (await found(await nonceOf()))!
    const { clock, db } = coffer.system
    expect(await useNonce(db, coffer.otherMerchant.clientId, id, clock.now())).toBe(false)
    expect(await use(id)).toBe(true)
  })

  test('is no token: it can be neither inquired nor updated', async () => {
    const token = await nonceOf()
    const nobodys = await coffer.call('vaults/inquireToken', { token: 'x' })
    expect(nobodys.json.result.resultCode).toBe('TOKEN_NOT_EXIST')
    expect((await coffer.call('vaults/inquireToken', { token })).text).toBe(nobodys.text)
    expect((await coffer.call('vaults/updateToken', { token, email: 'a@b.example' })).text).toBe(nobodys.text)
  })

  test('can be deleted, twice, and its CVV goes with it', async () => {
    const token = await nonceOf()
    const { id } = (await found(token))!
    expect(coffer.system.nonceCvvs.ids()).toContain(id)
    for (let time = 0; time < 2; time += 1) {
      expect((await coffer.call('vaults/deleteToken', { token })).json).toEqual({ result: success })
    }
    expect(coffer.system.nonceCvvs.ids()).not.toContain(id)
    expect(await found(token)).toBeUndefined()
    expect(await use(id)).toBe(false)
    expect(await select(coffer.system, 'select pan_sealed, fingerprint from sealed_card where id = $1', [id])).toEqual([
      { pan_sealed: null, fingerprint: null },
    ])
  })

  test('does not keep the name of a number that no token has', async () => {
    const cardNo = namedTestCards.antomSuccess.number
    const first = await coffer.vaultPaymentMethod({
      ...{ vaultingRequestId: `n-${process.pid}`, redirectUrl: 'https://shop.example/', env: { terminalType: 'WEB' } },
      paymentMethodDetail: { paymentMethodType: 'CARD', card: aCard({ cardNo }) },
    })
    const { cardToken, fingerprint } = first.json.paymentMethodDetail.card
    await nonceOf({ cardNo })
    await coffer.call('vaults/deleteToken', { token: cardToken })
    expect(await select(coffer.system, 'select from card_fingerprint where public_id = $1', [fingerprint])).toEqual([])
  })
})

describe('the CVV of a nonce', () => {
  test('waits in memory, for one payment', async () => {
    const { id } = (await found(await nonceOf({ cvv: '987' })))!
    const parked = coffer.system.nonceCvvs.take(id)
    expect(parked?.cvv?.length).toBe(3)
    parked?.cvv?.erase()
    expect(coffer.system.nonceCvvs.take(id)).toBeUndefined()
  })

  test('is not parked where none was given', async () => {
    const { id } = (await found(await nonceOf({ cvv: undefined })))!
    expect(coffer.system.nonceCvvs.ids()).not.toContain(id)
  })

  test('is in no row and no log line', async () => {
    const cvv = '9183'
    const before = coffer.logLines.length
    const { id } = (await found(await nonceOf({ cvv, cardholderName: { firstName: 'Ana', lastName: 'Lima' } })))!
    const [row] = await select(coffer.system, 'select * from sealed_card where id = $1', [id])
    const written = [JSON.stringify(row), ...coffer.logLines.slice(before)].join('\n')
    for (const field of ['cvv', 'cvc', 'securityCode', 'code']) {
      for (const { bytes } of fieldNeedles('nonce', field, cvv))
        expect(Buffer.from(written).includes(bytes)).toBe(false)
    }
  })

  test('is in no sealed value: what is sealed has one size with it and without it', async () => {
    const sizes = async (card: object) => {
      const { pan, holder } = (await found(await nonceOf({ ...card, payerEmail: 'ana@shop.example' })))!
      return { pan: pan.length, holder: holder?.length }
    }
    expect(await sizes({ cvv: '1234' })).toEqual(await sizes({ cvv: undefined }))
  })
})

describe('the time of a nonce', () => {
  test('is thirty minutes: then it is not there, and the worker erases it', async () => {
    const nonce = await nonceOf()
    const card = (await found(nonce))!
    expect(card.usableUntil).toBeGreaterThan(coffer.system.clock.now() + 29 * MINUTE)
    expect(card.usableUntil).toBeLessThanOrEqual(coffer.system.clock.now() + 30 * MINUTE)
    await coffer.advance(29 * MINUTE)
    expect(await found(nonce)).toBeDefined()
    expect(await nextNonceEnd(coffer.system.db)).toBeLessThanOrEqual(card.usableUntil!)
    await coffer.advance(2 * MINUTE)
    expect(await found(nonce)).toBeUndefined()
    expect(await use(card.id)).toBe(false)
    expect((await coffer.call('vaults/deleteToken', { token: nonce })).json.result.resultCode).toBe('TOKEN_NOT_EXIST')
    while ((await eraseDeadNonces(coffer.system)) > 0);
    expect(await select(coffer.system, 'select from sealed_card where id = $1', [card.id])).toEqual([])
    const next = await nextNonceEnd(coffer.system.db)
    expect(next === undefined || next > coffer.system.clock.now()).toBe(true)
  })

  test('is up for its CVV as well', async () => {
    const { id } = (await found(await nonceOf()))!
    await coffer.advance(31 * MINUTE)
    await expect.poll(() => coffer.system.nonceCvvs.ids()).not.toContain(id)
  })

  test('can be set shorter', async () => {
    const short = await startSystem({ env: { COFFER_NONCE_MINUTES: '1' } })
    try {
      const { json } = await short.call('vaults/fetchNonce', { card: aCard() })
      const { cards, clock, db } = short.system
      const lookup = cards.tokenLookup(short.merchant.clientId, json.cardToken)
      expect(await findStoredCard(db, short.merchant.clientId, lookup, clock.now())).toBeDefined()
      expect(await findStoredCard(db, short.merchant.clientId, lookup, clock.now() + MINUTE)).toBeUndefined()
    } finally {
      await short.stop()
    }
  })

  test('leaves tokens and running vaultings alone when it is over', async () => {
    const before = await select(coffer.system, `select id from sealed_card where use = 'TOKEN' order by id`)
    await coffer.advance(60 * MINUTE)
    while ((await eraseDeadNonces(coffer.system)) > 0);
    expect(await select(coffer.system, `select id from sealed_card where use = 'TOKEN' order by id`)).toEqual(before)
    expect(await select(coffer.system, `select id from sealed_card where use = 'NONCE'`)).toEqual([])
  })
})
