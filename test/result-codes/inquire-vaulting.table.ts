/** What inquireVaulting answers: the result of the call, and apart from it what became of the vaulting. */
import type { Row } from './row.js'

export interface InquiryRow extends Row<{ cardNo: string; settled?: boolean } | 'unknown id' | 'of another merchant'> {
  readonly vaultingStatus?: 'SUCCESS' | 'FAIL' | 'PROCESSING'
  readonly vaultingResultCode?: string
}

const source = 'Antom › inquireVaulting › Result codes'

export const inquiryRows: readonly InquiryRow[] = [
  {
    situation: 'a card that was stored',
    change: { cardNo: '4000000000100000' },
    code: 'SUCCESS',
    vaultingStatus: 'SUCCESS',
    vaultingResultCode: 'SUCCESS',
    source,
  },
  {
    situation: 'a card that was declined',
    change: { cardNo: '4000000000100059' },
    code: 'SUCCESS',
    vaultingStatus: 'FAIL',
    vaultingResultCode: 'DO_NOT_HONOR',
    source,
  },
  {
    situation: 'a card that the issuer has not answered for',
    change: { cardNo: '4000000000105009' },
    code: 'SUCCESS',
    vaultingStatus: 'PROCESSING',
    vaultingResultCode: 'VERIFICATION_IN_PROCESS',
    source,
  },
  {
    situation: 'a card that the issuer never answered for',
    change: { cardNo: '4000000000105009', settled: true },
    code: 'SUCCESS',
    vaultingStatus: 'FAIL',
    vaultingResultCode: 'PROCESS_FAIL',
    source,
  },
  { situation: 'an id that nobody used', change: 'unknown id', code: 'VAULTING_NOT_EXIST', source },
  { situation: 'an id of another merchant', change: 'of another merchant', code: 'VAULTING_NOT_EXIST', source },
]
