import { describe, expect, test } from 'vitest'
import type { CardFacts, Enrolment } from '../card-data/index.js'
import { type PlanQuestion, planAuthentication } from './plan-authentication.js'

const enrolment: Enrolment = { network: 'VISA', acs: ['2.1.0', '2.2.0'] }
const facts = (change: Partial<CardFacts> = {}): CardFacts => ({
  networks: ['VISA'],
  luhn: true,
  cvvLength: 3,
  issuingCountry: 'US',
  enrolments: [enrolment],
  ...change,
})
const ask = ({ card, ...change }: Partial<PlanQuestion> & { card?: Partial<CardFacts> } = {}) =>
  planAuthentication({
    network: 'VISA',
    facts: facts(card),
    panLength: 16,
    asked: false,
    softDeclined: false,
    wish: 'DEFAULT',
    policy: 'eea',
    directories: { any: true, ofNetwork: 'loaded' },
    ...change,
  })

describe('3-D Secure starts', () => {
  test.each<[string, Parameters<typeof ask>[0], string]>([
    ['because the merchant asks for it', { asked: true }, 'REQUEST'],
    ['for a card of the EEA', { card: { issuingCountry: 'DE' } }, 'POLICY'],
    ['for a card of the United Kingdom', { card: { issuingCountry: 'GB' } }, 'POLICY'],
    ['because the range demands it', { card: { threeDSRequired: true } }, 'RANGE'],
    ['because the issuer sent the buyer back', { softDeclined: true, asked: true }, 'SOFT_DECLINE'],
    ['for every card where the policy says so', { policy: 'always' }, 'POLICY'],
    ['for every card of a merchant that wants it', { wish: 'ALWAYS', policy: 'never' }, 'POLICY'],
    ['after a soft decline, whatever merchant and policy say', { softDeclined: true, wish: 'NEVER' }, 'SOFT_DECLINE'],
    [
      'for a range that demands it, whatever the policy says',
      { card: { threeDSRequired: true }, policy: 'never' },
      'RANGE',
    ],
  ])('%s', (_when, question, reason) => {
    expect(ask(question)).toEqual({ kind: 'needed', reason, version: '2.2.0', enrolment })
  })
})

describe('3-D Secure does not start', () => {
  test.each<[string, Parameters<typeof ask>[0], string]>([
    ['for a card from elsewhere', {}, 'not asked for'],
    ['for a card of an unknown country', { card: { issuingCountry: undefined as never } }, 'not asked for'],
    ['for a Swiss card', { card: { issuingCountry: 'CH' } }, 'not asked for'],
    ['where the policy says never', { card: { issuingCountry: 'DE' }, policy: 'never' }, 'not asked for'],
    ['where the merchant says never', { card: { issuingCountry: 'DE' }, wish: 'NEVER' }, 'not asked for'],
    [
      'for a card that takes no part, though the merchant asks',
      { asked: true, card: { enrolments: [] } },
      'not enrolled',
    ],
    [
      'for a number that it has no room for',
      { panLength: 12, card: { issuingCountry: 'GB' } },
      'no room for the number',
    ],
    [
      'by a policy where no directory server is configured',
      { card: { issuingCountry: 'DE' }, directories: { any: false, ofNetwork: 'none' } },
      'not asked for',
    ],
  ])('%s', (_when, question, because) => {
    expect(ask(question)).toEqual({ kind: 'none', because })
  })
})

describe('what has to be made and cannot be is told, and never skipped', () => {
  test.each<[string, Parameters<typeof ask>[0]]>([
    ['an issuer of the EEA that takes no part', { card: { issuingCountry: 'DE', enrolments: [] } }],
    ['the same, when the merchant asks too', { asked: true, card: { issuingCountry: 'DE', enrolments: [] } }],
    [
      'a network without a directory server',
      { card: { issuingCountry: 'DE', enrolments: [] }, directories: { any: true, ofNetwork: 'none' } },
    ],
    ['a request for it where nothing is configured', { asked: true, directories: { any: false, ofNetwork: 'none' } }],
    ['a soft decline of a card that takes no part', { softDeclined: true, card: { enrolments: [] } }],
    [
      'an ACS whose versions nobody here speaks',
      { wish: 'ALWAYS', card: { enrolments: [{ network: 'VISA', acs: ['2.3.1', '2.3.1'] }] } },
    ],
  ])('%s', (_what, question) => {
    expect(ask(question).kind).toBe('impossible')
  })
})

describe('what a merchant asks for is not skipped for a want of this vault', () => {
  test.each<[string, Parameters<typeof ask>[0], string]>([
    [
      'an issuer whose versions nobody here speaks',
      { asked: true, card: { enrolments: [{ network: 'VISA', acs: ['2.3.1', '2.3.1'] }] } },
      'impossible',
    ],
    [
      'a network whose directory server is not configured',
      { asked: true, card: { enrolments: [] }, directories: { any: true, ofNetwork: 'none' } },
      'impossible',
    ],
    [
      'unlike a network that has no 3-D Secure at all',
      { asked: true, card: { enrolments: [] }, directories: { any: true, ofNetwork: 'no such' } },
      'none',
    ],
  ])('%s', (_what, question, kind) => {
    expect(ask(question).kind).toBe(kind)
  })
})

test('a list that was not loaded yet leaves it open', () => {
  const directories = { any: true, ofNetwork: 'not loaded' } as const
  expect(ask({ asked: true, card: { enrolments: [] }, directories })).toEqual({ kind: 'unknown' })
  expect(ask({ directories })).toEqual({ kind: 'none', because: 'not asked for' })
})

test('of a co-badged card the list of the chosen network counts', () => {
  const card = { networks: ['VISA', 'CARTES_BANCAIRES'] as const, enrolments: [enrolment] }
  expect(ask({ asked: true, network: 'CARTES_BANCAIRES', card })).toEqual({ kind: 'none', because: 'not enrolled' })
  expect(ask({ asked: true, network: 'VISA', card })).toMatchObject({ kind: 'needed' })
})

test.each<[string, Enrolment, string | undefined]>([
  ['an old ACS', { network: 'VISA', acs: ['2.1.0', '2.1.0'] }, '2.1.0'],
  ['a new ACS', { network: 'VISA', acs: ['2.2.0', '2.3.1'] }, '2.2.0'],
  ['an old directory server', { network: 'VISA', acs: ['2.1.0', '2.2.0'], directory: ['2.1.0', '2.1.0'] }, '2.1.0'],
  ['versions compared by number', { network: 'VISA', acs: ['2.1.0', '2.10.0'] }, '2.2.0'],
  ['none in common', { network: 'VISA', acs: ['2.2.0', '2.2.0'], directory: ['2.1.0', '2.1.0'] }, undefined],
])('the version with %s is the highest that all three speak', (_who, entry, version) => {
  const plan = ask({ wish: 'ALWAYS', card: { enrolments: [entry] } })
  expect(plan.kind === 'needed' ? plan.version : undefined).toBe(version)
})
