import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { antomCards, networks, responseCodes, testCardNumber, wellKnownCards } from '@coffer/test-cards'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ManualClock, manualClock } from './clock.js'
import { type Simulator, type SimulatorOptions, startSimulator } from './start-simulator.js'

let simulator: Simulator
let clock: ManualClock
const logged: string[] = []

/** Starts a simulator for one test. */
async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  const started = await startUntilStopped(options)
  onTestFinished(() => started.stop())
}

async function startUntilStopped(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  clock = manualClock(new Date('2030-06-09T12:00:00Z'))
  logged.length = 0
  simulator = await startSimulator({
    port: 0,
    clock,
    random: count => new Uint8Array(count).fill(35),
    log: (level, msg) => logged.push(`${level} ${msg}`),
    ...options,
  })
  return simulator
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-simulator-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const requestId = '6f2c1a3e-9a51-4a0e-8f4c-0b6f7d1c2e3a'
const visa = '4000000000100000'
const mastercard = '5200000000100005'

function question(change: Record<string, unknown> = {}) {
  return {
    requestId,
    network: 'VISA',
    pan: visa,
    expiry: '3112',
    currency: 'USD',
    merchant: { id: 'M-1', name: 'A shop' },
    storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
    ...change,
  }
}

function post(body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${simulator.url}/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
}

async function verify(change: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const response = await post(question(change))
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, string>
}

async function log(search = ''): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${simulator.url}/log${search}`)
  return ((await response.json()) as { entries: Record<string, unknown>[] }).entries
}

describe('what the issuer says, row by row', () => {
  beforeAll(async () => {
    await startUntilStopped()
  })
  afterAll(() => simulator.stop())

  it.each([...antomCards, ...wellKnownCards])('$number of $brand is approved', async ({ number, brand }) => {
    expect(await verify({ network: brand, pan: number })).toMatchObject({ responseCode: '00' })
  })

  it.each(responseCodes.flatMap(({ code }) => [['VISA', code] as const, ['MASTERCARD', code] as const]))(
    'the number on %s asks for response code %s',
    async (network, responseCode) => {
      const answer = await verify({ network, pan: testCardNumber({ brand: network, responseCode }), cvv2: '123' })

      expect(answer).toMatchObject({ responseCode, cvvResult: 'M' })
      expect('authCode' in answer).toBe(responseCode === '00')
      expect('networkTransactionId' in answer).toBe(responseCode === '00')
    },
  )

  it.each([
    ['VISA', visa, '999', 'N7', 'N'],
    ['VISA', visa, '998', '00', 'U'],
    ['VISA', visa, '997', '00', 'P'],
    ['VISA', visa, '123', '00', 'M'],
    ['MASTERCARD', mastercard, '999', '63', 'N'],
    ['MAESTRO', '6799990000100002', '999', '63', 'N'],
    ['CARTES_BANCAIRES', '5200002500100006', '999', 'N7', 'N'],
    ['MASTERCARD', '5200002500100006', '999', '63', 'N'],
    ['AMEX', '340000000100007', '9999', 'N7', 'N'],
    ['AMEX', '340000000100007', '9998', '00', 'U'],
    ['AMEX', '340000000100007', '9997', '00', 'P'],
    ['AMEX', '340000000100007', '1234', '00', 'M'],
    ['AMEX', '340000000100007', '999', '00', 'M'],
  ])('CVV on %s, %s with %s: %s, %s', async (network, pan, cvv2, responseCode, cvvResult) => {
    expect(await verify({ network, pan, cvv2 })).toMatchObject({ responseCode, cvvResult })
  })

  it.each([
    ['00001', 'N'],
    ['00002', 'A'],
    ['00003', 'Z'],
    ['00004', 'U'],
    ['00005', 'R'],
    ['94110', 'Y'],
  ])('an address with the postcode %s is judged %s and declines nothing', async (postcode, avsResult) => {
    expect(await verify({ avs: { postcode, line1: '1 Main St' } })).toMatchObject({ responseCode: '00', avsResult })
  })
})

describe('an approval', () => {
  it('on Visa carries an authorisation code and a transaction id of 15 digits', async () => {
    await start()
    expect(await verify()).toEqual({
      responseCode: '00',
      authCode: '555555',
      networkTransactionId: '555555555555555',
    })
  })

  it('on Mastercard carries a transaction id of 9 letters and digits and the date', async () => {
    await start()
    expect(await verify({ network: 'MASTERCARD', pan: mastercard })).toEqual({
      responseCode: '00',
      authCode: '555555',
      networkTransactionId: 'ZZZZZZZZZ0609',
    })
  })

  it('has an id of its own each time, of the shape that its network gives', async () => {
    await start({ random: count => crypto.getRandomValues(new Uint8Array(count)) })
    const ids = new Set<string>()
    for (const network of networks) {
      const { networkTransactionId } = await verify({ network, pan: testCardNumber({ brand: network }) })
      ids.add(networkTransactionId!)
      expect(networkTransactionId).toMatch(
        network === 'MASTERCARD' || network === 'MAESTRO' ? /^[0-9A-Z]{9}0609$/ : /^\d{15}$/,
      )
    }
    expect(ids.size).toBe(networks.length)
  })

  it('does not depend on what the number says about 3DS', async () => {
    await start()
    expect(await verify({ pan: testCardNumber({ brand: 'VISA', tt: '12' }) })).toMatchObject({ responseCode: '00' })
    expect(await verify({ pan: testCardNumber({ prefix: '40000004' }) })).toMatchObject({ responseCode: '00' })
  })
})

describe('a decline by script', () => {
  it.each(['1', '2'] as const)('waits for payments in mode %s', async mode => {
    await start()
    const pan = testCardNumber({ brand: 'VISA', mode, responseCode: '51' })
    expect(await verify({ pan })).toMatchObject({ responseCode: '00' })
  })

  it("is 05 for Antom's failure cards where the sandbox is set up so", async () => {
    await start({ declineFailureCards: true })
    expect(await verify({ pan: '4054692760174822' })).toEqual({ responseCode: '05' })
    expect(await verify({ network: 'MASTERCARD', pan: '5162770472561357' })).toEqual({ responseCode: '05' })
    expect(await verify({ pan: '4054695723100768' })).toMatchObject({ responseCode: '00' })
    expect(await verify({ pan: '4000000000101511' })).toMatchObject({ responseCode: '00' })
  })
})

describe('an issuer with a mode', () => {
  it('3 never answers and drops the line after a minute', async () => {
    await start()
    const answer = post(question({ pan: '4000000000103004' }))
    await vi.waitFor(() => expect(clock.waiting).toBe(1))
    expect(await log()).toMatchObject([{ responseCode: 'no answer', delivery: 'never', maskedPan: '************3004' }])

    clock.advance(59_999)
    expect(clock.waiting).toBe(1)
    clock.advance(1)
    await expect(answer).rejects.toThrow()
  })

  it('3 forgets the line when the other side hangs up', async () => {
    await start()
    const caller = new AbortController()
    const answer = post(question({ pan: '4000000000103004' }), caller.signal)
    await vi.waitFor(() => expect(clock.waiting).toBe(1))

    caller.abort()
    await expect(answer).rejects.toThrow()
    await vi.waitFor(() => expect(clock.waiting).toBe(0))
  })

  it('4 answers after 12 seconds', async () => {
    await start()
    const answer = verify({ pan: '4000000000104002' })
    await vi.waitFor(() => expect(clock.waiting).toBe(1))

    clock.advance(11_999)
    expect(clock.waiting).toBe(1)
    clock.advance(1)
    expect(await answer).toMatchObject({ responseCode: '00' })
    expect(await log()).toMatchObject([{ responseCode: '00', delivery: 'late' }])
  })

  it('5 cuts its answer in the middle', async () => {
    await start()
    const response = await post(question({ pan: '4000000000105009' }))

    await expect(response.text()).rejects.toThrow()
    const [entry] = await log()
    expect(entry).toMatchObject({ responseCode: 'no answer', delivery: 'cut' })
    expect(entry).not.toHaveProperty('networkTransactionId')
  })

  it('6 is not reachable the first time, number by number', async () => {
    await start()
    const pan = '4000000000106007'
    const other = testCardNumber({ brand: 'VISA', mode: '6', fill: '7' })

    expect(await verify({ pan })).toEqual({ responseCode: '91' })
    expect(await verify({ pan })).toMatchObject({ responseCode: '00' })
    expect(await verify({ pan: other })).toEqual({ responseCode: '91' })
    expect(await verify({ pan })).toMatchObject({ responseCode: '00' })
  })
})

describe('the CVV', () => {
  it('that was not given gets no verdict', async () => {
    await start()
    expect(await verify()).not.toHaveProperty('cvvResult')
    expect(await log()).toMatchObject([{ cvvGiven: false }])
  })

  it('that is wrong does not hide what the number says', async () => {
    await start()
    expect(await verify({ pan: '4000000000100414', cvv2: '999' })).toEqual({ responseCode: '41', cvvResult: 'N' })
  })
})

describe('the expiry date', () => {
  it('12/49 is not the one on file', async () => {
    await start()
    expect(await verify({ expiry: '4912', cvv2: '999' })).toEqual({ responseCode: '54', cvvResult: 'N' })
    expect(await verify({ expiry: '4911' })).toMatchObject({ responseCode: '00' })
  })
})

describe('the address', () => {
  it('that was not given gets no verdict', async () => {
    await start()
    expect(await verify()).not.toHaveProperty('avsResult')
    expect(await verify({ avs: {} })).not.toHaveProperty('avsResult')
    expect(await verify({ avs: { line1: '1 Main St' } })).toMatchObject({ avsResult: 'Y' })
  })
})

describe('a number that is no test card', () => {
  it('is refused, and nothing of it is kept', async () => {
    const folder = newFolder()
    await start({ folder })
    const pan = '4539578763621486'

    expect(await verify({ pan, cvv2: '737', cardholderName: 'Ada Byron', avs: { postcode: '10115' } })).toEqual({
      responseCode: '14',
    })

    const entries = await log()
    expect(entries).toMatchObject([{ requestId, network: 'VISA', refused: true, responseCode: '14' }])
    expect(entries[0]).not.toHaveProperty('maskedPan')
    const kept = readFileSync(join(folder, 'ledger.jsonl'), 'utf8') + JSON.stringify(entries) + logged.join()
    for (const secret of [pan, '453957', '1486', '737', 'Byron', '10115', 'A shop']) expect(kept).not.toContain(secret)
  })
})

describe('the ledger', () => {
  it('shows what was given without showing it', async () => {
    const folder = newFolder()
    await start({ folder })
    await verify({ cvv2: '737', cardholderName: 'Ada Byron', avs: { postcode: '10115' } })

    expect(await log()).toEqual([
      {
        at: '2030-06-09T12:00:00.000Z',
        requestId,
        network: 'VISA',
        maskedPan: '************0000',
        refused: false,
        currency: 'USD',
        storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
        expiryGiven: true,
        cvvGiven: true,
        cardholderNameGiven: true,
        avsGiven: true,
        responseCode: '00',
        delivery: 'at-once',
        authCode: '555555',
        networkTransactionId: '555555555555555',
        cvvResult: 'M',
        avsResult: 'Y',
      },
    ])
    const kept = readFileSync(join(folder, 'ledger.jsonl'), 'utf8')
    for (const secret of [visa, '737', 'Byron', '10115', 'A shop', '3112']) expect(kept).not.toContain(secret)
    expect(statSync(join(folder, 'ledger.jsonl')).mode & 0o777).toBe(0o600)
  })

  it('shows that a question was asked twice, newest last', async () => {
    await start()
    const other = '0b0e7a52-2f55-4c7a-9d06-5d1a2f0c9e11'
    await verify()
    await verify({ requestId: other, pan: '4000000000100059' })
    await verify()

    expect((await log()).map(entry => entry['requestId'])).toEqual([requestId, other, requestId])
    expect(await log(`?requestId=${requestId}`)).toHaveLength(2)
    expect(await log(`?requestId=${other}`)).toMatchObject([{ responseCode: '05' }])
    expect(simulator.log(other)).toMatchObject([{ maskedPan: '************0059' }])
  })

  it('survives a restart', async () => {
    const folder = join(newFolder(), 'made', 'on the way')
    await start({ folder })
    await verify()
    await simulator.stop()

    await start({ folder })
    await verify({ pan: '4000000000100059' })
    expect(await log()).toMatchObject([{ responseCode: '00' }, { responseCode: '05' }])
    await simulator.stop()

    await start({ folder })
    expect(await log()).toHaveLength(2)
  })

  it('loses no more than half a line to a kill', async () => {
    const folder = newFolder()
    await start({ folder })
    await verify()
    await simulator.stop()
    appendFileSync(join(folder, 'ledger.jsonl'), '{"at":"2030-06-')

    await start({ folder })
    await verify({ pan: '4000000000100059' })
    await simulator.stop()

    await start({ folder })
    expect(await log()).toMatchObject([{ responseCode: '00' }, { responseCode: '05' }])
  })

  it('that is damaged stops the start, with the line and what to do', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'ledger.jsonl'), '{}\nnot a line\n')
    await expect(start({ folder })).rejects.toThrow(/^Line 2 of .*ledger\.jsonl is damaged: move the file away/)
  })

  it('that has no place stops the start', async () => {
    const file = join(newFolder(), 'a file')
    writeFileSync(file, '')
    await expect(start({ folder: file })).rejects.toThrow(/^The simulator cannot use .* \(E[A-Z]+\): /)
  })
})

describe('a malformed question', () => {
  const { pan: _pan, ...withoutPan } = question()
  it.each([
    ['pan', withoutPan],
    ['pan', question({ pan: '4000 0000 0010 0000' })],
    ['pan', question({ pan: 4000000000100000 })],
    ['requestId', question({ requestId: 'one' })],
    ['network', question({ network: 'VISACARD' })],
    ['expiry', question({ expiry: '3113' })],
    ['cvv2', question({ cvv2: '12' })],
    ['cvv2', question({ cvv2: null })],
    ['cvv', question({ cvv: '737' })],
    ['currency', question({ currency: 'usd' })],
    ['merchant.name', question({ merchant: { id: 'M-1' } })],
    [
      'storedCredential.reason',
      question({ storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'X' } }),
    ],
    ['avs.postcode', question({ avs: { postcode: 10115 } })],
    ['avs', question({ avs: { '4539578763621486': 'x' } })],
    ['body', []],
    ['body', '{"pan":"4539578763621486"'],
    ['body', ''],
  ])('is answered 400 and the name of the field: %s', async (field, body) => {
    await start()
    const response = await post(body)

    expect(response.status).toBe(400)
    const answer = await response.text()
    expect(JSON.parse(answer)).toEqual({ error: { field, message: expect.any(String) } })
    for (const secret of ['4539578763621486', visa, '737']) expect(answer).not.toContain(secret)
    expect(await log()).toEqual([])
  })

  it('may not be longer than 8 KiB', async () => {
    await start()
    const response = await post(question({ cardholderName: 'x'.repeat(8192) }))

    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ error: { field: 'body', message: 'is longer than 8 KiB' } })
  })

  it('of another kind than JSON is refused', async () => {
    await start()
    const response = await fetch(`${simulator.url}/verify`, {
      method: 'POST',
      body: new URLSearchParams({ pan: visa }),
    })
    expect(response.status).toBe(415)
  })
})

describe('the process around it', () => {
  it('is alive', async () => {
    await start()
    expect((await fetch(`${simulator.url}/livez`)).status).toBe(200)
    expect((await fetch(`${simulator.url}/`)).status).toBe(404)
  })

  it('stops at once while lines are held', async () => {
    await start()
    const held = ['4000000000103004', '4000000000104002'].map(pan => post(question({ pan })).catch(() => 'broken'))
    await vi.waitFor(() => expect(clock.waiting).toBe(2))

    const before = performance.now()
    await simulator.stop()
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(await Promise.all(held)).toEqual(['broken', 'broken'])
    await vi.waitFor(() => expect(clock.waiting).toBe(0))
  })

  it('says what to do when its port is taken', async () => {
    await start()
    const port = Number(new URL(simulator.url).port)
    await expect(startSimulator({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`)
  })
})
