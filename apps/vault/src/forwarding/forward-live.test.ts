/** Forwarding in a live vault: what leads to its own machine or network is never called, whatever name it hides behind. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aRequestId } from '../../../../test/support/builders.js'
import { type PlayedProcessor, startProcessor } from '../../../../test/support/played-processor.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { startTrap, type Trap } from '../../../../test/support/trap.js'
import { Pan } from '../card-data/index.js'
import { openDestinations } from './destinations.js'

const NAMES: Record<string, string[]> = {
  'loopback.example': ['127.0.0.1'],
  'loopback-6.example': ['::1'],
  'unspecified.example': ['0.0.0.0'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  '6to4.example': ['2002:7f00:1::'],
  'metadata.example': ['169.254.169.254'],
  'cloud.example': ['100.100.100.200'],
  'private.example': ['10.0.0.1'],
  'link-local.example': ['fe80::1'],
  'one-among-good-ones.example': ['8.8.8.8', '127.0.0.1'],
}
const NUMBER = '4054695723100768'
const TOKEN = 'cof_of_a_live_card'

let trap: Trap
let files: PlayedProcessor
let coffer: TestSystem
beforeAll(async () => {
  trap = await startTrap()
  files = await startProcessor()
  await files.write('trap.pem', trap.ca)
  const port = trap.httpsPorts[0]
  const destinations = Object.keys(NAMES).map(name => ({
    name: name.replaceAll('.', '-'),
    merchants: ['*'],
    origin: `https://${name}:${port}`,
    paths: ['/pay'],
    numberAt: ['/number'],
    caFile: 'trap.pem',
  }))
  const file = await files.write('destinations.json', JSON.stringify({ destinations }))
  // Private networks that notifications may reach are none that cards may be sent to.
  const env = { COFFER_FORWARD_DESTINATIONS_FILE: file, COFFER_NOTIFICATION_PRIVATE_NETWORKS: '10.0.0.0/8' }
  coffer = await startSystem({ environment: 'live', env })
  const resolve = async (host: string) =>
    NAMES[host]!.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  Object.assign(coffer.system, { forwardTo: openDestinations(coffer.system.config.forwardDestinations, { resolve }) })
  await storeCard()
})
afterAll(async () => {
  await coffer?.stop()
  await files?.stop()
  await trap?.stop()
})

/** A stored card without a call that stores it: a live vault takes no test cards, and a test has no other ones. */
async function storeCard(): Promise<void> {
  const { cards, db } = coffer.system
  const pan = Pan.parse(NUMBER, { find: () => undefined })
  if (!pan.ok) throw new Error(pan.rule)
  const id = '0198c0de-0000-7000-8000-000000000001'
  const merchantId = coffer.merchant.clientId
  const card = { id, merchantId, token: TOKEN, pan: pan.value, expiry: { year: '33', month: '03' } }
  const sealed = await cards.sealCard(card, undefined)
  const token = await cards.sealToken(merchantId, id, {})
  await db.query(
    {
      name: '',
      text: `insert into sealed_card (id, merchant_id, brand, last_four, token_lookup, fingerprint, pan_sealed, pan_dek_id,
               token_sealed, token_dek_id, created_at)
             values ($1, $2, 'VISA', $3, $4, $5, $6, $7, $8, $9, '2026-01-01Z')`,
    },
    [
      ...[id, merchantId, sealed.lastFour, sealed.tokenLookup, sealed.fingerprint, sealed.pan, sealed.panDekId],
      ...[token.blob, token.dekId],
    ],
  )
}

const forward = async (url: string) => {
  const request = {
    forwardRequestId: aRequestId('live'),
    token: TOKEN,
    destination: { url, headers: { 'content-type': 'application/json' } },
    body: '{"number":"{{card.number}}"}',
  }
  const answer = await coffer.call('', request, { uri: '/coffer/v1/forward' })
  expect(answer.verified).toBe(true)
  return answer.json.result as { resultCode: string; resultMessage: string }
}

test.each(Object.keys(NAMES))('nothing is sent to %s', async name => {
  const before = trap.accepts()
  expect(await forward(`https://${name}:${trap.httpsPorts[0]}/pay`)).toMatchObject({
    resultCode: 'FORWARD_FAILED',
    resultMessage: 'Nothing was sent: refused address.',
  })
  expect(trap.accepts()).toBe(before)
})

test('nor to loopback as such, or another port of a listed name', async () => {
  const before = trap.accepts()
  for (const host of ['127.0.0.1', 'localhost', '[::1]', 'private.example']) {
    const url = `https://${host}:${trap.httpsPorts[1]}/pay`
    expect(await forward(url)).toMatchObject({ resultCode: 'DESTINATION_NOT_ALLOWED' })
  }
  expect(trap.accepts()).toBe(before)
})

test('without the operator’s file there is nobody to send anything to', async () => {
  Object.assign(coffer.system, { forwardTo: openDestinations([]) })
  expect(await forward('https://private.example/pay')).toMatchObject({
    resultCode: 'DESTINATION_NOT_ALLOWED',
    resultMessage: expect.stringContaining('COFFER_FORWARD_DESTINATIONS_FILE'),
  })
})
