/** A page as a browser without a script sees it: what it says, and the forms that are in it. */

/** What a browser sends with a navigation. */
const headers = {
  accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en',
  'user-agent': 'CofferDemo/1.0 (it plays a browser)',
}

/**
 * Opens an address.
 * @returns {Promise<Page>}
 * @typedef {{ url: string, html: string, title: string, forms: Form[] }} Page
 * @typedef {{ action: string, target: string | undefined, fields: Record<string, string>, buttons: string[] }} Form
 */
export async function open(url, signal) {
  return read(url, await fetch(url, { headers, signal }))
}

/** Sends a form; a redirect is followed, as a browser would. */
export async function send(form, more, signal) {
  const body = new URLSearchParams({ ...form.fields, ...more })
  const answer = await fetch(form.action, { method: 'POST', headers, body, signal })
  return read(answer.url, answer)
}

/** The text of one element, without tags. */
export function textOf(html, pattern) {
  const [, inner = ''] = pattern.exec(html) ?? []
  return plain(inner.replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

async function read(url, answer) {
  const html = await answer.text()
  return { url, html, title: textOf(html, /<h1[^>]*>([\s\S]*?)<\/h1>/), forms: formsOf(url, html) }
}

function formsOf(url, html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head, body]) => ({
    action: new URL(attribute(head, 'action') ?? '', url).href,
    target: attribute(head, 'target'),
    fields: Object.fromEntries(
      [...body.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input]) => {
        const name = attribute(input, 'name')
        return name === undefined ? [] : [[name, attribute(input, 'value') ?? '']]
      }),
    ),
    buttons: [...body.matchAll(/<button\b([^>]*)>/g)].flatMap(([, button]) => attribute(button, 'value') ?? []),
  }))
}

/** @returns {string | undefined} the value of an attribute of a tag */
export function attribute(tag, name) {
  const found = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1]
  return found === undefined ? undefined : plain(found)
}

const entities = { '&quot;': '"', '&#34;': '"', '&#39;': "'", '&lt;': '<', '&#60;': '<', '&gt;': '>', '&#62;': '>' }

const plain = text =>
  text.replace(/&(?:quot|lt|gt|#34|#39|#60|#62);/g, found => entities[found]).replace(/&(?:amp|#38);/g, '&')
