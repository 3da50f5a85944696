/** The clock of a sandbox: jumping, stepping, standing still, with real processes and through the operations port. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { passBrowser, settled } from '../support/play-buyer.js'
import { runCoffer, type SandboxKeys, Stack } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { callClock, sandboxClock, timelineOf } from '../support/sandbox-clock.js'

/** How long after the end of a vaulting its first notification is due. */
const FIRST_AFTER_MS = 3_000

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A vaulting that waits for its buyer ends so long after the call. */
const DEADLINE_MS = 15 * MINUTE

/** A bank waits so long for a browser that was sent to its page. */
const BANK_WAITS_MS = 30_000

const CHALLENGED = testCardNumber({ prefix: '40000000', tt: '20' })

let stack: Stack
let receiver: Receiver
let merchant: SandboxKeys

beforeAll(async () => {
  receiver = await startReceiver()
  stack = await Stack.start({ offset: 21_800 })
  merchant = stack.merchants[0]!
})

beforeEach(() => {
  // Whoever asks /no is refused for ever.
  receiver.answer(({ url }) => ({
    status: url === '/no' ? 500 : 200,
    body: '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}',
  }))
})

afterEach(async () => {
  // Nothing that is due is left for the next one.
  await clock({ advanceMs: 30 * HOUR })
  await clock({ freeze: false })
  receiver.received.length = 0
})

afterAll(async () => {
  await stack?.stop()
  await receiver?.stop()
})

const clock = (move?: object) => sandboxClock(stack.opsUrl, move)
const iso = (at: number) => new Date(at).toISOString()
const events = (id: string, kind?: string) => timelineOf(stack.opsUrl, merchant.keys.clientId, id, kind)

