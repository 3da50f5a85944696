/** Who may hand a listener something to forward: the worker, and nobody else who finds the port. */
import { request as plainRequest } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Delivery, type Receiver, startReceiver } from './receive.js'

const ID = '5f0c2f4e-9a1d-4b7e-8c55-0d6b1f3a2e91'

let receiver: Receiver
const came: Delivery[] = []

beforeAll(async () => {
  const isOurs = async (id: string) => id === ID
  receiver = await startReceiver(0, isOurs, delivery => {
    came.push(delivery)
    delivery.answer({ status: 200, body: Buffer.from('taken') })
  })
})
beforeEach(() => void came.splice(0))
afterAll(() => receiver.close())

/** Sends as anybody could: `null` leaves a header away. */
function send(headers: Record<string, string | null>, method = 'POST'): Promise<number | undefined> {
  const all = { host: `127.0.0.1:${receiver.port}`, 'coffer-listener': ID, ...headers }
  const given = Object.entries(all).filter((one): one is [string, string] => one[1] !== null)
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: receiver.port,
      method,
      path: '/notify',
      headers: Object.fromEntries(given),
    }
    plainRequest(options, response => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end('{}')
  })
}

test('what the worker brings is taken', async () => {
  expect(await send({})).toBe(200)
  expect(came).toMatchObject([{ method: 'POST', uri: '/notify', body: Buffer.from('{}') }])
})

test.each([
  ['without an id', { 'coffer-listener': null, 'coffer-notification': 'n' }, 404],
  ['with the id of another listener', { 'coffer-listener': ID.replace('5', '6') }, 404],
  ['with the beginning of the id', { 'coffer-listener': ID.slice(0, 8) }, 404],
  ['under a name that somebody made point here', { host: 'rebound.example' }, 403],
  ['under that name, with the port', { host: 'rebound.example:1' }, 403],
  ['under localhost, which is not how the worker calls', { host: 'localhost' }, 403],
  ['for another port', { host: '127.0.0.1:1' }, 403],
  ['by a page of another origin', { origin: 'https://rebound.example' }, 403],
  ['by a page without an origin', { origin: 'null' }, 403],
  ['by a browser', { 'sec-fetch-site': 'same-origin' }, 403],
  ['by a browser that says less', { 'Sec-Fetch-Mode': 'no-cors' }, 403],
])('what comes %s is refused and goes nowhere', async (_, headers, status) => {
  expect(await send(headers)).toBe(status)
  expect(came).toEqual([])
})

test.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('%s is no way to bring a notification', async method => {
  expect(await send({}, method)).toBe(404)
  expect(came).toEqual([])
})
