import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const answerMs = 45_000

/**
 * A program with a foreign SDK in it. It reads one call a line on standard input and writes one answer a line on
 * standard output, both JSON; README.md has the calls.
 * @param {{ command: string, args: string[], env?: Record<string, string> }} program
 */
export function startClient({ command, args, env }) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  let pending
  let over
  const settle = (how, value) => {
    const waiting = pending
    pending = undefined
    clearTimeout(waiting?.timer)
    waiting?.[how](value)
  }
  const fail = why => {
    over ??= new Error([why, complaints.trim()].filter(Boolean).join('\n'))
    settle('fail', over)
  }
  child.stderr.on('data', chunk => {
    complaints = (complaints + chunk).slice(-3000)
  })
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', line => {
    try {
      settle('done', JSON.parse(line))
    } catch {
      complaints += `${line}\n`
    }
  })
  const ended = new Promise(done => {
    child.once('error', error => {
      fail(`${command} cannot be run: ${error.message}`)
      done()
    })
    child.once('close', (code, signal) => {
      fail(`the client ended with ${signal ?? code}`)
      done()
    })
  })
  return {
    /** Whether there is nobody left to ask. */
    isOver: () => over !== undefined,
    /** Sends a call and resolves with its answer. */
    ask: call =>
      new Promise((done, failed) => {
        if (over) return failed(over)
        const timer = setTimeout(() => fail(`no answer to "${call.call}" within ${answerMs / 1000} s`), answerMs)
        pending = { done, fail: failed, timer }
        child.stdin.write(`${JSON.stringify(call)}\n`)
      }),
    async stop() {
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(timer)
    },
  }
}
