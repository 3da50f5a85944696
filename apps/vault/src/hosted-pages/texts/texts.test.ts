import { describe, expect, test } from 'vitest'
import { languages, textsIn } from '../language.js'
import type { Texts } from './texts.js'

const SHOP = 'Fernhill'
const SUM = '12.34'

/** Every text with its name, those with something put in as they are with it. */
function all(texts: object, path = ''): [name: string, text: string][] {
  return Object.entries(texts).flatMap(([name, text]): [string, string][] => {
    const here = path ? `${path}.${name}` : name
    if (typeof text === 'function') return [[here, String(text(name === 'timeLeft' ? 7 : SHOP, SUM))]]
    return typeof text === 'object' ? all(text, here) : [[here, String(text)]]
  })
}

const english = new Map(all(textsIn('en')))

describe.each(languages)('in %s', language => {
  const texts: Texts = textsIn(language)

  test('every text is there, says the same as one of English, and ends without a blank', () => {
    expect(all(texts).map(([name]) => name)).toEqual([...english.keys()])
    for (const [name, text] of all(texts)) {
      expect(text, name).toBe(text.trim())
      expect(text.length, name).toBeGreaterThan(1)
      expect(text, name).not.toMatch(/undefined|\[object|\$\{| {2}/)
      if (language !== 'en') expect(text, name).not.toBe(english.get(name))
    }
  })

  test('the shop, the sum, the digits, the host and the minutes are in the texts that are about them', () => {
    for (const word of [SHOP, SUM]) {
      const about = (each: typeof english) => [...each].filter(([, text]) => text.includes(word)).map(([name]) => name)
      expect(about(new Map(all(texts)))).toEqual(about(english))
    }
    expect(texts.challenge.timeLeft(7)).toContain('7')
    expect(texts.challenge.timeLeft(1)).not.toBe(texts.challenge.timeLeft(2))
    expect(texts.tag.split('-')[0]).toBe(language)
  })
})
