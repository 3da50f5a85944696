/**
 * Reads an operator's JSON file of settings: walks through it and collects everything that is wrong, each with its place.
 * What is returned is good only where nothing was found. No value of a file that could be a secret is ever quoted.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'

export type Entries = Readonly<Record<string, unknown>>

/** What a text must look like, and how that is said. */
export type Form = readonly [form: RegExp, words: string]

/** Certificates and keys of one side of a line, in PEM. */
export interface LineSecurity {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly serverName?: string
}

const TLS_KEYS = ['caFile', 'certFile', 'keyFile', 'serverName']

export interface SettingsWorld {
  environment: 'sandbox' | 'live'
  /** Gives the text of a file that the file names; throws when it cannot be read. */
  readFile: (path: string) => string
}

export type SettingsFault = { ok: false; problems: readonly string[] }

/** Reads the file at a path; the paths in it are relative to it. */
export function loadSettingsFile<Result>(
  path: string,
  environment: SettingsWorld['environment'],
  read: (text: string, world: SettingsWorld) => Result,
): Result | SettingsFault {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return { ok: false, problems: [`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`] }
  }
  return read(text, { environment, readFile: named => readFileSync(resolve(dirname(path), named), 'utf8') })
}

export class SettingsReading {
  readonly problems: string[] = []
  readonly #names = new Set<string>()

  /** @param readFile  gives the text of a file that the file names; throws when it cannot be read */
  constructor(private readonly readFile: (path: string) => string) {}

  /** The list that the file is. */
  list(text: string, name: string, one: string): readonly unknown[] {
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch {
      // The parser's own words quote what it met, and a wrong path may name a key file.
      this.problems.push('the file must be JSON')
      return []
    }
    const list = this.object(parsed, 'the file', [name])?.[name]
    if (Array.isArray(list) && list.length > 0) return list
    this.problems.push(`${name} must be a list of at least one ${one}`)
    return []
  }

  object(given: unknown, place: string, keys?: readonly string[]): Entries | undefined {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      this.problems.push(`${place} must be an object`)
      return undefined
    }
    for (const key of Object.keys(given)) {
      if (keys && !keys.includes(key)) this.problems.push(`${place}.${key} is not known; known are ${keys.join(', ')}`)
    }
    return given as Entries
  }

  text(given: unknown, place: string, form: RegExp, words: string): string {
    if (typeof given === 'string' && form.test(given)) return given
    this.problems.push(`${place} must be ${words}`)
    return ''
  }

  /** What an entry of the file's list is called, each by a name of its own. */
  name(given: unknown, place: string): string {
    const name = this.text(given, place, /^[a-z0-9][a-z0-9-]{0,31}$/, 'up to 32 small letters, digits and hyphens')
    if (name && this.#names.has(name)) this.problems.push(`${place} must be another one: ${name} is taken`)
    this.#names.add(name)
    return name
  }

  whole(given: unknown, place: string, min: number, max: number, fallback?: number): number {
    const value = given === undefined ? fallback : given
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value)
    this.problems.push(`${place} must be a whole number from ${min} to ${max}`)
    return min
  }

  yesOrNo(given: unknown, place: string, fallback: boolean): boolean {
    if (given !== undefined && typeof given !== 'boolean') this.problems.push(`${place} must be true or false`)
    return typeof given === 'boolean' ? given : fallback
  }

  tls(given: unknown, place: string): LineSecurity {
    const found = this.object(given, place, TLS_KEYS) ?? {}
    const ca = this.certificate(found['caFile'], `${place}.caFile`)
    const cert = this.certificate(found['certFile'], `${place}.certFile`)
    const key = this.pem(found['keyFile'], `${place}.keyFile`, createPrivateKey, 'of a private key')
    if ((found['certFile'] === undefined) !== (found['keyFile'] === undefined)) {
      this.problems.push(`${place}.certFile and keyFile must be given together`)
    }
    if (cert && key && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      this.problems.push(`${place}.keyFile must be the private key of the certificate`)
    }
    const serverName = found['serverName']
    if (serverName !== undefined) {
      const name = this.text(serverName, `${place}.serverName`, /^[A-Za-z0-9.-]{1,253}$/, 'a host name')
      if (isIP(name)) this.problems.push(`${place}.serverName must be a host name, not an address`)
    }
    return {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(serverName ? { serverName: String(serverName) } : {}),
    }
  }

  certificate(path: unknown, place: string): string | undefined {
    return this.pem(path, place, pem => new X509Certificate(pem), 'of a certificate')
  }

  pem(path: unknown, place: string, parse: (pem: string) => unknown, what: string): string | undefined {
    if (path === undefined) return undefined
    const pem = this.named(path, place)
    if (pem === undefined) return undefined
    try {
      parse(pem)
      return pem
    } catch {
      this.problems.push(`${place} must be a PEM file ${what}`)
      return undefined
    }
  }

  /** The text of a file that is named in the file. */
  named(path: unknown, place: string): string | undefined {
    if (typeof path !== 'string' || path === '') {
      this.problems.push(`${place} must be the path of a file`)
      return undefined
    }
    try {
      return this.readFile(path)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'no reason given'
      this.problems.push(`${place} must be a file that can be read (${code})`)
      return undefined
    }
  }
}
