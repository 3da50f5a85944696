import { createByName, type MessageName } from './by-name.js'
import type { LedgerEntry, MessageIdentity } from './ledger-entry.js'
import { isPartial, originalName } from './originals.js'

/** What an approved payment has come to. Amounts are in the currency's smallest unit. */
export interface Account extends MessageIdentity {
  /** DE37 of the question */
  readonly rrn: string
  readonly merchantId: string
  readonly network: string
  /** ISO 4217, three digits */
  readonly currency: string
  /** A sale is captured with its approval, an authorisation by an advice. */
  readonly kind: 'authorisation' | 'sale'
  readonly authorised: number
  readonly captured: number
  readonly refunded: number
  /** What was authorised and will not be captured any more. */
  readonly voided: number
  /** Whether it counts as never asked: all is voided then, and what was captured is given back. */
  readonly reversed: boolean
  /** When it was approved: ISO 8601, UTC */
  readonly at: string
  /** The entry of its approval. */
  readonly approval: LedgerEntry
}

/** An account as people and programs are shown it, with amounts as digits. */
export type ShownAccount = Omit<Account, Amounts | 'approval'> & Readonly<Record<Amounts, string>>

type Amounts = 'authorised' | 'captured' | 'refunded' | 'voided'

type Changing = { -readonly [Field in keyof Account]: Account[Field] }

/** Which accounts to show: those that have all of what is given. */
export interface AccountFilter {
  readonly rrn?: string
}

/** What every approved payment has come to. The ledger's entries are all that goes in. */
export interface Accounts {
  /** Takes in an entry, new or read from the file after a restart. */
  remember(entry: LedgerEntry): void
  /** The account that a message is about. */
  find(name: MessageName): Account | undefined
  /** Oldest first. */
  shown(filter?: AccountFilter): readonly ShownAccount[]
}

export function createAccounts(): Accounts {
  const accounts = createByName<Changing>()
  /** Partial reversals that have overtaken their question. */
  const ahead = createByName<LedgerEntry>()

  return {
    remember(entry) {
      if (entry.kind === 'payment') {
        if (entry.authCode === undefined) return
        accounts.add(entry, opened(entry, ahead.find(entry)))
        return
      }
      const name = originalName(entry)
      if (name === undefined) return
      const account = accounts.find(name)
      if (entry.effect === 'no-original' && isPartial(entry)) ahead.add(name, entry)
      if (account === undefined) return
      switch (entry.effect) {
        case 'captured':
          account.captured += Number(entry.amount)
          break
        case 'refunded':
          account.refunded += Number(entry.amount)
          break
        case 'voided':
          account.voided = account.authorised - Number(entry.actualAmount)
          break
        case 'reversed':
          Object.assign(account, { voided: account.authorised, captured: 0, refunded: 0, reversed: true })
          break
      }
    },
    find: name => accounts.find(name),
    shown: ({ rrn } = {}) =>
      accounts
        .all()
        .filter(account => rrn === undefined || account.rrn === rrn)
        .map(({ approval: _approval, ...account }) => ({
          ...account,
          authorised: String(account.authorised),
          captured: String(account.captured),
          refunded: String(account.refunded),
          voided: String(account.voided),
        })),
  }
}

function opened(approval: LedgerEntry, ahead: LedgerEntry | undefined): Changing {
  const { stan, transmittedAt, acquirerId, terminalId, rrn, merchantId, network = '', currency, at } = approval
  const kind = approval.mti === '0200' ? 'sale' : 'authorisation'
  const authorised = Number(approval.amount)
  const voided = ahead === undefined ? 0 : Math.max(0, authorised - Number(ahead.actualAmount))
  return {
    ...{ stan, transmittedAt, acquirerId, terminalId, rrn, merchantId, network, currency, kind, authorised },
    captured: kind === 'sale' ? authorised - voided : 0,
    refunded: 0,
    voided,
    reversed: false,
    at,
    approval,
  }
}
