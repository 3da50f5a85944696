import { describe, expect, it } from 'vitest'
import { mastercardLike, visaLike } from './iso8583/dialects.js'
import type { Client } from './testing/client.js'
import { management, question, reversalOf, said } from './testing/client.js'
import { bothDialects, eventually, newFolder, startForTest } from './testing/start.js'

const late = { 'mastercard-like': '5200000000104007', 'visa-like': '4000000000104002' }
const silent = { 'mastercard-like': '5200000000103009', 'visa-like': '4000000000103004' }
const broken = { 'mastercard-like': '5200000000105004', 'visa-like': '4000000000105009' }

/** What has arrived since the sign-on: MTI and response code. */
const arrived = (client: Client) =>
  client.received.slice(1).map(one => (one === 'garbled' ? one : `${one.mti} ${said(one)['responseCode']}`))

describe.each(bothDialects)('%s network management', (_name, dialect) => {
  it('answers sign-on, echo test and sign-off, and repeats what names them', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect, { signOn: false })
    for (const code of ['001', '301', '002']) {
      const answer = await client.ask(management(code, '000077'))
      expect(answer.mti).toBe('0810')
      expect(Object.fromEntries(answer.elements)).toEqual({ 7: '0609120000', 11: '000077', 39: '00', 70: code })
    }
    expect(simulator.log().map(({ kind }) => kind)).toEqual(['sign-on', 'sign-off'])
  })

  it('answers 12 to a code that it does not know and 30 to none', async () => {
    const { connect } = await startForTest()
    const client = await connect(dialect)
    expect(said(await client.ask(management('777')))['responseCode']).toBe('12')
    const none = management('001')
    expect(said(await client.ask({ ...none, elements: new Map([...none.elements].slice(0, 2)) }))['responseCode']).toBe(
      '30',
    )
  })

  it('is needed first: without sign-on every question is answered 91 and counts as not asked', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect, { signOn: false })
    const asked = question(dialect)
    const answer = await client.ask(asked)
    expect(said(answer)['responseCode']).toBe('91')
    expect(said(await client.ask(reversalOf(asked)))['responseCode']).toBe('91')
    expect(simulator.log()).toMatchObject([
      { kind: 'refused', reason: 'not-signed-on', mti: '0100' },
      { kind: 'refused', reason: 'not-signed-on', mti: '0400' },
    ])

    await client.ask(management('001'))
    expect(said(await client.ask(asked))['responseCode']).toBe(dialect === visaLike ? '85' : '00')
    await client.ask(management('002'))
    expect(said(await client.ask(question(dialect, { stan: '000002' })))['responseCode']).toBe('91')
  })
})

