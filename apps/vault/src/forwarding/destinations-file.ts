/**
 * The operator's file of destinations: who may forward cards to whom, to which paths, and where in a body the number may
 * stand. All that is wrong with it is told at once, each with its place. docs/vault-and-forward.md says what the keys mean.
 */
import { clientIdPattern, forwardTimeout, parseUrl } from '@coffer/antom'
import { type PrivateNetwork, readPrivateNetwork } from '../platform/private-networks.js'
import {
  type Entries,
  loadSettingsFile,
  type SettingsFault,
  SettingsReading,
  type SettingsWorld,
} from '../platform/settings-reading.js'
import { type OutboundPolicy, objectionTo } from '../platform/url-policy.js'
import { isHeaderName, isHeaderValue, isOurHeader } from './headers.js'
import { isPlainPath } from './plain-url.js'

const METHODS = ['POST', 'PUT', 'PATCH'] as const
export type ForwardMethod = (typeof METHODS)[number]

/** One destination, as read from the file. */
export interface DestinationConfig {
  readonly name: string
  /** Client ids; `*` for all. */
  readonly merchants: readonly string[]
  /** As `URL.origin` spells it. */
  readonly origin: string
  /** Whole paths; one that ends in `/*` is everything below. */
  readonly paths: readonly string[]
  readonly methods: readonly ForwardMethod[]
  /** Whether a URL may have a query. */
  readonly query: boolean
  /** Where the card number may stand: JSON pointers, names of form fields, or paths of XML elements. */
  readonly numberAt: readonly string[]
  /** What a merchant may set; lower case. */
  readonly headers: readonly string[]
  /** What the operator sets, by name in lower case. May hold secrets. */
  readonly fixedHeaders: Readonly<Record<string, string>>
  /** What goes back besides the content type; lower case. */
  readonly responseHeaders: readonly string[]
  /** The authority to trust instead of Node's own, in PEM. */
  readonly ca: string | undefined
  readonly policy: OutboundPolicy
  readonly timeoutMs: number
  readonly maxResponseBytes: number
}

export type ReadDestinations = { ok: true; destinations: readonly DestinationConfig[] } | SettingsFault

/** Reads the file at a path; the paths in it are relative to it. */
export function loadDestinationsFile(path: string, environment: 'sandbox' | 'live'): ReadDestinations {
  return loadSettingsFile(path, environment, readDestinationsFile)
}

/** Reads the text of the file. */
export function readDestinationsFile(text: string, world: SettingsWorld): ReadDestinations {
  const reading = new Reading(world)
  const destinations = reading.file(text)
  return reading.problems.length ? { ok: false, problems: reading.problems } : { ok: true, destinations }
}

const KEYS = [
  ...['name', 'merchants', 'origin', 'paths', 'methods', 'query', 'numberAt', 'headers', 'fixedHeaders'],
  ...['responseHeaders', 'caFile', 'privateNetworks', 'timeoutMs', 'maxResponseBytes'],
]

/** A name without a dot at its end, or an address. */
const HOST = /^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])$/

/** Searching the longest answer in all spellings takes a quarter of a second at most, and nothing else runs meanwhile. */
const MAX_RESPONSE = { usual: 64 * 1024, most: 128 * 1024 }

/** Walks through the file and collects what is wrong. What it returns is good only where it found nothing. */
class Reading extends SettingsReading {
  constructor(private readonly world: SettingsWorld) {
    super(world.readFile)
  }

