/**
 * The operator's file of acquirers: who is asked about which network, where, and in which dialect. All that is wrong with
 * it is told at once, each with its place. docs/operations/acquirers.md says what the keys mean.
 */
import type { NetworkId } from '../card-data/index.js'
import {
  type Entries,
  type Form,
  loadSettingsFile,
  type SettingsFault,
  SettingsReading,
  type SettingsWorld,
} from '../platform/settings-reading.js'
import { ISSUER_TIMEOUT_MS } from './connector.js'
import type { Line, LineTls } from './iso8583/connection.js'
import { countryLetters } from './iso8583/country-codes.js'
import { LINK_LIMITS } from './iso8583/link.js'
import type { Profile } from './iso8583/profile.js'
import { readProfile } from './iso8583/profile-reader.js'
import { builtInProfiles } from './iso8583/profiles/index.js'
import { networkIds } from './iso8583/profiles/networks.js'
import type { AcceptorSettings, AcquirerSettings } from './iso8583/settings.js'

/** One acquirer, as read from the file. */
export interface AcquirerConfig {
  readonly id: string
  readonly line: Line
  /** The operator says that nobody else can listen on a line without TLS. */
  readonly privateLine: boolean
  readonly profile: Profile
  readonly networks: readonly NetworkId[]
  readonly settings: AcquirerSettings
  readonly timeoutMs: number
  readonly echoAfterMs: number
  readonly reverseVerifications: boolean
}

export type ReadAcquirers = { ok: true; acquirers: readonly AcquirerConfig[] } | SettingsFault

/** Reads the file at a path; the paths in it are relative to it. */
export function loadAcquirersFile(path: string, environment: 'sandbox' | 'live'): ReadAcquirers {
  return loadSettingsFile(path, environment, readAcquirersFile)
}

/** Reads the text of the file. */
export function readAcquirersFile(text: string, world: SettingsWorld): ReadAcquirers {
  const reading = new Reading(world)
  const acquirers = reading.file(text)
  return reading.problems.length ? { ok: false, problems: reading.problems } : { ok: true, acquirers }
}

