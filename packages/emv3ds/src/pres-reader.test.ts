import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dsTransID, type Golden, golden, threeDSServerTransID } from '../test/golden-messages.js'
import { type CardRangeData, PResReader, type PResReaderLimits, type ReadPRes } from './index.js'

const range = (n: number): CardRangeData => ({
  startRange: `400000${String(n).padStart(6, '0')}0000`,
  endRange: `400000${String(n).padStart(6, '0')}9999`,
  actionInd: 'A',
  acsStartProtocolVersion: '2.1.0',
  acsEndProtocolVersion: '2.2.0',
  threeDSMethodURL: `https://acs.example/method/${n}`,
  acsInfoInd: ['01', '02'],
})

const rest = golden('PRes', '2.2.0', '02')
const pres = (...ranges: unknown[]): Golden => ({ ...rest, serialNum: '18', cardRangeData: ranges })

function read(
  text: string | Uint8Array,
  chunkBytes = Infinity,
  limits?: PResReaderLimits,
): { ranges: CardRangeData[]; result: ReadPRes } {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const ranges: CardRangeData[] = []
  const reader = new PResReader(one => ranges.push(one), {}, limits)
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes))
  return { ranges, result: reader.end() }
}

function problem(message: unknown, limits?: PResReaderLimits): string {
  const { result } = read(typeof message === 'string' ? message : JSON.stringify(message), Infinity, limits)
  return result.ok ? 'read' : `${result.problem.errorCode} ${result.problem.errorDetail}`
}

describe('a list of card ranges', () => {
  test('is handed out range by range, and the message without it at the end', () => {
    const { ranges, result } = read(JSON.stringify(pres(range(1), range(2))))
    expect(ranges).toEqual([range(1), range(2)])
    expect(result).toEqual({ ok: true, message: { ...rest, serialNum: '18' } })
  })

  test('is the same wherever the bytes are cut, in the middle of letters and of escapes too', () => {
    const extension = { name: 'Größe 银行 😀', id: 'a\\"', criticalityIndicator: false, data: { é: '\n\ud83d\ude00' } }
    const text = JSON.stringify({ ...pres(range(1), range(2)), messageExtension: [extension] }, null, 1)
    const escaped = text.replace('银', '\\u94f6').replaceAll('/', '\\/')
    const expected = { ...rest, serialNum: '18', messageExtension: [extension] }
    for (let bytes = 1; bytes < 60; bytes++) {
      const { ranges, result } = read(escaped, bytes)
      expect(ranges).toEqual([range(1), range(2)])
      expect(result).toEqual({ ok: true, message: expected })
    }
  })

  test('may be empty, and may be missing where nothing changed', () => {
    expect(read(JSON.stringify(pres()))).toEqual({
      ranges: [],
      result: { ok: true, message: { ...rest, serialNum: '18' } },
    })
    expect(read(JSON.stringify(rest))).toEqual({ ranges: [], result: { ok: true, message: rest } })
  })

  test('may stand before everything else', () => {
    const { cardRangeData, ...others } = pres(range(1))
    const { ranges, result } = read(JSON.stringify({ cardRangeData, ...others }))
    expect(ranges).toHaveLength(1)
    expect(result.ok).toBe(true)
  })

  test('ranges are handed out as soon as they are complete', () => {
    const text = JSON.stringify(pres(range(1), range(2)))
    const ranges: CardRangeData[] = []
    const reader = new PResReader(one => ranges.push(one))
    const firstEnds = text.indexOf('}', text.indexOf('cardRangeData')) + 1
    reader.push(Buffer.from(text.slice(0, firstEnds - 1)))
    expect(ranges).toHaveLength(0)
    reader.push(Buffer.from(text.slice(firstEnds - 1, firstEnds)))
    expect(ranges).toEqual([range(1)])
  })

  test('elements of a range that are not known are left out', () => {
    expect(read(JSON.stringify(pres({ ...range(1), ranges: [{ more: 1 }] }))).ranges).toEqual([range(1)])
  })

  test('a hundred thousand ranges, of which none is kept', () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const heap = () => {
      gc()
      return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
    }
    let count = 0
    let bytes = 0
    const reader = new PResReader(() => count++)
    const push = (text: string) => {
      const chunk = Buffer.from(text)
      bytes += chunk.length
      reader.push(chunk)
    }
    push(JSON.stringify(pres(range(0))).replace(/\]\}$/, ''))
    for (let n = 1; n <= 1_000; n++) push(`,${JSON.stringify(range(n))}`)
    const before = heap()
    for (let n = 1_001; n < 100_000; n++) push(`,\n${JSON.stringify(range(n))}`)
    const grown = heap() - before
    push(']}')
    expect(reader.end().ok).toBe(true)
    expect(count).toBe(100_000)
    expect(bytes).toBeGreaterThan(20_000_000)
    // Ten bytes for each range would be a megabyte; of the list itself it would be twenty.
    expect(grown).toBeLessThan(1_000_000)
  })
})

