/**
 * The environment as a frozen configuration, parsed once. Nothing else reads `process.env`. All faults are told
 * together, each with its key, the form it should have and an example; docs/reference/config.md is made from `keys`.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type AcquirerConfig, loadAcquirersFile } from './issuer/acquirers-file.js'
import type { OutboundPolicy } from './platform/url-policy.js'
import { type DirectoryConfig, loadDirectoriesFile } from './three-ds/directories-file.js'
import {
  type ThreeDSFallback,
  type ThreeDSPolicy,
  type ThreeDSTimers,
  threeDSFallbacks,
  threeDSPolicies,
  threeDSTimers,
} from './three-ds/three-ds-settings.js'

export interface Config {
  readonly environment: 'sandbox' | 'live'
  /** Absolute. */
  readonly dataDir: string
  readonly portOffset: number
  /** Unset: a PostgreSQL of our own in the data directory. */
  readonly databaseUrl: string | undefined
  /** Unset in a sandbox, which makes its own. */
  readonly kekFile: string | undefined
  /** Whom to ask whether a card is good; unset in a sandbox, which asks the simulator. */
  readonly acquirers: readonly AcquirerConfig[] | undefined
  readonly threeDS: {
    /** The directory servers; unset in a sandbox, which asks the simulator's. */
    readonly directories: readonly DirectoryConfig[] | undefined
    readonly policy: ThreeDSPolicy
    readonly fallback: ThreeDSFallback
    readonly timers: ThreeDSTimers
    /** Where directory servers reach the results endpoint; without a slash at its end. */
    readonly resultsUrl: string
    /** Its certificate; unset in a sandbox, which gets one of the simulator. */
    readonly resultsTls: { cert: string; key: string } | undefined
  }
  /** The header in which a proxy in front of the hosted pages tells the buyer's address; lower case. */
  readonly clientIpHeader: string | undefined
  readonly tls: { cert: string; key: string } | undefined
  readonly publicApiUrl: string | undefined
  /** Where buyers' browsers reach the hosted pages; without a slash at its end. */
  readonly pagesUrl: string
  readonly listenHost: string
  readonly plainHttp: boolean
  readonly firstNotificationDelayMs: number
  readonly notificationScheduleFactor: number
  readonly settleAfterMs: number
  readonly requestTimeWindowMs: number | undefined
  readonly callsPerSecondOfClient: number | undefined
  readonly outboundPolicy: OutboundPolicy
  readonly databaseConnections: number
}

interface Key {
  readonly key: string
  /** What it means, for the reference. */
  readonly meaning: string
  readonly form: string
  readonly example: string
  /** The default as the reference prints it. */
  readonly sandbox: string
  readonly live: string
}

