import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mastercardLike, visaLike } from './iso8583/dialects.js'
import { question, reversalOf, said } from './testing/client.js'
import { eventually, newFolder, startForTest } from './testing/start.js'

describe('the ledger', () => {
  it('shows what was given without showing it', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(mastercardLike)
    await client.ask(question(mastercardLike, { cvv: '737', avs: ['10115', 'HIDDEN STREET 1'], credential: 'C103' }))

    expect(simulator.log({ stan: '000001' })).toEqual([
      {
        at: '2030-06-09T12:00:00.000Z',
        kind: 'verification',
        mti: '0100',
        dialect: 'mastercard-like',
        network: 'MASTERCARD',
        maskedPan: '************0005',
        stan: '000001',
        rrn: '016012000001',
        transmittedAt: '0609120000',
        acquirerId: '123456',
        terminalId: 'TERM0001',
        merchantId: 'MERCHANT-0001',
        processingCode: '000000',
        amount: '000000000000',
        currency: '840',
        posEntry: '812',
        expiryGiven: true,
        cvvGiven: true,
        avsGiven: true,
        cavvGiven: false,
        storedCredential: 'C103',
        responseCode: '00',
        delivery: 'at-once',
        authCode: '555555',
        networkTransactionId: 'ZZZZZZZZZ0609',
        cvvResult: 'M',
        avsResult: 'Y',
        reversed: false,
      },
    ])
  })

  it('names the stored credential and the proof of authentication of a Visa-like question', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(visaLike)
    const proven = Buffer.concat([Buffer.from('0088000000000000', 'hex'), Buffer.alloc(20, 1), Buffer.of(0xd9)])
    await client.ask(question(visaLike, { change: { 126: proven } }))
    expect(simulator.log({ stan: '000001' })).toMatchObject([
      { storedCredential: 'R', cavvGiven: true, cvvGiven: false },
    ])
  })

  it('finds entries by their RRN and STAN', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(visaLike)
    await client.ask(question(visaLike))
    await client.ask(question(visaLike, { stan: '000002', pan: '4000000000100059' }))
    await client.ask(reversalOf(question(visaLike)))

    expect(simulator.log({ rrn: '016012000001' }).map(({ kind }) => kind)).toEqual(['verification', 'reversal'])
    expect(simulator.log({ stan: '000002' })).toMatchObject([{ responseCode: '05', maskedPan: '************0059' }])
    expect(simulator.log({ rrn: '016012000001', stan: '000002' })).toEqual([])
  })

  it('is written for its owner alone, and survives a restart', async () => {
    const folder = join(newFolder(), 'made', 'on the way')
    for (const stan of ['000001', '000002', '000003']) {
      const { simulator, connect } = await startForTest({ folder })
      await (await connect(visaLike)).ask(question(visaLike, { stan }))
      expect(simulator.log({ stan: '000001' })).toHaveLength(1)
      await simulator.stop()
    }
    const { simulator } = await startForTest({ folder })
    expect(simulator.log().map(({ kind }) => kind)).toEqual(Array(3).fill(['sign-on', 'verification']).flat())
    expect(statSync(join(folder, 'ledger.jsonl')).mode & 0o777).toBe(0o600)
  })

  it('holds an answer before it leaves', async () => {
    const folder = newFolder()
    const { simulator, connect } = await startForTest({ folder })
    const client = await connect(visaLike)
    await client.ask(question(visaLike))
    const lines = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ stan: '000001', responseCode: '85' })
    await simulator.stop()
  })

  it('loses no more than half a line to a kill', async () => {
    const folder = newFolder()
    const first = await startForTest({ folder })
    await (await first.connect(visaLike)).ask(question(visaLike))
    await first.simulator.stop()
    appendFileSync(join(folder, 'ledger.jsonl'), '{"at":"2030-06-')

    const second = await startForTest({ folder })
    await (await second.connect(visaLike)).ask(question(visaLike, { stan: '000002' }))
    await second.simulator.stop()

    const { simulator } = await startForTest({ folder })
    expect(simulator.log().filter(({ kind }) => kind === 'verification')).toHaveLength(2)
  })

  it('passes over entries from before the issuer spoke ISO 8583', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'ledger.jsonl'), '{"at":"2026-11-23T12:00:00.000Z","requestId":"6f2c1a3e"}\n')
    const { simulator } = await startForTest({ folder })
    expect(simulator.log()).toEqual([])
  })

  it('that is damaged stops the start, with the line and what to do', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'ledger.jsonl'), '{}\nnot a line\n')
    await expect(startForTest({ folder })).rejects.toThrow(/^Line 2 of .*ledger\.jsonl is damaged: move the file away/)
  })

  it('that has no place stops the start', async () => {
    const file = join(newFolder(), 'a file')
    writeFileSync(file, '')
    await expect(startForTest({ folder: file })).rejects.toThrow(/^The simulator cannot use .* \(E[A-Z]+\): /)
  })

  it('that cannot be written keeps answers back, and the issuer alive', async () => {
    const folder = newFolder()
    mkdirSync(folder, { recursive: true })
    const { simulator, logged, connect } = await startForTest({ folder, clock: undated() })
    const client = await connect(visaLike, { signOn: false })
    client.send(question(visaLike))
    await eventually(() => expect(logged).toEqual(['error a message was not processed: RangeError']))
    expect(client.received).toEqual([])
    expect(simulator.log()).toEqual([])
    expect(client.closed).toBe(false)
  })
})

/** A clock whose time cannot be written down. */
function undated() {
  return { now: () => new Date(Number.NaN), wait: async () => false }
}

it('a number that is no test card is refused with 14, and nothing of it is kept', async () => {
  const { simulator, connect } = await startForTest()
  const client = await connect(visaLike)
  expect(said(await client.ask(question(visaLike, { pan: '4539578763621486', cvv: '123' })))).toEqual({
    responseCode: '14',
  })
  const [entry] = simulator.log({ stan: '000001' })
  expect(entry).toMatchObject({ kind: 'refused', reason: 'not-a-test-card', responseCode: '14' })
  expect(entry).not.toHaveProperty('maskedPan')
})
