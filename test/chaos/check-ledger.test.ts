/** The judge of the issuer's ledger: each way to end passes, and each way to disagree does not. */
import { expect, test } from 'vitest'
import { checkLedger, type Ended } from './check-ledger.js'
import type { LedgerLine, VaultingRow } from './history.js'

const name = (nth: number) => ({
  rrn: `63271900000${nth}`,
  stan: `00000${nth}`,
  transmittedAt: '1123190000',
})

function ended(resultCode: string, questions = [name(1)], more: Partial<VaultingRow> = {}): Ended {
  const row: VaultingRow = {
    clientId: 'SANDBOX_A',
    vaultingRequestId: 'v-1',
    state: resultCode === 'SUCCESS' ? 'SUCCESS' : 'FAIL',
    resultCode,
    cards: resultCode === 'SUCCESS' ? 1 : 0,
    notifications: 1,
    notificationsOpen: 0,
    questions,
    questionsOpen: 0,
    ...more,
  }
  return { key: 'SANDBOX_A/v-1', row, networkTransactionId: resultCode === 'SUCCESS' ? '123' : undefined }
}

const verified = (responseCode: string, more: Partial<LedgerLine> = {}, nth = 1): LedgerLine => ({
  ...name(nth),
  kind: 'verification',
  mti: '0100',
  dialect: 'visa-like',
  responseCode,
  ...(responseCode === '85' && { networkTransactionId: '123' }),
  reversed: false,
  ...more,
})

/** A reversal has a reference number of its own and names its question. */
function takenBack(effect: NonNullable<LedgerLine['effect']>, nth = 1): LedgerLine {
  const { stan, transmittedAt } = name(nth)
  const original = { stan, transmittedAt, acquirerId: '400001' }
  return { ...name(nth + 5), kind: 'reversal', mti: '0400', dialect: 'visa-like', effect, original }
}

const approved = verified('85')
const undone = verified('85', { reversed: true })

test.each<[string, Ended, LedgerLine[]]>([
  ['an approval that was stored', ended('SUCCESS'), [approved]],
  [
    'an approval in the words of the other dialect',
    ended('SUCCESS'),
    [{ ...approved, dialect: 'mastercard-like', responseCode: '00' }],
  ],
  ['a decline', ended('DO_NOT_HONOR'), [verified('05')]],
  ['an approval that was taken back', ended('PROCESS_FAIL'), [undone, takenBack('reversed')]],
  [
    'one whose first reversal was not acknowledged',
    ended('PROCESS_FAIL'),
    [undone, takenBack('reversed'), takenBack('already-reversed')],
  ],
  ['a question that never arrived', ended('PROCESS_FAIL'), [takenBack('no-original')]],
  [
    'a question that arrives after it was taken back',
    ended('PROCESS_FAIL'),
    [takenBack('no-original'), verified('94', { kind: 'refused', reason: 'reversed-before' })],
  ],
  ['a silent issuer', ended('PROCESS_FAIL'), [verified('no answer', { reversed: true }), takenBack('reversed')]],
  ['a question that could be asked again', ended('SUCCESS', [name(1), name(2)]), [verified('85', {}, 2)]],
  ['an issuer that was never asked', ended('ORDER_IS_CLOSED', []), []],
  ['a buyer who could not be authenticated', ended('AUTHENTICATION_REQUIRED', []), []],
  ['what is about the line', ended('ORDER_IS_CLOSED', []), [{ ...approved, kind: 'sign-on', mti: '0800' }]],
])('%s agrees', (_what, vaulting, ledger) => {
  expect(checkLedger([vaulting], ledger)).toEqual([])
})

test.each<[string, Ended, LedgerLine[], RegExp]>([
  ['an approval that is left standing', ended('PROCESS_FAIL'), [approved], /approval is left standing/],
  ['an approval of a vaulting that was closed', ended('ORDER_IS_CLOSED'), [approved], /the issuer was asked/],
  ['a decline where nobody was authenticated', ended('AUTHENTICATION_REQUIRED'), [verified('1A')], /issuer was asked/],
  ['an approval of a vaulting in process', ended('', [name(1)], { state: 'PROCESSING' }), [approved], /left standing/],
  ['a success that nobody approved', ended('SUCCESS'), [], /without an approval/],
  ['a success after a decline', ended('SUCCESS'), [verified('05')], /without an approval/],
  [
    'a success by the word of the other dialect',
    ended('SUCCESS'),
    [verified('00', { networkTransactionId: '123' })],
    /without an approval/,
  ],
  [
    'a success with the approval of another',
    ended('SUCCESS'),
    [verified('85', { networkTransactionId: '9' })],
    /transaction id of another/,
  ],
  ['a success that was taken back', ended('SUCCESS'), [undone, takenBack('reversed')], /succeeded, and was taken back/],
  [
    'a success of which another question was taken back',
    ended('SUCCESS', [name(1), name(2)]),
    [approved, takenBack('no-original', 2)],
    /succeeded, and was taken back/,
  ],
  ['a decline by nobody', ended('DO_NOT_HONOR'), [], /declined by nobody/],
  [
    'an answer that counted and was taken back',
    ended('DO_NOT_HONOR'),
    [verified('05'), takenBack('reversed')],
    /taken back/,
  ],
  ['a failure that was not taken back', ended('PROCESS_FAIL'), [verified('no answer')], /was not taken back/],
  ['a reversal that got lost', ended('PROCESS_FAIL'), [takenBack('none')], /was not taken back/],
  [
    'two questions about one vaulting',
    ended('SUCCESS', [name(1), name(2)]),
    [approved, verified('05', {}, 2)],
    /2 times/,
  ],
  ['a question that came twice', ended('SUCCESS'), [approved, { ...approved, kind: 'duplicate' }], /asked twice/],
  ['a question of nobody', ended('SUCCESS'), [approved, verified('05', {}, 3)], /of no vaulting/],
  ['a reversal of nothing', ended('SUCCESS'), [approved, takenBack('no-original', 3)], /of no vaulting/],
  ['another reference number', ended('SUCCESS'), [{ ...approved, rrn: '000000000000' }], /another reference number/],
  [
    'a message without sign-on',
    ended('SUCCESS'),
    [approved, verified('91', { kind: 'refused', reason: 'not-signed-on' })],
    /refused/,
  ],
  ['a question that stays open', ended('SUCCESS', [name(1)], { questionsOpen: 1 }), [approved], /still open/],
])('%s does not', (_what, vaulting, ledger, complaint) => {
  expect(checkLedger([vaulting], ledger).join('\n')).toMatch(complaint)
})

test('one name for questions of two vaultings does not', () => {
  const other = { ...ended('SUCCESS'), key: 'SANDBOX_A/v-2' }
  expect(checkLedger([ended('SUCCESS'), other], [approved]).join('\n')).toMatch(/the name of one of/)
})
