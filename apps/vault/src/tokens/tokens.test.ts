/** inquireToken, updateToken and deleteToken through the door: what merchants see, and what lies in the database after. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namedTestCards, testCardNumber } from '../../../../packages/test-cards/src/index.js'
import { rowCounts, select } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import type { MerchantKeys } from '../../../../test/support/merchant-client.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { importRanges } from '../cards/import-ranges.js'
import { readRangeFile } from '../cards/read-range-file.js'
import { inspectVault } from '../commands/doctor.js'
import { findStoredCard } from './token-store.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
  const folder = await mkdtemp(join(tmpdir(), 'coffer-tokens-'))
  try {
    const path = join(folder, 'ranges.csv')
    await writeFile(path, 'low,lengths,networks,country,issuer\n40000001,16,VISA,US,Bank of the Test\n')
    const file = await readRangeFile(path)
    if (!file.ok) throw new Error(`the test's own table is faulty: ${JSON.stringify(file)}`)
    await importRanges({ db: coffer.system.db, clock: coffer.system.clock, by: 'the test' }, file)
    await coffer.system.ranges.refresh()
  } finally {
    await rm(folder, { recursive: true })
  }
})
afterAll(() => coffer?.stop())

const ANA = { firstName: 'Ana', lastName: 'Lima' }
const LI = { firstName: 'Li', middleName: 'X', lastName: 'Wang', fullName: 'Li X Wang' }
const HOLDER = { cardholderName: ANA, payerEmail: 'ana@shop.example' }
const ofTheTestsBank = testCardNumber({ prefix: '40000001', fill: '1' })
const success = { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' }
const notThere = { resultCode: 'TOKEN_NOT_EXIST', resultStatus: 'F', resultMessage: expect.any(String) }

type As = { as?: MerchantKeys }
const inquire = (token: string, more: object = {}, as: As = {}) =>
  coffer.call('vaults/inquireToken', { token, ...more }, as)
const update = (token: string, change: object, as: As = {}) =>
  coffer.call('vaults/updateToken', { token, ...change }, as)
const remove = (token: string, more: object = {}, as: As = {}) =>
  coffer.call('vaults/deleteToken', { token, ...more }, as)
const operations = { inquire, update: (token: string) => update(token, { email: 'x@y.example' }), remove }

/** Vaults a card, each time a number of its own unless one is given, and gives what was answered of it. */
async function stored(request: Parameters<typeof aVaultingRequest>[0] = {}, as: As = {}, holder: object = HOLDER) {
  const answer = await coffer.vaultPaymentMethod(
    aVaultingRequest({ ...request, card: { ...holder, ...request.card } }),
    as,
  )
  expect(answer.json.result).toEqual(success)
  return answer.json.paymentMethodDetail.card as { cardToken: string; fingerprint: string }
}

/** The row of a merchant's token. */
async function rowOf(token: string, merchantId = coffer.merchant.clientId) {
  const lookup = coffer.system.cards.tokenLookup(merchantId, token)
  return (await select(coffer.system, 'select * from sealed_card where token_lookup = $1', [lookup]))[0]!
}

const auditOf = (id: unknown) =>
  select(coffer.system, 'select action, actor, reason, ok from audit where object = $1 order by seq', [id])

/** The card behind a token as a payment would find it, its number as a keyed digest. */
async function opened(token: string) {
  const { cards, db } = coffer.system
  const row = await rowOf(token)
  const merchantId = coffer.merchant.clientId
  const card = {
    id: String(row['id']),
    merchantId,
    tokenLookup: row['token_lookup'] as Buffer,
    pan: row['pan_sealed'] as Buffer,
  }
  const { pan, expiry } = await db.transaction(tx => cards.openCard(tx, card, { actor: 'the test', reason: 'to look' }))
  return { number: cards.fingerprint(merchantId, pan).toString('hex'), expiry }
}

