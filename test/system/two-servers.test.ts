/** Several `coffer serve` on one database: the claim of an id is the database's, so it holds across processes. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aCard, aVaultingRequest } from '../support/builders.js'
import { type Answer, callApi } from '../support/merchant-client.js'
import { type Program, type SandboxKeys, Stack, startCoffer, untilLinked } from '../support/processes.js'
import { type Receiver, startReceiver } from '../support/receiver.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'
import { directoriesEnv } from '../support/simulated-directories.js'

const offset = 21_000
const secondOffset = 21_100

let stack: Stack
let second: Program
let receiver: Receiver
let merchant: SandboxKeys
const apiUrls = [offset, secondOffset].map(each => `http://127.0.0.1:${8080 + each}`)

beforeAll(async () => {
  receiver = await startReceiver()
  const env = { COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' }
  stack = await Stack.start({ offset, env, programs: ['postgres', 'simulator'] })
  const pki = join(stack.dataDir, 'simulator', 'pki')
  stack.alsoEnv({
    COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(stack.folder, 'acquirers.json'), stack.issuerPort),
    ...directoriesEnv(join(stack.folder, 'directories.json'), 8090 + offset, pki),
  })
  // At the same instant on an empty database: migrations, first keys and sandbox merchants are made once.
  second = startCoffer(['serve'], { env: { ...stack.env, COFFER_PORT_OFFSET: String(secondOffset) } })
  await Promise.all([stack.launch(['serve', 'work']), second.ready])
  await Promise.all([stack.linked('serve'), untilLinked(`http://127.0.0.1:${8085 + secondOffset}`)])
  merchant = stack.merchants[0]!
})

afterAll(async () => {
  if (second?.runs()) await second.stop()
  await stack?.stop()
  await receiver?.stop()
})

test('two servers that start at the same instant on an empty database both serve, with the same keys', async () => {
  for (const sandbox of stack.merchants) {
    for (const apiUrl of apiUrls) {
      const answer = await callApi(apiUrl, sandbox.keys, sandbox.gatewayKey, 'vaults/inquireVaulting', {
        vaultingRequestId: 'never-seen',
      })
      expect(answer).toMatchObject({ verified: true, json: { result: { resultCode: 'VAULTING_NOT_EXIST' } } })
    }
  }
})

test('200 parallel calls with one id over two servers: one token, one question to the issuer, one notification', async () => {
  const request = withAddress('all-at-once')
  const answers = await callBoth(request, 200)

  const final = expectOneOutcome(answers)
  expect(final.json.result).toMatchObject({ resultCode: 'SUCCESS', resultStatus: 'S' })
  await expectAskedOnce([request.vaultingRequestId])
  await stack.advance(0)
  const told = notificationsOf(request.vaultingRequestId)
  expect(told).toHaveLength(1)
  expect(told[0]!.json.paymentMethodDetail).toEqual(final.json.paymentMethodDetail)
  // A day on, nothing is told again: it was acknowledged.
  await stack.advance(25 * 3_600_000)
  expect(notificationsOf(request.vaultingRequestId)).toHaveLength(1)
})

test('20 ids with 20 parallel calls each, in any order: 20 tokens, 20 questions, 20 notifications', async () => {
  const requests = Array.from({ length: 20 }, (_, nth) => withAddress(`many-${nth}`))
  const calls = Array.from({ length: 20 }, () => requests).flat()
  const answers = await Promise.all(
    calls.map((request, nth) => callOne(apiUrls[(nth + ((nth / 20) | 0)) % 2]!, request)),
  )

  const tokens = requests.map((request, nth) => {
    const own = answers.filter((_, at) => calls[at] === request)
    expect(own, `answers of id ${nth}`).toHaveLength(20)
    return expectOneOutcome(own).json.paymentMethodDetail.card.cardToken
  })
  expect(new Set(tokens).size).toBe(20)
  await expectAskedOnce(requests.map(request => request.vaultingRequestId))
  await stack.advance(0)
  for (const { vaultingRequestId } of requests) expect(notificationsOf(vaultingRequestId)).toHaveLength(1)
})

test('one id at once with two cards: one card wins, every call with the other one is refused', async () => {
  const request = withAddress('two-cards')
  const other = {
    ...request,
    paymentMethodDetail: { paymentMethodType: 'CARD' as const, card: aCard({ cardNo: '5200000000100005' }) },
  }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, nth) => callOne(apiUrls[nth % 2]!, nth % 4 < 2 ? request : other)),
  )
  const codes = answers.map(answer => answer.json.result.resultCode)
  const refused = codes.filter(code => code === 'REPEAT_REQ_INCONSISTENT')
  expect(refused).toHaveLength(20)
  const won = answers.filter(answer => answer.json.result.resultCode !== 'REPEAT_REQ_INCONSISTENT')
  const brands = new Set(won.map(answer => answer.json.paymentMethodDetail.card.brand))
  expect(brands.size).toBe(1)
  expectOneOutcome(won)
  await expectAskedOnce([request.vaultingRequestId])
})

function withAddress(label: string) {
  return aVaultingRequest({
    vaultingRequestId: `two-servers-${label}`,
    vaultingNotificationUrl: `${receiver.url}/notify`,
  })
}

function callOne(apiUrl: string, request: unknown): Promise<Answer> {
  return callApi(apiUrl, merchant.keys, merchant.gatewayKey, 'vaults/vaultPaymentMethod', request)
}

function callBoth(request: unknown, times: number): Promise<Answer[]> {
  return Promise.all(Array.from({ length: times }, (_, nth) => callOne(apiUrls[nth % 2]!, request)))
}

/** Every answer is signed, and is the one final answer or says that it does not know yet. */
function expectOneOutcome(answers: readonly Answer[]): Answer {
  expect(answers.filter(answer => !answer.verified)).toEqual([])
  const unknown = answers.filter(answer => answer.json.result.resultStatus === 'U')
  const final = answers.filter(answer => answer.json.result.resultStatus !== 'U')
  expect(unknown.filter(answer => answer.json.result.resultCode !== 'UNKNOWN_EXCEPTION')).toEqual([])
  expect(final.length).toBeGreaterThan(0)
  expect(new Set(final.map(answer => answer.text)).size).toBe(1)
  return final[0]!
}

/** The issuer saw each of these vaultings once, by the reference number in its timeline, and nothing else. */
async function expectAskedOnce(ids: readonly string[]): Promise<void> {
  const asked = (await stack.ledger()).filter(({ kind }) => !kind.startsWith('sign-'))
  const { clientId } = merchant.keys
  const references = await Promise.all(
    ids.map(async vaultingRequestId => {
      const response = await fetch(`${stack.opsUrl}/sandbox/timeline/${clientId}/${vaultingRequestId}`)
      const { events } = (await response.json()) as { events: { kind: string; rrn?: string }[] }
      return events.filter(({ kind }) => kind === 'issuer.asked').map(({ rrn }) => rrn)
    }),
  )
  expect(references.map(each => each.length)).toEqual(ids.map(() => 1))
  const kinds = references.flat().map(rrn => asked.filter(entry => entry.rrn === rrn).map(({ kind }) => kind))
  expect(kinds).toEqual(ids.map(() => ['verification']))
  seen += ids.length
  expect(asked).toHaveLength(seen)
}

let seen = 0

const notificationsOf = (vaultingRequestId: string) =>
  receiver.received.filter(({ json }) => json.vaultingRequestId === vaultingRequestId)
