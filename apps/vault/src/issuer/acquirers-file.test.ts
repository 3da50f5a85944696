/** The operator's file: what is taken from it, and what is said about each way of getting it wrong. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemRandom } from '../platform/random.js'
import type { SettingsWorld } from '../platform/settings-reading.js'
import { sandboxTls } from '../sandbox/certificates.js'
import { loadAcquirersFile, readAcquirersFile, sandboxAcquirers } from './acquirers-file.js'
import { networkIds } from './iso8583/profiles/networks.js'
import { visaLike } from './iso8583/profiles/visa-like.js'

let folder: string
let files: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-acquirers-'))
  const made = await sandboxTls(folder, Date.now(), systemRandom)
  files = {
    'ca.pem': await readFile(made.caFile, 'utf8'),
    'cert.pem': made.cert,
    'key.pem': made.key,
    'other-key.pem': String(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ),
    'text.txt': 'not a PEM file',
    'profile.json': JSON.stringify({ ...visaLike, name: 'own' }),
    'broken-profile.json': JSON.stringify({ ...visaLike, bitmap: 'octal' }),
  }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

const SETTINGS = {
  acquirerId: '123456',
  acquirerCountry: '276',
  terminalId: 'TERM0001',
  merchantCategoryCode: '5999',
  cardAcceptorId: 'SHOP00000000001',
  merchantCity: 'BERLIN',
  merchantCountry: 'DE',
}
type Fields = Record<string, unknown>
const acquirer = (change: Fields = {}): Fields => ({
  id: 'bank',
  host: 'acquirer.example.com',
  port: 7100,
  tls: { caFile: 'ca.pem' },
  profile: 'visa-like',
  networks: ['VISA'],
  settings: SETTINGS,
  ...change,
})
const world = (environment: SettingsWorld['environment']): SettingsWorld => ({
  environment,
  readFile: path => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  },
})
const read = (acquirers: readonly Fields[], environment: SettingsWorld['environment'] = 'live') =>
  readAcquirersFile(JSON.stringify({ acquirers }), world(environment))
const problems = (change: Fields, environment?: SettingsWorld['environment']) => {
  const result = read([acquirer(change)], environment)
  return result.ok ? [] : result.problems
}
const settings = (change: Fields) => ({ settings: { ...SETTINGS, ...change } })

describe('a file that is right', () => {
  test('gives the acquirers with what was left out', () => {
    const result = read([acquirer()])
    expect(result).toEqual({
      ok: true,
      acquirers: [
        {
          id: 'bank',
          line: { host: 'acquirer.example.com', port: 7100, tls: { ca: files['ca.pem'] } },
          privateLine: false,
          profile: visaLike,
          networks: ['VISA'],
          settings: SETTINGS,
          timeoutMs: 8_000,
          echoAfterMs: 60_000,
          reverseVerifications: true,
        },
      ],
    })
  })

  test.each<[string, Fields]>([
    ['a certificate of our own', { tls: { certFile: 'cert.pem', keyFile: 'key.pem', serverName: 'acquirer.test' } }],
    ['TLS with the authorities of Node.js', { tls: {} }],
    ['a private line', { tls: undefined, privateLine: true }],
    ['a profile of its own', { profile: { file: 'profile.json' } }],
    ['all numbers and switches', { timeoutMs: 5_000, echoAfterMs: 30_000, reverseVerifications: false }],
    [
      'a merchant with settings of its own',
      settings({ merchants: { SHOP_1: { terminalId: 'OTHER', merchantName: 'Shop' } } }),
    ],
    ['who forwards', settings({ forwardingId: '42', merchantName: 'Marketplace' })],
  ])('may have %s', (_what, change) => {
    expect(problems(change)).toEqual([])
  })

  test('is read from a path, with paths relative to it', async () => {
    const path = join(folder, 'acquirers.json')
    await writeFile(path, JSON.stringify({ acquirers: [acquirer({ profile: { file: 'profile.json' } })] }))
    const result = loadAcquirersFile(path, 'live')
    expect(result.ok && result.acquirers[0]).toMatchObject({
      profile: { name: 'own' },
      line: { tls: { ca: files['ca.pem'] } },
    })
  })
})

describe('what is wrong is told with its place', () => {
  const at = 'acquirers[0]'
  test.each<[string, Fields, string]>([
    ['an id with blanks', { id: 'My Bank' }, `${at}.id must be up to 32 small letters`],
    ['no host', { host: undefined }, `${at}.host must be a host name or an address`],
    ['a URL for a host', { host: 'https://acquirer.example.com' }, `${at}.host must be a host name`],
    ['a port in quotes', { port: '7100' }, `${at}.port must be a whole number from 1 to 65535`],
    ['a port that does not exist', { port: 70_000 }, `${at}.port must be a whole number`],
    ['a key that nobody knows', { portt: 1 }, `${at}.portt is not known; known are id, host,`],
    ['no TLS', { tls: undefined }, `${at}.tls must be given, or "privateLine": true`],
    ['a private line with TLS', { privateLine: true }, `${at}.privateLine must be left out where tls is given`],
    ['a switch that is a text', { reverseVerifications: 'no' }, `${at}.reverseVerifications must be true or false`],
    [
      'a file that is not there',
      { tls: { caFile: 'gone.pem' } },
      `${at}.tls.caFile must be a file that can be read (ENOENT)`,
    ],
    [
      'a file that is no certificate',
      { tls: { caFile: 'text.txt' } },
      `${at}.tls.caFile must be a PEM file of a certificate`,
    ],
    [
      'a certificate for a key',
      { tls: { certFile: 'cert.pem', keyFile: 'ca.pem' } },
      `${at}.tls.keyFile must be a PEM file of a private key`,
    ],
    [
      'a certificate without its key',
      { tls: { certFile: 'cert.pem' } },
      `${at}.tls.certFile and keyFile must be given together`,
    ],
    [
      'the key of another',
      { tls: { certFile: 'cert.pem', keyFile: 'other-key.pem' } },
      `${at}.tls.keyFile must be the private key of the certificate`,
    ],
    [
      'an address as the server name',
      { tls: { serverName: '10.0.0.1' } },
      `${at}.tls.serverName must be a host name, not an address`,
    ],
    ['a switch against verifying', { tls: { rejectUnauthorized: false } }, `${at}.tls.rejectUnauthorized is not known`],
    [
      'a profile that does not exist',
      { profile: 'amex-like' },
      `${at}.profile must be one of "mastercard-like", "visa-like"`,
    ],
    [
      'a profile file that is not there',
      { profile: { file: 'gone.json' } },
      `${at}.profile.file must be a file that can be read`,
    ],
    ['a profile file that is no JSON', { profile: { file: 'text.txt' } }, `${at}.profile.file must be JSON`],
    ['a profile that is wrong', { profile: { file: 'broken-profile.json' } }, `${at}.profile.file: `],
    ['no network', { networks: [] }, `${at}.networks must be a list of at least one network`],
    ['a network that nobody knows', { networks: ['VISA', 'visa'] }, `${at}.networks[1] must be a network: `],
    ['a network twice', { networks: ['VISA', 'VISA'] }, `${at}.networks[1]: VISA is served by bank already`],
    [
      'a limit that the merchant would not wait for',
      { timeoutMs: 20_000 },
      `${at}.timeoutMs must be a whole number from 1000 to 9000`,
    ],
    ['echoes without a pause', { echoAfterMs: 0 }, `${at}.echoAfterMs must be a whole number from 1000 to 600000`],
    ['no settings', { settings: undefined }, `${at}.settings must be an object`],
    ['a terminal that is too long', settings({ terminalId: 'TERMINAL9' }), `${at}.settings.terminalId must be 1 to 8`],
    [
      'a number for digits',
      settings({ acquirerId: 123456 }),
      `${at}.settings.acquirerId must be 1 to 11 digits, in quotes`,
    ],
    [
      'a country that does not exist',
      settings({ merchantCountry: 'XX' }),
      `${at}.settings.merchantCountry must be a country`,
    ],
    ['a setting that nobody knows', settings({ mcc: '5999' }), `${at}.settings.mcc is not known`],
    [
      'a merchant with a fault',
      settings({ merchants: { SHOP_1: { merchantCity: '' } } }),
      `${at}.settings.merchants.SHOP_1.merchantCity must be`,
    ],
    [
      'a merchant with what is the acquirer’s',
      settings({ merchants: { SHOP_1: { acquirerId: '1' } } }),
      `${at}.settings.merchants.SHOP_1.acquirerId is not known`,
    ],
  ])('%s', (_what, change, problem) => {
    expect(problems(change)).toEqual([expect.stringContaining(problem)])
  })

  test('all of it at once, of all acquirers', () => {
    const result = read([acquirer({ port: 0 }), acquirer({ id: 'other', host: '', timeoutMs: 1 })])
    expect(result.ok ? [] : result.problems.map(problem => problem.split(' ')[0])).toEqual([
      ...['acquirers[0].port', 'acquirers[1].host', 'acquirers[1].networks[0]:', 'acquirers[1].timeoutMs'],
    ])
  })

  test('one id or one network for two acquirers', () => {
    const result = read([acquirer(), acquirer()])
    expect(result).toMatchObject({
      ok: false,
      problems: [
        'acquirers[1].id must be another one: bank is taken',
        'acquirers[1].networks[0]: VISA is served by bank already; one acquirer may serve it',
      ],
    })
  })

  test.each([
    ['', 'the file must be JSON'],
    ['[]', 'the file must be an object'],
    ['{}', 'acquirers must be a list of at least one acquirer'],
    ['{"acquirers": []}', 'acquirers must be a list of at least one acquirer'],
    ['{"acquirers": [1]}', 'acquirers[0] must be an object'],
  ])('a file with the text %j', (text, problem) => {
    const result = readAcquirersFile(text, world('live'))
    expect(result.ok ? '' : result.problems.join('\n')).toContain(problem)
  })

  test('a file that is not there', () => {
    const path = join(folder, 'gone.json')
    expect(loadAcquirersFile(path, 'live')).toEqual({ ok: false, problems: [`${path} cannot be read (ENOENT)`] })
  })
})

describe('a sandbox', () => {
  test.each(['127.0.0.1', 'localhost', '::1'])('may connect to %s without TLS; live may not', host => {
    expect(problems({ tls: undefined, host }, 'sandbox')).toEqual([])
    expect(problems({ tls: undefined, host }, 'live')).toHaveLength(1)
  })

  test('may not connect to another machine without TLS', () => {
    expect(problems({ tls: undefined }, 'sandbox')).toEqual([expect.stringContaining('connects to loopback alone')])
    expect(problems({ tls: undefined, host: '127.0.0.1.example.com' }, 'sandbox')).toHaveLength(1)
  })

  test('has the simulator for every network, in both dialects', () => {
    const acquirers = sandboxAcquirers('127.0.0.1', 8091)
    expect(acquirers.flatMap(({ networks }) => networks).sort()).toEqual([...networkIds].sort())
    expect(acquirers.map(({ profile, networks }) => [profile.name, networks.includes('MAESTRO')])).toEqual([
      ['visa-like', false],
      ['mastercard-like', true],
    ])
  })
})
