/** Which cards take part: the lists of card ranges, whole and in changes, and the version that each range is asked in. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { sandboxDirectories } from '../../apps/vault/src/three-ds/directories-file.js'
import { golden } from '../../packages/emv3ds/test/golden-messages.js'
import { goThrough } from '../support/play-buyer.js'
import {
  aPRes,
  aRange,
  type Loose,
  type PlayedAnswer,
  type PlayedDirectory,
  startPlayedDirectory,
} from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { ended, eventsOf, fullEnv, vaultCard } from '../support/three-ds-calls.js'

const DAY_MS = 86_400_000
const VISA = '4000000000100000'
const MASTERCARD = '5200000000100005'
/** No range of the simulator has it. */
const UNLISTED = '4000000900100001'
const COBADGED = '4000002500100001'

/** The simulator plays these two, the test all others. */
const simulated = ['visa', 'cartes-bancaires']

let coffer: TestSystem
let played: PlayedDirectory
beforeAll(async () => {
  played = await startPlayedDirectory()
  coffer = await startSystem({
    directories: url => [
      ...sandboxDirectories(url, inject('pkiFolder')).filter(({ id }) => simulated.includes(id)),
      ...played.directories.filter(({ id }) => !simulated.includes(id)),
    ],
  })
})
beforeEach(() => {
  played.received.splice(0)
})
afterAll(async () => {
  await coffer?.stop()
  await played?.stop()
})

const stateOf = (id: string) => coffer.system.directories.byId(id)!.state

/** A day later the lists are asked for again. */
async function aDayLater() {
  await coffer.advance(DAY_MS)
  await coffer.system.directories.refresh()
}

/** The authentication that was begun for a card of which one is asked for; `undefined` where none was. */
async function startedFor(cardNo: string, card: Loose = {}, more: Loose = {}) {
  const { id } = await vaultCard(coffer, { cardNo, is3DSAuthentication: true, ...card }, more)
  return (await eventsOf(coffer, id)).find(({ kind }) => kind === 'threeds.started')
}

/** What the simulator's directory server of VISA was asked, and answered, for lists. */
const listsOf = (network: string) =>
  coffer.simulator
    .threeDSLog()
    .filter(entry => entry.network === network && ['PReq', 'PRes', 'Erro'].includes(entry.messageType))
    .map(({ messageType, says }) => ({ messageType, ...says }))

const change = (actionInd: 'A' | 'D' | 'M', prefix: string, more: object = {}) =>
  coffer.simulator.control({
    ranges: [
      { network: 'VISA', actionInd, startRange: prefix.padEnd(16, '0'), endRange: prefix.padEnd(16, '9'), ...more },
    ],
  })

