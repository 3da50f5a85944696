/**
 * What the vault and the simulated issuer say to each other, as others read it. Both sides are ours, so that they could
 * share a misunderstanding; the judges are not. conformance/README.md says who judges what.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { networkCodes } from '../../apps/simulator/src/iso8583/dialects.js'
import { builtInProfiles } from '../../apps/vault/src/issuer/iso8583/profiles/index.js'
import { messageFamily, networks } from '../../packages/test-cards/src/index.js'
import {
  type DialectName,
  type FrameReading,
  isDividedBySimulator,
  readBySimulator,
  readByVault,
} from '../support/frame-readings.js'
import { type Conversations, dialectOf, recordConversations } from '../support/issuer-conversations.js'
import { adviceAnswers } from '../support/payment-conversations.js'

interface Frame extends FrameReading {
  readonly nth: number
  readonly dialect: DialectName
  readonly connection: number
  readonly direction: string
  readonly hex: string
}

type Reading = Partial<FrameReading> & { problem?: string }

interface Judge {
  readonly name: string
  readonly dialects: readonly DialectName[]
  missing(): string | undefined
}

const {
  judges,
  judgeFrames,
  differences,
}: {
  judges: readonly Judge[]
  judgeFrames(
    judge: Judge,
    frames: readonly Frame[],
  ): { judged: number; disagreements: string[]; readings: (Reading & FrameReading)[] }
  differences(expected: FrameReading, reading: Reading): string[]
} = await import(new URL('../../conformance/iso8583/judge.mjs', import.meta.url).href)

let said: Conversations
let frames: readonly Frame[]

beforeAll(async () => {
  said = await recordConversations()
  frames = said.frames.map(frame => {
    const { nth, connection, direction, bytes } = frame
    const dialect = dialectOf(frame)
    return { nth, dialect, connection, direction, hex: bytes.toString('hex'), ...readByVault(dialect, bytes) }
  })
  const file = process.env['RECORD_FRAMES']
  if (file) writeFileSync(file, JSON.stringify({ frames }))
}, 300_000)

const goldenFrames = JSON.parse(
  readFileSync(new URL('../../conformance/iso8583/golden-frames.json', import.meta.url), 'utf8'),
).frames as readonly Frame[]

const ofDialect = (dialect: DialectName) => frames.filter(frame => frame.dialect === dialect)
const bytesOf = ({ hex }: Frame) => Buffer.from(hex, 'hex')

describe('what was recorded', () => {
  test('every kind of message, in both dialects', () => {
    expect(said.strayBytes).toBe(0)
    for (const dialect of ['mastercard-like', 'visa-like'] as const) {
      const own = ofDialect(dialect)
      expect(own.length).toBeGreaterThan(100)
      const sale = dialect === 'mastercard-like' ? ['0200', '0210'] : []
      const advices = ['0220', '0221', '0230', '0400', '0401', '0410', '0420', '0421', '0430']
      const kinds = ['0100', '0110', ...sale, ...advices, '0800', '0810']
      expect([...new Set(own.map(({ mti }) => mti))].sort()).toEqual(kinds)
      const codes = own.filter(({ mti }) => mti === '0810').map(({ elements }) => [elements['70'], elements['39']])
      for (const code of ['001', '301', '002']) expect(codes).toContainEqual([code, '00'])
      const acknowledged = own.filter(({ mti }) => mti === '0410').map(({ elements }) => elements['39'])
      expect(new Set(acknowledged)).toEqual(new Set(['00', '25']))
    }
  })

  test('money, and what became of it', () => {
    for (const dialect of ['mastercard-like', 'visa-like'] as const) {
      const answers = ofDialect(dialect).filter(({ mti }) => mti === '0230' || mti === '0430')
      expect([dialect, ...answers.map(({ elements }) => elements['39'])]).toEqual([dialect, ...adviceAnswers])
    }
    const seen = frames.flatMap(({ parts, elements }) => Object.keys({ ...parts, ...elements }))
    for (const path of ['48.63', '48.84', '95', '125']) expect(seen).toContain(path)
  })

  test('every network, and what 3-D Secure says', () => {
    const codes = (dialect: DialectName) => new Set(ofDialect(dialect).map(({ parts }) => parts['63.1']))
    for (const network of networks) {
      const dialect = messageFamily(network)
      expect([network, codes(dialect).has(builtInProfiles[dialect]!.mapping.networks[network])]).toEqual([
        network,
        true,
      ])
    }
    const paths = new Set(frames.flatMap(({ parts }) => Object.keys(parts)))
    for (const path of ['48.43', '48.66.2', '126.9', '120.2', '123.2']) expect([...paths]).toContain(path)
  })

  test('numbers of every length from 12 to 19 that a test card has', () => {
    const lengths = new Set(frames.flatMap(({ elements }) => elements['2']?.length ?? []))
    expect([...lengths].sort()).toEqual([12, 14, 15, 16, 19])
  })
})

test('the simulator reads every frame as the vault does', () => {
  const found = frames.flatMap(frame => {
    const parts = Object.fromEntries(Object.entries(frame.parts).filter(([path]) => isDividedBySimulator(path)))
    const reading = readBySimulator(frame.dialect, bytesOf(frame))
    return differences({ ...frame, parts }, reading).map(what => `frame ${frame.nth}: ${what}`)
  })
  expect(found).toEqual([])
})

test('the answers are those that the test cards stand for, by the word of the vault', () => {
  expectAnswers(frames, ['mastercard-like', 'visa-like'])
})

test('codes of networks are the same on both sides', () => {
  for (const network of networks) {
    const { mapping } = builtInProfiles[messageFamily(network)]!
    const [mastercardLike, visaLike] = networkCodes[network]
    expect([network, mastercardLike, visaLike]).toEqual([
      network,
      builtInProfiles['mastercard-like']!.mapping.networks[network],
      builtInProfiles['visa-like']!.mapping.networks[network],
    ])
    expect(mapping.networks[network]).toBeDefined()
  }
})

describe.each(judges)('$name', judge => {
  const missing = judge.missing()
  if (missing) console.warn(`!!! ${judge.name} judges nothing: ${missing}`)
  const own = () => frames.filter(({ dialect }) => judge.dialects.includes(dialect))

  test('reads every frame as the vault does', context => {
    if (missing) context.skip(missing)
    const { judged, disagreements } = judgeFrames(judge, frames)
    expect(disagreements).toEqual([])
    expect(judged).toBe(own().length)
  })

  test('reads the golden frames', context => {
    if (missing) context.skip(missing)
    const { judged, disagreements } = judgeFrames(judge, goldenFrames)
    expect(disagreements).toEqual([])
    expect(judged).toBeGreaterThanOrEqual(8)
  })

  test('sees the answers that the test cards stand for', context => {
    if (missing) context.skip(missing)
    const { readings } = judgeFrames(judge, frames)
    expectAnswers(readings, judge.dialects)
  })

  test('and notices when a frame is not what it says', context => {
    if (missing) context.skip(missing)
    for (const dialect of judge.dialects) {
      const intact = ofDialect(dialect).find(({ mti }) => mti === '0100')!
      const damaged = damagedCopies(intact)
      const found = damaged.map(({ what, frame }) => [what, judgeFrames(judge, [frame]).disagreements.length > 0])
      expect(found).toEqual(damaged.map(({ what }) => [what, true]))
      expect(judgeFrames(judge, [intact]).disagreements).toEqual([])
    }
  })
})

test('pyiso8583 sees the CVV of each card where its dialect puts it', context => {
  const judge = judges.find(({ name }) => name === 'pyiso8583')!
  const missing = judge.missing()
  if (missing) context.skip(missing)
  const { readings } = judgeFrames(judge, frames)
  for (const { number, network, cvv } of said.asked) {
    const question = readings.find(({ mti, elements }) => mti === '0100' && elements['2'] === number)!
    const isVisaLike = messageFamily(network) === 'visa-like'
    expect([number, question.parts[isVisaLike ? '126.10.3' : '48.92']]).toEqual([
      number,
      isVisaLike ? cvv?.padStart(4, ' ') : cvv,
    ])
    const code = question.parts['63.1']
    expect([number, code]).toEqual([number, networkCodes[network][isVisaLike ? 1 : 0]])
  }
})

/** Each card was asked about as often as it should be, and was answered as it should be. */
function expectAnswers(readings: readonly Reading[], dialects: readonly DialectName[]): void {
  for (const { number, network, expiry, messages = ['0100', '0110'] } of said.asked) {
    if (!dialects.includes(messageFamily(network))) continue
    const about = readings.filter(({ elements }) => elements?.['2'] === number)
    const answers = said.asked.filter(asked => asked.number === number).map(({ answer }) => answer)
    const times = answers.length
    expect([number, ...about.map(({ mti }) => mti)]).toEqual([number, ...Array(times).fill(messages).flat()])
    const questions = about.filter(({ mti }) => mti === '0100')
    for (const { elements } of questions) expect(elements?.['14']).toBe(expiry)
    if (answers[0] === undefined) continue
    const given = about.filter(({ mti }) => mti === '0110').map(({ elements }) => elements?.['39'])
    expect([number, ...given]).toEqual([number, ...answers])
  }
}

