/** A card that the buyer wants gone, against a real vault. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startShop, type TestShop, textOf } from '../../../test/support/start-shop.js'

let coffee: TestShop
beforeAll(async () => {
  coffee = await startShop()
})
beforeEach(() => {
  coffee.line = 'whole'
})
afterAll(() => coffee?.stop())

const add = () => coffee.addCard('4054695723100768')
const remove = (id: string) => coffee.post(`/cards/${id}/delete`, {})
const tokenOf = (id: string) => coffee.shop.cards.find(id)?.answer?.card?.cardToken ?? ''
const deletions = () => coffee.calls.filter(({ operation }) => operation === 'deleteToken').length

test('it is asked about once more before it is deleted', async () => {
  const id = await add()
  expect(await coffee.payload('/cards')).toContain(`<a href="/cards/${id}/delete" aria-label="Delete: Visa •••• 0768"`)
  const text = await coffee.read(`/cards/${id}/delete`)
  expect(text).toContain('Delete Visa •••• 0768? Visa •••• 0768 Expires 03/33 The vault erases its number for good')
  expect(deletions()).toBe(0)
})

test('it is gone from the vault, from the list and from the file, also when its notification comes late', async () => {
  const id = await add()
  const token = tokenOf(id)
  expect((await remove(id)).to).toBe(`/cards/${id}`)
  expect(await coffee.read(`/cards/${id}`)).toContain('Card deleted: Visa •••• 0768')
  expect(await coffee.payload('/cards')).not.toContain(id)
  expect(await coffee.shop.client.inquireToken({ token })).toMatchObject({ code: 'TOKEN_NOT_EXIST' })
  await coffee.vault.advance(3_000)
  expect(coffee.shop.cards.find(id)?.notification).toMatchObject({ status: 'S', card: { cardToken: '' } })
  expect(await readFile(join(coffee.folder, 'cards.json'), 'utf8')).not.toContain(token)
})

test('nothing can be paid with it any more, and the shop says so', async () => {
  const id = await add()
  await remove(id)
  expect(await coffee.read(`/buy?card=${id}`)).toContain('This card was deleted: nothing can be paid with it any more.')
  const { status, payload } = await coffee.post('/payments', { product: 'beans', card: id, how: 'sale' })
  expect(status).toBe(422)
  expect(textOf(payload)).toContain('This card was deleted: nothing can be paid with it any more. Choose another card')
})

test('deleting it again changes nothing and asks nobody', async () => {
  const id = await add()
  await remove(id)
  const before = deletions()
  expect((await remove(id)).to).toBe(`/cards/${id}`)
  expect((await coffee.app.inject(`/cards/${id}/delete`)).headers.location).toBe(`/cards/${id}`)
  expect(deletions()).toBe(before)
})

test('one that the vault has no more is deleted: what was asked for is so', async () => {
  const id = await add()
  await coffee.shop.client.deleteToken({ token: tokenOf(id) })
  expect((await remove(id)).to).toBe(`/cards/${id}`)
})

test('when the vault does not answer, the page says what to do, and doing it helps', async () => {
  const id = await add()
  coffee.line = 'loses answers'
  const { status, payload } = await remove(id)
  expect(status).toBe(503)
  expect(textOf(payload)).toContain('The vault did not answer, so we do not know whether the card is deleted.')
  expect(textOf(payload)).toContain(
    'Delete it again: if it is gone already, that does no harm. Code: CONNECTION_FAILED',
  )
  expect(await coffee.payload('/cards')).toContain(id)
  coffee.line = 'whole'
  expect((await remove(id)).to).toBe(`/cards/${id}`)
  expect(await coffee.payload('/cards')).not.toContain(id)
})

test('a subscription that is paid with it ends, and the buyer hears that before', async () => {
  const id = await add()
  await coffee.post('/subscription', { form: 'monthly-coffee', card: id })
  expect(await coffee.read(`/cards/${id}/delete`)).toContain(
    'Your monthly coffee is paid with this card, and ends with it.',
  )
  await remove(id)
  const text = await coffee.read('/subscription')
  expect(text).toContain('Your subscription has ended. Please choose another card')
  expect(text).toContain('You deleted the card that it was paid with.')
})

test('a form from elsewhere deletes nothing', async () => {
  const id = await add()
  const { status } = await coffee.post(`/cards/${id}/delete`, {}, { 'sec-fetch-site': 'cross-site' })
  expect(status).toBe(403)
  expect(await coffee.payload('/cards')).toContain(id)
})
