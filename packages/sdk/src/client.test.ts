import { contentToSign, parseSignatureHeader, readPublicKey, verifyContent } from '@coffer/antom'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  answer,
  aRequest,
  cardNo,
  type FakeGateway,
  keys,
  options,
  quickWorld,
  result,
  startGateway,
  storedCard,
  thrown,
  vaulted,
} from '../test/fake-gateway.js'
import { InvalidRequest, UnexpectedAnswer, VaultClient, type VaultClientOptions } from './index.js'

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const client = (change: Partial<VaultClientOptions> = {}) =>
  new VaultClient(options({ gatewayUrl: gateway.url, world: quickWorld(), ...change }))

describe('a request', () => {
  test('is signed as the gateway wants it', async () => {
    gateway.answers(answer(vaulted))
    await client().vaultPaymentMethod(aRequest())
    const { path, headers, body } = gateway.received[0]!
    const parsed = parseSignatureHeader(headers['signature']!)
    const content = contentToSign({
      method: 'POST',
      uri: path,
      clientId: headers['client-id']!,
      time: headers['request-time']!,
      body: Buffer.from(body),
    })
    const key = readPublicKey(keys.merchant_k1.publicKeySpkiBase64)
    expect(parsed.ok && verifyContent(key, content, parsed.header.signature)).toBe(true)
    expect(JSON.parse(body)).toEqual(aRequest())
  })

  test('carries the time of the clock in milliseconds, the key version, and its type', async () => {
    gateway.answers(answer(vaulted))
    await client({ keyVersion: 7, world: { now: () => 1767225600123 } }).vaultPaymentMethod(aRequest())
    const { headers } = gateway.received[0]!
    expect(headers).toMatchObject({
      'request-time': '1767225600123',
      'content-type': 'application/json; charset=UTF-8',
      'accept-encoding': 'identity',
    })
    expect(headers['signature']).toMatch(/^algorithm=RSA256,keyVersion=7,signature=[A-Za-z0-9%]+$/)
  })

  test.each([
    ['SANDBOX_5YEX0000000000TEST', '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'],
    ['5YEX0000000000TEST', '/ams/api/v1/vaults/vaultPaymentMethod'],
    ['5YEX_SANDBOX_', '/ams/api/v1/vaults/vaultPaymentMethod'],
  ])('of %s goes to %s', async (clientId, path) => {
    gateway.answers(answer(vaulted))
    expect(await client({ clientId }).vaultPaymentMethod(aRequest())).toMatchObject({ status: 'S' })
    expect(gateway.received[0]!.path).toBe(path)
  })

  test('with letters of any script is signed over its UTF-8 bytes', async () => {
    gateway.answers(answer(vaulted))
    const request = aRequest({ metadata: '卡 é 🙂 \u2028' })
    expect(await client().vaultPaymentMethod(request)).toMatchObject({ status: 'S' })
    expect(JSON.parse(gateway.received[0]!.body)).toEqual(request)
  })

  test('leaves out what is undefined', async () => {
    gateway.answers(answer(vaulted))
    await client().vaultPaymentMethod(aRequest({ metadata: undefined }))
    expect(gateway.received[0]!.body).not.toContain('metadata')
  })

  const cyclic: Record<string, unknown> = { vaultingRequestId: 'a' }
  cyclic['self'] = cyclic
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'vaultingRequestId is required'],
    ['no id', { ...aRequest(), vaultingRequestId: undefined }, 'vaultingRequestId is required'],
    ['an empty id', aRequest({ vaultingRequestId: '' }), 'vaultingRequestId is required'],
    ['an id that is too long', aRequest({ vaultingRequestId: 'x'.repeat(65) }), 'must be at most 64 characters'],
    ['an id with a line feed', aRequest({ vaultingRequestId: 'x\n' }), 'must not hold control characters'],
    ['the card number as id', aRequest({ vaultingRequestId: `order-${cardNo}` }), 'must not hold the card number'],
    ['an object that JSON cannot print', cyclic, 'must be an object that JSON can print'],
  ])('with %s is not sent', async (_what, request, rule) => {
    gateway.answers(answer(vaulted))
    const error = await thrown(client().vaultPaymentMethod(request as never))
    expect(error).toBeInstanceOf(InvalidRequest)
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', outcomeUnknown: false })
    expect((error as Error).message).toContain(rule)
    expect((error as Error).message).not.toContain(cardNo)
    expect(gateway.received).toEqual([])
  })
})

