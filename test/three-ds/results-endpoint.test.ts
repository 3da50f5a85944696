/** Where the results of challenges come in: who may bring them, what they must say, and that each counts once. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { schemaOf } from '../../packages/emv3ds/src/index.js'
import { golden } from '../../packages/emv3ds/test/golden-messages.js'
import { type Posted, type PostOptions, postOverTls } from '../support/mutual-tls.js'
import { clientIdentity, type Identity } from '../support/pki-files.js'
import { passBrowser, settled } from '../support/play-buyer.js'
import {
  aChallenge,
  anARes,
  aPRes,
  aRange,
  type Loose,
  type PlayedDirectory,
  startPlayedDirectory,
} from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { aStrangersIdentity } from '../support/strangers-certificate.js'
import { ended, eventsOf, fullEnv, inquire, until, vaultCard } from '../support/three-ds-calls.js'
import { required, wrongValues } from '../support/three-ds-elements.js'

const NEW = '4000000000200008'
const OLD = '4000000300200005'

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
          ]
        : [],
    ),
  }))
  coffer = await startSystem({ directories: played.directories })
})
beforeEach(() => played.onAReq(areq => ({ message: aChallenge(areq) })))
afterAll(async () => {
  await coffer?.stop()
  await played?.stop()
})

/** A challenge that is under way, with what a good result of it says. */
interface Challenge {
  id: string
  page: string
  rreq: Loose
}

async function challenge(cardNo = NEW): Promise<Challenge> {
  let ids: Loose = {}
  played.onAReq(areq => {
    const ares = aChallenge(areq)
    ids = {
      threeDSServerTransID: ares['threeDSServerTransID'],
      dsTransID: ares['dsTransID'],
      acsTransID: ares['acsTransID'],
    }
    return { message: ares }
  })
  const { id, page, answer } = await vaultCard(coffer, { cardNo, is3DSAuthentication: true }, { env: fullEnv })
  expect(answer.result.resultCode).toBe('VERIFICATION_IN_PROCESS')
  const version = cardNo === OLD ? '2.1.0' : '2.2.0'
  const least = { ...golden('RReq', version, '02'), ...ids, interactionCounter: '01' }
  return { id, page, rreq: { ...least, transStatus: 'Y', eci: '05', authenticationType: '02' } }
}

const address = (directory: string) => `${coffer.resultsUrl}/ds/${directory}/results`

/** Sends a result as the directory server of VISA does, unless told otherwise. */
function send(message: Loose | string, options: PostOptions & { at?: string } = {}): Promise<Posted> {
  const { at = 'visa', ...others } = options
  const body = typeof message === 'string' ? message : JSON.stringify(message)
  return postOverTls(address(at), body, { identity: clientIdentity('VISA', 'ds'), ...others })
}

const without = (message: Loose, name: string): Loose => {
  const { [name]: _gone, ...others } = message
  return others
}

/** Code and names of an Erro of ours. */
function errorOf({ status, json }: Posted): string {
  expect(status).toBe(200)
  expect(json).toMatchObject({ messageType: 'Erro', errorComponent: 'S' })
  return `${json.errorCode} ${json.errorDetail}`
}

/** Nothing has become of the challenge. */
async function expectUnchanged({ id, page }: Challenge) {
  expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
  expect((await settled(page)).shows).toBe('challenge')
}

describe('who may bring a result', () => {
  test('nobody without a certificate, nor with one that no scheme signed: refused in the handshake', async () => {
    const one = await challenge()
    await expect(send(one.rreq, { identity: undefined as never })).rejects.toThrow()
    const stranger = await aStrangersIdentity('ds.visa')
    await expect(send(one.rreq, { identity: stranger })).rejects.toThrow()
    await expect(postOverTls(`${coffer.resultsUrl}/`, '', { identity: stranger })).rejects.toThrow()
    await expectUnchanged(one)
    const good = await send(one.rreq)
    expect(good.json).toMatchObject({ messageType: 'RRes', resultsStatus: '01' })
  })

  test('not with a certificate whose key one does not have', async () => {
    const { cert } = clientIdentity('VISA', 'ds')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await expect((async () => send(golden('RReq', '2.2.0', '02'), { identity: { cert, key } }))()).rejects.toThrow()
  })

  test.each<[string, () => Identity]>([
    ["another scheme's directory server", () => clientIdentity('MASTERCARD', 'ds')],
    ["the scheme's own ACS", () => clientIdentity('VISA', 'acs')],
    ['a 3DS Server of the scheme, such as we are', () => clientIdentity('VISA', '3ds-server')],
  ])('not %s', async (_who, identity) => {
    const one = await challenge()
    expect(errorOf(await send(one.rreq, { identity: identity() }))).toMatch(/^303 /)
    await expectUnchanged(one)
    expect((await eventsOf(coffer, one.id)).filter(({ kind }) => kind === 'threeds.rreq')).toEqual([])
  })

  test("not another scheme's directory server at its own address, with the ids of our transaction", async () => {
    const one = await challenge()
    const identity = clientIdentity('MASTERCARD', 'ds')
    expect(errorOf(await send(one.rreq, { at: 'mastercard', identity }))).toMatch(/^30[13] threeDSServerTransID$/)
    await expectUnchanged(one)
    const seen = (await eventsOf(coffer, one.id)).filter(({ kind }) => kind === 'threeds.refused')
    expect(seen).toMatchObject([{ from: 'mastercard', errorCode: '303' }])
  })

  test('nothing is learned about transactions of others', async () => {
    const { rreq } = await challenge()
    const identity = clientIdentity('MASTERCARD', 'ds')
    const own = await send(rreq, { at: 'visa', identity })
    const unknown = await send({ ...rreq, threeDSServerTransID: randomUUID() }, { at: 'visa', identity })
    expect(own.text).toBe(unknown.text)
  })
})

