/** Strict mode through the door: what cards of a country must come with, for merchants that want to be held to it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testCardNumber } from '../../../../packages/test-cards/src/index.js'
import { rowCounts } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { importRanges } from '../cards/import-ranges.js'
import { readRangeFile } from '../cards/read-range-file.js'
import { addMerchant, setMerchantStrict } from '../merchants/manage-merchants.js'
import { officeOf } from '../sandbox/sandbox-file.js'

/** No test card is issued in Chile, Peru or nowhere: an operator's table says so of these ranges. */
const TABLE = `low,lengths,networks,country
40000001,16,VISA,CL
40000002,16,VISA,PE
40000005,16,VISA,
`

/** A card of each kind of rule, and every field that the rule names; of fields in one row any will do. */
const countries: readonly { country: string; prefix: string; wants: readonly (readonly string[])[] }[] = [
  { country: 'KR', prefix: '94100002', wants: [['cardPasswordDigest'], ['dateOfBirth', 'businessNo']] },
  { country: 'BR', prefix: '65050500', wants: [['cvv'], ['cpf'], ['payerEmail'], ['cardholderName']] },
  { country: 'CL', prefix: '40000001', wants: [['cvv'], ['payerEmail'], ['cardholderName']] },
  { country: 'MX', prefix: '50620100', wants: [['cvv'], ['payerEmail'], ['cardholderName']] },
  { country: 'PE', prefix: '40000002', wants: [['cvv'], ['payerEmail'], ['cardholderName']] },
  { country: 'US', prefix: '40000000', wants: [['cvv']] },
  { country: 'no known country', prefix: '40000005', wants: [['cvv']] },
]

const given: Readonly<Record<string, unknown>> = {
  cvv: '123',
  cardPasswordDigest: '12',
  dateOfBirth: '1990-02-28',
  businessNo: '1234567890',
  cpf: '12345678909',
  payerEmail: 'ana@shop.example',
  cardholderName: { firstName: 'Ana', lastName: 'Lopez' },
}

let coffer: TestSystem
let strict: MerchantKeys
beforeAll(async () => {
  coffer = await startSystem()
  const folder = await mkdtemp(join(tmpdir(), 'coffer-strict-'))
  try {
    const path = join(folder, 'ranges.csv')
    await writeFile(path, TABLE)
    const file = await readRangeFile(path)
    if (!file.ok) throw new Error(`the test's own table is faulty: ${JSON.stringify(file)}`)
    await importRanges({ db: coffer.system.db, clock: coffer.system.clock, by: 'the test' }, file)
    await coffer.system.ranges.refresh()
  } finally {
    await rm(folder, { recursive: true })
  }
  strict = await aMerchant('SANDBOX_STRICT', true)
})
afterAll(() => coffer?.stop())

async function aMerchant(id: string, isStrict: boolean): Promise<MerchantKeys> {
  const keys = merchantKeys(id)
  const office = officeOf(coffer.system)
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  await addMerchant(office, { id, name: id, publicKey })
  await setMerchantStrict(office, id, isStrict)
  return keys
}

/** A request with these fields of the card, number and expiry, and nothing else. */
function requestWith(prefix: string, fields: readonly string[], more: object = {}) {
  const request = aVaultingRequest()
  const card = { cardNo: testCardNumber({ prefix }), expiryYear: '33', expiryMonth: '03', ...more }
  const chosen = Object.fromEntries(fields.map(field => [field, given[field]]))
  Object.assign(request.paymentMethodDetail, { card: { ...card, ...chosen } })
  return request
}

