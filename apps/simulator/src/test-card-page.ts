import { createHash } from 'node:crypto'
import { testCardCatalogue } from '@coffer/test-cards'
import type { FastifyInstance } from 'fastify'
import { testCardHtml } from './test-card-page/page.js'
import { script } from './test-card-page/script.js'
import { style } from './test-card-page/style.js'

/**
 * Mounts the page of all test cards: `GET /` and `GET /test-cards` as HTML, `GET /test-cards.json` for programs. The
 * page needs nothing from elsewhere and works, but for copy buttons and filter, without script.
 */
export function registerTestCardPage(app: FastifyInstance): void {
  const catalogue = testCardCatalogue()
  const page = testCardHtml(catalogue)

  for (const path of ['/', '/test-cards']) {
    app.get(path, async (_request, reply) => reply.headers(pageHeaders).type('text/html; charset=utf-8').send(page))
  }
  app.get('/test-cards.json', async (_request, reply) => reply.headers(headers).send(catalogue))
}

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
}

/** The one script and the one style sheet are named by their hashes: nothing else runs, whatever finds its way in. */
const pageHeaders: Readonly<Record<string, string>> = {
  ...headers,
  'content-security-policy':
    `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