describe('a list that is not as it should be', () => {
  const { startRange: _, ...headless } = range(2)

  test('a range without a required element is told by its name, and nothing after it is handed out', () => {
    const { ranges, result } = read(JSON.stringify(pres(range(1), headless, range(3))))
    expect(ranges).toEqual([range(1)])
    expect(result).toMatchObject({ ok: false, problem: { errorCode: '201', errorDetail: 'cardRangeData.startRange' } })
    expect(result).toMatchObject({ ids: { threeDSServerTransID, dsTransID }, problem: { errorMessageType: 'PRes' } })
  })

  test('so is one of a wrong format, and each name once', () => {
    const wrong = { ...range(2), startRange: '4000', actionInd: 'X' }
    expect(problem(pres(wrong, wrong))).toBe('203 cardRangeData.startRange, cardRangeData.actionInd')
  })

  test('a range that begins after it ends, or whose bounds differ in length', () => {
    const { startRange, endRange } = range(1)
    expect(problem(pres({ ...range(1), startRange: endRange, endRange: startRange }))).toBe(
      '203 cardRangeData.endRange',
    )
    expect(problem(pres({ ...range(1), endRange: `${endRange}9` }))).toBe('203 cardRangeData.endRange')
  })

  test('something else than ranges, or than a list', () => {
    for (const one of [1, 'text', null, [], [range(1)]]) expect(problem(pres(range(1), one))).toBe('203 cardRangeData')
    for (const one of [1, 'text', null, {}, range(1)]) {
      expect(problem({ ...rest, cardRangeData: one })).toBe('203 cardRangeData')
    }
  })

  test('a name twice, in a range, in the message, or the list itself', () => {
    const text = JSON.stringify(pres(range(1)))
    expect(problem(text.replace('"actionInd"', '"actionInd":"A","action\\u0049nd"'))).toBe(
      '204 cardRangeData.actionInd',
    )
    expect(problem(text.replace('"serialNum"', '"serialNum":"18","serialNum"'))).toBe('204 serialNum')
    expect(problem(text.replace(/}$/, ',"cardRangeData":[]}'))).toBe('204 cardRangeData')
  })

  test('the fault that is told is the first by its kind, not by its place', () => {
    const text = JSON.stringify(pres(headless, { ...range(2), actionInd: 'X' }))
    expect(problem(text)).toBe('201 cardRangeData.startRange')
    expect(problem(text.replace('2.2.0', '2.3.1'))).toBe('102 messageVersion')
    expect(problem(text.replace(/}$/, ',"dsTransID":""}'))).toBe('204 dsTransID')
    expect(problem(text.slice(0, -1))).toBe('101 not JSON')
  })

  test('an element of the message that is missing', () => {
    expect(problem({ ...pres(range(1)), dsEndProtocolVersion: undefined })).toBe('201 dsEndProtocolVersion')
  })

  test('a message of another type', () => {
    expect(problem(golden('ARes', '2.2.0', '02'))).toBe('101 messageType')
  })

  test('junk, nothing, and what goes on without end', () => {
    for (const text of ['', '<html>', '[', '{"cardRangeData":[{', '{"cardRangeData":[}]']) {
      expect(problem(text)).toBe('101 not JSON')
    }
    for (const text of ['[]', '"PRes"', '1']) expect(problem(text)).toBe('101 not a JSON object')
    expect(problem(`{"cardRangeData":[{"a":${'['.repeat(1_000_000)}`)).toBe('101 nested too deeply')
    expect(problem(pres({ ...range(1), threeDSMethodURL: 'x'.repeat(20_000) }))).toBe('101 too large')
    expect(problem(`{"cardRangeData":[{${'"":0,'.repeat(20_000)}`)).toBe('101 too large')
    expect(problem(`{"messageType":"${'x'.repeat(300_000)}`)).toBe('101 too large')
    expect(problem(pres(range(1)), { totalBytes: 100 })).toBe('101 too large')
  })

  test('of another version than the PReq it answers', () => {
    const reader = new PResReader(() => {}, { version: '2.1.0' })
    reader.push(Buffer.from(JSON.stringify(pres())))
    expect(reader.end()).toMatchObject({ problem: { errorCode: '203', errorDetail: 'messageVersion' } })
  })
})

test('an Erro in its place is given as such', () => {
  const erro = { ...golden('Erro', '2.2.0', '02'), errorCode: '307', errorDetail: 'serialNum' }
  expect(read(JSON.stringify(erro), 7)).toEqual({ ranges: [], result: { ok: true, message: erro } })
})

test('what the receiver of ranges throws is not taken for a fault of the message', () => {
  const reader = new PResReader(() => {
    throw new Error('the database is gone')
  })
  expect(() => reader.push(Buffer.from(JSON.stringify(pres(range(1)))))).toThrow('the database is gone')
})

test('bytes of any kind are judged without throwing, cut or whole alike', () => {
  const text = JSON.stringify(pres(range(1), range(2)))
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(json => Buffer.from(json)),
    fc
      .tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 5 }))
      .map(([at, drop, put]) => Buffer.from(text.slice(0, at) + put + text.slice(at + drop))),
  )
  fc.assert(
    fc.property(noise, fc.integer({ min: 1, max: 50 }), (bytes, chunkBytes) => {
      expect(read(bytes, chunkBytes)).toEqual(read(bytes))
    }),
    { numRuns: 1_000 },
  )
})
