/**
 * No card number, no CVV, no card password and nothing that they could be found from is on disk or in any output after
 * a run with everything in it: data files, WAL, logs, sandbox.json, the issuer's ledger, tables as text, answers,
 * notifications, commands. The same scanner must find what is planted, in every form, or its silence means nothing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDice } from '../chaos/dice.js'
import { drawCvv, leakedBetween } from './differential.js'
import { browserFacts, type FullRun, fullRun, type RunSecrets } from './full-run.js'
import {
  base64Forms,
  bcdForms,
  canaryNeedles,
  digestNeedles,
  fieldNeedles,
  frameNeedles,
  type Needle,
} from './needles.js'
import { type Scan, Scanner } from './scanner.js'

const seed = process.env['LEAKS_SEED'] ?? String(Date.now())
const reports = fileURLToPath(new URL('../../reports', import.meta.url))

let secrets: [RunSecrets, RunSecrets]
let runs: [FullRun, FullRun]
let scans: [Scan, Scan]

beforeAll(async () => {
  const dice = makeDice(seed)
  // What the files of both runs are full of: the date, and the beginning of ids that are made of the time.
  const avoid = [new Date().toISOString(), Date.now().toString(16), String(Date.now())]
  const draw = (): RunSecrets => ({
    cvv: drawCvv(dice.below, avoid),
    cid: String(1000 + dice.below(8900)),
    password: String(10 + dice.below(90)),
  })
  secrets = [draw(), draw()]
  runs = await Promise.all([
    fullRun(21_400, secrets[0], dice.below(9000)),
    fullRun(21_500, secrets[1], dice.below(9000)),
  ])
  scans = [scan(0), scan(1)]
}, 600_000)

afterAll(() => {
  for (const run of runs ?? []) rmSync(run.folder, { recursive: true, force: true, maxRetries: 5 })
})

function scan(nth: 0 | 1): Scan {
  return new Scanner(needlesOf(nth)).scan([runs[nth].folder, reports])
}

function needlesOf(nth: 0 | 1): Needle[] {
  const { canaries, needles } = runs[nth]
  return [...canaries.flatMap(canaryNeedles), ...needles, ...namedSecrets(secrets[nth])]
}

/** CVV and password beside their names, and digests of them alone. */
function namedSecrets({ cvv, cid, password }: RunSecrets): Needle[] {
  return [
    ...['cvv', 'cvv2', 'cvc', 'securityCode'].flatMap(field => fieldNeedles('CVV', field, cvv)),
    ...['cvv', 'cvv2', 'cid'].flatMap(field => fieldNeedles('CID', field, cid)),
    ...fieldNeedles('password', 'cardPasswordDigest', password),
    ...frameNeedles('CVV', cvv),
    ...frameNeedles('CID', cid),
    ...digestNeedles('digest of the CVV', Buffer.from(cvv)),
    ...digestNeedles('digest of the CID', Buffer.from(cid)),
    ...digestNeedles('digest of the password', Buffer.from(password)),
  ]
}

test('the run did what it should: cards were stored, failed, stayed unknown and were refused', () => {
  const { answered, authenticationValues, canaries, challenges, folder } = runs[0]
  console.log(`seed ${seed}`, JSON.stringify({ answered, canaries: canaries.length, ...figures() }))
  expect(answered['SUCCESS']).toBeGreaterThan(150)
  expect(answered['VERIFICATION_IN_PROCESS'], 'CVVs that waited').toBeGreaterThan(150)
  expect(challenges, 'CVVs that waited in a challenge').toBeGreaterThan(runs[0].vaultings / 2)
  expect(authenticationValues, 'authentication values on their way to the issuer').toBeGreaterThan(50)
  const others = ['DO_NOT_HONOR', 'LOST_CARD', 'PROCESS_FAIL', 'CARD_EXPIRED', 'UNKNOWN_EXCEPTION', 'PARAM_ILLEGAL']
  const refusals = [
    'REPEAT_REQ_INCONSISTENT',
    'SIGNATURE_INVALID',
    'KEY_NOT_FOUND',
    'UNKNOWN_CLIENT',
    'NO_INTERFACE_DEF',
  ]
  for (const code of [...others, ...refusals]) expect(answered[code], code).toBeGreaterThan(0)
  expect(canaries.some(({ pan }) => pan.length === 19 && bcdForms(pan).length === 2)).toBe(true)
  expect(canaries.filter(({ pan }) => bcdForms(pan).length > 0).length).toBeGreaterThan(20)
  // The scan is of all that was ever written only if no WAL has been removed.
  const wal = 'pg_wal/000000010000000000000001'
  expect(['pg15', 'pg16', 'pg17', 'pg18'].some(major => existsSync(join(folder, 'data', major, wal)))).toBe(true)
  expect(readFileSync(join(folder, 'data/simulator/ledger.jsonl'), 'utf8')).toContain('"kind":"reversal"')
})

