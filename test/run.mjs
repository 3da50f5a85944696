/**
 * `npm test`: runs Vitest, passes its arguments on, and ends with one line, `N passed, N failed, N skipped`.
 *
 * A wrapper and not a reporter, because the line has to be the last one whatever happens: after the summary, after
 * the tear-down of the test database, and also when Vitest does not get as far as having reporters.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closingLine, countTests, failedTests } from './closing-line.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'coffer-tests-'))
const reportFile = join(folder, 'report.json')

const exitCode = await runVitest()
const report = readReport()
const counts = countTests(report, exitCode)
rmSync(folder, { recursive: true, force: true })

process.exitCode = exitCode === 0 && counts.failed > 0 ? 1 : exitCode
// Once more at the end: of a long log often only the end is kept, and it has to say what failed.
for (const told of failedTests(report)) process.stdout.write(`\nFAILED ${told}\n`)
process.stdout.write(`\n${closingLine(counts)}\n`)

/** @returns {Promise<number>} Vitest's exit code; 128 + n where signal n ended it, as a shell would say it */
function runVitest() {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  // The running Node, not the one on PATH of some shell: CI calls this file with another Node on purpose.
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  })
  // Ctrl-C reaches Vitest from the terminal; a SIGTERM comes to this process only. Either way Vitest ends first, so
  // that its test database is gone when the line is printed.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 143)))
  })
}

function readReport() {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    // Vitest ended before it wrote one; countTests makes that a failure.
    return undefined
  }
}
