/**
 * Everything that goes over the wire in a set of vaultings, in both versions, held against the published JSON Schemas by a
 * validator that is not ours, and read by our own reader. The recorder sits on the wire: between vault and directory
 * servers, between directory servers and vault, and where the browser sends its forms.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'
import { decodeForm, type MessageType, messageTypes, PResReader, readMessage } from '../../packages/emv3ds/src/index.js'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import { postOverTls } from '../support/mutual-tls.js'
import { clientIdentity } from '../support/pki-files.js'
import { goThrough, passBrowser, settled, type Way } from '../support/play-buyer.js'
import { aPRes, aRange, type Loose } from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, fullEnv, setThreeDS, vaultCard } from '../support/three-ds-calls.js'
import { startWire, type Wire } from '../support/three-ds-wire.js'

/** A message, and where it was heard. */
interface Recorded {
  text: string
  message: Loose
  heard: 'vault to directory server' | 'directory server to vault' | 'browser'
}

const schemasFolder = new URL('../../packages/emv3ds/schemas/', import.meta.url)
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
for (const name of readdirSync(schemasFolder)) {
  ajv.addSchema(JSON.parse(readFileSync(new URL(name, schemasFolder), 'utf8')), name.replace('.json', ''))
}

let coffer: TestSystem
let asking: Wire
let answering: Wire
const forms: Recorded[] = []
/** Where nothing that is JSON came, or nothing that should be a message. */
const strays: string[] = []

beforeAll(async () => {
  asking = await startWire('directory servers')
  answering = await startWire('results')
  recordForms()
  coffer = await startSystem({
    directories: url => {
      asking.leadTo(url)
      return sandboxDirectories(asking.url, inject('pkiFolder'))
    },
  })
  answering.leadTo(coffer.resultsUrl)
  setThreeDS(coffer, { resultsUrl: answering.url })
  await play()
}, 300_000)
afterAll(async () => {
  vi.restoreAllMocks()
  await coffer?.stop()
  await asking?.stop()
  await answering?.stop()
})

/** Notes the messages in the forms that the played browser sends, which then go their way. */
function recordForms() {
  const real = globalThis.fetch
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    if (init?.body instanceof URLSearchParams) {
      for (const name of ['creq', 'cres', 'error']) {
        const bytes = init.body.get(name) ? decodeForm(init.body.get(name)!) : undefined
        if (!bytes) continue
        const text = Buffer.from(bytes).toString('utf8')
        forms.push({ text, message: JSON.parse(text) as Loose, heard: 'browser' })
      }
    }
    return real(input, init)
  })
}

/** One card for each version. */
const ranges = { '2.1.0': '40000003', '2.2.0': '40000000' } as const
/** British, spoken to in 2.2.0, without a 3DS Method. */
const WITHOUT_METHOD = '40000001'

const card = (prefix: string, tt: string) => testCardNumber({ prefix, tt: tt as '10' })

async function vaultAndGo(cardNo: string, way: Way = {}, more: Loose = {}) {
  const { id, page } = await vaultCard(coffer, { cardNo, is3DSAuthentication: true, ...more })
  await goThrough(page, way)
  await ended(coffer, id)
}

