/** `coffer clock`: the sandbox clock of a running Coffer. */
import { Command } from 'commander'
import { portsOf } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { CommandHost } from './host.js'

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function clockCommand(host: CommandHost): Command {
  const clock = new Command('clock').description('show or advance the clock of a running sandbox')
  const call = async (init?: RequestInit) => {
    const config = host.config()
    if (config.environment === 'live') throw new OperatorMistake('time cannot be played in live')
    const url = `http://127.0.0.1:${portsOf(config.portOffset).operations}/sandbox/clock`
    const response = await fetch(url, init).catch(() => {
      throw new OperatorMistake(`no Coffer answers at ${url}: start one with "npm start"`)
    })
    const answer = (await response.json()) as { now?: string; offsetMs?: number; error?: string }
    if (!response.ok) throw new OperatorMistake(answer.error ?? 'the clock did not move')
    host.print(host.json() ? JSON.stringify(answer) : `${answer.now} (${describe(answer.offsetMs ?? 0)})`)
  }
  clock.action(() => call())
  clock
    .command('advance')
    .description('move the clock forward; everything that falls due on the way happens, in order')
    .argument('<duration>', 'e.g. 2m, 10m, 1h30m, 25h, 500ms')
    .action((duration: string) =>
      call({ method: 'POST', body: JSON.stringify({ advanceMs: parseDuration(duration) }) }),
    )
  return clock
}

function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)]
  if (!parts.length || parts.map(part => part[0]).join('') !== text) {
    throw new OperatorMistake('a duration is written like 2m, 1h30m, 25h or 500ms')
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0)
}

function describe(offsetMs: number): string {
  return offsetMs === 0 ? "the machine's time" : `${Math.round(offsetMs / 1000)} s ahead of the machine`
}