describe.each(bothDialects)('a %s reversal', (name, dialect) => {
  it('is acknowledged and marks the question that it names', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect)
    await client.ask(asked)
    expect(simulator.log({ stan: '000001' })).toMatchObject([{ reversed: false }])

    const answer = await client.ask(reversalOf(asked))
    expect(answer.mti).toBe('0410')
    expect(answer.elements.get(90)).toBe(`010000000106091200000000012345600000000000`)
    expect(said(answer)['responseCode']).toBe('00')
    expect(simulator.log({ stan: '000001' })).toMatchObject([{ kind: 'verification', reversed: true }])
    expect(simulator.log().at(-1)).toMatchObject({
      kind: 'reversal',
      effect: 'reversed',
      original: { stan: '000001', transmittedAt: '0609120000', acquirerId: '123456' },
    })
  })

  it('that is repeated, on whatever connection, is acknowledged again and has no second effect', async () => {
    const { simulator, connect } = await startForTest()
    const asked = question(dialect)
    const client = await connect(dialect)
    await client.ask(asked)
    await client.ask(reversalOf(asked))
    client.end()

    const other = await connect(dialect)
    for (const [mti, answered] of [
      ['0401', '0410'],
      ['0420', '0430'],
      ['0421', '0430'],
    ]) {
      const answer = await other.ask(reversalOf(asked, { mti: mti! }))
      expect([answer.mti, said(answer)['responseCode']]).toEqual([answered, '00'])
    }
    expect(
      simulator
        .log()
        .filter(({ kind }) => kind === 'reversal')
        .map(({ effect }) => effect),
    ).toEqual(['reversed', 'already-reversed', 'already-reversed', 'already-reversed'])
  })

  it('of a question that was never asked is answered 25, and the question is refused when it comes after all', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect)
    expect(said(await client.ask(reversalOf(asked)))['responseCode']).toBe('25')
    expect(said(await client.ask(asked))).toEqual({ responseCode: '94' })
    expect(simulator.log().slice(1)).toMatchObject([
      { kind: 'reversal', effect: 'no-original' },
      { kind: 'refused', reason: 'reversed-before', responseCode: '94' },
    ])
    // Another terminal's question with the same numbers has not been reversed.
    const elsewhere = question(dialect, { change: { 41: 'TERM0002' } })
    expect(said(await client.ask(elsewhere))['responseCode']).not.toBe('94')
  })

  it('may leave the acquirer out of DE90 and the terminal out altogether', async () => {
    const { connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect)
    await client.ask(asked)
    const change = { 41: undefined, 90: `010000000106091200000000000000000000000000` }
    expect(said(await client.ask(reversalOf(asked, { change })))['responseCode']).toBe('00')
  })

  it('without DE90 is a format error and reverses nothing', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect)
    await client.ask(asked)
    expect(said(await client.ask(reversalOf(asked, { change: { 90: undefined } })))['responseCode']).toBe('30')
    expect(simulator.log({ stan: '000001' })).toMatchObject([{ reversed: false }])
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'refused', reason: 'malformed', element: 90 })
  })

  it('can be lost on its way, or its answer', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect)
    await client.ask(asked)

    simulator.control({ dropReversals: 1, dropReversalAnswers: 1 })
    client.send(reversalOf(asked, { stan: '500001' }))
    await client.ask(management('301'))
    expect(simulator.log({ stan: '000001' })).toMatchObject([{ reversed: false }])
    client.send(reversalOf(asked, { mti: '0401', stan: '500002' }))
    await client.ask(management('301'))
    expect(simulator.log({ stan: '000001' })).toMatchObject([{ reversed: true }])
    expect(arrived(client).filter(one => one.startsWith('04'))).toEqual([])

    await client.ask(reversalOf(asked, { mti: '0401', stan: '500003' }))
    expect(simulator.log().filter(({ kind }) => kind === 'reversal')).toMatchObject([
      { effect: 'none', delivery: 'lost' },
      { effect: 'reversed', delivery: 'lost' },
      { effect: 'already-reversed', delivery: 'at-once' },
    ])
    expect(simulator.control()).toMatchObject({ dropReversals: 0, dropReversalAnswers: 0, dropEchoes: 0 })
  })

  it('of a question without an answer is acknowledged, and no answer comes', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect, { pan: silent[name] })
    client.send(asked)
    expect(said(await client.ask(reversalOf(asked)))['responseCode']).toBe('00')
    expect(arrived(client)).toEqual(['0410 00'])
    expect(simulator.log({ stan: '000001' })).toMatchObject([
      { kind: 'verification', delivery: 'never', responseCode: 'no answer', reversed: true },
    ])
  })

  it('lets a late answer go first, and on its own connection', async () => {
    const { simulator, clock, connect } = await startForTest()
    const client = await connect(dialect)
    const other = await connect(dialect)
    const asked = question(dialect, { pan: late[name] })
    client.send(asked)
    await eventually(() => expect(clock.waiting).toBe(1))
    expect(arrived(client)).toEqual([])

    await other.ask(reversalOf(asked))
    const approval = dialect === visaLike ? '85' : '00'
    await eventually(() => expect(arrived(client)).toEqual([`0110 ${approval}`]))
    expect(arrived(other)).toEqual(['0410 00'])
    await eventually(() => expect(clock.waiting).toBe(0))
    expect(simulator.log().slice(2)).toMatchObject([
      { kind: 'verification', delivery: 'late', responseCode: approval, reversed: true },
      { kind: 'reversal', effect: 'reversed' },
      { kind: 'late-answer', stan: '000001', responseCode: approval },
    ])
  })

  it('gets the late answer with it when the connection of the question is gone', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect, { pan: late[name] })
    client.send(asked)
    await eventually(() => expect(simulator.log({ stan: '000001' })).toHaveLength(1))
    client.end()

    const other = await connect(dialect)
    await eventually(async () => {
      expect((await fetchCounts(simulator.browserUrl)).connections).toBe(1)
    })
    await other.ask(reversalOf(asked))
    expect(arrived(other)).toEqual([dialect === visaLike ? '0110 85' : '0110 00', '0410 00'])
  })
})

