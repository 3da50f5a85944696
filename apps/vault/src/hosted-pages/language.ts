/** Which language a page is in: what its address says, else what the browser prefers, else English. */
import { de } from './texts/de.js'
import { en } from './texts/en.js'
import { es } from './texts/es.js'
import { fr } from './texts/fr.js'
import { ja } from './texts/ja.js'
import { ko } from './texts/ko.js'
import { pt } from './texts/pt.js'
import type { Texts } from './texts/texts.js'
import { zh } from './texts/zh.js'

const texts = { en, zh, fr, de, es, pt, ja, ko } satisfies Record<string, Texts>

/** A language of the pages, by its ISO 639-1 code. */
export type Language = keyof typeof texts

/** All of them, English first. */
export const languages = Object.keys(texts) as readonly Language[]

/** What the pages say in a language. */
export function textsIn(language: Language): Texts {
  return texts[language]
}

/** A language and whether the address asked for it, so that the address of the next page can ask for it too. */
export interface ChosenLanguage {
  readonly language: Language
  /** `?lang=de`, or nothing. */
  readonly query: string
}

/**
 * @param lang  value of the query parameter; one that is no language of ours counts as absent
 * @param acceptLanguage  the browser's header. Source: RFC 9110, 12.5.4
 */
export function chooseLanguage(lang: unknown, acceptLanguage: string | undefined): ChosenLanguage {
  const asked = typeof lang === 'string' ? ours(lang) : undefined
  return asked
    ? { language: asked, query: `?lang=${asked}` }
    : { language: preferred(acceptLanguage ?? '') ?? 'en', query: '' }
}

/** The heaviest range that we have a language for; of equal ones the first. Longer headers are cut off. */
function preferred(header: string): Language | undefined {
  let best: { language: Language; quality: number } | undefined
  for (const part of header.slice(0, 1000).split(',')) {
    const [range = '', ...parameters] = part.split(';').map(piece => piece.trim())
    const language = ours(range)
    const quality = qualityOf(parameters)
    if (language && quality > (best?.quality ?? 0)) best = { language, quality }
  }
  return best?.language
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find(parameter => /^q=/i.test(parameter))
  if (given === undefined) return 1
  const value = given.slice(2)
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 0
}

/** `de` for `de`, `DE` and `de-CH`: the pages make no difference between regions. */
function ours(tag: string): Language | undefined {
  const [primary = ''] = tag.toLowerCase().split(/[-_]/)
  return languages.find(language => language === primary)
}
