/**
 * The origin that buyers' browsers meet. It sets no cookie. What a browser sends is a choice, a description of itself,
 * or a word from the bank's frame: none of it decides where a page leads, and none how a vaulting ends.
 */
import { createServer as createPlain } from 'node:http'
import { createServer as createTls } from 'node:https'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { BuyerPage } from '../buyers/buyer-page.js'
import type { CardData, NetworkId } from '../card-data/index.js'
import { errorFields, type Log } from '../platform/log.js'
import type { BrowserFacts } from '../three-ds/browser-facts.js'
import { notifyPage } from './bank-pages.js'
import { commonHeaders, pageHeaders, stateHeaders } from './headers.js'
import type { Page, Setting } from './html.js'
import { chooseLanguage, textsIn } from './language.js'
import { mistakePage, pageFor, troublePage, unknownPage } from './page.js'
import { pageUrl, vaultingIdOf } from './page-address.js'
import { loadPageAssets } from './page-assets.js'
import { stateOf } from './page-state.js'
import { readBrowserFacts } from './read-browser-facts.js'
import { backTo } from './way-back.js'

/** What the pages show and what becomes of what buyers do there. */
export interface BuyerSteps {
  /** @returns `undefined` when there is no such vaulting, or it has no page */
  buyerPage(vaultingId: string): Promise<BuyerPage | undefined>
  /** @param network  one of those that the page offers */
  choose(page: BuyerPage, network: NetworkId): Promise<unknown>
  recordBrowser(page: BuyerPage, facts: BrowserFacts): Promise<unknown>
  /** @param threeDSMethodData  as the browser sent it */
  recordMethodDone(threeDSMethodData: string): Promise<unknown>
  /** @returns whose challenge it was, `undefined` when it was none of ours */
  recordReturn(form: {
    cres?: string
    error?: string
    threeDSSessionData?: string
  }): Promise<{ vaultingId: string } | undefined>
}

export interface PagesServerOptions {
  readonly steps: BuyerSteps
  /** Knows the secrets of the pages' addresses. */
  readonly cards: Pick<CardData, 'pageSecret'>
  readonly log: Log
  /** Certificate and key, or nothing for plain HTTP. */
  readonly tls: { cert: string; key: string } | undefined
  /** Origins besides https of which the banks' frames may be, e.g. `http://localhost:8092`. */
  readonly frameSources: readonly string[]
  /** In which header a proxy of ours names the browser's address; without it the socket's counts. */
  readonly clientIpHeader: string | undefined
}

const FORM_MAX_BYTES = 4 * 1024

/** A CRes with the message of an error in it, and the session data. */
const RETURN_MAX_BYTES = 16 * 1024

