/** Captures, cancellations and refunds that break rules: the payment that a row needs, and the call that it changes. */
import { expect } from 'vitest'
import type { PayRequest } from '../../packages/antom/src/index.js'
import { aPayRequest, aRequestId } from '../support/builders.js'
import type { Answer } from '../support/merchant-client.js'
import type { TestSystem } from '../support/start-system.js'
import { pay, rawCard } from './paying.js'
import type { Row } from './row.js'

export type Operation = 'capture' | 'cancel' | 'refund'

/** What rows need to know of the system that they are played on. */
export interface Stage {
  coffer: TestSystem
  /** A captureRequestId and a refundRequestId that were used, of another payment. */
  usedId: string
}

/** A payment that an operation is about. */
export interface Paid {
  paymentId: string
  paymentRequestId: string
}

export interface OperationChange {
  /** How the payment is made. */
  readonly made?: Partial<PayRequest>
  /** What is done with it before the call, smaller orders first. */
  readonly before?: { readonly order: number; readonly does: (stage: Stage, paid: Paid) => Promise<unknown> }
  /** How long the call waits, in milliseconds. */
  readonly waitMs?: number
  readonly call?: (call: Call, stage: Stage) => void
}

/** A call of any of the three: fields that its API does not have are ignored there. */
export interface Call {
  [field: string]: unknown
  amount: { currency: string; value: string }
}

export interface OperationRow extends Row<OperationChange> {
  /** What the message of a PARAM_ILLEGAL names. */
  readonly names?: string
  /** Of rows with the same word no payment can have two. */
  readonly state?: string
}

/** A row, or two to be broken at once, the earlier first. */
export interface Play {
  rows: readonly OperationRow[]
  expected: OperationRow
}

/** Each row alone, and any two that one payment can have. */
export function playsOf(rows: readonly OperationRow[]): { alone: Play[]; pairs: Play[] } {
  const canBe = (one: OperationRow, other: OperationRow) => one.state === undefined || one.state !== other.state
  const pairs = rows.flatMap((earlier, i) =>
    rows
      .slice(i + 1)
      .filter(later => canBe(earlier, later))
      .map(later => ({ rows: [earlier, later], expected: earlier })),
  )
  return { alone: rows.map(row => ({ rows: [row], expected: row })), pairs }
}

/** Plays what has been prepared; those that wait the longest come last, so that the clock moves as often as needed. */
export async function playAll(
  operation: Operation,
  base: Partial<PayRequest>,
  stage: Stage,
  plays: readonly Play[],
): Promise<{ play: Play; answer: Answer }[]> {
  const { coffer } = stage
  const startedAt = coffer.system.clock.now()
  const waits = (play: Play) => Math.max(0, ...play.rows.map(({ change }) => change.waitMs ?? 0))
  const prepared: { play: Play; paid: Paid }[] = []
  for (const play of plays) prepared.push({ play, paid: await prepare(base, stage, play) })
  prepared.sort((one, other) => waits(one.play) - waits(other.play))
  const played: { play: Play; answer: Answer }[] = []
  for (const { play, paid } of prepared) {
    const wait = waits(play)
    const passed = coffer.system.clock.now() - startedAt
    if (wait > 0 && passed < wait + 60_000) await coffer.advance(wait + 60_000 - passed)
    played.push({ play, answer: await call(operation, stage, paid, play) })
  }
  return played
}

async function prepare(base: Partial<PayRequest>, stage: Stage, { rows }: Play): Promise<Paid> {
  const backwards = [...rows].reverse()
  const made = Object.assign({}, base, ...backwards.map(({ change }) => change.made ?? {}))
  const request = aPayRequest(undefined, { meta: rawCard(), ...made })
  const { json } = await pay(stage.coffer, request)
  const paid = { paymentId: json.paymentId, paymentRequestId: request.paymentRequestId }
  const steps = rows.flatMap(({ change }) => change.before ?? []).sort((one, other) => one.order - other.order)
  // What one row does may not be allowed after what another did: then that is so.
  for (const { does } of steps) await does(stage, paid)
  return paid
}

function call(operation: Operation, stage: Stage, paid: Paid, { rows }: Play): Promise<Answer> {
  const parts: Call = {
    captureRequestId: aRequestId('c'),
    refundRequestId: aRequestId('r'),
    ...(operation === 'cancel' ? paid : { paymentId: paid.paymentId }),
    amount: { currency: 'USD', value: '34' },
  }
  for (const { change } of [...rows].reverse()) change.call?.(parts, stage)
  const { amount, ...fields } = parts
  return stage.coffer.call(`payments/${operation}`, { ...fields, captureAmount: amount, refundAmount: amount })
}

export function expectRefused({ play: { rows, expected }, answer }: { play: Play; answer: Answer }) {
  const which = rows.map(({ situation }) => situation).join(' and ')
  expect(answer, which).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result.resultCode, which).toBe(expected.code)
  expect(answer.json.result.resultStatus, which).toBe('F')
  if (expected.names) expect(answer.json.result.resultMessage, which).toContain(expected.names)
}

/** Captures a part of a payment. */
export const captureOf = (
  coffer: TestSystem,
  { paymentId }: Pick<Paid, 'paymentId'>,
  value: string,
  more: object = {},
) =>
  coffer.call('payments/capture', {
    captureRequestId: aRequestId('c'),
    paymentId,
    captureAmount: { currency: 'USD', value },
    ...more,
  })

/** Gives a part of a payment back. */
export const refundOf = (
  coffer: TestSystem,
  { paymentId }: Pick<Paid, 'paymentId'>,
  value: string,
  more: object = {},
) =>
  coffer.call('payments/refund', {
    refundRequestId: aRequestId('r'),
    paymentId,
    refundAmount: { currency: 'USD', value },
    ...more,
  })

export const cancelOf = (coffer: TestSystem, { paymentId }: Pick<Paid, 'paymentId'>) =>
  coffer.call('payments/cancel', { paymentId })
