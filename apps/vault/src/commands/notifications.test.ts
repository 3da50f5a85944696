/** `coffer notifications` beside a running Coffer: what is shown is what was sent, and what is sent again arrives. */
import { createPublicKey, randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { parseSignatureHeader, verifyContent } from '@coffer/antom'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { aRequestId, aVaultingRequest } from '../../../../test/support/builders.js'
import { type MerchantKeys, merchantKeys } from '../../../../test/support/merchant-client.js'
import type { Received } from '../../../../test/support/receiver.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { readConfig } from '../config.js'
import { addMerchant, OperatorMistake, setFixedNotificationUrl } from '../merchants/manage-merchants.js'
import type { SettableClock } from '../platform/clock.js'
import { makeLog } from '../platform/log.js'
import { officeOf } from '../sandbox/sandbox-file.js'
import { makeHost } from './host.js'
import { notificationsCommand } from './notifications.js'

const WRONG = { status: 500, body: 'down <b>today</b>' }
const RIGHT = { status: 200, body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}' }
const HOUR = 3_600_000

let coffer: TestSystem
let said: string[]

beforeAll(async () => {
  coffer = await startSystem()
})
beforeEach(() => {
  said = []
  coffer.receiver.answer(() => WRONG)
})
afterAll(() => coffer?.stop())

/** Runs `coffer notifications …` in its own right, with the clock that the running Coffer has. */
async function run(words: readonly string[], json = false, environment = {}, fail?: () => void): Promise<string> {
  const { config, db } = coffer.system
  const { realMs, virtualMs } = (coffer.system.clock as SettableClock).reading()
  await select(coffer.system, 'update sandbox_clock set real_ms = $1, virtual_ms = $2, running = true', [
    Math.round(realMs),
    Math.round(virtualMs),
  ])
  const kek = join(dirname(config.dataDir), 'kek')
  const env = { COFFER_DATA_DIR: config.dataDir, DATABASE_URL: db.url, COFFER_KEK_FILE: kek, ...environment }
  const printed: string[] = []
  const host = makeHost({
    config: () => readConfig(env, process.versions.node),
    log: makeLog({ now: () => 0, level: 'silent' }),
    print: text => printed.push(text),
    say: text => said.push(text),
    json: () => json,
    ...(fail && { fail }),
  })
  await notificationsCommand(host).exitOverride().parseAsync(words, { from: 'user' })
  return printed.join('\n')
}
const runJson = async (...words: string[]) => JSON.parse(await run(words, true))

async function vault(path: string | undefined, as: MerchantKeys = coffer.merchant, change: object = {}) {
  const address = path === undefined ? {} : { vaultingNotificationUrl: `${coffer.receiver.url}${path}` }
  const request = aVaultingRequest({ ...address, ...change })
  const answer = await coffer.vaultPaymentMethod(request, { as })
  expect(answer.json.result.resultCode).toBe('SUCCESS')
  return request.vaultingRequestId
}

const receivedOf = (vaultingRequestId: string) =>
  coffer.receiver.received.filter(({ json }) => json.vaultingRequestId === vaultingRequestId)

async function newMerchant(): Promise<MerchantKeys> {
  const keys = merchantKeys(`SANDBOX_${aRequestId('c').replaceAll('-', '_')}`, 1)
  const publicKey = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  await addMerchant(officeOf(coffer.system), { id: keys.clientId, name: 'c', publicKey })
  return keys
}

function verifies(content: string, { headers }: Received): boolean {
  const der = Buffer.from(coffer.system.gatewayKey.publicKey, 'base64')
  const header = parseSignatureHeader(String(headers['signature']))
  if (!header.ok) return false
  return verifyContent(
    createPublicKey({ key: der, format: 'der', type: 'spki' }),
    Buffer.from(content),
    header.header.signature,
  )
}

describe('list and show', () => {
  test('tell how each notification stands, in words', async () => {
    const merchant = await newMerchant()
    const nowhere = await vault(undefined, merchant)
    coffer.receiver.answer(({ url }) => (url === '/right' ? RIGHT : WRONG))
    const acknowledged = await vault('/right', merchant)
    const exhausted = await vault('/spent', merchant)
    await coffer.advance(25 * HOUR)
    const cancelled = await vault('/cancelled', merchant)
    const open = await vault('/open', merchant)
    await coffer.advance(3_000)
    await run(['cancel', cancelled])

    const of = ['--merchant', merchant.clientId]
    const { notifications, before } = await runJson('list', ...of)
    expect(before).toBeNull()
    expect(notifications.map((one: { subject: string; state: string }) => [one.subject, one.state])).toEqual(
      expect.arrayContaining([
        [nowhere, 'no address'],
        [acknowledged, 'acknowledged'],
        [exhausted, 'exhausted'],
        [cancelled, 'cancelled'],
        [open, 'open'],
      ]),
    )
    expect(notifications).toHaveLength(5)
    for (const state of ['open', 'acknowledged', 'exhausted', 'cancelled', 'no-address']) {
      const found = (await runJson('list', ...of, '--state', state)).notifications
      expect(found.map((one: { state: string }) => one.state)).toEqual([state.replace('-', ' ')])
    }

    const text = await run(['list', ...of])
    const lines = text.split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(120)
    expect(text).toMatch(/^ID +WHEN \(UTC\) +MERCHANT +STATE +TRIES +NEXT DUE\n/)
    expect(text).toMatch(
      new RegExp(`open +1 +in 1 min 5\\d s\n +notifyVaulting ${open}: the answer had HTTP status 500`),
    )
    expect(text).toMatch(new RegExp(`exhausted +8 +-\n +notifyVaulting ${exhausted}: `))
    expect(text).toContain(`notifyVaulting ${acknowledged}: acknowledged (HTTP 200)`)
    expect(text).toContain(`notifyVaulting ${nowhere}: nothing was sent yet`)
  })

  test('go on from page to page, and keep to a stretch of time', async () => {
    const merchant = await newMerchant()
    const ids: string[] = []
    for (let nth = 0; nth < 5; nth++) {
      ids.unshift(await vault('/pages', merchant))
      await coffer.advance(10 * 60_000)
    }
    const of = ['--merchant', merchant.clientId]
    const seen: string[] = []
    let before: string | null = null
    do {
      const list = await runJson('list', ...of, '--limit', '2', ...(before === null ? [] : ['--before', before]))
      seen.push(...list.notifications.map((one: { subject: string }) => one.subject))
      before = list.before
    } while (before !== null)
    expect(seen).toEqual(ids)
    const subjects = async (...words: string[]) =>
      (await runJson('list', ...of, ...words)).notifications.map((one: { subject: string }) => one.subject)
    expect(await subjects('--since', '25m')).toEqual(ids.slice(0, 2))
    expect(await subjects('--until', '25m')).toEqual(ids.slice(2))
    expect(await subjects('--since', new Date(coffer.system.clock.now() - 45 * 60_000).toISOString())).toHaveLength(4)
    expect(await subjects('--kind', 'notifyRefund')).toEqual([])
    expect(await run(['list', ...of, '--limit', '2'])).toContain('There are more: go on with --before ')
  })

  test('show one by its id or by what it tells of, with every attempt and without the token', async () => {
    const id = await vault('/shown?x=1')
    await coffer.advance(3 * 60_000)
    const data = await runJson('show', id)
    expect(data).toMatchObject({
      subject: id,
      state: 'open',
      url: `${coffer.receiver.url}/shown?x=1`,
      attempts: [
        { attempt: '1', httpStatus: 500, acknowledged: false, answer: 'down <b>today</b>', signed: 'rightly' },
        { attempt: '2', httpStatus: 500 },
      ],
    })
    expect(await runJson('show', data.id)).toEqual(data)
    const text = await run(['show', data.id])
    expect(text).toMatch(/state {5}open: attempt 3 of 8 is due 20.*Z \(in 9 min/)
    expect(text).toMatch(/^ {4}1 {2}20\S+Z +\d+ ms {2}the answer had HTTP status 500 instead of 200$/m)
    expect(text).toContain('answered: down <b>today</b>')
    expect(receivedOf(id)[0]!.body.toString()).toContain('cof_')
    for (const told of [text, JSON.stringify(data)]) expect(told).not.toContain('cof_')
  })
})

describe('the string that was signed', () => {
  test.each([
    ['a plain address', '/plain', {}],
    ['a query string', '/with?a=1&b=%2Fx&c=d+e', {}],
    ['letters beyond ASCII, in path and body', '/ü/ß?q=ä', { metadata: 'Grüße, 世界 🎁' }],
  ])('verifies against the signature that arrived: %s', async (_what, path, change) => {
    const id = await vault(path, coffer.merchant, change)
    await coffer.advance(3 * 60_000)
    await run(['resend', id, '--no-wait'])
    await coffer.advance(0)
    const got = receivedOf(id)
    expect(got).toHaveLength(3)
    for (const [nth, name] of ['1', '2', 'r1'].entries()) {
      const content = await run(['show', id, '--string-to-sign', name])
      expect(verifies(content, got[nth]!), name).toBe(true)
      expect(content.startsWith(`POST ${got[nth]!.url}\n${coffer.merchant.clientId}.`), name).toBe(true)
    }
    expect(await runJson('show', id, '--string-to-sign', '1')).toMatchObject({ attempt: '1', warning: null })
    const events = await select(coffer.system, 'select kind from vaulting_event where vaulting_request_id = $1', [id])
    expect(events.map(({ kind }) => kind)).toContain('notification.string-shown')
  })

  test('says on the side that it was not signed so, where the sandbox signed wrongly on purpose', async () => {
    const id = await vault('/wrongly')
    await rule('wrongly', id)
    await coffer.advance(3_000)
    const content = await run(['show', id, '--string-to-sign', '1'])
    expect(said.join('\n')).toContain('attempt 1 was signed wrongly on purpose')
    expect(verifies(content, receivedOf(id)[0]!)).toBe(false)
  })

  test('names the address of a developer who listened, where that stood in', async () => {
    const merchant = await newMerchant()
    const own = await vault('/own', merchant)
    const nowhere = await vault(undefined, merchant)
    await select(
      coffer.system,
      `insert into sandbox_listener (merchant_id, id, port, forward_to, attached_until)
       values ($1, $2, $3, 'http://localhost:3000/hooks/coffer?from=listen', now() + interval '1 hour')`,
      [merchant.clientId, randomUUID(), Number(new URL(coffer.receiver.url).port)],
    )
    await run(['resend', nowhere, '--no-wait'])
    await coffer.advance(3_000)
    for (const [id, name] of [
      [own, '1'],
      [nowhere, 'r1'],
    ] as const) {
      const [got, ...more] = receivedOf(id)
      expect([got?.url, more]).toEqual(['/hooks/coffer?from=listen', []])
      expect(verifies(await run(['show', id, '--string-to-sign', name]), got!), id).toBe(true)
    }
    expect(await run(['show', own])).toContain('went to coffer listen, for http://localhost:3000/hooks/coffer')
  })

  test('is refused when the body cannot be made any more as it was sent', async () => {
    const id = await vault('/other-body')
    await coffer.advance(3_000)
    await select(
      coffer.system,
      `update notification_attempt set body_sha256 = '\\x00' where notification_id =
       (select id from notification where subject_id = $1)`,
      [id],
    )
    await expect(run(['show', id, '--string-to-sign', '1'])).rejects.toThrow('cannot be made again: an update')
    await expect(run(['show', id, '--string-to-sign', '2'])).rejects.toThrow('there was no such attempt; there were 1')
  })
})

describe('resend', () => {
  test('reaches the receiver after the series is spent, with the same body and a fresh signature', async () => {
    const id = await vault('/spent-then-resent')
    await coffer.advance(25 * HOUR)
    expect(receivedOf(id)).toHaveLength(8)
    coffer.receiver.answer(() => RIGHT)
    const waiting = run(['resend', id])
    await expect.poll(() => said.join('\n')).toContain(`once more, to ${coffer.receiver.url}/spent-then-resent`)
    await coffer.advance(0)
    expect(await waiting).toMatch(/ {2}acknowledged \(HTTP 200\)$/)
    const got = receivedOf(id)
    expect(got).toHaveLength(9)
    expect(new Set(got.map(({ body }) => body.toString('hex'))).size).toBe(1)
    expect(new Set(got.map(({ headers }) => headers['signature'])).size).toBe(9)
    expect(verifies(await run(['show', id, '--string-to-sign', 'r1']), got[8]!)).toBe(true)
    expect(await runJson('show', id)).toMatchObject({ state: 'acknowledged', resends: [{ attempt: 'r1' }] })
  })

  test('ends with 1 when what was waited for is not acknowledged, and with 0 when it is or nobody waited', async () => {
    const id = await vault('/exit')
    await coffer.advance(3_000)
    let failed = 0
    const resend = async (...more: string[]) => {
      const before = said.length
      const waiting = run(['resend', id, ...more], false, {}, () => failed++)
      await expect.poll(() => said.length).toBeGreaterThan(before)
      await coffer.advance(0)
      await waiting
      return failed
    }
    expect(await resend('--no-wait')).toBe(0)
    expect(await resend()).toBe(1)
    coffer.receiver.answer(() => RIGHT)
    expect(await resend()).toBe(1)
  })

  test('that a rule made is not taken for one that somebody asked for', async () => {
    const twice = await vault('/twice')
    await rule('twice', twice)
    await coffer.advance(3_000)
    expect(await run(['show', twice])).toMatch(/sent twice by a rule of the sandbox: [0-9a-f-]{36}/)
    await run(['cancel', twice])
    const late = await vault('/late')
    await rule('late', late, 60_000)
    await coffer.advance(3_000)
    expect(await run(['show', late])).toMatch(/attempt 1 of 8 is due .*, put off by a rule of the sandbox\)/)
    await coffer.advance(60_000)
    expect(await run(['show', late])).not.toContain('put off')
  })

  test('that is acknowledged ends the series', async () => {
    const id = await vault('/ends')
    await coffer.advance(3_000)
    coffer.receiver.answer(() => RIGHT)
    await run(['resend', id, '--no-wait'])
    await coffer.advance(30 * HOUR)
    expect(receivedOf(id)).toHaveLength(2)
    expect(await runJson('show', id)).toMatchObject({ state: 'acknowledged', nextDueAt: null })
    await run(['resend', id, '--no-wait'])
    await coffer.advance(0)
    expect(receivedOf(id), 'also of what is acknowledged').toHaveLength(3)
  })

  test('goes as another attempt went, wrongly signed if that was', async () => {
    const id = await vault('/as-attempt')
    await rule('not at all', id)
    await coffer.advance(3_000)
    await run(['resend', id, '--attempt', '1', '--no-wait'])
    await run(['resend', id, '--no-wait'])
    await coffer.advance(0)
    expect(
      receivedOf(id)
        .map(({ headers }) => headers['signature'] === undefined)
        .sort(),
    ).toEqual([false, true, true])
    expect(await run(['show', id])).toContain('without a signature, by a rule of the sandbox (no-signature)')
  })

  test('goes to the fixed address of now, or where it is told to, when nobody had named one', async () => {
    const merchant = await newMerchant()
    const id = await vault(undefined, merchant)
    await expect(run(['resend', id])).rejects.toThrow(/nobody named an address .*"--to <url>".*merchant notify-url/)
    await expect(run(['resend', id, '--to', 'ftp://x.test/'])).rejects.toThrow('the address must begin with https://')
    await run(['resend', id, '--to', `${coffer.receiver.url}/told`, '--no-wait'])
    await setFixedNotificationUrl(officeOf(coffer.system), merchant.clientId, `${coffer.receiver.url}/fixed-now`)
    await run(['resend', id, '--no-wait'])
    await coffer.advance(0)
    expect(
      receivedOf(id)
        .map(({ url }) => url)
        .sort(),
    ).toEqual(['/fixed-now', '/told'])
    expect((await runJson('show', id)).state).toBe('no address')
  })
})

describe('catching up after an outage', () => {
  test('sends what failed then, once each and not twice, whatever its age', async () => {
    const merchant = await newMerchant()
    const of = ['--merchant', merchant.clientId]
    const old = await vault('/old', merchant)
    const told = await vault('/told-before', merchant)
    await coffer.advance(2_000)
    coffer.receiver.answer(({ url }) => (url === '/told-before' ? RIGHT : WRONG))
    await coffer.advance(20 * HOUR)
    const from = new Date(coffer.system.clock.now()).toISOString()
    const missed = [old, await vault('/one', merchant), await vault('/two', merchant)]
    const nowhere = await vault(undefined, merchant)
    const cancelled = await vault('/cancelled', merchant)
    const healed = await vault('/healed', merchant)
    await coffer.advance(4_000)
    await run(['cancel', cancelled])
    coffer.receiver.answer(({ url }) => (url === '/healed' ? RIGHT : WRONG))
    await coffer.advance(5 * HOUR)
    coffer.receiver.answer(() => RIGHT)
    const failed = ['resend', '--failed', '--from', from, '--until', '0s', ...of]
    const before = coffer.receiver.received.length

    expect(await runJson(...failed, '--dry-run')).toMatchObject({ dryRun: true, resent: 3, withoutAddress: 1 })
    await coffer.advance(0)
    expect(coffer.receiver.received).toHaveLength(before)

    await setFixedNotificationUrl(officeOf(coffer.system), merchant.clientId, `${coffer.receiver.url}/found`)
    const text = await run(failed)
    expect(text).toMatch(/^4 queued once more that failed between /)
    expect(text).toContain(`${merchant.clientId}  4`)
    expect(said.at(-1)).toBe('4 queued')
    expect(await run(failed), 'while they wait').toMatch(/^Nothing to resend: all that failed /)
    await coffer.advance(0)
    const after = coffer.receiver.received.slice(before).map(({ json }) => json.vaultingRequestId)
    expect(after.sort()).toEqual([...missed, nowhere].sort())
    expect(await run(failed), 'when they are acknowledged').toMatch(/^Nothing to resend: all that failed /)
    await coffer.advance(30 * HOUR)
    expect(coffer.receiver.received).toHaveLength(before + 4)
    for (const id of [told, cancelled]) expect(receivedOf(id)).toHaveLength(1)
    expect(receivedOf(healed)).toHaveLength(2)
  })

  test('goes through thousands in batches, and counts what failed several times once', async () => {
    const merchant = await newMerchant()
    const start = coffer.system.clock.now() - 3 * HOUR
    await select(
      coffer.system,
      `with made as (
         insert into notification (id, merchant_id, kind, subject_id, url, attempts_made, created_at)
         select (lpad(to_hex($1::bigint + n), 12, '0') || '7000800000000000' || lpad(to_hex(n), 4, '0'))::uuid, $2,
                'notifyVaulting', 'bulk-' || n, 'http://127.0.0.1:9/bulk', 8, to_timestamp(($1::bigint + n) / 1000.0)
         from generate_series(1, 5200) n returning id, created_at
       )
       insert into notification_attempt (notification_id, attempt, began_at, acknowledged, failure)
       select id, attempt, created_at + attempt * interval '1 second', false, 'closed'
       from made cross join generate_series(1, 2) attempt`,
      [start, merchant.clientId],
    )
    try {
      const of = ['--merchant', merchant.clientId]
      const resend = ['resend', '--failed', '--from', '4h', '--until', '1h', ...of]
      expect((await runJson(...resend, '--dry-run')).resent).toBe(5200)
      expect(
        await select(
          coffer.system,
          `select count(*)::int as n from notification where due_at is not null and merchant_id = '${merchant.clientId}'`,
        ),
      ).toEqual([{ n: 0 }])
      said = []
      expect((await runJson(...resend)).resent).toBe(5200)
      expect(said.map(line => Number(line.split(' ')[0]))).toEqual(
        [500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 5200].filter(n => said.includes(`${n} queued`)),
      )
      expect(said.length).toBeGreaterThan(10)
      expect((await runJson(...resend)).resent).toBe(0)
      const oldest = await runJson('list', ...of, '--until', new Date(start + 3).toISOString())
      expect(oldest.notifications.map((one: { subject: string }) => one.subject)).toEqual(['bulk-2', 'bulk-1'])
      const acknowledged = await runJson('list', ...of, '--state', 'acknowledged')
      expect(acknowledged).toEqual({ notifications: [], before: null })
    } finally {
      await select(coffer.system, 'delete from notification where merchant_id = $1', [merchant.clientId])
    }
  })
})

describe('cancel', () => {
  test('stops the schedule, is told in the timeline, and is refused where nothing is open', async () => {
    const id = await vault('/cancel')
    await coffer.advance(3_000)
    expect(await run(['cancel', id])).toMatch(/^Cancelled \S+: no more attempts\.$/)
    await coffer.advance(26 * HOUR)
    expect(receivedOf(id)).toHaveLength(1)
    const events = await select(coffer.system, 'select kind from vaulting_event where vaulting_request_id = $1', [id])
    expect(events.map(({ kind }) => kind)).toContain('notification.cancelled')
    const still = await vault('/cancel')
    await expect(run(['cancel', still, id])).rejects.toThrow(/ is cancelled since 20\S+Z; there is nothing to cancel/)
    expect((await runJson('show', still)).state, 'all or nothing').toBe('open')
    await run(['resend', id, '--no-wait'])
    await coffer.advance(0)
    expect(receivedOf(id), 'and can be sent by hand').toHaveLength(2)
  })

  test('takes back a resend that has not gone out yet', async () => {
    const id = await vault('/resend-cancelled')
    await coffer.advance(3_000)
    const { resends } = await runJson('resend', id, '--no-wait')
    expect(await run(['cancel', resends[0].resendId])).toContain('Cancelled resend ')
    await coffer.advance(0)
    expect(receivedOf(id)).toHaveLength(1)
    expect(await run(['show', id])).toMatch(/r1 {2}resend \S+: cancelled/)
  })
})

describe('a mistake', () => {
  test('is told in one line that names the remedy', async () => {
    const other = await vault('/foreign', coffer.otherMerchant)
    const mistakes: [string[], RegExp][] = [
      [['show', 'nobody-knows'], /"coffer notifications list" shows/],
      [['show', randomUUID()], /no notification has this id/],
      [['show', other, '--merchant', coffer.merchant.clientId], /no notification of this merchant/],
      [['resend', other, '--merchant', coffer.merchant.clientId], /no notification of this merchant/],
      [['resend'], /name the notifications/],
      [['resend', other, '--attempt', '7'], /there was no attempt yet/],
      [['resend', other, '--from', '3h'], /belong to --failed/],
      [['resend', '--failed'], /--failed needs --from/],
      [['resend', '--failed', '--from', 'yesterday'], /the beginning is an instant with its offset/],
      [['resend', '--failed', '--from', '2030-01-31T12:00:00'], /the beginning is an instant with its offset/],
      [['resend', '--failed', '--from', '1h', '--until', '2h'], /the beginning has to lie before the end/],
      [['resend', '--failed', '--from', '1h', '--merchant', 'NOBODY'], /there is no such merchant/],
      [['cancel', 'nobody-knows'], /"coffer notifications list" shows/],
      [['list', '--since', '3 hours'], /since is an instant with its offset/],
      [['list', '--since', '1h', '--until', '2h'], /since has to lie before until/],
      [['list', '--state', 'lost'], /a state is one of open/],
      [['list', '--kind', 'notify'], /a kind is one of notifyVaulting/],
      [['list', '--limit', '1001'], /from 1 to 1000/],
      [['list', '--before', 'x'], /before is the id of a notification/],
      [['list', '--merchant', 'NOBODY'], /there is no such merchant/],
    ]
    const before = await select(coffer.system, 'select count(*)::int as n from notification')
    for (const [words, told] of mistakes) {
      const error: Error = await run(words).then(
        () => new Error(`${words.join(' ')} went well`),
        (thrown: Error) => thrown,
      )
      expect(error.message, words.join(' ')).toMatch(told)
      expect(error, words.join(' ')).toBeInstanceOf(OperatorMistake)
      expect(error.message).not.toContain('\n')
    }
    expect(await select(coffer.system, 'select count(*)::int as n from notification')).toEqual(before)
  })

  test('is not made for the operator: two merchants with the same vaultingRequestId', async () => {
    const vaultingRequestId = aRequestId('same')
    await vault('/a', coffer.merchant, { vaultingRequestId })
    await vault('/b', coffer.otherMerchant, { vaultingRequestId })
    await expect(run(['show', vaultingRequestId])).rejects.toThrow('several merchants used this vaultingRequestId')
    const found = await runJson('show', vaultingRequestId, '--merchant', coffer.otherMerchant.clientId)
    expect(found.url).toBe(`${coffer.receiver.url}/b`)
  })
})

/** What the sandbox does once with the next delivery. */
/** Of this vaulting alone: repeats of others may fall due at the same time. */
async function rule(what: string, vaultingRequestId: string, lateMs: number | null = null): Promise<void> {
  await select(
    coffer.system,
    `insert into notification_rule (id, what, late_ms, subject_prefix, times, created_at) values ($1, $2, $3, $4, 1, $5)`,
    [randomUUID(), what, lateMs, vaultingRequestId, new Date(coffer.system.clock.now())],
  )
}
