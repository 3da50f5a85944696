import type { Account } from './accounts.js'
import type { LedgerEntry } from './ledger-entry.js'

/** What the issuer makes of being told about money. */
export interface AdviceJudgement {
  /**
   * DE39: 00 taken; 12 it makes no sense for this authorisation; 13 the amount is not to be had; 25 there is no such
   * authorisation.
   */
  readonly responseCode: '00' | '12' | '13' | '25'
  readonly effect: NonNullable<LedgerEntry['effect']>
  readonly reason?: NonNullable<LedgerEntry['reason']>
}

/** A capture or a refund. */
export interface MoneyAdvice {
  readonly moves: 'capture' | 'refund'
  /** In the currency's smallest unit. */
  readonly amount: number
  /** ISO 4217, three digits */
  readonly currency: string
  /** What the approval was given under; absent when the advice does not say. */
  readonly authCode?: string
}

const dayMs = 24 * 60 * 60_000

/** How long an authorisation can be captured. Source: card scheme practice */
export const authorisationLastsMs = 30 * dayMs

/** Judges a capture or a refund. What has been captured can be given back for ever. */
export function judgeMoney(account: Account | undefined, advice: MoneyAdvice, now: Date): AdviceJudgement {
  if (account === undefined) return unknown()
  if (advice.authCode !== undefined && advice.authCode !== account.approval.authCode) return unknown('other-auth-code')
  if (account.reversed) return refused('12', 'authorisation-reversed')
  if (advice.currency !== account.currency) return refused('12', 'other-currency')

  const { authorised, captured, refunded, voided } = account
  if (advice.moves === 'refund') {
    return fits(advice.amount, captured - refunded) ? taken('refunded') : refused('13', 'more-than-is-left')
  }
  if (now.getTime() - Date.parse(account.at) > authorisationLastsMs) return refused('12', 'authorisation-expired')
  return fits(advice.amount, authorised - captured - voided) ? taken('captured') : refused('13', 'more-than-is-left')
}

/**
 * Judges a reversal that leaves a part of the amount standing.
 * @param actualAmount  what is to stay, in the currency's smallest unit
 */
export function judgePartialReversal(account: Account | undefined, actualAmount: number): AdviceJudgement {
  if (account === undefined) return unknown()
  const { authorised, captured, voided, reversed } = account
  if (reversed) return taken('already-reversed')
  if (actualAmount > authorised || actualAmount < captured) return refused('13', 'amount-cannot-stay')
  return taken(actualAmount < authorised - voided ? 'voided' : 'already-reversed')
}

const fits = (amount: number, left: number) => amount > 0 && amount <= left

const taken = (effect: AdviceJudgement['effect']): AdviceJudgement => ({ responseCode: '00', effect })

const refused = (responseCode: '12' | '13', reason: AdviceJudgement['reason']): AdviceJudgement => ({
  responseCode,
  effect: 'refused',
  ...(reason === undefined ? {} : { reason }),
})

const unknown = (reason?: AdviceJudgement['reason']): AdviceJudgement => ({
  responseCode: '25',
  effect: 'no-original',
  ...(reason === undefined ? {} : { reason }),
})
