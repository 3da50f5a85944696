/** Hold, drop, delay, duplicate, reorder: who waits for whom, and who goes when somebody gives up. */
import { describe, expect, test } from 'vitest'
import { systemClock } from '../platform/clock.js'
import { type Plan, Treatments, type Wishes } from './treatments.js'

const none: Wishes = { hold: false, delayMs: 0, duplicate: false, reorder: 0 }
const treat = (wishes: Partial<Wishes> = {}) => new Treatments({ ...none, ...wishes }, systemClock)
const patient = () => new AbortController().signal

/** Lets everything that can go on go on. */
const settled = () => systemClock.sleep(5)

/** Takes a turn and writes down its name when it has come; the next in line goes at once. */
function enter(treatments: Treatments, plan: Plan, name: string, log: string[], gone = patient()) {
  return treatments.turn(plan, gone).then(done => {
    log.push(done ? name : `${name} gave up`)
    done?.()
  })
}

test.each<[Wishes['drop'], string]>([
  [undefined, '......'],
  [{ first: 2 }, 'xx....'],
  [{ every: 1 }, 'xxxxxx'],
  [{ every: 3 }, '..x..x'],
])('with %j those with an x are dropped: %s', (drop, expected) => {
  const treatments = treat({ drop })
  const dropped = [...expected].map(() => (treatments.plan().drop ? 'x' : '.')).join('')
  expect(dropped).toBe(expected)
})

test('what is wished for the next one is forgotten after it', () => {
  const treatments = treat({ delayMs: 7 })
  treatments.duplicateNext()
  treatments.delayNext(9)
  expect(treatments.plan()).toMatchObject({ times: 2, delayMs: 9, drop: false })
  expect(treatments.plan()).toMatchObject({ times: 1, delayMs: 7, drop: false })
  treatments.dropNext()
  expect(treatments.plan().drop).toBe(true)
  expect(treatments.plan().drop).toBe(false)
})

test('what is held goes when it is released, or when nobody waits for it any more', async () => {
  const treatments = treat({ hold: true })
  const log: string[] = []
  const stop = new AbortController()
  const all = [
    enter(treatments, treatments.plan(), 'a', log),
    enter(treatments, treatments.plan(), 'b', log, stop.signal),
  ]
  stop.abort()
  await settled()
  expect(log).toEqual(['b gave up'])
  expect(treatments.release()).toBe(1)
  await Promise.all(all)
  expect(log).toEqual(['b gave up', 'a'])
  expect(treatments.release()).toBe(0)
})

describe('a group that is reordered', () => {
  test('goes in reverse when it is complete, and the next group after it', async () => {
    const treatments = treat({ reorder: 2 })
    const log: string[] = []
    await Promise.all(['a', 'b', 'c', 'd'].map(name => enter(treatments, treatments.plan(), name, log)))
    expect(log.filter(name => 'ab'.includes(name))).toEqual(['b', 'a'])
    expect(log.filter(name => 'cd'.includes(name))).toEqual(['d', 'c'])
  })

  test('goes one after the other: each waits until the one before has its answer', async () => {
    const treatments = treat({ reorder: 2 })
    const first = treatments.turn(treatments.plan(), patient())
    const second = treatments.turn(treatments.plan(), patient())
    const done = await second
    let isFirst = false
    void first.then(() => {
      isFirst = true
    })
    await settled()
    expect(isFirst).toBe(false)
    done?.()
    expect(await first).toBeTypeOf('function')
  })

  test('does not wait for those that gave up, before or in their turn', async () => {
    const treatments = treat({ reorder: 3 })
    const log: string[] = []
    const [early, late] = [new AbortController(), new AbortController()]
    const all = [
      enter(treatments, treatments.plan(), 'a', log),
      enter(treatments, treatments.plan(), 'b', log, early.signal),
    ]
    early.abort()
    // The third has its turn, and nobody ever says that it has gone.
    const third = treatments.turn(treatments.plan(), late.signal)
    expect(await third).toBeTypeOf('function')
    late.abort()
    await Promise.all(all)
    expect(log).toEqual(['b gave up', 'a'])
  })

  test('that never becomes complete is let go; who comes later goes at once', async () => {
    const treatments = treat()
    treatments.reorderNext(2)
    const log: string[] = []
    const first = enter(treatments, treatments.plan(), 'a', log)
    await settled()
    expect(log).toEqual([])
    expect(treatments.release()).toBe(1)
    await first
    await enter(treatments, treatments.plan(), 'b', log)
    expect(log).toEqual(['a', 'b'])
  })
})
