import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  answer,
  aRequest,
  type FakeGateway,
  options,
  quickWorld,
  result,
  startGateway,
  thrown,
  vaulted,
  type Wrong,
} from '../test/fake-gateway.js'
import { ResponseNotTrusted, UnexpectedAnswer, VaultClient, type VaultClientOptions } from './index.js'

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const vault = (change: Partial<VaultClientOptions> = {}) =>
  new VaultClient(options({ gatewayUrl: gateway.url, world: quickWorld(), ...change })).vaultPaymentMethod(aRequest())

async function refusal(...answers: Answer[]): Promise<ResponseNotTrusted> {
  gateway.answers(...answers)
  const error = await thrown(vault())
  expect(error).toBeInstanceOf(ResponseNotTrusted)
  expect(error).toMatchObject({ requestId: 'vr-1', outcomeUnknown: true, code: 'RESPONSE_NOT_TRUSTED' })
  // An answer that is not trusted is not asked for again: whoever sends it would have his way sooner or later.
  expect(gateway.received).toHaveLength(1)
  return error as ResponseNotTrusted
}

describe('an answer is refused', () => {
  test.each<[string, Wrong, string, RegExp]>([
    ['unsigned', { headers: { signature: undefined, 'response-time': undefined } }, 'unsigned', /not the gateway/],
    ['without signature', { headers: { signature: undefined } }, 'half-signed', /no signature header/],
    ['without response-time', { headers: { 'response-time': undefined } }, 'half-signed', /no response-time header/],
    ['with an empty signature', { headers: { signature: '' } }, 'half-signed', /no signature header/],
    [
      'with a signature of another algorithm',
      { headers: { signature: 'algorithm=HS256,signature=AAAA' } },
      'malformed-signature',
      /algorithm/,
    ],
    [
      'with a signature of no base64',
      { headers: { signature: 'algorithm=RSA256,keyVersion=1,signature=%%%' } },
      'malformed-signature',
      /base64/,
    ],
    ['with a time that is none', { headers: { 'response-time': 'now' } }, 'unreadable-time', /not a time/],
    [
      'with another time than was signed',
      { headers: { 'response-time': '2026-01-01T00:00:02Z' } },
      'mismatch',
      /another environment/,
    ],
    [
      'for another client',
      { headers: { 'client-id': 'SANDBOX_other' }, signedClientId: 'SANDBOX_other' },
      'other-client',
      /another client id/,
    ],
    ['signed for another client', { signedClientId: 'SANDBOX_other' }, 'mismatch', /does not match/],
    ['signed with an unknown key', { signedBy: 'stranger' }, 'mismatch', /SHA256:/],
    ["signed with the merchant's key", { signedBy: 'merchant_k1' }, 'mismatch', /your own private key/],
    ['signed for another path', { path: '/ams/sandbox/api/v1/vaults/inquireVaulting' }, 'mismatch', /changed the path/],
    ['signed for the live path', { path: '/ams/api/v1/vaults/vaultPaymentMethod' }, 'mismatch', /other environment/],
    ['with a body that was altered', { alter: body => body.replace('tok_1', 'tok_2') }, 'mismatch', /changed the body/],
    [
      'with a body printed anew',
      { alter: body => JSON.stringify(JSON.parse(body), null, 4) },
      'mismatch',
      /printed the JSON body anew/,
    ],
    ['with a line feed behind the body', { alter: body => `${body}\n` }, 'mismatch', /printed the JSON body anew/],
  ])('%s', async (_what, wrong, fault, words) => {
    const error = await refusal(answer(vaulted, wrong))
    expect(error.fault).toBe(fault)
    expect(error.message).toMatch(words)
    expect(error.claimedCode).toBe(undefined)
  })

  test('that is about another vaulting, or about none', async () => {
    expect(await refusal(answer({ ...vaulted, vaultingRequestId: 'vr-2' }))).toMatchObject({ fault: 'other-request' })
    const { vaultingRequestId: _id, ...anonymous } = vaulted
    expect(await refusal(answer(anonymous))).toMatchObject({ fault: 'other-request' })
  })

  test('unsigned with the code that it claims and what to do if that is true, as the real gateway answers a bad signature', async () => {
    // https://github.com/alipay/global-open-sdk-go/issues/18
    const headers = { signature: undefined, 'response-time': undefined }
    const error = await refusal(answer(result('SIGNATURE_INVALID', 'F'), { headers }))
    expect(error).toMatchObject({ fault: 'unsigned', claimedCode: 'SIGNATURE_INVALID' })
    expect(error.message).toContain('claims SIGNATURE_INVALID, which is not proven')
    expect(error.message).toContain('register client.merchantPublicKey')
  })

  test('unsigned without a word of it when the code is none of the gateway', async () => {
    const headers = { signature: undefined }
    const error = await refusal(answer(result('4054695723100768', 'F', '4054695723100768'), { headers }))
    expect(error.claimedCode).toBeUndefined()
    expect(error.message).not.toContain('4054')
  })
})