describe('the list of a directory server', () => {
  test('is loaded whole at first, in the version that everybody reads', () => {
    const [preq, pres] = listsOf('VISA')
    expect(preq).toMatchObject({ messageType: 'PReq', messageVersion: '2.1.0' })
    expect(preq).not.toHaveProperty('serialNum')
    expect(pres).toMatchObject({ messageType: 'PRes', cardRanges: stateOf('visa').ranges })
    expect(stateOf('visa').ranges).toBeGreaterThan(10)
  })

  test('is not asked for again before a day has passed', async () => {
    const before = listsOf('VISA').length
    await coffer.advance(DAY_MS - 60_000)
    await coffer.system.directories.refresh()
    expect(listsOf('VISA').length).toBe(before)
    await coffer.advance(60_000)
    await coffer.system.directories.refresh()
    const [preq, pres] = listsOf('VISA').slice(before)
    expect(preq).toMatchObject({ messageType: 'PReq', serialNum: expect.any(String) })
    expect(pres).toMatchObject({ cardRanges: 0, serialNum: (preq as Loose)['serialNum'] })
  })

  test('takes up changes: a card takes part, has a 3DS Method, and takes no part any more', async () => {
    expect(await startedFor(UNLISTED)).toBeUndefined()
    const size = stateOf('visa').ranges
    change('A', '40000009')
    await aDayLater()
    expect(stateOf('visa').ranges).toBe(size + 1)
    expect(await startedFor(UNLISTED)).toMatchObject({ messageVersion: '2.2.0', method: false })
    expect(listsOf('VISA').at(-1)).toMatchObject({ messageType: 'PRes', cardRanges: 1 })

    change('M', '40000009', { method: 'calls-back' })
    await aDayLater()
    expect(await startedFor(UNLISTED)).toMatchObject({ method: true })

    change('D', '40000009')
    await aDayLater()
    expect(stateOf('visa').ranges).toBe(size)
    expect(await startedFor(UNLISTED)).toBeUndefined()
  })

  test('is loaded whole again where the directory server does not know our state of it', async () => {
    change('A', '40000009')
    coffer.simulator.control({ forgetSerials: true })
    const before = listsOf('VISA').length
    await aDayLater()
    const [first, erro, second, pres] = listsOf('VISA').slice(before)
    expect(first).toMatchObject({ messageType: 'PReq', serialNum: expect.any(String) })
    expect(erro).toMatchObject({ messageType: 'Erro', errorCode: '307' })
    expect(second).not.toHaveProperty('serialNum')
    expect(pres).toMatchObject({ messageType: 'PRes', cardRanges: stateOf('visa').ranges })
    expect(await startedFor(UNLISTED)).toBeDefined()
    change('D', '40000009')
    await aDayLater()
    expect(await startedFor(UNLISTED)).toBeUndefined()
  })

  test.each([
    ['2.1.0 alone', ['2.1.0', '2.1.0'], '2.1.0'],
    ['2.1.0 to 2.2.0', ['2.1.0', '2.2.0'], '2.2.0'],
    ['2.2.0 to 2.3.1', ['2.2.0', '2.3.1'], '2.2.0'],
    ['2.1.0 to 2.3.1', ['2.1.0', '2.3.1'], '2.2.0'],
    ['2.3.1 alone: none in common', ['2.3.1', '2.3.1'], undefined],
    ['2.0.0 alone: none in common', ['2.0.0', '2.0.0'], undefined],
  ])('an ACS that speaks %s', async (_what, [acsStartProtocolVersion, acsEndProtocolVersion], version) => {
    change('M', '40000000', { acsStartProtocolVersion, acsEndProtocolVersion })
    await aDayLater()
    expect((await startedFor(VISA))?.['messageVersion']).toBe(version)
    change('M', '40000000', { acsStartProtocolVersion: '2.1.0', acsEndProtocolVersion: '2.2.0' })
    await aDayLater()
  })
})

describe('a directory server that speaks less than the ACS', () => {
  test.each([
    ['of the range', { dsStartProtocolVersion: '2.1.0', dsEndProtocolVersion: '2.1.0' }, {}, '2.1.0'],
    ['of the whole list', {}, { dsStartProtocolVersion: '2.1.0', dsEndProtocolVersion: '2.1.0' }, '2.1.0'],
    [
      'of the range, where that of the list is another',
      { dsStartProtocolVersion: '2.1.0', dsEndProtocolVersion: '2.2.0' },
      { dsStartProtocolVersion: '2.1.0', dsEndProtocolVersion: '2.1.0' },
      '2.2.0',
    ],
    ['at all: none in common', {}, { dsStartProtocolVersion: '2.3.1', dsEndProtocolVersion: '2.3.1' }, undefined],
  ])('by its version %s', async (_what, ofRange, ofList, version) => {
    let nth = 0
    played.onPReq((preq, network) => {
      if (network !== 'MASTERCARD') return { message: aPRes(preq, []) }
      // The range is replaced: whoever has it hears that it is another one now.
      nth += 1
      const serialNum = `of-${_what.length}-${nth}`
      const range = aRange('5100000000000000', '5599999999999999', { actionInd: 'M', ...ofRange })
      return { message: aPRes(preq, [range], { serialNum, ...ofList }) }
    })
    await aDayLater()
    const [asked] = played.ofType('Erro')
    expect(asked).toBeUndefined()
    expect((await startedFor(MASTERCARD, {}, { env: fullEnv }))?.['messageVersion']).toBe(version)
  })
})

