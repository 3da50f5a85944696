/** A vaulting: its states, and the one mapping from a state to what a merchant is told. Pure. */
import {
  type CustomizedInfo,
  failureResult,
  type InquireVaultingResponse,
  type NotifyVaultingBody,
  printWireTime,
  type Result,
  resultOf,
  type StoredCard,
  type VaultingFailureCode,
  type VaultPaymentMethodResponse,
} from '@coffer/antom'

/** What goes back to the merchant as it came. */
export interface Echo {
  metadata?: string
  customizedInfo?: CustomizedInfo
}

interface Common {
  /** Ours; its card has the same. */
  id: string
  merchantId: string
  vaultingRequestId: string
  receivedAt: number
  echo: Echo
}

/** A final state never changes. `message` and `card` are what was decided then, whatever later releases would say. */
export type Vaulting =
  | (Common & {
      state: 'PROCESSING'
      /** Whether a buyer has something to do in the browser. */
      awaitsBuyer: boolean
    })
  | (Common & { state: 'SUCCESS'; message: string; card: StoredCard })
  | (Common & { state: 'FAIL'; code: VaultingFailureCode; message: string })

export type FinalVaulting = Exclude<Vaulting, { state: 'PROCESSING' }>
export type RunningVaulting = Extract<Vaulting, { state: 'PROCESSING' }>

/** Gives the address of a buyer's page. */
export type PageOf = (subject: { id: string }) => string

/** How a vaulting ended. */
export type Outcome =
  | { kind: 'stored'; card: StoredCard }
  | { kind: 'failed'; code: VaultingFailureCode; message: string }

/** The text of a success, fixed by the reference. */
export const SUCCESS_MESSAGE = resultOf('SUCCESS').resultMessage

/** A failure with the table's text, or with a more telling one. */
export function failed(code: VaultingFailureCode, message?: string): Outcome {
  return { kind: 'failed', code, message: failureResult(code, message).resultMessage }
}

/**
 * The answer of vaultPaymentMethod. While nobody waits for a browser, a vaulting in process is an unknown result:
 * `VERIFICATION_IN_PROCESS` without an address would mean that it failed.
 */
export function answerFor(vaulting: Vaulting, pageOf: PageOf): VaultPaymentMethodResponse {
  const { vaultingRequestId } = vaulting
  if (vaulting.state === 'PROCESSING') {
    return vaulting.awaitsBuyer
      ? { result: resultOf('VERIFICATION_IN_PROCESS'), vaultingRequestId, normalUrl: pageOf(vaulting) }
      : { result: resultOf('UNKNOWN_EXCEPTION'), vaultingRequestId }
  }
  return { result: resultFor(vaulting), vaultingRequestId, ...storedDetail(vaulting) }
}

/** The answer of inquireVaulting: a successful call, whatever became of the vaulting. */
export function inquiryFor(vaulting: Vaulting, pageOf: PageOf): InquireVaultingResponse {
  const told =
    vaulting.state === 'PROCESSING'
      ? {
          resultCode: 'VERIFICATION_IN_PROCESS',
          resultMessage: resultOf('VERIFICATION_IN_PROCESS').resultMessage,
        }
      : resultFor(vaulting)
  return {
    result: resultOf('SUCCESS'),
    vaultingRequestId: vaulting.vaultingRequestId,
    vaultingStatus: vaulting.state,
    vaultingResultCode: told.resultCode,
    vaultingResultMessage: told.resultMessage,
    ...storedDetail(vaulting),
    ...(vaulting.state === 'PROCESSING' && vaulting.awaitsBuyer && { normalUrl: pageOf(vaulting) }),
    ...(vaulting.echo.metadata !== undefined && { metadata: vaulting.echo.metadata }),
  }
}

/** The body of notifyVaulting. Every attempt sends the same bytes, so it is built from what was frozen alone. */
export function notificationFor(vaulting: FinalVaulting): NotifyVaultingBody {
  const { metadata, customizedInfo } = vaulting.echo
  return {
    result: resultFor(vaulting),
    vaultingRequestId: vaulting.vaultingRequestId,
    vaultingStatus: vaulting.state,
    vaultingCreateTime: printWireTime(vaulting.receivedAt),
    paymentMethodDetail: {
      paymentMethodType: 'CARD',
      ...(vaulting.state === 'SUCCESS' && { card: vaulting.card }),
    },
    ...(metadata !== undefined && { metadata }),
    ...(customizedInfo !== undefined && { customizedInfo }),
  }
}

function resultFor(vaulting: FinalVaulting): Result {
  if (vaulting.state === 'FAIL') return failureResult(vaulting.code, vaulting.message)
  return { ...resultOf('SUCCESS'), resultMessage: vaulting.message }
}

function storedDetail(vaulting: Vaulting) {
  if (vaulting.state !== 'SUCCESS') return {}
  return { paymentMethodDetail: { paymentMethodType: 'CARD' as const, card: vaulting.card } }
}
