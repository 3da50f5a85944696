/** Who gets how many places of a worker, and what a claim takes for whom. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { openLanes, takeDueNotifications } from './due-across-merchants.js'
import { Places } from './places.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())
beforeEach(() => select(coffer.system, 'delete from notification'))

const NOW = Date.parse('2030-01-01T00:00:00Z')

/** Puts notifications in the queue, each due a second after the one before. */
async function due(merchantId: string, host: string, count: number, from = NOW - 86_400_000): Promise<void> {
  await select(
    coffer.system,
    `insert into notification (id, merchant_id, subject_id, kind, url, due_at, created_at)
     select gen_random_uuid(), $1, gen_random_uuid()::text, 'notifyVaulting', $2,
            to_timestamp($3::float8 / 1000) + nth * interval '1 second', now()
     from generate_series(1, $4) as nth`,
    [merchantId, `https://${host}/notify`, from, count],
  )
}

/** Claims once, and takes a place for each. @returns how many of whom, by merchant and host */
async function claim(places: Places) {
  const { db } = coffer.system
  const shares = places.share((await openLanes(db)).filter(({ dueAt }) => dueAt <= NOW))
  const taken = await takeDueNotifications(db, NOW, shares, { token: randomUUID(), ms: 15_000 })
  const counts: Record<string, number> = {}
  const ends = taken.map(one => {
    const key = `${one.merchantId} ${one.host}`
    counts[key] = (counts[key] ?? 0) + 1
    return places.take(one)
  })
  return { counts, ends }
}

const places = (inAll = 64) => new Places({ inAll, atFirst: 5, atMost: 32 })

describe('a claim', () => {
  test('gives each merchant five places, whoever has the longer queue', async () => {
    await due('A', 'a.example', 200)
    await due('B', 'b.example', 2, NOW - 1_000_000)
    const worker = places()
    expect((await claim(worker)).counts).toEqual({ 'A a.example': 5, 'B b.example': 2 })
    expect((await claim(worker)).counts, 'what is under way counts').toEqual({})
  })

  test('gives one host 32 places, however many merchants it serves, and in turn', async () => {
    for (let nth = 0; nth < 10; nth += 1) await due(`M${nth}`, 'shared.example', 5)
    await due('E', 'own.example', 1, NOW - 10_000)
    const { counts } = await claim(places(128))
    const shared = Object.entries(counts).filter(([key]) => key.endsWith('shared.example'))
    expect(shared.map(([, count]) => count).sort()).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 4, 4])
    expect(counts['E own.example']).toBe(1)
  })

  test('does not make a merchant pay for what another one has at the same host', async () => {
    await due('HANGS', 'shared.example', 200)
    const worker = places()
    for (const end of (await claim(worker)).ends) end('timed out')
    await due('GOOD', 'shared.example', 4, NOW - 10_000)
    expect((await claim(worker)).counts).toEqual({ 'HANGS shared.example': 1, 'GOOD shared.example': 4 })
  })

  test('reaches a merchant’s good host behind a long queue for its dead one', async () => {
    await due('A', 'dead.example', 500)
    await due('A', 'good.example', 3, NOW - 10_000)
    const worker = places()
    const first = await claim(worker)
    expect(first.counts, 'a merchant has five places in all').toEqual({ 'A dead.example': 3, 'A good.example': 2 })
    for (const end of first.ends) end('timed out')
    await claim(worker)
    for (let nth = 0; nth < 3; nth += 1) worker.take({ merchantId: 'A', host: 'good.example' })('quick')
    await due('A', 'good.example', 3, NOW - 10_000)
    const { counts } = await claim(worker)
    expect(counts['A good.example']).toBeGreaterThan(0)
    expect(counts['A dead.example'], 'its one place is taken').toBeUndefined()
  })

  test('leaves half of the places to those who answer, however many hosts time out', async () => {
    for (let nth = 0; nth < 40; nth += 1) await due(`M${nth}`, `dead-${nth}.example`, 20)
    const worker = places(32)
    for (let round = 0; round < 40; round += 1) {
      const { ends } = await claim(worker)
      for (const end of ends) end('timed out')
    }
    await due('GOOD', 'good.example', 4, NOW - 10_000)
    const { counts } = await claim(worker)
    const dead = Object.keys(counts).filter(key => key.includes('dead'))
    expect(counts['GOOD good.example']).toBe(4)
    expect(dead.length, 'of 32').toBeLessThanOrEqual(16)
    expect(dead.length).toBeGreaterThan(8)
  })

  test('gives less to each when few places are left', async () => {
    for (const merchant of ['A', 'B', 'C']) await due(merchant, `${merchant}.example`, 5)
    const worker = places(16)
    expect((await claim(worker)).counts).toEqual({ 'A a.example': 2, 'B b.example': 2, 'C c.example': 2 })
  })

  test.each([
    ['https://Shop.Example:8443/a', 'shop.example:8443'],
    ['https://[2001:db8::1]/a', '[2001:db8::1]'],
    ['https://shop.example?a=1', 'shop.example'],
    ['https://shop.example#a', 'shop.example'],
    ['https://a"b\\c.example/', 'a"b\\c.example'],
  ])('takes the host of %s for %s', async (url, host) => {
    await due('A', 'x.example', 1)
    await select(coffer.system, 'update notification set url = $1', [url])
    const worker = places()
    const { counts, ends } = await claim(worker)
    expect(counts).toEqual({ [`A ${host}`]: 1 })
    // And its name does no harm in the next claim.
    for (const end of ends) end('timed out')
    await due('A', 'x.example', 1)
    expect((await claim(worker)).counts).toEqual({ 'A x.example': 1 })
  })
})

