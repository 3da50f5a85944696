import type { RangeChange } from './three-ds/ranges.js'

/** What a test can make get lost. Each number counts down as messages get lost. */
export interface Losses {
  /** So many reversals count as lost on their way: they are neither done nor answered. */
  dropReversals: number
  /** So many reversals are done, and their answers count as lost. */
  dropReversalAnswers: number
  /** So many captures and refunds count as lost on their way: they are neither done nor answered. */
  dropAdvices: number
  /** So many captures and refunds are done, and their answers count as lost. */
  dropAdviceAnswers: number
  /** So many payments are decided, and their answers count as lost. */
  dropPaymentAnswers: number
  /** So many echo tests are not answered. */
  dropEchoes: number
  /** So many RReqs get lost between a directory server and the 3DS Server. The directory server tries again later. */
  dropRReqs: number
}

/** What stays as a test has set it. */
export interface ControlState {
  /** Whether no directory server answers a PReq or an AReq. */
  silentDirectory: boolean
  /** So many ranges that no test card lies in are in the list of each directory server. */
  hugeRanges: number
}

/** A change to what gets lost and what stays; what is not named is left alone. */
export interface ControlChange extends Partial<Losses>, Partial<ControlState> {
  /** Cuts all connections of the issuer, now and once. */
  readonly cutConnections?: boolean
  /** Changes card ranges of directory servers, one after the other. */
  readonly ranges?: readonly RangeChange[]
  /** Makes directory servers forget every serial number that they gave out, now and once. */
  readonly forgetSerials?: boolean
}

/** What is being lost, the countdown of it, and what stays. */
export interface Controls {
  readonly state: Readonly<Losses & ControlState>
  set(change: ControlChange): void
  /** Whether this one gets lost; if so, one less is left to lose. */
  takes(loss: keyof Losses): boolean
}

/** The names of all losses. */
export const losses = [
  'dropReversals',
  'dropReversalAnswers',
  'dropAdvices',
  'dropAdviceAnswers',
  'dropPaymentAnswers',
  'dropEchoes',
  'dropRReqs',
] as const satisfies readonly (keyof Losses)[]

export function createControls(): Controls {
  const state: Losses & ControlState = {
    dropReversals: 0,
    dropReversalAnswers: 0,
    dropAdvices: 0,
    dropAdviceAnswers: 0,
    dropPaymentAnswers: 0,
    dropEchoes: 0,
    dropRReqs: 0,
    silentDirectory: false,
    hugeRanges: 0,
  }
  return {
    state,
    set(change) {
      for (const loss of losses) state[loss] = change[loss] ?? state[loss]
      state.silentDirectory = change.silentDirectory ?? state.silentDirectory
      state.hugeRanges = change.hugeRanges ?? state.hugeRanges
    },
    takes(loss) {
      if (state[loss] === 0) return false
      state[loss] -= 1
      return true
    },
  }
}
