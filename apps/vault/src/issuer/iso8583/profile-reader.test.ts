/** Profiles as operators write them: the built-in ones are good, and every mistake is told with its place. */
import { describe, expect, test } from 'vitest'
import { describeProfile } from './describe.js'
import { readProfile } from './profile-reader.js'
import { builtInProfiles } from './profiles/index.js'
import { networkIds } from './profiles/networks.js'
import { visaLike } from './profiles/visa-like.js'

type Json = { [key: string]: Json }
const copy = (json: unknown) => JSON.parse(JSON.stringify(json)) as Json

/** The problems of the Visa-like profile after a change. */
function problemsOf(change: (profile: Json) => void): string[] {
  const profile = copy(visaLike)
  change(profile)
  const read = readProfile(profile)
  return read.ok ? [] : read.problems
}

const set = (path: string, value: unknown) => (profile: Json) => {
  const keys = path.split('/')
  let at = profile
  for (const key of keys.slice(0, -1)) at = at[key]!
  if (value === undefined) delete at[keys.at(-1)!]
  else at[keys.at(-1)!] = value as Json
}

describe.each(Object.values(builtInProfiles))('the profile $name', profile => {
  test('is plain data that reads as itself', () => {
    expect(readProfile(copy(profile))).toEqual({ ok: true, profile })
  })

  test('says that it is not certified', () => {
    expect(profile.about).toMatch(/like/i)
    expect(profile.about).toContain('Not certified')
  })

  test('has a code of its own for every network', () => {
    const codes = Object.values(profile.mapping.networks)
    expect(Object.keys(profile.mapping.networks)).toEqual(networkIds)
    expect(new Set(codes).size).toBe(codes.length)
  })

  test('is described row by row', () => {
    const rows = describeProfile(profile)
    expect(rows.map(row => row.element)).toEqual(expect.arrayContaining(['2', '39', '43.1', '90', '90.5', '120']))
    expect(rows.find(row => row.element === '2')).toMatchObject({ format: 'n 12..19, LLVAR' })
    for (const row of rows) expect(row.name, row.element).not.toBe('')
  })
})

test.each<[string, (profile: Json) => void, string]>([
  ['a key that means nothing', set('frming', {}), 'profile has the key "frming"'],
  ['no elements', set('elements', undefined), 'profile.elements must be an object'],
  [
    'another framing',
    set('framing/length', 'binary3'),
    'profile.framing.length must be one of binary2, bcd2, ascii4, vml4',
  ],
  ['a short transport header', set('framing/tpdu', '6000'), 'profile.framing.tpdu must be ten hex digits'],
  [
    'a frame that is too long to tell',
    set('framing/maxFrame', 100_000),
    'profile.framing.maxFrame must be a whole number',
  ],
  ['headers to accept but none to send', set('framing/acceptedHeaders', ['X']), 'beside a header'],
  ['an element that does not exist', set('elements/129', {}), 'profile.elements.129 is no data element'],
  [
    'the bit that means more elements',
    set('elements/65', visaLike.elements['3']),
    'profile.elements.65 is no data element',
  ],
  [
    'a number that is not guarded',
    set('elements/2/sensitivity', 'none'),
    'profile.elements.2 must have the sensitivity pan',
  ],
  [
    'a track that is not guarded',
    set('elements/35/sensitivity', undefined),
    'profile.elements.35 must have the sensitivity track',
  ],
  ['no trace number', set('elements/11', undefined), 'profile.elements must have element 11'],
  ['text in BCD', set('elements/41/encoding', 'bcd'), 'profile.elements.41.encoding must be one of ascii, ebcdic'],
  ['a length that cannot be told', set('elements/48/length', 300), 'tells at most 255'],
  ['a length of no prefix that varies', set('elements/41/min', 3), 'without one the length is fixed'],
  ['parts that do not add up', set('elements/43/length', 41), '.length must be that of its parts together, 40'],
  ['a part of no number', set('elements/43/parts/fields/x', {}), 'is no number up to 99'],
  ['a bit that is not there', set('elements/63/parts/fields/25', visaLike.elements['3']), '.25 is no number up to 24'],
  ['a digit filled up with blanks', set('elements/3/padding', { with: ' ', side: 'left' }), 'must be one of 0, F'],
  [
    'a mapping to no element',
    set('mapping/answer/cvvResult', '44.99'),
    'names "44.99", which is no element of this profile',
  ],
  ['a mapping to an element of parts', set('mapping/echoed', ['43']), 'which has parts'],
  ['a name that means nothing', set('mapping/verification/0/fields/37', '{rnn}'), 'has {rnn}; known are pan, cvv'],
  ['a number somewhere else', set('mapping/verification/0/fields/37', '{pan}'), 'in a field of sensitivity pan'],
  ['no number', set('mapping/verification/0/fields/2', undefined), '.verification must always have element 2'],
  ['a PIN that is sent', set('mapping/verification/0/fields/52', '00'), '.52 is never sent'],
  ['a condition that means nothing', set('mapping/verification/1/when', 'rain'), 'must be one of always, cvv'],
  [
    'a payment of no amount',
    set('mapping/payments/authorisation/0/fields/4', '1'),
    '.authorisation must have {amount}',
  ],
  [
    'a capture of nothing in particular',
    set('mapping/payments/capture', [{ when: 'always', fields: { 2: '{pan}', 4: '{amount}', 7: '1', 11: '2' } }]),
    'payments.capture must have {original.stan} or {original.rrn} in some field',
  ],
  [
    'a void that cannot say what stays',
    set('mapping/payments/void/1', { when: 'partial', fields: {} }),
    'payments.void must have {remaining}',
  ],
  ['no refunds', set('mapping/payments/refund', undefined), '.refund must be a list of groups'],
  ['no MTI of advices', set('mapping/payments/adviceMti', undefined), '.adviceMti must be an object'],
  ['a sale that is none', set('mapping/payments/saleMti', '0100'), '.saleMti must be one of 0200'],
  ['a capture that takes back', set('mapping/payments/adviceMti/first', '0400'), 'must be one of 0120, 0220'],
  [
    'a reversal that takes back no money',
    set('mapping/reversal/0/fields/4', '000000000000'),
    'profile.mapping.reversal must have {amount}',
  ],
  ['advice that is nowhere', set('mapping/answer/merchantAdvice', '48.84'), 'names "48.84", which is no element'],
  ['a network that does not exist', set('mapping/networks/VISSA', '1'), 'has the key "VISSA"'],
])('%s is told', (_what, change, problem) => {
  expect(problemsOf(change).join('\n')).toContain(problem)
})

test('a profile from before there were payments is good as it is', () => {
  const problems = problemsOf(profile => {
    set('mapping/payments', undefined)(profile)
    set('mapping/reversal/0/fields/4', '000000000000')(profile)
  })
  expect(problems).toEqual([])
})

test('all mistakes are told at once', () => {
  const problems = problemsOf(profile => {
    set('mti', 'morse')(profile)
    set('elements/3/kind', 'x')(profile)
    set('elements/4/length', 0)(profile)
  })
  expect(problems.length).toBeGreaterThanOrEqual(3)
})

test.each([null, 7, 'text', [], { elements: [] }, { mapping: null }, { elements: { 2: { parts: 5 } } }])(
  'something else than a profile is refused: %j',
  json => {
    expect(readProfile(json).ok).toBe(false)
  },
)
