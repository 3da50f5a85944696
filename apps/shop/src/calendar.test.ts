import { expect, test } from 'vitest'
import { CalendarSilent, sandboxCalendar } from './calendar.js'

const asked: { url: string; body: unknown }[] = []
const answering = (status: number, body: string) =>
  sandboxCalendar('http://127.0.0.1:8085', async (url, init) => {
    asked.push({ url: String(url), body: init?.body })
    return new Response(body, { status })
  })

test('the date is that of the sandbox, and time passes by whole milliseconds', async () => {
  const calendar = answering(200, '{"now":"2027-01-07T12:00:00.000Z","offsetMs":1}')
  expect(await calendar.now()).toBe(Date.UTC(2027, 0, 7, 12))
  await calendar.pass?.(1000.2)
  expect(asked).toEqual([
    { url: 'http://127.0.0.1:8085/sandbox/clock', body: undefined },
    { url: 'http://127.0.0.1:8085/sandbox/clock', body: '{"advanceMs":1001}' },
  ])
})

test.each([
  [503, '{"now":"2027-01-07T12:00:00.000Z"}'],
  [200, '{"now":"tomorrow"}'],
  [200, 'a page of somebody else'],
])('an answer that is none (%i %s) is no date', async (status, body) => {
  await expect(answering(status, body).now()).rejects.toThrow(CalendarSilent)
})

test('where nobody answers there is no date either', async () => {
  const silent = sandboxCalendar('http://127.0.0.1:9', async () => {
    throw new Error('refused')
  })
  await expect(silent.now()).rejects.toThrow('The clock of the sandbox at http://127.0.0.1:9 does not answer.')
})