describe('an answer is believed', () => {
  test('without the client id, which the signature covers anyway', async () => {
    gateway.answers(answer(vaulted, { headers: { 'client-id': undefined } }))
    expect(await vault()).toMatchObject({ status: 'S' })
  })

  test('with header names in capitals, which other clients stumble over', async () => {
    gateway.answers((request, response) => {
      const setHeader = response.setHeader.bind(response)
      response.setHeader = (name, value) =>
        setHeader(
          name.replace(/\b[a-z]/g, letter => letter.toUpperCase()),
          value,
        )
      return answer(vaulted)(request, response)
    })
    expect(await vault()).toMatchObject({ status: 'S' })
  })

  test('when a proxy compressed it, since the plain bytes are the signed ones', async () => {
    gateway.answers(async (request, response) => {
      response.end = ((text: string) => {
        response.setHeader('content-encoding', 'gzip')
        return Object.getPrototypeOf(response).end.call(response, gzipSync(text))
      }) as never
      await answer(vaulted)(request, response)
    })
    expect(await vault()).toMatchObject({ status: 'S' })
  })
})

describe('a status other than 200', () => {
  test.each([
    [201, /something in between/],
    [204, /something in between/],
    [301, /Redirects are not followed/],
    [302, /Redirects are not followed/],
    [307, /Redirects are not followed/],
    [401, /never asks for a login/],
    [403, /never asks for a login/],
    [404, /right behind scheme, host and port/],
    [500, /something in between/],
  ])('%i is an error, is not followed and not repeated', async (status, words) => {
    const location = `${gateway.url}/elsewhere`
    gateway.answers(answer(status === 204 ? '' : vaulted, { status, headers: { location } }), answer(vaulted))
    const error = await thrown(vault())
    expect(error).toBeInstanceOf(UnexpectedAnswer)
    expect(error).toMatchObject({ httpStatus: status, requestId: 'vr-1', outcomeUnknown: true })
    expect((error as Error).message).toMatch(words)
    expect(gateway.received).toHaveLength(1)
  })
})

describe('the size of an answer', () => {
  const padded = (size: number) => {
    const text = JSON.stringify({ ...vaulted, padding: '' })
    return text.replace('"padding":""', `"padding":"${'x'.repeat(size - text.length)}"`)
  }

  test('may be one mebibyte', async () => {
    gateway.answers(answer(padded(1024 * 1024)))
    expect(await vault()).toMatchObject({ status: 'S' })
  })

  test('may not be a byte more, signed or not', async () => {
    gateway.answers(answer(padded(1024 * 1024 + 1)))
    const error = await thrown(vault())
    expect(error).toBeInstanceOf(UnexpectedAnswer)
    expect((error as Error).message).toContain('larger than 1048576 bytes')
  })

  test('is stopped while it arrives, not after', async () => {
    let sent = 0
    gateway.answers((request, response) => {
      request.socket.on('close', () => response.destroy())
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
      }
      response.on('drain', more)
      more()
    })
    expect(await thrown(vault())).toBeInstanceOf(UnexpectedAnswer)
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })
})
