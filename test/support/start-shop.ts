/** The example shop in this process, beside a real vault: its pages over HTTP, its time and its line in a test's hands. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VaultClient } from '@coffer/sdk'
import type { FastifyInstance } from 'fastify'
import { Cards } from '../../apps/shop/src/cards.js'
import { Payments } from '../../apps/shop/src/payments.js'
import { makeServer } from '../../apps/shop/src/server.js'
import type { Shop } from '../../apps/shop/src/shop.js'
import { Subscriptions } from '../../apps/shop/src/subscriptions.js'
import { startSystem, type TestSystem } from './start-system.js'

export interface TestShop {
  readonly vault: TestSystem
  readonly app: FastifyInstance
  readonly shop: Shop
  readonly url: string
  readonly folder: string
  /** Lines of the shop's log. */
  readonly lines: string[]
  /** The line to the vault: whole, cut before a call arrives, or cut before its answer comes back. */
  line: 'whole' | 'cut' | 'loses answers'
  /** What the shop asked the vault for: the last part of each path, with the body. */
  readonly calls: { readonly operation: string; readonly body: Record<string, unknown> }[]
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<{ status: number; to: string; payload: string }>
  /** Adds a card that is accepted at once, and gives its id. */
  addCard(number: string): Promise<string>
  /** What a person reads on a page. */
  read(path: string): Promise<string>
  payload(path: string): Promise<string>
  reloads(path: string): Promise<boolean>
  /** A shop that was started again on the same files. */
  restarted(): Promise<Shop>
  stop(): Promise<void>
}

export const fromOurPage = { 'sec-fetch-site': 'same-origin' }

export async function startShop(): Promise<TestShop> {
  const vault = await startSystem()
  const folder = await mkdtemp(join(tmpdir(), 'coffer-shop-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const lines: string[] = []
  const calls: TestShop['calls'] = []
  const clock: { today: number } = { today: vault.system.clock.now() }
  const { merchant, system } = vault
  const client = new VaultClient({
    gatewayUrl: vault.apiUrl,
    clientId: merchant.clientId,
    merchantPrivateKey: merchant.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    gatewayPublicKey: system.gatewayKey.publicKey,
    fetch: async (address, init) => {
      const cut = () => Object.assign(new Error('cut'), { code: 'ECONNRESET' })
      if (test.line === 'cut') throw cut()
      const operation = new URL(String(address)).pathname.split('/').at(-1) ?? ''
      calls.push({ operation, body: JSON.parse(String(init?.body)) as Record<string, unknown> })
      const answer = await fetch(address, init)
      if (test.line === 'whole') return answer
      await answer.arrayBuffer()
      throw cut()
    },
    world: { now: () => system.clock.now(), sleep: async () => {} },
  })
  let next = 0
  const open = async (): Promise<Shop> => ({
    client,
    cards: await Cards.open(folder),
    payments: await Payments.open(folder),
    subscriptions: await Subscriptions.open(folder),
    url,
    now: () => system.clock.now(),
    calendar: {
      now: async () => clock.today,
      pass: async ms => {
        clock.today += ms
      },
    },
    newId: () => `attempt-${process.pid}-${++next}`,
    log: (level, msg, fields) => lines.push(JSON.stringify({ level, msg, ...fields })),
  })
  const shop = await open()
  const app = makeServer(shop)
  await app.listen({ port, host: '127.0.0.1' })
  const payload = async (path: string) => (await app.inject(path)).payload
  const test: TestShop = {
    ...{ vault, app, shop, url, folder, lines, calls, payload },
    line: 'whole',
    async post(path, fields, headers = fromOurPage) {
      const answer = await app.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        payload: new URLSearchParams(fields).toString(),
      })
      return { status: answer.statusCode, to: String(answer.headers.location ?? ''), payload: answer.payload }
    },
    async addCard(number) {
      const form = { number, expiry: '03/33', cvv: number.startsWith('3') ? '7310' : '731', name: '' }
      const { to } = await test.post('/cards', form)
      const id = to.slice('/cards/'.length)
      if (shop.cards.find(id)?.answer?.status !== 'S') throw new Error(`the card was not added: ${to}`)
      return id
    },
    read: async path => textOf(await payload(path)),
    reloads: async path => (await payload(path)).includes('http-equiv="refresh"'),
    restarted: open,
    async stop() {
      await app.close()
      await vault.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return test
}

/** What a person reads on a page: its main part without the markup. */
export function textOf(payload: string): string {
  const body = payload.slice(payload.indexOf('<main>')).replace(/<[^>]+>/g, '')
  const entities: Record<string, string> = { '&#39;': "'", '&quot;': '"', '&lt;': '<', '&gt;': '>', '&amp;': '&' }
  return body.replace(/&(#39|quot|lt|gt|amp);/g, entity => entities[entity]!).replace(/\s+/g, ' ')
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
