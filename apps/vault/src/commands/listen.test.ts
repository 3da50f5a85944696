/** `coffer listen`: what a developer sees, what the developer's server gets, and what the gateway makes of it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { acknowledge, VaultClient } from '@coffer/sdk'
import { namedTestCards } from '@coffer/test-cards'
import { request as ask } from 'undici'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import type { Outcome, Told } from '../listen/told.js'
import { addMerchant } from '../merchants/manage-merchants.js'
import { Deliverer } from '../notifications/deliver.js'
import { type SettableClock, systemClock } from '../platform/clock.js'
import { makeLog } from '../platform/log.js'
import { makeOutbound } from '../platform/outbound.js'
import { SandboxPlayground } from '../sandbox/playground.js'
import { officeOf } from '../sandbox/sandbox-file.js'
import { listenCommand } from './listen.js'

let coffer: TestSystem
let server: Server
const listening: Running[] = []

beforeAll(async () => {
  coffer = await startSystem()
  server = await startServer()
})
afterEach(async () => {
  for (const one of listening.splice(0)) await one.stop()
  server.answer(acknowledged)
  server.got.splice(0)
  // What one test leaves unacknowledged is not the next one's.
  await select(coffer.system, 'update notification set due_at = null')
})
afterAll(async () => {
  await coffer?.stop()
  await server?.stop()
})

describe('a notification', () => {
  test('is signed for where it is forwarded to, is shown with its check, and ends with the acknowledgement', async () => {
    const one = await listen(['--forward-to', `${server.url}/notify?shop=1`])
    const id = await vault()
    await coffer.advance(3_000)

    expect(server.got.map(({ url }) => url)).toEqual(['/notify?shop=1'])
    const [got] = server.got
    expect(shopOf(coffer.merchant).verifyNotification(got!)).toMatchObject({ status: 'S', vaultingRequestId: id })
    expect(coffer.receiver.received, 'it went nowhere else').toEqual([])
    const text = one.text()
    expect(text).toContain(`Notifications of ${coffer.merchant.clientId} go to ${server.url}/notify?shop=1 now`)
    expect(text).toContain('signed for /notify?shop=1')
    expect(text).toMatch(
      new RegExp(`\\d\\d:\\d\\d:\\d\\d #1 notifyVaulting ${id} SUCCESS, attempt 1, signature right\\n`),
    )
    expect(text).toMatch(/#1 HTTP 200 in \d+ ms\n {9}acknowledged: no more deliveries\n/)
    for (const secret of ['cof_', '****', namedTestCards.plainSuccess.number.slice(-6)])
      expect(text).not.toContain(secret)
    expect(await attemptsOf(id)).toMatchObject([
      { acknowledged: true, http_status: 200, target: `coffer listen, for ${server.url}/notify?shop=1` },
    ])
  })

  test('keeps the path and query of its own address where --forward-to has none', async () => {
    const one = await listen(['--forward-to', server.url])
    await vault('/own/path?of=it')
    await coffer.advance(3_000)
    expect(server.got.map(({ url }) => url)).toEqual(['/own/path?of=it'])
    expect(shopOf(coffer.merchant).verifyNotification(server.got[0]!).status).toBe('S')
    expect(one.text()).toContain('They keep path and query of their own address')
  })

  test('comes also for a merchant that has no address, and is told as JSON with its body where that is wanted', async () => {
    const merchant = await aMerchant()
    const one = await listen(['--forward-to', `${server.url}/n`, '--show-body'], { merchant, json: true })
    const request = aVaultingRequest()
    await coffer.vaultPaymentMethod(request, { as: merchant })
    await coffer.advance(3_000)
    const [attached, received, answered] = one.told()
    expect(attached).toMatchObject({ event: 'attached', merchant: merchant.clientId, signedFor: '/n', again: false })
    expect(received).toMatchObject({
      event: 'received',
      n: 1,
      attempt: 1,
      resend: false,
      kind: 'notifyVaulting',
      subjectId: request.vaultingRequestId,
      resultCode: 'SUCCESS',
      signature: { signed: 'rightly' },
      treatment: [],
      body: expect.stringContaining('cof_'),
    })
    expect(answered).toMatchObject({ event: 'answered', n: 1, httpStatus: 200, acknowledged: true })
  })

  test('that is not acknowledged says why, and when the next delivery is due', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`])
    server.answer(response => response.writeHead(500).end('no'))
    await vault()
    await coffer.advance(3_000)
    expect(one.text()).toContain(
      'not acknowledged: the answer had HTTP status 500 instead of 200; the next delivery is due in 2 min',
    )
    await coffer.advance(26 * 3_600_000)
    expect(one.text()).toContain('attempt 8')
    expect(one.text()).toMatch(/instead of 200; this was the last delivery\n?$/)
  })

  test.each([
    ['wrongly', "wrong: signed with the gateway's key, but over other content"],
    ['with another key', 'wrong: signed with another key'],
    ['not at all', 'signature missing'],
  ])('that a rule signs %s is shown as such, and so is a server that takes it', async (what, words) => {
    const one = await listen(['--forward-to', `${server.url}/n`])
    await select(
      coffer.system,
      `insert into notification_rule (id, what, times, created_at) values ($1, $2, 1, to_timestamp(0))`,
      [crypto.randomUUID(), what],
    )
    const id = await vault()
    await coffer.advance(3_000)
    expect(() => shopOf(coffer.merchant).verifyNotification(server.got[0]!)).toThrow()
    expect(one.text()).toContain(words)
    const [{ failure } = {}] = await attemptsOf(id)
    expect(failure).toContain('it does not check the signature')
    expect(one.text(), 'what is shown is what is written down').toContain(`not acknowledged: ${failure}; the next`)

    server.answer(response => response.writeHead(401).end())
    await select(
      coffer.system,
      `insert into notification_rule (id, what, times, created_at) values ($1, $2, 1, to_timestamp(0))`,
      [crypto.randomUUID(), what],
    )
    await coffer.advance(120_000)
    const how = what === 'not at all' ? 'sent without a signature' : `signed ${what}`
    expect(one.text()).toContain(`status 401 instead of 200; rightly so, the notification was ${how}; the next`)
  })
})

describe('treatments', () => {
  test('hold: a delivery that is held for 20 seconds is one attempt, which no other worker takes', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`, '--hold'])
    const id = await vault()
    const played = coffer.advance(3_000)
    await expect.poll(one.text).toContain('attempt 1, signature right, held')
    const outbound = makeOutbound({ policy: coffer.system.config.outboundPolicy })
    const another = new Deliverer(coffer.system, outbound, { playground: new SandboxPlayground(coffer.system) })
    for (let waited = 0; waited < 20; waited++) {
      await systemClock.sleep(1_000)
      expect(await another.takeDue()).toBe(0)
    }
    expect(server.got).toEqual([])
    one.press('r')
    await played
    await outbound.close()
    expect(server.got).toHaveLength(1)
    expect(one.text()).toContain('Released 1.')
    expect(await attemptsOf(id)).toMatchObject([{ attempt: 1, acknowledged: true }])
  })

  test('drop: the gateway writes down that it was dropped here, and delivers again', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`, '--drop', '1'])
    const id = await vault()
    await coffer.advance(3_000)
    expect(server.got).toEqual([])
    expect(await attemptsOf(id)).toMatchObject([
      {
        acknowledged: false,
        http_status: null,
        failure: 'connection failed ("coffer listen" dropped it, as it was told to)',
      },
    ])
    expect(one.text()).toContain('#1 dropped: your server does not hear of it')
    await coffer.advance(120_000)
    expect(server.got).toHaveLength(1)
    expect(await attemptsOf(id)).toMatchObject([{ acknowledged: false }, { attempt: 2, acknowledged: true }])
  })

  test('drop every second one, delay, duplicate', async () => {
    const one = await listen(
      ['--forward-to', `${server.url}/n`, '--drop', 'every:2', '--delay', '300ms', '--duplicate'],
      { json: true },
    )
    for (let nth = 0; nth < 3; nth++) await vault()
    const began = systemClock.stopwatch()
    await dueAtOnce()
    expect(systemClock.stopwatch() - began).toBeGreaterThan(290)
    await expect.poll(() => server.got.length).toBe(4)
    await expect.poll(() => one.told('answered').length).toBe(5)
    expect(one.told('received').map(told => 'treatment' in told && told.treatment)).toEqual([
      ['delayed 300 ms', 'duplicated'],
      [],
      ['delayed 300 ms', 'duplicated'],
    ])
    const outcomes = one.told('answered') as Outcome[]
    expect(outcomes.filter(({ n }) => n === 1).map(({ copy }) => copy)).toEqual([1, 2])
    expect(outcomes.find(({ n }) => n === 2)).toMatchObject({ acknowledged: false, failure: expect.any(String) })
  })

  test('reorder: three are gathered and arrive in reverse, each with its own answer', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`, '--reorder', '3'], { json: true })
    const ids = [await vault(), await vault(), await vault()]
    await dueAtOnce()
    const came = one.told('received').map(told => ('subjectId' in told ? told.subjectId : ''))
    expect([...came].sort()).toEqual([...ids].sort())
    expect(server.got.map(({ json }) => json.vaultingRequestId)).toEqual(came.reverse())
    for (const id of ids) expect(await attemptsOf(id)).toMatchObject([{ acknowledged: true }])
  })

  test('keys: drop, duplicate and reorder the next, hold on and off, help, and quit', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`])
    one.press('d')
    await vault()
    await coffer.advance(3_000)
    expect(server.got).toHaveLength(0)
    one.press('2')
    await coffer.advance(120_000)
    await expect.poll(() => server.got.length).toBe(2)
    await expect.poll(one.text).toContain('#2 (2/2) HTTP 200')
    expect(one.text()).toContain('acknowledged, like the first')

    one.press('o')
    await vault()
    const alone = dueAtOnce()
    await expect.poll(one.text).toContain('#3')
    expect(server.got).toHaveLength(2)
    one.press('r') // the second of the two never comes
    await alone
    expect(server.got).toHaveLength(3)

    one.press('h')
    await vault()
    const held = dueAtOnce()
    await expect.poll(one.text).toContain('#4')
    one.press('h')
    await held
    expect(server.got).toHaveLength(4)
    one.press('?\u001b[A!')
    expect(one.text().match(/o reorder the next two/g), 'at the beginning, and when asked for').toHaveLength(2)
    one.press('q')
    expect(await one.ended).toBeUndefined()
    expect(one.text()).toContain('Detached')
  })
})

describe('what passes', () => {
  test('body and headers reach the server byte for byte, and its answer the gateway', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`], { json: true })
    const [attached] = one.told()
    const port = attached && 'port' in attached ? attached.port : 0
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x00, 0x0d, 0x0a])
    server.answer(response =>
      response.writeHead(418, { 'Content-Type': 'text/x; charset=koi8-r', 'content-encoding': 'gzip' }).end(body),
    )
    const [known] = await select(coffer.system, 'select id from sandbox_listener where port = $1', [port])
    const said = { 'coffer-notification': 'x', 'coffer-attempt': '1' }
    const answer = await ask(`http://127.0.0.1:${port}/n%2F?x=%20&y`, {
      method: 'POST',
      body,
      headers: { ...said, 'coffer-listener': String(known?.['id']), 'X-Odd': 'a,  b', signature: 'none' },
    })
    const [got] = server.got
    expect(got).toMatchObject({ method: 'POST', url: '/n%2F?x=%20&y' })
    expect(got!.body.equals(body)).toBe(true)
    expect(got!.headers).toMatchObject({ host: new URL(server.url).host, 'x-odd': 'a,  b', 'content-length': '6' })
    expect(Object.keys(got!.headers).filter(name => name.startsWith('coffer-'))).toEqual([])
    expect(answer.statusCode).toBe(418)
    expect(answer.headers['content-type']).toBe('text/x; charset=koi8-r')
    expect(Buffer.from(await answer.body.bytes()).equals(body), 'it gets just what the server said').toBe(true)
    await expect
      .poll(() => one.told('answered'))
      .toMatchObject([{ httpStatus: 418, notes: ['compressed (gzip), passed on as it is'], acknowledged: false }])
    const stranger = await ask(`http://127.0.0.1:${port}/n`, { method: 'POST', body, headers: said })
    expect(stranger.statusCode, 'without what only the worker knows').toBe(404)
    expect(server.got).toHaveLength(1)
  })

  test('an answer that is too long is one for the gateway, too', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`])
    server.answer(response => response.end('x'.repeat(16_385)))
    const id = await vault()
    await coffer.advance(3_000)
    expect(await attemptsOf(id)).toMatchObject([{ failure: 'answer too large' }])
    expect(one.text()).toContain('longer than 16 KiB, the rest was not read')
    expect(one.text()).toContain('not acknowledged: answer too large; the next')
  })
})

describe('a server', () => {
  test('that is down is told once with the remedy, and is what the gateway writes down', async () => {
    const one = await listen(['--forward-to', 'http://127.0.0.1:9/n'])
    const id = await vault()
    await coffer.advance(3_000 + 120_000)
    const failure = 'connection failed (nobody listens where "coffer listen" forwards to)'
    expect(await attemptsOf(id)).toMatchObject([{ failure, http_status: null }, { failure }])
    expect(one.text()).toContain('#1 nobody listens at 127.0.0.1:9: is your server running?')
    expect(one.text()).toContain('#2 nobody listens at 127.0.0.1:9\n')
    expect(one.text()).toContain(`not acknowledged: ${failure}; the next delivery is due in 10 min`)
  })

  test.each<[string, string, (response: ServerResponse) => unknown, string]>([
    ['breaks off', 'http', response => response.destroy(), 'closed the connection before it had answered'],
    ['does not speak TLS', 'https', response => response.end(), 'does not speak TLS'],
  ])(
    'that %s is told in words, without its address where that is written down',
    async (_what, scheme, answer, words) => {
      const one = await listen(['--forward-to', `${server.url.replace('http:', `${scheme}:`)}/n`])
      server.answer(answer)
      const id = await vault()
      await coffer.advance(3_000)
      const [{ failure } = {}] = await attemptsOf(id)
      expect(failure).toContain(words)
      expect(failure).not.toContain('127.0.0.1')
      expect(one.text()).toContain(words)
    },
  )
})

describe('a listener', () => {
  test('that ends gives the address back, and what it still holds is a failed delivery', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`, '--hold'])
    const id = await vault('/own')
    const played = coffer.advance(3_000)
    await expect.poll(one.text).toContain('signature right, held')
    await one.stop()
    await played
    expect(one.text()).toContain('1 without an answer: Coffer takes that for a failed delivery')
    expect(await attemptsOf(id)).toMatchObject([
      { failure: 'connection failed ("coffer listen" ended before there was an answer)' },
    ])
    const before = coffer.receiver.received.length
    await coffer.advance(120_000)
    expect(coffer.receiver.received.slice(before).map(({ url }) => url)).toEqual(['/own'])
    expect(server.got).toEqual([])
  })

  test('that was killed is named as the reason, by whoever finds nobody on its port', async () => {
    await select(
      coffer.system,
      `insert into sandbox_listener values ($1, $2, 9, 'http://localhost/', now() + interval '15 seconds')`,
      [coffer.merchant.clientId, crypto.randomUUID()],
    )
    const id = await vault()
    await coffer.advance(3_000)
    await select(coffer.system, 'delete from sandbox_listener')
    expect(await attemptsOf(id)).toMatchObject([
      { failure: 'connection failed (nobody answers on the port of "coffer listen": it ended without detaching)' },
    ])
  })

  test('is told who listens already; who takes over ends the other, with a line that says so', async () => {
    const one = await listen(['--forward-to', `${server.url}/first`])
    const refused = await listen(['--forward-to', `${server.url}/second`]).catch((error: Error) => error.message)
    expect(refused).toMatch(/somebody listens .* already, forwarding to .*\/first .*--take-over/)
    const two = await listen(['--forward-to', `${server.url}/second`, '--take-over'])
    await expect.poll(() => one.isOver()).toBe(true)
    expect(String(await one.ended)).toMatch(/another listener has taken over .*\/second.*: this one ends/)
    await vault()
    await coffer.advance(3_000)
    expect(server.got.map(({ url }) => url)).toEqual(['/second'])
    await two.stop()
  })

  test('whose lease ran out while the machine slept attaches again', async () => {
    const one = await listen(['--forward-to', `${server.url}/n`])
    await select(coffer.system, `update sandbox_listener set attached_until = now() - interval '1 minute'`)
    await expect.poll(one.text).toContain('Attached again')
    await vault()
    await coffer.advance(3_000)
    expect(server.got).toHaveLength(1)
  })

  test.each([
    [['--forward-to', 'localhost:3000'], /--forward-to is an absolute address/],
    [['--forward-to', 'https://shop.test/', '--insecure'], /--insecure is for servers on localhost/],
    [['--forward-to', 'http://localhost/', '--drop', 'some'], /--drop takes a number, "all" or "every:n"/],
    [['--forward-to', 'http://localhost/', '--delay', '5'], /--delay takes a duration like 5s/],
    [['--forward-to', 'http://localhost/', '--reorder', '6'], /--reorder takes a whole number from 2 to 5/],
    [['--forward-to', 'http://localhost/', '--port', '0'], /--port takes a whole number from 1 to 65535/],
    [['--forward-to', 'http://localhost/', '--merchant', 'SANDBOX_NOBODY'], /there is no merchant SANDBOX_NOBODY/],
  ])('is refused with %j', async (args, words) => {
    await expect(listen(args)).rejects.toThrow(words)
  })

  test('is refused in live, where no Coffer runs, and on a port that is taken', async () => {
    const args = ['--forward-to', 'http://localhost/']
    await expect(listen(args, { config: { environment: 'live' } })).rejects.toThrow(/only a sandbox/)
    const nowhere = { portOffset: 9 - 8085 }
    await expect(listen(args, { config: nowhere })).rejects.toThrow(/no Coffer answers at .*:9\/.*npm start/)
    await expect(listen(args, { config: nowhere, merchant: null })).rejects.toThrow(/no Coffer answers at/)
    await expect(listen(args, { merchant: null })).rejects.toThrow(/sandbox\.json names no merchant/)
    const { port } = new URL(server.url)
    await expect(listen([...args, '--port', port])).rejects.toThrow(`port ${port} is in use`)
  })
})

interface Running {
  text: () => string
  /** What was told as JSON; of one kind of event where one is named. */
  told: (event?: Told['event']) => Told[]
  press: (keys: string) => void
  /** With what it ended, if not well. */
  ended: Promise<unknown>
  isOver: () => boolean
  stop: () => Promise<void>
}

