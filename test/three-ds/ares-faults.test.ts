/** What becomes of a buyer when the answer of a directory server is not as it should be, or does not come. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { threeDSTimers } from '../../apps/vault/src/three-ds/three-ds-settings.js'
import { schemaOf } from '../../packages/emv3ds/src/index.js'
import { golden } from '../../packages/emv3ds/test/golden-messages.js'
import { load, passBrowser, settled } from '../support/play-buyer.js'
import {
  aChallenge,
  anARes,
  aPRes,
  aRange,
  type Loose,
  type PlayedAnswer,
  type PlayedDirectory,
  startPlayedDirectory,
} from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, eventsOf, fullEnv, inquire, setThreeDS, until, vaultCard } from '../support/three-ds-calls.js'
import { required, wrongValues } from '../support/three-ds-elements.js'

/** Its ACS speaks 2.2.0. */
const NEW = '4000000000100000'
/** Its ACS speaks 2.1.0 alone. */
const OLD = '4000000300100007'
const numbers = { '2.1.0': OLD, '2.2.0': NEW } as const

let coffer: TestSystem
let played: PlayedDirectory
beforeAll(async () => {
  played = await startPlayedDirectory()
  played.onPReq((preq, network) => ({
    message: aPRes(
      preq,
      network === 'VISA'
        ? [
            aRange('4000000000000000', '4000000299999999'),
            aRange('4000000300000000', '4000000399999999', { acsEndProtocolVersion: '2.1.0' }),
            aRange('4000000400000000', '4999999999999999'),
          ]
        : [],
    ),
  }))
  coffer = await startSystem({ directories: played.directories })
})
afterEach(() => {
  played.onAReq(areq => ({ message: anARes(areq) }))
  setThreeDS(coffer, { timers: threeDSTimers })
})
afterAll(async () => {
  await coffer?.stop()
  await played?.stop()
})

/** Whoever keeps silent is waited for no longer than a test needs. */
const impatient = () => setThreeDS(coffer, { timers: { ...threeDSTimers, answerMs: 300 } })

/** Asks within a call, and says how the vaulting ended and what the directory server got to hear after its answer. */
async function ask(cardNo: string, answer: (areq: Loose) => PlayedAnswer) {
  const before = played.received.length
  played.onAReq(answer)
  const { id, answer: told } = await vaultCard(coffer, { cardNo, is3DSAuthentication: true }, { env: fullEnv })
  const after = played.received.slice(before).map(({ message }) => message)
  const types = after.map(({ messageType }) => messageType)
  const [areq, erro] = after
  return { id, code: told.result.resultCode, types, areq: areq!, erro }
}

/** What is said of an answer: `201 acsURL`; `nothing` when it was taken. */
async function said(cardNo: string, answer: (areq: Loose) => PlayedAnswer): Promise<string> {
  const { code, types, areq, erro } = await ask(cardNo, answer)
  if (types.length === 1) return `nothing, ${code}`
  expect(types).toEqual(['AReq', 'Erro'])
  expect(erro).toMatchObject({
    messageVersion: areq['messageVersion'],
    threeDSServerTransID: areq['threeDSServerTransID'],
    errorComponent: 'S',
  })
  expect(code).toBe('AUTHENTICATION_REQUIRED')
  return `${erro!['errorCode']} ${erro!['errorDetail']}`
}

const without = (message: Loose, name: string): Loose => {
  const { [name]: _gone, ...others } = message
  return others
}

