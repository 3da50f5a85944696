import type { FastifyInstance, FastifyReply } from 'fastify'
import { envOf } from './add-card.js'
import { CARD_GONE, formIdOf } from './buy-form.js'
import { CalendarSilent } from './calendar.js'
import { usableCards } from './outcome.js'
import { messagePage } from './pages.js'
import { wayOn } from './payment-routes.js'
import { beginSubscription, liveSubscription, renewDue, stateOf } from './renew.js'
import { formOf, refuseStrangers, send } from './send.js'
import type { Shop } from './shop.js'
import { type SubscriptionView, subscriptionPage } from './subscription-page.js'

/** A little more than nothing, so that what is due at an instant is due after it. */
const justAfterMs = 1_000

/** Coffee every month. */
export async function subscriptionRoutes(app: FastifyInstance, { shop }: { shop: Shop }): Promise<void> {
  const { cards, calendar, payments, subscriptions, newId } = shop
  app.addHook('preHandler', refuseStrangers)

  const show = async (reply: FastifyReply, status: number, more: Partial<SubscriptionView> = {}) => {
    const today = await unlessSilent(calendar.now())
    const [latest] = subscriptions.all()
    const view: SubscriptionView = {
      formId: newId(),
      cards: usableCards(cards.all()),
      today,
      isSandbox: calendar.pass !== undefined,
      problems: [],
      kept: {},
      ...(latest && { latest: { state: stateOf(shop, latest), payments: payments.ofSubscription(latest.id) } }),
      ...more,
    }
    return send(reply, status, subscriptionPage(view))
  }

  app.get('/subscription', async (_request, reply) => {
    await unlessSilent(renewDue(shop))
    return show(reply, 200)
  })

  app.post('/subscription', async (request, reply) => {
    const form = formOf(request)
    const cardId = form.get('card') ?? ''
    const threeDS = form.get('threeDS') === 'yes'
    if (!usableCards(cards.all()).some(({ id }) => id === cardId)) {
      const text = cardId === '' ? 'Choose a card' : CARD_GONE
      return show(reply, 422, { problems: [{ field: 'card', text }], kept: { threeDS } })
    }
    const env = envOf(request.headers['user-agent'] ?? '', request.ip)
    const id = formIdOf(form) ?? newId()
    try {
      const first = await beginSubscription(shop, { id, cardId, threeDS }, { env })
      // It was begun already: by the same click, or in another window.
      return reply.redirect(first ? wayOn(shop, first.id) : '/subscription', 303)
    } catch (error) {
      if (error instanceof CalendarSilent) return noDate(reply)
      throw error
    }
  })

  app.post('/subscription/cancel', async (_request, reply) => {
    const live = liveSubscription(shop)
    const at = await unlessSilent(calendar.now())
    if (live) await subscriptions.learn(live.id, { cancelledAt: at ?? shop.now() })
    return reply.redirect('/subscription', 303)
  })

  app.post('/subscription/pass', async (_request, reply) => {
    const live = liveSubscription(shop)
    const state = live && stateOf(shop, live)
    if (!calendar.pass || (state?.kind !== 'active' && state?.kind !== 'retrying')) {
      return reply.redirect('/subscription', 303)
    }
    try {
      const wait = state.next.dueAt - (await calendar.now())
      if (wait > -justAfterMs) await calendar.pass(wait + justAfterMs)
      await renewDue(shop)
    } catch (error) {
      if (error instanceof CalendarSilent) return noDate(reply)
      throw error
    }
    return reply.redirect('/subscription', 303)
  })
}

const noDate = (reply: FastifyReply) =>
  send(
    reply,
    503,
    messagePage(
      'We do not know what day it is',
      'The clock of the sandbox does not answer, so nothing was charged. Start Coffer again, and retry.',
    ),
  )

async function unlessSilent<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof CalendarSilent) return undefined
    throw error
  })
}