/** Makes the server of the hosted pages. */
export function makePagesServer(options: PagesServerOptions): FastifyInstance {
  const { steps, cards, log, tls, clientIpHeader } = options
  const assets = loadPageAssets()
  const byPath = new Map(Object.values(assets).map(asset => [asset.path, asset]))
  const headers = pageHeaders(assets, options.frameSources)
  const app = Fastify({
    logger: false,
    bodyLimit: FORM_MAX_BYTES,
    // Fastify's own answer to an address that cannot be decoded repeats it, and comes without the headers.
    frameworkErrors: (_error, request, reply) => show(reply, unknownPage(setting(request)), 404),
    serverFactory: handler => {
      const limits = {
        maxHeaderSize: 16 * 1024,
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        handshakeTimeout: 5_000,
      }
      return tls ? createTls({ ...limits, ...tls, minVersion: 'TLSv1.2' }, handler) : createPlain(limits, handler)
    },
  })
  const setting = (request: FastifyRequest): Setting => ({
    assets,
    chosen: chooseLanguage((request.query as { lang?: unknown } | undefined)?.lang, request.headers['accept-language']),
  })
  const show = (reply: FastifyReply, page: Page, status = 200) =>
    reply.code(status).headers(headers[page.kind]).send(page.html)
  const unknown = (request: FastifyRequest, reply: FastifyReply) => show(reply, unknownPage(setting(request)), 404)
  const find = async (request: FastifyRequest): Promise<BuyerPage | undefined> => {
    const id = vaultingIdOf(cards, refOf(request))
    return id === undefined ? undefined : steps.buyerPage(id)
  }
  /** To a page by GET, so that reloading it sends nothing. */
  const see = (reply: FastifyReply, path: string) => reply.code(303).header('location', path).send('')
  const seePage = (request: FastifyRequest, reply: FastifyReply) =>
    see(reply, `${pathOf(request)}${setting(request).chosen.query}`)

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  )
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('content-security-policy')) reply.headers(headers.plain)
    if (tls) reply.header('strict-transport-security', 'max-age=31536000')
  })
  app.setNotFoundHandler(unknown)
  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    const kind = request.url.startsWith('/3ds/') ? 'framed' : 'plain'
    const status = error.statusCode ?? 500
    if (status < 500) return show(reply, mistakePage(setting(request), kind), status)
    log.error('page.failed', errorFields(error))
    return show(reply, troublePage(setting(request), kind), 503)
  })

  app.get('/v/:ref', async (request, reply) => {
    const page = await find(request)
    return page ? show(reply, pageFor(page, pathOf(request), backTo(page), setting(request))) : unknown(request, reply)
  })
  app.get('/v/:ref/state', async (request, reply) => {
    const page = await find(request)
    if (!page) return unknown(request, reply)
    return reply.headers(stateHeaders).send(JSON.stringify(stateOf(page, textsIn(setting(request).chosen.language))))
  })
  app.post('/v/:ref', async (request, reply) => {
    const page = await find(request)
    if (!page) return unknown(request, reply)
    // Another site cannot know the address; should it get hold of it, it still cannot choose for the buyer.
    if (!isOwnForm(request)) return show(reply, mistakePage(setting(request)), 403)
    const network = formOf(request).get('network')
    const offered = page.step.kind === 'choose' ? page.step.networks.find(one => one === network) : undefined
    if (offered !== undefined) await steps.choose(page, offered)
    return seePage(request, reply)
  })
  app.post('/v/:ref/browser', async (request, reply) => {
    const page = await find(request)
    if (!page) return unknown(request, reply)
    if (!isOwnForm(request)) return show(reply, mistakePage(setting(request)), 403)
    if (page.step.kind === 'browser') {
      const sender = { headers: request.headers, remoteAddress: request.socket.remoteAddress }
      await steps.recordBrowser(page, readBrowserFacts(formOf(request), sender, clientIpHeader))
    }
    return seePage(request, reply)
  })
  // Where a page that tells of trouble after that form asks again.
  app.get('/v/:ref/browser', async (request, reply) =>
    (await find(request)) ? seePage(request, reply) : unknown(request, reply),
  )

  app.post('/3ds/method-notify', async (request, reply) => {
    const data = formOf(request).get('threeDSMethodData')
    if (data) await steps.recordMethodDone(data)
    // The same for all, as nobody reads it.
    return show(reply, notifyPage(setting(request), undefined))
  })
  app.post('/3ds/challenge-notify', { bodyLimit: RETURN_MAX_BYTES }, async (request, reply) => {
    const form = formOf(request)
    const given = ['cres', 'error', 'threeDSSessionData'].flatMap(name => {
      const value = form.get(name)
      return value ? [[name, value]] : []
    })
    const returned = await steps.recordReturn(Object.fromEntries(given))
    if (!returned) return show(reply, unknownPage(setting(request), 'framed'), 404)
    // The address follows from the vaulting, whatever the browser sent.
    const path = pageUrl(cards, '', returned.vaultingId)
    const shownIn = request.headers['sec-fetch-dest']
    if (shownIn === 'document') return see(reply, path)
    return show(reply, notifyPage(setting(request), shownIn === undefined ? path : undefined))
  })

  app.get('/assets/:name', async (request, reply) => {
    const asset = byPath.get(`/assets/${(request.params as { name: string }).name}`)
    if (!asset) return unknown(request, reply)
    return reply
      .headers({
        ...commonHeaders,
        'content-type': asset.contentType,
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        'cache-control': 'public, max-age=31536000, immutable',
      })
      .send(asset.bytes)
  })
  return app
}

const refOf = (request: FastifyRequest) => (request.params as { ref: string }).ref

/** Of a page that was found, so that its reference is one of ours. */
const pathOf = (request: FastifyRequest) => `/v/${refOf(request)}`

const formOf = (request: FastifyRequest) => new URLSearchParams(String(request.body ?? ''))

/** Browsers say where a form comes from; old ones that do not are let through, as the address is the key. */
function isOwnForm(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  return site === undefined || site === 'same-origin'
}
