/**
 * Two shops under every rule of the sandbox: one receives as the documentation says, the other as people first write
 * it. The first copes with all of them; that the second does not shows that the rules try something.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acknowledge, VaultClient } from '../../packages/sdk/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { callApi } from '../support/merchant-client.js'
import { runCoffer, type SandboxKeys, Stack, startCoffer } from '../support/processes.js'
import { sandboxClock, timelineOf } from '../support/sandbox-clock.js'

const offset = 23_500
const secondOffset = 23_550

let stack: Stack
const shops: (ReturnType<typeof correctShop> & { merchant: SandboxKeys; url: string })[] = []
const servers: ReturnType<typeof createServer>[] = []

/** A notification as it came. */
interface Arrived {
  method: string
  url: string
  headers: NodeJS.Dict<string | string[]>
  body: Buffer
}

/** Verifies, does its work once per id, and does not mind which way it hears of an outcome, when and in which order. */
function correctShop(client: VaultClient) {
  const orders = new Map<string, { timesDone: number; token: string | undefined }>()
  const settle = (id: string, token: string) => {
    const order = orders.get(id)
    if (!order || order.token !== undefined) return
    order.timesDone += 1
    order.token = token
  }
  return {
    client,
    begin: (id: string) => void orders.set(id, { timesDone: 0, token: undefined }),
    answered: settle,
    receive(arrived: Arrived): { status: number; body: string } {
      try {
        const told = client.verifyNotification(arrived)
        if (told.kind === 'vaulting' && told.status === 'S') settle(told.vaultingRequestId, told.card.cardToken)
        return acknowledge()
      } catch {
        return { status: 401, body: '' }
      }
    },
    afterAWhile: () => {},
    complaints: (ids: string[], token: string) => [
      ...ids.filter(id => orders.get(id)?.timesDone !== 1).map(() => 'not done once'),
      ...(orders.get(ids.at(-1)!)?.token === token ? [] : ['another card']),
    ],
  }
}

/** Believes whatever comes, does its work each time, knows an id from the answer on, and takes the last for the newest. */
function naiveShop(client: VaultClient): ReturnType<typeof correctShop> {
  const answered = new Set<string>()
  const done = new Map<string, number>()
  const lost: string[] = []
  let lastToken = ''
  let all: string[] = []
  return {
    client,
    begin: () => {},
    answered: id => void answered.add(id),
    receive({ body }) {
      const { vaultingRequestId: id, paymentMethodDetail } = JSON.parse(body.toString())
      if (answered.has(id)) done.set(id, (done.get(id) ?? 0) + 1)
      else lost.push('lost what came before the answer')
      lastToken = paymentMethodDetail.card.cardToken
      return acknowledge()
    },
    afterAWhile() {
      for (const id of answered) if (!done.has(id) && !all.includes(id)) lost.push('gave up')
      all = [...answered]
    },
    complaints(ids, token) {
      const twice = ids.filter(id => (done.get(id) ?? 0) > 1).map(() => 'done twice')
      return [...lost.splice(0), ...twice, ...(lastToken === token ? [] : ['another card'])]
    },
  }
}

