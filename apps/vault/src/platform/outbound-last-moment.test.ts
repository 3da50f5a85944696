import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { selfSigned } from '../../../../test/support/self-signed.js'
import { ACK, strangers } from '../../../../test/support/strangers.js'

const BODY = Buffer.from('{"hello":"é"}')
const CANCELLED = { kind: 'failed', reason: 'cancelled' }

const { outbound, rawReceiver, receiver, secureReceiver, stop } = strangers()
afterEach(stop)

const acknowledging = () =>
  rawReceiver(socket =>
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${ACK.length}\r\n\r\n${ACK}`)),
  )

describe('at the last moment', () => {
  it('the caller is asked once, and its yes sends the request', async () => {
    const there = await receiver()
    const beforeSend = vi.fn(() => true)
    expect(await outbound().post(there.url(), {}, BODY, { beforeSend })).toMatchObject({ status: 200 })
    expect(beforeSend).toHaveBeenCalledTimes(1)
    expect(there.requests.map(({ body }) => body)).toEqual([BODY.toString('utf8')])
  })

  it('its no means that the receiver never hears a byte, and the connection is left', async () => {
    let isClosed = false
    const there = await rawReceiver(socket =>
      socket.on('close', () => {
        isClosed = true
      }),
    )
    expect(await outbound().post(there.url, {}, BODY, { beforeSend: () => false })).toEqual(CANCELLED)
    await expect.poll(() => isClosed).toBe(true)
    expect(there.heard()).toBe('')
  })

  it('its no holds on a connection that was kept alive, and the next call goes out on another one', async () => {
    const there = await acknowledging()
    const sender = outbound()
    const requests = () => there.heard().split('POST / HTTP/1.1').length - 1
    for (let n = 0; n < 2; n += 1) {
      expect(await sender.post(there.url, {}, BODY, { beforeSend: () => true })).toMatchObject({ status: 200 })
      await sleep(20)
    }
    const heard = there.heard()
    expect(await sender.post(there.url, {}, BODY, { beforeSend: () => false })).toEqual(CANCELLED)
    await sleep(50)
    expect(there.heard()).toBe(heard)
    expect(await sender.post(there.url, {}, BODY)).toMatchObject({ status: 200 })
    expect(requests()).toBe(3)
  })

  it('is behind the look-up, the connection and the handshake, however long those take', async () => {
    const certificate = selfSigned('shop.example')
    const there = await secureReceiver(certificate)
    let holds = true
    const order: string[] = []
    const sender = outbound({
      ca: certificate.pem,
      async resolve() {
        await sleep(100)
        order.push('looked up')
        holds = false
        return [{ address: '127.0.0.1', family: 4 }]
      },
    })
    const beforeSend = () => {
      order.push('asked')
      return holds
    }
    expect(await sender.post(there.url, {}, BODY, { beforeSend })).toEqual(CANCELLED)
    expect(order).toEqual(['looked up', 'asked'])
    expect(there.seen).toEqual([])
    holds = true
    expect(await sender.post(there.url, {}, BODY, { beforeSend: () => true })).toMatchObject({ status: 200 })
    expect(there.seen).toHaveLength(1)
  })

  it('is behind the wait for a free connection', async () => {
    const waiting: ServerResponse[] = []
    const there = await receiver((_, response) => waiting.push(response))
    const sender = outbound({ maxSockets: 1 })
    let holds = true
    const first = sender.post(there.url('/first'), {}, BODY, { beforeSend: () => holds })
    const second = sender.post(there.url('/second'), {}, BODY, { beforeSend: () => holds })
    await expect.poll(() => there.requests.length).toBe(1)
    holds = false
    waiting[0]?.end(ACK)
    expect(await first).toMatchObject({ kind: 'answered', status: 200 })
    expect(await second).toEqual(CANCELLED)
    await sleep(50)
    expect(there.requests.map(({ request }) => request.url)).toEqual(['/first'])
  })

  it('is behind the time in which the process stood still', async () => {
    const there = await acknowledging()
    const leaseUntil = performance.now() + 150
    const sender = outbound({
      async resolve() {
        // Nothing of this process runs meanwhile, as when it was stopped from outside.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
        return [{ address: '127.0.0.1', family: 4 }]
      },
    })
    const beforeSend = () => performance.now() < leaseUntil
    const url = new URL(`http://shop.example:${there.port}/`)
    expect(await sender.post(url, {}, BODY, { beforeSend })).toEqual(CANCELLED)
    await sleep(50)
    expect(there.heard()).toBe('')
  })

  it('nobody is asked when the call had no chance anyway', async () => {
    const beforeSend = vi.fn(() => true)
    const resolve = async () => [{ address: '10.0.0.1', family: 4 }]
    const sender = outbound({ resolve })
    const call = { beforeSend, totalTimeoutMs: 5_000 }
    expect(await sender.post(new URL('https://shop.example/'), {}, BODY, call)).toMatchObject({
      reason: 'refused address',
    })
    expect(await sender.post(new URL('https://10.0.0.1/'), {}, BODY, call)).toMatchObject({ reason: 'refused URL' })
    const gone = { ...call, signal: AbortSignal.abort() }
    const there = await receiver()
    expect(await sender.post(there.url(), {}, BODY, gone)).toEqual(CANCELLED)
    await sleep(50)
    expect(beforeSend).not.toHaveBeenCalled()
  })

  it('a mistake in the question is thrown, and nothing is sent', async () => {
    const there = await receiver()
    const beforeSend = () => {
      throw new RangeError('a mistake of ours')
    }
    await expect(outbound().post(there.url(), {}, BODY, { beforeSend })).rejects.toThrow('a mistake of ours')
    await sleep(50)
    expect(there.requests).toEqual([])
  })
})

describe('the limit of one call', () => {
  const slowly = () => receiver((_, response) => void setTimeout(() => response.end(ACK), 300))

  it.each([Number.POSITIVE_INFINITY, 2 ** 31, 60_000])('may be longer than that of the sender: %s ms', async ms => {
    const there = await slowly()
    const sender = outbound({ totalTimeoutMs: 50 })
    expect(await sender.post(there.url(), {}, BODY, { totalTimeoutMs: ms })).toMatchObject({ status: 200 })
    expect(await sender.post(there.url(), {}, BODY)).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  it('may be shorter', async () => {
    const there = await slowly()
    const answer = await outbound().post(there.url(), {}, BODY, { totalTimeoutMs: 30 })
    expect(answer).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  it('leaves the signal its say', async () => {
    const there = await receiver(() => {})
    const giveUp = new AbortController()
    const options = { totalTimeoutMs: Number.POSITIVE_INFINITY, signal: giveUp.signal }
    const call = outbound().post(there.url(), {}, BODY, options)
    await expect.poll(() => there.requests.length).toBe(1)
    giveUp.abort()
    expect(await call).toEqual(CANCELLED)
  })
})
