import { testCardNumber } from '@coffer/test-cards'
import { describe, expect, it } from 'vitest'
import { lateAnswerMs } from './decide.js'
import { visaLike } from './iso8583/dialects.js'
import { question } from './testing/client.js'
import { eventually } from './testing/start.js'
import { startThreeDS } from './testing/three-ds-server.js'
import { firstCreqMs, stepMs } from './three-ds/acs.js'
import { retryWaitsMs } from './three-ds/forward-results.js'

const forever = Number.MAX_SAFE_INTEGER
const challenge = testCardNumber({ prefix: '40000000', tt: '20' })

async function startFollowing() {
  const threeDS = await startThreeDS()
  const start = threeDS.clock.now().getTime()
  const post = async (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${threeDS.simulator.browserUrl}/clock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  /** Holds the clock so long after its start. @returns how long after its start the next thing is due */
  const holdAt = async (ms: number) => {
    const response = await post({ realMs: start, virtualMs: start + ms, running: false, heldUntilRealMs: forever })
    const { nextDueAt } = (await response.json()) as { nextDueAt: number | null }
    return nextDueAt === null ? null : nextDueAt - start
  }
  return { ...threeDS, start, post, holdAt }
}

describe('POST /clock', () => {
  it('plays a challenge that nobody answers, and returns when its result has arrived', async () => {
    const { authenticate, browser, results, holdAt, simulator, start } = await startFollowing()
    await browser.begin(await authenticate(challenge))
    expect(await holdAt(stepMs - 1)).toBe(stepMs)
    expect(results.received).toEqual([])
    expect(await holdAt(stepMs)).toBeNull()
    expect(results.received).toMatchObject([{ transStatus: 'N', transStatusReason: '14', challengeCancel: '04' }])
    expect(simulator.threeDSLog().at(-1)!.at).toBe(new Date(start + stepMs).toISOString())
  })

  it('plays the page that nobody asks for, and a result that has to be sent again', async () => {
    const { authenticate, results, holdAt, simulator, start } = await startFollowing()
    simulator.control({ dropRReqs: 2 })
    await authenticate(challenge)
    expect(await holdAt(0)).toBe(firstCreqMs)
    const arrives = firstCreqMs + retryWaitsMs[0]! + retryWaitsMs[1]!
    expect(await holdAt(arrives)).toBeNull()
    expect(results.received).toMatchObject([{ challengeCancel: '05' }])
    const sent = simulator.threeDSLog({ messageType: 'RReq' }).filter(({ component }) => component === 'DS')
    expect(sent.filter(({ direction }) => direction === 'sent').map(({ at }) => Date.parse(at) - start)).toEqual([
      firstCreqMs,
      firstCreqMs + retryWaitsMs[0]!,
      arrives,
    ])
  })

  it('plays the late answers of the issuer too', async () => {
    const { connect, holdAt } = await startFollowing()
    const client = await connect(visaLike)
    client.send(question(visaLike, { pan: '4000000000104002' }))
    await eventually(async () => expect(await holdAt(0)).toBe(lateAnswerMs))
    await holdAt(lateAnswerMs)
    await eventually(() => expect(client.received).toHaveLength(2))
  })

  it('is not for web pages, and takes no other reading than a whole one', async () => {
    const { post, start } = await startFollowing()
    const reading = { realMs: start, virtualMs: start, running: true, heldUntilRealMs: 0 }
    expect((await post(reading, { origin: 'https://attacker.example' })).status).toBe(403)
    expect((await post(reading)).status).toBe(200)
    for (const wrong of [{}, { ...reading, virtualMs: 'now' }, { ...reading, more: 1 }]) {
      expect((await post(wrong)).status).toBe(400)
    }
  })
})

describe('GET /clock', () => {
  it('tells what the clock shows and what is due next, to nobody but programs of this machine', async () => {
    const { authenticate, holdAt, simulator, start } = await startFollowing()
    const look = (headers: Record<string, string> = {}) => fetch(`${simulator.browserUrl}/clock`, { headers })
    expect(await (await look()).json()).toEqual({ now: new Date(start).toISOString(), next: null })
    await authenticate(challenge)
    await holdAt(1000)
    expect(await (await look()).json()).toEqual({
      now: new Date(start + 1000).toISOString(),
      next: { at: start + firstCreqMs, count: 1 },
    })
    expect((await look({ origin: 'https://attacker.example' })).status).toBe(403)
  })
})