describe.each([
  ['2.1.0', OLD],
  ['2.2.0', NEW],
] as const)('an RReq in %s', (version, cardNo) => {
  let one: Challenge
  beforeAll(async () => {
    one = await challenge(cardNo)
  })

  test('without a required element is answered with 201 and the name of it', async () => {
    const names = required('RReq', version, '02').filter(name => name !== 'messageType')
    expect(names).toContain('transStatus')
    for (const name of names) {
      expect(errorOf(await send(without(one.rreq, name))), name).toBe(`201 ${name}`)
      expect(errorOf(await send({ ...one.rreq, [name]: null })), name).toBe(`201 ${name}`)
    }
    expect(errorOf(await send(without(one.rreq, 'messageType')))).toBe('101 messageType')
    expect(errorOf(await send(without(one.rreq, 'interactionCounter')))).toBe('201 interactionCounter')
    await expectUnchanged(one)
  })

  test('with an element of a wrong format is answered with 203 and the name of it', async () => {
    const { properties } = schemaOf('RReq', version, '02', '02') as unknown as { properties: Loose }
    const names = Object.keys(properties).filter(name => !['messageType', 'messageVersion'].includes(name))
    expect(names.length).toBeGreaterThan(12)
    const full = { ...golden('RReq', version, '02', 'full'), ...one.rreq }
    for (const name of names) {
      for (const value of wrongValues(properties[name])) {
        expect(errorOf(await send({ ...full, [name]: value })), `${name} ${JSON.stringify(value)}`).toBe(`203 ${name}`)
      }
    }
    await expectUnchanged(one)
  })

  test('is answered in its own version, with its own ids', async () => {
    const { threeDSServerTransID, dsTransID, acsTransID } = one.rreq
    const refused = await send({ ...one.rreq, eci: 'X' })
    expect(refused.json).toEqual({
      messageType: 'Erro',
      messageVersion: version,
      threeDSServerTransID,
      dsTransID,
      acsTransID,
      errorCode: '203',
      errorComponent: 'S',
      errorDescription: expect.any(String),
      errorDetail: 'eci',
      errorMessageType: 'RReq',
    })
    const taken = await send(one.rreq)
    expect(taken.json).toEqual({
      messageType: 'RRes',
      messageVersion: version,
      threeDSServerTransID,
      dsTransID,
      acsTransID,
      resultsStatus: '01',
    })
  })
})

