import { createHmac } from 'node:crypto'
import type { Clock, Random } from './clock.js'
import { type CardQuestion, type Decision, decide } from './decide.js'
import type { AuthenticationValues } from './three-ds/cavv.js'
import type { LinkedTransaction, TransactionLinks } from './transaction-links.js'

/** A decision, and what is to be remembered of it. */
export interface IssuerDecision {
  readonly decision: Decision
  /** Of an approval: by what its transaction is known again. Is kept in the ledger. */
  readonly link?: string
  /** Whether the original transaction that a payment names is one of its card; absent when it names none. */
  readonly originalIdRight?: boolean
}

/** The issuer of all test cards. */
export interface Issuer {
  /** Decides a question; remembers only that it has seen the number, and not the number. */
  decide(question: CardQuestion): IssuerDecision
  /** The link of a transaction, to be compared with one that was kept. */
  linkOf: TransactionLinks
}

/**
 * Makes an issuer. What it has seen is kept under a key that is drawn anew at every start: a number cannot be found
 * from it, and after a restart every number is new again.
 */
export function createIssuer(set: {
  declineFailureCards: boolean
  values: AuthenticationValues
  links: TransactionLinks
  /** Whether an approval with such a link was given, also before a restart. */
  isLinked: (link: string) => boolean
  clock: Clock
  random: Random
}): Issuer {
  const { links } = set
  const key = set.random(32)
  const seen = new Set<string>()
  return {
    linkOf: links,
    decide(question) {
      const { pan, network } = question
      const sight = createHmac('sha256', key).update(pan).digest('base64')
      const linked = (networkTransactionId: string): LinkedTransaction => ({ networkTransactionId, network, pan })
      const original = question.payment?.originalTransactionId
      const originalIdRight = original === undefined ? undefined : set.isLinked(links(linked(original)))
      const decision = decide(question, {
        firstSight: !seen.has(sight),
        declineFailureCards: set.declineFailureCards,
        today: set.clock.now(),
        random: set.random,
        values: set.values,
        originalIsOurs: originalIdRight === true,
      })
      if (decision.testCard) seen.add(sight)
      const id = decision.delivery === 'never' ? undefined : decision.answer.networkTransactionId
      return {
        decision,
        ...(id === undefined ? {} : { link: links(linked(id)) }),
        ...(originalIdRight === undefined ? {} : { originalIdRight }),
      }
    },
  }
}
