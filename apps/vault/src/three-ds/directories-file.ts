/**
 * The operator's file of directory servers: which network's buyers are authenticated where, as whom, and with which
 * certificates. All that is wrong with it is told at once. docs/operations/three-ds.md says what the keys mean.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { NetworkId } from '../card-data/index.js'
import { networkIds } from '../issuer/iso8583/profiles/networks.js'
import { type Entries, type Form, SettingsReading } from '../platform/settings-reading.js'

/** Certificates of the line to a directory server, in PEM. */
export interface DirectorySecurity {
  /** Who signed the directory server's certificate. */
  readonly ca: string
  /** Ours, when we call it. */
  readonly cert: string
  readonly key: string
  /** The name in its certificate, where it is not that of the address. */
  readonly serverName?: string
  /** Who signs the certificate with which the directory server calls us. */
  readonly resultsCa: string
}

/** How a merchant shows itself to directory servers and issuers. Source: EMV 3-D Secure › AReq. */
export interface RequestorSettings {
  /** threeDSRequestorID, given by the directory server. */
  readonly requestorId: string
  /** threeDSRequestorName; the merchant's name where it is missing. */
  readonly requestorName?: string
  readonly requestorUrl: string
  /** Four digits. */
  readonly mcc: string
  /** ISO 3166-1, three digits. */
  readonly merchantCountry: string
  readonly acquirerBin?: string
  readonly acquirerMerchantId?: string
}

/** One directory server. */
export interface DirectoryConfig {
  readonly id: string
  readonly networks: readonly NetworkId[]
  /** Where PReq and AReq go. */
  readonly url: string
  /** `undefined` while its files are not there yet; only in a sandbox, where the simulator makes them. */
  readonly security: () => DirectorySecurity | undefined
  /** Common name of the certificate with which it calls us; any that `resultsCa` signed where it is missing. */
  readonly resultsName?: string
  /** threeDSServerRefNumber, given by EMVCo with its approval. */
  readonly serverRefNumber: string
  /** threeDSServerOperatorID, given by the directory server. */
  readonly operatorId?: string
  readonly requestor: RequestorSettings
  /** By client id; what is missing is as in `requestor`. */
  readonly merchants: Readonly<Record<string, Partial<RequestorSettings>>>
}

export type ReadDirectories =
  | { ok: true; directories: readonly DirectoryConfig[] }
  | { ok: false; problems: readonly string[] }

/** Reads the file at a path; the paths in it are relative to it. */
export function loadDirectoriesFile(path: string): ReadDirectories {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { ok: false, problems: [`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`] }
  }
  return readDirectoriesFile(text, named => readFileSync(resolve(dirname(path), named), 'utf8'))
}

/** Reads the text of the file. @param readFile  gives the text of a file that the file names */
export function readDirectoriesFile(text: string, readFile: (path: string) => string): ReadDirectories {
  const reading = new Reading(readFile)
  const directories = reading.file(text)
  return reading.problems.length ? { ok: false, problems: reading.problems } : { ok: true, directories }
}

/** The networks that have directory servers in the world; the simulator plays each of them. */
export const networksWith3DS: readonly NetworkId[] = [
  ...(['VISA', 'MASTERCARD', 'AMEX', 'JCB', 'DINERS', 'DISCOVER', 'CUP', 'MAESTRO', 'ELO', 'HIPERCARD'] as const),
  ...(['TROY', 'MIR', 'CARTES_BANCAIRES'] as const),
]

/**
 * The simulator's directory servers, one for each network. Its certificates lie where the simulator puts them at its
 * first start, and are read when they are needed.
 * @param pkiFolder  where they are
 */
export function sandboxDirectories(url: string, pkiFolder: string): readonly DirectoryConfig[] {
  return networksWith3DS.map(network => ({
    id: network.toLowerCase().replaceAll('_', '-'),
    networks: [network],
    url: `${url}/ds/${network}`,
    security: () => sandboxSecurity(pkiFolder, network),
    resultsName: `ds.${network.toLowerCase()}`,
    serverRefNumber: 'COFFER_SANDBOX_NOT_APPROVED',
    operatorId: 'COFFER_SANDBOX',
    requestor: {
      requestorId: 'COFFER_SANDBOX_SHOP',
      requestorUrl: 'https://shop.example',
      mcc: '5999',
      merchantCountry: '702',
      acquirerBin: '400001',
      acquirerMerchantId: 'COFFERSANDBOX',
    },
    merchants: {},
  }))
}

function sandboxSecurity(folder: string, network: string): DirectorySecurity | undefined {
  const pem = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8')
  try {
    return {
      ca: pem('ca.pem'),
      cert: pem(network, '3ds-server.pem'),
      key: pem(network, '3ds-server-key.pem'),
      resultsCa: pem(network, 'ca.pem'),
    }
  } catch {
    return undefined
  }
}

const KEYS = [
  ...['id', 'networks', 'url', 'tls', 'resultsCaFile', 'resultsName'],
  ...['serverRefNumber', 'operatorId', 'requestor', 'merchants'],
]