/** The set of vaultings. */
async function play() {
  for (const prefix of Object.values(ranges)) {
    for (const tt of ['10', '12', '13', '14', '15', '16', '11', '31', '34', '37', '25', '24']) {
      await vaultAndGo(card(prefix, tt))
    }
    for (const otp of ['123456', '111111', '222222', '333333', '987654']) await vaultAndGo(card(prefix, '20'), { otp })
    await vaultAndGo(card(prefix, '21'))
    // The bank gives up, the buyer begins anew.
    const { page } = await vaultCard(coffer, { cardNo: card(prefix, '20'), is3DSAuthentication: true })
    await passBrowser(await settled(page, 'browser'))
    await settled(page, 'challenge')
    await coffer.advance(31_000)
    await goThrough(page)
  }
  for (const prefix of ['52000000', '34000000', '36000000', '40000006', WITHOUT_METHOD])
    await vaultAndGo(card(prefix, '10'))
  await vaultAndGo(card('52000000', '20'))
  await vaultAndGo(card(ranges['2.2.0'], '20'), {}, holder)
  await vaultCard(coffer, { cardNo: card(WITHOUT_METHOD, '10'), is3DSAuthentication: true }, { env: fullEnv })
  // As a payment, where the issuer cannot do it otherwise.
  setThreeDS(coffer, { fallback: 'pa' })
  await vaultAndGo(card('40000007', '10'))
  setThreeDS(coffer, { fallback: 'fail' })
  // The list with its changes; one that is refused.
  coffer.simulator.control({ hugeRanges: 3 })
  await aDayLater()
  asking.onMessage((message, { network }) =>
    message['messageType'] === 'PRes' && network === 'VISA'
      ? aPRes(message, [aRange('8800000000000000', '8700000000000000')], { serialNum: 'wrong' })
      : undefined,
  )
  await aDayLater()
  asking.onMessage(undefined)
  // Results that are refused.
  for (const messageVersion of ['2.1.0', '2.2.0']) {
    const rreq = { messageType: 'RReq', messageVersion, messageCategory: '02' }
    await postOverTls(`${answering.url}/ds/visa/results`, JSON.stringify(rreq), {
      identity: clientIdentity('VISA', 'ds'),
    })
  }
}

const holder = {
  cardholderName: { firstName: 'Zoë', lastName: 'Müller' },
  payerEmail: 'zoe@shop.example',
  billingAddress: { region: 'DE', city: 'Köln', address1: 'Domkloster 4', zipCode: '50667', state: 'NW' },
}

async function aDayLater() {
  await coffer.advance(86_400_000)
  await coffer.system.directories.refresh()
}

/** Everything that was heard, but what is faulty on purpose. */
function recorded(): Recorded[] {
  const onWire = (wire: Wire, heardAtFirst: Recorded['heard'], back: Recorded['heard']) =>
    wire.passed.flatMap(({ text, way }): Recorded[] => {
      try {
        return [{ text, message: JSON.parse(text) as Loose, heard: way === 'request' ? heardAtFirst : back }]
      } catch {
        if (text !== '') strays.push(text)
        return []
      }
    })
  return [
    ...onWire(asking, 'vault to directory server', 'directory server to vault'),
    ...onWire(answering, 'directory server to vault', 'vault to directory server'),
    ...forms,
  ]
}

/** The schema of a message; an ARes does not tell its category, so the AReq of its transaction does. */
function schemaNameOf(message: Loose, categories: ReadonlyMap<string, string>): string {
  const { messageType: type, messageVersion: version } = message
  const category = message['messageCategory'] ?? categories.get(message['threeDSServerTransID']) ?? '02'
  if (['PReq', 'PRes', 'Erro'].includes(type)) return `${type}-${version}`
  if (['CReq', 'CRes', 'RRes'].includes(type)) return `${type}-${version}-browser`
  return `${type}-${version}-browser-${category === '01' ? 'payment' : 'non-payment'}`
}

