import { setTimeout as sleep } from 'node:timers/promises'
import { shortId } from './words.mjs'

/**
 * The timeline of one vaulting, as the vault keeps it.
 * @param {(events: object[]) => boolean} isThere  whether what is waited for is in it
 */
export async function readTimeline({ client, sandbox, signal, id }, isThere) {
  const url = `${sandbox.opsUrl}/sandbox/timeline/${client.clientId}/${encodeURIComponent(id)}`
  // The vault notes some things a moment after we saw them.
  for (let tries = 0; ; tries++) {
    const answer = await fetch(url, { signal })
    const { events = [] } = await answer.json()
    if (isThere(events) || tries === 20) return events
    await sleep(100, undefined, { signal })
  }
}

/** Shows all of it, with the ids of 3-D Secure shortened. */
export function showTimeline(screen, events) {
  const first = events.length > 0 ? Date.parse(events[0].at) : 0
  for (const { at, kind, ...details } of events) {
    const seconds = `+${((Date.parse(at) - first) / 1000).toFixed(3)} s`.padStart(11)
    const text = Object.entries(details).map(([name, value]) => `${name} ${shortId(value)}`)
    screen.line(`   ${screen.dim(seconds)}  ${kind.padEnd(22)} ${screen.dim(text.join(', '))}`)
  }
  if (events.length === 0) screen.note('Nothing: no vaulting began.')
}
