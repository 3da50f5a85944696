import { statSync } from 'node:fs'
import { join } from 'node:path'
import { testCardNumber } from '@coffer/test-cards'
import { describe, expect, it } from 'vitest'
import type { Dialect } from './iso8583/dialects.js'
import { mastercardLike, visaLike } from './iso8583/dialects.js'
import { question, said, type Wish } from './testing/client.js'
import { bothDialects, newFolder } from './testing/start.js'
import { authenticationOf, payment, startThreeDS, type ThreeDSForTest } from './testing/three-ds-server.js'

const us = { visa: '4000000000100000', mastercard: '5200000000100005' }
const german = { visa: '4000000400100006', mastercard: '2221000000100007' }
const approved = (dialect: Dialect) => (dialect === visaLike ? '85' : '00')
const softDeclined = (dialect: Dialect) => (dialect === visaLike ? '1A' : '65')
const cardOf = (dialect: Dialect, cards: typeof us) => (dialect === visaLike ? cards.visa : cards.mastercard)

/** Asks the issuer, each time as a new question. */
async function issuerOf(threeDS: ThreeDSForTest, dialect: Dialect) {
  const client = await threeDS.connect(dialect)
  let stan = 0
  return async (wish: Wish) => {
    stan += 1
    return said(await client.ask(question(dialect, { ...wish, stan: String(stan).padStart(6, '0') })))
  }
}

describe.each(bothDialects)('in %s messages', (_name, dialect) => {
  it('a card of the EEA is declined softly without an authentication value, and approved with it', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    const pan = cardOf(dialect, german)

    expect(await verify({ pan })).toMatchObject({ responseCode: softDeclined(dialect) })
    expect(await verify({ pan, authentication: { eci: '05', level: '212' } })).toMatchObject({
      responseCode: softDeclined(dialect),
    })
    const authentication = (await authenticationOf(threeDS, pan))!
    expect(await verify({ pan, authentication })).toMatchObject({ responseCode: approved(dialect) })
  })

  it('a value that a buyer has earned with a code is as good', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    const pan = testCardNumber({ prefix: dialect === visaLike ? '40000004' : '22210000', tt: '20' })
    const authentication = (await authenticationOf(threeDS, pan))!
    expect(await verify({ pan, authentication })).toMatchObject({ responseCode: approved(dialect) })
  })

  it('a value declines with any bit of it changed, whatever the country', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    for (const pan of [cardOf(dialect, us), cardOf(dialect, german)]) {
      const authentication = (await authenticationOf(threeDS, pan))!
      for (let bit = 0; bit < 160; bit += 7) {
        const value = Buffer.from(authentication.value!, 'base64')
        value[bit >> 3]! ^= 0x80 >> (bit & 7)
        const answer = await verify({ pan, authentication: { ...authentication, value: value.toString('base64') } })
        expect(answer).toMatchObject({ responseCode: '05' })
      }
    }
  })

  it('a value of another card declines', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    const authentication = (await authenticationOf(threeDS, cardOf(dialect, us)))!
    const other = testCardNumber({ prefix: dialect === visaLike ? '40000000' : '52000000', fill: '7' })
    expect(await verify({ pan: other, authentication })).toMatchObject({ responseCode: '05' })
  })

  it('a value that proves less than the message claims declines, and so does one that proves more', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    const attempted = testCardNumber({ prefix: dialect === visaLike ? '40000000' : '52000000', tt: '11' })
    const authentication = (await authenticationOf(threeDS, attempted, undefined, payment))!
    expect(authentication).toMatchObject({ eci: dialect === visaLike ? '06' : '01', value: expect.any(String) })

    const claim = (eci: string, level: string) =>
      verify({ pan: attempted, authentication: { ...authentication, eci, level } })
    expect(await verify({ pan: attempted, authentication })).toMatchObject({ responseCode: approved(dialect) })
    expect(await claim('05', '212')).toMatchObject({ responseCode: '05' })
    expect(await claim('07', '210')).toMatchObject({ responseCode: '05' })
  })

  it('a value that only informed the issuer passes with the ECI that claims nothing, in the EEA too', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    const pan = testCardNumber({ prefix: dialect === visaLike ? '40000004' : '22210000', tt: '16' })
    const authentication = (await authenticationOf(threeDS, pan))!
    expect(authentication).toMatchObject({ eci: '07', level: '210' })
    expect(await verify({ pan, authentication })).toMatchObject({ responseCode: approved(dialect) })
  })

  it('what the number itself asks for comes first, then expiry date and CVV', async () => {
    const verify = await issuerOf(await startThreeDS(), dialect)
    const prefix = dialect === visaLike ? '40000004' : '22210000'
    expect(await verify({ pan: testCardNumber({ prefix, responseCode: '41' }) })).toMatchObject({ responseCode: '41' })
    const pan = cardOf(dialect, german)
    expect(await verify({ pan, expiry: '4912' })).toMatchObject({ responseCode: '54' })
    expect(await verify({ pan, cvv: '999' })).toMatchObject({ responseCode: dialect === visaLike ? 'N7' : '63' })
    // Mode 6 is unreachable at first, and asks for authentication once it is there.
    const late = testCardNumber({ prefix, mode: '6' })
    expect(await verify({ pan: late })).toMatchObject({ responseCode: '91' })
    expect(await verify({ pan: late })).toMatchObject({ responseCode: softDeclined(dialect) })
  })

  it('cards from elsewhere need no value, and neither Britain nor Switzerland is of the EEA', async () => {
    const verify = await issuerOf(await startThreeDS(), dialect)
    for (const prefix of ['40000000', '40000001', '52000001', '40000036']) {
      expect(await verify({ pan: testCardNumber({ prefix }) })).toMatchObject({ responseCode: approved(dialect) })
    }
  })

  it('the ledger shows that an authentication came and what it was worth, and never the value', async () => {
    const threeDS = await startThreeDS()
    const verify = await issuerOf(threeDS, dialect)
    const pan = cardOf(dialect, us)
    const authentication = (await authenticationOf(threeDS, pan))!
    await verify({ pan, authentication })
    await verify({ pan: testCardNumber({ prefix: pan.slice(0, 8), fill: '7' }), authentication })

    const entries = threeDS.simulator.log().filter(({ kind }) => kind === 'verification')
    const eci = dialect === visaLike ? '05' : '212'
    expect(entries).toMatchObject([
      { cavvGiven: true, eci, cavvResult: '2', responseCode: approved(dialect) },
      { cavvGiven: true, eci, cavvResult: '1', responseCode: '05' },
    ])
    const bytes = Buffer.from(authentication.value!, 'base64')
    for (const form of ['base64', 'hex'] as const) {
      expect(JSON.stringify(entries).toLowerCase()).not.toContain(bytes.toString(form).toLowerCase())
    }
  })
})

