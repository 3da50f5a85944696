import type { Clock } from './clock.js'
import { lateAnswerMs } from './decide.js'
import type { MessageIdentity } from './ledger-entry.js'
import type { Line, Log } from './line.js'

/** Answers that wait until it is too late for them. */
export interface Hold {
  /** Keeps an answer until its question is reversed, at most {@link lateAnswerMs}. @param send  gets the reversal's line */
  add(question: MessageIdentity, send: (reversedOn?: Line) => void): void
  /** Lets the answer to a question go now, if one waits. */
  release(question: MessageIdentity, reversedOn: Line): void
  stop(): void
}

export function createHold(clock: Clock, log: Log): Hold {
  const waiting = new Map<string, { send: (reversedOn?: Line) => void; wait: AbortController }>()

  const release = (key: string, reversedOn?: Line) => {
    const held = waiting.get(key)
    waiting.delete(key)
    held?.wait.abort()
    held?.send(reversedOn)
  }

  return {
    add(question, send) {
      const wait = new AbortController()
      const key = keyOf(question)
      waiting.set(key, { send, wait })
      clock
        .wait(lateAnswerMs, wait.signal)
        .then(passed => passed && release(key))
        .catch((error: Error) => log('error', `a late answer could not be sent: ${error.name}`))
    },
    release: (question, reversedOn) => release(keyOf(question), reversedOn),
    stop() {
      for (const { wait } of waiting.values()) wait.abort()
      waiting.clear()
    },
  }
}

function keyOf({ stan, transmittedAt, acquirerId, terminalId }: MessageIdentity): string {
  return [stan, transmittedAt, acquirerId, terminalId].join(' ')
}
