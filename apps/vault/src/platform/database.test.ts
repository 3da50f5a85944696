import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { cloneDatabase } from '@coffer/local-postgres'
import { afterEach, expect, inject, test } from 'vitest'
import { TEMPLATE } from '../../../../test/support/global-setup.js'
import { Database, isOutage, sql } from './database.js'
import { makeLog } from './log.js'

const ONE = sql('test.one', 'select 1 as one')

/** What a server says as its last words to a connection: a frame of type E, with severity, code and text. */
function lastWords(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0')
  const head = Buffer.from('E\0\0\0\0')
  head.writeUInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

/** How every answer ends, but for a letter: the connection is ready for another statement. */
const READY = Buffer.from('5a00000005', 'hex')

/** A server that can die right after an answer, so that its last words arrive with it. */
async function startMortalServer(url: string) {
  const { hostname, port } = new URL(url)
  const ends = new Set<Socket>()
  let dying = false
  const server = createServer(near => {
    const far = connect(Number(port), hostname)
    for (const end of [near, far]) ends.add(end.on('error', () => {}))
    near.pipe(far)
    far.on('data', chunk => {
      if (!dying || !chunk.subarray(-6, -1).equals(READY)) return near.write(chunk)
      near.end(Buffer.concat([chunk, lastWords()]))
      return far.destroy()
    })
    far.on('close', () => near.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const own = new URL(url)
  own.hostname = '127.0.0.1'
  own.port = String((server.address() as AddressInfo).port)
  return {
    url: own.href,
    dies: (value: boolean) => {
      dying = value
    },
    async stop() {
      for (const end of ends) end.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

let databases = 0

async function openDatabase(connections: number) {
  databases += 1
  const url = await cloneDatabase(inject('postgresUrl'), TEMPLATE, `last_words_${process.pid}_${databases}`)
  const server = await startMortalServer(url)
  cleanups.push(() => server.stop())
  const log = makeLog({ now: () => 0, level: 'silent' })
  const db = new Database({ url: server.url, log, connections })
  cleanups.push(() => db.close())
  return { db, server }
}

test.each([
  ['a transaction that waits for the connection', (db: Database) => db.transaction(tx => tx.query(ONE))],
  ['a statement that waits for the connection', (db: Database) => db.query(ONE)],
])('a server that dies right after an answer fails %s, not the process', async (_who, next) => {
  const { db, server } = await openDatabase(1)
  await db.query(ONE)
  server.dies(true)
  const answered = db.query(ONE)
  const waiting = next(db).catch((error: unknown) => error)
  expect(await answered).toEqual([{ one: 1 }])
  const error = await waiting
  expect(error, String(error)).toSatisfy(isOutage)

  server.dies(false)
  expect(await db.query(ONE)).toEqual([{ one: 1 }])
})

test('a server that dies within a transaction fails it, and not the process', async () => {
  const { db, server } = await openDatabase(2)
  const failed = db.transaction(async tx => {
    await tx.query(ONE)
    server.dies(true)
    await tx.query(ONE)
  })
  await expect(failed).rejects.toSatisfy(isOutage)
  server.dies(false)
  expect(await db.query(ONE)).toEqual([{ one: 1 }])
})