it('the answer to a Visa-like question says whether the value was right, as its 15th character', async () => {
  const threeDS = await startThreeDS()
  const verify = await issuerOf(threeDS, visaLike)
  const pan = us.visa
  const authentication = (await authenticationOf(threeDS, pan))!
  expect(await verify({ pan, authentication })).toMatchObject({ cavvResult: '2' })
  expect(await verify({ pan: '4000000100100009', authentication })).toMatchObject({ cavvResult: '1' })

  const attempted = testCardNumber({ prefix: '40000000', tt: '11' })
  const attempt = (await authenticationOf(threeDS, attempted, undefined, payment))!
  expect(await verify({ pan: attempted, authentication: attempt })).toMatchObject({ cavvResult: '3' })
  expect(await verify({ pan, authentication: attempt })).toMatchObject({ cavvResult: '4' })
})

it('a Mastercard-like question that names another transaction of the directory server is declined', async () => {
  const threeDS = await startThreeDS()
  const verify = await issuerOf(threeDS, mastercardLike)
  const [one, other] = [
    (await authenticationOf(threeDS, us.mastercard))!,
    (await authenticationOf(threeDS, us.mastercard))!,
  ]
  const crossed = { ...one, dsTransId: other.dsTransId! }
  expect(await verify({ pan: us.mastercard, authentication: crossed })).toMatchObject({ responseCode: '05' })
  expect(await verify({ pan: us.mastercard, authentication: one })).toMatchObject({ responseCode: '00' })
})

it('what is no authentication value at all is a wrong one, not a format error', async () => {
  const threeDS = await startThreeDS()
  const verify = await issuerOf(threeDS, mastercardLike)
  for (const value of ['AAAA', '*'.repeat(28), 'x'.repeat(32)]) {
    const answer = await verify({ pan: us.mastercard, authentication: { level: '212', value } })
    expect(answer).toMatchObject({ responseCode: '05' })
  }
})

it('a British Mastercard that authenticates without a value is approved', async () => {
  const threeDS = await startThreeDS()
  const verify = await issuerOf(threeDS, mastercardLike)
  const pan = '5200000100100004'
  const authentication = (await authenticationOf(threeDS, pan))!
  expect(authentication).toEqual({ eci: 'N2', level: '212', dsTransId: expect.any(String) })
  expect(await verify({ pan, authentication })).toMatchObject({ responseCode: '00' })
})

it('Cartes Bancaires has the ECI of the network beside it, and its value is known there', async () => {
  const threeDS = await startThreeDS()
  const verify = await issuerOf(threeDS, visaLike)
  for (const [pan, eci] of [
    ['4000002500100001', '05'],
    ['5200002500100006', '02'],
  ] as const) {
    const authentication = (await authenticationOf(threeDS, pan, 'CARTES_BANCAIRES'))!
    expect(authentication).toMatchObject({ eci })
    expect(await verify({ network: 'CARTES_BANCAIRES', pan, authentication })).toMatchObject({ responseCode: '85' })
    expect(await verify({ network: 'CARTES_BANCAIRES', pan })).toMatchObject({ responseCode: '1A' })
  }
})

it('with a folder, a value from before a restart is still good, and its key is readable by the owner alone', async () => {
  const folder = newFolder()
  const before = await startThreeDS({ folder })
  const authentication = (await authenticationOf(before, german.visa))!
  await before.simulator.stop()
  expect(statSync(join(folder, 'authentication-value.key')).mode & 0o777).toBe(0o600)

  const after = await startThreeDS({ folder })
  const verify = await issuerOf(after, visaLike)
  expect(await verify({ pan: german.visa, authentication })).toMatchObject({ responseCode: '85' })
  const stranger = await issuerOf(await startThreeDS(), visaLike)
  expect(await stranger({ pan: german.visa, authentication })).toMatchObject({ responseCode: '05' })
})
