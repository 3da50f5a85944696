/** Pages are strings; the only way to make them is a template that escapes what it is given. */

/** Markup that may be sent as it is. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[]

/** A piece of a page. Values are escaped, but for other pieces; `false` and `undefined` leave nothing. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(parts.map((part, nth) => part + (nth < values.length ? printed(values[nth]) : '')).join(''))
}

function printed(value: HtmlValue): string {
  if (value instanceof Html) return value.text
  if (value === undefined || value === false) return ''
  if (typeof value === 'object') return value.map(printed).join('')
  return String(value).replace(/[&<>"']/g, character => entities[character]!)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