/** Ranges of cards that exist nowhere. */
const first = ['8800000000000000', '8800009999999999'] as const
const second = ['8800010000000000', '8800019999999999'] as const
const within = ['8800005000000000', '8800005999999999'] as const

test('a list that is not as it should be is answered with an Erro, and the one before stays', async () => {
  // One network for each fault, so that all of them are asked at the same time.
  const faults: Record<string, { heard: string | undefined; answer: (preq: Loose) => PlayedAnswer }> = {
    AMEX: {
      heard: '203 cardRangeData.startRange',
      answer: preq => ({ message: aPRes(preq, [aRange(...within)]) }),
    },
    JCB: {
      heard: '203 cardRangeData.endRange',
      answer: preq => ({ message: aPRes(preq, [aRange(second[1], second[0])]) }),
    },
    DINERS: {
      heard: '203 cardRangeData.startRange',
      answer: preq => ({ message: aPRes(preq, [aRange(...first)]) }),
    },
    DISCOVER: {
      heard: '203 cardRangeData.startRange',
      answer: preq => ({ message: aPRes(preq, [aRange(...second, { actionInd: 'D' })]) }),
    },
    CUP: {
      heard: '203 cardRangeData.startRange',
      answer: preq => ({ message: aPRes(preq, [aRange(...second), aRange(...within, { actionInd: 'M' })]) }),
    },
    MAESTRO: {
      heard: undefined,
      answer: preq => ({ text: JSON.stringify(aPRes(preq, [aRange(...second)])), cut: true }),
    },
    ELO: { heard: '101', answer: preq => ({ text: JSON.stringify(aPRes(preq, [aRange(...second)])).slice(0, -3) }) },
    HIPERCARD: {
      heard: '201 cardRangeData.acsEndProtocolVersion',
      answer: preq => ({
        message: aPRes(preq, [
          aRange(...second),
          aRange('8800020000000000', '8800029999999999', { acsEndProtocolVersion: undefined }),
        ]),
      }),
    },
    TROY: {
      heard: '204 cardRangeData.startRange',
      answer: preq => ({
        text: JSON.stringify(aPRes(preq, [aRange(...second)])).replace(
          '"startRange":',
          '"startRange":"1","startRange":',
        ),
      }),
    },
    MIR: {
      heard: undefined,
      answer: preq => ({ text: JSON.stringify(aPRes(preq, [aRange(...second)])), status: 500 }),
    },
    MASTERCARD: {
      heard: undefined,
      answer: () => ({ message: { ...golden('Erro', '2.1.0', '02'), messageVersion: '9' } }),
    },
  }
  // All of them know one range.
  const knows = async () => {
    played.onPReq((preq, network) =>
      network in faults
        ? { message: aPRes(preq, preq['serialNum'] === 'good' ? [] : [aRange(...first)], { serialNum: 'good' }) }
        : { message: aPRes(preq, []) },
    )
    await aDayLater()
  }
  await knows()
  const ids = Object.keys(faults).map(network => network.toLowerCase())
  const before = Object.fromEntries(ids.map(id => [id, stateOf(id).ranges]))
  played.received.splice(0)
  // Changes that do not fit are followed by a question for the whole list, which is not answered here.
  const notThere: PlayedAnswer = { text: '', status: 500 }
  played.onPReq((preq, network) => {
    const fault = faults[network]
    if (!fault) return { message: aPRes(preq, []) }
    return preq['serialNum'] === undefined ? notThere : fault.answer(preq)
  })
  await aDayLater()
  for (const [network, { heard }] of Object.entries(faults)) {
    const erros = played.ofType('Erro').filter(one => one.network === network)
    expect(erros.length, network).toBe(heard === undefined ? 0 : 1)
    if (heard === undefined) continue
    const { errorCode, errorDetail, errorComponent, messageVersion } = erros[0]!.message
    expect(`${errorCode} ${errorDetail}`, network).toContain(heard)
    expect({ errorComponent, messageVersion }).toEqual({ errorComponent: 'S', messageVersion: '2.1.0' })
    const { cause, ranges } = stateOf(network.toLowerCase())
    expect(cause, network).toBeDefined()
    expect(ranges, network).toBe(before[network.toLowerCase()])
  }
  for (const id of ids) expect(stateOf(id).ranges, id).toBe(before[id])
})