describe('inquireToken', () => {
  test('tells whose card it is, who issued it, and until when it is good', async () => {
    const { cardToken } = await stored({ card: { cardNo: ofTheTestsBank, expiryYear: '32', expiryMonth: '02' } })
    const answer = await inquire(cardToken)
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json).toEqual({
      result: success,
      token: cardToken,
      accountHolderName: ANA,
      email: 'ana@shop.example',
      issuerName: 'Bank of the Test',
      issuingCountry: 'US',
      tokenExpiryTime: '2032-02-29T23:59:59Z',
    })
  })

  test('leaves out what nobody gave', async () => {
    const { cardToken } = await stored({}, {}, {})
    const { json } = await inquire(cardToken)
    expect(json.accountHolderName).toBeUndefined()
    expect(json.email).toBeUndefined()
    expect(json.tokenExpiryTime).toBe('2033-03-31T23:59:59Z')
  })

  test('still tells of a card that has expired', async () => {
    const now = new Date(coffer.system.clock.now())
    const [expiryYear, expiryMonth] = [now.toISOString().slice(2, 4), now.toISOString().slice(5, 7)]
    const { cardToken } = await stored({ card: { expiryYear, expiryMonth } })
    await coffer.advance(32 * 24 * 3_600_000)
    const { json } = await inquire(cardToken)
    expect(json.result).toEqual(success)
    expect(Date.parse(json.tokenExpiryTime)).toBeLessThan(coffer.system.clock.now())
  })

  test('finds no token of a card whose vaulting runs or failed', async () => {
    await coffer.vaultPaymentMethod(aVaultingRequest({ card: { cardNo: namedTestCards.declined.number } }))
    await coffer.vaultPaymentMethod(
      aVaultingRequest({ card: { is3DSAuthentication: true, cardNo: namedTestCards.challengeThenApprove.number } }),
    )
    const rows = await select(coffer.system, 'select token_lookup from sealed_card where token_sealed is null')
    expect(rows.length).toBeGreaterThan(0)
    for (const { token_lookup } of rows) {
      const { clock, db } = coffer.system
      expect(await findStoredCard(db, coffer.merchant.clientId, token_lookup as Buffer, clock.now())).toBeUndefined()
    }
  })

  test('leaves no row behind', async () => {
    const { cardToken } = await stored()
    const before = await rowCounts(coffer.system)
    await inquire(cardToken)
    await inquire(`cof_${randomUUID()}`)
    expect(await rowCounts(coffer.system)).toEqual(before)
  })
})

describe('a token that is not there', () => {
  test.each(Object.entries(operations))('is answered in the same bytes whatever it is: %s', async (name, call) => {
    const theirs = await stored({}, { as: coffer.otherMerchant })
    const deleted = await stored()
    await remove(deleted.cardToken)
    const unknown = [await call(`cof_${'A'.repeat(43)}`), await call('4'), await call('𝒯'.repeat(2048))]
    const foreign = await call(theirs.cardToken)
    expect(foreign.json).toEqual({ result: notThere })
    for (const { text } of unknown) expect(text).toBe(foreign.text)
    if (name !== 'remove') expect((await call(deleted.cardToken)).text).toBe(foreign.text)
    expect((await inquire(theirs.cardToken, {}, { as: coffer.otherMerchant })).json.result).toEqual(success)
  })

  test.each(Object.entries(operations))('is a mistake in the call when none is named: %s', async (_name, call) => {
    for (const none of ['', undefined, null, 'x'.repeat(2049)]) {
      const { json } = await call(none as string)
      expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
      expect(json.result.resultMessage).toContain('token ')
    }
  })
})

describe('a token that was stored for one account of the merchant', () => {
  test('is not there for another one, and is for the account, and for who names none', async () => {
    const { cardToken } = await stored({ merchantAccountId: 'acc-1' })
    for (const call of [inquire, remove]) {
      expect((await call(cardToken, { merchantAccountId: 'acc-2' })).json).toEqual({ result: notThere })
    }
    const change = { email: 'new@shop.example' }
    expect((await update(cardToken, { ...change, merchantAccountId: 'acc-2' })).json).toEqual({ result: notThere })
    expect((await update(cardToken, { ...change, merchantAccountId: 'acc-1' })).json.result).toEqual(success)
    expect((await inquire(cardToken, { merchantAccountId: 'acc-1' })).json.email).toBe('new@shop.example')
    expect((await inquire(cardToken)).json.email).toBe('new@shop.example')
    expect((await remove(cardToken, { merchantAccountId: 'acc-1' })).json.result).toEqual(success)
  })

  test('may be named with any account when it was stored without one', async () => {
    const { cardToken } = await stored()
    expect((await inquire(cardToken, { merchantAccountId: 'acc-2' })).json.result).toEqual(success)
  })
})