interface ListenOptions {
  /** `null` names none. */
  merchant?: MerchantKeys | null
  json?: boolean
  config?: object
}

/** Runs the command until it is attached. Rejects with what it ended with before. */
async function listen(args: string[], options: ListenOptions = {}): Promise<Running> {
  const { merchant = coffer.merchant, json = false } = options
  let text = ''
  const config = { ...coffer.system.config, portOffset: Number(new URL(coffer.opsUrl).port) - 8085, ...options.config }
  const interruption = new AbortController()
  const keys = Object.assign(new PassThrough(), { isTTY: !json, setRawMode: () => {} })
  const host = {
    config: () => config,
    log: makeLog({ now: () => 0, level: 'silent' }),
    print: (line: string) => {
      text += `${line}\n`
    },
    say: () => {},
    json: () => json,
    withVault: () => Promise.reject(new Error('it needs no vault')),
  }
  const command = listenCommand(host, { clock: systemClock, keys: () => keys, interrupted: () => interruption.signal })
  let isOver = false
  const named = args.includes('--merchant') || merchant === null ? [] : ['--merchant', merchant.clientId]
  const ended = command
    .exitOverride()
    .parseAsync([...args, ...named], { from: 'user' })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => {
      isOver = true
    })
  await expect.poll(() => isOver || text !== '', { interval: 10 }).toBe(true)
  if (text === '') throw await ended
  const running: Running = {
    text: () => text,
    told: event => {
      const all = text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Told)
      return event === undefined ? all : all.filter(told => told.event === event)
    },
    press: pressed => void keys.write(pressed),
    ended,
    isOver: () => isOver,
    async stop() {
      interruption.abort()
      await ended
    },
  }
  listening.push(running)
  return running
}