beforeAll(async () => {
  stack = await Stack.start({ offset })
  for (const [nth, open] of [correctShop, naiveShop].entries()) {
    const merchant = stack.merchants[nth]!
    const { keys, gatewayKey } = merchant
    const shop = open(
      new VaultClient({
        gatewayUrl: stack.apiUrl,
        clientId: keys.clientId,
        keyVersion: keys.keyVersion,
        merchantPrivateKey: keys.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
        gatewayPublicKey: gatewayKey.export({ format: 'der', type: 'spki' }).toString('base64'),
      }),
    )
    const server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request
      const { status, body } = shop.receive({ method, url, headers, body: await buffer(request) })
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    servers.push(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    shops.push({ ...shop, merchant, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify` })
  }
})

afterAll(async () => {
  await stack?.stop()
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
})

beforeEach(async () => {
  await callRules('DELETE')
})

/** Calls the operations port. */
async function callRules(method: string, body?: object, opsUrl = stack.opsUrl): Promise<unknown> {
  const response = await fetch(`${opsUrl}/sandbox/notification-rules`, {
    method,
    headers: { connection: 'close' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}

/** Runs \`coffer rule\` as an operator does. */
const coffer = (...args: string[]) => runCoffer(['rule', ...args], { env: stack.env })

/** Two cards of one buyer, one after the other, and half an hour. @returns what went wrong at the shop */
async function trade(shop: (typeof shops)[number]): Promise<{ ids: string[]; complaints: string[] }> {
  const ids: string[] = []
  let token = ''
  for (let nth = 0; nth < 2; nth++) {
    const request = aVaultingRequest({ vaultingNotificationUrl: shop.url })
    const { vaultingRequestId: id } = request
    ids.push(id)
    shop.begin(id)
    const answer = await shop.client.vaultPaymentMethod(request)
    if (answer.status !== 'S') throw new Error(`not vaulted: ${answer.code}`)
    token = answer.card.cardToken
    shop.answered(id, token)
  }
  await sandboxClock(stack.opsUrl, { advanceMs: 5 * 60_000 })
  shop.afterAWhile()
  await sandboxClock(stack.opsUrl, { advanceMs: 30 * 60_000 })
  return { ids, complaints: shop.complaints(ids, token) }
}

const lastAttempts = async (shop: (typeof shops)[number], ids: string[]) => {
  const attempts = await Promise.all(
    ids.map(id => timelineOf(stack.opsUrl, shop.merchant.keys.clientId, id, 'notification.attempt')),
  )
  return attempts.map(those => those.at(-1)?.['acknowledged'])
}

describe('a correct receiver copes, and a naive one does not:', () => {
  const cases: [rule: { do: string; lateMs?: number } | undefined, naive: string[]][] = [
    [undefined, []],
    [{ do: 'late', lateMs: 600_000 }, ['gave up']],
    [{ do: 'twice' }, ['done twice']],
    [{ do: 'out-of-order' }, ['another card']],
    [{ do: 'before-answer' }, ['lost what came before the answer']],
    [{ do: 'wrong-signature' }, ['done twice']], // the forged one, and the right one after it
    [{ do: 'another-key' }, ['done twice']],
    [{ do: 'no-signature' }, ['done twice']],
  ]
  test.each(cases)('%j', async (rule, naive) => {
    for (const [nth, expected] of [[], naive].entries()) {
      const shop = shops[nth]!
      if (rule) await callRules('POST', { ...rule, clientId: shop.merchant.keys.clientId })
      const { ids, complaints } = await trade(shop)
      if (expected.length === 0) expect(complaints).toEqual([])
      // What comes late comes last as well, which is one more thing that goes wrong.
      else expect(complaints).toEqual(expect.arrayContaining(expected))
      expect(await lastAttempts(shop, ids)).toEqual([true, true])
      const told = await timelineOf(stack.opsUrl, shop.merchant.keys.clientId, ids[0]!, 'sandbox.rule')
      expect(told.map(event => event['do'])).toEqual(rule ? [rule.do] : [])
      const [first, other] = await timelineOf(
        stack.opsUrl,
        shop.merchant.keys.clientId,
        ids[0]!,
        'notification.attempt',
      )
      if (rule?.do === 'late') expect(first!.at, 'to the millisecond').toBe(told[0]!['untilAt'])
      if (rule?.do === 'twice') expect(first!.at, 'at the same instant').toBe(other!.at)
    }
  })
})

test('coffer rule adds, lists and removes, for people and for programs', async () => {
  const { clientId } = stack.merchants[0]!.keys
  const first = await coffer('add', 'late', '--late', '1h30m', '--prefix', 'shop-', '--times', 'always')
  expect(first.output).toMatch(/^Added [\da-f-]{36} {2}late by 1h30m {2}all merchants {2}ids .* shop- {2}always\n$/)
  const second = await coffer('add', 'twice', '--merchant', clientId, '--times', '3', '--json')
  const added = JSON.parse(second.output) as { id: string }
  expect(added).toMatchObject({ do: 'twice', clientId, timesLeft: 3 })
  const list = await coffer('list', '--json')
  expect(JSON.parse(list.output)).toMatchObject({ rules: [{ do: 'late', lateMs: 5_400_000 }, added] })
  expect((await coffer('list')).output.split('\n')[1]).toBe(`${added.id}  twice  ${clientId}  3 more`)
  expect((await coffer('remove', added.id)).output).toBe('Removed 1.\n')
  expect(await coffer('remove', added.id)).toEqual({
    how: 'exit 1',
    output: 'there is no such rule; see: coffer rule list\n',
  })
  expect((await coffer('remove', '--all')).output).toBe('Removed 1.\n')
})

describe('processes', () => {
  /** Whether the notification of a new vaulting, called at this API, was over before its answer. */
  async function isToldFirst(apiUrl = stack.apiUrl): Promise<boolean> {
    const { merchant } = shops[0]!
    let isTold = false
    const server = createServer((request, response) => {
      isTold = true
      request.resume()
      response.end(acknowledge().body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const vaultingNotificationUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/first`
    const request = aVaultingRequest({ vaultingNotificationUrl })
    await callApi(apiUrl, merchant.keys, merchant.gatewayKey, 'vaults/vaultPaymentMethod', request)
    const wasTold = isTold
    await sandboxClock(stack.opsUrl, { advanceMs: 3_000 })
    server.closeAllConnections()
    await new Promise<void>(resolve => server.close(() => resolve()))
    return wasTold
  }

  test('hear of a rule that another one took, and of its end', async () => {
    const second = startCoffer(['serve'], { env: { ...stack.env, COFFER_PORT_OFFSET: String(secondOffset) } })
    try {
      await second.ready
      expect(await isToldFirst()).toBe(false)
      const itsOps = `http://127.0.0.1:${8085 + secondOffset}`
      await callRules('POST', { do: 'before-answer', times: 'always' }, itsOps)
      await expect.poll(() => isToldFirst()).toBe(true)
      await callRules('DELETE', undefined, itsOps)
      await expect.poll(() => isToldFirst()).toBe(false)
    } finally {
      await second.stop()
    }
  })

  test('keep the rules when they end and start again', async () => {
    await callRules('POST', { do: 'before-answer', times: 2 })
    expect(await isToldFirst()).toBe(true)
    await stack.kill(['serve', 'work'])
    await stack.launch(['serve', 'work'])
    expect(await stack.linked('serve')).toBe(true)
    expect(await callRules('GET')).toMatchObject({ rules: [{ do: 'before-answer', timesLeft: 1 }] })
    expect(await isToldFirst()).toBe(true)
    expect(await callRules('GET'), 'used up, until it is removed').toMatchObject({ rules: [{ timesLeft: 0 }] })
    expect(await isToldFirst()).toBe(false)
  })
})