/** The simulator as two acquirers on one port, so that both dialects are spoken from the first day on. */
export function sandboxAcquirers(host: string, port: number): readonly AcquirerConfig[] {
  const ofMastercard: readonly NetworkId[] = ['MASTERCARD', 'MAESTRO']
  const acquirer = (id: string, profile: string, networks: readonly NetworkId[]): AcquirerConfig => ({
    id,
    line: { host, port },
    privateLine: false,
    profile: builtInProfiles[profile]!,
    networks,
    settings: {
      acquirerId: '400001',
      acquirerCountry: '702',
      terminalId: 'COFFER01',
      merchantCategoryCode: '5999',
      cardAcceptorId: 'COFFERSANDBOX',
      merchantCity: 'SINGAPORE',
      merchantCountry: 'SG',
    },
    timeoutMs: ISSUER_TIMEOUT_MS,
    echoAfterMs: LINK_LIMITS.echoAfterMs,
    reverseVerifications: true,
  })
  return [
    acquirer(
      'sandbox-visa-like',
      'visa-like',
      networkIds.filter(network => !ofMastercard.includes(network)),
    ),
    acquirer('sandbox-mastercard-like', 'mastercard-like', ofMastercard),
  ]
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

const KEYS = {
  acquirer: [
    ...['id', 'host', 'port', 'tls', 'privateLine', 'profile', 'networks', 'settings'],
    ...['timeoutMs', 'echoAfterMs', 'reverseVerifications'],
  ],
  profile: ['file'],
}

/** What each setting must look like. Source: ISO 8583:1987, data elements 18, 19, 32, 33, 41, 42, 43. */
const ACCEPTOR: Readonly<Record<keyof AcceptorSettings, Form>> = {
  terminalId: [/^[\x20-\x7e]{1,8}$/, '1 to 8 printable ASCII characters'],
  merchantCategoryCode: [/^\d{4}$/, 'four digits, in quotes'],
  cardAcceptorId: [/^[\x20-\x7e]{1,15}$/, '1 to 15 printable ASCII characters'],
  merchantName: [/^[\x20-\x7e]{1,25}$/, '1 to 25 printable ASCII characters'],
  merchantCity: [/^[\x20-\x7e]{1,13}$/, '1 to 13 printable ASCII characters'],
  merchantCountry: [/^[A-Z]{2}$/, 'a country, two capital letters (ISO 3166-1)'],
}
const ACQUIRER: Readonly<Record<Exclude<keyof AcquirerSettings, 'merchants'>, Form>> = {
  acquirerId: [/^\d{1,11}$/, '1 to 11 digits, in quotes'],
  forwardingId: [/^\d{1,11}$/, '1 to 11 digits, in quotes'],
  acquirerCountry: [/^\d{3}$/, 'three digits, in quotes (ISO 3166-1)'],
  ...ACCEPTOR,
}
const OPTIONAL = ['forwardingId', 'merchantName']

/** Walks through the file and collects what is wrong. What it returns is good only where it found nothing. */
class Reading extends SettingsReading {
  readonly #served = new Map<string, string>()

  constructor(private readonly world: SettingsWorld) {
    super(world.readFile)
  }

  file(text: string): AcquirerConfig[] {
    const list = this.list(text, 'acquirers', 'acquirer')
    return list.flatMap((entry, nth) => this.#acquirer(entry, `acquirers[${nth}]`) ?? [])
  }

  #acquirer(entry: unknown, place: string): AcquirerConfig | undefined {
    const found = this.object(entry, place, KEYS.acquirer)
    if (!found) return undefined
    const at = (key: string) => `${place}.${key}`
    const id = this.name(found['id'], at('id'))
    const host = this.text(found['host'], at('host'), /^[A-Za-z0-9.:-]{1,253}$/, 'a host name or an address')
    const profile = this.#profile(found['profile'], at('profile'))
    return {
      id,
      line: {
        host,
        port: this.whole(found['port'], at('port'), 1, 65_535),
        ...this.#security(found, host, place),
      },
      privateLine: this.yesOrNo(found['privateLine'], at('privateLine'), false),
      profile: profile ?? builtInProfiles['visa-like']!,
      networks: this.#networks(found['networks'], at('networks'), id, profile),
      settings: this.#settings(found['settings'], at('settings')),
      timeoutMs: this.whole(found['timeoutMs'], at('timeoutMs'), 1_000, 9_000, ISSUER_TIMEOUT_MS),
      echoAfterMs: this.whole(found['echoAfterMs'], at('echoAfterMs'), 1_000, 600_000, LINK_LIMITS.echoAfterMs),
      reverseVerifications: this.yesOrNo(found['reverseVerifications'], at('reverseVerifications'), true),
    }
  }

  /** TLS, or a good reason for none. */
  #security(found: Entries, host: string, place: string): { tls?: LineTls } {
    if (found['tls'] !== undefined) {
      if (found['privateLine'] === true) this.problems.push(`${place}.privateLine must be left out where tls is given`)
      return { tls: this.tls(found['tls'], `${place}.tls`) }
    }
    const isSandbox = this.world.environment === 'sandbox'
    if (found['privateLine'] === true || (isSandbox && LOOPBACK.test(host))) return {}
    this.problems.push(
      isSandbox
        ? `${place}.tls must be given: without it a sandbox connects to loopback alone, unless "privateLine": true`
        : `${place}.tls must be given, or "privateLine": true where nobody else can listen on the line`,
    )
    return {}
  }

  #profile(given: unknown, place: string): Profile | undefined {
    const names = Object.keys(builtInProfiles)
    if (typeof given === 'string' && names.includes(given)) return builtInProfiles[given]
    if (typeof given !== 'object' || given === null) {
      this.problems.push(
        `${place} must be one of ${names.map(name => `"${name}"`).join(', ')}, or {"file": "a profile"}`,
      )
      return undefined
    }
    const text = this.named(this.object(given, place, KEYS.profile)?.['file'], `${place}.file`)
    if (text === undefined) return undefined
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      this.problems.push(`${place}.file must be JSON`)
      return undefined
    }
    const read = readProfile(json)
    if (read.ok) return read.profile
    this.problems.push(...read.problems.map(problem => `${place}.file: ${problem}`))
    return undefined
  }

  #networks(given: unknown, place: string, id: string, profile: Profile | undefined): NetworkId[] {
    if (!Array.isArray(given) || given.length === 0) {
      this.problems.push(`${place} must be a list of at least one network`)
      return []
    }
    for (const [nth, network] of given.entries()) {
      const at = `${place}[${nth}]`
      if (!networkIds.includes(network)) {
        this.problems.push(`${at} must be a network: ${networkIds.join(', ')}`)
        continue
      }
      const served = this.#served.get(network)
      if (served !== undefined)
        this.problems.push(`${at}: ${network} is served by ${served} already; one acquirer may serve it`)
      else if (profile && !Object.hasOwn(profile.mapping.networks, network)) {
        this.problems.push(`${at}: the profile ${profile.name} has no code for ${network}`)
      }
      this.#served.set(network, id || place.replace(/[.].*/, ''))
    }
    return given
  }

  #settings(given: unknown, place: string): AcquirerSettings {
    const found = this.object(given, place, [...Object.keys(ACQUIRER), 'merchants'])
    if (!found) return {} as AcquirerSettings
    const required = Object.keys(ACQUIRER).filter(key => !OPTIONAL.includes(key))
    this.#forms(found, place, ACQUIRER, required)
    const merchants = found['merchants']
    if (merchants === undefined) return found as unknown as AcquirerSettings
    for (const [clientId, own] of Object.entries(this.object(merchants, `${place}.merchants`) ?? {})) {
      const at = `${place}.merchants.${clientId}`
      this.#forms(this.object(own, at, Object.keys(ACCEPTOR)) ?? {}, at, ACCEPTOR, [])
    }
    return found as unknown as AcquirerSettings
  }

  #forms(found: Entries, place: string, forms: Readonly<Record<string, Form>>, required: readonly string[]): void {
    for (const [key, [form, words]] of Object.entries(forms)) {
      if (found[key] === undefined && !required.includes(key)) continue
      const text = this.text(found[key], `${place}.${key}`, form, words)
      const isCountry = key !== 'merchantCountry' || text === '' || countryLetters(text) !== undefined
      if (!isCountry) this.problems.push(`${place}.${key} must be ${words}`)
    }
  }
}
