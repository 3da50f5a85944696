import { describe, expect, test } from 'vitest'
import { chooseLanguage } from './language.js'

describe('the language of a page', () => {
  test.each([
    ['de', 'de'],
    ['de-CH', 'de'],
    ['DE', 'de'],
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7', 'zh'],
    ['en;q=0.5,ja;q=0.8', 'ja'],
    ['nl,sv;q=0.9,es;q=0.3', 'es'],
    ['ko;q=0,pt;q=0.1', 'pt'],
    ['pt;q=0.8,es;q=0.8', 'pt'],
    [' ja ; q=0.4 , ko ; q=0.9', 'ko'],
    ['de;q=0.1;level=1,fr;Q=0.2', 'fr'],
    // Weights that are none count as none.
    ['de;q=2,fr;q=0.1', 'fr'],
    ['de;q=-1', 'en'],
    ['de;q=', 'en'],
    ['nl', 'en'],
    ['*', 'en'],
    ['', 'en'],
    [undefined, 'en'],
    [',,;;q=1,=', 'en'],
    ['__proto__,constructor,toString', 'en'],
    [`${'x,'.repeat(100_000)}de`, 'en'],
  ])('of a browser that prefers "%.40s" is %s', (header, language) => {
    expect(chooseLanguage(undefined, header)).toEqual({ language, query: '' })
  })

  test.each([
    ['ja', 'ja'],
    ['pt-BR', 'pt'],
    ['zh_CN', 'zh'],
    ['KO', 'ko'],
  ])(
    'that the address asks for, as %s, comes before the browser’s, and is asked for by the next address too',
    (lang, language) => {
      expect(chooseLanguage(lang, 'de')).toEqual({ language, query: `?lang=${language}` })
    },
  )

  test.each(['nl', '', '"><script>', '__proto__', ['ja', 'ko'], { a: 1 }, undefined])('%j asks for nothing', lang => {
    expect(chooseLanguage(lang, 'de')).toEqual({ language: 'de', query: '' })
  })
})
