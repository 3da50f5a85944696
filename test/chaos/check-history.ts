/**
 * Judges a history. The promises, in the order of the functions below: every call is answered or its connection breaks,
 * and answers are signed; a final result that was told is never lost and never changes; an id has one token; nothing
 * stays in process; every final result is notified, with the same bytes each time; and the issuer's ledger agrees with
 * all of that, which check-ledger.ts judges.
 */
import { checkLedger } from './check-ledger.js'
import type { Call, History, Told, VaultingRow } from './history.js'

/** What one answer or notification says about a vaulting. */
interface Said {
  status: 'S' | 'F' | 'U'
  /** Of the call. */
  resultCode: string
  /** Of the vaulting: in an inquiry these are two. */
  code: string
  /** `SUCCESS`, `FAIL` or `PROCESSING`, where it tells. */
  state: string | undefined
  card: { cardToken: string; networkTransactionId?: string } | undefined
  text: string
}

/** What is known of one id. */
interface Vaulting {
  key: string
  calls: Call[]
  finalCalls: Call[]
  row: VaultingRow | undefined
  told: Told[]
}

/** Ends of a vaulting that a load of these cards can have; any other is a complaint. */
const outcomes = ['SUCCESS', 'DO_NOT_HONOR', 'PROCESS_FAIL', 'ORDER_IS_CLOSED', 'AUTHENTICATION_REQUIRED']

/** What each kind of call may hear, besides that the result is not known. */
const expectedCodes = {
  // In process means that a buyer has to choose, and to be authenticated.
  vault: [...outcomes, 'VERIFICATION_IN_PROCESS'],
  inquire: ['SUCCESS', 'VAULTING_NOT_EXIST'],
  changed: ['REPEAT_REQ_INCONSISTENT'],
}

/** @returns one line per broken promise; empty when all were kept */
export function checkHistory(history: History): string[] {
  const vaultings = collect(history)
  return [
    ...history.unexpectedEnds,
    ...[...history.calls, ...history.finalCalls].flatMap(wellAnswered),
    ...vaultings.flatMap(neverLostNorChanged),
    ...tokensBelongToOneId(vaultings),
    ...vaultings.flatMap(settled),
    ...vaultings.flatMap(notified),
    ...checkLedger(vaultings.flatMap(ended), history.ledger, history.payments),
  ]
}

function wellAnswered(call: Call): string[] {
  const where = `${keyOf(call)}: ${call.kind}`
  if (call.hung) return [`${where} got neither an answer nor a broken connection`]
  if (!call.answer) return []
  const { status, verified } = call.answer
  if (status !== 200 || !verified) return [`${where} was answered with HTTP ${status}, ${verified ? '' : 'not '}signed`]
  const said = read(call.answer.text)
  const expected = [...expectedCodes[call.kind], 'UNKNOWN_EXCEPTION']
  return expected.includes(said.resultCode) ? [] : [`${where} was answered ${said.status} ${said.resultCode}`]
}

function neverLostNorChanged({ key, calls, finalCalls }: Vaulting): string[] {
  const complaints: string[] = []
  const all = [...calls, ...finalCalls]
  const finals = all.filter(isFinal)
  const texts = (kind: Call['kind']) =>
    new Set(finals.filter(call => call.kind === kind).map(call => call.answer!.text))
  if (texts('vault').size > 1) complaints.push(`${key}: the result changed between two answers`)
  if (texts('inquire').size > 1) complaints.push(`${key}: the result changed between two inquiries`)
  if (new Set(finals.map(call => gist(read(call.answer!.text)))).size > 1) {
    complaints.push(`${key}: answers and inquiries tell different results`)
  }
  // From the first final answer on, nobody may hear anything else.
  const knownSince = Math.min(...finals.map(call => call.endedAt))
  for (const call of all) {
    if (!call.answer || call.startedAt < knownSince || isFinal(call) || call.kind === 'changed') continue
    const said = read(call.answer.text)
    if (said.status === 'U' && calls.includes(call)) continue
    complaints.push(`${key}: was final, and then ${call.kind} said ${said.state ?? said.code}`)
  }
  return complaints
}

function tokensBelongToOneId(vaultings: readonly Vaulting[]): string[] {
  const complaints: string[] = []
  const owners = new Map<string, string>()
  for (const { key, calls, finalCalls, told } of vaultings) {
    const texts = [...calls, ...finalCalls].flatMap(call => (call.answer ? [call.answer.text] : []))
    const said = [...texts, ...told.map(each => each.body)].map(read)
    const tokens = new Set(said.flatMap(each => (each.card ? [each.card.cardToken] : [])))
    if (tokens.size > 1) complaints.push(`${key}: has ${tokens.size} tokens`)
    for (const token of tokens) {
      const owner = owners.get(token)
      if (owner && owner !== key) complaints.push(`${key}: has the token of ${owner}`)
      owners.set(token, key)
    }
  }
  return complaints
}

