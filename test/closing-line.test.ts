import { expect, test } from 'vitest'

type Report = { testResults: Array<{ status: string; assertionResults: Array<{ status: string }> }> }
const {
  closingLine,
  countTests,
}: {
  closingLine(counts: object): string
  countTests(report: Report | undefined, exitCode: number): object
} = await import(new URL('./closing-line.mjs', import.meta.url).href)

const file = (status: string, ...statuses: string[]) => ({
  status,
  assertionResults: statuses.map(each => ({ status: each })),
})
const line = (exitCode: number, ...testResults: Report['testResults']) =>
  closingLine(countTests({ testResults }, exitCode))

test('every test is counted once, whatever Vitest calls a test that did not run', () => {
  const report = [file('passed', 'passed', 'skipped', 'pending', 'todo'), file('failed', 'failed', 'passed')]
  expect(line(1, ...report)).toBe('2 passed, 1 failed, 3 skipped')
})

test('a file that cannot be loaded is one failure', () => {
  expect(line(1, file('failed'), file('passed', 'passed'))).toBe('1 passed, 1 failed, 0 skipped')
})

test('a file whose set-up throws is one failure, and its tests are skipped', () => {
  expect(line(1, file('failed', 'skipped', 'skipped'))).toBe('0 passed, 1 failed, 2 skipped')
})

test('a bad end that no test carries is one failure', () => {
  expect(line(1, file('passed', 'passed'))).toBe('1 passed, 1 failed, 0 skipped')
})

test('a run without a report is one failure', () => {
  expect(closingLine(countTests(undefined, 1))).toBe('0 passed, 1 failed, 0 skipped')
})
