import { describe, expect, test } from 'vitest'
import { clientId, keys, options, result, storedCard, thrown, type Vector, vectors } from '../test/fake-gateway.js'
import {
  acknowledge,
  type HeadersLike,
  NotificationNotTrusted,
  type ReceivedNotification,
  signForTests,
  UnexpectedNotification,
  VaultClient,
  type VaultClientOptions,
  type VaultingNotification,
} from './index.js'

const client = (change: Partial<VaultClientOptions> = {}) => new VaultClient(options(change))

const success = {
  ...result('SUCCESS', 'S', 'success.'),
  vaultingRequestId: 'vr-1',
  vaultingStatus: 'SUCCESS' as const,
  vaultingCreateTime: '2026-01-01T00:00:00Z',
  paymentMethodDetail: { paymentMethodType: 'CARD' as const, card: storedCard },
  metadata: 'order 7',
  customizedInfo: { customizedField1: 'x' },
}
const failure = {
  ...result('DO_NOT_HONOR', 'F', 'Declined.'),
  vaultingRequestId: 'vr-1',
  vaultingStatus: 'FAIL',
  paymentMethodDetail: { paymentMethodType: 'CARD' },
}

const notification = (
  body: object | string = success,
  url = '/notify?shop=42',
  time: number | string = 1767225605000,
) => signForTests({ kind: 'notification', privateKey: keys.gateway.privateKeyPkcs8Base64, clientId, url, body, time })

const receivedOf = ({ received, signatureHeader }: Vector): ReceivedNotification => ({
  method: 'POST',
  url: received.uri,
  headers: { 'client-id': received.clientId, 'request-time': received.time, signature: signatureHeader },
  body: received.body,
})

async function refusal(received: ReceivedNotification, change: Partial<VaultClientOptions> = {}) {
  const error = await thrown(() => client(change).verifyNotification(received))
  expect(error).toBeInstanceOf(NotificationNotTrusted)
  expect(error).toMatchObject({ code: 'NOTIFICATION_NOT_TRUSTED' })
  return error as NotificationNotTrusted
}

describe('the vectors', () => {
  const notifications = vectors.filter(({ kind }) => kind === 'notification')
  const [valid, invalid] = [true, false].map(one => notifications.filter(({ expected }) => expected.valid === one))

  test.each(valid!)('$id is accepted: $title', vector => {
    expect(client().verifyNotification(receivedOf(vector))).toMatchObject({
      status: 'S',
      vaultingRequestId: 'vr-0001',
      card: { maskedCardNo: '************0768' },
    })
  })

  test.each(invalid!)('$id is refused: $title', async vector => {
    expect(await refusal(receivedOf(vector))).toMatchObject({ fault: 'mismatch' })
  })
})

describe('a notification says', () => {
  test('that the card is in the vault', async () => {
    const { metadata, customizedInfo, vaultingCreateTime } = success
    expect(client().verifyNotification(await notification())).toEqual({
      kind: 'vaulting',
      status: 'S',
      code: 'SUCCESS',
      message: 'success.',
      vaultingRequestId: 'vr-1',
      card: storedCard,
      signedAt: 1767225605000,
      vaultingCreateTime,
      metadata,
      customizedInfo,
      raw: success,
    } satisfies VaultingNotification)
  })

  test('that it is not, and why', async () => {
    const told = client().verifyNotification(await notification(failure))
    expect(told).toMatchObject({ status: 'F', code: 'DO_NOT_HONOR', message: 'Declined.' })
    expect(told).not.toHaveProperty('card')
  })

  test('its message also under the name of a published sample', async () => {
    const body = { ...failure, result: { resultCode: 'X', resultStatus: 'F', resultMsg: 'Other.' } }
    expect(client().verifyNotification(await notification(body)).message).toBe('Other.')
  })

  test.each<[string, object | string]>([
    ['no JSON', 'hello'],
    ['no result', { vaultingRequestId: 'a' }],
    ['nothing that is known', { ...result('SUCCESS', 'S'), notifyType: 'DISPUTE_CREATED', disputeId: 'd' }],
    ['U, which is never final', { ...success, ...result('VERIFICATION_IN_PROCESS', 'U') }],
    ['S without a card', { ...success, paymentMethodDetail: { paymentMethodType: 'CARD' } }],
  ])('%s is genuine, but not understood', async (_what, body) => {
    const received = await notification(body)
    expect(await thrown(() => client().verifyNotification(received))).toBeInstanceOf(UnexpectedNotification)
  })
})

