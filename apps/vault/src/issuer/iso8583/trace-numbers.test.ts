/** Trace numbers on a real database: unique over processes and restarts, and in a circle. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { cloneDatabase, dropDatabase } from '../../../../../packages/local-postgres/src/index.js'
import { TEMPLATE } from '../../../../../test/support/global-setup.js'
import { systemClock } from '../../platform/clock.js'
import { Database } from '../../platform/database.js'
import { makeLog } from '../../platform/log.js'
import { takeTraceNumbers } from './trace-number-store.js'
import { TraceNumbers } from './trace-numbers.js'

const name = `trace_${randomUUID().replaceAll('-', '')}`
const log = makeLog({ now: () => 0, level: 'silent' })
let url: string
let open: Database[] = []
const aProcess = () => {
  const db = new Database({ url, log, connections: 4 })
  open.push(db)
  return db
}

beforeEach(async () => {
  url = await cloneDatabase(inject('postgresUrl'), TEMPLATE, name)
})
afterEach(async () => {
  for (const db of open) await db.close()
  open = []
  await dropDatabase(inject('postgresUrl'), name)
})

const some = (numbers: TraceNumbers, count: number) => Promise.all(Array.from({ length: count }, () => numbers.next()))

test('a number has six digits, and the first one is 000001', async () => {
  const numbers = new TraceNumbers('bank', aProcess(), systemClock)
  expect(await numbers.next()).toBe('000001')
  expect(await numbers.next()).toBe('000002')
})

test('two processes that ask at once never get the same number', async () => {
  const [one, other] = [aProcess(), aProcess()].map(db => new TraceNumbers('bank', db, systemClock, 50))
  const all = (await Promise.all([some(one!, 730), some(other!, 730)])).flat()
  expect(new Set(all).size).toBe(1_460)
  expect(all.every(number => /^\d{6}$/.test(number) && number !== '000000')).toBe(true)
})

test('a process that starts again does not repeat what it used before, whatever was left of its block', async () => {
  const used: string[] = []
  for (let start = 0; start < 4; start++)
    used.push(...(await some(new TraceNumbers('bank', aProcess(), systemClock), 7)))
  expect(new Set(used).size).toBe(28)
  expect(used[7]).toBe('000501')
})

test('each acquirer has numbers of its own', async () => {
  const db = aProcess()
  expect(await new TraceNumbers('bank', db, systemClock).next()).toBe('000001')
  expect(await new TraceNumbers('other bank', db, systemClock).next()).toBe('000001')
})

test('999999 is followed by 000001, also in the middle of a block', async () => {
  const db = aProcess()
  await takeTraceNumbers(db, 'bank', 999_997, 0)
  expect(await some(new TraceNumbers('bank', db, systemClock, 4), 6)).toEqual([
    ...['999998', '999999', '000001', '000002', '000003', '000004'],
  ])
})

test('while the database is away what is left of a block is used; then asking rejects, and works again later', async () => {
  let isAway = false
  const db = aProcess()
  const sometimes: Pick<Database, 'query'> = {
    query: (statement, params) => (isAway ? Promise.reject(new Error('away')) : db.query(statement, params)),
  }
  const numbers = new TraceNumbers('bank', sometimes, systemClock, 3)
  expect(await numbers.next()).toBe('000001')
  isAway = true
  expect(await some(numbers, 2)).toEqual(['000002', '000003'])
  await expect(numbers.next()).rejects.toThrow('away')
  await expect(some(numbers, 3)).rejects.toThrow('away')
  isAway = false
  expect(await some(numbers, 2)).toEqual(['000004', '000005'])
})
