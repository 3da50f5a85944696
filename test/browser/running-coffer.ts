/** A complete Coffer, started as people start it, with its own data directory and ports. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from '../support/processes.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** How long a start may take on a slow machine, building excluded. */
const START_MS = 90_000

export interface RunningCoffer {
  readonly shopUrl: string
  readonly opsUrl: string
  /** Where the simulator takes orders. */
  readonly simulatorUrl: string
  readonly dataDir: string
  /** What it has printed so far. */
  output(): string
  /** Stops it in order, as Ctrl-C does; gives the exit code. */
  stop(): Promise<number | null>
}

/** @param offset  of the ports; every test file has its own */
export async function startRunningCoffer(offset: number): Promise<RunningCoffer> {
  await ensureBuilt()
  const dataDir = mkdtempSync(join(tmpdir(), 'coffer-browser-'))
  const child = spawn(process.execPath, [join(root, 'start.mjs')], {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      TMPDIR: tmpdir(),
      COFFER_DATA_DIR: dataDir,
      COFFER_PORT_OFFSET: String(offset),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<number | null>(done => child.once('close', code => done(code)))
  const running = new Promise<void>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`Coffer did not start:\n${output}`)), START_MS)
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (!output.includes('Coffer is running')) return
        clearTimeout(timer)
        done()
      })
    }
    void ended.then(code => {
      clearTimeout(timer)
      fail(new Error(`Coffer ended with ${code}:\n${output}`))
    })
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const code = await ended
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
    return code
  }
  try {
    await running
  } catch (error) {
    await stop()
    throw error
  }
  const url = (port: number) => `http://127.0.0.1:${port + offset}`
  return { shopUrl: url(8083), opsUrl: url(8085), simulatorUrl: url(8092), dataDir, output: () => output, stop }
}