  file(text: string): DestinationConfig[] {
    const list = this.list(text, 'destinations', 'destination')
    return list.flatMap((entry, nth) => this.#destination(entry, `destinations[${nth}]`) ?? [])
  }

  #destination(entry: unknown, place: string): DestinationConfig | undefined {
    const found = this.object(entry, place, KEYS)
    if (!found) return undefined
    const at = (key: string) => `${place}.${key}`
    const name = this.name(found['name'], at('name'))
    const privateNetworks = this.#privateNetworks(found, at('privateNetworks'))
    const { origin, policy } = this.#origin(found['origin'], at('origin'), privateNetworks)
    const headers = this.#headerNames(found['headers'], at('headers'))
    return {
      name,
      merchants: this.texts(found['merchants'], at('merchants'), {
        isOne: text => text === '*' || clientIdPattern.test(text),
        words: 'a client id, or "*" for all',
      }),
      origin,
      paths: this.texts(found['paths'], at('paths'), {
        isOne: text => isPlainPath(text.replace(/\/\*$/, '/')) && !text.replace(/\/\*$/, '').includes('*'),
        words: 'a path such as /v1/payments, or /v1/payments/* for everything below it; no escapes and no dots alone',
      }),
      methods: this.texts(found['methods'] ?? ['POST'], at('methods'), {
        isOne: text => METHODS.some(method => method === text),
        words: METHODS.join(', '),
      }) as ForwardMethod[],
      query: this.yesOrNo(found['query'], at('query'), false),
      numberAt: this.texts(found['numberAt'], at('numberAt'), {
        isOne: text => /^[\x21-\x7e]{1,200}$/.test(text) && text !== '/',
        words: 'where the number stands: /paymentMethod/number in JSON, card[number] in a form, /Request/Number in XML',
      }),
      headers,
      fixedHeaders: this.#fixedHeaders(found['fixedHeaders'], at('fixedHeaders'), headers),
      responseHeaders: this.#headerNames(found['responseHeaders'], at('responseHeaders'), true),
      ca: this.certificate(found['caFile'], at('caFile')),
      policy,
      timeoutMs: this.whole(
        found['timeoutMs'],
        at('timeoutMs'),
        forwardTimeout.min,
        forwardTimeout.max,
        forwardTimeout.max,
      ),
      maxResponseBytes: this.whole(
        found['maxResponseBytes'],
        at('maxResponseBytes'),
        1,
        MAX_RESPONSE.most,
        MAX_RESPONSE.usual,
      ),
    }
  }

  texts(given: unknown, place: string, one: { isOne: (text: string) => boolean; words: string }): string[] {
    if (!Array.isArray(given) || given.length === 0) {
      this.problems.push(`${place} must be a list of at least one: ${one.words}`)
      return []
    }
    for (const [nth, text] of given.entries()) {
      if (typeof text !== 'string' || !one.isOne(text)) this.problems.push(`${place}[${nth}] must be ${one.words}`)
    }
    return given
  }

  #origin(given: unknown, place: string, privateNetworks: readonly PrivateNetwork[]) {
    const isSandbox = this.world.environment === 'sandbox'
    const url = typeof given === 'string' ? parseUrl(given) : undefined
    const policy: OutboundPolicy = {
      allowHttp: false,
      allowLoopback: isSandbox,
      knowsHostsFile: isSandbox,
      ports: [Number(url?.port) || 443],
      privateNetworks,
    }
    if (url?.origin !== given || url?.protocol !== 'https:' || !HOST.test(url.hostname)) {
      this.problems.push(
        `${place} must be https://, a host in small letters and ASCII, a port where it is not 443, and nothing else`,
      )
      return { origin: '', policy }
    }
    const objection = objectionTo(url, policy)
    if (objection !== undefined) this.problems.push(`${place} ${objection}`)
    return { origin: url.origin, policy }
  }

  #privateNetworks(found: Entries, place: string): PrivateNetwork[] {
    if (found['privateNetworks'] === undefined) return []
    const words = 'a range of a private network, such as 10.1.2.0/24'
    const texts = this.texts(found['privateNetworks'], place, { isOne: () => true, words })
    return texts.flatMap(text => {
      const read = readPrivateNetwork(String(text))
      if (typeof read !== 'string') return [read]
      this.problems.push(`${place} must be ranges of private networks (${read})`)
      return []
    })
  }

  #headerNames(given: unknown, place: string, ofAnswers = false): string[] {
    if (given === undefined) return []
    const names = this.texts(given, place, {
      isOne: text => isHeaderName(text) && (ofAnswers || !isOurHeader(text)),
      words: ofAnswers ? 'the name of a header' : 'the name of a header that is not about the connection or the body',
    })
    return names.map(name => String(name).toLowerCase())
  }

  #fixedHeaders(given: unknown, place: string, settable: readonly string[]): Record<string, string> {
    const fixed: Record<string, string> = {}
    for (const [name, value] of Object.entries(given === undefined ? {} : (this.object(given, place) ?? {}))) {
      const at = `${place}.${name}`
      const lower = name.toLowerCase()
      if (!isHeaderName(name) || isOurHeader(name)) {
        this.problems.push(`${at} must be the name of a header that is not about the connection or the body`)
      } else if (settable.includes(lower) || Object.hasOwn(fixed, lower)) {
        this.problems.push(`${at} must be named once, here or in headers`)
      }
      const file = typeof value === 'string' ? undefined : this.object(value, at, ['file'])
      const text = file ? this.named(file['file'], `${at}.file`)?.replace(/\r?\n$/, '') : value
      // Never quoted: it may be a key.
      if (typeof text === 'string' && !isHeaderValue(text)) {
        this.problems.push(`${at} must be one line of printable ASCII characters`)
      }
      fixed[lower] = String(text)
    }
    return fixed
  }
}