describe('an RReq', () => {
  test.each<[string, string, (rreq: Loose) => Loose | string]>([
    [
      'with a name that stands twice',
      '204 transStatus',
      rreq => JSON.stringify(rreq).replace(/}$/, ',"transStatus":"N"}'),
    ],
    ['that is not JSON', '101 ', () => 'RReq=1'],
    ['that is empty', '101 ', () => ''],
    ['that is another message', '101 messageType', rreq => ({ ...rreq, messageType: 'RRes' })],
    ['that is an ARes', '101 messageType', rreq => anARes(rreq)],
    ['in a version that nobody speaks', '102 messageVersion', rreq => ({ ...rreq, messageVersion: '2.3.1' })],
    ['in another version than the challenge', '203 messageVersion', rreq => ({ ...rreq, messageVersion: '2.1.0' })],
    [
      'of another category',
      '203 messageCategory',
      rreq => ({ ...rreq, messageCategory: '01', authenticationValue: 'A'.repeat(27).concat('=') }),
    ],
    [
      'of a transaction that is not known',
      '301 threeDSServerTransID',
      rreq => ({ ...rreq, threeDSServerTransID: randomUUID() }),
    ],
    ['with the id of another ACS transaction', '301 acsTransID', rreq => ({ ...rreq, acsTransID: randomUUID() })],
    ['with the id of another DS transaction', '301 dsTransID', rreq => ({ ...rreq, dsTransID: randomUUID() })],
    ['that says C', '203 transStatus', rreq => ({ ...rreq, transStatus: 'C' })],
    ['that says N without a reason', '201 transStatusReason', rreq => ({ ...rreq, transStatus: 'N' })],
    [
      'that timed out and does not say where',
      '201 challengeCancel',
      rreq => ({ ...rreq, transStatus: 'N', transStatusReason: '14' }),
    ],
    [
      'with an extension that has to be understood',
      '202 messageExtension.id',
      rreq => ({ ...rreq, messageExtension: [{ name: 'a', id: 'b', criticalityIndicator: true, data: {} }] }),
    ],
  ])('%s is refused and changes nothing', async (_what, error, change) => {
    const one = await challenge()
    expect(errorOf(await send(change(one.rreq)))).toContain(error)
    await expectUnchanged(one)
  })

  test('that is an Erro is not answered with an Erro', async () => {
    for (const erro of [golden('Erro', '2.2.0', '02', 'full'), { messageType: 'Erro' }]) {
      const { status, text } = await send(erro)
      expect({ status, text }).toEqual({ status: 200, text: '' })
    }
  })

  test('before the buyer is in a challenge is refused', async () => {
    const { id, page } = await vaultCard(coffer, { cardNo: NEW, is3DSAuthentication: true })
    const [started] = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.started')
    const ids = {
      threeDSServerTransID: started!['threeDSServerTransID'],
      dsTransID: randomUUID(),
      acsTransID: randomUUID(),
    }
    const rreq = { ...golden('RReq', '2.2.0', '02'), ...ids }
    // While his browser is waited for.
    expect(errorOf(await send(rreq))).toMatch(/^30[15] /)
    // While the directory server thinks.
    let go: () => void = () => {}
    const thinking = new Promise<void>(resolve => {
      go = resolve
    })
    played.onAReq(async areq => {
      await thinking
      return { message: aChallenge(areq, ids) }
    })
    await passBrowser(await settled(page, 'browser'))
    await until(async () =>
      played.ofType('AReq').some(({ message }) => message['threeDSServerTransID'] === ids.threeDSServerTransID),
    )
    expect(errorOf(await send(rreq))).toMatch(/^30[15] /)
    go()
    expect((await settled(page)).shows).toBe('challenge')
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
  })

  test('of a buyer who was authenticated without a challenge changes nothing', async () => {
    let ids: Loose = {}
    played.onAReq(areq => {
      ids = anARes(areq, { transStatus: 'N', transStatusReason: '01' })
      return { message: ids }
    })
    const { id } = await vaultCard(coffer, { cardNo: NEW, is3DSAuthentication: true }, { env: fullEnv })
    const before = await inquire(coffer, id)
    const { threeDSServerTransID, dsTransID, acsTransID } = ids
    await send({ ...golden('RReq', '2.2.0', '02'), threeDSServerTransID, dsTransID, acsTransID })
    expect(await inquire(coffer, id)).toMatchObject({ vaultingResultCode: before.vaultingResultCode })
  })
})