describe.each(['2.1.0', '2.2.0'] as const)('an ARes in %s', version => {
  const cardNo = numbers[version]
  const full = (areq: Loose): Loose => ({
    ...golden('ARes', version, '02', 'full'),
    threeDSServerTransID: areq['threeDSServerTransID'],
  })

  test('that has every element is taken', async () => {
    const { code, types, areq } = await ask(cardNo, areq => ({ message: full(areq) }))
    expect(areq['messageVersion']).toBe(version)
    expect(types).toEqual(['AReq'])
    expect(code).not.toBe('AUTHENTICATION_REQUIRED')
  })

  test('without a required element is answered with 201 and the name of it', async () => {
    const names = required('ARes', version, '02').filter(name => name !== 'messageType')
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) {
      expect(await said(cardNo, areq => ({ message: without(anARes(areq), name) })), name).toBe(`201 ${name}`)
      expect(await said(cardNo, areq => ({ message: { ...anARes(areq), [name]: '' } })), name).toBe(`201 ${name}`)
    }
  })

  test('with an element of a wrong format is answered with 203 and the name of it', async () => {
    const { properties } = schemaOf('ARes', version, '02', '02') as unknown as { properties: Loose }
    const names = Object.keys(properties).filter(name => !['messageType', 'messageVersion'].includes(name))
    expect(names.length).toBeGreaterThan(12)
    for (const name of names) {
      for (const value of wrongValues(properties[name])) {
        const heard = await said(cardNo, areq => ({ message: { ...full(areq), [name]: value } }))
        expect(heard, `${name} ${JSON.stringify(value)}`).toBe(`203 ${name}`)
      }
    }
  })
})

describe('an ARes', () => {
  test.each([
    ['with a name that stands twice', '204 transStatus', (text: string) => text.replace(/}$/, ',"transStatus":"N"}')],
    ['with a name that stands twice in an object within', '204 messageExtension.name', withTwins],
    ['that is not JSON', '101 ', (text: string) => text.slice(1)],
    ['that is empty', '101 ', () => ''],
    ['that is a list', '101 not a JSON object', (text: string) => `[${text}]`],
    ['that is a PRes', '101 messageType', (text: string) => text.replace('"ARes"', '"PRes"')],
    ['that is the AReq again', '101 messageType', (text: string) => text.replace('"ARes"', '"AReq"')],
    ['that does not say what it is', '101 messageType', (text: string) => text.replace('"messageType":"ARes",', '')],
    ['in a version that nobody speaks', '102 messageVersion', (text: string) => text.replace('2.2.0', '2.3.1')],
    ['in another version than it was asked in', '203 messageVersion', (text: string) => text.replace('2.2.0', '2.1.0')],
    ['with null in the place of a text', '203 eci', (text: string) => text.replace('"05"', 'null')],
    ['with a number in the place of a text', '203 eci', (text: string) => text.replace('"05"', '5')],
  ])('%s', async (_what, heard, change) => {
    expect(await said(NEW, areq => ({ text: change(JSON.stringify(anARes(areq))) }))).toMatch(heard)
  })

  test.each([
    ['a challenge without acsURL', '201 acsURL', { acsURL: undefined }],
    [
      'a challenge that does not say whether it is mandated',
      '201 acsChallengeMandated',
      { acsChallengeMandated: undefined },
    ],
    ['a challenge without authenticationType', '201 authenticationType', { authenticationType: undefined }],
    ['a challenge that leads to no address of the web', '203 acsURL', { acsURL: 'javascript:alert(1)' }],
    ['N without a reason', '201 transStatusReason', { transStatus: 'N' }],
    ['a decoupled challenge without acsDecConInd', '201 acsDecConInd', { transStatus: 'D' }],
    [
      'an authentication value of 27 characters',
      '203 authenticationValue',
      { authenticationValue: 'A'.repeat(26).concat('=') },
    ],
    [
      'an authentication value of 32 characters',
      '203 authenticationValue',
      { authenticationValue: 'A'.repeat(31).concat('=') },
    ],
    ['a value that is no base64', '203 authenticationValue', { authenticationValue: '!'.repeat(27).concat('=') }],
    ['two faults of a kind: both names', '203 eci, authenticationValue', { eci: 'X', authenticationValue: 'A' }],
    ['a status that nobody knows', '203 transStatus', { transStatus: 'Z' }],
    ['what only a newer version has', '203 transStatus', { transStatus: 'S' }],
  ])('%s', async (_what, heard, more) => {
    expect(await said(NEW, areq => ({ message: aChallenge(areq, more) }))).toBe(heard)
  })

  test('with a reason that 2.1.0 does not have', async () => {
    const answer = { transStatus: 'N', transStatusReason: '22' }
    expect(await said(OLD, areq => ({ message: anARes(areq, answer) }))).toBe('203 transStatusReason')
    expect(await said(NEW, areq => ({ message: anARes(areq, answer) }))).toBe(
      'nothing, USER_PAYMENT_VERIFICATION_FAILED',
    )
  })

  test('of another transaction is answered with 301', async () => {
    expect(await said(NEW, areq => ({ message: anARes(areq, { threeDSServerTransID: randomUUID() }) }))).toBe(
      '301 threeDSServerTransID',
    )
  })

  test('with an extension that has to be understood is answered with 202, with another one it is taken', async () => {
    const extension = { name: 'Of a scheme', id: 'A000000999-01', criticalityIndicator: true, data: { any: 'thing' } }
    expect(await said(NEW, areq => ({ message: anARes(areq, { messageExtension: [extension] }) }))).toBe(
      '202 messageExtension.id',
    )
    const harmless = { ...extension, criticalityIndicator: false }
    expect(await said(NEW, areq => ({ message: anARes(areq, { messageExtension: [harmless] }) }))).toBe(
      'nothing, SUCCESS',
    )
  })

  test('with elements that nobody knows is taken', async () => {
    expect(await said(NEW, areq => ({ message: anARes(areq, { ofNextYear: { a: [null, ''] } }) }))).toBe(
      'nothing, SUCCESS',
    )
  })

  test('without a status means that nobody knows who the buyer is', async () => {
    expect(await said(NEW, areq => ({ message: anARes(areq, { transStatus: undefined }) }))).toBe(
      'nothing, AUTHENTICATION_REQUIRED',
    )
  })

  test('that holds the number of the card shows it to nobody', async () => {
    const { id } = await ask(NEW, areq => ({
      message: anARes(areq, { transStatus: 'N', transStatusReason: '01', cardholderInfo: `Call us about ${NEW}` }),
    }))
    const shown = JSON.stringify([await eventsOf(coffer, id), await inquire(coffer, id), coffer.logLines])
    expect(shown).not.toContain(NEW)
    const other = await ask(NEW, areq => ({ message: { ...anARes(areq), [NEW]: 1, eci: NEW, acsTransID: NEW } }))
    expect(other.erro).toMatchObject({ errorCode: '203' })
    expect(JSON.stringify([other.erro, await eventsOf(coffer, other.id), coffer.logLines])).not.toContain(NEW)
  })
})

