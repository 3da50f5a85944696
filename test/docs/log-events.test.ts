/** What operators read about log lines, against the lines that the vault can write. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

const filesIn = (folder: string, ending: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => ending.test(name) && !/[.]test(-d)?[.]ts$/.test(name))
    .map(name => readFileSync(join(root, folder, name), 'utf8'))

const sources = filesIn('apps/vault/src', /[.]ts$/)
const pages = [...filesIn('docs/operations', /[.]md$/), readFileSync(join(root, 'docs/vault-and-forward.md'), 'utf8')]

/** The events of a level, each named in quotes in the first argument. */
const written = (level: string) => {
  const calls = sources.flatMap(text => [
    ...text.matchAll(new RegExp(`log\\.${level}\\(([^,{)]*(?:\\([^)]*\\))?[^,{)]*)`, 'g')),
  ])
  return new Set(
    calls.flatMap(([, argument = '']) => [...argument.matchAll(/'([a-z][\w-]*\.[\w-]+)'/g)].map(([, name]) => name!)),
  )
}

describe.each(['warn', 'error'])('an operator who reads a line of level %s', level => {
  test('finds what it means', () => {
    const events = written(level)
    expect(events.size).toBeGreaterThan(10)
    const unknown = [...events].filter(event => !pages.some(page => page.includes(`\`${event}\``)))
    expect(unknown).toEqual([])
  })
})

test('no page explains a line that is never written', () => {
  const watch = readFileSync(join(root, 'docs/operations/watch.md'), 'utf8')
  const table = watch.slice(watch.indexOf('## Logs'), watch.indexOf('A start that fails writes'))
  const first = table.split('\n').flatMap(row => [...(/^\| ([^|]*) \|/.exec(row)?.slice(1) ?? [])])
  const explained = first.flatMap(cell => [...cell.matchAll(/`([a-z][\w-]*\.[\w-]+)`/g)].map(([, name]) => name!))
  expect(explained.length).toBeGreaterThan(30)
  expect(explained.filter(event => !sources.some(text => text.includes(`'${event}'`)))).toEqual([])
})
