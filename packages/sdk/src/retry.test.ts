import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  answer,
  aRequest,
  type FakeGateway,
  hangUp,
  options,
  quickWorld,
  result,
  silence,
  startGateway,
  thrown,
  vaulted,
} from '../test/fake-gateway.js'
import { backOffMs } from './back-off.js'
import {
  CallAborted,
  ConfigurationError,
  ConnectionFailed,
  type FetchLike,
  TimeoutExceeded,
  UnexpectedAnswer,
  VaultClient,
  type VaultClientOptions,
} from './index.js'

let gateway: FakeGateway
const slept: number[] = []
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())
beforeEach(() => {
  slept.length = 0
})

const client = (change: Partial<VaultClientOptions> = {}) =>
  new VaultClient(options({ gatewayUrl: gateway.url, world: quickWorld(slept), ...change }))

const unknown = answer(result('UNKNOWN_EXCEPTION', 'U'))
const tooMany = answer(result('REQUEST_TRAFFIC_EXCEED_LIMIT', 'U'))
const cutOff: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{"result"', () => response.destroy())
}

describe('a call with an id is repeated', () => {
  test.each<[string, Answer]>([
    ['a connection that breaks', hangUp],
    ['an answer that breaks off', cutOff],
    ['UNKNOWN_EXCEPTION', unknown],
    ['REQUEST_TRAFFIC_EXCEED_LIMIT', tooMany],
    ['a proxy that reached nobody', answer('', { status: 502 })],
    ['a proxy that has nobody', answer('', { status: 503 })],
    ['a proxy that lost patience', answer('', { status: 504 })],
  ])('after %s', async (_what, first) => {
    gateway.answers(first, answer(vaulted))
    expect(await client().vaultPaymentMethod(aRequest())).toMatchObject({ status: 'S' })
    expect(gateway.received).toHaveLength(2)
  })

  test('after a time-out', async () => {
    gateway.answers(silence, answer(vaulted))
    expect(await client({ timeoutMs: 200 }).vaultPaymentMethod(aRequest())).toMatchObject({ status: 'S' })
    expect(gateway.received).toHaveLength(2)
  })

  test('with the same bytes, a fresh time and a fresh signature', async () => {
    gateway.answers(hangUp, unknown, answer(vaulted))
    let now = 1767225600000
    await client({ world: { ...quickWorld(slept), now: () => now++ } }).vaultPaymentMethod(aRequest())
    const { received } = gateway
    expect(received.map(({ headers }) => headers['request-time'])).toEqual([
      '1767225600000',
      '1767225600001',
      '1767225600002',
    ])
    expect(new Set(received.map(({ headers }) => headers['signature'])).size).toBe(3)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
  })

  test('with the bytes of the first attempt, even when the caller changes the request meanwhile', async () => {
    gateway.answers(hangUp, answer(vaulted))
    const request = aRequest()
    const call = client().vaultPaymentMethod(request)
    request.vaultingRequestId = 'vr-2'
    expect(await call).toMatchObject({ status: 'S', vaultingRequestId: 'vr-1' })
    expect(gateway.received[1]!.body).toBe(gateway.received[0]!.body)
  })

  test('twice and no more, after waits that double', async () => {
    gateway.answers(hangUp)
    const error = await thrown(client().vaultPaymentMethod(aRequest()))
    expect(error).toBeInstanceOf(ConnectionFailed)
    expect(error).toMatchObject({ attempts: 3, requestId: 'vr-1', outcomeUnknown: true, code: 'CONNECTION_FAILED' })
    expect(gateway.received).toHaveLength(3)
    expect(slept).toEqual([375, 750])
  })

  test('until the gateway has said U often enough, which is then the result', async () => {
    gateway.answers(unknown)
    expect(await client().vaultPaymentMethod(aRequest())).toMatchObject({ status: 'U', code: 'UNKNOWN_EXCEPTION' })
    expect(gateway.received).toHaveLength(3)
  })

  test('as often as the client or the call says', async () => {
    gateway.answers(unknown)
    await client({ maxRetries: 4 }).vaultPaymentMethod(aRequest())
    expect(gateway.received).toHaveLength(5)
    gateway.answers(unknown)
    await client({ maxRetries: 4 }).vaultPaymentMethod(aRequest(), { maxRetries: 1 })
    expect(gateway.received).toHaveLength(2)
    gateway.answers(hangUp)
    await thrown(client({ maxRetries: 0 }).vaultPaymentMethod(aRequest()))
    expect(gateway.received).toHaveLength(1)
  })

  test('and so are inquiries and sessions, and looking up a token', async () => {
    const inquiry = { ...result('SUCCESS', 'S'), vaultingRequestId: 'vr-1', vaultingStatus: 'PROCESSING' }
    gateway.answers(hangUp, answer(inquiry))
    expect(await client().inquireVaulting({ vaultingRequestId: 'vr-1' })).toMatchObject({ status: 'S' })
    gateway.answers(unknown, answer({ ...result('SUCCESS', 'S'), vaultingSessionData: 'd', vaultingSessionId: 'i' }))
    const session = { paymentMethodType: 'CARD', vaultingRequestId: 'vr-1' } as const
    expect(await client().createVaultingSession(session)).toMatchObject({ status: 'S' })
    gateway.answers(hangUp, answer({ ...result('SUCCESS', 'S'), token: 't' }))
    expect(await client().inquireToken({ token: 't' })).toMatchObject({ status: 'S' })
  })
})

