import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { type ManualClock, manualClock } from '../clock.js'
import { type Dialect, mastercardLike, visaLike } from '../iso8583/dialects.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../start-simulator.js'
import { type Client, connectClient } from './client.js'

export const bothDialects: readonly [Dialect['name'], Dialect][] = [mastercardLike, visaLike].map(dialect => [
  dialect.name,
  dialect,
])

/** A simulator with a clock that stands still and chance that is none, until the test ends. */
export async function startForTest(options: Partial<SimulatorOptions> = {}) {
  const clock: ManualClock = manualClock(new Date('2030-06-09T12:00:00Z'))
  const logged: string[] = []
  const simulator: Simulator = await startSimulator({
    port: 0,
    clock,
    random: count => new Uint8Array(count).fill(35),
    log: (level, msg) => logged.push(`${level} ${msg}`),
    ...options,
  })
  onTestFinished(() => simulator.stop())

  return {
    simulator,
    clock,
    logged,
    /** A client that has signed on, until the test ends. */
    async connect(dialect: Dialect, how: Parameters<typeof connectClient>[2] = {}): Promise<Client> {
      const client = await connectClient(simulator, dialect, how)
      onTestFinished(() => client.end())
      return client
    },
  }
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-simulator-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits until a check holds, as long as a busy machine may need. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 10 })
}
