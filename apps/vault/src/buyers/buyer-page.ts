/** What a buyer's page shows at this moment. Whoever opens it knows the id of the vaulting or payment and nothing else. */
import { encodeForm } from '@coffer/emv3ds'
import type { NetworkId } from '../card-data/index.js'
import { type Queryable, type Row, readTimestamp, sql } from '../platform/database.js'
import type { System } from '../system.js'
import type { Authentication } from '../three-ds/authentication.js'
import { readAuthentication } from '../three-ds/authentications-across-merchants.js'
import type { WindowSize } from '../three-ds/browser-facts.js'
import { openChallenge, openOutcome } from '../three-ds/sealed-parts.js'
import { sessionData } from '../three-ds/session-data.js'
import { methodNotifyUrl } from '../three-ds/three-ds-urls.js'
import type { About } from './errand.js'

/** What the buyer has to do, or to wait for. */
export type BuyerPageStep =
  | { kind: 'choose'; networks: readonly NetworkId[] }
  /** The browser tells what it is and, where the issuer has one, runs the 3DS Method. */
  | {
      kind: 'browser'
      authenticationId: string
      method: { url: string; data: string } | undefined
      methodDone: boolean
      methodTimeoutMs: number
      attempt: number
    }
  | { kind: 'wait'; for: 'directory' | 'issuer' }
  | {
      kind: 'challenge'
      authenticationId: string
      acsUrl: string
      /** The forms' `creq` and `threeDSSessionData`. */
      creq: string
      sessionData: string
      windowSize: WindowSize
      /** Whether the browser has been back from it; the result has not come yet. */
      returned: boolean
      cardholderInfo: string | undefined
    }
  /** No directory server answered, several times. */
  | { kind: 'stuck' }
  | {
      kind: 'end'
      state: 'SUCCESS' | 'FAIL'
      ended: 'no choice' | 'not authenticated' | 'closed' | 'cancelled' | 'other'
      cardholderInfo: string | undefined
    }

export interface BuyerPage {
  about: About
  /** Of the vaulting or the payment. */
  id: string
  merchantId: string
  merchantName: string
  /** vaultingRequestId or paymentRequestId. */
  requestId: string
  /** What is to be paid, in the currency's smallest unit; nothing where a card is vaulted. */
  payment: { amount: bigint; currency: string } | undefined
  redirectUrl: string
  /** Of the card, while it is there. */
  lastFour: string | undefined
  /** Once it is known. */
  network: NetworkId | undefined
  /** Milliseconds of business time until it is closed. */
  remainingMs: number
  step: BuyerPageStep
}

const PAGE = sql(
  'buyer.page',
  `select s.id as page_id, s.about as page_about, s.merchant_id as page_merchant_id, m.name,
          s.vaulting_request_id as page_request_id, s.redirect_url, s.networks, s.chosen,
          case coalesce(v.state, p.state) when 'AUTHORISED' then 'SUCCESS' else coalesce(v.state, p.state) end as page_state,
          coalesce(v.result_code, p.result_code) as result_code, coalesce(v.settle_at, p.settle_at) as settle_at,
          p.amount, p.currency, c.last_four, a.*
   from buyer_step s
     left join vaulting v on s.about = 'VAULTING' and v.merchant_id = s.merchant_id
       and v.vaulting_request_id = s.vaulting_request_id
     left join payment p on s.about = 'PAYMENT' and p.id = s.id
     join merchant m on m.id = s.merchant_id
     left join sealed_card c on c.id = coalesce(p.card_id, s.id)
     left join authentication a on a.id = s.authentication
   where s.id = $1`,
)

