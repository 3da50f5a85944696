/** Keys of keys: made once, wrapped at rest, and refused when they do not belong to the database. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { type Clock, systemClock } from '../platform/clock.js'
import { systemRandom } from '../platform/random.js'
import { type KekProvider, keyFileProblem, keyFileProvider, makeKeyFile, UnusableKeyFile } from './kek.js'
import { Keyring, WrongKek } from './keyring.js'
import { CannotOpen } from './seal.js'

let coffer: TestSystem
let folder: string
let kekPath: string
beforeAll(async () => {
  coffer = await startSystem()
  folder = await mkdtemp(join(tmpdir(), 'coffer-keyring-'))
  kekPath = join(folder, 'kek')
  await makeKeyFile(kekPath, systemRandom)
  // The database of the started vault has its own key; these tests begin with an empty ring.
  await ask('delete from gateway_key')
  await ask('delete from merchant_key')
  await ask('delete from dek')
  await ask('delete from kek')
})
afterAll(async () => {
  await coffer?.stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = (text: string, params: readonly unknown[] = []) => coffer.system.db.query({ name: '', text }, params)

async function openRing(options: { kek?: KekProvider; environment?: 'sandbox' | 'live'; clock?: Clock } = {}) {
  const { environment = 'sandbox', clock = systemClock } = options
  const kek = options.kek ?? (await keyFileProvider(kekPath, systemRandom))
  return Keyring.open({ db: coffer.system.db, kek, environment, clock, random: systemRandom })
}

/** A provider that counts what it is asked. */
async function counted() {
  const kek = await keyFileProvider(kekPath, systemRandom)
  const asked = { wrap: 0, unwrap: 0 }
  const provider: KekProvider = {
    kind: kek.kind,
    checkValue: () => kek.checkValue(),
    wrap: (...all) => {
      asked.wrap += 1
      return kek.wrap(...all)
    },
    unwrap: (...all) => {
      asked.unwrap += 1
      return kek.unwrap(...all)
    },
  }
  return { provider, asked }
}

describe('a ring', () => {
  test('of two processes that open a new database at once has one key encryption key', async () => {
    await Promise.all(Array.from({ length: 8 }, () => openRing()))
    const rings = await Promise.all([openRing(), openRing()])
    const [one, other] = await Promise.all(rings.map(ring => ring.active('', 'integrity')))
    expect(one!.key).toEqual(other!.key)
  })

  test('gives one key to all who make it at the same time, in one process and in several', async () => {
    const rings = await Promise.all(Array.from({ length: 5 }, () => openRing()))
    const deks = await Promise.all(
      rings.flatMap(ring => Array.from({ length: 8 }, () => ring.active('SANDBOX_R', 'pan'))),
    )
    expect(new Set(deks.map(({ id }) => id)).size).toBe(1)
    expect(new Set(deks.map(({ key }) => key.toString('hex'))).size).toBe(1)
    expect(deks[0]!.key.some(byte => byte !== 0)).toBe(true)
    expect(await ask(`select count(*)::int as n from dek where merchant_id = 'SANDBOX_R'`)).toEqual([{ n: 1 }])
  })

  test('gives every merchant and purpose a key of its own', async () => {
    const ring = await openRing()
    const deks = await Promise.all([
      ring.active('SANDBOX_A', 'pan'),
      ring.active('SANDBOX_A', 'token'),
      ring.active('SANDBOX_A', 'misc'),
      ring.active('SANDBOX_B', 'pan'),
      ring.active('', 'request'),
    ])
    expect(new Set(deks.map(({ key }) => key.toString('hex'))).size).toBe(5)
  })

  test('finds a key by its id, as another process made it', async () => {
    const made = await (await openRing()).active('SANDBOX_C', 'pan')
    const of = { merchantId: 'SANDBOX_C', purpose: 'pan' } as const
    expect(await (await openRing()).byId(made.id, of)).toEqual(made)
    await expect((await openRing()).byId('00000000-0000-4000-8000-000000000000', of)).rejects.toThrow(CannotOpen)
  })

  test("gives a key neither for another merchant's blob nor for another purpose", async () => {
    const ring = await openRing()
    const { id } = await ring.active('SANDBOX_E', 'token')
    await expect(ring.byId(id, { merchantId: 'SANDBOX_F', purpose: 'token' })).rejects.toThrow(CannotOpen)
    await expect(ring.byId(id, { merchantId: 'SANDBOX_E', purpose: 'pan' })).rejects.toThrow(CannotOpen)
  })

  test('keeps keys in memory for a quarter of an hour', async () => {
    let ms = 1_000
    const clock: Clock = { ...systemClock, stopwatch: () => ms }
    const { provider, asked } = await counted()
    const ring = await openRing({ kek: provider, clock })
    const { id } = await ring.active('SANDBOX_D', 'pan')
    expect(asked).toEqual({ wrap: 1, unwrap: 1 })
    for (let i = 0; i < 20; i++) {
      await ring.active('SANDBOX_D', 'pan')
      await ring.byId(id, { merchantId: 'SANDBOX_D', purpose: 'pan' })
    }
    expect(asked).toEqual({ wrap: 1, unwrap: 1 })
    ms += 15 * 60_000
    await ring.active('SANDBOX_D', 'pan')
    await ring.byId(id, { merchantId: 'SANDBOX_D', purpose: 'pan' })
    expect(asked).toEqual({ wrap: 1, unwrap: 2 })
  })

  test('tries again after a key provider that was away', async () => {
    const { provider } = await counted()
    let away = true
    const wrap: KekProvider['wrap'] = (...all) => (away ? Promise.reject(new Error('away')) : provider.wrap(...all))
    const ring = await openRing({ kek: { ...provider, wrap } })
    await expect(ring.active('SANDBOX_E', 'pan')).rejects.toThrow('away')
    away = false
    expect((await ring.active('SANDBOX_E', 'pan')).key).toHaveLength(32)
  })

  test('does not unwrap a key that was moved to another merchant or purpose behind its back', async () => {
    await (await openRing()).active('SANDBOX_F', 'pan')
    await ask(`update dek set merchant_id = 'SANDBOX_G' where merchant_id = 'SANDBOX_F'`)
    await expect((await openRing()).active('SANDBOX_G', 'pan')).rejects.toThrow(CannotOpen)
    await ask(`update dek set merchant_id = 'SANDBOX_F', purpose = 'misc' where merchant_id = 'SANDBOX_G'`)
    await expect((await openRing()).active('SANDBOX_F', 'misc')).rejects.toThrow(CannotOpen)
  })

  test('holds no key in the clear at rest', async () => {
    const ring = await openRing()
    const dek = await ring.active('SANDBOX_H', 'pan')
    const kek = await readFile(kekPath)
    const rows = [
      ...(await ask('select wrapped as blob from dek')),
      ...(await ask('select check_value as blob from kek')),
    ]
    for (const { blob } of rows) {
      expect((blob as Buffer).includes(dek.key)).toBe(false)
      expect((blob as Buffer).includes(kek)).toBe(false)
      expect((blob as Buffer).includes(kek.subarray(0, 8))).toBe(false)
    }
  })

  test('refuses another key file, in words for an operator', async () => {
    const other = join(folder, 'other')
    await makeKeyFile(other, systemRandom)
    const opening = openRing({ kek: await keyFileProvider(other, systemRandom) })
    await expect(opening).rejects.toThrow(WrongKek)
    await expect(opening).rejects.toThrow(
      'the cards in this database are sealed with another key file: give the one that belongs to it',
    )
  })

  test('refuses another profile, in words for an operator', async () => {
    const opening = openRing({ environment: 'live' })
    await expect(opening).rejects.toThrow(WrongKek)
    await expect(opening).rejects.toThrow('this database belongs to the sandbox profile and cannot be used in live')
  })
})

