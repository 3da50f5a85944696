/** The order in which the gateway finds faults: each alone, and any two together. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addMerchant,
  addMerchantKey,
  revokeMerchantKey,
  setMerchantDisabled,
} from '../../apps/vault/src/merchants/manage-merchants.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { apiRoot, contentToSign, inactiveEndpoints, signContent } from '../../packages/antom/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { type Answer, callApi } from '../support/merchant-client.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { type CallInParts, type GatewayRow, gatewayRows, gatewayVariants, type Stage } from './gateway.table.js'
import { select } from './stored-rows.js'

const { privateKey: foreignKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const disabledPair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const disabledId = 'SANDBOX_DISABLED'

const systems: Partial<Record<CallInParts['vault'], TestSystem>> = {}
let stage: Stage

beforeAll(async () => {
  const config = { requestTimeWindowMs: 900_000 }
  systems.free = await startSystem({ config })
  systems.exhausted = await startSystem({ config: { ...config, callsPerSecondOfClient: 0.000001 } })
  for (const { system } of Object.values(systems)) {
    const office = officeOf(system)
    const spki = disabledPair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    await addMerchant(office, { id: disabledId, name: 'a merchant that left', publicKey: spki })
    await setMerchantDisabled(office, disabledId, true)
    await addMerchantKey(office, free().merchant.clientId, spki, 2)
    await revokeMerchantKey(office, free().merchant.clientId, 2)
  }
  const used = aVaultingRequest({ card: { cardNo: '5162774114974622' } })
  for (const system of Object.values(systems)) {
    const answer = await system.vaultPaymentMethod(used)
    expect(answer.json.result.resultCode).toBe('SUCCESS')
  }
  stage = {
    now: free().system.clock.now(),
    foreignKey,
    disabled: { clientId: disabledId, privateKey: disabledPair.privateKey },
    usedId: used.vaultingRequestId,
  }
})
afterAll(() => Promise.all(Object.values(systems).map(system => system.stop())))

const free = () => systems.free!

describe('a fault', () => {
  test.each([...gatewayRows, ...gatewayVariants])('$situation: $code', async row => {
    const { answer, sentClientId } = await play([row])
    expectTold(answer, row, sentClientId)
  })

  test('a call without one succeeds', async () => {
    const { answer } = await play([])
    expect(answer.json.result).toEqual({ resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' })
  })

  const pairs = gatewayRows.flatMap((earlier, i) => gatewayRows.slice(i + 1).map(later => [earlier, later] as const))

  test(`is told before any later one, in all ${pairs.length} pairs`, async () => {
    for (const [earlier, later] of pairs) {
      const { answer, sentClientId } = await play([earlier, later])
      expectTold(answer, earlier, sentClientId, `${earlier.situation} and ${later.situation}`)
    }
  })

  test('of all at once the first is told', async () => {
    const { answer, sentClientId } = await play(gatewayRows)
    expectTold(answer, gatewayRows[0]!, sentClientId)
  })
})

describe('an API', () => {
  test.each(inactiveEndpoints.flatMap(path => [`${apiRoot.sandbox}${path}`]))(
    '%s is known and not active, which is told to clients that signed',
    async uri => {
      const signed = await free().call('', {}, { uri })
      expect(signed).toMatchObject({ status: 200, verified: true })
      expect(signed.json.result).toMatchObject({ resultCode: 'INVALID_API', resultStatus: 'F' })
      const unsigned = await free().call('', {}, { uri, signWith: foreignKey })
      expect(unsigned.json.result.resultCode).toBe('SIGNATURE_INVALID')
    },
  )

  test('is called with POST and nothing else', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'TRACE']) {
      const answer = await free().vaultPaymentMethod({}, { method })
      expect(answer, method).toMatchObject({ status: 200, verified: true })
      expect(answer.json.result).toMatchObject({ resultCode: 'METHOD_NOT_SUPPORTED', resultStatus: 'F' })
    }
  })
})

describe('UNKNOWN_EXCEPTION', () => {
  test('is what a defect of ours becomes, with the id, so that the merchant can inquire', async () => {
    const request = aVaultingRequest()
    const { vaultingRequestId } = request
    await free().vaultPaymentMethod(request)
    const damage = `update sealed_card set token_sealed = '\\x00'
                    where id = (select id from vaulting where vaulting_request_id = $1)`
    await select(free().system, damage, [vaultingRequestId])
    for (const answer of [await free().vaultPaymentMethod(request), await free().inquireVaulting(vaultingRequestId)]) {
      expect(answer).toMatchObject({ status: 200, verified: true })
      expect(answer.json).toEqual({
        result: { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U', resultMessage: expect.any(String) },
        vaultingRequestId,
      })
    }
    expect(free().logLines.join('')).toContain('door.defect')
  })
})

/** Plays faults: the later first, so that where two touch the same part, the earlier has the last word. */
async function play(rows: readonly GatewayRow[]) {
  const { merchant, system } = free()
  stage = { ...stage, now: system.clock.now() }
  const call: CallInParts = {
    method: 'POST',
    root: apiRoot.sandbox,
    operation: 'vaults/vaultPaymentMethod',
    suffix: '',
    clientId: [merchant.clientId],
    time: [String(stage.now)],
    agentToken: undefined,
    algorithm: 'RSA256',
    keyVersion: '1',
    signWith: merchant.privateKey,
    request: { ...aVaultingRequest() },
    bodyEnd: '',
    vault: 'free',
  }
  for (const row of [...rows].reverse()) row.change(call, stage)
  const uri = call.operation ? `${call.root}/v1/${call.operation}${call.suffix}` : call.root || '/'
  const body = JSON.stringify(call.request) + call.bodyEnd
  const head = { method: call.method, uri, clientId: call.clientId[0] ?? '', time: call.time[0] ?? '' }
  const signature = await signContent(call.signWith, contentToSign({ ...head, body: Buffer.from(body) }))
  const version = call.keyVersion === undefined ? '' : `keyVersion=${call.keyVersion},`
  const { apiUrl, system: vault } = systems[call.vault]!
  const gatewayKey = createPublicKey({
    key: Buffer.from(vault.gatewayKey.publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })
  const answer = await callApi(apiUrl, merchant, gatewayKey, '', undefined, {
    method: call.method,
    uri,
    body,
    headers: {
      'client-id': twice(call.clientId),
      'Request-Time': twice(call.time),
      Signature: `algorithm=${call.algorithm},${version}signature=${encodeURIComponent(signature.toString('base64'))}`,
      'Agent-Token': call.agentToken,
    },
  })
  return { answer, sentClientId: call.clientId[0] }
}

const twice = (values: string[]) => (values.length > 1 ? values : values[0])

function expectTold(answer: Answer, row: GatewayRow, clientId: string | undefined, which = row.situation) {
  expect(answer, which).toMatchObject({ status: 200, verified: true })
  // An empty client id is as good as none.
  expect(answer.headers['client-id'], which).toBe(clientId || undefined)
  expect(answer.json.result.resultCode, which).toBe(row.code)
  const unknown = row.code === 'REQUEST_TRAFFIC_EXCEED_LIMIT'
  expect(answer.json.result.resultStatus, which).toBe(row.code === 'SUCCESS' ? 'S' : unknown ? 'U' : 'F')
  if (row.names) expect(answer.json.result.resultMessage, which).toContain(row.names)
}