describe('places', () => {
  const lane = { merchantId: 'A', host: 'a.example' }

  test('are earned one by one by quick answers, up to the most', () => {
    const worker = places(1_000)
    for (let nth = 0; nth < 100; nth += 1) worker.take(lane)('quick')
    expect(worker.standing(lane).most).toBe(32)
  })

  test('are halved by a slow answer, never to fewer than at first, and one is left after a time-out', () => {
    const worker = places(1_000)
    for (let nth = 0; nth < 100; nth += 1) worker.take(lane)('quick')
    worker.take(lane)('slow')
    expect(worker.standing(lane).most).toBe(16)
    for (let nth = 0; nth < 10; nth += 1) worker.take(lane)('slow')
    expect(worker.standing(lane)).toEqual({ most: 5, isSuspect: false })
    worker.take(lane)('timed out')
    expect(worker.standing(lane)).toEqual({ most: 1, isSuspect: true })
  })

  test('come back with an answer in time, a slow one too', () => {
    for (const pace of ['quick', 'slow'] as const) {
      const worker = places(1_000)
      worker.take(lane)('timed out')
      worker.take(lane)(pace)
      expect(worker.standing(lane)).toEqual({ most: 5, isSuspect: false })
    }
  })

  test('of a merchant are never fewer than at first, whatever one of its hosts does', () => {
    const worker = places(1_000)
    for (let nth = 0; nth < 50; nth += 1) worker.take({ merchantId: 'A', host: 'dead.example' })('timed out')
    const due = [{ merchantId: 'A', host: 'good.example', dueAt: 0 }]
    expect(worker.share(due)).toEqual([{ merchantId: 'A', host: 'good.example', most: 5 }])
  })

  test('are given back whatever becomes of a delivery, also of one that may take its time', () => {
    const worker = places(10)
    const due = [{ merchantId: 'B', host: 'b.example', dueAt: 0 }]
    const ends = Array.from({ length: 10 }, (_, nth) => worker.take({ merchantId: `M${nth}`, host: 'a.example' }))
    expect(worker.share(due)).toEqual([])
    ends.forEach((end, nth) => {
      end((['quick', 'slow', 'timed out', 'unlimited'] as const)[nth % 4]!)
    })
    expect(worker.running).toBe(0)
    expect(worker.share(due)).toEqual([{ merchantId: 'B', host: 'b.example', most: 1 }])
  })

  test('without an address are no host’s: one developer who stops at a breakpoint stops no other', () => {
    const worker = places(1_000)
    for (let nth = 0; nth < 40; nth += 1) worker.take({ merchantId: `M${nth}`, host: '' })
    expect(worker.share([{ merchantId: 'B', host: '', dueAt: 0 }])).toEqual([{ merchantId: 'B', host: '', most: 5 }])
  })

  test('are remembered for ten thousand lanes, and no more', () => {
    const worker = places(1_000)
    for (let nth = 0; nth < 10_500; nth += 1) worker.take({ merchantId: 'A', host: `h${nth}.example` })('timed out')
    expect(worker.remembered).toBe(10_000)
    expect(worker.standing({ merchantId: 'A', host: 'h10499.example' }).isSuspect).toBe(true)
  })
})
