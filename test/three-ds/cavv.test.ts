/** The authentication value on its way to the issuer, which checks it; and what happens where an issuer wants one. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'
import { goThrough } from '../support/play-buyer.js'
import type { Loose } from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, eventsOf, setThreeDS, vaultCard } from '../support/three-ds-calls.js'
import { startWire, type Wire } from '../support/three-ds-wire.js'

const FRICTIONLESS = '4000000000100000'
const CHALLENGED = '4000000000200008'
const MASTERCARD = '5200000000100005'
const GERMAN = '4000000400100006'
const GERMAN_MASTERCARD = '2221000000100007'

let coffer: TestSystem
let asking: Wire
let answering: Wire
beforeAll(async () => {
  asking = await startWire('directory servers')
  answering = await startWire('results')
  coffer = await startSystem({
    env: { COFFER_THREE_DS_POLICY: 'never' },
    directories: url => {
      asking.leadTo(url)
      return sandboxDirectories(asking.url, inject('pkiFolder'))
    },
  })
  answering.leadTo(coffer.resultsUrl)
  setThreeDS(coffer, { resultsUrl: answering.url })
})
afterEach(() => {
  asking.onMessage(undefined)
  answering.onMessage(undefined)
})
afterAll(async () => {
  await coffer?.stop()
  await asking?.stop()
  await answering?.stop()
})

/** Vaults with 3-D Secure and goes the buyer's way. */
async function go(cardNo: string, card: Loose = {}) {
  const verified = coffer.issuerLog().length
  const { id, page } = await vaultCard(coffer, { cardNo, is3DSAuthentication: true, ...card })
  await goThrough(page)
  const { vaultingResultCode: code } = await ended(coffer, id)
  return { id, code, asked: coffer.issuerLog().slice(verified) }
}

/** Changes the authentication value of ARes and RReq. */
function changeValue(change: (value: string) => string | undefined) {
  const changed = (message: Loose) => {
    const value = message['authenticationValue'] as string | undefined
    return value === undefined ? undefined : { ...message, authenticationValue: change(value) }
  }
  asking.onMessage(changed)
  answering.onMessage(changed)
}

function flipped(value: string, bit: number): string {
  const bytes = Buffer.from(value, 'base64')
  bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
  return bytes.toString('base64')
}

describe('an authentication value', () => {
  test.each([
    ['of an ARes', FRICTIONLESS],
    ['of an RReq', CHALLENGED],
    ['of Mastercard', MASTERCARD],
  ])('%s that arrives as it left approves', async (_what, cardNo) => {
    const { code, asked } = await go(cardNo)
    expect({ code, asked: asked.length }).toEqual({ code: 'SUCCESS', asked: 1 })
  })

  test.each([
    ['of an ARes', FRICTIONLESS, 0],
    ['of an ARes', FRICTIONLESS, 77],
    ['of an ARes', FRICTIONLESS, 159],
    ['of an RReq', CHALLENGED, 40],
    ['of an RReq', CHALLENGED, 158],
    ['of Mastercard', MASTERCARD, 100],
  ])('%s of %s with bit %i flipped declines', async (_what, cardNo, bit) => {
    changeValue(value => flipped(value, bit))
    const { code, asked } = await go(cardNo)
    expect({ code, asked: asked.length }).toEqual({ code: 'DO_NOT_HONOR', asked: 1 })
  })

  test('of another card declines', async () => {
    const values: string[] = []
    changeValue(value => {
      values.push(value)
      return value
    })
    await go(FRICTIONLESS)
    changeValue(() => values[0])
    // The same number of another buyer, and another number.
    expect((await go('4000000001100009')).code).toBe('DO_NOT_HONOR')
    expect((await go(CHALLENGED)).code).toBe('DO_NOT_HONOR')
  })

  test('of another transaction of the same card declines where the message names the transaction', async () => {
    const values: string[] = []
    changeValue(value => {
      values.push(value)
      return value
    })
    await go(MASTERCARD)
    changeValue(() => values[0])
    expect((await go(MASTERCARD)).code).toBe('DO_NOT_HONOR')
  })

  test('that proves something else than the ECI says declines', async () => {
    asking.onMessage(message => (message['messageType'] === 'ARes' ? { ...message, eci: '06' } : undefined))
    expect((await go(FRICTIONLESS)).code).toBe('DO_NOT_HONOR')
  })

  test('is in no log and no timeline', async () => {
    const values: string[] = []
    changeValue(value => {
      values.push(value)
      return value
    })
    const { id } = await go(CHALLENGED)
    const inside = JSON.stringify([await eventsOf(coffer, id), coffer.logLines])
    expect(values.length).toBe(1)
    for (const form of ['base64', 'hex', 'base64url'] as const) {
      expect(inside).not.toContain(Buffer.from(values[0]!, 'base64').toString(form))
    }
  })
})

describe('an issuer that wants to know who the buyer is', () => {
  /** What the issuer said, in its order. */
  const verdicts = async (id: string) =>
    (await eventsOf(coffer, id))
      .filter(({ kind }) => kind === 'issuer.answered')
      .map(({ responseCode, soft }) => `${responseCode}${soft ? ' soft' : ''}`)

  test.each([
    ['Visa', GERMAN, '1A soft'],
    ['Mastercard', GERMAN_MASTERCARD, '65 soft'],
  ])('declines softly, and approves when the buyer has been authenticated: %s', async (_what, cardNo, soft) => {
    const { id, answer, page } = await vaultCard(coffer, { cardNo })
    expect(answer.result).toMatchObject({ resultStatus: 'U', resultCode: 'VERIFICATION_IN_PROCESS' })
    const [started] = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.started')
    expect(started).toMatchObject({ reason: 'SOFT_DECLINE' })
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    const [first, second, third] = await verdicts(id)
    expect([first, third]).toEqual([soft, undefined])
    expect(second).not.toContain('soft')
  })

  test('is heard once: a second soft decline is final', async () => {
    // The value goes missing, so that the issuer wants it again.
    changeValue(() => undefined)
    const { id, page } = await vaultCard(coffer, { cardNo: GERMAN })
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'AUTHENTICATION_REQUIRED' })
    expect(await verdicts(id)).toEqual(['1A soft', '1A'])
    expect((await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.started').length).toBe(1)
  })

  test('and hears of no value although the buyer was authenticated at once: its decline is final', async () => {
    changeValue(() => undefined)
    const { id, code, asked } = await go(GERMAN)
    expect({ code, asked: asked.length }).toEqual({ code: 'AUTHENTICATION_REQUIRED', asked: 1 })
    expect(await verdicts(id)).toEqual(['1A'])
  })

  test('and the buyer is not authenticated: no second question', async () => {
    const { id, page } = await vaultCard(coffer, { cardNo: '4000000400120004' })
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'USER_PAYMENT_VERIFICATION_FAILED' })
    expect(await verdicts(id)).toEqual(['1A soft'])
  })

  test('but the card takes no part in 3-D Secure: the decline is the answer', async () => {
    const prefix = '40000004'
    const range = {
      network: 'VISA',
      actionInd: 'D',
      startRange: prefix.padEnd(16, '0'),
      endRange: prefix.padEnd(16, '9'),
    }
    coffer.simulator.control({ ranges: [range as never] })
    await coffer.advance(86_400_000)
    await coffer.system.directories.refresh()
    const { answer } = await vaultCard(coffer, { cardNo: GERMAN })
    expect(answer.result.resultCode).toBe('AUTHENTICATION_REQUIRED')
  })
})
