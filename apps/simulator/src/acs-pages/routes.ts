import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Acs, Showing } from '../three-ds/acs.js'
import type { ChallengeAction } from '../three-ds/challenge.js'
import { readJson } from '../three-ds/json.js'
import { ProtocolError } from '../three-ds/protocol-error.js'
import { checkElements } from '../three-ds/read-message.js'
import { fromBase64url } from '../three-ds/returned-form.js'
import { methodRules } from '../three-ds/rules.js'
import { challengePage } from './challenge-page.js'
import { endPage } from './end-page.js'
import { returnPage } from './return-page.js'
import { style } from './style.js'
import { submitScript } from './submit-script.js'

type Form = Readonly<Record<string, string>>

/**
 * Mounts what browsers see of the ACS: `POST /acs/method`, which calls back, `POST /acs/method/silent`, which does not,
 * `POST /acs/challenge` for a CReq, and `POST /acs/challenge/answer` for the forms of its own pages. Every page may be
 * framed by everybody, as those of an ACS must be, and needs a script for nothing but to save a click.
 */
export function registerAcsPages(app: FastifyInstance, acs: Acs): void {
  // In a context of its own, because nothing else on this port may take forms.
  app.register(async pages => {
    pages.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 32 * 1024 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    )
    const options = { bodyLimit: 32 * 1024 }

    pages.post<{ Body: Form | null }>('/acs/method', options, async ({ body }, reply) => {
      try {
        const { url, threeDSServerTransID } = readMethodData(body?.['threeDSMethodData'])
        const data = Buffer.from(JSON.stringify({ threeDSServerTransID })).toString('base64url')
        return show(reply, { kind: 'return', url, fields: { threeDSMethodData: data } })
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        return show(reply, { kind: 'end', problem: error })
      }
    })

    pages.post('/acs/method/silent', options, async (_request, reply) =>
      reply.headers(headersFor([])).type(html).send('<!doctype html><title>3DS Method</title>'),
    )

    pages.post<{ Body: Form | null }>('/acs/challenge', options, async ({ body }, reply) =>
      show(reply, await acs.begin(body ?? {})),
    )

    pages.post<{ Body: Form | null }>('/acs/challenge/answer', options, async ({ body }, reply) => {
      const form = body ?? {}
      return show(reply, await acs.act(form['acsTransID'] ?? '', actionOf(form)))
    })
  })
}

const html = 'text/html; charset=utf-8'

/** Which button was pressed. The Enter key presses the first one. */
function actionOf({ action, code = '' }: Form): ChallengeAction {
  if (action === 'cancel' || action === 'approved-in-app' || action === 'refused-in-app') return { kind: action }
  return { kind: 'code', code: code.replace(/\s/g, '').slice(0, 20) }
}

/** @throws ProtocolError when it is not what a 3DS Server sends */
function readMethodData(given: string | undefined): { url: string; threeDSServerTransID: string } {
  if (given === undefined || given === '') throw new ProtocolError('201', 'threeDSMethodData')
  const data = readJson(fromBase64url(given, 'threeDSMethodData'))
  const checked = checkElements(data, methodRules, { version: '2.2.0', network: 'VISA' })
  return {
    url: checked.text('threeDSMethodNotificationURL'),
    threeDSServerTransID: checked.text('threeDSServerTransID'),
  }
}

function show(reply: FastifyReply, showing: Showing): FastifyReply {
  switch (showing.kind) {
    case 'challenge': {
      // The notification URL too: browsers hold a form to it that is redirected.
      const to = String(showing.transaction.areq['notificationURL'])
      return reply
        .headers(headersFor([to]))
        .type(html)
        .send(challengePage(showing.transaction, showing.because))
    }
    case 'return':
      return reply
        .headers(headersFor([showing.url]))
        .type(html)
        .send(returnPage(showing))
    case 'end':
      return reply.code(400).headers(headersFor([])).type(html).send(endPage(showing.problem))
  }
}

/** What a page may do: show itself in any frame, run the one script, post to itself and to where it sends the buyer. */
function headersFor(targets: readonly string[]): Readonly<Record<string, string>> {
  const formAction = ["'self'", ...targets.map(url => new URL(url).origin)].join(' ')
  return {
    'content-security-policy':
      `default-src 'none'; script-src '${hashOf(submitScript)}'; style-src '${hashOf(style)}'; ` +
      `form-action ${formAction}; base-uri 'none'; frame-ancestors *`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  }
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