test('the needles are what frames to an issuer hold: numbers and codes in both dialects', () => {
  const [{ canaries, frames }] = runs
  const { cvv, cid } = secrets[0]
  const found = (needles: readonly Needle[]) => needles.some(({ bytes }) => frames.some(frame => frame.includes(bytes)))
  const ofCanary = (label: string, form: string) =>
    canaryNeedles(canaries.find(canary => canary.label === label)!).filter(({ what }) => what === `${label}: ${form}`)
  const ofCode = (code: string, form: string) => frameNeedles('', code).filter(({ what }) => what === `: ${form}`)
  expect({
    'a packed number': found(ofCanary('visa', 'BCD')),
    'a packed number with an odd number of digits': found(ofCanary('cup-19', 'BCD')),
    'a number in ASCII': found(ofCanary('declined', 'raw')),
    'a code in EBCDIC': found(ofCode(cvv, 'EBCDIC of a frame')),
    'a code of four digits in EBCDIC': found(ofCode(cid, 'EBCDIC of a frame')),
    'a code as a tagged part': found(ofCode(cvv, 'part of a frame')),
  }).toEqual({
    'a packed number': true,
    'a packed number with an odd number of digits': true,
    'a number in ASCII': true,
    'a code in EBCDIC': true,
    'a code of four digits in EBCDIC': true,
    'a code as a tagged part': true,
  })
  // What was taken back names the number again.
  expect(
    frames.some(frame => frame.toString('latin1', 0, 4) === '0400' || frame.toString('hex', 0, 2) === '0400'),
  ).toBe(true)
})

const figures = () => ({
  files: scans[0].files,
  megabytes: Math.round(scans[0].bytes / 1e6),
  needles: needlesOf(0).length,
})

test('no card number is anywhere, in any form, and no digest or signature from which it could be found; no authentication value', () => {
  expect([...scans[0].hits, ...scans[1].hits]).toEqual([])
})

test('what buyers told of their browsers is in no output, log, answer or table any more, and never was in the simulator', () => {
  const needles = browserFacts.flatMap(fact => [
    { what: fact, bytes: Buffer.from(fact) },
    ...base64Forms(Buffer.from(fact)).map(bytes => ({ what: `${fact}, base64`, bytes })),
  ])
  for (const { folder } of runs) {
    const places = ['captured', 'data/simulator', 'data/logs', 'tmp'].map(place => join(folder, place))
    expect(new Scanner(needles).scan(places).hits).toEqual([])
    // While an authentication runs, its row has them: the search finds that.
    const [inTheDatabase] = new Scanner(needles).scan([join(folder, 'data')]).hits
    expect(inTheDatabase).toMatchObject({ what: browserFacts[1] })
  }
})

test('no CVV is written as plain digits: two runs that differ in it alone count the same', () => {
  for (const nth of [0, 1] as const) {
    const other = nth === 0 ? 1 : 0
    const { cvv } = secrets[nth]
    const result = leakedBetween(cvv, runs[nth].vaultings, scans[nth].threeDigits, scans[other].threeDigits)
    expect(result, `again with LEAKS_SEED=${seed}`).toMatchObject({ leaked: false })
  }
})

test('the scanner finds every needle that is planted, wherever it lies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-planted-'))
  try {
    const needles = needlesOf(0)
    const noise = Buffer.from(Array.from({ length: 64 }, (_, at) => (at * 151 + 7) & 0xff))
    const planted = needles.flatMap(({ bytes }, nth) => [noise.subarray(0, nth % 61), bytes])
    writeFileSync(join(folder, 'planted'), Buffer.concat(planted))
    const { hits } = new Scanner(needles).scan([folder])
    expect(hits.map(hit => hit.what).sort()).toEqual(needles.map(needle => needle.what).sort())
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['a number in a log', (pan: string) => Buffer.from(`{"event":"x","cause":"${pan}"}`)],
  [
    'a number in base64 of a whole body',
    (pan: string) => Buffer.from(Buffer.from(`{"cardNo":"${pan}"}`).toString('base64')),
  ],
  ['a number in the hex of a row', (pan: string) => Buffer.from(`\\x${Buffer.from(`a ${pan}`).toString('hex')}`)],
  ['a packed number', (pan: string) => Buffer.from(`0${pan}f`.slice(0, 18), 'hex')],
  ['a number in EBCDIC', (pan: string) => Buffer.from(Array.from(`1${pan}1`, digit => 0xf0 + Number(digit)))],
])('%s in the data directory is found', (_what, write) => {
  const [{ folder, canaries }] = runs
  const path = join(folder, 'data', 'planted')
  writeFileSync(path, write(canaries[0]!.pan))
  try {
    const { hits } = scan(0)
    expect(hits.map(hit => hit.file)).toContain('data/planted')
  } finally {
    rmSync(path)
  }
})

test('a CVV that is written once per vaulting, without its name, is found by the difference', () => {
  const [{ folder, vaultings }] = runs
  const path = join(folder, 'data', 'planted')
  writeFileSync(path, `|${secrets[0].cvv}|`.repeat(vaultings))
  try {
    const result = leakedBetween(secrets[0].cvv, vaultings, scan(0).threeDigits, scans[1].threeDigits)
    expect(result).toMatchObject({ leaked: true })
  } finally {
    rmSync(path)
  }
})