describe.each(bothDialects)('a %s answer', (name, dialect) => {
  it('that is late comes after 30 seconds when nobody reverses', async () => {
    const { clock, connect } = await startForTest()
    const client = await connect(dialect)
    const asked = question(dialect, { pan: late[name] })
    const answer = client.ask(asked)
    await eventually(() => expect(clock.waiting).toBe(1))
    clock.advance(29_999)
    expect(clock.waiting).toBe(1)
    clock.advance(1)
    expect(said(await answer)['responseCode']).toBe(dialect === visaLike ? '85' : '00')
  })

  it('of a broken issuer is no message where the STAN is even, and the line stays', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    client.send(question(dialect, { pan: broken[name], stan: '000002' }))
    await client.ask(management('301'))
    expect(arrived(client)).toEqual(['garbled', '0810 00'])
    expect(simulator.log({ stan: '000002' })).toMatchObject([{ kind: 'verification', delivery: 'garbled' }])
  })

  it('of a broken issuer is cut off with the line where the STAN is odd', async () => {
    const { simulator, connect } = await startForTest()
    const client = await connect(dialect)
    await expect(client.ask(question(dialect, { pan: broken[name], stan: '000003' }))).rejects.toThrow('cut')
    expect(client.closed).toBe(true)
    expect(arrived(client)).toEqual([])
    expect(simulator.log({ stan: '000003' })).toMatchObject([{ kind: 'verification', delivery: 'cut' }])

    const other = await connect(dialect)
    expect(said(await other.ask(management('301')))['responseCode']).toBe('00')
  })
})

describe.each(bothDialects)('a %s question', (_name, dialect) => {
  it('that comes twice is decided once, also after a restart', async () => {
    const folder = newFolder()
    const first = await startForTest({ folder })
    const asked = question(dialect, { pan: dialect === visaLike ? '4000000000100414' : '5200000000100419' })
    const client = await first.connect(dialect)
    expect(said(await client.ask(asked))['responseCode']).toBe('41')
    expect(said(await client.ask(asked))).toEqual({ responseCode: '94' })
    await first.simulator.stop()

    const { simulator, connect } = await startForTest({ folder })
    const again = await connect(dialect)
    expect(said(await again.ask(asked))).toEqual({ responseCode: '94' })
    expect(said(await again.ask(reversalOf(asked)))['responseCode']).toBe('00')
    expect(simulator.log({ stan: '000001' }).map(({ kind }) => kind)).toEqual([
      'verification',
      'duplicate',
      'duplicate',
    ])
    expect(simulator.log({ stan: '000001' })[0]).toMatchObject({ reversed: true })
  })

  it('that was reversed before a restart is not approved after it', async () => {
    const folder = newFolder()
    const first = await startForTest({ folder })
    const asked = question(dialect)
    await (await first.connect(dialect)).ask(reversalOf(asked))
    await first.simulator.stop()

    const { connect } = await startForTest({ folder })
    expect(said(await (await connect(dialect)).ask(asked))).toEqual({ responseCode: '94' })
  })

  it.each([
    [2, undefined],
    [2, '40000000001'],
    [3, undefined],
    [4, undefined],
    [7, undefined],
    [7, '1309120000'],
    [11, undefined],
    [14, undefined],
    [14, '3113'],
    [22, undefined],
    [32, undefined],
    [37, undefined],
    [41, '        '],
    [42, undefined],
    [49, undefined],
    [63, undefined],
  ])('whose DE%s is %s is a format error, and no card is looked at', async (number, value) => {
    const { simulator, logged, connect } = await startForTest()
    const answer = await (await connect(dialect)).ask(question(dialect, { change: { [number]: value } }))
    expect(said(answer)).toEqual({ responseCode: '30' })
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'refused', reason: 'malformed', element: number })
    expect(logged.join()).toContain(`DE${number} `)
  })
})

describe('what is wrong within a data element is a format error', () => {
  it.each([
    ['no status inquiry in DE61', { 61: '0000100000600840' }],
    ['half a subelement in DE48', { 48: 'T9203' }],
    ['a CVC2 of two digits', { 48: 'T920212' }],
    ['a stored credential that is none', { 48: 'T22080504X101' }],
    ['an address to verify and none there', { 48: 'T820252' }],
    ['an unknown network', { 63: 'XXX' }],
  ])('mastercard-like: %s', async (_what, change) => {
    const { connect } = await startForTest()
    const answer = await (await connect(mastercardLike)).ask(question(mastercardLike, { change }))
    expect(said(answer)).toEqual({ responseCode: '30' })
  })

  it.each([
    ['another purpose in DE25', { 25: '59' }],
    ['an unknown network in DE63', { 63: Buffer.from('8000009999', 'hex') }],
    ['a part that DE126 does not hold', { 126: Buffer.from('0080000000000000', 'hex') }],
    ['a CVV2 of two digits', { 126: Buffer.from('0040000000000000f1f14040f1f2', 'hex') }],
    ['a CVV2 announced and left blank', { 126: Buffer.from('0040000000000000f1f140404040', 'hex') }],
  ])('visa-like: %s', async (_what, change) => {
    const { connect } = await startForTest()
    const answer = await (await connect(visaLike)).ask(question(visaLike, { change }))
    expect(said(answer)).toEqual({ responseCode: '30' })
  })
})

async function fetchCounts(url: string): Promise<{ connections: number }> {
  const body = (await (await fetch(`${url}/log`)).json()) as { counts: { connections: number } }
  return body.counts
}