describe('updateToken', () => {
  test.each([
    ['the holder', { accountHolderName: LI }],
    ['the mail', { email: 'li@shop.example' }],
    ['the expiry', { tokenExpiryTime: '2041-02-10T00:00:00Z' }],
    ['all of it', { accountHolderName: LI, email: 'li@shop.example', tokenExpiryTime: '2041-02-10T00:00:00Z' }],
  ])('changes %s and nothing else, and the token keeps its value', async (_what, change) => {
    const { cardToken } = await stored()
    const before = (await inquire(cardToken)).json
    const answer = await update(cardToken, change)
    expect(answer.json).toEqual({ result: success, token: cardToken })
    const changed = { ...change, ...('tokenExpiryTime' in change && { tokenExpiryTime: '2041-02-28T23:59:59Z' }) }
    expect((await inquire(cardToken)).json).toEqual({ ...before, ...changed })
  })

  test('seals the same number anew with a new expiry, and what was said of the old plastic no longer holds', async () => {
    const { cardToken } = await stored()
    const before = await opened(cardToken)
    const row = await rowOf(cardToken)
    await select(coffer.system, `update sealed_card set never_retry_code = '54', never_retry_at = $2 where id = $1`, [
      row['id'],
      new Date(coffer.system.clock.now()),
    ])
    await update(cardToken, { email: 'only-mail@shop.example' })
    expect(await rowOf(cardToken)).toMatchObject({ never_retry_code: '54' })
    await update(cardToken, { tokenExpiryTime: '2039-12-31T23:59:59Z' })
    expect(await opened(cardToken)).toEqual({ number: before.number, expiry: { year: '39', month: '12' } })
    const after = await rowOf(cardToken)
    expect(after).toMatchObject({ never_retry_code: null, never_retry_at: null })
    expect(after['pan_sealed']).not.toEqual(row['pan_sealed'])
    expect(after['token_sealed']).toEqual(row['token_sealed'])
    expect(await auditOf(row['id'])).toContainEqual({
      action: 'card.opened',
      actor: 'serve',
      reason: 'a new expiry',
      ok: true,
    })
  })

  test('opens no number for a new name or mail', async () => {
    const { cardToken } = await stored()
    await update(cardToken, { accountHolderName: LI, email: 'li@shop.example' })
    expect(await auditOf((await rowOf(cardToken))['id'])).toEqual([])
  })

  test('keeps what else was given about the holder', async () => {
    const billingAddress = { region: 'US', zipCode: '94105' }
    const { cardToken } = await stored({ card: { billingAddress } })
    await update(cardToken, { accountHolderName: LI, tokenExpiryTime: '2041-02-10T00:00:00Z' })
    const row = await rowOf(cardToken)
    const { cards } = coffer.system
    expect(await cards.openHolder(coffer.merchant.clientId, String(row['id']), row['holder_sealed'] as Buffer)).toEqual(
      {
        cardholderName: LI,
        payerEmail: 'ana@shop.example',
        billingAddress,
        expiry: { year: '41', month: '02' },
      },
    )
  })

  test('does not change what the vaulting was answered: not to a repeat, not to an inquiry', async () => {
    const request = aVaultingRequest({ card: HOLDER })
    const first = await coffer.vaultPaymentMethod(request)
    const inquired = await coffer.inquireVaulting(request.vaultingRequestId)
    const token = first.json.paymentMethodDetail.card.cardToken
    await update(token, { tokenExpiryTime: '2041-02-10T00:00:00Z', accountHolderName: LI })
    expect((await coffer.vaultPaymentMethod(request)).text).toBe(first.text)
    expect((await coffer.inquireVaulting(request.vaultingRequestId)).text).toBe(inquired.text)
  })

  test.each([
    ['nothing to change', {}, 'accountHolderName or email or tokenExpiryTime is required'],
    [
      'nulls alone',
      { email: null, tokenExpiryTime: null },
      'accountHolderName or email or tokenExpiryTime is required',
    ],
    ['an empty mail', { email: '' }, 'email must not be empty'],
    ['a long mail', { email: 'x'.repeat(65) }, 'email must be at most 64 characters'],
    ['half a name', { accountHolderName: { firstName: 'Li' } }, 'accountHolderName.lastName is required'],
    [
      'a time without an offset',
      { tokenExpiryTime: '2041-02-10T00:00:00' },
      'tokenExpiryTime must be an ISO 8601 time',
    ],
    [
      'a day that does not exist',
      { tokenExpiryTime: '2041-02-30T00:00:00Z' },
      'tokenExpiryTime must be an ISO 8601 time',
    ],
    ['milliseconds', { tokenExpiryTime: '2244067200000' }, 'tokenExpiryTime must be an ISO 8601 time'],
    [
      'a month that is over',
      { tokenExpiryTime: '2020-01-31T23:59:59Z' },
      'tokenExpiryTime must not be in a month that is over',
    ],
    [
      'another century',
      { tokenExpiryTime: '2100-01-01T00:00:00Z' },
      'tokenExpiryTime must be in a year from 2000 to 2099',
    ],
    [
      'the century before',
      { tokenExpiryTime: '2000-01-01T00:00:00+01:00' },
      'tokenExpiryTime must be in a year from 2000 to 2099',
    ],
  ])('refuses %s and changes nothing', async (_what, change, message) => {
    const { cardToken } = await stored()
    const before = await rowOf(cardToken)
    const { result } = (await update(cardToken, change)).json
    expect(result.resultCode).toBe('PARAM_ILLEGAL')
    expect(result.resultMessage).toContain(message)
    expect(await rowOf(cardToken)).toEqual(before)
  })

  test('takes the month in UTC, whatever the offset, and a month that is not over yet', async () => {
    const { cardToken } = await stored()
    await update(cardToken, { tokenExpiryTime: '2040-01-01T07:59:59+08:00' })
    expect((await inquire(cardToken)).json.tokenExpiryTime).toBe('2039-12-31T23:59:59Z')
    const now = new Date(coffer.system.clock.now())
    const firstOfMonth = `${now.toISOString().slice(0, 7)}-01T00:00:00Z`
    expect((await update(cardToken, { tokenExpiryTime: firstOfMonth })).json.result).toEqual(success)
  })

  test('by several calls at once loses none of their changes', async () => {
    const { cardToken } = await stored()
    const answers = await Promise.all([
      update(cardToken, { email: 'li@shop.example' }),
      update(cardToken, { accountHolderName: LI }),
      update(cardToken, { tokenExpiryTime: '2041-02-10T00:00:00Z' }),
    ])
    for (const { json } of answers) expect(json.result).toEqual(success)
    expect((await inquire(cardToken)).json).toMatchObject({
      email: 'li@shop.example',
      accountHolderName: LI,
      tokenExpiryTime: '2041-02-28T23:59:59Z',
    })
  })

  test('beside a deletion never brings a card back', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { cardToken } = await stored()
      const [updated, deleted] = await Promise.all([
        update(cardToken, { tokenExpiryTime: '2041-02-10T00:00:00Z' }),
        remove(cardToken),
      ])
      expect(['SUCCESS', 'TOKEN_NOT_EXIST']).toContain(updated.json.result.resultCode)
      expect(deleted.json.result).toEqual(success)
      expect(await rowOf(cardToken)).toMatchObject({ pan_sealed: null, holder_sealed: null })
      expect((await inquire(cardToken)).json).toEqual({ result: notThere })
    }
  })
})

