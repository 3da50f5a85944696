import { describe, expect, it } from 'vitest'
import type { Message } from './iso8583/codec.js'
import { type Dialect, visaLike } from './iso8583/dialects.js'
import { type Client, management, question, reversalOf, said } from './testing/client.js'
import { type AdviceWish, advice, type PaymentWish, payment, voidOf } from './testing/payments.js'
import { bothDialects, newFolder, startForTest } from './testing/start.js'

const dayMs = 24 * 60 * 60_000
const otherCard = { 'visa-like': '4000000100100009', 'mastercard-like': '5200000100100004' }

const codeOf = async (client: Client, message: Message) => said(await client.ask(message))['responseCode']

/** A simulator that has approved a payment of 10.00, and how to tell it of money. Each advice is a new one. */
async function startPaid(dialect: Dialect, wish: PaymentWish = {}, options: Parameters<typeof startForTest>[0] = {}) {
  const started = await startForTest(options)
  const client = await started.connect(dialect)
  const asked = payment(dialect, wish)
  expect(await codeOf(client, asked)).toBe('00')
  let stan = 610_000
  const next = (how: AdviceWish) => {
    stan += 1
    return advice(dialect, asked, { stan: String(stan), ...how })
  }
  return {
    ...started,
    client,
    asked,
    capture: (amount: number, how: AdviceWish = {}) => codeOf(client, next({ amount, ...how })),
    refund: (amount: number, how: AdviceWish = {}) => codeOf(client, next({ refund: true, amount, ...how })),
    undo: (how: Parameters<typeof voidOf>[1] = {}) => {
      stan += 1
      return codeOf(client, voidOf(asked, { stan: String(stan), ...how }))
    },
    account: () => started.simulator.accounts()[0],
    lastEntry: () => started.simulator.log().at(-1),
  }
}