describe('a result', () => {
  const outcomes = async (id: string) =>
    (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'vaulting.concluded')

  test('that says Y ends in the vault, that says N does not', async () => {
    const good = await challenge()
    await send(good.rreq)
    expect(await ended(coffer, good.id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    const bad = await challenge()
    await send({ ...bad.rreq, transStatus: 'N', transStatusReason: '01', eci: '07' })
    expect(await ended(coffer, bad.id)).toMatchObject({ vaultingResultCode: 'USER_PAYMENT_VERIFICATION_FAILED' })
  })

  test('that comes twice is acknowledged twice, and counts once', async () => {
    const { id, rreq } = await challenge()
    const [first, second] = [await send(rreq), await send(rreq)]
    expect([first.json.resultsStatus, second.json.resultsStatus]).toEqual(['01', '01'])
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    const third = await send(rreq)
    expect(third.text).toBe(first.text)
    expect((await outcomes(id)).length).toBe(1)
    const seen = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.rreq')
    expect(seen.map(({ repeated }) => repeated ?? false)).toEqual([false, true, true])
  })

  test.each([
    ['Y after N', { transStatus: 'N', transStatusReason: '01', eci: '07' }, {}, 'USER_PAYMENT_VERIFICATION_FAILED'],
    ['N after Y', {}, { transStatus: 'N', transStatusReason: '01', eci: '07' }, 'SUCCESS'],
  ])('that contradicts the first one is acknowledged and changes nothing: %s', async (_what, first, second, code) => {
    const { id, rreq } = await challenge()
    await send({ ...rreq, ...first })
    expect((await send({ ...rreq, ...second })).json).toMatchObject({ messageType: 'RRes', resultsStatus: '01' })
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: code })
    expect((await send({ ...rreq, ...second })).json).toMatchObject({ messageType: 'RRes', resultsStatus: '01' })
    expect(await inquire(coffer, id)).toMatchObject({ vaultingResultCode: code })
    const seen = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.rreq')
    expect(seen.map(({ contradicts }) => contradicts ?? false)).toEqual([false, true, true])
  })

  test('that comes twenty times at once counts once', async () => {
    const { id, rreq } = await challenge()
    const verified = coffer.issuerLog().length
    const no = { ...rreq, transStatus: 'N', transStatusReason: '01', eci: '07' }
    const answers = await Promise.all(Array.from({ length: 20 }, (_, nth) => send(nth % 2 ? rreq : no)))
    expect(answers.map(({ json }) => json.resultsStatus)).toEqual(Array(20).fill('01'))
    const { vaultingResultCode } = await ended(coffer, id)
    expect((await outcomes(id)).map(({ resultCode }) => resultCode)).toEqual([vaultingResultCode])
    const seen = (await eventsOf(coffer, id)).filter(({ kind }) => kind === 'threeds.rreq')
    expect(seen.length).toBe(20)
    const [counted] = seen.filter(({ repeated }) => repeated === undefined)
    expect(seen.filter(({ repeated }) => repeated === undefined).length).toBe(1)
    expect(vaultingResultCode).toBe(counted!['transStatus'] === 'Y' ? 'SUCCESS' : 'USER_PAYMENT_VERIFICATION_FAILED')
    expect(coffer.issuerLog().length - verified).toBe(vaultingResultCode === 'SUCCESS' ? 1 : 0)
  })

  test('that comes after the deadline is acknowledged, and the vaulting stays closed', async () => {
    const { id, rreq } = await challenge()
    await coffer.advance(901_000)
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
    const verified = coffer.issuerLog().length
    for (let times = 0; times < 2; times++) {
      expect((await send(rreq)).json).toMatchObject({ messageType: 'RRes', resultsStatus: '01' })
    }
    await coffer.advance(60_000)
    expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
    expect(coffer.issuerLog().length).toBe(verified)
    expect((await outcomes(id)).length).toBe(1)
  })

  test('that holds a number of a card shows it to nobody', async () => {
    const { id, rreq } = await challenge()
    const { json } = await send({ ...rreq, eci: NEW, [NEW]: 1, acsTransID: NEW })
    expect(JSON.stringify([json, await eventsOf(coffer, id), coffer.logLines])).not.toContain(NEW)
  })
})

describe('the port', () => {
  test.each([
    ['another method', 'GET', '/ds/visa/results'],
    ['another method', 'PUT', '/ds/visa/results'],
    ['another path', 'POST', '/ds/visa'],
    ['another path', 'POST', '/'],
    ['the path of nobody', 'POST', '/ds/nobody/results'],
    ['a path that climbs', 'POST', '/ds/visa/../mastercard/results'],
  ])('answers %s with 404: %s %s', async (_what, method, path) => {
    const { status, json } = await postOverTls(`${coffer.resultsUrl}${path}`, '{}', {
      identity: clientIdentity('VISA', 'ds'),
      method,
    })
    if (path.includes('..')) expect(json).toMatchObject({ messageType: 'Erro', errorCode: '303' })
    else expect(status).toBe(404)
  })

  test('reads no more than a message can be long', async () => {
    const one = await challenge()
    const huge = JSON.stringify({ ...one.rreq, ofNextYear: 'x'.repeat(200_000) })
    const answer = await send(huge).then(
      ({ status }) => status,
      () => 'broken',
    )
    expect([413, 'broken']).toContain(answer)
    await expectUnchanged(one)
  })

  test('lets nobody wait for one who is slow', async () => {
    const [slow, quick] = [await challenge(), await challenge()]
    const answer = await send(slow.rreq, {
      before: async () => expect((await send(quick.rreq)).json).toMatchObject({ resultsStatus: '01' }),
    })
    expect(answer.json).toMatchObject({ resultsStatus: '01' })
    expect(await ended(coffer, quick.id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
  })
})
