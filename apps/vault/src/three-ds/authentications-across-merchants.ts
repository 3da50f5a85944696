/** The SQL of authentications. What a message said is written down by whoever took it, each state once. */
import { type Queryable, type Row, sql, timestamp } from '../platform/database.js'
import type { Authentication, AuthenticationEnd, Begun } from './authentication.js'
import type { BrowserFacts } from './browser-facts.js'

/** Processes that hold a CVV listen here: something has come from a buyer, or from an issuer. */
export const BUYER_CHANNEL = 'coffer_buyer'

/** What was told, with what is noted in the timeline. */
export interface Told {
  at: number
  kind: string
  detail: object
}

const INSERT = sql(
  'authentication.insert',
  // The page of the vaulting, where there is one, shows this one from now on.
  `with noted as (
     insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
     values ($16, $3, $4, $13, 'threeds.started', $14)
   ), shown as (
     update buyer_step set authentication = $1 where id = $2
   )
   insert into authentication (id, vaulting_id, merchant_id, vaulting_request_id, attempt, reason, directory, network,
                               version, category, state, method_url, browser, created_at, about)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $15, $13, $16)`,
)

/** Begins one. */
export async function insertAuthentication(
  db: Queryable,
  begun: Begun & { state: 'BROWSER' | 'READY' | 'SENT'; at: number },
): Promise<void> {
  const { id, attempt, reason, directory, network, version, category, methodUrl } = begun
  const detail = {
    threeDSServerTransID: id,
    attempt,
    reason,
    network,
    messageVersion: version,
    messageCategory: category,
  }
  await db.query(INSERT, [
    id,
    begun.vaultingId,
    begun.merchantId,
    begun.vaultingRequestId,
    attempt,
    reason,
    directory,
    network,
    version,
    category,
    begun.state,
    methodUrl,
    timestamp(begun.at),
    JSON.stringify({ ...detail, method: methodUrl !== undefined }),
    begun.browser && JSON.stringify(begun.browser),
    begun.about,
  ])
}

const SHOW = sql('authentication.show', `update buyer_step set authentication = $1 where id = $2`)

/** The page of the vaulting shows this one from now on. */
export async function showOnPage(db: Queryable, { id, vaultingId }: { id: string; vaultingId: string }): Promise<void> {
  await db.query(SHOW, [id, vaultingId])
}

const COLUMNS = `a.id, a.about, a.vaulting_id, a.merchant_id, a.vaulting_request_id, a.attempt, a.reason, a.directory, a.network,
  a.version, a.category, a.state, a.method_url, a.method_done_at, a.browser, a.ds_trans_id, a.acs_trans_id,
  a.challenge_sealed, a.returned_at, a.outcome_sealed, a.ended`

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const BY_ID = sql('authentication.by-id', `select ${COLUMNS} from authentication a where a.id = $1`)

export async function findAuthentication(db: Queryable, id: string): Promise<Authentication | undefined> {
  if (!UUID.test(id)) return undefined
  const [row] = await db.query(BY_ID, [id])
  return row && readAuthentication(row)
}

/** Moves on if the state still is the one that this move starts from, and notes what was told. */
const move = (name: string, from: string, set: string, wake: boolean, where = '') =>
  sql(
    `authentication.${name}`,
    `with moved as (
       update authentication set ${set} where id = $1 and state in (${from}) ${where}
       returning about, merchant_id, vaulting_request_id
     ), noted as (
       insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
       select about, merchant_id, vaulting_request_id, $2, $3, $4 from moved
     )
     select 1${wake ? `, pg_notify('${BUYER_CHANNEL}', '')` : ''} from moved`,
  )

async function moved(
  db: Queryable,
  statement: ReturnType<typeof move>,
  id: string,
  told: Told,
  values: readonly unknown[] = [],
): Promise<boolean> {
  const params = [id, timestamp(told.at), told.kind, JSON.stringify(told.detail), ...values]
  return (await db.query(statement, params)).length === 1
}

const METHOD_DONE = move('method-done', `'BROWSER'`, 'method_done_at = $2', false, 'and method_done_at is null')

/** The 3DS Method called back. Counts once, and only while it is waited for. */
export const noteMethodDone = (db: Queryable, id: string, told: Told) => moved(db, METHOD_DONE, id, told)

const READY = move('ready', `'BROWSER'`, `state = 'READY', browser = $5`, true)

/** The browser has told what it is. The first one counts; a second tab changes nothing. */
export const noteBrowser = (db: Queryable, id: string, told: Told, browser: BrowserFacts) =>
  moved(db, READY, id, told, [JSON.stringify(browser)])

