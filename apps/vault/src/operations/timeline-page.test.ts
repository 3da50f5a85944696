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

test('of a payment the messages are those of paying, and money that moved is among them', () => {
  const at = (ms: number) => new Date(Date.parse('2026-11-29T12:00:00.000Z') + ms).toISOString()
  const told: [kind: string, detail: object, drawn: string][] = [
    ['request.received', { amount: '1234' }, 'Merchant → Coffer</td><td class="says">pay<'],
    ['request.received', { repeat: true }, 'pay, again<'],
    ['inquiry', { state: 'PROCESSING' }, 'inquiryPayment: PROCESSING<'],
    ['threeds.areq', { messageVersion: '2.2.0' }, 'Coffer → Directory server</td><td class="says">AReq 2.2.0<'],
    ['issuer.asked', { network: 'VISA', sale: true }, '>0200 over VISA<'],
    ['issuer.asked', { network: 'VISA', sale: false }, '>0100 over VISA<'],
    ['issuer.answered', { responseCode: '1A', soft: true }, 'answer 1A: authenticate first<'],
    ['payment.concluded', { resultCode: 'SUCCESS' }, '<tr class="end">'],
    ['capture.asked', { amount: '600' }, 'capture 600<'],
    ['capture.concluded', { resultCode: 'SUCCESS' }, '>capture: SUCCESS<'],
    ['refund.asked', { amount: '5' }, 'refund 5<'],
    ['refund.concluded', { resultCode: 'PROCESS_FAIL' }, '>refund: PROCESS_FAIL<'],
    ['payment.cancelled', { before: 'PROCESSING' }, 'cancel, before it was decided<'],
    ['issuer.advice-unanswered', { what: 'VOID' }, 'Coffer → Issuer</td><td class="says">void, not acknowledged<'],
    ['issuer.told', { what: 'VOID', responseCode: '00' }, 'Issuer → Coffer</td><td class="says">void noted: 00<'],
    ['authorisation.released', { by: 'EXPIRY' }, 'the authorisation is given up: EXPIRY<'],
    ['notification.attempt', { notification: 'notifyRefund', attempt: 1, acknowledged: true }, 'notifyRefund 1: ack'],
  ]
  const page = timelinePage(
    'p-1',
    told.map(([kind, detail], nth) => ({ at: at(nth), kind, ...detail })),
    'PAYMENT',
  )
  for (const [, , drawn] of told) expect(page).toContain(drawn)
  expect(page).toContain('<h1>Timeline of payment p-1</h1>')
  expect(timelinePage('p-2', [], 'PAYMENT')).toContain('the paymentRequestId?')
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