describe('vaultPaymentMethod gives', () => {
  test('S with the card', async () => {
    gateway.answers(answer({ ...vaulted, somethingNew: 1 }))
    expect(await client().vaultPaymentMethod(aRequest())).toEqual({
      status: 'S',
      code: 'SUCCESS',
      message: 'success.',
      vaultingRequestId: 'vr-1',
      card: storedCard,
      raw: { ...vaulted, somethingNew: 1 },
    })
  })

  test('F with the code, and throws nothing', async () => {
    gateway.answers(answer({ ...result('DO_NOT_HONOR', 'F', 'Declined.'), vaultingRequestId: 'vr-1' }))
    const outcome = await client().vaultPaymentMethod(aRequest())
    expect(outcome).toMatchObject({
      status: 'F',
      code: 'DO_NOT_HONOR',
      message: 'Declined.',
      vaultingRequestId: 'vr-1',
    })
    expect(outcome).not.toHaveProperty('hint')
  })

  test('U with the page for the buyer', async () => {
    const normalUrl = 'https://gateway.example/3ds'
    gateway.answers(answer({ ...result('VERIFICATION_IN_PROCESS', 'U'), vaultingRequestId: 'vr-1', normalUrl }))
    const outcome = await client().vaultPaymentMethod(aRequest())
    expect(outcome).toMatchObject({ status: 'U', code: 'VERIFICATION_IN_PROCESS', normalUrl })
  })

  test.each(['SIGNATURE_INVALID', 'UNKNOWN_CLIENT', 'KEY_NOT_FOUND', 'ACCESS_DENIED', 'INVALID_API'])(
    '%s with a hint what to do',
    async code => {
      gateway.answers(answer(result(code, 'F')))
      const outcome = await client().vaultPaymentMethod(aRequest())
      expect(outcome).toMatchObject({ status: 'F', code, hint: expect.stringMatching(/.{40}/) })
    },
  )

  test('with SIGNATURE_INVALID the name of the key that should be registered', async () => {
    gateway.answers(answer(result('SIGNATURE_INVALID', 'F')))
    const outcome = await client().vaultPaymentMethod(aRequest())
    expect(outcome.status === 'F' && outcome.hint).toContain(client().fingerprints.merchant)
    expect(client().merchantPublicKey).toBe(keys.merchant_k1.publicKeySpkiBase64)
  })

  test.each<[string, object | string]>([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['no result', { vaultingRequestId: 'vr-1' }],
    ['a result of numbers', { result: { resultCode: 1, resultStatus: 'S', resultMessage: '' } }],
    ['another status', { result: { ...result('SUCCESS', 'S').result, resultStatus: 'X' } }],
    ['S without a card', { ...vaulted, paymentMethodDetail: { paymentMethodType: 'CARD' } }],
    ['a card without token', { ...vaulted, paymentMethodDetail: { card: { ...storedCard, cardToken: undefined } } }],
    ['a card with an empty token', { ...vaulted, paymentMethodDetail: { card: { ...storedCard, cardToken: '' } } }],
  ])('an error for %s, although it is signed', async (_what, body) => {
    gateway.answers(answer(body))
    const error = await thrown(client().vaultPaymentMethod(aRequest()))
    expect(error).toBeInstanceOf(UnexpectedAnswer)
    expect(error).toMatchObject({ requestId: 'vr-1', outcomeUnknown: true, code: 'UNEXPECTED_ANSWER' })
    expect(gateway.received).toHaveLength(1)
  })
})

