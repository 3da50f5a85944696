/** What a request may hold: every field of the schemas, wrong in every way that its rule knows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aRequestId, aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { fullRequest, inquiryFields, leanRequest, rightValues, vaultingFields } from './every-field.js'
import { rowCounts } from './stored-rows.js'
import { CANARY, CANARY_DIGITS, expectIllegalOf, isFreeText, wrongValues } from './wrong-values.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
  await coffer.vaultPaymentMethod(aVaultingRequest())
})
afterAll(() => coffer?.stop())

const endpoints = [
  { operation: 'vaults/vaultPaymentMethod', fields: vaultingFields },
  { operation: 'vaults/inquireVaulting', fields: inquiryFields },
]
const everyField = endpoints.flatMap(({ operation, fields }) =>
  fields.map(field => ({ operation, fields, field, path: field.path })),
)

describe('a field of the schema', () => {
  test('has a right value in the table, and the table no other', () => {
    const leaves = vaultingFields.filter(({ schema }) => schema.type !== 'object').map(({ path }) => path)
    expect(Object.keys(rightValues).sort()).toEqual(leaves.sort())
  })

  test.each(endpoints)('may be there with all others: $operation', async ({ operation, fields }) => {
    const answer = await coffer.call(operation, fullRequest(fields, { vaultingRequestId: aRequestId() }))
    expect(answer.json.result.resultCode).toBe(operation.endsWith('inquireVaulting') ? 'VAULTING_NOT_EXIST' : 'SUCCESS')
  })

  test.each(everyField)('$path of $operation is refused in every wrong way', async ({ operation, fields, field }) => {
    const wrongs = wrongValues(field, rightValues)
    expect(wrongs.length).toBeGreaterThan(field.schema.type === 'object' ? 3 : 2)
    for (const { value, rule } of wrongs) {
      await expectIllegal(operation, fullRequest(fields, { [field.path]: value }), field.path, rule)
    }
  })

  test.each(everyField.filter(({ field }) => field.required))(
    '$path of $operation is required, and null is as good as absent',
    async ({ operation, fields, path }) => {
      for (const value of [undefined, null]) {
        await expectIllegal(operation, fullRequest(fields, { [path]: value }), path, 'is required')
      }
    },
  )

  test.each(everyField.filter(({ field }) => !field.required))(
    '$path of $operation may be absent, and null is the same request',
    async ({ operation, fields, path }) => {
      const vaultingRequestId = aRequestId()
      const without = fullRequest(fields, { vaultingRequestId, [path]: undefined })
      const first = await coffer.call(operation, without)
      const withNull = await coffer.call(operation, fullRequest(fields, { vaultingRequestId, [path]: null }))
      expect(first.json.result.resultCode).toMatch(/^(SUCCESS|VAULTING_NOT_EXIST)$/)
      expect(withNull.text).toBe(first.text)
    },
  )

  test.each(everyField.filter(({ field }) => field.schema.maxLength && !field.schema.pattern && isFreeText(field)))(
    '$path of $operation counts characters as people do',
    async ({ operation, fields, field, path }) => {
      const { maxLength = 0 } = field.schema
      const change = path === 'vaultingRequestId' ? {} : { vaultingRequestId: aRequestId() }
      const fits = await coffer.call(operation, fullRequest(fields, { ...change, [path]: '💳'.repeat(maxLength) }))
      expect(fits.json.result.resultCode).not.toBe('PARAM_ILLEGAL')
      const tooLong = fullRequest(fields, { ...change, [path]: '💳'.repeat(maxLength + 1) })
      await expectIllegal(operation, tooLong, path, `must be at most ${maxLength} characters`)
    },
  )

  test('that nobody knows is ignored, wherever it stands', async () => {
    const vaultingRequestId = aRequestId()
    const first = await vault(fullRequest(vaultingFields, { vaultingRequestId }))
    const more = fullRequest(vaultingFields, { vaultingRequestId }) as never as Record<string, Record<string, object>>
    const extra = { unknown: [{ deep: [1.5e300, true, null] }], funding: 'CREDIT' }
    Object.assign(more, extra)
    Object.assign(more['env']!, extra, { storeTerminalId: 's', storeTerminalRequestTime: 't' })
    Object.assign(more['paymentMethodDetail']!, extra, {
      paymentMethodDetailType: 'COUPON',
      interactionType: 'x',
      extendInfo: '{}',
      wallet: {},
      externalAccount: {},
      discount: {},
      coupon: {},
    })
    Object.assign(more['paymentMethodDetail']!['card']!, extra, {
      cardIssuer: 'x',
      countryIssue: 'x',
      instUserName: { firstName: 1 },
      mask: 'x',
      last4: 'x',
      paymentMethodDetailMetadata: 'x',
    })
    expect((await vault(more)).text).toBe(first.text)
  })

  test('that holds a canary leaves no trace in the log', () => {
    expect(coffer.logLines.length).toBeGreaterThan(100)
    const log = coffer.logLines.join('')
    for (const canary of [CANARY, CANARY_DIGITS]) expect(log).not.toContain(canary)
  })
})

describe('a scalar', () => {
  test('may be quoted or native where it is a boolean or a whole number', async () => {
    for (const [name, quoted, native] of [
      ['paymentMethodDetail.card.is3DSAuthentication', 'false', false],
      ['paymentMethodDetail.card.is3DSAuthentication', 'true', true],
      ['env.browserInfo.javaEnabled', 'true', true],
      ['env.colorDepth', '24', 24],
      ['env.screenHeight', '1', 1],
      ['env.screenWidth', '999999999', 999_999_999],
      ['env.timeZoneOffset', '-720', -720],
      ['env.timeZoneOffset', '0', 0],
    ] as const) {
      const vaultingRequestId = aRequestId()
      const first = await vault(leanRequest(vaultingFields, { vaultingRequestId, [name]: quoted }))
      const again = await vault(leanRequest(vaultingFields, { vaultingRequestId, [name]: native }))
      expect(first.json.result.resultCode, name).toBe(
        quoted === 'true' && /3DS/.test(name) ? 'VERIFICATION_IN_PROCESS' : 'SUCCESS',
      )
      expect(again.text).toBe(first.text)
    }
  })
})

describe('what the SDKs and samples send', () => {
  test.each([
    ['an expiry year of four digits', { 'paymentMethodDetail.card.expiryYear': '2033' }],
    ['a tax id with its punctuation', { 'paymentMethodDetail.card.cpf': '012.345.678-90' }],
    ['a terminal type in lower case', { 'env.terminalType': 'app' }],
    ['an operating system in lower case', { 'env.osType': 'android' }],
    ['a redirect address without a scheme', { redirectUrl: 'www.test.com' }],
    ['a redirect address with port and path alone', { redirectUrl: 'localhost:8083/done' }],
    ['a redirect address of an app', { redirectUrl: 'shopapp://cards/done' }],
    ['an IPv6 address', { 'env.clientIp': '::ffff:203.0.113.7' }],
    ['AMEX as brand of a Visa, as .NET does', { 'paymentMethodDetail.card.brand': 'AMEX' }],
    ['AMEX as selected brand of a Visa', { 'paymentMethodDetail.card.selectedCardBrand': 'AMEX' }],
    ['an id of any characters', { vaultingRequestId: `${aRequestId()} ü/?&"\\💳` }],
    ['an id of 64 characters', { vaultingRequestId: aRequestId().padEnd(64, 'x') }],
  ])('%s is accepted', async (_what, change) => {
    const answer = await vault(leanRequest(vaultingFields, { vaultingRequestId: aRequestId(), ...change }))
    expect(answer.json.result.resultCode).toBe('SUCCESS')
    expect(answer.json.paymentMethodDetail.card).toMatchObject({ brand: 'VISA', expiryYear: '33' })
  })

  test.each([
    ['paymentMethodDetail', 'paymentMethodType', 'paymentMethod'],
    ['paymentMethodDetail.card', 'businessNo', 'businessRegistrationNo'],
  ])('in %s the field %s may be called %s', async (parent, name, alias) => {
    const vaultingRequestId = aRequestId()
    const path = `${parent}.${name}`
    const { value } = rightValues[path]!
    const first = await vault(fullRequest(vaultingFields, { vaultingRequestId }))
    for (const own of [undefined, null]) {
      const renamed = fullRequest(vaultingFields, { vaultingRequestId, [path]: own })
      const at = parent.split('.').reduce((tree, step) => tree[step] as typeof tree, renamed)
      at[alias] = value
      expect((await vault(renamed)).text).toBe(first.text)
      at[alias] = `${CANARY}${'x'.repeat(100)}`
      await expectIllegal('vaults/vaultPaymentMethod', renamed, path)
    }
  })

  test('a .NET body, with every unset property null and enums at their first member, is accepted', async () => {
    const unset = Object.fromEntries(
      vaultingFields.filter(({ required }) => !required).map(({ path }) => [path, null as unknown]),
    )
    const request = leanRequest(vaultingFields, {
      ...unset,
      vaultingRequestId: aRequestId(),
      'paymentMethodDetail.card.brand': 'AMEX',
      'paymentMethodDetail.card.selectedCardBrand': 'AMEX',
      'paymentMethodDetail.card.cvv': '123',
      'env.terminalType': 'WEB',
      'env.osType': 'IOS',
    }) as { paymentMethodDetail: { card: object } }
    Object.assign(request.paymentMethodDetail, { paymentMethodDetailType: 'CARD', wallet: null, coupon: null })
    Object.assign(request.paymentMethodDetail.card, { funding: 'CREDIT', instUserName: null })
    const body = JSON.stringify(request).replace(
      /[^ -~]|[+&<>]/g,
      c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    const answer = await coffer.vaultPaymentMethod(undefined, { body })
    expect(answer.json).toMatchObject({
      result: { resultCode: 'SUCCESS' },
      paymentMethodDetail: { card: { brand: 'VISA' } },
    })
  })
})

test('a currency that ISO 4217 does not have is refused', async () => {
  const request = leanRequest(vaultingFields, { vaultingCurrency: 'ABC' })
  await expectIllegal('vaults/vaultPaymentMethod', request, 'vaultingCurrency', 'is no currency of ISO 4217', 'ABC')
})

describe('an address', () => {
  test.each([
    ['vaultingNotificationUrl', 'https://user:secret@shop.example/n', 'must not hold a user name or password'],
    ['vaultingNotificationUrl', 'https://@shop.example/n', 'must not hold a user name or password'],
    ['vaultingNotificationUrl', 'javascript:alert(1)', 'is not an absolute URL'],
    ['vaultingNotificationUrl', 'file:///etc/passwd', ''],
    ['vaultingNotificationUrl', 'ftp://shop.example/n', ''],
    ['vaultingNotificationUrl', 'data:text/plain,x', ''],
    ['vaultingNotificationUrl', 'www.test.com/n', 'is not an absolute URL'],
    ['vaultingNotificationUrl', '//shop.example/n', 'is not an absolute URL'],
    ['vaultingNotificationUrl', 'https:///n', ''],
    ['vaultingNotificationUrl', '', ''],
    ['vaultingNotificationUrl', ' https://shop.example/n', ''],
    ['vaultingNotificationUrl', 'https://shop.example\\@evil.example/', ''],
    ...['10.0.0.1', '192.168.1.1', '172.16.0.1', '169.254.169.254', '0.0.0.0', '100.64.0.1', '224.0.0.1'].map(private_),
    ...['[fd00::1]', '[fe80::1]', '[::]', '[::ffff:10.0.0.1]', '0x0a.0.0.1', '167772161'].map(private_),
    ['redirectUrl', 'javascript:alert(1)', 'must be the address of a page'],
    ['redirectUrl', 'JavaScript:alert(1)', 'must be the address of a page'],
    ['redirectUrl', 'data:text/html,x', 'must be the address of a page'],
    ['redirectUrl', 'file:///etc/passwd', 'must be the address of a page'],
    ['redirectUrl', 'https://user:secret@shop.example/', 'must be the address of a page'],
    ['redirectUrl', 'https://shop.example/a b', 'must be the address of a page'],
    ['redirectUrl', 'javascript:\\u0061lert(document.domain)?x:80//', 'must be the address of a page'],
    ['redirectUrl', 'javascript:alert(1)//:80/', 'must be the address of a page'],
    ['redirectUrl', 'file:\\?a:1', 'must be the address of a page'],
    ['redirectUrl', 'https:\\\\shop.example', 'must be the address of a page'],
    ['redirectUrl', '', 'must not be empty'],
  ])('%s of %s is refused', async (path, value, rule) => {
    await expectIllegal('vaults/vaultPaymentMethod', leanRequest(vaultingFields, { [path]: value }), path, rule, value)
  })

  function private_(host: string): [string, string, string] {
    return ['vaultingNotificationUrl', `https://${host}/n`, '']
  }
})

describe('a card number', () => {
  const own = '4054695723100768'
  const card = (change: object) => ({ vaultingRequestId: aRequestId(), ...change })

  test.each([
    ['metadata', `{"card":"${own}"}`],
    ['metadata', '4054 6957 2310 0768'],
    ['metadata', '4054-6957-2310-0768'],
    ['metadata', `order ${own}9`],
    ['redirectUrl', `https://shop.example/?c=${own}`],
    ['vaultingNotificationUrl', `http://127.0.0.1:9/${own}`],
    ['merchantAccountId', own],
    ['customizedInfo.customizedField5', `x${own}`],
    ['paymentMethodDetail.card.payerEmail', `${own}@shop.example`],
    ['paymentMethodDetail.card.cardholderName.lastName', own],
    ['paymentMethodDetail.card.billingAddress.address2', own],
    ['paymentMethodDetail.card.networkTransactionId', own],
    ['env.userAgent', own],
    ['env.browserInfo.language', own],
  ])('that is repeated in %s is refused and not told again', async (path, value) => {
    const request = fullRequest(vaultingFields, card({ [path]: value, 'paymentMethodDetail.card.cardNo': own }))
    const answer = await expectIllegal('vaults/vaultPaymentMethod', request, path, 'must not hold the card number', own)
    expect(answer.json.vaultingRequestId).toBe(request['vaultingRequestId'])
  })

  test.each([
    ['as it is', own, own],
    ['with something around it', `v-${own}-1`, own],
    ['spaced', '4054 6957 2310 0768', own],
    ['beside a number that is spaced', own, '4054 6957 2310 0768'],
    ['beside a number with hyphens', own, '4054-6957-2310-0768'],
    ['beside a native number', own, Number(own)],
    ['beside a wrong check digit', '4054695723100769', '4054695723100769'],
  ])('that is the vaultingRequestId, %s, is refused and does not come back', async (_how, id, cardNo) => {
    const request = leanRequest(vaultingFields, {
      vaultingRequestId: id,
      'paymentMethodDetail.card.cardNo': cardNo,
    })
    const answer = await vault(request)
    expect(answer.json.result.resultCode).toBe('PARAM_ILLEGAL')
    expect(answer.text.replace(/[^0-9]/g, '')).not.toContain(String(id).replace(/[^0-9]/g, ''))
    expect(answer.json).not.toHaveProperty('vaultingRequestId')
  })

  test.each(['4054695723100769', '405469572310', '40546957231007680000', '4054 6957 2310 0768', '٤٠٥٤٦٩٥٧٢٣١٠٠٧٦٨'])(
    'written %s is refused',
    async cardNo => {
      const request = leanRequest(vaultingFields, { 'paymentMethodDetail.card.cardNo': cardNo })
      await expectIllegal('vaults/vaultPaymentMethod', request, 'paymentMethodDetail.card.cardNo', '', cardNo)
    },
  )

  test('that is no test card is refused in a sandbox, whatever its brand', async () => {
    for (const cardNo of ['4539578763621486', '5500000000000004', '6250941006528599', '9000000000000001']) {
      const request = leanRequest(vaultingFields, { 'paymentMethodDetail.card.cardNo': cardNo })
      const rule = 'must be one of the published test cards: this is a sandbox'
      await expectIllegal('vaults/vaultPaymentMethod', request, 'paymentMethodDetail.card.cardNo', rule, cardNo)
    }
  })
})

describe('a refused request', () => {
  test('leaves nothing behind', async () => {
    const before = await rowCounts(coffer.system)
    for (const { operation, fields, field } of everyField.slice(0, 20)) {
      await coffer.call(operation, fullRequest(fields, { [field.path]: [CANARY] }))
    }
    expect(await rowCounts(coffer.system)).toEqual(before)
  })
})

const vault = (request: object) => coffer.vaultPaymentMethod(request)

const expectIllegal = (operation: string, request: object, path: string, rule = '', value = '') =>
  expectIllegalOf(coffer, operation, request, path, rule, value)