describe.each(bothDialects)('a %s capture', (name, dialect) => {
  it('is taken, answered 0230 and in the account, and the card may be gone by then', async () => {
    const { client, asked, simulator, account } = await startPaid(dialect)
    const taken = advice(dialect, asked, { amount: 400, authCode: '555555' })
    const answer = await client.ask(taken)
    expect(answer.mti).toBe('0230')
    expect(said(answer)['responseCode']).toBe('00')
    for (const number of [2, 3, 4, 7, 11, 32, 37, 41, 49, 90]) {
      expect(answer.elements.get(number)).toEqual(taken.elements.get(number))
    }
    const rest = advice(dialect, asked, { amount: 600, stan: '600002', withoutCard: true })
    expect(await codeOf(client, rest)).toBe('00')
    expect(account()).toEqual({
      stan: '000001',
      transmittedAt: '0609120000',
      acquirerId: '123456',
      terminalId: 'TERM0001',
      rrn: '016012000001',
      merchantId: 'MERCHANT-0001',
      network: dialect === visaLike ? 'VISA' : 'MASTERCARD',
      currency: '840',
      kind: 'authorisation',
      authorised: '1000',
      captured: '1000',
      refunded: '0',
      voided: '0',
      reversed: false,
      at: '2030-06-09T12:00:00.000Z',
    })
    const entries = simulator.log().filter(({ kind }) => kind === 'advice')
    expect(entries).toMatchObject([
      { moves: 'capture', effect: 'captured', amount: '000000000400', original: { stan: '000001' } },
      { moves: 'capture', effect: 'captured', amount: '000000000600' },
    ])
    expect(entries[1]).not.toHaveProperty('maskedPan')
  })

  it('of more than is left is refused with 13, and so is one of nothing', async () => {
    const { capture, account, lastEntry } = await startPaid(dialect)
    expect(await capture(1001)).toBe('13')
    expect(await capture(0)).toBe('13')
    expect(await capture(700)).toBe('00')
    expect(await capture(301)).toBe('13')
    expect(lastEntry()).toMatchObject({ effect: 'refused', reason: 'more-than-is-left', responseCode: '13' })
    expect(account()).toMatchObject({ captured: '700' })
  })

  it('of a payment that was taken back is refused with 12', async () => {
    const { capture, undo, account } = await startPaid(dialect)
    expect(await undo()).toBe('00')
    expect(await capture(1000)).toBe('12')
    expect(account()).toMatchObject({ captured: '0', voided: '1000', reversed: true })
  })

  it('is possible for 30 days, and its refund for longer', async () => {
    const { clock, capture, refund, lastEntry } = await startPaid(dialect)
    clock.advance(30 * dayMs)
    expect(await capture(500)).toBe('00')
    clock.advance(1)
    expect(await capture(500)).toBe('12')
    expect(lastEntry()).toMatchObject({ effect: 'refused', reason: 'authorisation-expired' })
    expect(await refund(500)).toBe('00')
  })

  it('of what was never authorised is answered 25', async () => {
    const { client, simulator, capture, lastEntry } = await startPaid(dialect)
    const never = payment(dialect, { stan: '000009' })
    expect(await codeOf(client, advice(dialect, never))).toBe('25')
    const declined = payment(dialect, { stan: '000010', expiry: '4912' })
    await client.ask(declined)
    expect(await codeOf(client, advice(dialect, declined, { stan: '600101' }))).toBe('25')
    const verified = question(dialect, { stan: '000011' })
    await client.ask(verified)
    expect(await codeOf(client, advice(dialect, verified, { stan: '600102' }))).toBe('25')

    expect(await capture(1000, { authCode: '123456' })).toBe('25')
    expect(lastEntry()).toMatchObject({ effect: 'no-original', reason: 'other-auth-code' })
    expect(await capture(1000, { change: { 2: otherCard[name] } })).toBe('25')
    expect(lastEntry()).toMatchObject({ effect: 'no-original', reason: 'other-card' })
    expect(await capture(1000, { change: { 41: 'TERM0002' } })).toBe('25')
    expect(simulator.accounts()).toMatchObject([{ captured: '0' }])
  })

  // 4000 0000 0010 0000 ends with the digits of 100 000, and begins with those of 400 000 000.
  it.each([100_000, 20_000_000, 400_000_000, 520_000_000_000])(
    'of a round sum is a sum, whatever zeros the card has: %i',
    async amount => {
      const pan = dialect === visaLike ? '4000000000100000' : '5200000000100005'
      const { capture, account } = await startPaid(dialect, { pan, amount })
      expect(account()).toMatchObject({ authorised: String(amount) })
      expect(await capture(amount)).toBe('00')
      expect(account()).toMatchObject({ captured: String(amount) })
    },
  )

  it('in another currency is refused with 12, and what is neither capture nor refund as well', async () => {
    const { capture, lastEntry } = await startPaid(dialect)
    expect(await capture(1000, { change: { 49: '978' } })).toBe('12')
    expect(lastEntry()).toMatchObject({ reason: 'other-currency' })
    expect(await capture(1000, { change: { 3: '310000' } })).toBe('12')
    expect(lastEntry()).toMatchObject({ kind: 'refused', reason: 'unknown-transaction' })
  })

  it.each([3, 4, 7, 11, 32, 41, 49, 90])('without DE%i is a format error and moves nothing', async element => {
    const { client, asked, account, lastEntry } = await startPaid(dialect)
    const broken = advice(dialect, asked, { change: { [element]: undefined } })
    const answer = await client.ask(broken)
    expect(said(answer)['responseCode']).toBe('30')
    expect(lastEntry()).toMatchObject({ kind: 'refused', reason: 'malformed', element })
    expect(account()).toMatchObject({ captured: '0' })
  })

  it('on a connection without sign-on counts as not sent', async () => {
    const { asked, connect, capture } = await startPaid(dialect)
    const stranger = await connect(dialect, { signOn: false })
    const early = advice(dialect, asked, { amount: 999 })
    expect(await codeOf(stranger, early)).toBe('91')
    await stranger.ask(management('001'))
    expect(await codeOf(stranger, early)).toBe('00')
    expect(await capture(1)).toBe('00')
  })

  it('that comes again is answered as before and moves nothing, also after a restart', async () => {
    const folder = newFolder()
    const { client, asked, simulator, account } = await startPaid(dialect, {}, { folder })
    const taken = advice(dialect, asked, { amount: 600 })
    const tooMuch = advice(dialect, asked, { amount: 500, stan: '600002' })
    const again = (message: Message) => ({ ...message, mti: '0221' })
    expect(await codeOf(client, taken)).toBe('00')
    expect(await codeOf(client, tooMuch)).toBe('13')
    expect(await codeOf(client, taken)).toBe('00')
    const answer = await client.ask(again(taken))
    expect([answer.mti, said(answer)['responseCode']]).toEqual(['0230', '00'])
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'advice', effect: 'repeated', responseCode: '00' })
    expect(account()).toMatchObject({ captured: '600' })
    await simulator.stop()

    const restarted = await startForTest({ folder })
    const other = await restarted.connect(dialect)
    expect(await codeOf(other, again(taken))).toBe('00')
    expect(await codeOf(other, again(tooMuch))).toBe('13')
    expect(restarted.simulator.accounts()).toEqual([account()])
    expect(account()).toMatchObject({ captured: '600' })
    // A repeat of what never arrived is the first one here.
    expect(await codeOf(other, advice(dialect, asked, { mti: '0221', amount: 400, stan: '600003' }))).toBe('00')
    expect(restarted.simulator.accounts()).toMatchObject([{ captured: '1000' }])
  })

  it('can be lost on its way, or its answer', async () => {
    const { client, asked, simulator, account } = await startPaid(dialect)
    const taken = advice(dialect, asked, { amount: 600 })
    simulator.control({ dropAdvices: 1, dropAdviceAnswers: 1 })
    client.send(taken)
    await client.ask(management('301'))
    expect(account()).toMatchObject({ captured: '0' })
    client.send({ ...taken, mti: '0221' })
    await client.ask(management('301'))
    expect(account()).toMatchObject({ captured: '600' })
    expect(await codeOf(client, { ...taken, mti: '0221' })).toBe('00')
    expect(account()).toMatchObject({ captured: '600' })
    expect(simulator.log().filter(({ kind }) => kind === 'advice')).toMatchObject([
      { effect: 'none', delivery: 'lost' },
      { effect: 'captured', delivery: 'lost' },
      { effect: 'repeated', delivery: 'at-once' },
    ])
    expect(simulator.control()).toMatchObject({ dropAdvices: 0, dropAdviceAnswers: 0 })
  })
})

