#!/usr/bin/env node
/**
 * Installs the foreign decoders that come from registries, each into a folder of its own outside this repository:
 * `node conformance/iso8583/install.mjs`. What is there already is kept. tshark comes with the operating system.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'coffer-conformance')

/** What installs both, for messages. */
export const INSTALL_LINE = 'node conformance/iso8583/install.mjs'

/** Where npm `iso_8583` is or would be; another list of packages is another folder. */
export const iso8583Folder = () => join(cache, `iso_8583-${stampOf('package.json', 'package-lock.json')}`)

/** Where PyPI `pyiso8583` is or would be. It has no compiled part, so that one folder is good for any Python 3. */
export const pyiso8583Folder = () => join(cache, `pyiso8583-${stampOf('requirements.txt')}`)

/** Whether a folder was installed to its end. */
export const isInstalled = folder => existsSync(join(folder, 'complete'))

/** @returns `{ folder }`, or `{ missing }` with the reason */
export function installIso8583() {
  return installInto(iso8583Folder(), folder => {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(here, file), join(folder, file))
    // Nothing of these packages runs before a judge loads it.
    return run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder], folder)
  })
}

/** @returns `{ folder }`, or `{ missing }` with the reason */
export function installPyiso8583() {
  return installInto(pyiso8583Folder(), folder => {
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--only-binary', ':all:', '--no-deps']
    const pinned = ['--require-hashes', '-r', join(here, 'requirements.txt'), '--target', folder]
    return run('python3', [...pip, ...pinned], folder)
  })
}

/** Installs beside the folder and moves it there when it is whole: two processes may do this at once. */
function installInto(folder, install) {
  if (isInstalled(folder)) return { folder }
  const draft = `${folder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  try {
    const why = install(draft)
    if (why) return { missing: why }
    writeFileSync(join(draft, 'complete'), '')
    if (!isInstalled(folder)) {
      rmSync(folder, { recursive: true, force: true })
      renameSync(draft, folder)
    }
    return { folder }
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** @returns why it did not work, or `undefined` */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  if (status === 0) return undefined
  const said = error?.message ?? `${stdout}${stderr}`.trim().split('\n').at(-1)
  return `"${command} ${args.slice(0, 3).join(' ')} …" did not work: ${said}`
}

function stampOf(...files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(here, file)))
  return hash.digest('hex').slice(0, 12)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, install] of [
    ['iso_8583', installIso8583],
    ['pyiso8583', installPyiso8583],
  ]) {
    const { folder, missing } = install()
    console.log(missing ? `${name} is NOT installed: ${missing}` : `${name} is in ${folder}`)
    if (missing) process.exitCode = 1
  }
}