/** Vaults a card; its notification goes to a path of the receiver. */
async function vault(path: string, card: Parameters<typeof aVaultingRequest>[0] = {}) {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${receiver.url}${path}`, ...card })
  const { json } = await stack.call(merchant, 'vaults/vaultPaymentMethod', request)
  return { id: request.vaultingRequestId, json }
}

const challenged = () => vault('/ok', { card: { cardNo: CHALLENGED, is3DSAuthentication: true } })

/** Freezes the clock. @returns the instant at which it stands */
const freeze = async () => Date.parse((await clock({ freeze: true })).now)

describe('a clock that is frozen', () => {
  test('stands still while real time goes by, and a first notification waits until it is moved', async () => {
    const start = await freeze()
    await vault('/ok')
    await sleep(FIRST_AFTER_MS + 500)
    const due = iso(start + FIRST_AFTER_MS)
    expect(await clock()).toMatchObject({ now: iso(start), frozen: true, next: { at: due, what: 'notification' } })
    expect(receiver.received).toEqual([])

    expect(await clock({ advanceMs: FIRST_AFTER_MS - 1 })).toMatchObject({ frozen: true, played: [] })
    expect(receiver.received).toEqual([])
    expect(await clock({ advanceMs: 1 })).toMatchObject({
      now: due,
      frozen: true,
      played: [{ at: due, what: 'notification', count: 1 }],
    })
    expect(receiver.received).toHaveLength(1)
  })

  test('goes on from the instant that it shows, also behind the machine', async () => {
    const start = await freeze()
    await sleep(300)
    const began = performance.now()
    const { now, frozen } = await clock({ freeze: false })
    const later = await clock()
    const tookMs = Math.ceil(performance.now() - began)
    expect(frozen).toBe(false)
    for (const shown of [now, later.now]) {
      expect(Date.parse(shown) - start).toBeGreaterThanOrEqual(0)
      expect(Date.parse(shown) - start).toBeLessThanOrEqual(tookMs)
    }
    expect(Date.parse(later.now)).toBeGreaterThan(Date.parse(now) - 1)
  })

  test('is not moved by being frozen or let go once more', async () => {
    const start = await freeze()
    expect(await freeze()).toBe(start)
    await clock({ freeze: false })
    const { offsetMs } = await clock({ freeze: false })
    expect(Math.abs((await clock()).offsetMs - offsetMs)).toBeLessThanOrEqual(1)
  })
})

describe('a step', () => {
  test('plays one instant, at that very millisecond, and the next step the next one', async () => {
    const start = await freeze()
    const { id } = await vault('/no')
    const first = start + FIRST_AFTER_MS
    const due = [0, 2, 12, 22].map(minute => iso(first + minute * MINUTE))
    for (const [index, at] of due.slice(0, 2).entries()) {
      const answer = await clock({ step: true })
      expect(answer).toMatchObject({ now: at, frozen: true, played: [{ at, what: 'notification', count: 1 }] })
      expect(answer.next).toEqual({ at: due[index + 1], what: 'notification' })
      expect(receiver.received).toHaveLength(index + 1)
    }
    const { now, played } = await clock({ step: 2 })
    expect([now, played.map(({ at }) => at)]).toEqual([due[3], due.slice(2)])
    expect((await events(id, 'notification.attempt')).map(({ at }) => at)).toEqual(due)
  })

  test('of a clock that runs lets it run on from there', async () => {
    const { id } = await vault('/no')
    await clock({ step: true })
    const began = performance.now()
    const { now, frozen, played } = await clock({ step: true })
    const tookMs = Math.ceil(performance.now() - began)
    const [first, second] = (await events(id, 'notification.attempt')).map(({ at }) => Date.parse(at))
    expect(second).toBe(first! + 2 * MINUTE)
    expect(played.at(-1)).toEqual({ at: iso(second!), what: 'notification', count: 1 })
    expect(Date.parse(now) - second!).toBeLessThanOrEqual(tookMs)
    expect([Date.parse(now) >= second!, frozen]).toEqual([true, false])
  })

  test('where nothing is due leaves the clock where it is, and says so', async () => {
    const start = await freeze()
    const nothing = 'nothing is due within ten years'
    const answer = await clock({ step: true })
    expect(answer).toMatchObject({ now: iso(start), frozen: true, played: [], note: nothing })
    expect(answer.next).toBeUndefined()
    await vault('/ok')
    const some = await clock({ step: 3 })
    expect(some.note).toBe(`1 of 3 steps: ${nothing.replace('nothing', 'nothing more')}`)
    expect([some.now, some.played.length]).toEqual([iso(start + FIRST_AFTER_MS), 1])
  })

  test('comes to the deadline of a vaulting whose buyer never came, and to the notification that tells it', async () => {
    const start = await freeze()
    const { id } = await challenged()
    const end = start + DEADLINE_MS
    expect(await clock({ step: 2 })).toMatchObject({
      played: [
        { at: iso(end), what: 'deadline of a vaulting', count: 1 },
        { at: iso(end + FIRST_AFTER_MS), what: 'notification', count: 1 },
      ],
    })
    expect(await events(id, 'vaulting.concluded')).toMatchObject([{ at: iso(end), resultCode: 'ORDER_IS_CLOSED' }])
  })

  test('plays the bank of the simulator at its own instant, and what Coffer hears of it', async () => {
    await freeze()
    // Whoever followed the clock a moment late shows a little more than it; from here on they all agree.
    const start = Date.parse((await clock({ advanceMs: 1_000 })).now)
    const { id, json } = await challenged()
    await passBrowser(await settled(json.normalUrl, 'browser'))
    await expect.poll(() => events(id, 'threeds.ares')).toMatchObject([{ transStatus: 'C', at: iso(start) }])
    const due = iso(start + BANK_WAITS_MS)
    expect((await clock()).next).toEqual({ at: due, what: 'simulator' })
    expect(await clock({ step: true })).toMatchObject({
      now: due,
      frozen: true,
      played: [{ at: due, what: 'simulator', count: 1 }],
    })
    expect(await events(id, 'threeds.rreq')).toMatchObject([{ at: due, transStatus: 'N' }])
    // A buyer who never got to the bank begins anew.
    expect(await events(id, 'threeds.started')).toMatchObject([{ at: iso(start) }, { at: due, attempt: 2 }])
    const shown = await fetch(`${stack.simulatorUrl}/clock`)
    expect(await shown.json()).toMatchObject({ now: due })
  })
})

describe('a jump', () => {
  test('to an instant ends exactly there, in whatever zone it is written, and plays the way', async () => {
    const start = await freeze()
    await vault('/no')
    const to = start + 5 * MINUTE + 123
    const inTokyo = iso(to + 9 * HOUR).replace('Z', '+09:00')
    const { now, frozen, played } = await clock({ to: inTokyo })
    expect([now, frozen]).toEqual([iso(to), true])
    const first = start + FIRST_AFTER_MS
    expect(played.map(({ at }) => at)).toEqual([iso(first), iso(first + 2 * MINUTE)])
    expect(await clock({ to: iso(to) })).toMatchObject({ now: iso(to), played: [] })
  })

  test('to the past is refused, and so is one of more than ten years', async () => {
    const start = await freeze()
    for (const [to, text] of [
      [iso(start - 1), `it is ${iso(start)} already: time never goes back`],
      [iso(start + 11 * 366 * 24 * HOUR), `it is ${iso(start)}: the clock moves by ten years at most`],
    ]) {
      expect(await callClock(stack.opsUrl, { to })).toEqual({ status: 400, json: { error: text } })
    }
    expect((await clock()).now).toBe(iso(start))
  })

  test('and another one at the same time happen one after the other', async () => {
    const start = await freeze()
    await vault('/no')
    const moves = [{ advanceMs: HOUR }, { advanceMs: 2 * HOUR }, { advanceMs: 4 * HOUR }]
    const answers = await Promise.all(moves.map(clock))
    expect((await clock()).now).toBe(iso(start + 7 * HOUR))
    // At minute 0, 2, 12, 22, 82 and 202, in whichever of the three.
    expect(answers.flatMap(({ played }) => played)).toHaveLength(6)
  })
})

test.each([
  ['nothing', '{}'],
  ['no object', '[]'],
  ['null', 'null'],
  ['no JSON', 'advanceMs=5'],
  ['two things at once', { advanceMs: 5, freeze: true }],
  ['something unknown', { rewindMs: 5 }],
  ['what every object has', { constructor: 1 }],
  ['to go back', { advanceMs: -1 }],
  ['a part of a millisecond', { advanceMs: 0.5 }],
  ['more than ten years', { advanceMs: 3.2e11 }],
  ['a number in words', { advanceMs: '5' }],
  ['an instant without an offset', { to: '2040-01-31T12:00:00' }],
  ['an instant that is a number', { to: 2_211_624_000_000 }],
  ['an instant that is a number in words', { to: '2211624000000' }],
  ['a day that does not exist', { to: '2040-02-30T12:00:00Z' }],
  ['no step', { step: 0 }],
  ['step: false', { step: false }],
  ['half a step', { step: 0.5 }],
  ['more steps than anybody wants', { step: 10_001 }],
  ['to freeze in words', { freeze: 'yes' }],
])('%s is refused in a clear text and changes nothing', async (_what, body) => {
  await freeze()
  const before = await clock()
  const { status, json } = await callClock(stack.opsUrl, body)
  expect([status, json]).toEqual([400, { error: expect.stringMatching(/.{20}/) }])
  const { offsetMs: _, ...after } = await clock()
  expect(before).toMatchObject(after)
  await clock({ freeze: false })
})

describe('coffer clock', () => {
  const coffer = (...args: string[]) => runCoffer(['clock', ...args], { env: stack.env })

  test('shows in words how the clock stands and what is due next, and steps', async () => {
    const start = await freeze()
    await vault('/no')
    const due = iso(start + FIRST_AFTER_MS)
    const { how, output } = await coffer()
    expect([how, output]).toEqual(['exit 0', expect.stringContaining(`Next: notification at ${due}, in 3 s.`)])
    expect(output).toMatch(/^\d{4}-\S+Z \(.+, frozen\)$/m)

    const later = iso(start + FIRST_AFTER_MS + 2 * MINUTE)
    expect((await coffer('step', '2')).output).toMatch(
      new RegExp(`^${due} {2}notification\n${later} {2}notification\n${later} \\(.+, frozen\\)\nNext: .* in 10 min\\.`),
    )
    expect(JSON.parse((await coffer('unfreeze', '--json')).output)).toMatchObject({ frozen: false, played: [] })
    expect((await coffer('freeze')).output).toContain(', frozen)')
  })

  test.each([
    [['advance', '2 minutes'], 'a duration is written like 2m, 1h30m, 25h or 500ms'],
    [['step', 'x'], 'the clock takes from 1 to 10000 steps at a time'],
    [['to', '2020-01-01T00:00:00Z'], 'already: time never goes back'],
  ])('%j says what is wrong', async (args, text) => {
    const { how, output } = await coffer(...args)
    expect([how, output]).toEqual(['exit 1', expect.stringContaining(text)])
  })

  test('explains itself', async () => {
    const { output } = await coffer('--help')
    for (const verb of ['advance <duration>', 'to <instant>', 'step [n]', 'freeze', 'unfreeze']) {
      expect(output).toContain(verb)
    }
    expect(await coffer('step', '--help')).toMatchObject({ how: 'exit 0', output: expect.stringContaining('Usage:') })
  })
})
