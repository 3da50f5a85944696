import { expect, test } from 'vitest'
import type { Due } from '../sandbox/due-across-merchants.js'
import { tell } from './sandbox-clock.js'

const instants = (count: number): Due[] =>
  Array.from({ length: count }, (_, at) => ({ at, what: 'notification', count: 1 }))

test('of a long way the last hundred things are told, oldest first, and how many there were before', () => {
  const { played, leftOut } = tell(instants(103))
  expect([played.length, leftOut]).toEqual([100, 3])
  expect(played[0]).toEqual({ at: '1970-01-01T00:00:00.003Z', what: 'notification', count: 1 })
  expect(played.at(-1)).toMatchObject({ at: '1970-01-01T00:00:00.102Z' })
})

test('where nothing is left out, nothing is said of it', () => {
  expect(tell(instants(100))).not.toHaveProperty('leftOut')
  expect(tell([])).toEqual({ played: [] })
})
