import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { goldenMessages } from '../test/golden-messages.js'
import { allSchemas, messageReference, messageTypes, schemaOf } from './index.js'
import { definitions } from './messages.js'

const folder = new URL('../schemas/', import.meta.url)

describe('the published schemas', () => {
  test('are those of the code, and no others (npm run schemas -w @coffer/emv3ds)', () => {
    const made = [...allSchemas()].map(([name, schema]) => [`${name}.json`, `${JSON.stringify(schema, null, 2)}\n`])
    const there = readdirSync(folder).map(name => [name, readFileSync(new URL(name, folder), 'utf8')])
    expect(Object.fromEntries(there)).toEqual(Object.fromEntries(made))
  })

  test('are called after message, version, channel and category', () => {
    expect([...allSchemas().keys()]).toContain('AReq-2.2.0-browser-non-payment')
    expect(schemaOf('AReq', '2.1.0', '02', '01')).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:coffer:emv3ds:AReq-2.1.0-browser-payment',
      title: 'AReq, EMV 3DS 2.1.0, browser, payment',
    })
    expect(schemaOf('CReq', '2.1.0', '02', '01')).toBe(schemaOf('CReq', '2.1.0', '02', '02'))
  })

  test('hold keywords of JSON Schema only', () => {
    const known =
      /^(\$schema|\$id|title|description|type|const|enum|pattern|(min|max)(Length|Items|Properties)|items|properties|required|allOf|anyOf|not|if|then)$/
    const keywords = (schema: unknown): string[] =>
      Object.entries(schema as object).flatMap(([keyword, value]) => {
        const inner = keyword === 'properties' ? Object.values(value as object) : Array.isArray(value) ? value : [value]
        return [keyword, ...inner.filter(one => typeof one === 'object').flatMap(keywords)]
      })
    const used = [...allSchemas().values()].flatMap(keywords)
    expect(used.filter(keyword => !known.test(keyword))).toEqual([])
  })
})

describe('the definitions', () => {
  test.each(messageTypes)('every element of %s says what it means and how it is written', type => {
    for (const { name, meaning, format, presence } of messageReference(type).elements) {
      expect(meaning, name).toMatch(/^.{4,}$/)
      expect(format, name).toMatch(/./)
      expect(JSON.stringify(presence), name).toMatch(/[RCO]/)
    }
  })

  test('conditions name elements that the message has', () => {
    for (const type of messageTypes) {
      const names = Object.keys(definitions[type].elements)
      for (const { elements } of messageReference(type).conditions)
        expect(names).toEqual(expect.arrayContaining([...elements]))
    }
  })

  test('a type of TypeScript has an element for certain exactly where every variant requires it', () => {
    for (const type of messageTypes) {
      const elements = definitions[type].elements as Record<string, { '~optional'?: true }>
      const variants = goldenMessages.filter(one => one.type === type)
      for (const [name, element] of Object.entries(elements)) {
        const always = variants.every(({ version, category }) =>
          (schemaOf(type, version, '02', category) as { required?: string[] }).required?.includes(name),
        )
        expect(element['~optional'] !== true, `${type}.${name}`).toBe(always)
      }
    }
  })
})