describe('a key file', () => {
  test('is made once, of 32 bytes that its owner alone can read', async () => {
    const path = join(folder, 'deep', 'er', 'kek')
    await makeKeyFile(path, systemRandom)
    const first = await readFile(path)
    expect(first).toHaveLength(32)
    expect(await keyFileProblem(path)).toBeUndefined()
    await makeKeyFile(path, systemRandom)
    expect(await readFile(path)).toEqual(first)
  })

  test('that many make at once is whole and one, and nothing else is left', async () => {
    const path = join(folder, 'race', 'kek')
    await Promise.all(Array.from({ length: 10 }, () => makeKeyFile(path, systemRandom)))
    expect(await keyFileProblem(path)).toBeUndefined()
    expect(await readdir(join(folder, 'race'))).toEqual(['kek'])
  })

  test.each([
    ['does not exist', 'missing', async () => {}],
    ['is not a file', 'folder', (path: string) => mkdir(path)],
    ['can be read by others: chmod 600 it', 'open', (path: string) => written(path, 32, 0o644)],
    ['can be read by others: chmod 600 it', 'group', (path: string) => written(path, 32, 0o640)],
    ['has 31 bytes instead of 32', 'short', (path: string) => written(path, 31, 0o600)],
    ['has 33 bytes instead of 32', 'long', (path: string) => written(path, 33, 0o600)],
    ['has 0 bytes instead of 32', 'empty', (path: string) => written(path, 0, 0o600)],
  ])('that %s is refused (%s)', async (problem, name, make) => {
    const path = join(folder, name)
    await make(path)
    expect(await keyFileProblem(path)).toContain(problem)
    await expect(keyFileProvider(path, systemRandom)).rejects.toThrow(UnusableKeyFile)
    await expect(keyFileProvider(path, systemRandom)).rejects.toThrow(`the key file ${path} ${problem}`)
  })

  test('wraps for one context alone', async () => {
    const kek = await keyFileProvider(kekPath, systemRandom)
    const context = {
      environment: 'sandbox',
      kekId: '00000000-0000-4000-8000-000000000001',
      dekId: '00000000-0000-4000-8000-000000000002',
      merchantId: 'SANDBOX_1',
      purpose: 'pan',
    }
    const key = systemRandom.bytes(32)
    const wrapped = await kek.wrap(key, context)
    expect(await kek.unwrap(wrapped, context)).toEqual(key)
    for (const [name, value] of Object.entries(context)) {
      const other = { ...context, [name]: value.replace(/.$/, last => (last === '7' ? '8' : '7')) }
      await expect(kek.unwrap(wrapped, other), name).rejects.toThrow(CannotOpen)
    }
  })

  async function written(path: string, length: number, mode: number) {
    await writeFile(path, Buffer.alloc(length, 1))
    await chmod(path, mode)
  }
})
