import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeMessage } from './iso8583/codec.js'
import { mastercardLike } from './iso8583/dialects.js'
import { frame } from './iso8583/framing.js'
import { question, reversalOf, type Wish } from './testing/client.js'
import { advice, payment, voidOf } from './testing/payments.js'
import { bothDialects, eventually, newFolder, startForTest } from './testing/start.js'
import { type Fields, type Page, preq, startThreeDS } from './testing/three-ds-server.js'

const testCards = [
  '4000000000100000', // approved
  '5200000000100419', // lost
  '4000000000103004', // never answered
  '4000000000104002', // answered too late
  '4000000000105009', // answered with half a message
  '4000000600000100001', // 19 digits
  '340000000100007', // 15 digits
]
const realCard = '4539578763621486'
const cvv = '7391'
const address = ['QX77 9', 'UNSEEN ALLEY 13'] as const

it('no card number, CVV, expiry date or address is in the ledger, the log, or what people are shown', async () => {
  const folder = newFolder()
  const { simulator, logged, clock, connect } = await startForTest({ folder })
  let stan = 0
  const next = () => {
    stan += 2
    return String(stan).padStart(6, '0')
  }

  for (const [, dialect] of bothDialects) {
    const client = await connect(dialect)
    const send = (wish: Wish) => {
      const asked = question(dialect, { cvv, avs: address, expiry: '3811', stan: next(), ...wish })
      client.send(asked)
      client.send(asked)
      client.send(reversalOf(asked, { stan: next() }))
    }
    for (const pan of [...testCards, realCard]) {
      send({ pan })
      // Format errors, and the number where it does not belong.
      send({ pan, change: { 14: undefined } })
      send({ pan, change: { 42: pan.slice(0, 15), 43: pan } })
      send({ pan, change: { 63: dialect === mastercardLike ? pan : Buffer.from(pan) } })
      const whole = writeMessage(question(dialect, { pan, cvv, stan: next() }), dialect)
      client.sendBytes(frame(whole.subarray(0, whole.length - 1)))

      // Money, with the number in the places of ids and amounts too.
      for (const change of [{}, { 4: pan.slice(0, 12) }]) {
        const paid = payment(dialect, { pan, cvv, expiry: '3811', stan: next(), originalId: pan, change })
        client.send(paid)
        client.send(advice(dialect, paid, { stan: next(), change }))
        client.send(voidOf(paid, { stan: next(), stays: Number(pan.slice(0, 12)) }))
      }
    }
    // Before the sign-on, which is another way to be refused.
    const stranger = await connect(dialect, { signOn: false })
    stranger.send(question(dialect, { pan: realCard, cvv, stan: next() }))
    await eventually(() => expect(stranger.received).toHaveLength(1))
    await client.ask(question(dialect, { stan: next() }))
  }
  clock.advance(60_000)

  const shown = await fetch(`${simulator.browserUrl}/log`)
  const accounts = await fetch(`${simulator.browserUrl}/accounts`)
  const kept = {
    ledger: readFileSync(join(folder, 'ledger.jsonl'), 'utf8'),
    log: logged.join('\n'),
    http: await shown.text(),
    accounts: await accounts.text(),
    memory: JSON.stringify([simulator.log(), simulator.accounts()]),
  }
  expect(JSON.parse(kept.http).entries.length).toBeGreaterThan(100)
  expect(kept.log).not.toBe('')

  const secrets = [...testCards, realCard, cvv, '3811', ...address]
  for (const [where, text] of Object.entries(kept)) {
    for (const secret of secrets) {
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
        expect(text.includes(form), `${where} holds ${form}`).toBe(false)
      }
    }
    // Of a number that is no test card not even the last four digits.
    expect(text.includes(realCard.slice(-4)), `${where} holds four digits of a real card`).toBe(false)
    expect(text.includes(realCard.slice(0, 6)), `${where} holds six digits of a real card`).toBe(false)
  }
})

it('no card number, authentication value or name is in the log of 3DS messages, in the log, or on a page', async () => {
  const folder = newFolder()
  const { simulator, logged, ask, authenticate, browser, results, pki, connect } = await startThreeDS({ folder })
  const pages: Page[] = []
  const sent = ['4000000000100000', '4000000000200008', '4000000000350001', '4000000600000200009', '340000000200005']
  for (const pan of [...sent, realCard]) {
    const ares = await authenticate(
      pan,
      { cardholderName: 'UNSEEN PERSON' },
      pan.startsWith('3') ? 'AMEX' : 'VISA',
    ).catch(() => ({}) as Fields)
    // The number where it does not belong: in the places of other things, and in messages that are wrong.
    for (const name of [
      'threeDSServerTransID',
      'messageVersion',
      'messageType',
      'messageCategory',
      'merchantName',
      'deviceChannel',
    ]) {
      await authenticate(pan, { [name]: pan }, 'VISA').catch(() => ({}))
    }
    await ask('VISA', preq({ serialNum: pan }))
    await ask('VISA', `{"${pan}":1,"${pan}":2}`)
    await ask('VISA', { [pan]: pan, messageType: 'AReq' }, pki.client('MASTERCARD'))
    await authenticate(
      pan,
      { messageExtension: [{ name: pan, id: 'x', criticalityIndicator: true, data: {} }] },
      'VISA',
    )
    if (ares['transStatus'] !== 'C') continue
    pages.push(await browser.begin(ares), await browser.type(ares, pan), await browser.type(ares, '123456'))
    pages.push(await browser.begin(ares), await browser.begin({ ...ares, acsTransID: pan }))
  }
  pages.push(await browser.submit('/acs/challenge', { creq: realCard }))
  pages.push(await browser.submit('/acs/challenge/answer', { acsTransID: realCard, code: realCard }))
  const value = String(results.received.at(-1)!['authenticationValue'])
  const client = await connect(mastercardLike)
  await client.ask(question(mastercardLike, { authentication: { level: '212', value } }))

  const kept = {
    ledger: readFileSync(join(folder, 'ledger.jsonl'), 'utf8'),
    log: logged.join('\n'),
    http: await (await fetch(`${simulator.browserUrl}/three-ds/log`)).text(),
    memory: JSON.stringify(simulator.threeDSLog()),
    pages: pages.map(shownBy).join('\n'),
  }
  expect(JSON.parse(kept.http).entries.length).toBeGreaterThan(80)
  expect(pages.length).toBeGreaterThan(10)
  const bytes = Buffer.from(value, 'base64')
  for (const [where, whole] of Object.entries(kept)) {
    // Ids are drawn, and any few digits may be in one of them.
    const text = whole.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '(id)')
    for (const secret of [...sent, realCard, value, bytes.toString('hex'), 'UNSEEN PERSON']) {
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
        expect(text.includes(form), `${where} holds ${form}`).toBe(false)
      }
    }
    for (const pan of sent) expect(text.includes(pan.slice(-8)), `${where} holds digits of ${pan}`).toBe(false)
    expect(text.includes(realCard.slice(-4)), `${where} holds four digits of a real card`).toBe(false)
    expect(text.includes(realCard.slice(0, 6)), `${where} holds six digits of a real card`).toBe(false)
  }
})

/** What a page says, and what it carries, decoded. */
function shownBy({ html, hidden }: Page): string {
  const carried = Object.values(hidden).map(text => Buffer.from(text, 'base64url').toString())
  return [html.replace(/value="[^"]*"/g, ''), ...carried].join('\n')
}