describe('inquireVaulting tells the inquiry from the vaulting', () => {
  const inquired = (more: object) => ({ ...result('SUCCESS', 'S'), vaultingRequestId: 'vr-1', ...more })
  const inquire = () => client().inquireVaulting({ vaultingRequestId: 'vr-1' })

  test('a vaulting that succeeded', async () => {
    const { paymentMethodDetail } = vaulted
    const body = { vaultingStatus: 'SUCCESS', vaultingResultCode: 'SUCCESS', paymentMethodDetail, metadata: 'm' }
    gateway.answers(answer(inquired(body)))
    const outcome = { vaultingStatus: 'SUCCESS', vaultingResultCode: 'SUCCESS', card: storedCard, metadata: 'm' }
    expect(await inquire()).toMatchObject({ status: 'S', ...outcome })
    expect(gateway.received[0]!.path).toBe('/ams/sandbox/api/v1/vaults/inquireVaulting')
  })

  test('a vaulting that failed is a successful inquiry', async () => {
    const body = { vaultingStatus: 'FAIL', vaultingResultCode: 'DO_NOT_HONOR', vaultingResultMessage: 'Declined.' }
    gateway.answers(answer(inquired(body)))
    expect(await inquire()).toMatchObject({ status: 'S', code: 'SUCCESS', ...body })
  })

  test('a vaulting in process', async () => {
    const body = { vaultingStatus: 'PROCESSING', vaultingResultCode: 'VERIFICATION_IN_PROCESS', normalUrl: 'https://a' }
    gateway.answers(answer(inquired(body)))
    expect(await inquire()).toMatchObject({ status: 'S', ...body })
  })

  test('a vaulting that nobody knows is a failed inquiry', async () => {
    gateway.answers(answer({ ...result('VAULTING_NOT_EXIST', 'F'), vaultingRequestId: 'vr-1' }))
    expect(await inquire()).toMatchObject({ status: 'F', code: 'VAULTING_NOT_EXIST' })
  })

  test.each([
    ['without a status', {}],
    ['with a status of its own', { vaultingStatus: 'LOST' }],
    ['of a failure without a code', { vaultingStatus: 'FAIL' }],
    ['of a success without a card', { vaultingStatus: 'SUCCESS' }],
  ])('an answer %s is an error', async (_what, body) => {
    gateway.answers(answer(inquired(body)))
    expect(await thrown(inquire())).toBeInstanceOf(UnexpectedAnswer)
  })
})

describe('the operations that a Coffer of this version does not offer', () => {
  const session = { paymentMethodType: 'CARD', vaultingRequestId: 'vr-1' } as const
  const { cardNo: number, expiryYear, expiryMonth } = aRequest().paymentMethodDetail.card
  const cases = [
    [
      'createVaultingSession',
      (on: VaultClient) => on.createVaultingSession(session),
      { vaultingSessionData: 'd', vaultingSessionId: 'i', vaultingSessionExpiryTime: 't', normalUrl: 'u' },
    ],
    [
      'fetchNonce',
      (on: VaultClient) => on.fetchNonce({ card: { cardNo: number, expiryYear, expiryMonth } }),
      { cardToken: 'nonce' },
    ],
    [
      'inquireToken',
      (on: VaultClient) => on.inquireToken({ token: 't' }),
      { token: 't', accountHolderName: { firstName: 'A', lastName: 'B' }, email: 'e', issuingCountry: 'BR' },
    ],
    ['updateToken', (on: VaultClient) => on.updateToken({ token: 't', email: 'e' }), { token: 't2' }],
    ['deleteToken', (on: VaultClient) => on.deleteToken({ token: 't' }), {}],
  ] as const

  test.each(cases)('%s works with a gateway that does', async (name, call, fields) => {
    const body = { ...result('SUCCESS', 'S'), ...fields }
    gateway.answers(answer(body))
    expect(await call(client())).toEqual({ status: 'S', code: 'SUCCESS', message: 'words', ...fields, raw: body })
    expect(gateway.received[0]!.path).toBe(`/ams/sandbox/api/v1/vaults/${name}`)
  })

  test.each(cases)('%s gives INVALID_API with a hint', async (_name, call) => {
    gateway.answers(answer(result('INVALID_API', 'F')))
    const hint = expect.stringContaining('does not offer')
    expect(await call(client())).toMatchObject({ status: 'F', code: 'INVALID_API', hint })
  })

  test('a session without its data is an error', async () => {
    gateway.answers(answer(result('SUCCESS', 'S')))
    expect(await thrown(client().createVaultingSession(session))).toBeInstanceOf(UnexpectedAnswer)
  })
})