test('an answer to another question changes nothing', async () => {
  const { ranges } = stateOf('amex')
  played.onPReq(preq => ({
    message: aPRes(preq, [aRange('8800030000000000', '8800039999999999')], {
      threeDSServerTransID: '6f1c0f1e-53a4-4c9e-9d3b-0a4f1b7c2d10',
    }),
  }))
  await new Promise(resolve => setTimeout(resolve, 1_100))
  await aDayLater()
  expect(stateOf('amex')).toMatchObject({ ranges, cause: expect.any(String) })
})

test('a list of 200,000 ranges is loaded while the API goes on answering', async () => {
  const size = stateOf('visa').ranges
  coffer.simulator.control({ hugeRanges: 200_000 })
  await coffer.advance(DAY_MS)
  let isLoading = true
  const loading = coffer.system.directories
    .byId('visa')!
    .refresh()
    .finally(() => {
      isLoading = false
    })
  let answered = 0
  while (isLoading) {
    const { answer } = await vaultCard(coffer, { cardNo: UNLISTED })
    expect(answer.result.resultCode).toBe('SUCCESS')
    if (isLoading) answered += 1
  }
  await loading
  expect(stateOf('visa')).toMatchObject({ ranges: size + 200_000, cause: undefined })
  expect(answered).toBeGreaterThan(2)
  expect(await startedFor(VISA)).toBeDefined()
  coffer.simulator.control({ hugeRanges: 0 })
}, 180_000)

describe('a card of two networks', () => {
  /** The directory servers that were asked about a vaulting, as the simulator saw it. */
  async function askedFor(id: string) {
    const ids = (await eventsOf(coffer, id))
      .filter(({ kind }) => kind === 'threeds.areq')
      .map(one => one['threeDSServerTransID'])
    return coffer.simulator
      .threeDSLog({ messageType: 'AReq' })
      .filter(
        ({ component, direction, threeDSServerTransID }) =>
          component === 'DS' && direction === 'received' && ids.includes(threeDSServerTransID),
      )
      .map(({ network }) => network)
  }

  test.each(['VISA', 'CARTES_BANCAIRES'])('is authenticated by %s where the request names it', async brand => {
    const { id, page } = await vaultCard(coffer, {
      cardNo: COBADGED,
      is3DSAuthentication: true,
      selectedCardBrand: brand,
    })
    await goThrough(page)
    expect(await ended(coffer, id)).toMatchObject({
      vaultingResultCode: 'SUCCESS',
      paymentMethodDetail: { card: { brand } },
    })
    expect(await askedFor(id)).toEqual([brand])
  })

  test.each(['VISA', 'CARTES_BANCAIRES'])('is authenticated by %s where the buyer chooses it', async network => {
    const { id, page } = await vaultCard(
      coffer,
      { cardNo: COBADGED, is3DSAuthentication: true },
      { merchantRegion: 'FR' },
    )
    await goThrough(page, { network })
    expect(await ended(coffer, id)).toMatchObject({ vaultingResultCode: 'SUCCESS' })
    expect(await askedFor(id)).toEqual([network])
  })
})
