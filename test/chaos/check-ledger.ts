/**
 * Holds the issuer's ledger against what became of vaultings and payments. Every question of the ledger belongs to one of
 * them and is its only one. Of a vaulting it ends approved and stored, declined and failed, or unknown and taken back;
 * nothing else. What payments come to at the issuer is judged by its accounts, see check-payments.ts.
 */
import { keyOfPayment } from './check-payments.js'
import type { LedgerLine, PaymentRow, QuestionName, VaultingRow } from './history.js'

/** How a vaulting ended, with the network's id of the decision where it succeeded. */
export interface Ended {
  key: string
  row: VaultingRow
  networkTransactionId: string | undefined
}

/** Zero amounts are approved with another code where there is no money to approve. Source: card scheme practice */
const approvalCodes = { 'visa-like': '85', 'mastercard-like': '00' }

const isApproved = ({ dialect, responseCode }: LedgerLine) => responseCode === approvalCodes[dialect]

/** What the ledger says of one vaulting. */
interface Dealt {
  decided: LedgerLine[]
  reversals: LedgerLine[]
}

/** @returns one line per disagreement */
export function checkLedger(
  vaultings: readonly Ended[],
  ledger: readonly LedgerLine[],
  payments: readonly PaymentRow[] = [],
): string[] {
  const complaints: string[] = []
  const dealt = new Map<Ended, Dealt>(vaultings.map(one => [one, { decided: [], reversals: [] }]))
  const owners = new Map<string, Ended>()
  for (const one of vaultings) {
    for (const name of one.row.questions) {
      const other = owners.get(nameOf(name))
      if (other) complaints.push(`${one.key}: its question has the name of one of ${other.key}`)
      owners.set(nameOf(name), one)
    }
  }
  const paying = new Map<string, PaymentRow>()
  const asked = new Map<PaymentRow, number>()
  for (const payment of payments) {
    for (const name of payment.questions) {
      const other =
        owners.get(nameOf(name))?.key ?? (paying.get(nameOf(name)) && keyOfPayment(paying.get(nameOf(name))!))
      if (other) complaints.push(`${keyOfPayment(payment)}: its question has the name of one of ${other}`)
      paying.set(nameOf(name), payment)
    }
  }

  for (const line of ledger) {
    const what = `a ${line.kind} with trace number ${line.stan}`
    if (line.kind === 'duplicate') complaints.push(`the issuer was asked twice: ${what}`)
    if (line.kind === 'refused' && line.reason !== 'reversed-before') {
      complaints.push(`the issuer refused a message: ${what}, ${line.reason ?? 'no reason'}`)
    }
    const about = nameOf(line.kind === 'reversal' || line.kind === 'advice' ? { ...line, ...line.original } : line)
    const payment = paying.get(about)
    if (line.kind === 'payment' || line.kind === 'advice') {
      if (!payment) complaints.push(`the issuer knows ${what}, which is of no payment`)
      else if (line.kind === 'payment') asked.set(payment, (asked.get(payment) ?? 0) + 1)
      continue
    }
    if ((line.kind !== 'verification' && line.kind !== 'reversal') || payment) continue
    const owner = owners.get(about)
    if (!owner) complaints.push(`the issuer knows ${what}, which is of no vaulting`)
    else dealt.get(owner)![line.kind === 'reversal' ? 'reversals' : 'decided'].push(line)
  }
  for (const [payment, times] of asked) {
    if (times > 1) complaints.push(`${keyOfPayment(payment)}: the issuer was asked for its money ${times} times`)
  }
  return [...complaints, ...[...dealt].flatMap(([one, lines]) => judge(one, lines))]
}

/** A question's reference number is its own; trace number and time say the same to a reversal. */
const nameOf = ({ stan, transmittedAt }: Pick<QuestionName, 'stan' | 'transmittedAt'>) => `${stan} ${transmittedAt}`

function judge({ key, row, networkTransactionId }: Ended, { decided, reversals }: Dealt): string[] {
  const complaints: string[] = []
  const complain = (what: string) => complaints.push(`${key}: ${what}`)
  const [first] = decided
  const takenBack = reversals.some(({ effect }) => effect !== 'none')
  if (decided.length > 1) complain(`the issuer was asked ${decided.length} times`)
  if (first && !row.questions.some(({ rrn }) => rrn === first.rrn)) complain('was asked under another reference number')
  if (row.questionsOpen) complain('a question is still open')
  for (const line of decided) {
    if (isApproved(line) && row.state !== 'SUCCESS' && !line.reversed) complain('an approval is left standing')
  }

  switch (row.resultCode) {
    case 'SUCCESS':
      if (!first || !isApproved(first)) complain('succeeded without an approval')
      else if (first.networkTransactionId !== networkTransactionId)
        complain('has the transaction id of another question')
      if (reversals.length) complain('succeeded, and was taken back')
      break
    case 'DO_NOT_HONOR':
      if (first?.responseCode !== '05') complain('was declined by nobody')
      if (reversals.length) complain('was declined, and taken back')
      break
    case 'PROCESS_FAIL':
      if (!takenBack) complain('failed without an answer, and was not taken back')
      break
    case 'ORDER_IS_CLOSED':
      if (first || reversals.length) complain('was closed as never asked, and the issuer was asked')
      break
    case 'AUTHENTICATION_REQUIRED':
      // Cards of the EEA alone need it here, and their issuers are asked about nobody who was not authenticated.
      if (first || reversals.length) complain('failed for want of authentication, and the issuer was asked')
      break
  }
  return complaints
}
