import { expect, test } from 'vitest'
import { lineForPeople, summaryLines } from './screen.js'

test('a start ends with where everything is', () => {
  expect(summaryLines({ offset: 1000, dataDir: '/data', shop: true, prefix: 'COFFER_PORT_OFFSET=1000 ' })).toEqual([
    'Coffer is running (sandbox: nothing here is for real cards)',
    '  API          http://127.0.0.1:9080  https://localhost:9443',
    '  Operations   http://127.0.0.1:9085',
    '  Example shop http://127.0.0.1:9083',
    '  Test cards   http://localhost:9092',
    '  Deliveries   http://127.0.0.1:9085/sandbox/notifications',
    '  Messages     http://localhost:9092/log  http://localhost:9092/three-ds/log',
    '  Accounts     http://localhost:9092/accounts',
    '  Credentials  /data/sandbox.json',
    '  Try          COFFER_PORT_OFFSET=1000 npm run demo',
    '  Receive      COFFER_PORT_OFFSET=1000 npx coffer listen --forward-to http://localhost:3000/notify',
    'Ctrl-C stops everything',
  ])
})

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
