import { describe, expect, it } from 'vitest'
import { createBusy } from './busy.js'
import { manualClock, systemClock } from './clock.js'
import { followedClock } from './followed-clock.js'

const start = Date.parse('2030-06-09T12:00:00Z')
const forever = Number.MAX_SAFE_INTEGER
const never = new AbortController().signal

function clocks() {
  const machine = manualClock(new Date(start))
  const busy = createBusy()
  return { machine, busy, clock: followedClock(machine, busy) }
}

const stoppedAt = (virtualMs: number) => ({ realMs: start, virtualMs, running: false, heldUntilRealMs: forever })

describe('a clock that nobody sets', () => {
  it('is the machine’s', async () => {
    const { machine, clock } = clocks()
    let passed: boolean | undefined
    clock.wait(1000, never).then(end => {
      passed = end
    })
    machine.advance(999)
    await Promise.resolve()
    expect([clock.now().getTime(), passed]).toEqual([start + 999, undefined])
    machine.advance(1)
    await expect.poll(() => passed).toBe(true)
  })

  it('lets a wait be cut short', async () => {
    const { machine, clock } = clocks()
    const cut = new AbortController()
    const waited = clock.wait(1000, cut.signal)
    cut.abort()
    expect(await waited).toBe(false)
    expect(machine.waiting).toBe(0)
    expect(await clock.wait(1000, cut.signal)).toBe(false)
  })
})

describe('a clock that follows', () => {
  it('plays what falls due in order, each at its own instant, with what that begins', async () => {
    const { clock, busy } = clocks()
    const played: [string, number][] = []
    const later = async (name: string, ms: number, then: () => unknown = () => {}) => {
      if (!(await clock.wait(ms, never))) return
      played.push([name, clock.now().getTime() - start])
      await then()
    }
    // What it begins takes time of the machine, and then waits again.
    const slowly = async () => {
      await busy.during(new Promise(done => setTimeout(done, 50)))
      played.push(['settled', clock.now().getTime() - start])
      await later('again', 5000)
    }
    later('last', 30_000)
    later('first', 10_000, slowly)
    later('after', 60_000)

    expect(await clock.follow(stoppedAt(start + 30_000))).toBe(start + 60_000)
    expect(played).toEqual([
      ['first', 10_000],
      ['settled', 10_000],
      ['again', 15_000],
      ['last', 30_000],
    ])
    expect(clock.now().getTime()).toBe(start + 30_000)
    expect(await clock.follow(stoppedAt(start + 60_000))).toBeNull()
  })

  it('stands still while it is held, and runs again when nobody holds it any more', async () => {
    const { machine, clock } = clocks()
    await clock.follow({ realMs: start, virtualMs: start + 5000, running: false, heldUntilRealMs: start + 10_000 })
    let passed = false
    clock.wait(1000, never).then(() => {
      passed = true
    })
    machine.advance(10_000)
    await Promise.resolve()
    expect([clock.now().getTime(), passed]).toEqual([start + 5000, false])
    machine.advance(1000)
    await expect.poll(() => passed).toBe(true)
    expect(clock.now().getTime()).toBe(start + 6000)
  })

  it('that is held for ever ends no wait, also with the timers of the machine', async () => {
    const clock = followedClock(systemClock, createBusy())
    await clock.follow({ ...stoppedAt(start), heldUntilRealMs: forever })
    const cut = new AbortController()
    const waited = clock.wait(10, cut.signal)
    expect(await Promise.race([waited, new Promise(done => setTimeout(done, 100, 'waits'))])).toBe('waits')
    cut.abort()
    expect(await waited).toBe(false)
  })

  it('runs on from where it was set, and a wait that was running before ends by the new time', async () => {
    const { machine, clock } = clocks()
    let passed = false
    clock.wait(600_000, never).then(() => {
      passed = true
    })
    const reading = { realMs: start, virtualMs: start + 599_000, running: true, heldUntilRealMs: 0 }
    expect(await clock.follow(reading)).toBe(start + 600_000)
    expect(passed).toBe(false)
    machine.advance(1000)
    await expect.poll(() => passed).toBe(true)
  })

  it('that was frozen for a while and lies behind the machine is joined, with what is left of each wait', async () => {
    const { machine, clock } = clocks()
    let passed = false
    clock.wait(10_000, never).then(() => {
      passed = true
    })
    machine.advance(4000)
    const behind = { realMs: start, virtualMs: start - 60_000, running: true, heldUntilRealMs: 0 }
    expect(await clock.follow(behind)).toBe(start - 60_000 + 10_000)
    expect(clock.now().getTime()).toBe(start - 60_000 + 4000)
    machine.advance(5999)
    await Promise.resolve()
    expect(passed).toBe(false)
    machine.advance(1)
    await expect.poll(() => passed).toBe(true)
  })

  it('tells when the next waits end, and how many at once, and moves nothing by that', async () => {
    const { clock } = clocks()
    expect(clock.nextDue()).toBeNull()
    for (const ms of [7000, 5000, 5000]) clock.wait(ms, never)
    await clock.follow(stoppedAt(start + 1000))
    expect(clock.nextDue()).toEqual({ at: start + 5000, count: 2 })
    expect(clock.now().getTime()).toBe(start + 1000)
    await clock.follow(stoppedAt(start + 5000))
    expect(clock.nextDue()).toEqual({ at: start + 7000, count: 1 })
  })

  it('never goes back', async () => {
    const { clock } = clocks()
    await clock.follow(stoppedAt(start + 5000))
    await clock.follow(stoppedAt(start + 1000))
    expect(clock.now().getTime()).toBe(start + 5000)
  })

  it('takes one reading after the other', async () => {
    const { clock } = clocks()
    const order: number[] = []
    const wait = async (ms: number) => {
      await clock.wait(ms, never)
      order.push(ms)
    }
    const waits = [wait(3000), wait(2000), wait(1000)]
    const said = await Promise.all([1000, 2000, 3000].map(ms => clock.follow(stoppedAt(start + ms))))
    await Promise.all(waits)
    expect(order).toEqual([1000, 2000, 3000])
    expect(said).toEqual([start + 2000, start + 3000, null])
  })
})