const SENT = sql(
  'authentication.sent',
  `update authentication set state = 'SENT' where id = $1 and state = 'READY' returning id`,
)

/** Before the AReq leaves. @returns false when another turn sends it */
export async function noteSent(db: Queryable, id: string): Promise<boolean> {
  return (await db.query(SENT, [id])).length === 1
}

const CHALLENGE = move(
  'challenge',
  `'SENT'`,
  `state = 'CHALLENGE', ds_trans_id = $5, acs_trans_id = $6, challenge_sealed = $7`,
  false,
)

/** The issuer wants the buyer to pass a challenge. */
export const noteChallenge = (
  db: Queryable,
  id: string,
  told: Told,
  { dsTransId, acsTransId, sealed }: { dsTransId: string; acsTransId: string; sealed: Buffer },
) => moved(db, CHALLENGE, id, told, [dsTransId, acsTransId, sealed])

const ANSWERED = move(
  'answered',
  `'SENT'`,
  `state = 'RESULT', outcome_sealed = $5, ds_trans_id = $6, acs_trans_id = $7`,
  true,
)

/** The issuer decided without a challenge, or something went wrong for good. */
export const noteAnswer = (
  db: Queryable,
  id: string,
  told: Told,
  { sealed, dsTransId, acsTransId }: { sealed: Buffer; dsTransId: string | undefined; acsTransId: string | undefined },
) => moved(db, ANSWERED, id, told, [sealed, dsTransId, acsTransId])

const RESULTS = move('results', `'CHALLENGE'`, `state = 'RESULT', outcome_sealed = $5`, true)

/** The result of a challenge, by the issuer. The first one counts. */
export const noteResults = (db: Queryable, id: string, told: Told, sealed: Buffer) =>
  moved(db, RESULTS, id, told, [sealed])

const RETURNED = sql(
  'authentication.returned',
  `with returned as (
     update authentication set returned_at = $2 where id = $1 and returned_at is null
     returning about, merchant_id, vaulting_request_id
   )
   insert into vaulting_event (about, merchant_id, vaulting_request_id, at, kind, detail)
   select about, merchant_id, vaulting_request_id, $2, $3, $4 from returned`,
)

/** The browser came back from the challenge. It decides nothing. */
export async function noteReturned(db: Queryable, id: string, told: Told): Promise<void> {
  await db.query(RETURNED, [id, timestamp(told.at), told.kind, JSON.stringify(told.detail)])
}

const END = sql(
  'authentication.end',
  // What is known of a browser and where a challenge leads is nobody's business any more.
  `update authentication set state = 'DONE', ended = $2, browser = null, challenge_sealed = null
   where id = $1 and state <> 'DONE'
   returning id`,
)

/** Nothing more comes of it. */
export async function endAuthentication(db: Queryable, id: string, ended: AuthenticationEnd): Promise<boolean> {
  return (await db.query(END, [id, ended])).length === 1
}

const CLOSE = sql(
  'authentication.close',
  `update authentication set state = 'DONE', ended = 'CLOSED', browser = null, challenge_sealed = null
   where vaulting_id = $1 and state <> 'DONE'`,
)

/** The vaulting has ended without them. */
export async function closeAuthentications(db: Queryable, vaultingId: string): Promise<void> {
  await db.query(CLOSE, [vaultingId])
}

/** The authentication in columns of {@link COLUMNS}. */
export function readAuthentication(row: Row): Authentication {
  const text = (name: string) => (typeof row[name] === 'string' ? (row[name] as string) : undefined)
  const bytes = (name: string) => (row[name] instanceof Buffer ? (row[name] as Buffer) : undefined)
  return {
    id: String(row['id']),
    about: row['about'] as Authentication['about'],
    vaultingId: String(row['vaulting_id']),
    merchantId: String(row['merchant_id']),
    vaultingRequestId: String(row['vaulting_request_id']),
    attempt: Number(row['attempt']),
    reason: row['reason'] as Authentication['reason'],
    directory: String(row['directory']),
    network: row['network'] as Authentication['network'],
    version: row['version'] as Authentication['version'],
    category: row['category'] as Authentication['category'],
    state: row['state'] as Authentication['state'],
    methodUrl: text('method_url'),
    methodDone: row['method_done_at'] !== null,
    browser: (row['browser'] as BrowserFacts | null) ?? undefined,
    dsTransId: text('ds_trans_id'),
    acsTransId: text('acs_trans_id'),
    challengeSealed: bytes('challenge_sealed'),
    returned: row['returned_at'] !== null,
    outcomeSealed: bytes('outcome_sealed'),
    ended: text('ended') as AuthenticationEnd | undefined,
  }
}
