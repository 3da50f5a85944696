/** What ends a vaulting that nobody finishes: an acknowledged reversal, a dead process, or its deadline. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PlayedIssuer, startPlayedIssuer } from '../../../../test/result-codes/played-issuer.js'
import { select, tracesOf } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { Acquirers } from '../issuer/acquirers.js'
import { allQuestions, reverseUnanswered } from './reverse-unanswered.js'
import { sweepUnfinished } from './sweep-unfinished.js'

const DEADLINE_MS = 900_000

let coffer: TestSystem
let issuer: PlayedIssuer
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  coffer = await startSystem({ acquirers: issuer.acquirers.map(acquirer => ({ ...acquirer, timeoutMs: 1_000 })) })
})
beforeEach(() => {
  issuer.answers(() => {})
  issuer.answersReversals({ responseCode: '00' })
})
afterAll(async () => {
  await coffer?.stop()
  await issuer?.stop()
})

/** A vaulting whose issuer says nothing: nobody knows what became of it. */
async function unanswered(): Promise<string> {
  const request = aVaultingRequest({ metadata: 'order 1', vaultingNotificationUrl: `${coffer.receiver.url}/n` })
  const { json } = await coffer.vaultPaymentMethod(request)
  expect(json.result).toMatchObject({ resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' })
  return request.vaultingRequestId
}

const traces = (id: string) => tracesOf(coffer.system, coffer.merchant.clientId, id)
const events = async (id: string) =>
  (await select(coffer.system, 'select kind from vaulting_event where vaulting_request_id = $1 order by seq', [id]))
    .map(({ kind }) => kind)
    .filter(kind => kind !== 'inquiry')
const openQuestions = async (id: string) =>
  (await select(coffer.system, 'select state from issuer_message where vaulting_request_id = $1', [id])).map(
    ({ state }) => state,
  )
const reversalsOf = (from: number) => issuer.reversals.slice(from).map(({ mti }) => mti)

describe('a question without an answer', () => {
  test('is taken back at once, and the vaulting fails when that is acknowledged', async () => {
    const before = issuer.reversals.length
    const id = await unanswered()
    expect(await openQuestions(id)).toEqual(['SENT'])
    await coffer.advance(0)
    expect(reversalsOf(before)).toEqual(['0400'])
    expect(await traces(id)).toEqual({ state: 'FAIL', cards: 0, notifications: 1 })
    expect(await openQuestions(id)).toEqual([])
    expect(await events(id)).toEqual([
      'request.received',
      'issuer.asked',
      'issuer.no-answer',
      'vaulting.concluded',
      'issuer.reversed',
    ])
    const { json } = await coffer.inquireVaulting(id)
    expect(json).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'PROCESS_FAIL' })
  })

  test('names the message that it takes back', async () => {
    const before = issuer.reversals.length
    const asked = issuer.questions.length
    await unanswered()
    await coffer.advance(0)
    const [question] = issuer.questions.slice(asked)
    const [reversal] = issuer.reversals.slice(before)
    const original = ['90.1', '90.2', '90.3'].map(path => reversal!.fields[path]).join('')
    expect(original).toBe(`0100${question!.fields['11']}${question!.fields['7']}`)
    expect(reversal!.fields['11']).not.toBe(question!.fields['11'])
  })

  test('is taken back again and again until somebody acknowledges it', async () => {
    const before = issuer.reversals.length
    issuer.answersReversals({ responseCode: '91' })
    const id = await unanswered()
    await coffer.advance(10_000 + 60_000)
    expect(reversalsOf(before)).toEqual(['0400', '0401', '0401'])
    const stans = new Set(issuer.reversals.slice(before).map(({ fields }) => fields['11']))
    expect(stans.size, 'a repeat is the same reversal').toBe(1)
    expect(await traces(id)).toMatchObject({ state: 'PROCESSING', cards: 1 })
    issuer.answersReversals({ responseCode: '00' })
    await coffer.advance(300_000)
    expect(await traces(id)).toMatchObject({ state: 'FAIL', cards: 0 })
    expect(await openQuestions(id)).toEqual([])
  })

  test('ends its vaulting at the deadline, and goes on being taken back; the card stays sealed until then', async () => {
    issuer.answersReversals({ responseCode: '96' })
    const id = await unanswered()
    await coffer.advance(DEADLINE_MS)
    expect(await traces(id)).toEqual({ state: 'FAIL', cards: 1, notifications: 1 })
    const { json } = await coffer.inquireVaulting(id)
    expect(json.vaultingResultCode).toBe('PROCESS_FAIL')
    const before = issuer.reversals.length
    issuer.answersReversals({ responseCode: '25' })
    await coffer.advance(1_800_000)
    expect(reversalsOf(before)).toEqual(['0401'])
    expect(await traces(id)).toEqual({ state: 'FAIL', cards: 0, notifications: 1 })
  })

  test('that the issuer has not got yet is taken back for some minutes more, since it may still arrive', async () => {
    const before = issuer.reversals.length
    issuer.answersReversals({ responseCode: '25' })
    const id = await unanswered()
    await coffer.advance(0)
    expect(await traces(id), 'the merchant need not wait for that').toEqual({
      state: 'FAIL',
      cards: 1,
      notifications: 1,
    })
    await coffer.advance(370_000)
    expect(reversalsOf(before)).toEqual(['0400', '0401', '0401', '0401'])
    expect(await openQuestions(id)).toEqual([])
    expect(await traces(id)).toEqual({ state: 'FAIL', cards: 0, notifications: 1 })
  })

  test('whose acquirer is not configured for a while is taken back when it is again, under a name of its own', async () => {
    const before = issuer.reversals.length
    const id = await unanswered()
    const without = { ...coffer.system, acquirers: new Acquirers([]) }
    for (const of of allQuestions(without)) await reverseUnanswered(without, of)
    expect(await openQuestions(id)).toEqual(['REVERSING'])
    expect(reversalsOf(before)).toEqual([])
    await coffer.advance(10_000)
    expect(reversalsOf(before)).toEqual(['0400'])
    expect(issuer.reversals.at(-1)!.fields['11']).toMatch(/^[0-9]{6}$/)
    expect(await traces(id)).toMatchObject({ state: 'FAIL', cards: 0 })
  })

  test('does not hold its vaulting up beyond the deadline, and an approval that comes then is taken back', async () => {
    // One that waits for its issuer as long as in life: the answer must not be late for another reason.
    const patient = await startSystem({
      acquirers: issuer.acquirers.map(acquirer => ({ ...acquirer, timeoutMs: 9_000 })),
    })
    try {
      const tracesThere = () => tracesOf(patient.system, patient.merchant.clientId, id)
      let answerNow = () => {}
      issuer.answers(({ answer }) => {
        answerNow = () => answer({ responseCode: '00' })
      })
      const request = aVaultingRequest()
      const id = request.vaultingRequestId
      const asked = issuer.questions.length
      const call = patient.vaultPaymentMethod(request)
      await expect.poll(() => issuer.questions.length).toBe(asked + 1)
      const past = new Date(patient.system.clock.now() - 1)
      await select(patient.system, 'update vaulting set settle_at = $2 where vaulting_request_id = $1', [id, past])
      expect(await sweepUnfinished(patient.system)).toBeGreaterThan(0)
      expect(await tracesThere()).toMatchObject({ state: 'FAIL', cards: 1 })
      const before = issuer.reversals.length
      answerNow()
      expect((await call).json.result.resultCode).toBe('PROCESS_FAIL')
      await patient.advance(0)
      expect(reversalsOf(before)).toEqual(['0400'])
      expect(await select(patient.system, 'select id from issuer_message')).toEqual([])
      expect(await tracesThere()).toMatchObject({ state: 'FAIL', cards: 0 })
    } finally {
      await patient.stop()
    }
  })

  test('raises an alarm after a day, and is not given up', async () => {
    issuer.answersReversals({ responseCode: '91' })
    const id = await unanswered()
    await coffer.advance(27 * 3_600_000)
    const alarms = coffer.logLines.filter(line => line.includes('issuer.reversal-overdue') && line.includes(id))
    expect(alarms.length).toBeGreaterThan(0)
    expect(await openQuestions(id)).toEqual(['REVERSING'])
    issuer.answersReversals({ responseCode: '00' })
    await coffer.advance(6 * 3_600_000)
    expect(await openQuestions(id)).toEqual([])
  })

  test('leaves an audit row for each opening of the number, with the reason', async () => {
    const id = await unanswered()
    await coffer.advance(0)
    const rows = await select(
      coffer.system,
      `select a.reason, a.ok from audit a join vaulting v on v.id::text = a.object where v.vaulting_request_id = $1`,
      [id],
    )
    expect(rows).toEqual([{ reason: 'reversal of a verification without an answer', ok: true }])
  })
})

