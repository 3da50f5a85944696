import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isAlive } from '../processes.js'
import type { OwnerOrders } from './owner.js'

/** A process that started a server, and what it has said. */
export interface Owner {
  readonly child: ChildProcess
  readonly said: Record<string, unknown>[]
  /** Waits for a message that has this key. */
  hear(key: string): Promise<Record<string, unknown>>
  exited: Promise<unknown>
}

const tsx = createRequire(import.meta.url).resolve('tsx')
const script = fileURLToPath(new URL('./owner.ts', import.meta.url))

/** Starts a process that owns a server. */
export function spawnOwner(orders: OwnerOrders, asUser?: number): Owner {
  const node = [process.execPath, '--import', tsx, script, JSON.stringify(orders)]
  const become =
    asUser === undefined ? [] : ['setpriv', `--reuid=${asUser}`, `--regid=${asUser}`, '--clear-groups', '--']
  const [command, ...args] = [...become, ...node]
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' })
  const said: Record<string, unknown>[] = []
  createInterface({ input: child.stdout! }).on('line', line => said.push(JSON.parse(line)))
  const exited = new Promise(done => child.once('exit', done))
  const hear = async (key: string) => {
    for (const began = Date.now(); Date.now() - began < 30_000; await sleep(5)) {
      const found = said.find(message => key in message)
      if (found) return found
      const failed = said.find(message => 'failed' in message)
      if (failed) throw new Error(`the owner failed: ${failed['failed']}`)
    }
    throw new Error(`the owner never said ${key}; it said ${JSON.stringify(said.slice(-3))}`)
  }
  return { child, said, hear, exited }
}

/** Waits until a process is gone; returns whether it went. */
export async function isGone(pid: number, withinMs = 5000): Promise<boolean> {
  for (const began = Date.now(); Date.now() - began < withinMs; await sleep(10)) if (!isAlive(pid)) return true
  return !isAlive(pid)
}
