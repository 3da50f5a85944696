import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { loadDirectoriesFile, networksWith3DS, readDirectoriesFile, sandboxDirectories } from './directories-file.js'

const entry = {
  id: 'visa',
  networks: ['VISA'],
  url: 'https://ds.visa.test/ds',
  tls: { caFile: 'ca.pem', certFile: 'cert.pem', keyFile: 'key.pem' },
  resultsCaFile: 'scheme.pem',
  resultsName: 'ds.visa',
  serverRefNumber: '3DS_LOA_SER_0001',
  requestor: { requestorId: 'R1', requestorUrl: 'https://shop.test', mcc: '5411', merchantCountry: '276' },
}

/** Real certificates: those of the simulator. */
function readPem(name: string): string {
  const file = {
    'ca.pem': 'ca.pem',
    'scheme.pem': 'VISA/ca.pem',
    'cert.pem': 'VISA/3ds-server.pem',
    'key.pem': 'VISA/3ds-server-key.pem',
  }[name]
  if (!file) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
  return readFileSync(join(inject('pkiFolder'), file), 'utf8')
}

const read = (directories: unknown) => readDirectoriesFile(JSON.stringify({ directories }), readPem)
const problemsOf = (directories: unknown) => {
  const reading = read(directories)
  return reading.ok ? [] : reading.problems
}

test('a file with all that is needed is read', () => {
  const reading = read([entry])
  if (!reading.ok) throw new Error(reading.problems.join())
  const [directory] = reading.directories
  expect(directory).toMatchObject({
    id: 'visa',
    networks: ['VISA'],
    url: entry.url,
    resultsName: 'ds.visa',
    merchants: {},
  })
  expect(directory!.security()).toMatchObject({ resultsCa: readPem('scheme.pem'), ca: readPem('ca.pem') })
})

test("without an authority of its own for results, the line's counts", () => {
  const { resultsCaFile: _one, ...rest } = entry
  const reading = read([rest])
  expect(reading.ok && reading.directories[0]!.security()?.resultsCa).toBe(readPem('ca.pem'))
})

describe('a mistake is told with its place', () => {
  test.each<[string, unknown, RegExp]>([
    ['no list', undefined, /directories must be a list/],
    ['an empty list', [], /directories must be a list/],
    ['an id in capitals', [{ ...entry, id: 'VISA' }], /directories\[0\]\.id must be/],
    [
      'an id that is taken',
      [entry, { ...entry, networks: ['JCB'] }],
      /directories\[1\]\.id must be another one: visa is taken/,
    ],
    ['a network that nobody knows', [{ ...entry, networks: ['FOO'] }], /networks\[0\] must be a network/],
    [
      'a network with two directory servers',
      [entry, { ...entry, id: 'other' }],
      /VISA has the directory server visa already/,
    ],
    ['no networks', [{ ...entry, networks: [] }], /networks must be a list of at least one/],
    ['plain HTTP', [{ ...entry, url: 'http://ds.visa.test' }], /url must be an https URL/],
    [
      'no client certificate',
      [{ ...entry, tls: { caFile: 'ca.pem' } }],
      /tls\.certFile must be given: both sides show/,
    ],
    ['no authority', [{ ...entry, tls: { certFile: 'cert.pem', keyFile: 'key.pem' } }], /tls\.caFile must be given/],
    [
      'a file that is not there',
      [{ ...entry, resultsCaFile: 'gone.pem' }],
      /resultsCaFile must be a file that can be read \(ENOENT\)/,
    ],
    [
      'a key that is not that of the certificate',
      [{ ...entry, tls: { ...entry.tls, certFile: 'ca.pem' } }],
      /keyFile must be the private key/,
    ],
    ['a word that is not known', [{ ...entry, colour: 'red' }], /directories\[0\]\.colour is not known/],
    ['a missing reference number', [{ ...entry, serverRefNumber: undefined }], /serverRefNumber must be 1 to 32/],
    [
      'an mcc that is a number',
      [{ ...entry, requestor: { ...entry.requestor, mcc: 5411 } }],
      /requestor\.mcc must be four digits, in quotes/,
    ],
    ['a missing requestor', [{ ...entry, requestor: undefined }], /requestor must be an object/],
    [
      "a merchant's setting in the wrong form",
      [{ ...entry, merchants: { M1: { requestorName: 'x'.repeat(41) } } }],
      /merchants\.M1\.requestorName must be 1 to 40/,
    ],
  ])('%s', (_what, directories, told) => {
    expect(problemsOf(directories).join('\n')).toMatch(told)
  })

  test('a certificate that is named and cannot be read is told once, and not as missing', () => {
    expect(problemsOf([{ ...entry, tls: { ...entry.tls, caFile: 'gone.pem' } }])).toEqual([
      'directories[0].tls.caFile must be a file that can be read (ENOENT)',
    ])
  })

  test('all of them at once, and none with what stands in a key file', () => {
    const problems = problemsOf([{ ...entry, id: '', url: 'x', serverRefNumber: '' }])
    expect(problems).toHaveLength(3)
    expect(readDirectoriesFile('-----BEGIN PRIVATE KEY-----', readPem)).toEqual({
      ok: false,
      problems: ['the file must be JSON'],
    })
  })
})

describe('on disk', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'coffer-directories-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('paths in the file are relative to it', () => {
    for (const name of ['ca.pem', 'cert.pem', 'key.pem', 'scheme.pem']) writeFileSync(join(folder, name), readPem(name))
    writeFileSync(join(folder, 'directories.json'), JSON.stringify({ directories: [entry] }))
    expect(loadDirectoriesFile(join(folder, 'directories.json'))).toMatchObject({ ok: true })
  })

  test('a file that is not there is named', () => {
    const path = join(folder, 'gone.json')
    expect(loadDirectoriesFile(path)).toEqual({ ok: false, problems: [`${path} cannot be read (ENOENT)`] })
  })
})

test('a sandbox has a directory server for each network that the simulator plays, and waits for its certificates', () => {
  const there = sandboxDirectories('https://localhost:8090', inject('pkiFolder'))
  expect(there.flatMap(({ networks }) => networks)).toEqual(networksWith3DS)
  expect(there.every(({ security }) => security() !== undefined)).toBe(true)
  expect(sandboxDirectories('https://localhost:8090', '/nowhere')[0]!.security()).toBeUndefined()
})
