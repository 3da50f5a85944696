/** Whatever goes wrong, nothing that is thrown, printed or explained holds what a card holds. */
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  answer,
  clientId,
  type FakeGateway,
  hangUp,
  keys,
  options,
  quickWorld,
  result,
  silence,
  startGateway,
  thrown,
  vaulted,
} from '../test/fake-gateway.js'
import {
  explainSignature,
  type FetchLike,
  type PayRequest,
  signForTests,
  VaultClient,
  type VaultPaymentMethodRequest,
} from './index.js'
import { maskCardData } from './mask-card-data.js'

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

/** A card that could stand anywhere in a text and be recognised. Its cvv is no number, so that no port matches it. */
const card = fc.record({
  cardNo: fc.stringMatching(/^[1-9][0-9]{11,18}$/),
  cvv: fc.stringMatching(/^§[a-z]{8}$/),
  expiryYear: fc.constant('33'),
  expiryMonth: fc.constant('03'),
})
type Card = { cardNo: string; cvv: string; expiryYear: string; expiryMonth: string }

const requestWith = (one: Card): VaultPaymentMethodRequest => ({
  vaultingRequestId: 'vr-1',
  redirectUrl: 'https://shop.example/done',
  paymentMethodDetail: { paymentMethodType: 'CARD', card: one },
  env: { terminalType: 'WEB' },
  metadata: `by mistake: ${one.cardNo}`,
})

const paymentWith = (request: VaultPaymentMethodRequest, paymentRequestId: string): PayRequest => {
  const paymentAmount = { currency: 'USD', value: '100' }
  return {
    productCode: 'CASHIER_PAYMENT',
    paymentRequestId,
    order: { referenceOrderId: 'o', orderDescription: 'Book', orderAmount: paymentAmount },
    paymentAmount,
    paymentMethod: { paymentMethodType: 'CARD', paymentMethodMetaData: request.paymentMethodDetail.card as never },
    paymentRedirectUrl: 'https://shop.example/done',
  }
}

