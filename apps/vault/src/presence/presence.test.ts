import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import type { Clock, Instant } from '../platform/clock.js'
import { Presence } from './presence.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const OTHER = '00000000-0000-7000-8000-000000000002'

/** A process whose stopwatch the test moves; its calendar time jumps about, which must not matter. */
async function aProcess() {
  let ms = 1_000
  const clock: Clock = {
    now: () => 0 as Instant,
    real: () => (ms % 2 ? 1e12 : 2e12),
    stopwatch: () => ms,
    sleep: () => new Promise(() => {}),
  }
  const presence = new Presence('00000000-0000-7000-8000-000000000001', coffer.system.db, clock, coffer.system.log)
  await presence.start()
  const pass = async (seconds: number, renewing = true) => {
    for (let n = 0; n < seconds; n += 2) {
      ms += 2_000
      if (renewing) await presence.renew()
    }
  }
  return { presence, pass }
}

test('a process that gives new signs of life is alive', async () => {
  const { presence, pass } = await aProcess()
  for (let n = 0; n < 20; n++) {
    expect(presence.seemsGone(OTHER, String(n))).toBe(false)
    await pass(2)
  }
})

test('one that gives none for a while is gone, and one that ended in order is gone at once', async () => {
  const { presence, pass } = await aProcess()
  await pass(20)
  expect(presence.seemsGone(OTHER, 'a')).toBe(false)
  await pass(6)
  expect(presence.seemsGone(OTHER, 'a')).toBe(false)
  await pass(4)
  expect(presence.seemsGone(OTHER, 'a')).toBe(true)
  expect(presence.seemsGone(OTHER, undefined)).toBe(true)
})

test('after the database was away nobody is gone before everybody had a moment to give a sign', async () => {
  const { presence, pass } = await aProcess()
  await pass(20)
  expect(presence.seemsGone(OTHER, 'a')).toBe(false)
  await pass(30, false)
  expect(presence.seemsGone(OTHER, 'a'), 'as long as nobody can renew').toBe(false)
  await presence.renew()
  await pass(4)
  expect(presence.seemsGone(OTHER, 'a')).toBe(false)
  await pass(8)
  expect(presence.seemsGone(OTHER, 'a')).toBe(true)
})

test('a process never takes itself for gone', async () => {
  const { presence, pass } = await aProcess()
  for (let n = 0; n < 10; n++) {
    expect(presence.seemsGone(presence.processId, 'a')).toBe(false)
    await pass(4)
  }
})
