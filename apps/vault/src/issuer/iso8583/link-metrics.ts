/** What is counted about the links to acquirers. `acquirer` is an id of the operator's own file, so the set is fixed. */
import { Counter, Gauge, type Registry } from 'prom-client'

/** Declares the figures; once per registry, whatever the number of links. */
export function linkMetrics(registry: Registry) {
  const registers = [registry]
  const labelNames = ['acquirer'] as const
  return {
    up: new Gauge({
      name: 'coffer_issuer_link_up',
      help: '1 while this process is signed on to the acquirer, else 0',
      labelNames,
      registers,
    }),
    waiting: new Gauge({
      name: 'coffer_issuer_waiting',
      help: 'Messages that wait for the answer of the acquirer',
      labelNames,
      registers,
    }),
    reconnects: new Counter({
      name: 'coffer_issuer_reconnects_total',
      help: 'Times that the process signed on to the acquirer again, after the first time',
      labelNames,
      registers,
    }),
    lateAnswers: new Counter({
      name: 'coffer_issuer_late_answers_total',
      help: 'Answers that nobody waited for: late, given already (duplicate), or to no message of ours (unknown)',
      labelNames: ['acquirer', 'kind'] as const,
      registers,
    }),
    unreadableFrames: new Counter({
      name: 'coffer_issuer_unreadable_frames_total',
      help: 'Frames that could not be read as a message; anything but 0 means that the profile does not fit',
      labelNames,
      registers,
    }),
    notSent: new Counter({
      name: 'coffer_issuer_not_sent_total',
      help: 'Messages of which not one byte left: the link was down or full, or the message could not be written',
      labelNames,
      registers,
    }),
  }
}

export type LinkMetrics = ReturnType<typeof linkMetrics>