/** Every key of the environment. */
export const keys = [
  {
    key: 'COFFER_PROFILE',
    meaning: 'Which kind of Coffer this is. `live` refuses every development default.',
    form: '`sandbox` or `live`',
    example: 'sandbox',
    sandbox: '`sandbox`',
    live: '–',
  },
  {
    key: 'COFFER_DATA_DIR',
    meaning: 'Where the database of our own, sandbox keys, certificates and logs lie; mode 0700.',
    form: 'a path',
    example: '/var/lib/coffer',
    sandbox: '`.coffer`',
    live: '`.coffer`',
  },
  {
    key: 'COFFER_PORT_OFFSET',
    meaning: 'Added to every port, so that several Coffers run side by side.',
    form: 'a whole number from 0 to 50000',
    example: '1000',
    sandbox: '`0`',
    live: '`0`',
  },
  {
    key: 'DATABASE_URL',
    meaning: 'A PostgreSQL of version 14 or newer to use. Over a network in live it must end in `sslmode=verify-full`.',
    form: '`postgres://user:password@host:port/database`',
    example: 'postgres://coffer:…@db.internal:5432/coffer?sslmode=verify-full',
    sandbox: 'a PostgreSQL of our own',
    live: 'a PostgreSQL of our own',
  },
  {
    key: 'COFFER_KEK_FILE',
    meaning: 'The key that wraps all data keys. Back it up apart from the database.',
    form: 'a file with 32 random bytes, mode 0600, outside the data directory',
    example: '/etc/coffer/kek',
    sandbox: 'made at first start',
    live: 'required',
  },
  {
    key: 'COFFER_TLS_CERT_FILE',
    meaning: 'Certificate chain of the API and of the hosted pages.',
    form: 'a PEM file',
    example: '/etc/coffer/tls/fullchain.pem',
    sandbox: 'of a certificate authority made at first start',
    live: 'required, unless COFFER_TLS_TERMINATOR is set',
  },
  {
    key: 'COFFER_TLS_KEY_FILE',
    meaning: 'Private key of the certificate.',
    form: 'a PEM file',
    example: '/etc/coffer/tls/key.pem',
    sandbox: 'made at first start',
    live: 'required, unless COFFER_TLS_TERMINATOR is set',
  },
  {
    key: 'COFFER_TLS_TERMINATOR',
    meaning:
      'Name of the program on this machine that ends TLS in front of Coffer. Plain HTTP is then served on loopback.',
    form: 'a name, e.g. `nginx`',
    example: 'nginx',
    sandbox: '–',
    live: 'unset',
  },
  {
    key: 'COFFER_PUBLIC_API_URL',
    meaning: 'Where merchants reach the API: scheme, host and port.',
    form: 'an https URL without a path',
    example: 'https://vault.example.com',
    sandbox: '–',
    live: 'required',
  },
  {
    key: 'COFFER_LISTEN_HOST',
    meaning: 'Address on which the HTTPS port listens.',
    form: 'an address of this machine',
    example: '0.0.0.0',
    sandbox: '`127.0.0.1` and `::1`',
    live: '`0.0.0.0`',
  },
  {
    key: 'COFFER_PUBLIC_PAGES_URL',
    meaning: 'Where the browsers of buyers reach the hosted pages: scheme, host and port.',
    form: 'an https URL without a path',
    example: 'https://pages.vault.example.com',
    sandbox: '`http://127.0.0.1:8081`',
    live: 'required',
  },
  {
    key: 'COFFER_ACQUIRERS_FILE',
    meaning: 'The acquirers that are asked whether a card is good; docs/operations/acquirers.md describes the file.',
    form: 'a JSON file',
    example: '/etc/coffer/acquirers.json',
    sandbox: 'the simulator on port 8091',
    live: 'required',
  },
  {
    key: 'COFFER_DIRECTORIES_FILE',
    meaning: 'The directory servers of 3-D Secure; docs/operations/three-ds.md describes the file.',
    form: 'a JSON file',
    example: '/etc/coffer/directories.json',
    sandbox: 'the simulator on port 8090',
    live: 'unset: no 3-D Secure',
  },
  {
    key: 'COFFER_THREE_DS_POLICY',
    meaning:
      'Whose buyers are authenticated although no request asks for it: of cards issued in the EEA or the United Kingdom, all, or none.',
    form: '`eea`, `always` or `never`',
    example: 'eea',
    sandbox: '`eea`',
    live: '`eea`',
  },
  {
    key: 'COFFER_THREE_DS_FALLBACK',
    meaning:
      'What becomes of a vaulting whose buyer has to be authenticated and cannot be: it fails, goes on without, or asks once more as for a payment (`pa`).',
    form: '`fail`, `skip` or `pa`',
    example: 'fail',
    sandbox: '`fail`',
    live: '`fail`',
  },
  {
    key: 'COFFER_THREE_DS_METHOD_TIMEOUT_MS',
    meaning: 'How long the 3DS Method may take before it counts as not completed.',
    form: 'milliseconds, 100 to 10000',
    example: '10000',
    sandbox: '`10000`',
    live: '`10000`',
  },
  {
    key: 'COFFER_THREE_DS_CONNECT_TIMEOUT_MS',
    meaning: 'How long a connection to a directory server may take.',
    form: 'milliseconds, 100 to 10000',
    example: '5000',
    sandbox: '`5000`',
    live: '`5000`',
  },
  {
    key: 'COFFER_THREE_DS_ANSWER_TIMEOUT_MS',
    meaning: 'How long the answer to an authentication request may take, the connection included.',
    form: 'milliseconds, 100 to 10000',
    example: '10000',
    sandbox: '`10000`',
    live: '`10000`',
  },
  {
    key: 'COFFER_THREE_DS_RANGES_EVERY_MS',
    meaning: 'How old a list of card ranges may get before the directory server is asked for changes.',
    form: 'milliseconds, 3600000 to 86400000',
    example: '86400000',
    sandbox: '`86400000`',
    live: '`86400000`',
  },
  {
    key: 'COFFER_PUBLIC_RESULTS_URL',
    meaning:
      'Where directory servers reach port 8086. TLS must end at Coffer: both sides show certificates there, whatever stands in front of the other ports.',
    form: 'an https URL without a path',
    example: 'https://3ds.vault.example.com:8086',
    sandbox: '`https://localhost:8086`',
    live: 'required with COFFER_DIRECTORIES_FILE',
  },
  {
    key: 'COFFER_RESULTS_CERT_FILE',
    meaning: 'Certificate chain of port 8086.',
    form: 'a PEM file',
    example: '/etc/coffer/results/fullchain.pem',
    sandbox: 'of the simulator',
    live: 'required with COFFER_DIRECTORIES_FILE',
  },
  {
    key: 'COFFER_RESULTS_KEY_FILE',
    meaning: 'Private key of that certificate.',
    form: 'a PEM file',
    example: '/etc/coffer/results/key.pem',
    sandbox: 'of the simulator',
    live: 'required with COFFER_DIRECTORIES_FILE',
  },
  {
    key: 'COFFER_CLIENT_IP_HEADER',
    meaning:
      'The header in which a proxy in front of the hosted pages tells the address of the buyer. The proxy must replace what a browser sends under that name.',
    form: 'the name of a header',
    example: 'x-real-ip',
    sandbox: 'unset: the address of the connection',
    live: 'unset: the address of the connection',
  },
  {
    key: 'COFFER_FIRST_NOTIFICATION_DELAY_MS',
    meaning: 'How long after the outcome the first notification is sent. The guide says 3 to 5 seconds.',
    form: 'milliseconds, 0 to 60000',
    example: '3000',
    sandbox: '`3000`',
    live: '`3000`',
  },
  {
    key: 'COFFER_NOTIFICATION_SCHEDULE_FACTOR',
    meaning: 'Stretches or shortens the waits between repeats; 0 switches repeats off, as in the sandbox of Antom.',
    form: 'a number from 0 to 10',
    example: '0.01',
    sandbox: '`1`',
    live: '`1`, and nothing else',
  },
  {
    key: 'COFFER_SETTLE_AFTER_MS',
    meaning: 'How long a vaulting may take. One that is not finished then has failed.',
    form: 'milliseconds, 15000 to 900000',
    example: '900000',
    sandbox: '`900000`',
    live: '`900000`',
  },
  {
    key: 'COFFER_REQUEST_TIME_WINDOW_MS',
    meaning: 'How far `request-time` may be from the time here; 0 switches the check off.',
    form: 'milliseconds, 0 to 86400000',
    example: '900000',
    sandbox: '`0`',
    live: '`900000`',
  },
  {
    key: 'COFFER_CLIENT_CALLS_PER_SECOND',
    meaning: 'Calls per second and process that one merchant may make on average; 0 for no limit.',
    form: 'a whole number from 0 to 100000',
    example: '200',
    sandbox: '`0`',
    live: '`200`',
  },
  {
    key: 'COFFER_DATABASE_CONNECTIONS',
    meaning: 'Connections to PostgreSQL that one process holds at most.',
    form: 'a whole number from 2 to 200',
    example: '16',
    sandbox: '`16`',
    live: '`16`',
  },
  {
    key: 'COFFER_ALLOW_UNSUPPORTED_NODE',
    meaning: 'Lets `live` start on a Node.js release that no longer gets security fixes.',
    form: '`yes`',
    example: 'yes',
    sandbox: '–',
    live: 'unset',
  },
  {
    key: 'COFFER_DEBUG',
    meaning: 'Shows where a defect happened, on standard error. A stack may name data: never in live.',
    form: '`yes`',
    example: 'yes',
    sandbox: 'unset',
    live: 'unset',
  },
] as const satisfies readonly Key[]

