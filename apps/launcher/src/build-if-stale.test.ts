import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../../../build-if-stale.mjs'

const root = mkdtempSync(join(tmpdir(), 'coffer-build-'))
const app = join(root, 'apps', 'launcher')
const source = join(app, 'src', 'main.ts')
let said: string[] = []
const build = async (): Promise<boolean> => {
  said = []
  return await buildIfStale({ root, say: (line: string) => said.push(line) })
}
const edit = (text: string) => {
  writeFileSync(source, text)
  // Somewhat later than the build before, also on file systems with coarse times.
  utimesSync(source, new Date(), new Date(Date.now() + 2000))
}

beforeAll(() => {
  mkdirSync(join(app, 'src'), { recursive: true })
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(root, 'node_modules'))
  writeFileSync(join(root, 'tsconfig.json'), '{"files":[],"references":[{"path":"apps/launcher"}]}')
  const options = '"composite":true,"rootDir":"src","outDir":"dist","tsBuildInfoFile":"dist/.tsbuildinfo","types":[]'
  writeFileSync(join(app, 'tsconfig.json'), `{"compilerOptions":{${options}},"include":["src"]}`)
  writeFileSync(source, 'export const answer: number = 41\n')
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

test('what was never built is built, and what is up to date is left alone', async () => {
  expect(await build()).toBe(true)
  expect(said).toEqual(['building …', expect.stringMatching(/^built in \d+\.\d s$/)])
  expect(await build()).toBe(true)
  expect(said).toEqual([])
})

test('a changed source is built again, and a mistake in it is shown', async () => {
  edit('export const answer: number = "forty-two"\n')
  expect(await build()).toBe(false)
  expect(said.join('\n')).toMatch(/main\.ts.*error TS2322/)
  edit('export const answer: number = 42\n')
  expect(await build()).toBe(true)
  expect(readFileSync(join(app, 'dist', 'main.js'), 'utf8')).toContain('42')
})

test('a dist that somebody removed is built again', async () => {
  rmSync(join(app, 'dist', '.tsbuildinfo'))
  expect(await build()).toBe(true)
  expect(said[0]).toBe('building …')
})
