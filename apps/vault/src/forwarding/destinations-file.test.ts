/** The operator's file: what is taken from it, and what is said about each way of getting it wrong. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlayedProcessor, startProcessor } from '../../../../test/support/played-processor.js'
import { readConfig } from '../config.js'
import { loadDestinationsFile, readDestinationsFile } from './destinations-file.js'

let processor: PlayedProcessor
beforeAll(async () => {
  processor = await startProcessor()
  await processor.write('key.txt', 'Bearer k\n')
  await processor.write('two-lines.txt', 'Bearer k\nX: y\n')
})
afterAll(() => processor?.stop())

type Fields = Record<string, unknown>
const destination = (change: Fields = {}): Fields => ({
  name: 'processor',
  merchants: ['SHOP_1'],
  origin: 'https://api.processor.example',
  paths: ['/v1/payments'],
  numberAt: ['/card/number'],
  ...change,
})
const load = async (text: string, environment: 'sandbox' | 'live' = 'live') =>
  loadDestinationsFile(await processor.write('destinations.json', text), environment)
const problems = async (change: Fields, environment?: 'sandbox' | 'live') => {
  const read = await load(JSON.stringify({ destinations: [destination(change)] }), environment)
  return read.ok ? [] : read.problems
}

test('a short entry has the rest by default', async () => {
  const read = await load(JSON.stringify({ destinations: [destination()] }))
  expect(read).toEqual({
    ok: true,
    destinations: [
      {
        name: 'processor',
        merchants: ['SHOP_1'],
        origin: 'https://api.processor.example',
        paths: ['/v1/payments'],
        methods: ['POST'],
        query: false,
        numberAt: ['/card/number'],
        headers: [],
        fixedHeaders: {},
        responseHeaders: [],
        ca: undefined,
        policy: { allowHttp: false, allowLoopback: false, knowsHostsFile: false, ports: [443], privateNetworks: [] },
        timeoutMs: 9_000,
        maxResponseBytes: 65_536,
      },
    ],
  })
})

test('a long entry has everything, files relative to it, and names of headers in lower case', async () => {
  const change = {
    merchants: ['*'],
    origin: 'https://api.processor.example:8443',
    paths: ['/', '/v1/*', '/v1/payments:confirm'],
    methods: ['PUT', 'PATCH'],
    query: true,
    headers: ['Idempotency-Key'],
    fixedHeaders: { Authorization: { file: 'key.txt' }, 'X-Version': '2' },
    responseHeaders: ['Location', 'Content-Length'],
    caFile: 'ca.pem',
    privateNetworks: ['10.1.2.0/24'],
    timeoutMs: 3_000,
    maxResponseBytes: 1_000,
  }
  const read = await load(JSON.stringify({ destinations: [destination(change)] }))
  expect(read.ok ? read.destinations[0] : read.problems).toMatchObject({
    headers: ['idempotency-key'],
    fixedHeaders: { authorization: 'Bearer k', 'x-version': '2' },
    responseHeaders: ['location', 'content-length'],
    ca: expect.stringContaining('BEGIN CERTIFICATE'),
    policy: { ports: [8443] },
    timeoutMs: 3_000,
  })
})

describe('what is wrong is told with its place:', () => {
  const at = 'destinations[0]'
  test.each<[string, Fields, string]>([
    ['a name with blanks', { name: 'My Processor' }, `${at}.name must be up to 32 small letters`],
    ['a key that nobody knows', { numberat: [] }, `${at}.numberat is not known; known are name, merchants,`],
    ['nobody who may', { merchants: [] }, `${at}.merchants must be a list of at least one`],
    ['a client id with a blank', { merchants: ['SHOP 1'] }, `${at}.merchants[0] must be a client id`],
    ['plain http', { origin: 'http://api.processor.example' }, `${at}.origin must be https://`],
    ['a path in the origin', { origin: 'https://api.processor.example/' }, `${at}.origin must be https://`],
    ['a user in the origin', { origin: 'https://me@api.processor.example' }, `${at}.origin must be https://`],
    ['capital letters in the origin', { origin: 'https://API.processor.example' }, `${at}.origin must be https://`],
    ['a dot behind the host', { origin: 'https://api.processor.example.' }, `${at}.origin must be https://`],
    ['the usual port', { origin: 'https://api.processor.example:443' }, `${at}.origin must be https://`],
    ['a pattern of hosts', { origin: 'https://*.processor.example' }, `${at}.origin must be https://`],
    ['a private address', { origin: 'https://10.0.0.1' }, `${at}.origin names an address that is not public`],
    ['the metadata service', { origin: 'https://169.254.169.254' }, `${at}.origin names an address that is not public`],
    ['loopback as a number', { origin: 'https://2130706433' }, `${at}.origin must be https://`],
    ['no path', { paths: undefined }, `${at}.paths must be a list of at least one`],
    ['a way up', { paths: ['/v1/../x'] }, `${at}.paths[0] must be a path`],
    ['an escape', { paths: ['/v1/%2e'] }, `${at}.paths[0] must be a path`],
    ['a star in the middle', { paths: ['/v1/*/x'] }, `${at}.paths[0] must be a path`],
    ['a method without a body', { methods: ['GET'] }, `${at}.methods[0] must be POST, PUT, PATCH`],
    ['no place for the number', { numberAt: undefined }, `${at}.numberAt must be a list of at least one`],
    ['any place for the number', { numberAt: ['/'] }, `${at}.numberAt[0] must be where the number stands`],
    ['a header about the body', { headers: ['Transfer-Encoding'] }, `${at}.headers[0] must be the name of a header`],
    ['the host', { fixedHeaders: { Host: 'x' } }, `${at}.fixedHeaders.Host must be the name of a header`],
    ['a header of both', { headers: ['a'], fixedHeaders: { A: 'x' } }, `${at}.fixedHeaders.A must be named once`],
    ['a header of two lines', { fixedHeaders: { a: 'x\r\nB: y' } }, `${at}.fixedHeaders.a must be one line`],
    [
      'a file of two lines',
      { fixedHeaders: { a: { file: 'two-lines.txt' } } },
      `${at}.fixedHeaders.a must be one line`,
    ],
    ['a file that is not there', { fixedHeaders: { a: { file: 'gone' } } }, `${at}.fixedHeaders.a.file must be a file`],
    ['an authority that is none', { caFile: 'key.txt' }, `${at}.caFile must be a PEM file of a certificate`],
    ['a network that is public', { privateNetworks: ['8.8.8.0/24'] }, `${at}.privateNetworks must be ranges`],
    ['loopback as a network', { privateNetworks: ['127.0.0.0/8'] }, `${at}.privateNetworks must be ranges`],
    ['more time than there is', { timeoutMs: 10_000 }, `${at}.timeoutMs must be a whole number from 1000 to 9000`],
    ['answers without an end', { maxResponseBytes: 1e9 }, `${at}.maxResponseBytes must be a whole number`],
    ['a switch that is a text', { query: 'yes' }, `${at}.query must be true or false`],
  ])('%s', async (_what, change, problem) => {
    expect(await problems(change)).toContainEqual(expect.stringContaining(problem))
  })

  test('all of it at once, of all destinations, and never a value that could be a secret', async () => {
    const first = destination({ fixedHeaders: { authorization: 'Bearer sécret' } })
    const read = await load(JSON.stringify({ destinations: [first, destination({ timeoutMs: 1 })] }))
    expect(read.ok ? [] : read.problems.map(problem => problem.split(' ')[0])).toEqual([
      'destinations[0].fixedHeaders.authorization',
      'destinations[1].name',
      'destinations[1].timeoutMs',
    ])
    expect(JSON.stringify(read)).not.toContain('cret')
  })

  test.each([
    ['', 'the file must be JSON'],
    ['{}', 'destinations must be a list of at least one destination'],
    ['{"destinations":[1]}', 'destinations[0] must be an object'],
  ])('a file with the text %j', async (text, problem) => {
    const read = await load(text)
    expect(read.ok ? '' : read.problems.join()).toContain(problem)
  })

  test('a file that is not there', () => {
    const path = join(dirname(processor.caFile), 'gone.json')
    expect(loadDestinationsFile(path, 'live')).toEqual({ ok: false, problems: [`${path} cannot be read (ENOENT)`] })
  })
})

