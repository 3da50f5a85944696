/** Bytes of any kind: reading never throws, and what is read is what would have been written. */
import { expect, test } from 'vitest'
import { seededRandom } from '../../../../../test/support/seeded-random.js'
import { makeDialect } from './codec.js'
import type { OutgoingMessage } from './dialect.js'
import type { Profile } from './profile.js'
import { builtInProfiles } from './profiles/index.js'

const FRAMES_OF_EACH = 50_000

/** The dialect with nothing masked and nothing passed over: only then can a frame be written again from what was read. */
function withoutSecrets(profile: Profile): Profile {
  const open = (key: string, value: unknown) =>
    key === 'sensitivity' ? undefined : key === 'others' ? 'refuse' : value
  return JSON.parse(JSON.stringify(profile, open))
}

const head = { 2: '4111111111111111', 3: '000000', 4: '000000000000', 7: '1123180509', 11: '000123', 39: '00' }
const good: Record<string, OutgoingMessage[]> = {
  'mastercard-like': [
    {
      mti: '0110',
      fields: { ...head, 15: '1123', 38: 'A1B2C3', '48.TCC': 'T', '48.83': 'Y', '48.87': 'M', '63.1': 'MCC' },
    },
    {
      mti: '0100',
      fields: { ...head, '43.5': 'DEU', '48.TCC': 'T', '48.22.5': 'C101', '48.66.1': '2', '61.14': '80331' },
    },
    { mti: '0410', fields: { ...head, 55: '9F2608AABBCCDDEEFF0011', '90.1': '0100', '120.1': '80331' } },
    { mti: '0810', fields: { 7: '1123180509', 11: '000123', 39: '00', 70: '301' } },
    { mti: '0200', fields: { ...head, 22: '100', '48.TCC': 'T', '48.22.5': 'M103', '48.63': 'BNK1234561124  ' } },
    { mti: '0421', fields: { ...head, 38: 'A1B2C3', '90.1': '0200', 95: '7'.padEnd(42, '0') } },
  ],
  'visa-like': [
    {
      mti: '0110',
      fields: { ...head, 38: 'A1B2C3', '44.2': 'Y', '44.10': 'M', '62.2': '123456789012345', '63.1': '0002' },
    },
    {
      mti: '0100',
      fields: { ...head, 19: '276', 32: '44556', '60.8': '05', '126.9': 'AB'.repeat(20), '126.10.3': ' 123' },
    },
    {
      mti: '0410',
      fields: { ...head, 2: '411111111111111', 35: '4111111111111111=2912', '90.1': '0100', '123.2': 'Platz 1' },
    },
    { mti: '0810', fields: { 7: '1123180509', 11: '000123', 39: '00', 70: '301' } },
    { mti: '0100', fields: { ...head, 22: '1000', 125: '123456789012345', '126.13': 'R' } },
    { mti: '0421', fields: { ...head, 38: 'A1B2C3', '90.1': '0100', 95: '7'.padEnd(42, '0') } },
  ],
}

test.each(Object.values(builtInProfiles))('$name', profile => {
  const guarded = makeDialect(profile)
  const open = makeDialect(withoutSecrets(profile))
  const frames = good[profile.name]!.map(message => open.encode(message).bytes.subarray(2))
  for (const frame of frames) expect(open.decode(frame)).toMatchObject({ ok: true })

  const { bytes } = seededRandom(profile.name)
  let accepted = 0
  for (let nth = 0; nth < FRAMES_OF_EACH; nth++) {
    const dice = bytes(8)
    const frame = nth % 10 === 0 ? bytes(dice[0]! + 1) : mutated(frames[dice[1]! % frames.length]!, dice, bytes)
    const decoded = open.decode(frame)
    const masked = guarded.decode(frame)
    if (!decoded.ok) {
      if (!/^[ -~]{1,120}$/.test(decoded.problem)) throw new Error('a problem is not a short text')
      continue
    }
    accepted += 1
    // What nobody hides from is read by the dialect as it is, too.
    if (!masked.ok) throw new Error(`refused only where values are masked: ${masked.problem}`)
    const again = open.encode(decoded.message).bytes.subarray(2)
    if (!again.equals(frame))
      throw new Error(`read and written differ: ${frame.toString('hex')} ${again.toString('hex')}`)
    const digits = decoded.message.fields['2']
    if (digits && JSON.stringify(masked.message).includes(digits.slice(0, 8))) throw new Error('digits came through')
  }
  // Some must be good, or the comparison above compared nothing.
  expect(accepted).toBeGreaterThan(FRAMES_OF_EACH / 100)
})

/** A good frame with one to four bytes changed, put in, taken out, cut off or put behind. */
function mutated(frame: Buffer, dice: Buffer, bytes: (length: number) => Buffer): Buffer {
  let changed = Buffer.from(frame)
  for (let nth = 0; nth <= dice[2]! % 4; nth++) {
    const [how, high, low, value] = bytes(4) as unknown as [number, number, number, number]
    const at = (high * 256 + low) % (changed.length || 1)
    if (how < 160 && changed.length > 0) {
      // Half of the time near the byte that was there, so that digits become other digits.
      changed[at] = how % 2 ? changed[at]! ^ (1 << (value % 8)) : value
    } else if (how < 190) changed = Buffer.concat([changed.subarray(0, at), Buffer.of(value), changed.subarray(at)])
    else if (how < 220) changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1)])
    else if (how < 240) changed = changed.subarray(0, at)
    else changed = Buffer.concat([changed, Buffer.of(value)])
  }
  return changed
}