describe('a call is not repeated', () => {
  test.each<[string, Answer]>([
    ['VERIFICATION_IN_PROCESS, which waits for the buyer', answer(result('VERIFICATION_IN_PROCESS', 'U'))],
    ['another U, of which nobody knows what it wants', answer(result('SOMETHING_NEW', 'U'))],
    ['an F', answer(result('PROCESS_FAIL', 'F'))],
    ['an F with the code of a U', answer(result('UNKNOWN_EXCEPTION', 'F'))],
  ])('after %s', async (_what, first) => {
    gateway.answers(first, answer(vaulted))
    expect((await client().vaultPaymentMethod(aRequest())).status).not.toBe('S')
    expect(gateway.received).toHaveLength(1)
    expect(slept).toEqual([])
  })

  const { cardNo, expiryYear, expiryMonth } = aRequest().paymentMethodDetail.card
  test.each<[string, (on: VaultClient) => Promise<unknown>]>([
    ['fetchNonce', on => on.fetchNonce({ card: { cardNo, expiryYear, expiryMonth } })],
    ['updateToken', on => on.updateToken({ token: 't', email: 'a@b.example' })],
    ['deleteToken', on => on.deleteToken({ token: 't' })],
  ])('when it is %s, which has no id', async (_name, call) => {
    gateway.answers(hangUp)
    expect(await thrown(call(client({ maxRetries: 5 })))).toMatchObject({ attempts: 1, requestId: undefined })
    expect(gateway.received).toHaveLength(1)
    gateway.answers(unknown)
    expect(await call(client())).toMatchObject({ status: 'U' })
    expect(gateway.received).toHaveLength(1)
  })
})

