/**
 * The last line of `npm test`, from the report that Vitest writes as JSON.
 *
 * Vitest counts tests, so a file that cannot be loaded, or whose set-up throws, shows as zero failures. Here such a
 * file counts as one failed test, and so does a run that ends badly for a reason which no test carries.
 */

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {{ status: string, name?: string, message?: string,
 *   assertionResults: Array<{ status: string, fullName?: string, failureMessages?: string[] }> }} FileReport
 */

/**
 * @param {{ testResults: FileReport[] } | undefined} report  Vitest's JSON report, `undefined` where it wrote none
 * @param {number} exitCode  what Vitest ended with
 * @returns {Counts} with `failed` zero exactly when `exitCode` is zero and nothing failed
 */
export function countTests(report, exitCode) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const file of report?.testResults ?? []) {
    const failedBefore = counts.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++
      else if (status === 'failed') counts.failed++
      else counts.skipped++
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed++
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/** @param {Counts} counts */
export const closingLine = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`

const LINES_OF_A_FAILURE = 12

/**
 * What failed and how, one text per test or file, short enough for the end of a log.
 * @param {{ testResults: FileReport[] } | undefined} report
 * @returns {string[]}
 */
export function failedTests(report) {
  return (report?.testResults ?? []).flatMap(file => {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    if (failed.length === 0) return file.status === 'failed' ? [told(file.name, '', file.message)] : []
    return failed.map(({ fullName, failureMessages }) => told(file.name, ` > ${fullName}`, failureMessages?.join('\n')))
  })
}

/** @param {string | undefined} file @param {string} test @param {string | undefined} message */
function told(file, test, message) {
  const lines = (message ?? '').split('\n').filter(line => !line.includes('node_modules'))
  return `${file}${test}\n${lines.slice(0, LINES_OF_A_FAILURE).join('\n')}`
}
