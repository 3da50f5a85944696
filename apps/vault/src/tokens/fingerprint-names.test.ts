/** The public name of a number: the same for each card with it, and gone with the last. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards, testCardNumber } from '../../../../packages/test-cards/src/index.js'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { eraseCard, lockToDelete } from './token-store.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

let next = 0
const aNumber = () => testCardNumber({ prefix: '40000006', fill: String(++next) })

async function stored(card: NonNullable<NonNullable<Parameters<typeof aVaultingRequest>[0]>['card']>) {
  const { json } = await coffer.vaultPaymentMethod(aVaultingRequest({ card }))
  expect(json.result.resultCode).toBe('SUCCESS')
  return json.paymentMethodDetail.card as { cardToken: string; fingerprint: string }
}

const remove = (token: string) => coffer.call('vaults/deleteToken', { token })
const lookupOf = (token: string) => coffer.system.cards.tokenLookup(coffer.merchant.clientId, token)
const named = async (fingerprint: string) =>
  (await select(coffer.system, 'select from card_fingerprint where public_id = $1', [fingerprint])).length === 1
/** The name that the number of a live card has. */
const nameOf = async (token: string) =>
  (
    await select(
      coffer.system,
      'select public_id from card_fingerprint f join sealed_card c using (fingerprint) where c.token_lookup = $1',
      [lookupOf(token)],
    )
  )[0]?.['public_id']

describe('the fingerprint of a number', () => {
  test('is the same for the same card with a new expiry, and the token is another', async () => {
    const cardNo = aNumber()
    const [old, renewed] = [await stored({ cardNo }), await stored({ cardNo, expiryYear: '38' })]
    expect(renewed.fingerprint).toBe(old.fingerprint)
    expect(renewed.cardToken).not.toBe(old.cardToken)
  })

  test('stays while one card with it is left, and is forgotten with the last', async () => {
    const cardNo = aNumber()
    const [one, other] = [await stored({ cardNo }), await stored({ cardNo })]
    await remove(one.cardToken)
    expect(await named(one.fingerprint)).toBe(true)
    await remove(other.cardToken)
    expect(await named(one.fingerprint)).toBe(false)
  })

  test('is forgotten as well when the last two cards are deleted at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const cardNo = aNumber()
      const [one, other] = [await stored({ cardNo }), await stored({ cardNo })]
      await Promise.all([remove(one.cardToken), remove(other.cardToken)])
      expect(await named(one.fingerprint)).toBe(false)
    }
  })

  test('is another one when the card is vaulted again after the last was deleted', async () => {
    const cardNo = aNumber()
    const first = await stored({ cardNo })
    await remove(first.cardToken)
    const second = await stored({ cardNo })
    expect(second.fingerprint).not.toBe(first.fingerprint)
    expect((await stored({ cardNo })).fingerprint).toBe(second.fingerprint)
  })

  test('stays for a vaulting that is under way', async () => {
    const cardNo = namedTestCards.challengeThenApprove.number
    const last = await stored({ cardNo })
    const waiting = await coffer.vaultPaymentMethod(aVaultingRequest({ card: { cardNo, is3DSAuthentication: true } }))
    expect(waiting.json.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
    await remove(last.cardToken)
    expect(await named(last.fingerprint)).toBe(true)
  })

  test('is not told to a vaulting while a deletion is about to forget it: that waits, and gets a new one', async () => {
    const cardNo = aNumber()
    const { clock, db } = coffer.system
    const { clientId } = coffer.merchant
    const last = await stored({ cardNo })
    let vaulting: ReturnType<typeof stored> | undefined
    await db.transaction(async tx => {
      const card = (await lockToDelete(tx, clientId, lookupOf(last.cardToken), clock.now()))!
      await eraseCard(tx, clientId, card, clock.now())
      vaulting = stored({ cardNo })
      let done = false
      void vaulting.then(() => {
        done = true
      })
      await clock.sleep(400)
      expect(done).toBe(false)
    })
    const { cardToken, fingerprint } = await vaulting!
    expect(fingerprint).not.toBe(last.fingerprint)
    expect(await nameOf(cardToken)).toBe(fingerprint)
  })

  test('that is told beside deletions of the same number is the one that stays', async () => {
    const cardNo = aNumber()
    let last = await stored({ cardNo })
    for (let round = 0; round < 15; round += 1) {
      const [vaulted] = await Promise.all([
        stored({ cardNo }),
        remove(last.cardToken),
        stored({ cardNo }).then(({ cardToken }) => remove(cardToken)),
      ])
      expect(await nameOf(vaulted.cardToken)).toBe(vaulted.fingerprint)
      last = vaulted
    }
  })
})