describe.each(bothDialects)('a %s refund', (_name, dialect) => {
  it('gives back what was captured, and not a cent more', async () => {
    const { capture, refund, account, lastEntry } = await startPaid(dialect)
    expect(await refund(1)).toBe('13')
    await capture(800)
    expect(await refund(300)).toBe('00')
    expect(lastEntry()).toMatchObject({ kind: 'advice', moves: 'refund', effect: 'refunded', processingCode: '200000' })
    expect(await refund(501)).toBe('13')
    expect(await refund(500)).toBe('00')
    expect(account()).toMatchObject({ authorised: '1000', captured: '800', refunded: '800' })
  })

  it('of a sale needs no capture, and a sale can be captured no further', async () => {
    const { capture, refund, account } = await startPaid(dialect, { sale: true })
    expect(account()).toMatchObject({ kind: 'sale', authorised: '1000', captured: '1000' })
    expect(await capture(1)).toBe('13')
    expect(await refund(1000, { withoutCard: true })).toBe('00')
    expect(account()).toMatchObject({ captured: '1000', refunded: '1000' })
  })

  it('of a payment that was taken back is refused with 12', async () => {
    const { refund, undo } = await startPaid(dialect, { sale: true })
    await undo()
    expect(await refund(1000)).toBe('12')
  })
})