/** @returns `undefined` when there is no such page */
export async function buyerPage(
  system: Pick<System, 'cards' | 'clock' | 'config'> & { db: Queryable },
  id: string,
): Promise<BuyerPage | undefined> {
  const [row] = await system.db.query(PAGE, [id])
  if (!row) return undefined
  // Opened below as of this errand: another one's outcome or challenge does not open in its place.
  const authentication = row['id'] === null ? undefined : { ...readAuthentication(row), vaultingId: id }
  const chosen = (row['chosen'] as NetworkId | null) ?? undefined
  return {
    about: row['page_about'] as About,
    id,
    merchantId: String(row['page_merchant_id']),
    merchantName: String(row['name']),
    requestId: String(row['page_request_id']),
    payment:
      row['amount'] === null ? undefined : { amount: BigInt(String(row['amount'])), currency: String(row['currency']) },
    redirectUrl: String(row['redirect_url']),
    lastFour: typeof row['last_four'] === 'string' ? row['last_four'] : undefined,
    network: authentication?.network ?? chosen,
    remainingMs: Math.max(0, readTimestamp(row['settle_at']) - system.clock.now()),
    step: await stepOf(system, row, chosen, authentication),
  }
}

async function stepOf(
  system: Pick<System, 'cards' | 'config'>,
  row: Row,
  chosen: NetworkId | undefined,
  authentication: Authentication | undefined,
): Promise<BuyerPageStep> {
  const networks = row['networks'] as NetworkId[]
  const notChosen = networks.length > 0 && chosen === undefined
  if (row['page_state'] !== 'PROCESSING') return endOf(system, row, notChosen, authentication)
  if (notChosen) return { kind: 'choose', networks }
  return authentication ? authenticationStep(system, authentication) : { kind: 'wait', for: 'issuer' }
}

async function endOf(
  { cards }: Pick<System, 'cards'>,
  row: Row,
  notChosen: boolean,
  authentication: Authentication | undefined,
): Promise<BuyerPageStep> {
  const sealed = authentication?.outcomeSealed
  const outcome = sealed && (await openOutcome(cards, authentication, sealed))
  const cardholderInfo = outcome?.cardholderInfo
  if (row['page_state'] === 'CANCELLED') return { kind: 'end', state: 'FAIL', ended: 'cancelled', cardholderInfo }
  if (row['page_state'] === 'SUCCESS') return { kind: 'end', state: 'SUCCESS', ended: 'other', cardholderInfo }
  const refused = ['N', 'R'].includes(outcome?.transStatus ?? '') || row['result_code'] === 'AUTHENTICATION_REQUIRED'
  const ended = notChosen
    ? ('no choice' as const)
    : row['result_code'] === 'ORDER_IS_CLOSED'
      ? ('closed' as const)
      : refused
        ? ('not authenticated' as const)
        : ('other' as const)
  return { kind: 'end', state: 'FAIL', ended, cardholderInfo }
}

async function authenticationStep(
  { cards, config }: Pick<System, 'cards' | 'config'>,
  authentication: Authentication,
): Promise<BuyerPageStep> {
  const { id, attempt, methodUrl, methodDone, challengeSealed, returned, version, ended } = authentication
  switch (authentication.state) {
    case 'BROWSER': {
      const data = { threeDSServerTransID: id, threeDSMethodNotificationURL: methodNotifyUrl(config) }
      return {
        kind: 'browser',
        authenticationId: id,
        method: methodUrl === undefined ? undefined : { url: methodUrl, data: encodeForm(data) },
        methodDone,
        methodTimeoutMs: config.threeDS.timers.methodMs,
        attempt,
      }
    }
    case 'READY':
    case 'SENT':
      return { kind: 'wait', for: 'directory' }
    case 'CHALLENGE': {
      if (!challengeSealed) throw new Error('a challenge is under way that leads nowhere')
      const { acsUrl, acsTransId, windowSize, cardholderInfo } = await openChallenge(
        cards,
        authentication,
        challengeSealed,
      )
      const creq = encodeForm({
        messageType: 'CReq',
        messageVersion: version,
        threeDSServerTransID: id,
        acsTransID: acsTransId,
        challengeWindowSize: windowSize,
      })
      return {
        kind: 'challenge',
        authenticationId: id,
        acsUrl,
        creq,
        sessionData: sessionData(cards, id),
        windowSize,
        returned,
        cardholderInfo,
      }
    }
    default:
      return ended === 'SILENT' ? { kind: 'stuck' } : { kind: 'wait', for: 'issuer' }
  }
}
