import { createHash } from 'node:crypto'
import { passesLuhn, readTestCard, testCardCatalogue } from '@coffer/test-cards'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerTestCardPage } from './test-card-page.js'

const catalogue = testCardCatalogue()
const tables = catalogue.sections.flatMap(({ tables }) => tables)
let app: FastifyInstance
let url: string
let response: Response
let html: string
/** Without style and script. */
let markup: string

beforeAll(async () => {
  app = fastify()
  registerTestCardPage(app)
  url = await app.listen({ port: 0, host: '127.0.0.1' })
  response = await fetch(`${url}/test-cards`)
  html = await response.text()
  markup = html.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '')
})

afterAll(() => app.close())

const all = (pattern: RegExp, text = markup) => [...text.matchAll(pattern)].map(match => match[1]!)
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('the test card page', () => {
  it('is served at the root as well', async () => {
    const root = await fetch(`${url}/`)
    expect(root.status).toBe(200)
    expect(root.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await root.text()).toBe(html)
  })

  it('allows the one script and the one style sheet that it has, by their hashes, and nothing else', () => {
    const scripts = all(/<script>([\s\S]*?)<\/script>/g, html)
    const styles = all(/<style>([\s\S]*?)<\/style>/g, html)
    expect([scripts.length, styles.length, html.split('<script').length - 1]).toEqual([1, 1, 1])
    expect(response.headers.get('content-security-policy')).toBe(
      `default-src 'none'; script-src ${hashOf(scripts[0]!)}; style-src ${hashOf(styles[0]!)}; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('needs nothing from elsewhere and has no style or handler in its elements', () => {
    expect(all(/(https?:|"\/\/|\ssrc=|<link|<img|<iframe|\sstyle=|\son[a-z]+=)/g)).toEqual([])
    expect(all(/(https?:|url\(|@import)/g, html)).toEqual([])
    expect(all(/href="([^#"][^"]*)"/g)).toEqual(['/test-cards.json'])
  })

  it('has one row for each row of each table', () => {
    expect(html.split('<table').length - 1).toBe(tables.length)
    expect(html.split('<th role="rowheader" scope="row"').length - 1).toBe(tables.flatMap(({ rows }) => rows).length)
    expect(html.split('scope="col"').length - 1).toBe(tables.flatMap(({ columns }) => columns).length)
  })

  it('shows each number of the tables in groups of four, with a button that has its digits', () => {
    const inTables = tables.flatMap(({ columns, rows }) =>
      rows.flatMap(row =>
        columns.flatMap(({ key, kind }) => (kind === 'card' ? ((row[key] as string | undefined) ?? []) : [])),
      ),
    )
    const examples = catalogue.sections.flatMap(({ example }) => example?.number ?? [])
    const shown = all(/<span class="pan">((?:<span>\d{1,4}<\/span>)+)<\/span>/g)
    const digits = shown.map(groups => groups.replace(/<\/?span>/g, ''))

    expect(digits.toSorted()).toEqual([...inTables, ...examples].toSorted())
    expect(all(/data-copy="(\d+)"/g)).toEqual(digits)
    expect(all(/aria-label="Copy ([\d ]+)"/g).map(label => label.replaceAll(' ', ''))).toEqual(digits)
    for (const groups of shown) expect(groups).toMatch(/^(<span>\d{4}<\/span>)+(<span>\d{1,3}<\/span>)?$/)
    for (const number of digits) {
      expect(passesLuhn(number)).toBe(true)
      expect(readTestCard(number)).toBeDefined()
    }
  })

  it('links to every chapter and gives every chapter and table a name', () => {
    const ids = all(/\sid="([^"]+)"/g)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id } of catalogue.sections) expect(html).toContain(`<a href="#${id}">`)
    for (const target of [...all(/href="#([^"]+)"/g), ...all(/aria-labelledby="([^"]+)"/g)]) {
      expect(ids).toContain(target)
    }
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
  })

  it('is there for programs as JSON', async () => {
    const json = await fetch(`${url}/test-cards.json`)
    expect(json.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await json.json()).toEqual(JSON.parse(JSON.stringify(catalogue)))
  })
})