type KeyName = (typeof keys)[number]['key']

/** Everything that is wrong with the environment, one line each. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems'
  constructor(readonly problems: readonly string[]) {
    super(
      problems.length === 1
        ? problems[0]
        : `the configuration has ${problems.length} faults:\n${problems.map(p => `  - ${p}`).join('\n')}`,
    )
  }
}

/**
 * Reads the configuration.
 * @param nodeVersion  e.g. `20.20.2`; `live` wants a release that still gets fixes
 * @throws ConfigProblems with everything that is wrong or missing
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, nodeVersion: string): Config {
  const problems: string[] = []
  const text = (key: KeyName) => env[key]?.trim() || undefined
  const wrong = (key: KeyName, remedy?: string) => {
    const row = keys.find(candidate => candidate.key === key)!
    problems.push(`${key} must be ${row.form}, e.g. ${row.example}${remedy ? ` (${remedy})` : ''}`)
  }
  const number = (key: KeyName, fallback: number, min: number, max: number, whole = true) => {
    const given = text(key)
    const value = given === undefined ? fallback : Number(given)
    const good = Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))
    if (!good) wrong(key)
    return good ? value : fallback
  }
  const file = (key: KeyName) => {
    const path = text(key)
    if (path === undefined) return undefined
    try {
      return readFileSync(path, 'utf8')
    } catch {
      wrong(key, 'the file cannot be read')
      return undefined
    }
  }
  const url = (key: KeyName, protocols: readonly string[]) => {
    const given = text(key)
    if (given === undefined) return undefined
    if (!URL.canParse(given) || !protocols.includes(new URL(given).protocol)) wrong(key)
    return given
  }

  const profile = text('COFFER_PROFILE') ?? 'sandbox'
  if (profile !== 'sandbox' && profile !== 'live') wrong('COFFER_PROFILE')
  const live = profile === 'live'
  for (const name of Object.keys(env)) {
    if (name.startsWith('COFFER_') && !name.startsWith('COFFER_SIMULATOR_') && !keys.some(row => row.key === name)) {
      problems.push(`${name} is not a setting of Coffer; see docs/reference/config.md`)
    }
  }

  const dataDir = resolve(text('COFFER_DATA_DIR') ?? '.coffer')
  const cert = file('COFFER_TLS_CERT_FILE')
  const key = file('COFFER_TLS_KEY_FILE')
  if ((cert === undefined) !== (key === undefined)) {
    wrong(cert === undefined ? 'COFFER_TLS_CERT_FILE' : 'COFFER_TLS_KEY_FILE', 'certificate and key come together')
  }
  if (cert !== undefined && key !== undefined && !belongTogether(cert, key)) {
    wrong('COFFER_TLS_KEY_FILE', 'it is not the private key of the certificate')
  }
  const terminator = text('COFFER_TLS_TERMINATOR')
  const databaseUrl = text('DATABASE_URL')
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) wrong('DATABASE_URL')
  const publicApiUrl = url('COFFER_PUBLIC_API_URL', live ? ['https:'] : ['http:', 'https:'])
  if (publicApiUrl && hasPath(publicApiUrl)) {
    wrong('COFFER_PUBLIC_API_URL', 'a path would break the signatures of the official SDKs')
  }
  const publicPagesUrl = url('COFFER_PUBLIC_PAGES_URL', live ? ['https:'] : ['http:', 'https:'])
  if (publicPagesUrl && hasPath(publicPagesUrl))
    wrong('COFFER_PUBLIC_PAGES_URL', 'the pages have an origin of their own')
  const acquirersFile = text('COFFER_ACQUIRERS_FILE')
  const acquirers = acquirersFile ? loadAcquirersFile(resolve(acquirersFile), live ? 'live' : 'sandbox') : undefined
  if (acquirers?.ok === false) problems.push(...acquirers.problems.map(problem => `COFFER_ACQUIRERS_FILE: ${problem}`))
  const directoriesFile = text('COFFER_DIRECTORIES_FILE')
  const directories = directoriesFile ? loadDirectoriesFile(resolve(directoriesFile)) : undefined
  if (directories?.ok === false) {
    problems.push(...directories.problems.map(problem => `COFFER_DIRECTORIES_FILE: ${problem}`))
  }
  const oneOf = <T extends string>(key: KeyName, known: readonly T[], fallback: T): T => {
    const found = known.find(word => word === (text(key) ?? fallback))
    if (found === undefined) wrong(key)
    return found ?? fallback
  }
  const resultsUrl = url('COFFER_PUBLIC_RESULTS_URL', ['https:'])
  if (resultsUrl && hasPath(resultsUrl)) wrong('COFFER_PUBLIC_RESULTS_URL', 'each directory server has its own path')
  const resultsCert = file('COFFER_RESULTS_CERT_FILE')
  const resultsKey = file('COFFER_RESULTS_KEY_FILE')
  if ((resultsCert === undefined) !== (resultsKey === undefined)) {
    wrong(
      resultsCert === undefined ? 'COFFER_RESULTS_CERT_FILE' : 'COFFER_RESULTS_KEY_FILE',
      'certificate and key come together',
    )
  }
  if (resultsCert !== undefined && resultsKey !== undefined && !belongTogether(resultsCert, resultsKey)) {
    wrong('COFFER_RESULTS_KEY_FILE', 'it is not the private key of the certificate')
  }
  if (directoriesFile) {
    if (live && !resultsUrl) wrong('COFFER_PUBLIC_RESULTS_URL', 'the results of challenges come there')
    if (!resultsCert) wrong('COFFER_RESULTS_CERT_FILE', 'directory servers check it')
  }
  const clientIpHeader = text('COFFER_CLIENT_IP_HEADER')?.toLowerCase()
  if (clientIpHeader && !/^[a-z0-9-]{1,64}$/.test(clientIpHeader)) wrong('COFFER_CLIENT_IP_HEADER')
  const kekFile = text('COFFER_KEK_FILE')
  const scheduleFactor = number('COFFER_NOTIFICATION_SCHEDULE_FACTOR', 1, 0, 10, false)
  const portOffset = number('COFFER_PORT_OFFSET', 0, 0, 50_000)
  const window = number('COFFER_REQUEST_TIME_WINDOW_MS', live ? 900_000 : 0, 0, 86_400_000)
  const rate = number('COFFER_CLIENT_CALLS_PER_SECOND', live ? 200 : 0, 0, 100_000)

  const policy = oneOf('COFFER_THREE_DS_POLICY', threeDSPolicies, 'eea')
  const fallback = oneOf('COFFER_THREE_DS_FALLBACK', threeDSFallbacks, 'fail')
  const timers: ThreeDSTimers = {
    methodMs: number('COFFER_THREE_DS_METHOD_TIMEOUT_MS', threeDSTimers.methodMs, 100, 10_000),
    connectMs: number('COFFER_THREE_DS_CONNECT_TIMEOUT_MS', threeDSTimers.connectMs, 100, 10_000),
    answerMs: number('COFFER_THREE_DS_ANSWER_TIMEOUT_MS', threeDSTimers.answerMs, 100, 10_000),
    rangesAnswerMs: threeDSTimers.rangesAnswerMs,
    rangesEveryMs: number('COFFER_THREE_DS_RANGES_EVERY_MS', threeDSTimers.rangesEveryMs, 3_600_000, 86_400_000),
  }

  if (live) {
    if (!kekFile) wrong('COFFER_KEK_FILE', 'openssl rand -out FILE 32 && chmod 600 FILE')
    if (!cert && !terminator)
      wrong('COFFER_TLS_CERT_FILE', 'or name the program that ends TLS in COFFER_TLS_TERMINATOR')
    if (!publicApiUrl) wrong('COFFER_PUBLIC_API_URL')
    if (!publicPagesUrl) wrong('COFFER_PUBLIC_PAGES_URL')
    if (!acquirersFile) wrong('COFFER_ACQUIRERS_FILE', 'without an acquirer no card can be checked')
    if (scheduleFactor !== 1) wrong('COFFER_NOTIFICATION_SCHEDULE_FACTOR', 'live keeps the published schedule: 1')
    if (kekFile && liesIn(kekFile, dataDir))
      wrong('COFFER_KEK_FILE', 'a key beside the data it protects protects nothing')
    if (databaseUrl && !isLoopback(databaseUrl) && !/[?&]sslmode=verify-full\b/.test(databaseUrl)) {
      wrong('DATABASE_URL', 'add sslmode=verify-full')
    }
    if (Number(nodeVersion.split('.')[0]) < 22 && text('COFFER_ALLOW_UNSUPPORTED_NODE') !== 'yes') {
      problems.push(
        `Node.js ${nodeVersion} no longer gets security fixes: use Node.js 24, or set COFFER_ALLOW_UNSUPPORTED_NODE=yes`,
      )
    }
  }
  if (problems.length) throw new ConfigProblems(problems)

  return Object.freeze({
    environment: live ? 'live' : 'sandbox',
    dataDir,
    portOffset,
    databaseUrl,
    kekFile: kekFile && resolve(kekFile),
    acquirers: acquirers?.ok ? acquirers.acquirers : undefined,
    threeDS: {
      directories: directories?.ok ? directories.directories : undefined,
      policy,
      fallback,
      timers,
      resultsUrl: (resultsUrl ?? `https://localhost:${portsOf(portOffset).results}`).replace(/\/$/, ''),
      resultsTls: resultsCert && resultsKey ? { cert: resultsCert, key: resultsKey } : undefined,
    },
    clientIpHeader,
    tls: cert && key ? { cert, key } : undefined,
    publicApiUrl,
    pagesUrl: (publicPagesUrl ?? `http://127.0.0.1:${portsOf(portOffset).pages}`).replace(/\/$/, ''),
    listenHost: text('COFFER_LISTEN_HOST') ?? (live ? '0.0.0.0' : 'localhost'),
    plainHttp: !live || terminator !== undefined,
    firstNotificationDelayMs: number('COFFER_FIRST_NOTIFICATION_DELAY_MS', 3_000, 0, 60_000),
    notificationScheduleFactor: scheduleFactor,
    settleAfterMs: number('COFFER_SETTLE_AFTER_MS', 900_000, 15_000, 900_000),
    requestTimeWindowMs: window || undefined,
    callsPerSecondOfClient: rate || undefined,
    outboundPolicy: { allowHttp: !live, allowLoopback: !live },
    databaseConnections: number('COFFER_DATABASE_CONNECTIONS', 16, 2, 200),
  } satisfies Config)
}

function belongTogether(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function hasPath(url: string): boolean {
  return URL.canParse(url) && !['', '/'].includes(new URL(url).pathname)
}

function liesIn(path: string, folder: string): boolean {
  return `${resolve(path)}/`.startsWith(`${folder}/`)
}

function isLoopback(databaseUrl: string): boolean {
  return URL.canParse(databaseUrl) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(databaseUrl).hostname)
}

/** The ports of a Coffer, with its offset. */
export function portsOf(offset: number) {
  return {
    api: 8080 + offset,
    pages: 8081 + offset,
    apiTls: 8443 + offset,
    shop: 8083 + offset,
    operations: 8085 + offset,
    results: 8086 + offset,
    workOperations: 8087 + offset,
    directoryServers: 8090 + offset,
    issuer: 8091 + offset,
    simulator: 8092 + offset,
  }
}

/** Whether the key file lies on the same device as the data: a thief of the disk gets both. Worth a warning. */
export function onSameDevice(kekFile: string, dataDir: string): boolean {
  try {
    return statSync(kekFile).dev === statSync(dataDir).dev
  } catch {
    return false
  }
}
