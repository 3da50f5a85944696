import { expect, test } from 'vitest'
import type { NamedAttempt, NotificationDetail } from '../notifications/look-up-notifications.js'
import { notificationPage } from './notification-ladder.js'
import { notificationsPage } from './notifications-page.js'

const MADE = Date.parse('2026-11-29T12:00:00.000Z')
const MINUTE = 60_000
const WAITS = { firstMs: 3_000, factor: 1 }

const attempt = (name: string, minute: number, change: Partial<NamedAttempt> = {}): NamedAttempt => ({
  name,
  rowId: 'n1',
  attempt: Number(name),
  beganAt: MADE + minute * MINUTE,
  tookMs: 12,
  httpStatus: 500,
  acknowledged: false,
  failure: 'the answer had HTTP status 500 instead of 200',
  answer: undefined,
  target: undefined,
  signed: 'rightly',
  bodyHash: undefined,
  resend: undefined,
  ...change,
})

const open: NotificationDetail = {
  id: 'n1',
  merchantId: 'SANDBOX_1',
  kind: 'notifyVaulting',
  subjectId: 'v-1',
  url: 'https://shop.example/notify',
  state: 'open',
  createdAt: MADE,
  dueAt: MADE + 12 * MINUTE,
  acknowledgedAt: undefined,
  cancelledAt: undefined,
  underWay: false,
  attemptsMade: 2,
  played: undefined,
  resends: [],
  attempts: [attempt('1', 0), attempt('2', 2)],
}

test('the ladder has a rung for each of the eight deliveries: what happened, what is due, and what would follow', () => {
  const page = notificationPage(open, MADE + 10 * MINUTE, WAITS)
  const titles = [...page.matchAll(/<h3>(\d) <span>· ([^<]*)</g)].map(([, place, after]) => `${place} ${after}`)
  expect(titles).toEqual([
    '1 3 s after the outcome',
    '2 after 2 min',
    '3 after 12 min',
    '4 after 22 min',
    '5 after 1 h 22 min',
    '6 after 3 h 22 min',
    '7 after 9 h 22 min',
    '8 after 24 h 22 min',
  ])
  expect(page).toContain('due <time datetime="2026-11-29T12:12:00.000Z">')
  expect(page).toContain('in 2 min')
  expect(page).toContain('unless acknowledged: <time datetime="2026-11-30T12:22:00.000Z">')
  expect(page).toContain('npx coffer notifications cancel n1')
})

test('a ladder that has ended says so on the rungs that were not reached', () => {
  const at = MADE + 3 * MINUTE
  const cancelled = { ...open, state: 'cancelled', cancelledAt: at, dueAt: undefined } as const
  const page = notificationPage(cancelled, at, WAITS)
  expect(page.match(/<div class="facts">cancelled<\/div>/g)).toHaveLength(6)
  expect(page).not.toContain('notifications cancel n1')
  const once = notificationPage({ ...open, state: 'exhausted', dueAt: undefined, attemptsMade: 1 }, at, {
    ...WAITS,
    factor: 0,
  })
  expect(once.match(/<h3>/g)).toHaveLength(1)
})

test('resends stand beside it, with where they went when that was elsewhere', () => {
  const resend = {
    id: 'r',
    name: 'r1',
    url: 'https://other.example/',
    createdAt: MADE,
    dueAt: undefined,
    cancelledAt: undefined,
    underWay: false,
    signed: 'rightly' as const,
    played: undefined,
  }
  const made = attempt('r1', 5, {
    rowId: 'r',
    resend,
    attempt: 1,
    acknowledged: true,
    failure: undefined,
    httpStatus: 200,
  })
  const page = notificationPage({ ...open, resends: [resend], attempts: [...open.attempts, made] }, MADE, WAITS)
  expect(page).toContain('<h3>r1 <span>· to <bdi>https://other.example/</bdi></span></h3>')
  expect(page).toContain('<bdi>acknowledged</bdi>')
})

test('what a rule of the sandbox did is said to be that', () => {
  const second = {
    id: 'r',
    name: 'r1',
    url: open.url,
    createdAt: MADE,
    dueAt: MADE,
    cancelledAt: undefined,
    underWay: false,
    signed: 'rightly' as const,
    played: 'twice',
  }
  const twice = notificationPage({ ...open, played: 'twice', resends: [second] }, MADE, WAITS)
  expect(twice).toContain('<h3>r1 <span>· sent twice by a rule of the sandbox</span></h3>')
  expect(twice).not.toMatch(/asked for|put off/)

  const waiting = { ...open, attemptsMade: 0, attempts: [] }
  for (const played of ['late', 'out of order']) {
    const page = notificationPage({ ...waiting, played }, MADE, WAITS)
    expect(page).toContain('next due: in 12 min, put off by a rule of the sandbox')
    expect(page).toContain('<div class="facts">in 12 min · put off by a rule of the sandbox</div>')
  }
  expect(notificationPage({ ...open, played: 'late' }, MADE, WAITS), 'its repeats are not').not.toContain('put off')

  const attempts = [
    attempt('1', 0, { signed: 'wrongly' }),
    attempt('2', 2, { signed: 'with another key' }),
    attempt('3', 12, { signed: 'not at all' }),
  ]
  const signed = notificationPage({ ...open, attempts, attemptsMade: 3 }, MADE, WAITS)
  expect(signed).toContain('signed wrongly, by a rule of the sandbox (wrong-signature)')
  expect(signed).toContain('signed with another key, by a rule of the sandbox (another-key)')
  expect(signed).toContain('without a signature, by a rule of the sandbox (no-signature)')
})

test('what others said cannot become a part of the page, nor turn the text around it', () => {
  const hostile = '"><img src=x>\u202e\u2066</bdi><script>'
  const told = { failure: hostile, answer: hostile, target: hostile }
  const detail = { ...open, subjectId: hostile, merchantId: hostile, url: hostile, attempts: [attempt('1', 0, told)] }
  const listed = { ...detail, attempts: 1, last: detail.attempts[0] }
  const list = notificationsPage(
    { notifications: [listed], next: hostile },
    { merchant: hostile, since: hostile },
    MADE,
  )
  for (const page of [notificationPage(detail, MADE, WAITS), list]) {
    expect(page).not.toMatch(/<img|<script|"><\/bdi>|\u202e|\u2066/)
    expect(page.match(/<bdi>/g)?.length).toBe(page.match(/<\/bdi>/g)?.length)
  }
})
