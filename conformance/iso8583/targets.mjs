/** The foreign decoders of ISO 8583 as targets of `npm run conformance`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installIso8583, installPyiso8583 } from './install.mjs'
import { judgeFrames, judges } from './judge.mjs'
import { tsharkVersion } from './tshark.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const pinned = {
  iso_8583: JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')).dependencies.iso_8583,
  pyiso8583: /^pyiso8583==(\S+)/m.exec(readFileSync(join(here, 'requirements.txt'), 'utf8'))[1],
}

export const decoderTargets = [
  target('tshark', tsharkVersion() ?? '', "Debian's; reads the profile in ASCII", () => ({})),
  target('iso_8583', pinned.iso_8583, 'of npm; reads the profile in ASCII', installIso8583),
  target('pyiso8583', pinned.pyiso8583, 'of PyPI; reads both profiles', installPyiso8583),
]

function target(judgeName, version, why, install) {
  const judge = judges.find(({ name }) => name === judgeName)
  return {
    name: `iso8583-${judgeName}`,
    language: 'iso8583',
    title: judgeName,
    version,
    why,
    steps: steps(judge, install),
  }
}

/** In order. `run` tells what was judged, or throws; `missing` in the first step says why the others cannot be. */
function steps(judge, install) {
  return [
    { step: 'install', missing: () => judge.missing() && (install().missing ?? judge.missing()) },
    { step: 'read the golden frames', run: () => agreed(judge, goldenFrames()) },
    { step: 'notice damaged frames', run: () => damageIsSeen(judge, goldenFrames()) },
    { step: 'read the frames of real conversations', run: () => agreed(judge, recordedFrames()) },
  ]
}

const goldenFrames = () => JSON.parse(readFileSync(join(here, 'golden-frames.json'), 'utf8')).frames

/** @returns how many frames were judged */
function agreed(judge, frames) {
  const { judged, disagreements } = judgeFrames(judge, frames)
  if (disagreements.length > 0) throw new Error(disagreements.slice(0, 20).join('\n      '))
  return `${judged} frames`
}

/** A judge that agrees to everything would prove nothing. */
function damageIsSeen(judge, frames) {
  const own = frames.filter(({ dialect, mti }) => judge.dialects.includes(dialect) && mti === '0100')
  const damaged = own.map(frame => ({ ...frame, hex: frame.hex.slice(0, -2) }))
  for (const frame of damaged) {
    if (judgeFrames(judge, [frame]).disagreements.length === 0)
      throw new Error(`nothing was noticed in "${frame.what}"`)
  }
  return `${damaged.length} frames`
}

let recorded

/** What a vault and the simulated issuer say to each other, recorded once for all judges. */
function recordedFrames() {
  if (recorded) return recorded
  const folder = mkdtempSync(join(tmpdir(), 'coffer-frames-'))
  try {
    const file = join(folder, 'frames.json')
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const test = ['run', 'test/system/foreign-decoders.test.ts', '-t', 'what was recorded']
    const env = { ...process.env, RECORD_FRAMES: file }
    const made = spawnSync(process.execPath, [vitest, ...test], { cwd: root, env, encoding: 'utf8', timeout: 600_000 })
    if (made.status !== 0) throw new Error(`no frames were recorded:\n${`${made.stdout}${made.stderr}`.slice(-3000)}`)
    recorded = JSON.parse(readFileSync(file, 'utf8')).frames
    return recorded
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