describe.each(bothDialects)('a %s void', (_name, dialect) => {
  it('gives an authorisation up, and what was captured back', async () => {
    const { client, asked, simulator, capture, refund, account } = await startPaid(dialect)
    await capture(800)
    await refund(300)
    const answer = await client.ask(voidOf(asked))
    expect([answer.mti, said(answer)['responseCode']]).toEqual(['0430', '00'])
    expect(account()).toMatchObject({ captured: '0', refunded: '0', voided: '1000', reversed: true })
    expect(simulator.log({ stan: '000001' })).toMatchObject([{ kind: 'payment', reversed: true }])
    expect(await codeOf(client, voidOf(asked, { mti: '0421' }))).toBe('00')
    expect(simulator.log().at(-1)).toMatchObject({ kind: 'reversal', effect: 'already-reversed' })
  })

  it('of a part gives up the rest, and what stays can be captured', async () => {
    const { capture, undo, account, lastEntry } = await startPaid(dialect)
    await capture(300)
    expect(await undo({ stays: 700 })).toBe('00')
    expect(lastEntry()).toMatchObject({ kind: 'reversal', effect: 'voided', actualAmount: '000000000700' })
    expect(account()).toMatchObject({ captured: '300', voided: '300', reversed: false })
    expect(await capture(401)).toBe('13')
    expect(await capture(400)).toBe('00')
    // There is nothing left to give up, which is what was asked for.
    expect(await undo({ stays: 700 })).toBe('00')
    expect(lastEntry()).toMatchObject({ effect: 'already-reversed' })
    expect(await undo({ stays: 0 })).toBe('00')
    expect(account()).toMatchObject({ captured: '0', voided: '1000', reversed: true })
  })

  it('that would leave less than is captured, or more than was authorised, is refused with 13', async () => {
    const { capture, undo, account, lastEntry } = await startPaid(dialect)
    await capture(300)
    expect(await undo({ stays: 299 })).toBe('13')
    expect(lastEntry()).toMatchObject({ effect: 'refused', reason: 'amount-cannot-stay' })
    expect(await undo({ stays: 1001 })).toBe('13')
    expect(account()).toMatchObject({ captured: '300', voided: '0', reversed: false })
  })

  it('of what was never authorised is answered 25', async () => {
    const { client } = await startPaid(dialect)
    const never = payment(dialect, { stan: '000009' })
    expect(await codeOf(client, voidOf(never))).toBe('25')
    const verified = question(dialect, { stan: '000010' })
    await client.ask(verified)
    expect(await codeOf(client, voidOf(verified, { stays: 5, stan: '700002' }))).toBe('25')
  })

  it('that comes before its question counts, also after a restart', async () => {
    const folder = newFolder()
    const { simulator, connect } = await startForTest({ folder })
    const client = await connect(dialect)
    const [whole, part] = [payment(dialect), payment(dialect, { stan: '000002', sale: true })]
    expect(await codeOf(client, voidOf(whole))).toBe('25')
    expect(await codeOf(client, voidOf(part, { stan: '700002', stays: 600 }))).toBe('25')
    await simulator.stop()

    const restarted = await startForTest({ folder })
    const other = await restarted.connect(dialect)
    expect(await codeOf(other, whole)).toBe('94')
    expect(await codeOf(other, part)).toBe('00')
    expect(restarted.simulator.accounts()).toMatchObject([{ stan: '000002', captured: '600', voided: '400' }])
  })

  it.each(['0100', '0200'])('names a question %s, as a reversal of one in doubt does', async mti => {
    const { client, asked, simulator, account } = await startPaid(dialect, { sale: mti === '0200' })
    expect(asked.mti).toBe(mti)
    expect(await codeOf(client, reversalOf(asked))).toBe('00')
    expect(await codeOf(client, reversalOf(asked, { mti: '0401', stan: '500002' }))).toBe('00')
    expect(account()).toMatchObject({ captured: '0', voided: '1000', reversed: true })
    const effects = simulator.log().filter(({ kind }) => kind === 'reversal')
    expect(effects).toMatchObject([{ effect: 'reversed', amount: '000000001000' }, { effect: 'already-reversed' }])
  })
})
