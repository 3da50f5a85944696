/** Everything that the vault and the simulated issuer say to each other, driven through the API and recorded on the wire. */
import { inject } from 'vitest'
import { type Simulator, startSimulator } from '../../apps/simulator/src/index.js'
import { Cvv, Pan } from '../../apps/vault/src/card-data/index.js'
import { sandboxAcquirers } from '../../apps/vault/src/issuer/acquirers-file.js'
import { addMerchant, setMerchantThreeDS } from '../../apps/vault/src/merchants/manage-merchants.js'
import { officeOf } from '../../apps/vault/src/sandbox/sandbox-file.js'
import { sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'
import { type CardBrand, cardBrands } from '../../packages/antom/src/index.js'
import {
  avsLevers,
  binRows,
  cvvLevers,
  expiryLevers,
  messageFamily,
  type Network,
  readTestCard,
  responseCodes,
  testCardNumber,
  wellKnownCards,
} from '../../packages/test-cards/src/index.js'
import { select } from '../result-codes/stored-rows.js'
import { aVaultingRequest } from './builders.js'
import type { DialectName } from './frame-readings.js'
import { type MerchantKeys, merchantKeys } from './merchant-client.js'
import { payDirectly } from './payment-conversations.js'
import { goThrough } from './play-buyer.js'
import { type RecordedFrame, type RecordingRelay, startRecordingRelay } from './recording-relay.js'
import { startSystem, type TestSystem } from './start-system.js'

/** A card that was vaulted, and what the wire has to show of it. */
export interface Asked {
  readonly number: string
  readonly network: Network
  readonly cvv: string | undefined
  /** `YYMM` */
  readonly expiry: string
  /** Data element 39 of the answer; without one where none comes in time. */
  readonly answer: string | undefined
  /** Message types in their order, where they are others than a question and its answer. */
  readonly messages?: readonly string[]
}

export interface Conversations {
  readonly frames: readonly RecordedFrame[]
  readonly asked: readonly Asked[]
  readonly strayBytes: number
}

type Wish = Partial<Asked> & {
  number: string
  /** The answer to a second question, with the proof that the buyer was authenticated, where the first one asks for that. */
  again?: string
  brand?: Network & CardBrand
  billingAddress?: { region: string; address1?: string; zipCode?: string }
  cardholderName?: { firstName: string; lastName: string; fullName: string }
}

const EXPIRY = '3303'

/** The issuer knows the values of its own bank. */
const WRONG_VALUE = '05'
const approvalOf = (network: Network) => (messageFamily(network) === 'visa-like' ? '85' : '00')

/** Starts a system of its own, lets everything be said, and stops it: the sign-offs are the last that is heard. */
export async function recordConversations(): Promise<Conversations> {
  const pkiFolder = inject('pkiFolder')
  const simulator = await startSimulator({ port: 0, threeDSPort: 0, pkiFolder })
  const relay = await startRecordingRelay(simulator.port)
  const asked: Asked[] = []
  try {
    // Of the same simulator: its issuer knows the authentication values of its own banks alone.
    const directories = sandboxDirectories(simulator.threeDS!.url, pkiFolder)
    const acquirers = sandboxAcquirers('127.0.0.1', relay.port).map(config => ({
      ...config,
      // In real time; a silent issuer costs so much once, as all of them are asked at the same time.
      timeoutMs: 4_000,
      echoAfterMs: 1_000,
      settings: { ...config.settings, forwardingId: '40000100021' },
    }))
    // Some issuers authenticate nobody without a payment.
    const coffer = await startSystem({ acquirers, directories, env: { COFFER_THREE_DS_FALLBACK: 'pa' } })
    try {
      const stranger = await anotherMerchant(coffer, 3, 'Crêperie «Ñandú» 株式会社 & Söhne GmbH')
      const vault = (wish: Wish, as?: MerchantKeys) => vaultCard(coffer, asked, wish, as)
      for (const group of inGroups(plainWishes(), 8)) await Promise.all(group.map(wish => vault(wish)))
      await askDirectly(coffer, asked)
      await payDirectly(coffer)
      await vault({ number: testCardNumber({ brand: 'VISA', fill: '70' }) }, stranger)
      await vault({ number: testCardNumber({ brand: 'MASTERCARD', fill: '70' }) }, stranger)
      await softDeclines(coffer, vault)
      for (const brand of ['VISA', 'MASTERCARD'] as const) {
        const number = testCardNumber({ brand, mode: '6' })
        await vault({ number, answer: '91' })
        await vault({ number })
      }
      await unansweredQuestions(coffer, simulator, relay, vault)
      await until('an echo on both lines', () => twoConnections(relay, '301'))
    } finally {
      await coffer.stop()
    }
    return { frames: relay.frames, asked, strayBytes: relay.strayBytes }
  } finally {
    await relay.stop()
    await simulator.stop()
  }
}

async function vaultCard(coffer: TestSystem, asked: Asked[], wish: Wish, as?: MerchantKeys) {
  const { number, brand, billingAddress, cardholderName, expiry = EXPIRY } = wish
  const brands = readTestCard(number)!.brands
  const network = brand ?? brands[0]
  const cvv = 'cvv' in wish ? wish.cvv : network === 'AMEX' ? '1234' : '123'
  const answer = 'answer' in wish ? wish.answer : approvalOf(network)
  const first = { number, network, cvv, expiry, answer, ...(wish.messages && { messages: wish.messages }) }
  asked.push(first, ...(wish.again === undefined ? [] : [{ ...first, answer: wish.again }]))
  const card = {
    cardNo: number,
    expiryYear: expiry.slice(0, 2),
    expiryMonth: expiry.slice(2),
    ...(brand && { selectedCardBrand: brand }),
    ...(billingAddress && { billingAddress }),
    ...(cardholderName && { cardholderName }),
  }
  const request = aVaultingRequest({ card: { ...card, cvv: cvv ?? '' } })
  if (cvv === undefined) delete (request.paymentMethodDetail.card as { cvv?: string }).cvv
  const { json } = await coffer.vaultPaymentMethod(request, as && { as })
  if (json.result.resultCode === 'PARAM_ILLEGAL') throw new Error(json.result.resultMessage)
  // Cards of the EEA and the United Kingdom: the issuer is asked when the buyer has been there, with the proof of it.
  if (json.normalUrl) await goThrough(json.normalUrl)
}

/** Cards of the EEA whose buyers are not authenticated at once: the issuer is asked without proof, and then with it. */
async function softDeclines(coffer: TestSystem, vault: (wish: Wish, as: MerchantKeys) => Promise<void>): Promise<void> {
  const bold = await anotherMerchant(coffer, 4, 'Bold')
  await setMerchantThreeDS(officeOf(coffer.system), bold.clientId, 'NEVER')
  for (const [prefix, answer] of [
    ['40000004', '1A'],
    ['22210000', '65'],
  ] as const) {
    const number = testCardNumber({ prefix, fill: '90' })
    await vault({ number, answer, again: approvalOf(readTestCard(number)!.brands[0]) }, bold)
  }
}

/** Questions that are answered at once. Each has a number of its own, so that its frames can be told. */
function plainWishes(): Wish[] {
  const both = ['VISA', 'MASTERCARD'] as const
  return [
    ...binRows.flatMap(({ prefix, brands }) =>
      brands
        .filter(isOfTheApi)
        .map((brand, nth) => ({ number: testCardNumber({ prefix, ...(nth && { fill: '60' }) }), brand })),
    ),
    ...wellKnownCards.map(({ number }) => ({ number })),
    ...both.flatMap(brand => [
      ...responseCodes
        .filter(({ code }) => code !== '00')
        .map(({ code }) => ({
          number: testCardNumber({ brand, responseCode: code }),
          answer: code,
          ...(code === '65' && brand === 'MASTERCARD' && { again: code }),
        })),
      ...avsLevers.map(({ postcode }, nth) => ({
        number: testCardNumber({ brand, fill: `2${nth}` }),
        billingAddress: { region: 'US', zipCode: postcode, address1: '1 Main Street' },
      })),
      ...addresses.map((billingAddress, nth) => ({
        number: testCardNumber({ brand, fill: `3${nth}` }),
        billingAddress,
        cardholderName: longName,
      })),
      ...expiryLevers.map(({ expiry, responseCode }) => ({
        number: testCardNumber({ brand, fill: '40' }),
        expiry,
        answer: responseCode,
      })),
      { number: testCardNumber({ brand, fill: '41' }), expiry: '9912' },
      { number: testCardNumber({ brand, fill: '50' }), cvv: undefined },
      { number: testCardNumber({ brand, fill: '51' }), cvv: '007' },
      { number: testCardNumber({ brand, mode: '1', responseCode: '51' }) },
      { number: testCardNumber({ brand, mode: '2', responseCode: '51' }) },
    ]),
    ...(['VISA', 'MASTERCARD', 'AMEX'] as const).flatMap(brand =>
      cvvLevers.map(({ cvv, amex, responseCode }, nth) => ({
        number: testCardNumber({ brand, fill: String(nth + 1) }),
        cvv: brand === 'AMEX' ? amex : cvv,
        answer: responseCode?.[messageFamily(brand)] ?? approvalOf(brand),
      })),
    ),
  ]
}

/** What the elements for it cannot have, or not all of it. */
const addresses = [
  { region: 'CH', zipCode: '8001', address1: 'Müßiggänger-Straße 12b, Zürich-Außersihl, 3. Stock' },
  { region: 'JP', zipCode: '〒150-0002', address1: '渋谷区渋谷二丁目' },
  { region: 'US', zipCode: '12345-6789', address1: `${'Very Long Avenue '.repeat(12)}#5` },
  { region: 'GB', zipCode: 'SW1A 1AA', address1: '10 ^[Down]ing| {St}~`\\!@#$%' },
  { region: 'IE', address1: 'O\u2019Connell St.' },
  { region: 'HK', zipCode: '999077' },
]

const longName = {
  firstName: 'Zoë',
  lastName: 'Ørsted-Łukasiewicz',
  fullName: `Zoë ${'Ørsted-Łukasiewicz '.repeat(4)}`.trim(),
}

/** What the API cannot ask for: networks that it does not list, and proofs of an authentication that no bank has made. */
async function askDirectly(coffer: TestSystem, asked: Asked[]) {
  const local = binRows.flatMap(({ prefix, brands, issuingCountry }) =>
    brands
      .filter(brand => !isOfTheApi(brand))
      .map(network => ({
        network,
        number: testCardNumber({ prefix, fill: '61' }),
        // Denmark and Belgium are in the EEA, and nobody was authenticated.
        answer: ['DK', 'BE'].includes(issuingCountry) ? '1A' : approvalOf(network),
      })),
  )
  const authenticated = (['VISA', 'MASTERCARD'] as const).flatMap(network =>
    (['Y', 'A'] as const).map((status, nth) => ({
      network,
      number: testCardNumber({ brand: network, fill: `8${nth}` }),
      answer: WRONG_VALUE,
      authentication: {
        eci: status === 'Y' ? '05' : '06',
        status,
        cavv: Buffer.from('0123456789ABCDEF0123456789ABCDEF01234567', 'hex').toString('base64'),
        dsTransId: '6f1b2b1e-4a0c-4b5e-9d6e-0c1a2b3c4d5e',
      },
    })),
  )
  for (const { number, network, answer, ...proof } of [...local, ...authenticated]) {
    const connector = coffer.system.acquirers.for(network)!
    const pan = Pan.parse(number, { find: () => undefined })
    if (!pan.ok) throw new Error(pan.rule)
    asked.push({ number, network, cvv: '123', expiry: EXPIRY, answer })
    const request = {
      network,
      pan: pan.value,
      expiry: { year: `20${EXPIRY.slice(0, 2)}`, month: EXPIRY.slice(2) },
      cvv2: Cvv.of('123'),
      cardholderName: undefined,
      avs: undefined,
      currency: 'EUR',
      merchant: { id: 'SHOP', name: 'Shop' },
      storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
      ...proof,
    } as const
    await connector.verify(request, await connector.prepare())
  }
}

const isOfTheApi = (network: Network): network is Network & CardBrand =>
  (cardBrands as readonly string[]).includes(network)

async function anotherMerchant(coffer: TestSystem, nth: number, name: string): Promise<MerchantKeys> {
  const merchant = merchantKeys(`SANDBOX_TEST000000000${nth}`, 0)
  const publicKey = merchant.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  await addMerchant(officeOf(coffer.system), { id: merchant.clientId, name, publicKey })
  return merchant
}

/** Silence and delay, in both dialects: what follows is a reversal, and once more where it or its answer gets lost. */
async function unansweredQuestions(
  coffer: TestSystem,
  simulator: Simulator,
  relay: RecordingRelay,
  vault: (wish: Wish) => Promise<void>,
) {
  const wishes = (['VISA', 'MASTERCARD'] as const).flatMap((brand): Wish[] => [
    { number: testCardNumber({ brand, mode: '3' }), messages: ['0100', '0400', '0410'] },
    { number: testCardNumber({ brand, mode: '4' }), messages: ['0100', '0400', '0110', '0410'] },
    { number: lostOnTheWay(brand), messages: ['0100', '0400', '0410'] },
  ])
  relay.loses = ({ bytes }) => ['VISA', 'MASTERCARD'].some(brand => isQuestionOf(bytes, lostOnTheWay(brand as 'VISA')))
  await Promise.all(wishes.map(wish => vault({ ...wish, answer: undefined })))
  // A question of some minutes ago that the issuer has not got will not arrive any more: its reversal is not repeated.
  await select(coffer.system, `update issuer_message set asked_at = asked_at - interval '10 minutes'`)
  await untilReversed(coffer, relay, wishes.length)

  // Two lose their reversal and two its answer; which of them is no matter, as the same follows from either.
  simulator.control({ dropReversals: 2, dropReversalAnswers: 2 })
  const repeated = (['VISA', 'MASTERCARD'] as const).flatMap(brand =>
    ['1', '2'].map(fill => testCardNumber({ brand, mode: '3', fill })),
  )
  const messages = ['0100', '0400', '0401', '0410']
  await Promise.all(repeated.map(number => vault({ number, answer: undefined, messages })))
  await untilReversed(coffer, relay, wishes.length + repeated.length)
}

/** A card whose question never arrives. */
const lostOnTheWay = (brand: 'VISA' | 'MASTERCARD') => testCardNumber({ brand, mode: '3', fill: '9' })

function isQuestionOf(bytes: Buffer, number: string): boolean {
  const ascii = bytes.toString('latin1')
  const packed = bytes.toString('hex')
  return (ascii.startsWith('0100') && ascii.includes(number)) || (packed.startsWith('0100') && packed.includes(number))
}

async function untilReversed(coffer: TestSystem, relay: RecordingRelay, count: number): Promise<void> {
  await until(`${count} answers to reversals`, async () => {
    await coffer.advance(30_000)
    return answersToReversals(relay) >= count
  })
}

const mtiOf = (bytes: Buffer) => (bytes[0] === 0x30 ? bytes.toString('latin1', 0, 4) : bytes.toString('hex', 0, 2))

const answersToReversals = ({ frames }: RecordingRelay) => frames.filter(({ bytes }) => mtiOf(bytes) === '0410').length

/** Whether a network management code was asked, and has had an answer, on two connections. */
function twoConnections({ frames }: RecordingRelay, code: string): boolean {
  const ends = (bytes: Buffer) => bytes.toString('latin1').endsWith(code) || bytes.toString('hex').endsWith(`0${code}`)
  const seen = frames.filter(({ bytes }) => mtiOf(bytes) === '0810' && ends(bytes))
  return new Set(seen.map(({ connection }) => connection)).size === 2
}

/** Which dialect a connection speaks, from the way its message types are written. */
export const dialectOf = ({ bytes }: RecordedFrame): DialectName =>
  bytes[0] === 0x30 ? 'mastercard-like' : 'visa-like'

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, nth) => items.slice(nth * size, (nth + 1) * size))
}

async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 120_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
