import { expect, test } from 'vitest'

type Test = { status: string; fullName?: string; failureMessages?: string[] }
type Report = { testResults: Array<{ status: string; name?: string; message?: string; assertionResults: Test[] }> }
const {
  closingLine,
  countTests,
  failedTests,
}: {
  closingLine(counts: object): string
  countTests(report: Report | undefined, exitCode: number): object
  failedTests(report: Report | undefined): string[]
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

test('what failed is told by file, name and the first lines of its message', () => {
  const failed = { status: 'failed', fullName: 'a claim', failureMessages: ['Error: no\n    at here\n'.repeat(30)] }
  const broken = { status: 'failed', name: 'b.test.ts', message: 'cannot be loaded', assertionResults: [] }
  const told = failedTests({
    testResults: [{ ...file('failed', 'passed'), name: 'a.test.ts', assertionResults: [failed] }, broken],
  })
  expect(told).toHaveLength(2)
  expect(told[0]!.split('\n')).toHaveLength(13)
  expect(told[0]).toMatch(/^a\.test\.ts > a claim\nError: no\n/)
  expect(told[1]).toBe('b.test.ts\ncannot be loaded')
})

test('nothing failed, nothing is told', () => {
  expect(failedTests({ testResults: [file('passed', 'passed')] })).toEqual([])
})