describe.each(countries)('a card issued in $country', ({ prefix, wants }) => {
  const firsts = wants.map(([field]) => field!)

  test('is vaulted for a strict merchant when it comes with all that is wanted', async () => {
    const answer = await coffer.vaultPaymentMethod(requestWith(prefix, firsts), { as: strict })
    expect(answer.json.result.resultCode).toBe('SUCCESS')
  })

  test.each(wants)('is refused without %s, by its path, and nothing is claimed', async (...fields) => {
    const request = requestWith(
      prefix,
      firsts.filter(field => !fields.includes(field)),
    )
    const before = await rowCounts(coffer.system)
    const { json } = await coffer.vaultPaymentMethod(request, { as: strict })
    expect(json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
    expect(json.result.resultMessage).toContain(`paymentMethodDetail.card.${fields[0]} `)
    expect(json.result.resultMessage).toContain('strict mode')
    expect(await rowCounts(coffer.system)).toEqual(before)
    // Each of the fields that will do makes up for the others, under the same id.
    for (const field of fields) {
      const corrected = requestWith(prefix, [...firsts.filter(other => !fields.includes(other)), field])
      if (field === fields[0]) corrected.vaultingRequestId = request.vaultingRequestId
      const answer = await coffer.vaultPaymentMethod(corrected, { as: strict })
      expect(answer.json.result.resultCode, field).toBe('SUCCESS')
    }
  })

  test('is vaulted for any other merchant without any of it, and with a year of four digits', async () => {
    const answer = await coffer.vaultPaymentMethod(requestWith(prefix, [], { expiryYear: '2033' }))
    expect(answer.json.result.resultCode).toBe('SUCCESS')
  })

  test('is refused with a year of four digits, before anything else is missed', async () => {
    for (const fields of [firsts, []]) {
      const request = requestWith(prefix, fields, { expiryYear: '2033' })
      const { json } = await coffer.vaultPaymentMethod(request, { as: strict })
      expect(json.result.resultCode).toBe('PARAM_ILLEGAL')
      expect(json.result.resultMessage).toContain('paymentMethodDetail.card.expiryYear')
    }
  })
})

describe('strict mode and co-badged cards', () => {
  test('a missing field is told before a brand that is not on the card', async () => {
    const wrong = { selectedCardBrand: 'JCB' }
    const missing = await coffer.vaultPaymentMethod(requestWith('40000025', [], wrong), { as: strict })
    expect(missing.json.result.resultCode).toBe('PARAM_ILLEGAL')
    const complete = await coffer.vaultPaymentMethod(requestWith('40000025', ['cvv'], wrong), { as: strict })
    expect(complete.json.result.resultCode).toBe('SELECTED_CARD_BRAND_NOT_AVAILABLE')
  })
})

describe('when strict mode is switched on', () => {
  test('ids that were used keep their answers, also while a buyer has to choose; new ones are held to it', async () => {
    const as = await aMerchant('SANDBOX_SWITCHED', false)
    const [stored, declined, waiting] = [
      requestWith('40000000', []),
      requestWith('40000000', [], { cardNo: '4000000000100059' }),
      requestWith('40000025', []),
    ]
    const before = await Promise.all([stored, declined, waiting].map(one => coffer.vaultPaymentMethod(one, { as })))
    expect(before.map(({ json }) => json.result.resultCode)).toEqual([
      'SUCCESS',
      'DO_NOT_HONOR',
      'VERIFICATION_IN_PROCESS',
    ])

    await setMerchantStrict(officeOf(coffer.system), as.clientId, true)
    const codeOfNew = async () =>
      (await coffer.vaultPaymentMethod(requestWith('40000000', []), { as })).json.result.resultCode
    await expect.poll(codeOfNew, { interval: 100 }).toBe('PARAM_ILLEGAL')
    const after = await Promise.all([stored, declined, waiting].map(one => coffer.vaultPaymentMethod(one, { as })))
    expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text))

    // Other content under a used id is refused for what is wrong with it.
    const other = { ...requestWith('40000001', []), vaultingRequestId: stored.vaultingRequestId }
    expect((await coffer.vaultPaymentMethod(other, { as })).json.result.resultCode).toBe('PARAM_ILLEGAL')
    expect((await coffer.vaultPaymentMethod(stored, { as })).text).toBe(before[0]!.text)
  })
})