interface Got {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies that may have any shape
  json: any
}

type Respond = (response: ServerResponse) => unknown

interface Server {
  url: string
  got: Got[]
  answer: (respond: Respond) => void
  stop: () => Promise<void>
}

function acknowledged(response: ServerResponse): void {
  const { status, contentType, body } = acknowledge()
  response.writeHead(status, { 'content-type': contentType }).end(body)
}

/** A developer's server. */
async function startServer(): Promise<Server> {
  const got: Got[] = []
  let respond: Respond = acknowledged
  const http = createServer(async (request, response) => {
    const body = await buffer(request)
    const { method = '', url = '', headers } = request
    const text = body.toString('utf8')
    got.push({ method, url, headers, body, json: text.includes('result') ? JSON.parse(text) : undefined })
    respond(response)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    got,
    answer: next => {
      respond = next
    },
    async stop() {
      http.closeAllConnections()
      await new Promise<void>(resolve => http.close(() => resolve()))
    },
  }
}

/** The shop's own code. */
function shopOf({ clientId, privateKey }: MerchantKeys): VaultClient {
  return new VaultClient({
    gatewayUrl: coffer.apiUrl,
    clientId,
    merchantPrivateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    gatewayPublicKey: coffer.system.gatewayKey.publicKey,
  })
}

async function vault(path = '/own'): Promise<string> {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}${path}` })
  const { json } = await coffer.vaultPaymentMethod(request)
  expect(json.result.resultCode).toBe('SUCCESS')
  return request.vaultingRequestId
}

/** Lets everything that is open fall due at one instant. */
async function dueAtOnce(): Promise<void> {
  const clock = coffer.system.clock as SettableClock
  clock.follow({ realMs: clock.real(), virtualMs: clock.now() + 4_000, running: true, heldUntilRealMs: 0 })
  await coffer.advance(0)
}

async function aMerchant(): Promise<MerchantKeys> {
  const keys = merchantKeys(`SANDBOX_${aRequestId('n').replaceAll('-', '_')}`, 1)
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  await addMerchant(officeOf(coffer.system), { id: keys.clientId, name: 'n', publicKey })
  return keys
}

async function attemptsOf(vaultingRequestId: string) {
  return select(
    coffer.system,
    `select a.* from notification_attempt a join notification n on n.id = a.notification_id
     where n.subject_id = $1 order by a.attempt`,
    [vaultingRequestId],
  )
}
