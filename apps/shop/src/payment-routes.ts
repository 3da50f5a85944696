import type { FastifyInstance } from 'fastify'
import { envOf } from './add-card.js'
import { CARD_GONE, formIdOf, readBuyForm } from './buy-form.js'
import { type BuyState, buyPage } from './buy-page.js'
import { inquirePayment } from './inquire-payment.js'
import { readAmount } from './money.js'
import { operate } from './operate.js'
import { usableCards } from './outcome.js'
import { pay } from './pay.js'
import { paymentOutcomeOf } from './payment-outcome.js'
import { BANK_ASKS, paymentPage } from './payment-page.js'
import type { Operation, OperationKind, Payment } from './payments.js'
import { goOnPage } from './result-page.js'
import { formOf, refuseStrangers, send } from './send.js'
import type { Shop } from './shop.js'

/** Buying with a stored card, and what the back office does with a payment. */
export async function paymentRoutes(app: FastifyInstance, { shop }: { shop: Shop }): Promise<void> {
  const { cards, payments, now, newId } = shop
  app.addHook('preHandler', refuseStrangers)
  const payable = () => usableCards(cards.all())
  const shelf = (state: Partial<BuyState>) =>
    buyPage({ formId: newId(), cards: payable(), payments: payments.all(), problems: [], kept: {}, ...state })

  app.get('/buy', async (request, reply) => {
    const { card } = request.query as { card?: unknown }
    const asked = typeof card === 'string' ? card : undefined
    const isThere = asked === undefined || payable().some(({ id }) => id === asked)
    const problems = isThere ? [] : [{ field: 'card' as const, text: CARD_GONE }]
    return send(reply, 200, shelf({ problems, kept: asked !== undefined && isThere ? { card: asked } : {} }))
  })

  app.post('/payments', async (request, reply) => {
    const form = formOf(request)
    const known = payable()
    const id = formIdOf(form) ?? newId()
    // The same form again: what it asked for counts, and was asked for once.
    if (payments.find(id)) return reply.redirect(`/payments/${id}`, 303)
    const reading = readBuyForm(
      form,
      known.map(({ id, card }) => ({ id, brand: card.brand })),
    )
    if (!reading.ok) return send(reply, 422, shelf(reading))
    const { product, cardId, how, cvv, threeDS } = reading.order
    const { card } = known.find(({ id }) => id === cardId)!
    const payment: Payment = {
      id,
      cardId,
      brand: card.brand,
      maskedCardNo: card.maskedCardNo,
      what: product.name,
      amount: product.price,
      how,
      ...(threeDS && { threeDS }),
      ...(cvv !== undefined && { withCode: true as const }),
      askedAt: now(),
      operations: [],
    }
    const env = envOf(request.headers['user-agent'] ?? '', request.ip)
    if (await payments.begin(payment)) await pay(shop, payment, { env, ...(cvv !== undefined && { cvv }) })
    return reply.redirect(wayOn(shop, id), 303)
  })

  app.get('/payments', async (_request, reply) => reply.redirect('/buy', 303))

  app.get('/payments/:id', async (request, reply) => {
    const { id } = request.params as { id: string }
    const payment = payments.find(id)
    if (!payment) return reply.callNotFound()
    await inquirePayment(shop, payment)
    // The vault leads buyers back with it. It says where a buyer comes from, and nothing of how it ended.
    const cameBack = (request.query as { paymentRequestId?: unknown }).paymentRequestId === id
    return send(reply, 200, paymentPage({ payment: payments.find(id) ?? payment, now: now(), cameBack, newId }))
  })

  app.get('/payments/:id/choose', async (request, reply) => {
    const { id } = request.params as { id: string }
    const payment = payments.find(id)
    if (!payment) return reply.callNotFound()
    const outcome = paymentOutcomeOf(payment)
    if (outcome.kind !== 'asked') return reply.redirect(`/payments/${id}`, 303)
    return send(reply, 200, goOnPage(outcome.buyerUrl, BANK_ASKS))
  })

  app.post('/payments/:id/repeat', async (request, reply) => {
    const { id } = request.params as { id: string }
    const payment = payments.find(id)
    if (!payment) return reply.callNotFound()
    const env = envOf(request.headers['user-agent'] ?? '', request.ip)
    if (paymentOutcomeOf(payment).kind === 'unknown') await pay(shop, payment, { env })
    return reply.redirect(wayOn(shop, id), 303)
  })

  app.post('/payments/:id/operations', async (request, reply) => {
    const { id } = request.params as { id: string }
    const payment = payments.find(id)
    const form = formOf(request)
    const kind = (['capture', 'refund', 'cancel'] as const).find(one => one === form.get('kind'))
    if (!payment || !kind) return reply.callNotFound()
    const typed = form.get('amount') ?? ''
    const amount = kind === 'cancel' ? undefined : readAmount(typed, payment.amount.currency)
    if (kind !== 'cancel' && amount && 'problem' in amount) {
      const problem = { kind, text: amount.problem, typed: typed.slice(0, 20) }
      return send(reply, 422, paymentPage({ payment, now: now(), cameBack: false, newId, problem }))
    }
    // Without an answer of the vault there is no id of the payment yet: ask for it.
    if (payment.paymentId === undefined) await inquirePayment(shop, payment)
    const current = payments.find(id) ?? payment
    if (current.paymentId !== undefined) await operate(shop, current, wishOf(form, kind, amount, shop))
    return reply.redirect(`/payments/${id}#back-office`, 303)
  })
}

function wishOf(
  form: URLSearchParams,
  kind: OperationKind,
  amount: ReturnType<typeof readAmount> | undefined,
  { now, newId }: Shop,
): Operation {
  return {
    id: formIdOf(form) ?? newId(),
    kind,
    ...(amount && !('problem' in amount) && { amount }),
    ...(form.get('last') === 'yes' && { last: true }),
    askedAt: now(),
  }
}

/** Where a buyer goes after paying: to the vault's page when the bank asks, else to what became of it. */
export function wayOn({ payments }: Shop, id: string): string {
  const payment = payments.find(id)
  const asked = payment !== undefined && paymentOutcomeOf(payment).kind === 'asked'
  return `/payments/${id}${asked ? '/choose' : ''}`
}
