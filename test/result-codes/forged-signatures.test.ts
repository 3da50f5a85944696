/** Nobody can make the gateway sign a message of their own choice: its signature would be good for that message too. */
import { createPublicKey } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentToSign, parseSignatureHeader, verifyContent } from '../../packages/antom/src/index.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

function post(path: string, headers: Record<string, string>) {
  return new Promise<{ headers: Record<string, string>; body: Buffer }>((resolve, reject) => {
    const { hostname, port } = new URL(coffer.apiUrl)
    const request = httpRequest({ hostname, port, method: 'POST', path, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ headers: response.headers as Record<string, string>, body: Buffer.concat(chunks) }),
      )
    })
    request.on('error', reject)
    request.end('{}')
  })
}

test('a client id that holds a time and a body goes neither back nor under the signature', async () => {
  const { clientId } = coffer.merchant
  const forgedTime = '2026-11-23T10:00:00Z'
  const forgedBody = '{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"vaultingRequestId":"v"}//'
  const uri = '/notify/vaulting'
  const answer = await post(uri, { 'client-id': `${clientId}.${forgedTime}.${forgedBody}`, 'request-time': '1' })
  expect(answer.headers['client-id']).toBeUndefined()

  const key = createPublicKey({
    key: Buffer.from(coffer.system.gatewayKey.publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })
  const parsed = parseSignatureHeader(answer.headers['signature'] ?? '')
  if (!parsed.ok) throw new Error('the answer is not signed')
  const holdsFor = (of: { clientId: string; time: string; body: Buffer }) =>
    verifyContent(key, contentToSign({ method: 'POST', uri, ...of }), parsed.header.signature)
  const responseTime = answer.headers['response-time']!
  const tail = Buffer.from(`.${responseTime}.${answer.body.toString('utf8')}`)
  expect(holdsFor({ clientId, time: forgedTime, body: Buffer.concat([Buffer.from(forgedBody), tail]) })).toBe(false)
  expect(holdsFor({ clientId: '', time: responseTime, body: answer.body }), 'the answer itself is signed').toBe(true)
})

test('the gateway hands out the public half of the key that it signs with, whatever its column says', async () => {
  const { openGatewayKey } = await import('../../apps/vault/src/gateway/gateway-keys.js')
  const { cards, clock, db, gatewayKey } = coffer.system
  await db.query({ name: '', text: `update gateway_key set public_key = '\\x3082'` })
  expect((await openGatewayKey(db, cards, clock)).publicKey).toBe(gatewayKey.publicKey)
})
