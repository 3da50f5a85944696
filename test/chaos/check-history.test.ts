/** The judge itself: a history that is falsified in any one way must not pass. */
import { expect, test } from 'vitest'
import { checkHistory } from './check-history.js'
import type { Call, History } from './history.js'

const clientId = 'SANDBOX_A'
const vaultingRequestId = 'v-1'
const card = { cardToken: 'cof_one', brand: 'VISA', networkTransactionId: '123' }
const detail = { paymentMethodDetail: { paymentMethodType: 'CARD', card } }
const good = { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success.' }
const declined = { resultCode: 'DO_NOT_HONOR', resultStatus: 'F', resultMessage: 'Declined by the issuer.' }
const unknown = { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U', resultMessage: 'The result is not known.' }
const outcome = { vaultingResultCode: 'SUCCESS', vaultingResultMessage: 'success.' }

const answered = JSON.stringify({ result: good, vaultingRequestId, ...detail })
const inquired = JSON.stringify({ result: good, vaultingRequestId, vaultingStatus: 'SUCCESS', ...outcome, ...detail })
const told = JSON.stringify({ result: good, vaultingRequestId, vaultingStatus: 'SUCCESS', ...detail })
const notThere = JSON.stringify({ result: { resultCode: 'VAULTING_NOT_EXIST', resultStatus: 'F', resultMessage: '' } })

const question = { rrn: '632719000001', stan: '000001', transmittedAt: '1123190000' }
const asVerified = { kind: 'verification', mti: '0100', dialect: 'visa-like' } as const

let now = 0
const call = (kind: Call['kind'], text: string | undefined, more: Partial<Call> = {}): Call => ({
  startedAt: ++now,
  endedAt: ++now,
  kind,
  clientId,
  vaultingRequestId,
  ...(text !== undefined && { answer: { status: 200, verified: true, text } }),
  ...more,
})

/** One vaulting that was cut off, answered with U, then with S, looked up, and told twice. */
const kept: History = {
  calls: [
    call('vault', undefined),
    call('vault', JSON.stringify({ result: unknown, vaultingRequestId })),
    call('vault', answered),
    call('changed', JSON.stringify({ result: { ...declined, resultCode: 'REPEAT_REQ_INCONSISTENT' } })),
    call('inquire', inquired),
    call('vault', JSON.stringify({ result: unknown, vaultingRequestId })),
  ],
  finalCalls: [call('inquire', inquired), call('vault', answered)],
  vaultings: [
    {
      clientId,
      vaultingRequestId,
      state: 'SUCCESS',
      resultCode: 'SUCCESS',
      cards: 1,
      notifications: 1,
      notificationsOpen: 0,
      questions: [question],
      questionsOpen: 0,
    },
  ],
  told: [
    { clientId, verified: true, body: told },
    { clientId, verified: true, body: told },
  ],
  ledger: [{ ...question, ...asVerified, responseCode: '85', networkTransactionId: '123' }],
  unexpectedEnds: [],
}

const row = kept.vaultings[0]!
const also = (more: Call): History => ({ ...kept, calls: [...kept.calls, more] })
const otherToken = (text: string) => text.replace('cof_one', 'cof_two')

test('a history in which every promise was kept passes', () => {
  expect(checkHistory(kept)).toEqual([])
})

test('a declined card passes, inquiry and all', () => {
  const own = { vaultingRequestId: 'v-3' }
  const answer = JSON.stringify({ result: declined, ...own })
  const failed = { vaultingStatus: 'FAIL', vaultingResultCode: 'DO_NOT_HONOR', vaultingResultMessage: '' }
  const inProcess = { vaultingStatus: 'PROCESSING', vaultingResultCode: 'VERIFICATION_IN_PROCESS' }
  const inquiry = JSON.stringify({ result: good, ...own, ...failed })
  const history: History = {
    calls: [call('inquire', JSON.stringify({ result: good, ...own, ...inProcess }), own), call('vault', answer, own)],
    finalCalls: [call('inquire', inquiry, own), call('vault', answer, own)],
    vaultings: [{ ...row, ...own, state: 'FAIL', resultCode: 'DO_NOT_HONOR', cards: 0 }],
    told: [{ clientId, verified: true, body: JSON.stringify({ result: declined, ...own, vaultingStatus: 'FAIL' }) }],
    ledger: [{ ...question, ...asVerified, responseCode: '05' }],
    unexpectedEnds: [],
  }
  expect(checkHistory(history)).toEqual([])
})

test('an id that was never claimed, and got no final answer, passes', () => {
  const lost = { vaultingRequestId: 'v-2' }
  const history = {
    ...kept,
    calls: [...kept.calls, call('vault', undefined, lost), call('inquire', notThere, lost)],
    finalCalls: [...kept.finalCalls, call('inquire', notThere, lost)],
  }
  expect(checkHistory(history)).toEqual([])
})

test.each<[string, History, RegExp]>([
  ['an acknowledged success that is gone', { ...kept, vaultings: [] }, /is gone from the database/],
  ['an inquiry that no longer knows it', also(call('inquire', notThere)), /was final, and then inquire said/],
  ['a final inquiry that does not know', { ...kept, finalCalls: [call('inquire', notThere)] }, /was final, and then/],
  ['a last repeat that does not know', { ...kept, finalCalls: [kept.finalCalls[0]!] }, /the last vault said nothing/],
  ['a result that changed', also(call('vault', JSON.stringify({ result: declined }))), /the result changed/],
  ['another byte in a repeat', also(call('vault', `${answered} `)), /the result changed between two answers/],
  ['another byte in an inquiry', also(call('inquire', `${inquired} `)), /the result changed between two inquiries/],
  ['a second token', also(call('vault', otherToken(answered))), /has 2 tokens/],
  [
    'one token for two ids',
    also(call('vault', answered.replace('v-1', 'v-2'), { vaultingRequestId: 'v-2' })),
    /has the token of/,
  ],
  [
    'a vaulting that stays in process',
    { ...kept, vaultings: [{ ...row, state: 'PROCESSING', cards: 1 }] },
    /is still in process/,
  ],
  ['a success without a card', { ...kept, vaultings: [{ ...row, cards: 0 }] }, /is SUCCESS with 0 cards/],
  ['a result that nobody was told', { ...kept, told: [] }, /nobody was notified/],
  ['an open notification', { ...kept, vaultings: [{ ...row, notificationsOpen: 1 }] }, /still open/],
  ['a second series', { ...kept, vaultings: [{ ...row, notifications: 2 }] }, /2 series/],
  [
    'two different notifications',
    { ...kept, told: [kept.told[0]!, { ...kept.told[0]!, body: `${told} ` }] },
    /two notifications differ/,
  ],
  [
    'a notification of another result',
    { ...kept, told: [{ ...kept.told[0]!, body: told.replace('SUCCESS', 'DO_NOT_HONOR') }] },
    /tells another result/,
  ],
  ['an unsigned notification', { ...kept, told: [{ ...kept.told[0]!, verified: false }] }, /was not signed/],
  ['a notification of nothing', { ...kept, told: [...kept.told, other()] }, /was notified and does not exist/],
  [
    'an end that none of these cards has',
    { ...kept, vaultings: [{ ...row, resultCode: 'LOST_CARD' }] },
    /ended as LOST_CARD/,
  ],
  ['a ledger that disagrees', { ...kept, ledger: [] }, /without an approval/],
  [
    'a success with the approval of another card',
    { ...kept, ledger: [{ ...kept.ledger[0]!, networkTransactionId: '999' }] },
    /the transaction id of another question/,
  ],
  ['an unsigned answer', also(unsigned()), /not signed/],
  ['an HTTP error', also({ ...unsigned(), answer: { status: 500, verified: true, text: answered } }), /HTTP 500/],
  ['a call that hangs', also(call('inquire', undefined, { hung: true })), /neither an answer nor/],
  ['a changed repeat that was taken', also(call('changed', answered)), /changed was answered S SUCCESS/],
  ['a refusal without a reason', also(call('vault', notThere)), /vault was answered F VAULTING_NOT_EXIST/],
  ['a program that died by itself', { ...kept, unexpectedEnds: ['work ended by itself (exit 1)'] }, /by itself/],
])('%s does not pass', (_what, history, complaint) => {
  expect(checkHistory(history).join('\n')).toMatch(complaint)
})

function unsigned(): Call {
  return call('vault', undefined, { answer: { status: 200, verified: false, text: answered } })
}

function other() {
  return { clientId, verified: true, body: told.replace('v-1', 'v-9').replace('cof_one', 'cof_nine') }
}
