/** `coffer clock`: the sandbox clock of a running Coffer. */
import { Command } from 'commander'
import { request } from 'undici'
import { portsOf } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { LONGEST_MOVE_MS } from '../sandbox/virtual-clock.js'
import type { CommandHost } from './host.js'

/** As the operations port takes them. */
const MOST_STEPS = 10_000

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What the operations port says of the clock. */
interface Answer {
  now: string
  offsetMs: number
  frozen: boolean
  next?: { at: string; what: string }
  played?: { at: string; what: string; count: number }[]
  leftOut?: number
  note?: string
  error?: string
}

export function clockCommand(host: CommandHost): Command {
  const clock = new Command('clock').description('show or move the clock of a running sandbox')
  const call = async (move?: object) => {
    const answer = await ask(host, move)
    host.print(host.json() ? JSON.stringify(answer) : [...playedLines(answer), ...standingLines(answer)].join('\n'))
  }
  clock.action(() => call())
  clock
    .command('advance')
    .description('move the clock forward; everything that falls due on the way happens, in order, at its own instant')
    .argument('<duration>', 'e.g. 2m, 10m, 1h30m, 25h, 500ms')
    // Else `-5m` would be taken for an option, and told to be an unknown one.
    .allowUnknownOption()
    .action((duration: string) => call({ advanceMs: parseAdvance(duration) }))
  clock
    .command('to')
    .description('move the clock forward to an instant; everything that falls due on the way happens, in order')
    .argument('<instant>', 'with its offset, e.g. 2030-01-31T12:00:00Z or 2030-01-31T20:00+08:00')
    .action((instant: string) => call({ to: instant }))
  clock
    .command('step')
    .description('move the clock to the next instant at which something is due, and let that happen')
    .argument('[n]', 'how many such instants', '1')
    .action((steps: string) => call({ step: parseSteps(steps) }))
  clock
    .command('freeze')
    .description('let the clock stand still, also across restarts, until "unfreeze"; it can still be moved')
    .action(() => call({ freeze: true }))
  clock
    .command('unfreeze')
    .description('let the clock run again, from the instant that it shows')
    .action(() => call({ freeze: false }))
  return clock
}

/** Waits as long as it takes: what is due on the way may wait for people. */
async function ask(host: CommandHost, move?: object): Promise<Answer> {
  const config = host.config()
  if (config.environment === 'live') throw new OperatorMistake('time cannot be played in live')
  const url = `http://127.0.0.1:${portsOf(config.portOffset).operations}/sandbox/clock`
  const patience = { headersTimeout: 0, bodyTimeout: 0 }
  const { statusCode, body } = await request(url, {
    ...patience,
    ...(move && { method: 'POST', body: JSON.stringify(move), headers: { 'content-type': 'application/json' } }),
  }).catch(error => {
    throw new OperatorMistake(
      error.code === 'ECONNREFUSED'
        ? `no Coffer answers at ${url}: start one with "npm start", or set COFFER_PORT_OFFSET as it was started with`
        : `the Coffer at ${url} ended before it had answered`,
    )
  })
  const answer = (await body.json().catch(() => ({}))) as Answer
  if (statusCode === 200) return answer
  throw new OperatorMistake([answer.error ?? 'the clock did not move', ...playedLines(answer)].join('\n'))
}

/** Reads a duration as operators write it, e.g. `1h30m`. @returns milliseconds */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)]
  if (!parts.length || parts.map(part => part[0]).join('') !== text) {
    throw new OperatorMistake('a duration is written like 2m, 1h30m, 25h or 500ms')
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0)
}

function parseAdvance(text: string): number {
  if (/^-\d/.test(text)) throw new OperatorMistake('time never goes back: the clock is only moved forward')
  const ms = parseDuration(text)
  if (ms > LONGEST_MOVE_MS) {
    throw new OperatorMistake(`the clock moves at most ten years at a time (${LONGEST_MOVE_MS / UNITS['d']!}d)`)
  }
  return ms
}

function parseSteps(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text) || Number(text) > MOST_STEPS) {
    throw new OperatorMistake(`the clock takes from 1 to ${MOST_STEPS} steps at a time`)
  }
  return Number(text)
}

function playedLines({ played = [], leftOut, note }: Answer): string[] {
  const lines = played.map(({ at, what, count }) => `${at}  ${what}${count > 1 ? ` × ${count}` : ''}`)
  return [...(leftOut ? [`${leftOut} more before these:`] : []), ...lines, ...(note ? [`${note}.`] : [])]
}

function standingLines({ now, offsetMs, frozen, next }: Answer): string[] {
  const due = next
    ? `Next: ${next.what} at ${next.at}, in ${inWords(Date.parse(next.at) - Date.parse(now))}.`
    : 'Nothing is due.'
  return [`${now} (${distance(offsetMs)}${frozen ? ', frozen' : ''})`, due]
}

/** A clock that runs by the machine's shows its time but for what a question and its answer take. */
function distance(offsetMs: number): string {
  if (Math.abs(offsetMs) < 1_000) return "the machine's time"
  return `${inWords(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} the machine`
}

/** The two largest units that are not nothing, e.g. `2 h 3 min`. Less than a second is in milliseconds. */
function inWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  const seconds = Math.round(ms / 1_000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}