describe('a time-out', () => {
  test('is an error that names its length and says that the outcome is unknown', async () => {
    gateway.answers(silence)
    const error = await thrown(client({ maxRetries: 1 }).vaultPaymentMethod(aRequest(), { timeoutMs: 50 }))
    expect(error).toBeInstanceOf(TimeoutExceeded)
    expect(error).toMatchObject({ timeoutMs: 50, attempts: 2, requestId: 'vr-1', outcomeUnknown: true })
    expect((error as Error).message).toContain('unknown: inquire, or call again with the same id')
  })

  test('covers an answer that begins and does not end', async () => {
    gateway.answers((_request, response) => {
      response.write('{')
    })
    const error = await thrown(client({ maxRetries: 0, timeoutMs: 100 }).vaultPaymentMethod(aRequest()))
    expect(error).toBeInstanceOf(TimeoutExceeded)
  })

  test('ends also a fetch that does not listen to its signal', async () => {
    const deaf: FetchLike = () => new Promise(() => {})
    const error = await thrown(client({ fetch: deaf, maxRetries: 0, timeoutMs: 20 }).vaultPaymentMethod(aRequest()))
    expect(error).toBeInstanceOf(TimeoutExceeded)
  })

  test('leaves no timer behind when the answer comes', async () => {
    let running = 0
    const timer = () => {
      running++
      return () => {
        running--
      }
    }
    gateway.answers(hangUp, answer(vaulted))
    await client({ world: { ...quickWorld(), timer } }).vaultPaymentMethod(aRequest())
    expect(running).toBe(0)
  })

  test('of no length at all is a mistake of the caller', async () => {
    gateway.answers(answer(vaulted))
    const error = await thrown(client().vaultPaymentMethod(aRequest(), { timeoutMs: 0, maxRetries: -1 }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({
      problems: [expect.stringContaining('timeoutMs'), expect.stringContaining('maxRetries')],
    })
    expect(gateway.received).toEqual([])
  })
})

describe("the caller's own signal", () => {
  test('ends a call that waits for its answer', async () => {
    const controller = new AbortController()
    gateway.answers(() => controller.abort())
    const error = await thrown(client().vaultPaymentMethod(aRequest(), { signal: controller.signal }))
    expect(error).toBeInstanceOf(CallAborted)
    expect(error).toMatchObject({ requestId: 'vr-1', outcomeUnknown: true, cause: { name: 'AbortError' } })
    expect(gateway.received).toHaveLength(1)
  })

  test('ends the wait between two attempts, with the real clock', async () => {
    const controller = new AbortController()
    gateway.answers((request, response) => {
      hangUp(request, response)
      setTimeout(() => controller.abort(), 20)
    })
    const patient = new VaultClient(options({ gatewayUrl: gateway.url }))
    expect(await thrown(patient.vaultPaymentMethod(aRequest(), { signal: controller.signal }))).toBeInstanceOf(
      CallAborted,
    )
    expect(gateway.received).toHaveLength(1)
  })

  test('ends a call before it is sent', async () => {
    gateway.answers(answer(vaulted))
    const signal = AbortSignal.abort()
    expect(await thrown(client().vaultPaymentMethod(aRequest(), { signal }))).toBeInstanceOf(CallAborted)
    expect(gateway.received).toEqual([])
  })
})

describe('a connection that cannot be made', () => {
  test('names the reason and keeps it as cause', async () => {
    const unused = await startGateway()
    await unused.close()
    const error = await thrown(client({ gatewayUrl: unused.url, maxRetries: 0 }).vaultPaymentMethod(aRequest()))
    expect(error).toBeInstanceOf(ConnectionFailed)
    expect((error as Error).message).toContain('(ECONNREFUSED) at attempt 1. Nothing listens')
    expect(error).toMatchObject({ cause: { cause: { code: 'ECONNREFUSED' } } })
  })

  test('to a port that does not speak HTTP gives nothing of what came back', async () => {
    const { createServer } = await import('node:net')
    const echo = createServer(socket => socket.pipe(socket))
    await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
    const { port } = echo.address() as { port: number }
    const { inspect } = await import('node:util')
    const error = await thrown(
      client({ gatewayUrl: `http://127.0.0.1:${port}`, maxRetries: 0 }).vaultPaymentMethod(aRequest()),
    )
    echo.close()
    expect(error).toBeInstanceOf(ConnectionFailed)
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(cardNumber)
  })
  const cardNumber = aRequest().paymentMethodDetail.card.cardNo

  test('for its certificate says how to trust one', async () => {
    const fetch: FetchLike = () => {
      const code = 'DEPTH_ZERO_SELF_SIGNED_CERT'
      return Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('self-signed'), { code }) }))
    }
    const error = await thrown(client({ fetch, maxRetries: 0 }).vaultPaymentMethod(aRequest()))
    expect((error as Error).message).toContain('NODE_EXTRA_CA_CERTS')
  })
})

test('waits grow to eight seconds, of which a random half is left out', () => {
  expect([1, 2, 3, 4, 5, 6, 10].map(attempts => backOffMs(attempts, 0.999999))).toEqual([
    500, 1000, 2000, 4000, 8000, 8000, 8000,
  ])
  expect([1, 2, 3, 4, 5, 6, 10].map(attempts => backOffMs(attempts, 0))).toEqual([
    250, 500, 1000, 2000, 4000, 4000, 4000,
  ])
})

test('a failure of a proxy that stays is told with its status', async () => {
  gateway.answers(answer('', { status: 503 }))
  const error = await thrown(client().vaultPaymentMethod(aRequest()))
  expect(error).toBeInstanceOf(UnexpectedAnswer)
  expect(error).toMatchObject({ httpStatus: 503 })
  expect(gateway.received).toHaveLength(3)
})
