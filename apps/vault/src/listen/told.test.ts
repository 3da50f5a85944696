import { expect, test } from 'vitest'
import { jsonLine, linesFor, type Told } from './told.js'

const HOSTILE = '\u001b[2J\u009b1m\u202e\u2066\u2028\r\n'
const BAD = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

const arrival: Told = {
  event: 'received',
  n: 1,
  at: '2026-11-29T12:00:00.000Z',
  notificationId: HOSTILE,
  attempt: 1,
  resend: false,
  kind: HOSTILE,
  subjectId: HOSTILE,
  resultCode: HOSTILE,
  signature: { signed: 'wrongly', text: HOSTILE },
  treatment: [],
  body: `{"a":\n"${HOSTILE}"}`,
}
const outcome: Told = {
  event: 'answered',
  n: 1,
  at: arrival.at,
  failure: HOSTILE,
  notes: [HOSTILE],
  acknowledged: false,
  reason: HOSTILE,
  resend: false,
}

test.each([arrival, outcome])('no word of somebody else reaches the terminal as a command: $event', told => {
  for (const line of linesFor(told)) expect(line).not.toMatch(BAD)
  expect(jsonLine(told)).not.toMatch(BAD)
  expect(JSON.parse(jsonLine(told)), 'for scripts it is what was told').toEqual(told)
})

test('a body of several lines keeps them', () => {
  expect(linesFor({ ...arrival, body: '{\n  "ü": 1\n}' }).slice(1)).toEqual(['{', '  "ü": 1', '}'])
})