/** All that an error holds, also what is hidden, and what a logger would make of it. */
const everythingOf = (error: unknown) =>
  [
    inspect(error, { depth: 30, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    JSON.stringify(error),
    String(error),
    (error as Error).stack,
  ].join('\n')

const echo =
  (wrong: Parameters<typeof answer>[1], wrap: (body: string) => object | string = body => body): Answer =>
  (request, response) =>
    answer(wrap(gateway.received.at(-1)!.body), wrong)(request, response)

const unsigned = { signature: undefined, 'response-time': undefined }
const mishaps: Record<string, Answer> = {
  'a connection that breaks': hangUp,
  'no answer': silence,
  'a status with an echo': echo({ status: 500 }),
  'an unsigned echo': echo({ headers: unsigned }),
  'a half-signed echo': echo({ headers: { signature: undefined } }),
  'an echo signed by a stranger': echo({ signedBy: 'stranger' }),
  'an echo that is altered': echo({ alter: body => `${body} ` }),
  'a signed echo, which has no result': echo({}),
  'a signed echo in text': echo({}, body => `you sent ${body}`),
  'a signed echo of another vaulting': echo({}, body => ({ ...vaulted, vaultingRequestId: body })),
  'a signed success with an echo for a card': echo({}, body => ({ ...vaulted, paymentMethodDetail: { card: body } })),
  'an unsigned code made of the echo': echo({ headers: unsigned }, body => result(body, 'F', body)),
  'an echo in the header': (request, response) =>
    answer(vaulted, { headers: { signature: gateway.received.at(-1)!.body.replace(/[^\x20-\x7e]/g, '') } })(
      request,
      response,
    ),
}

const fetches: Record<string, FetchLike> = {
  'a fetch that throws the request': async (url, init) => {
    throw new Error(`cannot send ${Buffer.from(init.body).toString()} to ${url}`)
  },
  'a fetch that hangs the request on its error': async (_url, init) => {
    throw Object.assign(new TypeError('fetch failed'), { request: Buffer.from(init.body).toString(), data: init.body })
  },
  'a fetch whose cause holds the request': async (_url, init) => {
    throw new Error('failed', { cause: new Error(Buffer.from(init.body).toString()) })
  },
  'a fetch that throws the bare request': async (_url, init) => {
    throw Buffer.from(init.body).toString()
  },
  'a fetch whose error has the request for its name': async (_url, init) => {
    const text = Buffer.from(init.body).toString()
    throw Object.assign(new Error('failed'), { name: text, code: text })
  },
}

describe('no error holds card data after', () => {
  const check = (call: (request: VaultPaymentMethodRequest) => Promise<unknown>, numRuns = 8) =>
    fc.assert(
      fc.asyncProperty(card, async one => {
        const text = everythingOf(await thrown(call(requestWith(one))))
        expect(text).not.toContain(one.cardNo)
        expect(text).not.toContain(one.cvv)
      }),
      { numRuns },
    )

  test.each(Object.entries(mishaps))('%s', async (what, mishap) => {
    gateway.answers(mishap)
    const change = { gatewayUrl: gateway.url, maxRetries: 0, timeoutMs: what === 'no answer' ? 20 : 15_000 }
    const client = new VaultClient(options({ ...change, world: quickWorld() }))
    await check(request => client.vaultPaymentMethod(request))
  })

  test.each(Object.entries(fetches))('%s', async (_what, fetch) => {
    const client = new VaultClient(options({ fetch, maxRetries: 0, world: quickWorld() }))
    await check(request => client.vaultPaymentMethod(request), 30)
  })

  test.each(['a connection that breaks', 'a signed echo, which has no result', 'an unsigned code made of the echo'])(
    'a payment with the card in it, and %s',
    async what => {
      gateway.answers(mishaps[what]!)
      const client = new VaultClient(options({ gatewayUrl: gateway.url, maxRetries: 0, world: quickWorld() }))
      await check(request => client.pay(paymentWith(request, 'p-1')))
    },
  )

  test('a payment whose id is the card number', async () => {
    const client = new VaultClient(options())
    await check(request => client.pay(paymentWith(request, request.paymentMethodDetail.card.cardNo)), 30)
  })

  test('a request that cannot be printed', async () => {
    const client = new VaultClient(options())
    await check(request => {
      const { cardNo } = request.paymentMethodDetail.card
      const toJSON = () => {
        throw new Error(cardNo)
      }
      return client.vaultPaymentMethod({ ...request, toJSON } as VaultPaymentMethodRequest)
    }, 30)
  })

  test('an id that is the card number', async () => {
    const client = new VaultClient(options())
    await check(request => {
      const { cardNo } = request.paymentMethodDetail.card
      return client.vaultPaymentMethod({ ...request, vaultingRequestId: cardNo })
    }, 30)
  })

  test('an abort that tells the card as its reason', async () => {
    const client = new VaultClient(options())
    await check(request => {
      const signal = AbortSignal.abort(new Error(JSON.stringify(request)))
      return client.vaultPaymentMethod(request, { signal })
    }, 30)
  })

  test('a notification that holds a card and is forged', async () => {
    const client = new VaultClient(options())
    const privateKey = keys.stranger.privateKeyPkcs8Base64
    await check(async request => {
      const url = `/notify?card=${request.paymentMethodDetail.card.cardNo}`
      return client.verifyNotification(
        await signForTests({ kind: 'notification', privateKey, clientId, url, body: request }),
      )
    }, 30)
  })
})

describe('an explanation holds no card data', () => {
  const shown = (body: string, url = '/a') => explainSignature({ url, clientId, time: '1767225600123', body })

  test('of a request, however its JSON is printed', () => {
    fc.assert(
      fc.property(card, fc.constantFrom(undefined, 1, 4, '\t'), (one, indent) => {
        const explained = shown(JSON.stringify(requestWith(one), null, indent))
        expect(explained.text).not.toContain(one.cardNo)
        expect(explained.text).not.toContain(one.cvv)
        expect(explained).toMatchObject({ masked: true })
        expect(explained).not.toHaveProperty('sha256')
        expect(explained.text).toContain('SANDBOX_5YEX0000000000TEST.1767225600123.')
      }),
    )
  })

  test('of a request that is cut off anywhere', () => {
    const one = { cardNo: '4054695723100768', cvv: '737', expiryYear: '33', expiryMonth: '03' }
    const text = JSON.stringify({ ...requestWith(one), metadata: 'none' })
    for (let end = 0; end <= text.length; end++) {
      const masked = maskCardData(text.slice(0, end))
      expect(masked).not.toMatch(/40546957/)
      expect(masked).not.toMatch(/"cvv":"?7/)
    }
  })

  test.each([
    ['spelled by escapes', '{"x":"\\u0034054695723100768"}', '{"x":"***"}'],
    ['under a name spelled by escapes', '{"card\\u004eo":"12"}', '{"card\\u004eo":"***"}'],
    ['as a number', '{"cvv":737,"cardNo":4054695723100768}', '{"cvv":***,"cardNo":***}'],
    ['in groups', '{"x":"4054 6957 2310 0768"}', '{"x":"***"}'],
    ['with dashes', 'card=4054-6957-2310-0768&a=1', 'card=***&a=1'],
    ['in a list', '["4054695723100768"]', '["***"]'],
    ['in a list by escapes', '["\\u0034054695723100768"]', '["***"]'],
    ['as a name', '{"4054695723100768":1}', '{"***":1}'],
    ['as a password of two digits', '{"cardPasswordDigest":"12"}', '{"cardPasswordDigest":"***"}'],
    ['in the wrong case', '{"CVV":"737"}', '{"CVV":"***"}'],
  ])('%s', (_what, body, expected) => {
    expect(maskCardData(body)).toBe(expected)
  })

  test('in the URL', () => {
    expect(shown('{}', '/pay?card=4054695723100768').text).toContain('POST /pay?card=***\n')
  })

  test('in place of the time', () => {
    const { text } = explainSignature({ url: '/', clientId, time: '4054695723100768', body: '' })
    expect(text).toBe(`POST /\n${clientId}.***.`)
  })

  test('and leaves everything else as it is', () => {
    const body = '{"result":{"resultCode":"SUCCESS"},"bin":"40546957","lastFour":"0768","quote":"\\"\\u00e9"}'
    expect(maskCardData(body)).toBe(body)
    expect(shown(body)).toMatchObject({ masked: false, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  test('in time that grows with the text and no faster', () => {
    const nasty = ['"'.repeat(200_000), `${'"\\'.repeat(100_000)}`, '1 '.repeat(100_000), '"a":'.repeat(100_000)]
    // With work that grows faster than the text, the test would not end in its time.
    for (const text of nasty) expect(maskCardData(text).length).toBeGreaterThan(0)
  })
})

test('an explanation reads client and time from headers', () => {
  const headers = { 'Client-Id': clientId, 'Response-Time': '2026-01-01T00:00:01Z' }
  const explained = explainSignature({ url: 'https://a.example/b?c', headers, body: new Uint8Array([0x7b, 0x7d]) })
  expect(explained.text).toBe(`POST /b?c\n${clientId}.2026-01-01T00:00:01Z.{}`)
})

test('the id of a sandbox client is shown as it is, though half of it looks like a card', () => {
  const sandboxId = 'SANDBOX_5X00000000000001'
  const { text, masked } = explainSignature({ url: '/', clientId: sandboxId, time: '1767225600123', body: '{}' })
  expect({ text, masked }).toEqual({ text: `POST /\n${sandboxId}.1767225600123.{}`, masked: false })
})
