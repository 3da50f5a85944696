import Schema from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { type Golden, goldenMessages } from '../test/golden-messages.js'
import type { Keywords } from './elements.js'
import { messageTypes, readMessage, schemaOf } from './index.js'

/** An element of a schema, and how to put something in its place in a message that has every element. */
interface Place {
  name: string
  element: Keywords
  required: boolean
  without: (value?: unknown) => Golden
}

/** Every element that a schema names, at any depth: nobody can forget one here. */
function places(schema: Keywords, of: Golden, path: string, replace: (changed: Golden) => Golden): Place[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, element]) => {
    const at = path ? `${path}.${name}` : name
    const put = (value?: unknown) => {
      const { [name]: _, ...others } = of
      return replace(value === undefined ? others : { ...others, [name]: value })
    }
    const place = { name: at, element, required: schema.required?.includes(name) ?? false, without: put }
    const value = of[name]
    if (Array.isArray(value) && element.items?.properties) {
      return [place, ...places(element.items, value[0] as Golden, at, changed => put([changed, ...value.slice(1)]))]
    }
    return element.properties ? [place, ...places(element, value as Golden, at, put)] : [place]
  })
}

/** Values that an element does not take, made from its schema. */
function wrong(element: Keywords): unknown[] {
  const always = [null, '', 0, [], { an: 'object' }, ['text']]
  if (element.type === 'array') return [null, '', 0, 'text', {}, Array((element.maxItems ?? 0) + 1).fill(0)]
  if (element.type === 'object') return [null, '', 0, [], 'text', ...(element.minProperties ? [{}] : [])]
  if (element.type === 'boolean') return [...always, 'true', ...(element.const === true ? [false] : [])]
  const long = element.maxLength === undefined ? [] : ['9'.repeat(element.maxLength + 1)]
  const short = element.minLength !== undefined && element.minLength > 1 ? ['x'] : []
  return [...always, true, '\u0000', '\u0007', ...long, ...short, ...(element.enum ? ['nothing of the list'] : [])]
}

const full = goldenMessages.filter(({ size }) => size === 'full')

describe.each(full)('$type $version $category', ({ type, version, category, message }) => {
  const schema = schemaOf(type, version, '02', category) as Keywords
  const all = places(schema, message, '', changed => changed)
  const judged = (changed: Golden) => {
    const result = readMessage(JSON.stringify(changed), { types: messageTypes, category })
    return result.ok ? 'read' : `${result.problem.errorCode} ${result.problem.errorDetail}`
  }
  /** The second opinion: TypeBox's own reading of the schema that we publish. */
  const valid = (changed: Golden) => Schema.Check(schemaOf(type, version, '02', category), changed)

  test('the full message has every element of the schema', () => {
    expect(Object.keys(message).sort()).toEqual(Object.keys(schema.properties!).sort())
    expect(valid(message)).toBe(true)
  })

  test('the least message has nothing that it could do without', () => {
    const least = goldenMessages.find(
      one => one.type === type && one.version === version && one.category === category && one.size === 'least',
    )!.message
    expect(valid(least)).toBe(true)
    for (const name of Object.keys(least)) {
      const { [name]: _, ...others } = least
      expect(judged(others)).toBe(name === 'messageType' ? '101 messageType' : `201 ${name}`)
      expect(valid(others)).toBe(false)
    }
  })

  test('every required element that is missing is told by its name', () => {
    const required = all.filter(({ required, name }) => required && name !== 'messageType')
    expect(required.length).toBeGreaterThan(3)
    for (const { name, without } of required) {
      expect(judged(without())).toBe(`201 ${name}`)
      expect(judged(without(''))).toBe(`201 ${name}`)
      expect(judged(without(null))).toBe(`201 ${name}`)
      expect(valid(without())).toBe(false)
    }
  })

  test('all required elements that are missing are told at once', () => {
    const names = schema.required!.filter(name => name !== 'messageType' && name !== 'messageVersion')
    const bare = { messageType: type, messageVersion: version }
    const told = judged(bare).replace('201 ', '').split(', ')
    expect(told).toEqual(expect.arrayContaining(names))
    // What else is told, a condition asks for.
    const conditions = JSON.stringify(schema.allOf ?? [])
    expect(told.filter(name => !names.includes(name) && !conditions.includes(`"${name}"`))).toEqual([])
  })

  test('every element of a wrong format is told by its name', () => {
    for (const { name, element, without } of all) {
      if (name === 'messageType') continue
      for (const value of wrong(element)) {
        const changed = without(value)
        expect(valid(changed), `${name} ${JSON.stringify(value)}`).toBe(false)
        const said = judged(changed)
        if (name === 'messageVersion' && typeof value === 'string' && value && type !== 'Erro') {
          expect(said).toBe('102 messageVersion')
          continue
        }
        const empty = value === null || value === ''
        // Some optional elements are needed by their neighbours: in their absence that is 201.
        expect(empty ? [`201 ${name}`, `203 ${name}`] : [`203 ${name}`], `${name} ${JSON.stringify(value)}`).toContain(
          said,
        )
      }
    }
  })

  test('every optional element that is empty has a wrong format', () => {
    const conditions = JSON.stringify(schema.allOf ?? [])
    for (const { name, required, without } of all) {
      if (required || conditions.includes(`"${name}"`)) continue
      expect(judged(without(''))).toBe(`203 ${name}`)
      expect(judged(without(null))).toBe(`203 ${name}`)
    }
  })

  test('every name that stands twice is told', () => {
    const text = JSON.stringify(message)
    for (const name of Object.keys(message)) {
      const twice = text.replace(/}$/, `,${JSON.stringify(name)}:${JSON.stringify(message[name])}}`)
      expect(readMessage(twice, { types: messageTypes, category })).toMatchObject({
        problem: { errorCode: '204', errorDetail: name },
      })
    }
  })
})