describe('headers are read', () => {
  test.each<[string, (headers: Record<string, string>) => HeadersLike]>([
    ["Node's object", headers => headers],
    ['names in capitals', headers => Object.fromEntries(Object.entries(headers).map(([n, v]) => [n.toUpperCase(), v]))],
    ['values as lists', headers => Object.fromEntries(Object.entries(headers).map(([n, v]) => [n, [v]]))],
    ['Headers of the fetch API', headers => new Headers(headers)],
    ['a Map', headers => new Map(Object.entries(headers))],
    ['pairs', headers => Object.entries(headers)],
    ['with others that are not there', headers => ({ ...headers, cookie: undefined })],
  ])('from %s', async (_what, form) => {
    const received = await notification()
    expect(client().verifyNotification({ ...received, headers: form(received.headers) }).status).toBe('S')
  })

  test('and a signature that came twice is refused', async () => {
    const received = await notification()
    const doubled = [...Object.entries(received.headers), ['Signature', received.headers['signature']!]] as const
    const error = await refusal({ ...received, headers: doubled as Iterable<[string, string]> })
    expect(error.fault).toBe('malformed-signature')
  })
})

describe('the body', () => {
  test('may be bytes or text', async () => {
    const received = await notification()
    const text = Buffer.from(received.body).toString()
    for (const body of [text, new Uint8Array(received.body), Buffer.from(text)]) {
      expect(client().verifyNotification({ ...received, body }).status).toBe('S')
    }
  })

  test('that was parsed is refused, with the remedy for Express and Fastify', async () => {
    const received = await notification()
    const error = await refusal({ ...received, body: success as never })
    expect(error.fault).toBe('body-parsed')
    expect(error.message).toContain("express.raw({ type: 'application/json' })")
    expect(error.message).toContain("parseAs: 'buffer'")
  })
})

