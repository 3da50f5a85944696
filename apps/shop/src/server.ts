import { readFileSync } from 'node:fs'
import Fastify, { type FastifyInstance } from 'fastify'
import { addCard, envOf } from './add-card.js'
import { readCardForm } from './card-form.js'
import { deleteCard } from './delete-card.js'
import { deletePage } from './delete-page.js'
import { comesFromOurPage, namesThisMachine, securityHeaders } from './headers.js'
import { inquire } from './inquire.js'
import { notifications } from './notify.js'
import { outcomeOf } from './outcome.js'
import { type FormState, formPage, listPage, messagePage } from './pages.js'
import { paymentRoutes } from './payment-routes.js'
import { liveSubscription } from './renew.js'
import { goOnPage, resultPage } from './result-page.js'
import { formOf, refuseStrangers, send, takeForms } from './send.js'
import type { Shop } from './shop.js'
import { Submissions } from './submissions.js'
import { subscriptionRoutes } from './subscription-routes.js'
import { futureExpiry, testCards } from './test-cards.js'

const asset = (name: string) => readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8')

const noSuchPage = messagePage('There is no such page', 'The address may be mistyped, or what was here is gone.')

/** The shop's server. It logs no request: a form that went astray may hold a card. */
export function makeServer(shop: Shop): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: 8 * 1024,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    // Fastify's own answer to an address that cannot be decoded repeats it, and comes without the headers.
    frameworkErrors: (_error, _request, reply) => send(reply.headers(securityHeaders), 400, noSuchPage),
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders)
    if (!namesThisMachine(request.headers.host)) {
      return send(reply, 403, messagePage('Not here', 'This shop is for this machine only: open it as 127.0.0.1.'))
    }
  })
  app.setNotFoundHandler((_request, reply) => send(reply, 404, noSuchPage))
  app.setErrorHandler((error: { statusCode?: number; name?: string; code?: string }, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return send(reply, status, messagePage('That did not work', 'Load the page again and retry.'))
    shop.log('error', 'a request failed', { error: error.code ?? error.name ?? 'unknown' })
    return send(reply, 500, messagePage('Something went wrong', 'It is our fault. Nothing is lost; try again shortly.'))
  })

  app.register(notifications, { shop })
  app.register(async pages => {
    takeForms(pages)
    addPages(pages, shop)
    pages.register(paymentRoutes, { shop })
    pages.register(subscriptionRoutes, { shop })
  })
  return app
}

function addPages(app: FastifyInstance, shop: Shop): void {
  const { cards, now, newId } = shop
  const submissions = new Submissions()
  const form = (state: Partial<FormState>) => formPage({ formId: newId(), problems: [], kept: {}, ...state })

  const paysMonthlyCoffee = (cardId: string) => liveSubscription(shop)?.cardId === cardId

  app.get('/', async (request, reply) => {
    const { card: key } = request.query as { card?: unknown }
    const card = testCards.find(card => card.key === key)
    return send(reply, 200, form(card ? { filled: { card, expiry: futureExpiry(now()) } } : {}))
  })

  app.post('/cards', async (request, reply) => {
    if (!comesFromOurPage(request.headers)) {
      return send(reply, 403, messagePage('Not from here', 'A card can be added with the form of this shop only.'))
    }
    const typed = formOf(request)
    const reading = readCardForm(typed, now())
    if (!reading.ok) return send(reply, 422, form(reading))
    const env = envOf(request.headers['user-agent'] ?? '', request.ip)
    const begin = () => addCard(shop, reading.card, env)
    const vaultingRequestId = await submissions.once(typed.get('form'), now(), begin)
    const attempt = cards.find(vaultingRequestId)
    const asked = attempt !== undefined && outcomeOf(attempt).kind === 'asked'
    return reply.redirect(`/cards/${vaultingRequestId}${asked ? '/choose' : ''}`, 303)
  })

  app.get('/cards', async (_request, reply) => send(reply, 200, listPage(cards.all())))

  app.get('/cards/:id', async (request, reply) => {
    const { id } = request.params as { id: string }
    const attempt = cards.find(id)
    if (!attempt) return reply.callNotFound()
    await inquire(shop, attempt)
    // The vault leads buyers back with it. Anybody can write it into the address: it says where a buyer comes from, and
    // nothing of how it ended.
    const cameBack = (request.query as { vaultingRequestId?: unknown }).vaultingRequestId === id
    return send(reply, 200, resultPage(cards.find(id) ?? attempt, now(), cameBack))
  })

  app.get('/cards/:id/choose', async (request, reply) => {
    const { id } = request.params as { id: string }
    const attempt = cards.find(id)
    if (!attempt) return reply.callNotFound()
    const outcome = outcomeOf(attempt)
    if (outcome.kind !== 'asked') return reply.redirect(`/cards/${id}`, 303)
    return send(reply, 200, goOnPage(outcome.buyerUrl))
  })

  app.get('/cards/:id/delete', async (request, reply) => {
    const { id } = request.params as { id: string }
    const attempt = cards.find(id)
    const outcome = attempt && outcomeOf(attempt)
    if (outcome?.kind === 'deleted') return reply.redirect(`/cards/${id}`, 303)
    if (outcome?.kind !== 'added') return reply.callNotFound()
    return send(reply, 200, deletePage(id, outcome.card, { paysMonthlyCoffee: paysMonthlyCoffee(id) }))
  })

  app.post('/cards/:id/delete', { preHandler: refuseStrangers }, async (request, reply) => {
    const { id } = request.params as { id: string }
    const attempt = cards.find(id)
    const outcome = attempt && outcomeOf(attempt)
    if (outcome?.kind === 'deleted') return reply.redirect(`/cards/${id}`, 303)
    if (outcome?.kind !== 'added') return reply.callNotFound()
    const problem = await deleteCard(shop, id, outcome.card)
    if (!problem) return reply.redirect(`/cards/${id}`, 303)
    return send(reply, 503, deletePage(id, outcome.card, { paysMonthlyCoffee: paysMonthlyCoffee(id), problem }))
  })

  const styles = asset('styles.css')
  const icon = asset('icon.svg')
  app.get('/styles.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(styles))
  app.get('/icon.svg', async (_request, reply) => reply.type('image/svg+xml; charset=utf-8').send(icon))
  app.get('/livez', async () => ({ live: true }))
}