/** The frame with one thing wrong at a time, and still said to be what the intact one is. */
function damagedCopies(frame: Frame): { what: string; frame: Frame }[] {
  const changed = (change: (bytes: Buffer) => Buffer | undefined) => {
    const bytes = bytesOf(frame)
    return { ...frame, hex: (change(bytes) ?? bytes).toString('hex') }
  }
  const isAscii = frame.dialect === 'mastercard-like'
  // Behind the MTI and two bitmaps, or one.
  const mti = isAscii ? 4 : 2
  const first = mti + (bytesOf(frame)[mti]! & 0x80 ? 16 : 8)
  const lengthOfPan = isAscii ? first + 1 : first
  const flip = (at: number, bit: number) =>
    changed(bytes => {
      bytes[at]! ^= bit
      return undefined
    })
  return [
    { what: 'another digit of the number', frame: flip(lengthOfPan + 4, 1) },
    { what: 'another message type', frame: flip(isAscii ? 1 : 0, 4) },
    { what: 'a number that is said to be shorter by one', frame: flip(lengthOfPan, 1) },
    { what: 'an element that is not there', frame: flip(mti + 1, 0x40) },
    { what: 'the last byte missing', frame: changed(bytes => bytes.subarray(0, -1)) },
    { what: 'half of it missing', frame: changed(bytes => bytes.subarray(0, bytes.length >> 1)) },
    { what: 'a byte too much', frame: changed(bytes => Buffer.concat([bytes, Buffer.from([isAscii ? 0x30 : 0xf0])])) },
  ]
}
