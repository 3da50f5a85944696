/** What can be wrong with a message. Source: EMV 3DS, Error Code, as vendors of 3DS Servers publish it. */
import type { ErrorComponent } from './erro.js'

interface CatalogueRow {
  readonly code: string
  /** The text of `errorDescription`. */
  readonly name: string
  readonly when: string
  /** What `errorDetail` holds. */
  readonly detail: string
  /** Who may find it: C 3DS SDK, S 3DS Server, D directory server, A ACS. */
  readonly from: readonly ErrorComponent[]
  /** Whether a 3DS Server tells it to the directory server when it finds it in an ARes; otherwise it stays with itself. */
  readonly told: boolean
  /** Where code, name and meaning were read. */
  readonly source: string
}

const PUBLIC_LISTS = 'error lists that vendors of 3DS Servers publish'
const all = ['C', 'S', 'D', 'A'] as const
const row = <const C extends string>(
  code: C,
  name: string,
  when: string,
  detail: string,
  from: readonly ErrorComponent[],
  told: boolean,
) => ({ code, name, when, detail, from, told, source: PUBLIC_LISTS })

/** Every error code there is, in order. The spelling of the names, and `from`, were not checked against the EMVCo text. */
export const errorCatalogue = [
  row(
    '101',
    'Message Received Invalid',
    'It is not a JSON object, or not a message that this component takes',
    'which of the two',
    all,
    true,
  ),
  row('102', 'Message Version Number Not Supported', 'Its version is not spoken here', 'messageVersion', all, true),
  row('103', 'Sent Messages Limit Exceeded', 'More PReq than a directory server takes', 'in words', ['D'], true),
  row(
    '201',
    'Required Data Element Missing',
    'A required element is missing, null, or empty',
    'every such name',
    all,
    true,
  ),
  row(
    '202',
    'Critical Message Extension Not Recognised',
    'An extension that has to be understood is not',
    'messageExtension.id',
    all,
    true,
  ),
  row(
    '203',
    'Format of One or More Data Elements Is Invalid',
    'An element has a wrong format, or a value that its version or its neighbours do not allow',
    'every such name',
    all,
    true,
  ),
  row('204', 'Duplicate Data Element', 'A name stands twice in one object', 'every such name', all, true),
  row(
    '301',
    'Transaction ID Not Recognised',
    'An id belongs to no authentication that is known',
    'every such name',
    all,
    true,
  ),
  row('302', 'Data Decryption Failure', 'Encrypted data cannot be read', 'in words', ['D', 'A'], true),
  row('303', 'Access Denied, Invalid Endpoint', 'The caller may not call here', 'in words', ['S', 'D', 'A'], false),
  row(
    '304',
    'ISO Code Invalid',
    'A code of a country or currency does not exist',
    'every such name',
    ['S', 'D', 'A'],
    true,
  ),
  row(
    '305',
    'Transaction Data Not Valid',
    'The data does not fit: a card number that is in no range of this directory server',
    'every such name',
    ['S', 'D', 'A'],
    true,
  ),
  row(
    '306',
    'Merchant Category Code Not Valid for Payment System',
    'The scheme does not know the code',
    'mcc',
    ['D'],
    true,
  ),
  row(
    '307',
    'Serial Number Not Valid',
    'The state of the list is not known; ask for the whole list',
    'serialNum',
    ['D'],
    true,
  ),
  row('402', 'Transaction Timed Out', 'No answer in time', 'in words', all, false),
  row('403', 'Transient System Failure', 'A fault that passes', 'in words', ['S', 'D', 'A'], false),
  row('404', 'Permanent System Failure', 'A fault that does not pass', 'in words', ['S', 'D', 'A'], false),
  row('405', 'System Connection Failure', 'The next one cannot be reached', 'in words', ['S', 'D', 'A'], false),
] as const satisfies readonly CatalogueRow[]

/** A code of the catalogue. An Erro from outside may hold another. */
export type ErrorCode = (typeof errorCatalogue)[number]['code']

/** The row of a code. */
export function errorRow(code: ErrorCode): (typeof errorCatalogue)[number] {
  return errorCatalogue.find(row => row.code === code)!
}
