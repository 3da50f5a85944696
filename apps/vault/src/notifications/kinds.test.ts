/** The engine knows nothing of what it carries: another kind needs a body, and nothing else. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { select } from '../../../../test/result-codes/stored-rows.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { makeOutbound, type Outbound } from '../platform/outbound.js'
import { Deliverer } from './deliver.js'
import type { BodyLoader } from './kinds.js'

let coffer: TestSystem
let outbound: Outbound
beforeAll(async () => {
  coffer = await startSystem()
  outbound = makeOutbound({ policy: coffer.system.config.outboundPolicy })
})
afterAll(async () => {
  await outbound?.close()
  await coffer?.stop()
})

/** Puts a notification of a payment into the queue, due now. */
async function paymentDue(path: string): Promise<string> {
  const id = randomUUID()
  const { clock } = coffer.system
  await select(
    coffer.system,
    `insert into notification (id, merchant_id, subject_id, kind, url, due_at, created_at)
     values ($1, $2, $3, 'notifyPayment', $4, $5, $5)`,
    [id, coffer.merchant.clientId, `pay-${id}`, `${coffer.receiver.url}${path}`, new Date(clock.now())],
  )
  return id
}

const rowOf = async (id: string) => {
  const [row] = await select(
    coffer.system,
    `select n.attempts_made, n.due_at is not null as open, n.acknowledged_at is not null as acknowledged,
            (select count(*)::int from notification_attempt a where a.notification_id = n.id) as attempts,
            n.lease_token is not null as leased
     from notification n where n.id = $1`,
    [id],
  )
  return row
}

const bodies: BodyLoader = async (_db, _cards, subjects) =>
  subjects.map(({ subjectId }) => ({
    status: 'fulfilled',
    value: {
      notifyType: 'PAYMENT_RESULT',
      paymentRequestId: subjectId,
      paymentAmount: { currency: 'EUR', value: '1' },
    },
  }))

test('a notification of another kind is signed, delivered, judged and recorded like every other', async () => {
  const id = await paymentDue('/payments')
  const worker = new Deliverer(coffer.system, outbound, { loaders: { notifyPayment: bodies } })
  expect(await worker.takeDue()).toBe(1)
  await worker.drain()
  const [got] = coffer.receiver.received.filter(({ url }) => url === '/payments')
  expect(got?.json).toMatchObject({ notifyType: 'PAYMENT_RESULT', paymentRequestId: `pay-${id}` })
  expect(got?.headers['signature']).toMatch(/^algorithm=RSA256/)
  expect(await rowOf(id)).toEqual({ attempts_made: 1, open: false, acknowledged: true, attempts: 1, leased: false })
})

test('a kind that this version cannot make a body of is a failed attempt, and the next version goes on', async () => {
  const id = await paymentDue('/later')
  await coffer.advance(0)
  expect(await rowOf(id)).toMatchObject({ attempts_made: 1, open: true, acknowledged: false })
  const worker = new Deliverer(coffer.system, outbound, { loaders: { notifyPayment: bodies } })
  const clock = coffer.system.clock
  await select(coffer.system, 'update notification set due_at = $2 where id = $1', [id, new Date(clock.now())])
  await worker.takeDue()
  await worker.drain()
  expect(await rowOf(id)).toMatchObject({ attempts_made: 2, open: false, acknowledged: true })
})

test('a database that is away for a moment while a body is made costs no attempt', async () => {
  const id = await paymentDue('/outage')
  const away: BodyLoader = async (_db, _cards, subjects) =>
    subjects.map(() => ({
      status: 'rejected',
      reason: Object.assign(new Error('too many clients'), { code: '53300' }),
    }))
  const unlucky = new Deliverer(coffer.system, outbound, { loaders: { notifyPayment: away } })
  await unlucky.takeDue()
  await unlucky.drain()
  expect(await rowOf(id)).toEqual({ attempts_made: 0, open: true, acknowledged: false, attempts: 0, leased: true })

  await select(coffer.system, 'update notification set lease_until = now() where id = $1', [id])
  const worker = new Deliverer(coffer.system, outbound, { loaders: { notifyPayment: bodies } })
  await worker.takeDue()
  await worker.drain()
  expect(await rowOf(id)).toMatchObject({ attempts_made: 1, acknowledged: true })
})
