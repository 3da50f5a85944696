import { expect, test } from 'vitest'
import { timelinePage } from './timeline-page.js'

const events = [
  { at: '2026-11-29T12:00:00.000Z', kind: 'request.received', maskedCardNo: '************0008' },
  { at: '2026-11-29T12:00:01.000Z', kind: 'threeds.areq', messageVersion: '2.2.0', threeDSServerTransID: 'a1' },
  { at: '2026-11-29T12:00:01.200Z', kind: 'threeds.ares', transStatus: 'C', acsTransID: 'b2' },
  { at: '2026-11-29T12:01:30.000Z', kind: 'threeds.rreq', transStatus: 'N', transStatusReason: '19' },
  { at: '2026-11-29T12:01:30.100Z', kind: 'vaulting.concluded', resultCode: 'VERIFY_TIMES_EXCEED_LIMIT' },
  {
    at: '2026-11-29T12:01:30.200Z',
    kind: 'sandbox.rule',
    do: 'late',
    ruleId: 'r',
    untilAt: '2026-11-29T12:11:30.100Z',
  },
  { at: '2026-11-29T14:01:30.100Z', kind: 'something.new', fact: { nested: true } },
]

test('each event is told as a message between two, with its facts and the time since the beginning', () => {
  const page = timelinePage('v-1', events)
  expect(page).toContain('Coffer → Directory server</td><td class="says">AReq 2.2.0')
  expect(page).toContain('Directory server → Coffer</td><td class="says">ARes C')
  expect(page).toContain('RReq N (reason 19)')
  expect(page).toContain('<b>threeDSServerTransID</b> a1')
  expect(page).toContain('1.200 s')
  expect(page).toContain('1 min 30 s')
  expect(page).toContain('2.03 h')
  expect(page).toContain('<td class="says">a rule of the sandbox: late</td>')
  expect(page).toContain('something.new')
  expect(page).toContain('{&quot;nested&quot;:true}')
})

test('what others said cannot become a part of the page', () => {
  const page = timelinePage('<script>', [
    { at: events[0]!.at, kind: 'threeds.no-answer', cause: '"><img src=x>' } as never,
  ])
  expect(page).not.toContain('<script>')
  expect(page).not.toContain('<img')
})

test('an id that nobody knows says what may be wrong', () => {
  expect(timelinePage('v-2', [])).toContain('is the client id right')
})