describe('deleteToken', () => {
  test('answers the result alone, and again when it is called again', async () => {
    const { cardToken } = await stored()
    expect((await remove(cardToken)).json).toEqual({ result: success })
    expect((await remove(cardToken)).json).toEqual({ result: success })
    expect((await inquire(cardToken)).json).toEqual({ result: notThere })
  })

  test('erases number, expiry, holder and fingerprint, and keeps what tells that it was there', async () => {
    const { cardToken } = await stored()
    const before = await rowOf(cardToken)
    await remove(cardToken)
    const after = await rowOf(cardToken)
    const erased = { pan_sealed: null, pan_dek_id: null, holder_sealed: null, fingerprint: null }
    expect(after).toEqual({ ...before, ...erased, deleted_at: expect.any(Date) })
    const row = JSON.stringify(after, (_name, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value,
    )
    for (const column of ['pan_sealed', 'holder_sealed', 'fingerprint']) {
      expect(row).not.toContain((before[column] as Buffer).toString('hex'))
    }
  })

  test('leaves one row in the audit trail, however often it is called', async () => {
    const { cardToken } = await stored()
    await Promise.all([remove(cardToken), remove(cardToken), remove(cardToken)])
    await remove(cardToken)
    expect(await auditOf((await rowOf(cardToken))['id'])).toEqual([
      { action: 'card.deleted', actor: 'serve', reason: 'deleteToken', ok: true },
    ])
  })

  test('does not change what the vaulting was answered', async () => {
    const request = aVaultingRequest({ card: HOLDER })
    const first = await coffer.vaultPaymentMethod(request)
    const inquired = await coffer.inquireVaulting(request.vaultingRequestId)
    await remove(first.json.paymentMethodDetail.card.cardToken)
    expect((await coffer.vaultPaymentMethod(request)).text).toBe(first.text)
    expect((await coffer.inquireVaulting(request.vaultingRequestId)).text).toBe(inquired.text)
  })

  test('of one card leaves others of the same number alone', async () => {
    const [one, other] = [await stored(), await stored()]
    await remove(one.cardToken)
    expect((await inquire(other.cardToken)).json.result).toEqual(success)
    expect((await opened(other.cardToken)).expiry).toEqual({ year: '33', month: '03' })
  })

  test('leaves nothing that the restore drill would stumble over', async () => {
    const findings = await inspectVault(coffer.system, 500)
    const drill = findings.find(({ check }) => check === 'stored cards')
    expect(drill?.verdict).toBe('ok')
    const [left] = await select(coffer.system, 'select count(*)::int as n from sealed_card where deleted_at is null')
    expect(drill?.text).toBe(`${left!['n']} of ${left!['n']} sampled cards open`)
  })
})
