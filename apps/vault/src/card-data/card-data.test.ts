/** Cards at rest: what can be found in the database, what can be compared, and who opened what. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import type { StoredPan } from './card-data.js'
import { digitsOf, Pan } from './pan.js'
import { CannotOpen } from './seal.js'

let coffer: TestSystem
beforeAll(async () => {
  // Some of its cards are never answered; eight seconds each would prove no more.
  coffer = await startSystem({ issuerTimeoutMs: 1_500 })
})
afterAll(() => coffer?.stop())

const ask = (text: string, params: readonly unknown[] = []) => coffer.system.db.query({ name: '', text }, params)

const NUMBER = '4054695723100768'
const OTHER_NUMBER = '5162774114974622'
const aPan = (text = NUMBER) => {
  const parsed = Pan.parse(text, { find: () => undefined })
  if (!parsed.ok) throw new Error(parsed.rule)
  return parsed.value
}
const id = (n: number) => `0198c0de-0000-7000-8000-${String(n).padStart(12, '0')}`
const expiry = { year: '33', month: '03' }
const seal = (n: number, merchantId = 'SANDBOX_A', pan = aPan()) =>
  coffer.system.cards.sealCard({ id: id(n), merchantId, token: `cof_${n}`, pan, expiry }, { payerEmail: 'a@b.example' })

describe('a sealed card', () => {
  const opening = { actor: 'the test', reason: 'to see whether it opens' }
  const open = (card: StoredPan) => coffer.system.db.transaction(tx => coffer.system.cards.openCard(tx, card, opening))

  test('opens to the same number and date, as a handle', async () => {
    for (const number of [NUMBER, '676770100003', '4000000600000100001']) {
      const { pan, expiry: opened } = await open(await seal(1, 'SANDBOX_A', aPan(number)))
      expect(digitsOf(pan).toString()).toBe(number)
      expect(opened).toEqual(expiry)
    }
  })

  test('has one size whatever the number is long', async () => {
    const sizes = ['676770100003', NUMBER, '4000000600000100001'].map(async number => {
      return (await seal(1, 'SANDBOX_A', aPan(number))).pan.length
    })
    expect(new Set(await Promise.all(sizes)).size).toBe(1)
  })

  test('does not open as another card, under another token, or with another card in its place', async () => {
    const [card, other] = [await seal(2), await seal(3)]
    await expect(open({ ...card, id: other.id })).rejects.toThrow(CannotOpen)
    await expect(open({ ...card, tokenLookup: other.tokenLookup })).rejects.toThrow(CannotOpen)
    await expect(open({ ...card, pan: other.pan })).rejects.toThrow(CannotOpen)
    await expect(open({ ...card, pan: card.holder! })).rejects.toThrow(CannotOpen)
  })

  test('of another merchant does not open in the place of one of mine', async () => {
    const [mine, theirs] = [await seal(4, 'SANDBOX_A'), await seal(4, 'SANDBOX_B')]
    await expect(open({ ...mine, pan: theirs.pan })).rejects.toThrow(CannotOpen)
  })

  test('that is opened leaves who, why, when and which, in the transaction that opened it', async () => {
    const card = await seal(5)
    const before = coffer.system.clock.now()
    await open(card)
    const [row] = await ask('select * from audit where object = $1', [card.id])
    expect(row).toMatchObject({
      actor: opening.actor,
      reason: opening.reason,
      action: 'card.opened',
      merchant_id: 'SANDBOX_A',
      ok: true,
    })
    expect((row!['at'] as Date).getTime()).toBeGreaterThanOrEqual(before)
    const undone = coffer.system.db.transaction(async tx => {
      await coffer.system.cards.openCard(tx, card, opening)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await ask('select ok from audit where object = $1', [card.id])).toEqual([{ ok: true }])
  })

  test('that does not open leaves a row as well, though the transaction ends with the error', async () => {
    const card = { ...(await seal(6)), tokenLookup: Buffer.alloc(32) }
    const opened = coffer.system.db.transaction(tx => coffer.system.cards.openCard(tx, card, opening))
    await expect(opened).rejects.toThrow(CannotOpen)
    expect(await ask('select ok from audit where object = $1', [card.id])).toEqual([{ ok: false }])
  })

  test('cannot be made of a number that was erased', async () => {
    const pan = aPan()
    pan.erase()
    await expect(seal(7, 'SANDBOX_A', pan)).rejects.toThrow('these digits were erased')
  })
})

test('the audit trail only grows: no row can be changed or removed', async () => {
  const count = async () => (await ask('select count(*)::int as n from audit'))[0]!['n']
  const before = await count()
  expect(before).toBeGreaterThan(0)
  for (const statement of [
    `update audit set reason = 'none'`,
    'delete from audit',
    'truncate audit',
    'truncate merchant, audit cascade',
  ]) {
    await expect(ask(statement), statement).rejects.toThrow('the audit trail is append-only')
  }
  expect(await count()).toBe(before)
})

describe('a fingerprint', () => {
  test('is the same for the same number of one merchant', async () => {
    const [one, other] = [await seal(10), await seal(11)]
    expect(one.fingerprint).toEqual(other.fingerprint)
    expect(one.tokenLookup).not.toEqual(other.tokenLookup)
  })

  test('cannot be compared between merchants, nor between numbers', async () => {
    const mine = await seal(12, 'SANDBOX_A')
    expect((await seal(12, 'SANDBOX_B')).fingerprint).not.toEqual(mine.fingerprint)
    expect((await seal(12, 'SANDBOX_A', aPan(OTHER_NUMBER))).fingerprint).not.toEqual(mine.fingerprint)
  })

  test('differs between two vaults', async () => {
    const elsewhere = await startSystem()
    try {
      const card = { id: id(13), merchantId: 'SANDBOX_A', token: 'cof_13', pan: aPan(), expiry }
      const theirs = await elsewhere.system.cards.sealCard(card, undefined)
      const mine = await seal(13)
      expect(theirs.fingerprint).not.toEqual(mine.fingerprint)
      expect(theirs.tokenLookup).not.toEqual(mine.tokenLookup)
    } finally {
      await elsewhere.stop()
    }
  })
})

describe('the digest of a request', () => {
  const mac = (rest: object, merchantId = 'SANDBOX_A', pan = aPan()) =>
    coffer.system.cards.requestMac(merchantId, pan, rest).toString('hex')

  test('does not depend on order or on what is absent', () => {
    expect(mac({ a: 1, b: { c: 2, d: 3 } })).toBe(mac({ b: { d: 3, c: 2, e: undefined }, a: 1 }))
  })

  test('depends on everything else', () => {
    const digests = [
      mac({ a: '1' }),
      mac({ a: 1 }),
      mac({ a: true }),
      mac({ a: 'true' }),
      mac({ a: '' }),
      mac({}),
      mac({ a: {} }),
      mac({ b: '1' }),
      mac({ a: { b: '1' } }),
      mac({ 'a.b': '1' }),
      mac({ a: '1","b":"2' }),
      mac({ a: '1', b: '2' }),
      mac({ a: '1' }, 'SANDBOX_B'),
      mac({ a: '1' }, 'SANDBOX_A', aPan(OTHER_NUMBER)),
    ]
    expect(new Set(digests).size).toBe(digests.length)
  })
})

test('tokens are 256 random bits in an alphabet that every system takes, with no digits of the card', () => {
  const tokens = Array.from({ length: 1_000 }, () => coffer.system.cards.newToken())
  expect(new Set(tokens).size).toBe(1_000)
  for (const token of tokens) {
    expect(token).toMatch(/^cof_[A-Za-z0-9_-]{43}$/)
    // Four digits in a row stand in one of a few hundred such thousands by chance, six in none of a hundred thousand.
    for (let at = 0; at + 6 <= NUMBER.length; at++) expect(token).not.toContain(NUMBER.slice(at, at + 6))
  }
})

describe('the whole database', () => {
  const CVV = '7391'
  const PASSWORD_FIELD = 'cardPasswordDigest'

  beforeAll(async () => {
    // As long as nobody acknowledges the reversal, the number of a card in doubt is needed.
    coffer.simulator.control({ dropReversals: 1_000 })
    const names = { firstName: 'Qzada', lastName: 'Qzlovelace' }
    for (const [vaultingRequestId, cardNo] of [
      ['scan-success', NUMBER],
      ['scan-failure', '4000000000100059'],
      ['scan-silence', '4000000000105009'],
    ] as const) {
      const card = { cardNo, cvv: CVV, cardPasswordDigest: '82', cardholderName: names, payerEmail: 'qzmail@b.example' }
      const answer = await coffer.vaultPaymentMethod(
        aVaultingRequest({
          vaultingRequestId,
          metadata: 'qzmetadata',
          customizedInfo: { customizedField1: 'qzcustom' },
          vaultingNotificationUrl: `${coffer.receiver.url}/scan`,
          card,
        }),
      )
      expect(answer.status).toBe(200)
    }
    await coffer.inquireVaulting('scan-success')
    await coffer.advance(3_000)
  })

  test('holds no number, no CVV, no holder and no echo in the clear, in any form', async () => {
    const words = [
      NUMBER,
      '4000000000100059',
      '4000000000105009',
      CVV,
      'Qzada',
      'Qzlovelace',
      'qzmail',
      'qzmetadata',
      'qzcustom',
    ]
    const forms = words.flatMap(word => [
      Buffer.from(word),
      Buffer.from(Buffer.from(word).toString('base64').replace(/=+$/, '')),
      ...(/^\d{16}$/.test(word) ? [Buffer.from(word, 'hex'), Buffer.from(word.replace(/(.{4})(?=.)/g, '$1 '))] : []),
    ])
    const scanned: string[] = []
    for (const { table, column, values } of await everyTextAndBlob()) {
      scanned.push(`${table}.${column}`)
      for (const value of values) {
        for (const form of forms) expect(value.includes(form), `${form} in ${table}.${column}`).toBe(false)
        // A blob may hold text in hex, and text may hold a blob in hex.
        for (const word of words) {
          const hex = Buffer.from(word).toString('hex')
          expect(value.toString('latin1').includes(hex), `${word} in hex in ${table}.${column}`).toBe(false)
        }
      }
    }
    for (const place of ['sealed_card.pan_sealed', 'sealed_card.holder_sealed', 'vaulting.echo_sealed']) {
      expect(scanned).toContain(place)
    }
    expect(scanned).toContain('vaulting_event.detail')
  })

  test('keeps no CVV and no password digits even where everything is sealed', async () => {
    const rows = await ask(
      'select id, merchant_id, holder_sealed, token_sealed from sealed_card where holder_sealed is not null',
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) {
      const { cards } = coffer.system
      const merchantId = String(row['merchant_id'])
      const id = String(row['id'])
      const holder = await cards.openJson(merchantId, 'misc', `holder:${id}`, row['holder_sealed'] as Buffer)
      const token =
        row['token_sealed'] && (await cards.openJson(merchantId, 'token', id, row['token_sealed'] as Buffer))
      for (const opened of [holder, token]) {
        if (!opened) continue
        expect(Object.keys(opened)).not.toContain('cvv')
        expect(Object.keys(opened)).not.toContain(PASSWORD_FIELD)
        expect(JSON.stringify(opened)).not.toContain(CVV)
        expect(JSON.stringify(opened)).not.toContain(NUMBER)
      }
    }
  })

  test('has no card of a vaulting that failed', async () => {
    const cards = await ask(
      `select v.vaulting_request_id as id, v.state, c.id is not null as card from vaulting v
       left join sealed_card c on c.id = v.id where v.vaulting_request_id like 'scan-%' order by 1`,
    )
    expect(cards).toEqual([
      { id: 'scan-failure', state: 'FAIL', card: false },
      { id: 'scan-silence', state: 'PROCESSING', card: true },
      { id: 'scan-success', state: 'SUCCESS', card: true },
    ])
    coffer.simulator.control({ dropReversals: 0 })
    await coffer.advance(60_000)
    expect(
      await ask(
        `select c.id from vaulting v join sealed_card c on c.id = v.id where v.vaulting_request_id = 'scan-silence'`,
      ),
    ).toEqual([])
  })

  test('does not let go of a key that stored cards need', async () => {
    await expect(ask('delete from dek')).rejects.toThrow('stored cards need this key')
  })

  test('is not told of in the log either', () => {
    const log = coffer.logLines.join('')
    expect(log).toContain('call.answered')
    for (const word of [NUMBER, 'Qzada', 'qzmail', 'qzmetadata', 'cof_']) expect(log).not.toContain(word)
  })

  /** Columns that could hold any of it; ids, times and counters hold digits by chance. */
  async function everyTextAndBlob() {
    const columns = await ask(
      `select table_name, column_name, data_type from information_schema.columns
       where table_schema = 'public' and data_type in ('text', 'jsonb', 'json', 'bytea', 'character varying')`,
    )
    expect(columns.length).toBeGreaterThan(20)
    return Promise.all(
      columns.map(async ({ table_name: table, column_name: column, data_type: type }) => {
        const as = type === 'bytea' ? `"${column}"` : `"${column}"::text`
        const rows = await ask(`select ${as} as value from "${table}" where "${column}" is not null`)
        const values = rows.map(({ value }) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value))))
        return { table: String(table), column: String(column), values }
      }),
    )
  }
})
