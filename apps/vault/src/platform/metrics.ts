/**
 * What is counted, for Prometheus. Labels come from fixed sets: no id, nothing a caller can choose. The one exception is
 * the backlog of notifications, which names the merchants with the longest ones.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export function makeMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    calls: new Histogram({
      name: 'coffer_call_seconds',
      help: 'Calls of the API by result code, and how long they took',
      labelNames: ['route', 'resultCode'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    vaultings: new Counter({
      name: 'coffer_vaultings_total',
      help: 'Vaultings concluded, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    payments: new Counter({
      name: 'coffer_payments_total',
      help: 'Payments concluded, by outcome; `SUCCESS` is authorised or paid',
      labelNames: ['outcome'] as const,
      registers,
    }),
    advices: new Counter({
      name: 'coffer_issuer_advices_total',
      help:
        'Captures, refunds and voids told to issuers, by kind and outcome; `unknown` is told again. `by` is the call ' +
        'whose merchant hears the outcome, or Coffer, whose outcome nobody waits for',
      labelNames: ['what', 'outcome', 'by'] as const,
      registers,
    }),
    issuer: new Counter({
      name: 'coffer_issuer_answers_total',
      help: 'Answers of the issuer; `no answer` means that the outcome is unknown',
      labelNames: ['outcome'] as const,
      registers,
    }),
    threeDS: new Counter({
      name: 'coffer_three_ds_answers_total',
      help: 'Answers of directory servers to authentication requests, by transStatus; `none` is a protocol error',
      labelNames: ['outcome'] as const,
      registers,
    }),
    reversals: new Counter({
      name: 'coffer_issuer_reversals_total',
      help: 'Reversals sent to issuers; `unknown` means that nobody acknowledged it',
      labelNames: ['outcome'] as const,
      registers,
    }),
    forwards: new Counter({
      name: 'coffer_forwards_total',
      help: 'Calls forwarded with a stored card: `no answer` may have arrived, `withheld` answers held card data',
      labelNames: ['outcome'] as const,
      registers,
    }),
    questionsOpen: new Gauge({
      name: 'coffer_issuer_questions_open',
      help: 'Questions to issuers without an answer on record, running ones included',
      registers,
    }),
    oldestQuestionSeconds: new Gauge({
      name: 'coffer_issuer_questions_oldest_seconds',
      help: 'How long ago the oldest of them was asked; more than 86400 means that somebody has to call the acquirer',
      registers,
    }),
    deliveries: new Counter({
      name: 'coffer_notification_attempts_total',
      help: 'Notification attempts made by this process, by kind and outcome',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
    deliverySeconds: new Histogram({
      name: 'coffer_notification_attempt_seconds',
      help: 'How long an attempt took, from its beginning to the answer or the end of patience',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    firstDeliverySeconds: new Histogram({
      name: 'coffer_notification_first_attempt_delay_seconds',
      help: 'From a final result to the beginning of the first attempt to tell of it; 3 s of it are intended',
      buckets: [0.1, 1, 3, 3.5, 4, 5, 7.5, 10, 30, 60, 300, 3600],
      registers,
    }),
    merchantBacklog: new Gauge({
      name: 'coffer_notifications_merchant_due',
      help: 'Notifications that are due now, of the 20 merchants with most of them',
      labelNames: ['merchant'] as const,
      registers,
    }),
    notificationsOpen: new Gauge({
      name: 'coffer_notifications_open',
      help: 'Notifications not yet acknowledged whose series has not ended',
      registers,
    }),
    notificationsDue: new Gauge({
      name: 'coffer_notifications_due',
      help: 'Of these, how many are due now',
      registers,
    }),
    oldestDueSeconds: new Gauge({
      name: 'coffer_notifications_oldest_due_seconds',
      help: 'For how long the oldest due notification has been waiting',
      registers,
    }),
    maskedInLogs: new Gauge({
      name: 'coffer_log_masked_numbers',
      help: 'Card-like numbers that the log writer had to mask; anything but 0 is a defect',
      registers,
    }),
  }
}

export type Metrics = ReturnType<typeof makeMetrics>

/** Adds what Node tells about itself: memory, event loop lag, garbage collection. */
export function collectProcessMetrics(metrics: Metrics): void {
  collectDefaultMetrics({ register: metrics.registry })
}
