import { expect, test } from 'vitest'
import { lineForPeople } from './screen.js'

test.each([
  ['{"level":"info","ts":"t","event":"serve.ready"}', undefined],
  ['{"level":30,"time":1,"msg":"fine"}', undefined],
  [
    '{"level":"warn","ts":"t","event":"database.lost","code":"57P01","ms":3}',
    'serve: database.lost (code 57P01, ms 3)',
  ],
  ['{"level":50,"time":1,"pid":7,"hostname":"h","msg":"gone","stack":"at x"}', 'serve: gone'],
  ['{"level":"error"}', 'serve: error'],
  ['Error: as it is', 'Error: as it is'],
  ['{"no":"log line"}', '{"no":"log line"}'],
  ['{ broken', '{ broken'],
  ['  ', undefined],
])('of the output %j people see %j', (line, seen) => {
  expect(lineForPeople('serve', line)).toBe(seen)
})
