import { expect, test } from 'vitest'
import { MAX_ATTEMPTS, repeatAfterMs } from './schedule.js'

const minutesOf = (factor: number) => {
  const instants = [0]
  for (let made = 1; ; made++) {
    const waitMs = repeatAfterMs(made, factor)
    if (waitMs === undefined) return instants.map(ms => ms / 60_000)
    instants.push(instants.at(-1)! + waitMs)
  }
}

test('eight deliveries at minute 0, 2, 12, 22, 82, 202, 562 and 1462', () => {
  expect(minutesOf(1)).toEqual([0, 2, 12, 22, 82, 202, 562, 1462])
  expect(minutesOf(1)).toHaveLength(MAX_ATTEMPTS)
})

test('a factor stretches or shortens every wait', () => {
  expect(minutesOf(0.5)).toEqual([0, 1, 6, 11, 41, 101, 281, 731])
  expect(minutesOf(10)).toEqual([0, 20, 120, 220, 820, 2020, 5620, 14620])
})

test('the factor 0 switches repeats off', () => {
  expect(minutesOf(0)).toEqual([0])
})