describe('a notification that cannot be verified names the likely cause', () => {
  // https://github.com/alipay/alipay-sdk-nodejs-all/issues/109 and dozens like it: "invalid signature", and no why.
  type Received = Awaited<ReturnType<typeof notification>>
  const text = ({ body }: Received) => Buffer.from(body).toString()
  const found = 'tried out: the signature matches then'
  const header = (received: Received, change: Record<string, string | undefined>) => ({
    ...received,
    headers: { ...received.headers, ...change },
  })

  test.each<[string, (received: Received) => ReceivedNotification, string, string]>([
    ['printed anew with blanks', r => ({ ...r, body: JSON.stringify(success, null, 2) }), 'mismatch', found],
    ['with a line feed at its end', r => ({ ...r, body: `${text(r)}\n` }), 'mismatch', found],
    ['the query string dropped', r => ({ ...r, url: '/notify' }), 'mismatch', 'the query string was dropped'],
    [
      'a slash added',
      r => ({ ...r, url: '/notify/?shop=42' }),
      'mismatch',
      `a slash was added at the end of the path (${found}`,
    ],
    [
      'the method changed',
      r => ({ ...r, method: 'PUT' }),
      'mismatch',
      `it was sent as POST: pass the method as received (${found}`,
    ],
    ['tampered', r => ({ ...r, body: text(r).replace('tok_1', 'tok_2') }), 'mismatch', 'forged, or was changed'],
    ['a later time', r => header(r, { 'request-time': '2026-01-01T00:00:06Z' }), 'mismatch', 'forged'],
    ['no signature', r => header(r, { signature: undefined }), 'unsigned', 'a proxy removed them'],
    ['no headers', r => ({ ...r, headers: {} }), 'unsigned', 'were not passed'],
    ['no time', r => header(r, { 'request-time': undefined }), 'unreadable-time', 'missing or no time'],
    ['a time that is none', r => header(r, { 'request-time': 'now' }), 'unreadable-time', 'missing or no time'],
    ['another client', r => header(r, { 'client-id': 'SANDBOX_other' }), 'other-client', 'two clients share'],
    ['no client', r => header(r, { 'client-id': undefined }), 'other-client', 'or for none'],
    [
      'a signature decoded before',
      r => header(r, { signature: decodeURIComponent(r.headers['signature']!).replaceAll('+', ' ') }),
      'malformed-signature',
      'base64',
    ],
    ['an empty body', r => ({ ...r, body: '' }), 'mismatch', 'parsed before verification'],
  ])('%s', async (_what, change, fault, words) => {
    // Signatures without a plus would survive being decoded twice.
    let received = await notification()
    for (let n = 0; !received.headers['signature']!.includes('%2B'); n++)
      received = await notification({ ...success, n })
    if (_what === 'printed anew with blanks') received = await notification()
    const error = await refusal(change(received))
    expect(error.fault).toBe(fault)
    expect(error.message).toContain(words)
  })

  test('a URL that was decoded', async () => {
    const received = await notification(success, '/notify/caf%C3%A9?u=%E5%8D%A1')
    const error = await refusal({ ...received, url: decodeURIComponent(received.url) })
    expect(error.message).toContain(`the URL was decoded: pass it as received (${found}`)
  })

  test('a slash removed', async () => {
    const received = await notification(success, '/notify/?a=b')
    const error = await refusal({ ...received, url: '/notify?a=b' })
    expect(error.message).toContain(`the slash at the end of the path was removed (${found}`)
  })

  test('a key of another environment, by its name', async () => {
    const change = { gatewayPublicKey: keys.stranger.publicKeySpkiBase64 }
    const error = await refusal(await notification(), change)
    expect(error.message).toContain(`gatewayPublicKey (${client(change).fingerprints.gateway})`)
  })

  test("one's own key as that of the gateway", async () => {
    const privateKey = keys.merchant_k1.privateKeyPkcs8Base64
    const received = await signForTests({ kind: 'notification', privateKey, clientId, url: '/notify', body: success })
    expect((await refusal(received)).message).toContain(
      `signed with your own private key, not by the gateway (${found}`,
    )
  })
})

describe('the address', () => {
  test('may be whole, as the fetch API gives it', async () => {
    const received = await notification()
    const whole = { ...received, url: `https://shop.example:8443${received.url}` }
    expect(client().verifyNotification(whole).status).toBe('S')
  })

  test('without a path is signed as a slash', async () => {
    const received = await notification(success, 'https://shop.example')
    expect(received.url).toBe('/')
    expect(client().verifyNotification({ ...received, url: 'https://shop.example' }).status).toBe('S')
  })
})

describe('the age of a delivery', () => {
  const at = (ms: number) => client({ world: { now: () => 1767225605000 + ms } })

  test('does not matter unless it is asked for', async () => {
    expect(at(10 * 365 * 86_400_000).verifyNotification(await notification()).status).toBe('S')
  })

  test('is refused beyond maxAgeMs, and only beyond', async () => {
    const received = await notification()
    expect(at(60_000).verifyNotification(received, { maxAgeMs: 60_000 }).status).toBe('S')
    const error = await thrown(() => at(60_001).verifyNotification(received, { maxAgeMs: 60_000 }))
    expect(error).toMatchObject({ fault: 'too-old' })
  })
})

test('the acknowledgement is what the gateway waits for', () => {
  expect(acknowledge()).toEqual({
    status: 200,
    contentType: 'application/json; charset=UTF-8',
    body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}',
  })
})