function settled({ key, calls, finalCalls, row }: Vaulting): string[] {
  const complaints: string[] = []
  const wasFinal = [...calls, ...finalCalls].some(isFinal)
  if (!row) return wasFinal ? [`${key}: is gone from the database`] : []
  if (row.state === 'PROCESSING') complaints.push(`${key}: is still in process`)
  if (row.resultCode && !outcomes.includes(row.resultCode)) complaints.push(`${key}: ended as ${row.resultCode}`)
  if (row.cards !== (row.state === 'SUCCESS' ? 1 : 0))
    complaints.push(`${key}: is ${row.state} with ${row.cards} cards`)
  for (const kind of ['inquire', 'vault'] as const) {
    const last = finalCalls.find(call => call.kind === kind)
    const state = last?.answer && stateOf(read(last.answer.text), kind)
    if (state !== row.state) complaints.push(`${key}: is ${row.state}, and the last ${kind} said ${state ?? 'nothing'}`)
  }
  return complaints
}

function notified({ key, finalCalls, row, told }: Vaulting): string[] {
  if (!row) return told.length ? [`${key}: was notified and does not exist`] : []
  const complaints: string[] = []
  if (row.notifications !== 1) complaints.push(`${key}: has ${row.notifications} series of notifications`)
  if (row.notificationsOpen) complaints.push(`${key}: its notification is still open`)
  if (told.length === 0) return [...complaints, `${key}: nobody was notified`]
  if (told.some(each => !each.verified)) complaints.push(`${key}: a notification was not signed`)
  if (new Set(told.map(each => each.body)).size > 1) complaints.push(`${key}: two notifications differ`)
  const answer = finalCalls.find(call => call.kind === 'vault')?.answer
  if (answer && gist(read(answer.text)) !== gist(read(told[0]!.body))) {
    complaints.push(`${key}: the notification tells another result than the answer`)
  }
  return complaints
}

/** What the ledger is held against: the row, and the transaction id that the merchant was told. */
function ended({ key, finalCalls, row }: Vaulting) {
  const answer = finalCalls.find(call => call.kind === 'vault')?.answer
  return row ? [{ key, row, networkTransactionId: answer && read(answer.text).card?.networkTransactionId }] : []
}

function collect(history: History): Vaulting[] {
  const known = new Map<string, Vaulting>()
  const of = (key: string) => {
    const vaulting = known.get(key) ?? { key, calls: [], finalCalls: [], row: undefined, told: [] }
    known.set(key, vaulting)
    return vaulting
  }
  for (const call of history.calls) of(keyOf(call)).calls.push(call)
  for (const call of history.finalCalls) of(keyOf(call)).finalCalls.push(call)
  for (const row of history.vaultings) of(keyOf(row)).row = row
  for (const told of history.told) {
    const { vaultingRequestId } = JSON.parse(told.body) as { vaultingRequestId: string }
    of(keyOf({ clientId: told.clientId, vaultingRequestId })).told.push(told)
  }
  return [...known.values()]
}

const keyOf = (of: { clientId: string; vaultingRequestId: string }) => `${of.clientId}/${of.vaultingRequestId}`

/** Whether an answer tells how the vaulting ended. */
export function isFinal(call: Call): boolean {
  if (!call.answer || call.kind === 'changed') return false
  const said = read(call.answer.text)
  if (call.kind === 'inquire') return said.state === 'SUCCESS' || said.state === 'FAIL'
  return said.status === 'S' || outcomes.includes(said.code)
}

function stateOf(said: Said, kind: 'inquire' | 'vault'): string | undefined {
  if (kind === 'inquire') return said.state
  return said.status === 'S' ? 'SUCCESS' : said.status === 'F' ? 'FAIL' : undefined
}

/** What has to be the same wherever a result is told: how it ended, and the card with its token. */
function gist(said: Said): string {
  return JSON.stringify([said.code, said.card ?? null])
}

function read(text: string): Said {
  const { result, vaultingStatus, vaultingResultCode, paymentMethodDetail } = JSON.parse(text) as {
    result: { resultStatus: Said['status']; resultCode: string }
    vaultingStatus?: string
    vaultingResultCode?: string
    paymentMethodDetail?: { card?: Said['card'] }
  }
  return {
    status: result.resultStatus,
    resultCode: result.resultCode,
    code: vaultingResultCode ?? result.resultCode,
    state: vaultingStatus,
    card: paymentMethodDetail?.card,
    text,
  }
}
