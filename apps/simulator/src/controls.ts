/** What a test can make the issuer lose. Each number counts down as messages get lost. */
export interface Losses {
  /** So many reversals count as lost on their way: they are neither done nor answered. */
  dropReversals: number
  /** So many reversals are done, and their answers count as lost. */
  dropReversalAnswers: number
  /** So many echo tests are not answered. */
  dropEchoes: number
}

/** A change to what gets lost; what is not named stays. */
export interface ControlChange extends Partial<Losses> {
  /** Cuts all connections, now and once. */
  readonly cutConnections?: boolean
}

/** What is being lost, and the countdown of it. */
export interface Controls {
  readonly losses: Readonly<Losses>
  set(change: Partial<Losses>): void
  /** Whether this one gets lost; if so, one less is left to lose. */
  takes(loss: keyof Losses): boolean
}

export function createControls(): Controls {
  const losses: Losses = { dropReversals: 0, dropReversalAnswers: 0, dropEchoes: 0 }
  return {
    losses,
    set({ dropReversals, dropReversalAnswers, dropEchoes }) {
      losses.dropReversals = dropReversals ?? losses.dropReversals
      losses.dropReversalAnswers = dropReversalAnswers ?? losses.dropReversalAnswers
      losses.dropEchoes = dropEchoes ?? losses.dropEchoes
    },
    takes(loss) {
      if (losses[loss] === 0) return false
      losses[loss] -= 1
      return true
    },
  }
}