describe('what went over the wire', () => {
  /** Sent by the test, and not as it should be. */
  const isOnPurpose = ({ message }: Recorded) =>
    (message['messageType'] === 'RReq' && message['threeDSServerTransID'] === undefined) ||
    message['serialNum'] === 'wrong'

  test('was heard in each type and version', () => {
    const counts: Record<string, number> = {}
    for (const { message } of recorded()) {
      const name = `${message['messageType']} ${message['messageVersion']}`
      counts[name] = (counts[name] ?? 0) + 1
    }
    for (const type of messageTypes) {
      // Lists are asked for in the version that every directory server reads.
      for (const version of type === 'PReq' || type === 'PRes' ? ['2.1.0'] : ['2.1.0', '2.2.0']) {
        expect(counts[`${type} ${version}`] ?? 0, `${type} ${version}`).toBeGreaterThan(1)
      }
    }
    expect(counts['AReq 2.1.0']).toBeGreaterThan(18)
    expect(counts['AReq 2.2.0']).toBeGreaterThan(26)
    expect(counts['CReq 2.2.0']).toBeGreaterThan(8)
    expect(counts['PReq 2.1.0']).toBeGreaterThan(26)
  })

  test('was heard from each side', () => {
    const from = (heard: Recorded['heard']) =>
      [
        ...new Set(
          recorded()
            .filter(one => one.heard === heard)
            .map(({ message }) => message['messageType']),
        ),
      ].sort()
    expect(from('vault to directory server')).toEqual(['AReq', 'Erro', 'PReq', 'RRes'])
    expect(from('directory server to vault')).toEqual(['ARes', 'Erro', 'PRes', 'RReq'])
    expect(from('browser')).toEqual(['CReq', 'CRes'])
  })

  test('is as the published schemas say, by a validator that is not ours', () => {
    const all = recorded()
    const categories = new Map(
      all.flatMap(({ message }) =>
        message['messageType'] === 'AReq'
          ? [[String(message['threeDSServerTransID']), String(message['messageCategory'])] as const]
          : [],
      ),
    )
    const used = new Set<string>()
    let judged = 0
    for (const one of all) {
      if (isOnPurpose(one)) continue
      const name = schemaNameOf(one.message, categories)
      used.add(name)
      const validate = ajv.getSchema(name)
      if (!validate) throw new Error(`there is no schema ${name}`)
      expect(validate(one.message), `${name}: ${ajv.errorsText(validate.errors)}`).toBe(true)
      judged += 1
    }
    expect(judged).toBeGreaterThan(200)
    // The payment was heard too.
    expect([...used]).toEqual(expect.arrayContaining(['AReq-2.2.0-browser-payment', 'ARes-2.2.0-browser-payment']))
    expect(used.size).toBeGreaterThan(16)
  })

  test('is refused by that validator where it was sent faulty on purpose', () => {
    const faulty = recorded().filter(isOnPurpose)
    expect(faulty.length).toBe(2)
    for (const { message } of faulty) expect(ajv.getSchema(schemaNameOf(message, new Map()))!(message)).toBe(false)
  })

  test('is read by our own reader', () => {
    for (const one of recorded()) {
      if (isOnPurpose(one)) continue
      const type = one.message['messageType'] as MessageType
      if (type === 'PRes') {
        const ranges: unknown[] = []
        const reader = new PResReader(range => ranges.push(range))
        reader.push(Buffer.from(one.text))
        expect(reader.end()).toMatchObject({ ok: true })
        expect(ranges.length).toBe((one.message['cardRangeData'] ?? []).length)
      } else {
        const category = type === 'ARes' ? undefined : one.message['messageCategory']
        const reading = readMessage(one.text, { types: [type], ...(category && { category }) })
        expect(reading, one.text).toMatchObject({ ok: true })
      }
    }
  })

  test('holds nothing that is null or empty, and a card number in an AReq alone', () => {
    for (const { text, message } of recorded()) {
      expect(text).not.toMatch(/:\s*(null|"")/)
      if (message['messageType'] === 'AReq') expect(message['acctNumber']).toMatch(/^\d{13,19}$/)
      else if (message['messageType'] !== 'PRes')
        expect(text).not.toMatch(/(?<![\da-f-])(4|5[12]|34|36)\d{12,17}(?![\da-f-])/)
    }
  })

  test('nothing else was heard but what the simulator sends that is no message', () => {
    recorded()
    expect(strays.filter(text => !text.startsWith('<html>'))).toEqual([])
  })

  test('every transaction has ids of its own, and each answer those of its question', () => {
    const areqs = recorded().filter(({ message }) => message['messageType'] === 'AReq')
    const ids = areqs.map(({ message }) => message['threeDSServerTransID'])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [nth, { way, text }] of answering.passed.entries()) {
      if (way !== 'answer') continue
      const [question, answer] = [JSON.parse(answering.passed[nth - 1]!.text) as Loose, JSON.parse(text) as Loose]
      if (answer['messageType'] !== 'RRes') continue
      for (const id of ['threeDSServerTransID', 'dsTransID', 'acsTransID']) expect(answer[id]).toBe(question[id])
    }
  })
})