test('an approval with a CVV that does not match is a failure for the merchant, and taken back', async () => {
  const before = issuer.reversals.length
  issuer.answers({ responseCode: '00', cvvResult: 'N' })
  const request = aVaultingRequest()
  expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe('INVALID_CVV')
  await coffer.advance(0)
  expect(reversalsOf(before)).toEqual(['0400'])
  expect(await traces(request.vaultingRequestId)).toMatchObject({ state: 'FAIL', cards: 0 })
})

describe('a vaulting whose issuer was not asked', () => {
  /** Claims an id as a process did that died before it asked. */
  async function leftBehind(): Promise<ReturnType<typeof aVaultingRequest>> {
    const request = aVaultingRequest()
    const { prepare } = coffer.system.acquirers.for('VISA')!
    const acquirer = coffer.system.acquirers.for('VISA') as { prepare: typeof prepare }
    acquirer.prepare = () => new Promise(() => {})
    void coffer.vaultPaymentMethod(request)
    await expect.poll(() => traces(request.vaultingRequestId)).toMatchObject({ state: 'PROCESSING' })
    acquirer.prepare = prepare
    await select(coffer.system, 'update vaulting set holder = $2 where vaulting_request_id = $1', [
      request.vaultingRequestId,
      '00000000-0000-7000-8000-000000000000',
    ])
    return request
  }

  test('goes on with the next call of the same content, which brings the CVV again', async () => {
    const request = await leftBehind()
    const asked = issuer.questions.length
    issuer.answers({ responseCode: '00' })
    const { json, text } = await coffer.vaultPaymentMethod(request)
    expect(json.result.resultCode).toBe('SUCCESS')
    expect(issuer.questions).toHaveLength(asked + 1)
    expect((await coffer.vaultPaymentMethod(request)).text).toBe(text)
    expect(await traces(request.vaultingRequestId)).toMatchObject({ state: 'SUCCESS', cards: 1 })
  })

  test('goes on once, however many calls come at the same time', async () => {
    const request = await leftBehind()
    const asked = issuer.questions.length
    issuer.answers({ responseCode: '00' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => coffer.vaultPaymentMethod(request)))
    expect(issuer.questions).toHaveLength(asked + 1)
    expect(new Set(answers.filter(({ json }) => json.result.resultStatus === 'S').map(({ text }) => text)).size).toBe(1)
  })

  test('is left to the call of this process that works on it, however dead the process looks', async () => {
    const request = await leftBehind()
    const { presence } = coffer.system
    const id = request.vaultingRequestId
    await select(coffer.system, 'update vaulting set holder = $2 where vaulting_request_id = $1', [
      id,
      presence.processId,
    ])
    await select(coffer.system, 'update process set alive_until_ms = 0 where id = $1', [presence.processId])
    const asked = issuer.questions.length
    expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe('UNKNOWN_EXCEPTION')
    expect(issuer.questions).toHaveLength(asked)
  })

  test('is refused to other content, as ever', async () => {
    const request = await leftBehind()
    const other = await coffer.vaultPaymentMethod({ ...request, metadata: 'other' })
    expect(other.json.result.resultCode).toBe('REPEAT_REQ_INCONSISTENT')
  })

  test('fails at its deadline, saying that it was not completed in time', async () => {
    const { vaultingRequestId } = await leftBehind()
    await coffer.advance(DEADLINE_MS)
    const { json } = await coffer.inquireVaulting(vaultingRequestId)
    expect(json).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'ORDER_IS_CLOSED' })
  })
})

test('one vaulting that cannot be read does not keep those behind it from being settled', async () => {
  issuer.answersReversals({ responseCode: '91' })
  const bad = await unanswered()
  const good = await unanswered()
  await select(coffer.system, 'update vaulting set echo_sealed = $2 where vaulting_request_id = $1', [
    bad,
    Buffer.from([0]),
  ])
  await coffer.advance(DEADLINE_MS)
  const { json } = await coffer.inquireVaulting(good)
  expect(json).toMatchObject({ vaultingStatus: 'FAIL', vaultingResultCode: 'PROCESS_FAIL' })
  expect(coffer.logLines.join('')).toContain('vaulting.not-swept')
})