test('a sandbox may reach the own machine, by TLS too; live may not', async () => {
  for (const origin of ['https://localhost:4443', 'https://processor.localhost:4443', 'https://127.0.0.1:4443']) {
    expect(await problems({ origin }, 'sandbox')).toEqual([])
    expect(await problems({ origin }, 'live')).toEqual(['destinations[0].origin names an address that is not public'])
  }
  expect(await problems({ origin: 'http://localhost:4443' }, 'sandbox')).toHaveLength(1)
})

test('a start tells what is wrong with it, under the name of the setting', async () => {
  const path = join(dirname(processor.caFile), 'wrong.json')
  await writeFile(path, '{"destinations":[]}')
  expect(() => readConfig({ COFFER_FORWARD_DESTINATIONS_FILE: path }, '20.0.0')).toThrow(
    'COFFER_FORWARD_DESTINATIONS_FILE: destinations must be a list of at least one destination',
  )
  expect(readConfig({}, '20.0.0').forwardDestinations).toEqual([])
})

test('the files that the documentation shows are good', () => {
  const files: Record<string, string> = {
    'ca.pem': readFileSync(processor.caFile, 'utf8'),
    'account.txt': 'Bearer my-account\n',
    'processor-key.txt': 'Bearer sk_1\n',
  }
  const page = readFileSync(new URL('../../../../docs/vault-and-forward.md', import.meta.url), 'utf8')
  const shown = [...page.matchAll(/```json\n(\{\s*"destinations"[\s\S]*?)```/g)].map(([, text]) => text!)
  expect(shown).toHaveLength(2)
  for (const text of shown) {
    const world = { environment: 'sandbox' as const, readFile: (path: string) => files[path]! }
    expect(readDestinationsFile(text, world)).toMatchObject({ ok: true })
  }
})