const text = (most: number): Form => [
  new RegExp(`^[\\x20-\\x7e]{1,${most}}$`),
  `1 to ${most} printable ASCII characters`,
]

/** Lengths and forms. Source: EMV 3-D Secure › AReq, data elements. */
const REQUESTOR: Readonly<Record<keyof RequestorSettings, Form>> = {
  requestorId: text(35),
  requestorName: text(40),
  requestorUrl: [/^https?:\/\/[\x21-\x7e]{1,2040}$/, 'a URL'],
  mcc: [/^\d{4}$/, 'four digits, in quotes'],
  merchantCountry: [/^\d{3}$/, 'three digits, in quotes (ISO 3166-1)'],
  acquirerBin: [/^\d{1,11}$/, '1 to 11 digits, in quotes'],
  acquirerMerchantId: text(35),
}
const OPTIONAL: readonly string[] = ['requestorName', 'acquirerBin', 'acquirerMerchantId']

class Reading extends SettingsReading {
  readonly #ids = new Set<string>()
  readonly #served = new Map<string, string>()

  file(text: string): DirectoryConfig[] {
    const list = this.list(text, 'directories', 'directory server')
    return list.flatMap((entry, nth) => this.#directory(entry, `directories[${nth}]`) ?? [])
  }

  #directory(entry: unknown, place: string): DirectoryConfig | undefined {
    const found = this.object(entry, place, KEYS)
    if (!found) return undefined
    const at = (key: string) => `${place}.${key}`
    const id = this.text(
      found['id'],
      at('id'),
      /^[a-z0-9][a-z0-9-]{0,31}$/,
      'up to 32 small letters, digits and hyphens',
    )
    if (id && this.#ids.has(id)) this.problems.push(`${at('id')} must be another one: ${id} is taken`)
    this.#ids.add(id)
    const security = this.#security(found, place)
    const [refForm, refWords] = text(32)
    const optional = (key: 'resultsName' | 'operatorId', [form, words]: Form) =>
      found[key] === undefined ? {} : { [key]: this.text(found[key], at(key), form, words) }
    return {
      id,
      networks: this.#networks(found['networks'], at('networks'), id),
      url: this.text(found['url'], at('url'), /^https:\/\/[\x21-\x7e]{1,2040}$/, 'an https URL'),
      security: () => security,
      ...optional('resultsName', text(64)),
      serverRefNumber: this.text(found['serverRefNumber'], at('serverRefNumber'), refForm, refWords),
      ...optional('operatorId', text(32)),
      requestor: this.#requestor(found['requestor'], at('requestor')),
      merchants: this.#merchants(found['merchants'], at('merchants')),
    }
  }

  #security(found: Entries, place: string): DirectorySecurity {
    const tls = this.tls(found['tls'], `${place}.tls`)
    const given: Entries = typeof found['tls'] === 'object' ? { ...found['tls'] } : {}
    for (const key of ['caFile', 'certFile']) {
      // One that is given and cannot be read was told already.
      if (given[key] !== undefined) continue
      this.problems.push(`${place}.tls.${key} must be given: both sides show a certificate`)
    }
    const resultsCa = this.certificate(found['resultsCaFile'], `${place}.resultsCaFile`)
    return {
      ca: tls.ca ?? '',
      cert: tls.cert ?? '',
      key: tls.key ?? '',
      resultsCa: resultsCa ?? tls.ca ?? '',
      ...(tls.serverName !== undefined && { serverName: tls.serverName }),
    }
  }

  #networks(given: unknown, place: string, id: string): NetworkId[] {
    if (!Array.isArray(given) || given.length === 0) {
      this.problems.push(`${place} must be a list of at least one network`)
      return []
    }
    for (const [nth, network] of given.entries()) {
      if (!networkIds.includes(network)) {
        this.problems.push(`${place}[${nth}] must be a network: ${networkIds.join(', ')}`)
        continue
      }
      const served = this.#served.get(network)
      if (served !== undefined)
        this.problems.push(`${place}[${nth}]: ${network} has the directory server ${served} already`)
      this.#served.set(network, id)
    }
    return given
  }

  #requestor(given: unknown, place: string): RequestorSettings {
    const found = this.object(given, place, Object.keys(REQUESTOR))
    if (found)
      this.#forms(
        found,
        place,
        Object.keys(REQUESTOR).filter(key => !OPTIONAL.includes(key)),
      )
    return (found ?? {}) as unknown as RequestorSettings
  }

  #merchants(given: unknown, place: string): Readonly<Record<string, Partial<RequestorSettings>>> {
    if (given === undefined) return {}
    const found = this.object(given, place) ?? {}
    for (const [clientId, own] of Object.entries(found)) {
      const at = `${place}.${clientId}`
      this.#forms(this.object(own, at, Object.keys(REQUESTOR)) ?? {}, at, [])
    }
    return found as Readonly<Record<string, Partial<RequestorSettings>>>
  }

  #forms(found: Entries, place: string, required: readonly string[]): void {
    for (const [key, [form, words]] of Object.entries(REQUESTOR)) {
      if (found[key] !== undefined || required.includes(key)) this.text(found[key], `${place}.${key}`, form, words)
    }
  }
}
