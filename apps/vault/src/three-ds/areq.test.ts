import { readMessage } from '@coffer/emv3ds'
import { expect, test } from 'vitest'
import { Pan } from '../card-data/index.js'
import { type AReqMaterial, areqTemplate } from './areq.js'
import { browserElements } from './browser-facts.js'
import { sandboxDirectories } from './directories-file.js'

const pan = (number: string) => {
  const parsed = Pan.parse(number, { find: () => undefined })
  if (!parsed.ok) throw new Error('the test has a number that is none')
  return parsed.value
}

const browser = {
  acceptHeader: 'text/html',
  userAgent: 'Mozilla/5.0',
  ip: '203.0.113.7',
  language: 'en',
  javaEnabled: false,
  javaScriptEnabled: true,
  colorDepth: 24,
  screenHeight: 1080,
  screenWidth: 1920,
  timeZoneOffset: 0,
  windowWidth: 1280,
  windowHeight: 900,
}

const material = (change: Partial<AReqMaterial> = {}): AReqMaterial => ({
  transId: '8a880dc0-d2d2-4067-bcb1-b08d1690b26e',
  version: '2.2.0',
  category: '02',
  directory: sandboxDirectories('https://localhost:8090', '/nowhere')[0]!,
  merchant: { id: 'SANDBOX_1', name: 'Müllers Läden & Søn' },
  compInd: 'Y',
  storesCard: true,
  browser: browserElements(browser, change.version ?? '2.2.0'),
  expiry: { year: '33', month: '03' },
  holder: {
    cardholderName: 'José Müller',
    email: 'jose@example.com',
    billing: { region: 'DE', city: 'Köln', state: 'NW' },
  },
  notificationUrl: 'http://127.0.0.1:8081/3ds/challenge-notify',
  resultsUrl: 'https://localhost:8086/ds/visa/results',
  ...change,
})

const sent = (change: Partial<AReqMaterial> = {}, number = '4000000000100000') => {
  const template = areqTemplate(material(change), pan(number))
  const reading = readMessage(template.bytes, { types: ['AReq'], category: change.category ?? '02' })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problem))
  return { template, message: reading.message }
}

test.each(['2.1.0', '2.2.0'] as const)('adding a card is an authentication without a payment, in %s', version => {
  const { message } = sent({ version })
  expect(message).toMatchObject({
    messageVersion: version,
    messageCategory: '02',
    deviceChannel: '02',
    threeDSRequestorAuthenticationInd: '04',
    cardExpiryDate: '3303',
    threeDSCompInd: 'Y',
  })
  expect(message).not.toHaveProperty('purchaseAmount')
})

test('the template has room for the number and nothing of it', () => {
  const { template, message } = sent({}, '4000000600000100001')
  expect(message.acctNumber).toBe('0'.repeat(19))
  const [slot] = template.slots
  expect(template.bytes.toString('latin1', slot!.at - 14, slot!.at)).toBe('"acctNumber":"')
  expect(slot).toMatchObject({ width: 19, encoding: 'ascii' })
})

test('a text that looks like the place of the number is not taken for it', () => {
  const name = `"acctNumber":"${'0'.repeat(16)}"`
  const { template } = sent({ merchant: { id: 'M', name } })
  expect(template.bytes.toString('latin1', template.slots[0]!.at - 15, template.slots[0]!.at)).toMatch(
    /[,{]"acctNumber":"$/,
  )
})

test('names are told in the characters that the message has, and not at all in others', () => {
  expect(sent().message).toMatchObject({
    cardholderName: 'Jose Muller',
    merchantName: 'Mullers Laden & Son',
    billAddrCity: 'Koln',
  })
  const holder = { cardholderName: '田中太郎', email: 'not an address', billing: undefined }
  const { message } = sent({ holder })
  for (const name of ['cardholderName', 'email', 'billAddrCity']) expect(message).not.toHaveProperty(name)
})

test('a state without a country that is known is left out, since it would mean nothing', () => {
  const holder = {
    cardholderName: undefined,
    email: undefined,
    billing: { region: 'ZZ', state: 'NW', zipCode: '50667' },
  }
  const { message } = sent({ holder })
  expect(message).toMatchObject({ billAddrPostCode: '50667' })
  expect(message).not.toHaveProperty('billAddrState')
})

test('a payment has its amount, currency and date', () => {
  const purchase = { amount: '0', currencyNumber: '978', exponent: '2', date: '20261129120000' }
  expect(sent({ category: '01', purchase }).message).toMatchObject({
    messageCategory: '01',
    threeDSRequestorAuthenticationInd: '01',
    purchaseCurrency: '978',
    purchaseExponent: '2',
  })
})

test("a merchant's own settings take the place of the directory server's", () => {
  const directory = { ...material().directory, merchants: { SANDBOX_1: { requestorId: 'OWN', mcc: '5411' } } }
  expect(sent({ directory }).message).toMatchObject({
    threeDSRequestorID: 'OWN',
    mcc: '5411',
    merchantCountryCode: '702',
  })
})
