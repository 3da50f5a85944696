/** A database that goes away and comes back: nobody is told what is not so, and nobody has to start anything again. */

import type { AddressInfo } from 'node:net'
import { createServer, connect as openTcp, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PlayedIssuer, startPlayedIssuer } from '../../../../test/result-codes/played-issuer.js'
import { tracesOf } from '../../../../test/result-codes/stored-rows.js'
import { aVaultingRequest } from '../../../../test/support/builders.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'

/** A line to a server that can be cut and mended. */
async function startLine(to: { host: string; port: number }) {
  const ends = new Set<Socket>()
  const server = createServer(near => {
    const far = openTcp(to.port, to.host)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        ends.delete(one)
        other.destroy()
      })
    }
  })
  const listen = (port: number) => new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const cut = async () => {
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    for (const end of ends) end.destroy()
    await closed
  }
  return { port, cut, mend: () => (server.listening ? Promise.resolve() : listen(port)) }
}

let coffer: TestSystem
let issuer: PlayedIssuer
let line: Awaited<ReturnType<typeof startLine>>
beforeAll(async () => {
  issuer = await startPlayedIssuer()
  coffer = await startSystem({
    acquirers: issuer.acquirers,
    reachDatabase: async databaseUrl => {
      const url = new URL(databaseUrl)
      line = await startLine({ host: url.hostname, port: Number(url.port) })
      url.hostname = '127.0.0.1'
      url.port = String(line.port)
      return url.href
    },
  })
})
beforeEach(async () => {
  await line.mend()
  issuer.answers({ responseCode: '00' })
})
afterAll(async () => {
  await coffer?.stop()
  await issuer?.stop()
  await line?.cut()
})

const ready = async () => (await fetch(`${coffer.opsUrl}/readyz`)).status

test('while the database is away every call is answered, signed, as an unknown result; afterwards all is well', async () => {
  const known = aVaultingRequest()
  const first = await coffer.vaultPaymentMethod(known)
  expect(await ready()).toBe(200)

  await line.cut()
  const asked = issuer.asked()
  const request = aVaultingRequest()
  const answers = [
    await coffer.vaultPaymentMethod(request),
    await coffer.vaultPaymentMethod(known),
    await coffer.inquireVaulting(known.vaultingRequestId),
    await coffer.vaultPaymentMethod(request, { as: coffer.otherMerchant }),
  ]
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json.result).toMatchObject({ resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' })
  }
  expect(issuer.asked(), 'nobody asks an issuer about a card that is not on record').toBe(asked)
  expect(await ready()).toBe(503)
  expect((await fetch(`${coffer.opsUrl}/livez`)).status).toBe(200)
  expect((await fetch(`${coffer.opsUrl}/metrics`)).status).toBe(200)

  await line.mend()
  expect(await ready()).toBe(200)
  expect((await coffer.vaultPaymentMethod(known)).text).toBe(first.text)
  expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe('SUCCESS')
})

test('a path that does not exist and a wrong method need no database', async () => {
  await line.cut()
  expect((await coffer.call('', {}, { uri: '/nothing' })).json.result.resultCode).toBe('NO_INTERFACE_DEF')
  expect((await coffer.vaultPaymentMethod({}, { method: 'GET' })).json.result.resultCode).toBe('METHOD_NOT_SUPPORTED')
})

test('a database that goes away while the issuer is asked leaves an unknown result, settled later as failed', async () => {
  const request = aVaultingRequest({ vaultingNotificationUrl: `${coffer.receiver.url}/outage` })
  const { vaultingRequestId } = request
  const asked = issuer.asked()
  issuer.answers(({ answer }) => void line.cut().then(() => answer({ responseCode: '00' })))
  const answer = await coffer.vaultPaymentMethod(request)
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json).toMatchObject({
    result: { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' },
    vaultingRequestId,
  })

  await line.mend()
  const inquiry = await coffer.inquireVaulting(vaultingRequestId)
  expect(inquiry.json).toMatchObject({ result: { resultCode: 'SUCCESS' }, vaultingStatus: 'PROCESSING' })
  issuer.answers({ responseCode: '00' })
  await coffer.advance(64_000)
  expect((await coffer.vaultPaymentMethod(request)).json.result.resultCode).toBe('PROCESS_FAIL')
  expect(await tracesOf(coffer.system, coffer.merchant.clientId, vaultingRequestId)).toEqual({
    state: 'FAIL',
    cards: 0,
    notifications: 1,
  })
  const told = coffer.receiver.received.filter(({ url }) => url === '/outage')
  expect(told.map(({ json }) => json.result.resultCode)).toEqual(['PROCESS_FAIL'])
  expect(issuer.asked()).toBe(asked + 1)
})

test('no log line of an outage holds a card number', () => {
  expect(coffer.logLines.join('')).toContain('door.outage')
  expect(coffer.logLines.join('').replace(/[^0-9]/g, '')).not.toContain('4000000000100000')
})
