/** Who may sign: keys that the vault itself wrote, and none that somebody put into the database. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { contentToSign } from '@coffer/antom'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { officeOf } from '../sandbox/sandbox-file.js'
import { addMerchant, addMerchantKey, revokeMerchantKey } from './manage-merchants.js'

const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = (key: { publicKey: KeyObject }) => key.publicKey.export({ format: 'der', type: 'spki' })

let coffer: TestSystem
let merchant: MerchantKeys
let nth = 0
beforeAll(async () => {
  coffer = await startSystem()
})
beforeEach(async () => {
  nth += 1
  merchant = merchantKeys(`SANDBOX_KEYS_${nth}`, 1)
  const publicKey = spki(merchant).toString('base64')
  await addMerchant(officeOf(coffer.system), { id: merchant.clientId, name: 'a merchant', publicKey })
})
afterAll(() => coffer?.stop())

const codeOf = async (as: MerchantKeys, keyVersion?: number) =>
  (await coffer.vaultPaymentMethod(aVaultingRequest(), { as, ...(keyVersion && { keyVersion }) })).json.result
    .resultCode

test('a key that was swapped in the database does not exist', async () => {
  await select(coffer.system, 'update merchant_key set public_key = $2 where merchant_id = $1', [
    merchant.clientId,
    spki(attacker),
  ])
  expect(await codeOf({ ...merchant, privateKey: attacker.privateKey })).toBe('KEY_NOT_FOUND')
  expect(await codeOf(merchant)).toBe('KEY_NOT_FOUND')
  expect(coffer.logLines.join('')).toContain('merchant-key.tampered')
})

test('a key that was added in the database, with the digest of another, does not exist', async () => {
  await select(
    coffer.system,
    `insert into merchant_key select merchant_id, 2, $2, status, mac, created_at from merchant_key where merchant_id = $1`,
    [merchant.clientId, spki(attacker)],
  )
  expect(await codeOf({ ...merchant, privateKey: attacker.privateKey }, 2)).toBe('KEY_NOT_FOUND')
  expect(await codeOf(merchant, 1)).toBe('SUCCESS')
})

test('a right row that was copied to another merchant or version does not exist there', async () => {
  await select(
    coffer.system,
    `insert into merchant_key select $2, 7, public_key, status, mac, created_at from merchant_key where merchant_id = $1`,
    [merchant.clientId, coffer.otherMerchant.clientId],
  )
  expect(await codeOf({ ...coffer.otherMerchant, privateKey: merchant.privateKey }, 7)).toBe('KEY_NOT_FOUND')
  await select(coffer.system, 'update merchant_key set version = 3 where merchant_id = $1', [merchant.clientId])
  expect(await codeOf(merchant, 3)).toBe('KEY_NOT_FOUND')
})

test('a key that was revoked cannot be made valid again in the database', async () => {
  await revokeMerchantKey(officeOf(coffer.system), merchant.clientId, 1)
  await select(coffer.system, `update merchant_key set status = 'ACTIVE' where merchant_id = $1`, [merchant.clientId])
  expect(await codeOf(merchant)).toBe('KEY_NOT_FOUND')
})

test('a merchant may have several keys; without a version the newest counts', async () => {
  const newer = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await addMerchantKey(officeOf(coffer.system), merchant.clientId, spki(newer).toString('base64'))
  expect(await codeOf(merchant, 1)).toBe('SUCCESS')
  expect(await codeOf({ ...merchant, privateKey: newer.privateKey }, 2)).toBe('SUCCESS')
  expect(await codeOf({ ...merchant, privateKey: newer.privateKey }, 1)).toBe('SIGNATURE_INVALID')

  const withoutVersion = async (privateKey: KeyObject) => {
    const uri = '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'
    const [time, body] = [String(coffer.system.clock.now()), JSON.stringify(aVaultingRequest())]
    const { clientId } = merchant
    const content = contentToSign({ method: 'POST', uri, clientId, time, body: Buffer.from(body) })
    const signature = encodeURIComponent(sign('RSA-SHA256', content, privateKey).toString('base64'))
    const headers = { Signature: `algorithm=RSA256,signature=${signature}` }
    return (await coffer.vaultPaymentMethod(undefined, { as: merchant, time, body, headers })).json.result.resultCode
  }
  expect(await withoutVersion(newer.privateKey)).toBe('SUCCESS')
  expect(await withoutVersion(merchant.privateKey)).toBe('SIGNATURE_INVALID')
})
