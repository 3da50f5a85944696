import { expect, test } from 'vitest'
import { Batcher } from './batcher.js'

const order = (item: string) => item
const refusal = (code: string) => Object.assign(new Error('refused'), { code })

/** Rounds that wait until the test lets them go. */
function heldRounds() {
  const rounds: { items: readonly string[]; release: () => void }[] = []
  const run = (items: readonly string[]) =>
    new Promise<string[]>(resolve => {
      rounds.push({ items, release: () => resolve(items.map(item => item.toUpperCase())) })
    })
  return { rounds, run }
}

test('the first goes at once and alone, those that come meanwhile go together, sorted, and each hears its own outcome', async () => {
  const { rounds, run } = heldRounds()
  const batcher = new Batcher(run, { most: 10, atOnce: 1, order })
  const outcomes = Promise.all(['m', 'c', 'b', 'a'].map(item => batcher.add(item)))
  expect(rounds.map(round => round.items)).toEqual([['m']])
  rounds[0]!.release()
  await expect.poll(() => rounds.length).toBe(2)
  expect(rounds[1]!.items).toEqual(['a', 'b', 'c'])
  rounds[1]!.release()
  expect(await outcomes).toEqual(['M', 'C', 'B', 'A'])
})

test('a round holds no more than it may, and no more rounds run than may', async () => {
  const { rounds, run } = heldRounds()
  const batcher = new Batcher(run, { most: 2, atOnce: 2, order })
  const outcomes = Promise.all(['a', 'b', 'c', 'd', 'e'].map(item => batcher.add(item)))
  expect(rounds).toHaveLength(2)
  rounds[0]!.release()
  await expect.poll(() => rounds.length).toBe(3)
  expect(rounds[2]!.items).toEqual(['c', 'd'])
  for (const round of rounds) round.release()
  await expect.poll(() => rounds.length).toBe(4)
  rounds[3]!.release()
  expect(await outcomes).toEqual(['A', 'B', 'C', 'D', 'E'])
})

test('one item that the database refuses fails alone', async () => {
  const asked: string[][] = []
  let open: () => void = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  const run = async (items: readonly string[]) => {
    asked.push([...items])
    await gate
    if (items.includes('bad')) throw refusal('22P02')
    return items
  }
  const batcher = new Batcher(run, { most: 10, atOnce: 1, order })
  const outcomes = Promise.allSettled(['first', 'bad', 'good'].map(item => batcher.add(item)))
  open()
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(asked).toEqual([['first'], ['bad', 'good'], ['bad'], ['good']])
})

test('a database that is away fails the whole round at once', async () => {
  let rounds = 0
  const run = async (): Promise<string[]> => {
    rounds += 1
    throw refusal('ECONNREFUSED')
  }
  const batcher = new Batcher(run, { most: 10, atOnce: 1, order })
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(item => batcher.add(item)))
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(rounds).toBe(2)
})
