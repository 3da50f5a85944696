#!/usr/bin/env node
/**
 * Foreign decoders judge frames: `node conformance/iso8583/judge.mjs FILE…`. A file is JSON with `frames`, each with
 * `dialect`, `connection`, `direction`, `hex` (without the length in front), and how Coffer reads it: `mti`, `elements`
 * by number and `parts` by path. Ends with 1 when a judge reads a frame in another way.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { INSTALL_LINE, isInstalled, iso8583Folder, pyiso8583Folder } from './install.mjs'
import { readWithTshark, tsharkVersion } from './tshark.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * Who judges what. `missing` says why one cannot, and what installs it; `read` gives a reading for each frame, in order:
 * `{ mti, elements, parts? }` or `{ problem }`.
 */
export const judges = [
  {
    name: 'tshark',
    dialects: ['mastercard-like'],
    missing: () =>
      tsharkVersion() ? undefined : 'there is no tshark here: apt-get install --no-install-recommends tshark',
    read: readWithTshark,
  },
  {
    name: 'iso_8583',
    dialects: ['mastercard-like'],
    missing: () => (isInstalled(iso8583Folder()) ? undefined : `npm iso_8583 is not installed: ${INSTALL_LINE}`),
    read: frames => ask(process.execPath, [join(here, 'iso_8583_judge.mjs'), iso8583Folder()], frames),
  },
  {
    name: 'pyiso8583',
    dialects: ['mastercard-like', 'visa-like'],
    missing: () => (isInstalled(pyiso8583Folder()) ? undefined : `pyiso8583 is not installed: ${INSTALL_LINE}`),
    read: frames => ask('python3', ['-B', join(here, 'pyiso8583_judge.py'), pyiso8583Folder()], frames),
  },
]

function ask(command, args, frames) {
  const input = JSON.stringify(frames.map(({ dialect, hex }) => ({ dialect, hex })))
  const said = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 30, timeout: 120_000 })
  if (said.status !== 0) throw new Error(`${command}: ${said.error?.message ?? said.stderr}`)
  const readings = JSON.parse(said.stdout)
  if (readings.length !== frames.length) throw new Error(`${args[0]} read ${readings.length} of ${frames.length}`)
  return readings
}

/**
 * Lets one judge read all frames of its dialects.
 * @returns how many it has read, and each place where it differs from how Coffer reads the frame
 */
export function judgeFrames(judge, frames) {
  const own = frames.filter(({ dialect }) => judge.dialects.includes(dialect))
  const readings = own.length === 0 ? [] : judge.read(own)
  const disagreements = own.flatMap((frame, nth) =>
    differences(frame, readings[nth]).map(what => `${judge.name}, frame ${frame.nth ?? nth} (${frame.mti}): ${what}`),
  )
  return { judged: own.length, disagreements, readings }
}

/** Where a reading differs from what is expected. A judge that does not know parts is not asked about them. */
export function differences(expected, reading) {
  if (reading.problem !== undefined) return [reading.problem]
  return [
    ...(reading.mti === expected.mti ? [] : [`MTI ${reading.mti}, not ${expected.mti}`]),
    ...unlike(expected.elements, reading.elements),
    ...(reading.parts === undefined ? [] : unlike(expected.parts, reading.parts)),
  ]
}

function unlike(expected, found) {
  const paths = new Set([...Object.keys(expected), ...Object.keys(found)])
  return [...paths]
    .filter(path => expected[path] !== found[path])
    .map(path => `DE${path} is ${shown(found[path])}, not ${shown(expected[path])}`)
}

const shown = value => (value === undefined ? 'not there' : `"${value}"`)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const frames = process.argv.slice(2).flatMap(file => JSON.parse(readFileSync(file, 'utf8')).frames)
  for (const judge of judges) {
    const missing = judge.missing()
    if (missing) {
      console.error(`!!! ${judge.name} has NOT judged: ${missing}`)
      continue
    }
    const { judged, disagreements } = judgeFrames(judge, frames)
    console.log(`${judge.name}: ${judged} frames, ${disagreements.length} disagreements`)
    for (const line of disagreements) console.log(`  ${line}`)
    if (disagreements.length > 0) process.exitCode = 1
  }
}
