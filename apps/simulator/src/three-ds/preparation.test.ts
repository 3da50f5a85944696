import { antomCards, binRows, wellKnownCards } from '@coffer/test-cards'
import { describe, expect, it } from 'vitest'
import { type Fields, preq, startThreeDS, type ThreeDSForTest } from '../testing/three-ds-server.js'
import { directoryNetworks } from './networks.js'

async function rangesOf({ ask }: ThreeDSForTest, network: (typeof directoryNetworks)[number], change: Fields = {}) {
  const { message } = await ask(network, preq(change))
  expect(message['messageType']).toBe('PRes')
  return { serialNum: message['serialNum'] as string, ranges: (message['cardRangeData'] ?? []) as Fields[], message }
}

describe('a PReq', () => {
  it('without a serial number is answered with all ranges of the network, and with no others', async () => {
    const threeDS = await startThreeDS()
    for (const network of directoryNetworks) {
      const { ranges, message } = await rangesOf(threeDS, network)
      expect(message).toMatchObject({
        messageVersion: '2.2.0',
        dsStartProtocolVersion: '2.1.0',
        dsEndProtocolVersion: '2.2.0',
        serialNum: expect.stringMatching(/^\w{1,20}$/),
        dsTransID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      })
      const generated = binRows.filter(({ brands, threeDS }) => threeDS && brands.includes(network))
      const starts = ranges.map(({ startRange }) => startRange)
      for (const { prefix, length } of generated) expect(starts).toContain(prefix.padEnd(length, '0'))
      expect(new Set(ranges.map(({ actionInd }) => actionInd))).toEqual(new Set(['A']))
    }
  })

  it('shows each range with its versions and the page of its 3DS Method', async () => {
    const threeDS = await startThreeDS()
    const { ranges } = await rangesOf(threeDS, 'VISA')
    const range = (startRange: string) => ranges.find(one => one['startRange'] === startRange)
    const origin = threeDS.simulator.browserUrl.replace('127.0.0.1', 'localhost')

    expect(range('4000000000000000')).toEqual({
      startRange: '4000000000000000',
      endRange: '4000000099999999',
      actionInd: 'A',
      acsStartProtocolVersion: '2.1.0',
      acsEndProtocolVersion: '2.2.0',
      threeDSMethodURL: `${origin}/acs/method`,
      acsInfoInd: ['01'],
    })
    expect(range('4000000100000000')).not.toHaveProperty('threeDSMethodURL')
    expect(range('4000000200000000')).toMatchObject({ threeDSMethodURL: `${origin}/acs/method/silent` })
    expect(range('4000000300000000')).toMatchObject({ acsEndProtocolVersion: '2.1.0' })
    expect(range('4000000400000000')).toMatchObject({
      acsStartProtocolVersion: '2.2.0',
      acsEndProtocolVersion: '2.3.1',
    })
    expect(range('4000000600000000000')).toMatchObject({ endRange: '4000000699999999999' })
    expect(range('4000000900000000')).toBeUndefined()
    expect(range('4111111111110000')).toMatchObject({ endRange: '4111111111119999' })
  })

  it('finds every published card that takes part, in one range alone, and no ranges that overlap', async () => {
    const threeDS = await startThreeDS()
    for (const network of directoryNetworks) {
      const { ranges } = await rangesOf(threeDS, network)
      const bounds = ranges.map(({ startRange, endRange }) => [String(startRange), String(endRange)] as const)
      const found = (number: string) =>
        bounds.filter(([start, end]) => start.length === number.length && start <= number && number <= end).length
      for (const { number, brand } of wellKnownCards) if (brand === network) expect(found(number)).toBe(1)
      for (const { number, brand, threeDS } of antomCards)
        if (brand === network) expect(found(number)).toBe(threeDS ? 1 : 0)
      for (const [start, end] of bounds) expect([found(start), found(end)]).toEqual([1, 1])
    }
  })

  it('of a co-badged card is in the lists of both networks', async () => {
    const threeDS = await startThreeDS()
    for (const network of ['VISA', 'CARTES_BANCAIRES'] as const) {
      const { ranges } = await rangesOf(threeDS, network)
      expect(ranges.map(({ startRange }) => startRange)).toContain('4000002500000000')
    }
    const { ranges } = await rangesOf(threeDS, 'MASTERCARD')
    expect(ranges.map(({ startRange }) => startRange)).not.toContain('4000002500000000')
  })

  it('with the present serial number is answered with nothing new, after a restart at the same place too', async () => {
    const threeDS = await startThreeDS()
    const { serialNum } = await rangesOf(threeDS, 'VISA')
    const again = await rangesOf(threeDS, 'VISA', { serialNum })
    expect(again.serialNum).toBe(serialNum)
    expect(again.message).not.toHaveProperty('cardRangeData')

    const browserPort = Number(new URL(threeDS.simulator.browserUrl).port)
    await threeDS.simulator.stop()
    expect((await rangesOf(await startThreeDS({ browserPort }), 'VISA')).serialNum).toBe(serialNum)
  })

  it('with an older serial number is answered with what has changed since', async () => {
    const threeDS = await startThreeDS()
    const first = await rangesOf(threeDS, 'VISA')
    const added = { startRange: '4000007700000000', endRange: '4000007799999999' }
    threeDS.simulator.control({
      ranges: [
        { network: 'VISA', actionInd: 'D', startRange: '4000000100000000', endRange: '4000000199999999' },
        { network: 'VISA', actionInd: 'A', ...added, method: 'silent' },
        {
          network: 'VISA',
          actionInd: 'M',
          startRange: '4000000000000000',
          endRange: '4000000099999999',
          acsEndProtocolVersion: '2.1.0',
        },
      ],
    })
    const { ranges, serialNum } = await rangesOf(threeDS, 'VISA', { serialNum: first.serialNum })
    expect(ranges).toMatchObject([
      { actionInd: 'D', startRange: '4000000100000000' },
      { actionInd: 'M', startRange: '4000000000000000', acsEndProtocolVersion: '2.1.0' },
      { actionInd: 'A', ...added, threeDSMethodURL: expect.stringMatching(/silent$/) },
    ])
    expect((await rangesOf(threeDS, 'VISA', { serialNum })).ranges).toEqual([])
    // What is added and taken away again was never there.
    threeDS.simulator.control({ ranges: [{ network: 'VISA', actionInd: 'D', ...added }] })
    const back = await rangesOf(threeDS, 'VISA', { serialNum: first.serialNum })
    expect(back.ranges.map(({ actionInd }) => actionInd)).toEqual(['D', 'M'])
    // Other networks have lists of their own.
    const { serialNum: other } = await rangesOf(threeDS, 'MASTERCARD')
    expect((await rangesOf(threeDS, 'MASTERCARD', { serialNum: other })).serialNum).toBe(other)
  })

  it('with a serial number that never was, or was forgotten, is answered with 307', async () => {
    const threeDS = await startThreeDS()
    const { serialNum } = await rangesOf(threeDS, 'VISA')
    const erro = async (serial: string) => (await threeDS.ask('VISA', preq({ serialNum: serial }))).message
    expect(await erro('1')).toMatchObject({ messageType: 'Erro', errorCode: '307', errorDetail: 'serialNum' })
    threeDS.simulator.control({ forgetSerials: true })
    expect(await erro(serialNum)).toMatchObject({ errorCode: '307' })
    expect((await rangesOf(threeDS, 'VISA')).serialNum).not.toBe(serialNum)
  })

  it('in 2.1.0 is answered in 2.1.0, without what that version does not have', async () => {
    const threeDS = await startThreeDS()
    const { message, ranges } = await rangesOf(threeDS, 'VISA', { messageVersion: '2.1.0' })
    expect(message['messageVersion']).toBe('2.1.0')
    for (const range of ranges) expect(range).not.toHaveProperty('acsInfoInd')
  })

  it('in a version that the directory server does not speak is answered with 102', async () => {
    const { ask } = await startThreeDS()
    const { message } = await ask('VISA', preq({ messageVersion: '2.3.1' }))
    expect(message).toMatchObject({ errorCode: '102', errorDetail: 'messageVersion' })
  })

  it('may be answered with a list of any size, and the next one with the difference', async () => {
    const threeDS = await startThreeDS()
    const { ranges: usual, serialNum: before } = await rangesOf(threeDS, 'VISA')
    threeDS.simulator.control({ hugeRanges: 50_000 })
    const { text } = await threeDS.ask('VISA', preq())
    expect(text.length).toBeGreaterThan(5_000_000)
    const { cardRangeData, serialNum } = JSON.parse(text) as { cardRangeData: Fields[]; serialNum: string }
    expect(cardRangeData).toHaveLength(usual.length + 50_000)
    const starts = cardRangeData.map(({ startRange, endRange }) => `${startRange}-${endRange}`)
    expect(new Set(starts).size).toBe(starts.length)
    expect((await rangesOf(threeDS, 'VISA', { serialNum: before })).ranges).toHaveLength(50_000)

    threeDS.simulator.control({ hugeRanges: 49_990 })
    const { ranges } = await rangesOf(threeDS, 'VISA', { serialNum })
    expect(ranges.map(({ actionInd }) => actionInd)).toEqual(Array(10).fill('D'))
  })

  it('is not answered by a directory server that is silent', async () => {
    const threeDS = await startThreeDS()
    threeDS.simulator.control({ silentDirectory: true })
    const asked = threeDS.ask('VISA', preq())
    const first = await Promise.race([
      asked.then(() => 'answered'),
      new Promise(done => setTimeout(done, 300, 'silent')),
    ])
    expect(first).toBe('silent')
    asked.catch(() => {}) // it ends with the simulator
    expect(threeDS.simulator.threeDSLog().at(-1)).toMatchObject({ direction: 'sent', outcome: 'not answered' })
  })
})
