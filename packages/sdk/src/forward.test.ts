/** Forwarding with the SDK, against a gateway that signs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  answer,
  type FakeGateway,
  hangUp,
  options,
  quickWorld,
  result,
  startGateway,
  thrown,
} from '../test/fake-gateway.js'
import {
  ConnectionFailed,
  type ForwardRequest,
  InvalidRequest,
  ResponseNotTrusted,
  UnexpectedAnswer,
  VaultClient,
} from './index.js'

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const client = () => new VaultClient(options({ gatewayUrl: gateway.url, world: quickWorld() }))
const request: ForwardRequest = {
  forwardRequestId: 'fw-1',
  token: 'cof_1',
  destination: { url: 'https://api.processor.example/v1/payments', headers: { 'content-type': 'application/json' } },
  body: '{"card":{"number":"{{card.number}}"}}',
}
const forwarded = { ...result('SUCCESS', 'S'), forwardRequestId: 'fw-1', response: { status: 201, body: '{}' } }

test('goes to its one path, and gives what the destination answered', async () => {
  gateway.answers(answer(forwarded))
  const outcome = await client().forward(request)
  expect(outcome).toMatchObject({
    status: 'S',
    code: 'SUCCESS',
    forwardRequestId: 'fw-1',
    response: { status: 201, body: '{}' },
  })
  expect(gateway.received.at(-1)!.path).toBe('/coffer/v1/forward')
  expect(JSON.parse(gateway.received.at(-1)!.body)).toEqual(request)
})

test('tells that an answer was withheld', async () => {
  gateway.answers(answer({ ...forwarded, response: { status: 200, withheld: 'CARD_NUMBER' } }))
  const outcome = await client().forward(request)
  expect(outcome.status === 'S' && outcome.response).toEqual({ status: 200, withheld: 'CARD_NUMBER' })
})

test('tells what is known of the first call when it is a repeat', async () => {
  const first = { state: 'SENT' }
  gateway.answers(answer({ ...result('ALREADY_FORWARDED', 'F'), forwardRequestId: 'fw-1', forwarded: first }))
  expect(await client().forward(request)).toMatchObject({ status: 'F', code: 'ALREADY_FORWARDED', forwarded: first })
})

describe('is not repeated by itself', () => {
  test('when the result is unknown', async () => {
    gateway.answers(answer({ ...result('UNKNOWN_EXCEPTION', 'U'), forwardRequestId: 'fw-1' }))
    expect(await client().forward(request)).toMatchObject({ status: 'U', forwardRequestId: 'fw-1' })
    expect(gateway.received).toHaveLength(1)
  })

  test('when the connection is lost', async () => {
    gateway.answers(hangUp)
    expect(await thrown(client().forward(request))).toBeInstanceOf(ConnectionFailed)
    expect(gateway.received).toHaveLength(1)
  })
})

test.each([
  ['another id', { ...forwarded, forwardRequestId: 'fw-2' }, ResponseNotTrusted],
  ['no id', { ...forwarded, forwardRequestId: undefined }, ResponseNotTrusted],
  ['no response', { ...forwarded, response: undefined }, UnexpectedAnswer],
  ['a response without a status', { ...forwarded, response: { body: '{}' } }, UnexpectedAnswer],
])('a success with %s is none', async (_what, body, error) => {
  gateway.answers(answer(body))
  expect(await thrown(client().forward(request))).toBeInstanceOf(error)
})

test('a request without its id is not sent', async () => {
  gateway.answers(answer(forwarded))
  expect(await thrown(client().forward({ ...request, forwardRequestId: '' }))).toBeInstanceOf(InvalidRequest)
  expect(gateway.received).toHaveLength(0)
})