/** A name that stands twice below the top. */
function withTwins(text: string): string {
  const twins = '{"name":"a","name":"b","id":"c","criticalityIndicator":false,"data":{}}'
  return text.replace(/}$/, `,"messageExtension":[${twins}]}`)
}

/** Waits until the page says that it gives up. */
const untilStuck = (page: string) => until(async () => (await load(page)).html.includes('Your bank cannot be reached'))

describe('no ARes', () => {
  test('an Erro is not answered with an Erro', async () => {
    const { code, types, id } = await ask(NEW, areq => ({
      message: {
        ...golden('Erro', '2.2.0', '02', 'full'),
        threeDSServerTransID: areq['threeDSServerTransID'],
        errorDetail: NEW,
      },
    }))
    expect(types).toEqual(['AReq'])
    expect(code).toBe('AUTHENTICATION_REQUIRED')
    const events = await eventsOf(coffer, id)
    expect(events.find(({ kind }) => kind === 'threeds.ares')).toMatchObject({ errorCode: '203', errorComponent: 'D' })
    expect(JSON.stringify(events)).not.toContain(NEW)
  })

  test('not even one that is not as it should be', async () => {
    const { code, types } = await ask(NEW, () => ({ message: { messageType: 'Erro', messageVersion: '2.2.0' } }))
    expect(types).toEqual(['AReq'])
    expect(code).toBe('AUTHENTICATION_REQUIRED')
  })

  test.each<[string, (areq: Loose) => PlayedAnswer]>([
    ['too long an answer', areq => ({ message: anARes(areq, { ofNextYear: 'x'.repeat(70_000) }) })],
    ['an endless one', () => ({ text: 'x'.repeat(5_000_000) })],
    ['HTTP 500', areq => ({ text: JSON.stringify(anARes(areq)), status: 500 })],
    ['HTTP 404', () => ({ text: '', status: 404 })],
    ['a redirect', () => ({ text: '', status: 307 })],
    ['a connection that breaks', () => 'reset'],
    ['an answer that breaks off', areq => ({ text: JSON.stringify(anARes(areq)), cut: true })],
  ])('%s ends it, and is answered with nothing', async (_what, answer) => {
    const { id, code, types } = await ask(NEW, answer)
    expect({ code, types }).toEqual({ code: 'AUTHENTICATION_REQUIRED', types: ['AReq'] })
    const events = await eventsOf(coffer, id)
    expect(events.find(({ kind }) => kind === 'threeds.ares')).toMatchObject({ errorCode: '405' })
  })

  test('a directory server that keeps silent: U within the call, three tries, then the page says so, then it is closed', async () => {
    impatient()
    played.onAReq(() => 'silence')
    const verified = coffer.issuerLog().length
    const request = { env: fullEnv, vaultingNotificationUrl: `${coffer.receiver.url}/silent` }
    const { id, answer, page } = await vaultCard(coffer, { cardNo: NEW, is3DSAuthentication: true }, request)
    expect(answer.result).toMatchObject({ resultStatus: 'U', resultCode: 'VERIFICATION_IN_PROCESS' })
    for (let attempt = 2; attempt <= 3; attempt++) await passBrowser(await settled(page, 'browser'))
    await untilStuck(page)
    const asked = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.areq')
    expect(asked.length).toBe(3)
    expect(new Set(asked.map(({ threeDSServerTransID }) => threeDSServerTransID)).size).toBe(3)
    expect(coffer.issuerLog().length).toBe(verified)

    await coffer.advance(880_000)
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
    await coffer.advance(30_000)
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
    const notified = coffer.receiver.received.filter(({ url }) => url === '/silent')
    expect(notified.map(({ json }) => [json.vaultingRequestId, json.result.resultCode])).toEqual([
      [id, 'ORDER_IS_CLOSED'],
    ])
    expect((await load(page)).shows).toBe('end')
  })

  test('one that is silent once: the buyer begins anew by himself, and succeeds', async () => {
    impatient()
    played.onAReq(() => 'silence')
    const { id, page } = await vaultCard(coffer, { cardNo: NEW, is3DSAuthentication: true }, { env: fullEnv })
    setThreeDS(coffer, { timers: threeDSTimers })
    played.onAReq(areq => ({ message: anARes(areq) }))
    await passBrowser(await settled(page, 'browser'))
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })

  test('one that answers after the time is over is not heard', async () => {
    impatient()
    const release: (() => void)[] = []
    played.onAReq(async areq => {
      await new Promise<void>(resolve => release.push(resolve))
      return { message: anARes(areq) }
    })
    const { id, page } = await vaultCard(coffer, { cardNo: NEW, is3DSAuthentication: true }, { env: fullEnv })
    expect(release.length).toBe(1)
    for (const go of release) go()
    expect((await settled(page, 'browser')).shows).toBe('browser')
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
  })

  test('an answer that comes late for the call is told later, without the buyer', async () => {
    played.onAReq(async areq => {
      await sleep(1_600)
      return { message: anARes(areq) }
    })
    const { id, answer } = await vaultCard(coffer, { cardNo: NEW, is3DSAuthentication: true }, { env: fullEnv })
    expect(answer.result).toMatchObject({ resultStatus: 'U' })
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })

  test('a directory server that is not there', async () => {
    const other = await startPlayedDirectory()
    other.onPReq(preq => ({ message: aPRes(preq, [aRange('4000000000000000', '4999999999999999')]) }))
    const system = await startSystem({ directories: other.directories.filter(({ id }) => id === 'visa') })
    await other.stop()
    try {
      const card = { cardNo: NEW, is3DSAuthentication: true }
      const { id, answer } = await vaultCard(system, card, { env: fullEnv })
      expect(answer.result).toMatchObject({ resultStatus: 'U', resultCode: 'VERIFICATION_IN_PROCESS' })
      for (let attempt = 2; attempt <= 3; attempt++) await passBrowser(await settled(answer.normalUrl!, 'browser'))
      await untilStuck(answer.normalUrl!)
      await system.advance(900_000)
      expect(await inquire(system, id)).toMatchObject({ vaultingResultCode: 'ORDER_IS_CLOSED' })
    } finally {
      await system.stop()
    }
  })
})
