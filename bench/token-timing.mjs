/**
 * `npm run bench -- --tokens 2000`: whether the time that inquireToken takes tells why a token is not there. Calls for
 * tokens that nobody has, that another merchant has, and that were deleted come in turn, in another order each round, one
 * at a time on one connection, so that whatever else the machine does falls on all three alike.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { startCofferProcesses } from './coffer-processes.mjs'

/** So many different tokens of each kind. */
const TOKENS = 100

/** Medians may be so far apart, as a part of the smallest. */
const MOST_APART = 0.05

const ORDERS = [
  ['unknown', 'foreign', 'deleted'],
  ['deleted', 'unknown', 'foreign'],
  ['foreign', 'deleted', 'unknown'],
  ['unknown', 'deleted', 'foreign'],
  ['foreign', 'unknown', 'deleted'],
  ['deleted', 'foreign', 'unknown'],
]

/** @param {{ root: string, calls: number, portOffset: number }} options  `calls`: of each kind */
export async function measureTokenTiming({ root, calls, portOffset }) {
  const dataDir = mkdtempSync(join(tmpdir(), 'coffer-bench-'))
  const coffer = await startCofferProcesses({ root, dataDir, portOffset })
  try {
    const sandbox = JSON.parse(readFileSync(join(dataDir, 'sandbox.json'), 'utf8'))
    const pool = new Pool(sandbox.apiUrl, { connections: 1, pipelining: 1 })
    const [mine, other] = await Promise.all(sandbox.merchants.slice(0, 2).map(signer))
    const call = async request => {
      const { body } = await pool.request(request)
      return body.text()
    }
    const tokens = await makeTokens(call, mine, other)

    process.stdout.write(`signing ${3 * calls} requests … `)
    const rounds = []
    for (let n = 0; n < calls; n += 1) {
      const kinds = ORDERS[n % ORDERS.length]
      const requests = kinds.map(kind => mine('inquireToken', { token: tokens[kind][n % TOKENS] }))
      rounds.push(
        await Promise.all(requests.map(async (request, nth) => ({ kind: kinds[nth], request: await request }))),
      )
    }
    console.log('done')

    const took = { unknown: [], foreign: [], deleted: [] }
    const answers = new Set()
    const warmUp = Math.min(200, calls)
    for (const { request } of rounds.slice(0, warmUp).flat()) await call(request)
    for (const { kind, request } of rounds.flat()) {
      const begin = performance.now()
      const text = await call(request)
      took[kind].push(performance.now() - begin)
      answers.add(text)
    }
    await pool.close()
    report(took, answers)
  } finally {
    await coffer.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Tokens of the three kinds, each `TOKENS` of them. */
async function makeTokens(call, mine, other) {
  const { testCardNumber } = await import('@coffer/test-cards')
  const vaulted = async (merchant, n) => {
    const answer = JSON.parse(await call(await merchant('vaultPaymentMethod', vaulting(testCardNumber, n))))
    return answer.paymentMethodDetail.card.cardToken
  }
  const tokens = { unknown: [], foreign: [], deleted: [] }
  for (let n = 0; n < TOKENS; n += 1) {
    tokens.unknown.push(`cof_${randomBytes(32).toString('base64url')}`)
    tokens.foreign.push(await vaulted(other, n))
    const token = await vaulted(mine, n)
    await call(await mine('deleteToken', { token }))
    tokens.deleted.push(token)
  }
  return tokens
}

const vaulting = (testCardNumber, n) => ({
  vaultingRequestId: `timing-${n}`,
  redirectUrl: 'https://shop.example/cards/done',
  paymentMethodDetail: {
    paymentMethodType: 'CARD',
    card: {
      cardNo: testCardNumber({ prefix: '40000006', fill: String(n).padStart(5, '0') }),
      expiryYear: '33',
      expiryMonth: '03',
      cvv: '123',
      cardholderName: { firstName: 'Ana', lastName: 'Lima' },
      payerEmail: 'ana@shop.example',
    },
  },
  env: { terminalType: 'WEB', clientIp: '203.0.113.7' },
})

/** Gives what signs calls of a merchant. */
async function signer(merchant) {
  const { contentToSign, printSignatureHeader, readPrivateKey, signContent } = await import('@coffer/antom')
  const key = readPrivateKey(merchant.merchantPrivateKey)
  return async (operation, content) => {
    const uri = `/ams/sandbox/api/v1/vaults/${operation}`
    const body = Buffer.from(JSON.stringify(content))
    const time = String(Date.now())
    const { clientId, keyVersion } = merchant
    const signed = await signContent(key, contentToSign({ method: 'POST', uri, clientId, time, body }))
    const headers = {
      'client-id': clientId,
      'request-time': time,
      signature: printSignatureHeader({ keyVersion, signature: signed }),
      'content-type': 'application/json',
    }
    return { method: 'POST', path: uri, headers, body }
  }
}

function report(took, answers) {
  const quantile = (sorted, q) => Number(sorted[Math.floor((sorted.length - 1) * q)].toFixed(3))
  const rows = Object.entries(took).map(([kind, times]) => {
    const sorted = times.toSorted((a, b) => a - b)
    return {
      kind,
      calls: sorted.length,
      p10: quantile(sorted, 0.1),
      median: quantile(sorted, 0.5),
      p90: quantile(sorted, 0.9),
    }
  })
  const medians = rows.map(({ median }) => median)
  const apart = Math.max(...medians) / Math.min(...medians) - 1
  console.log(
    `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.versions.node}; milliseconds`,
  )
  console.table(rows)
  console.log(
    `medians are ${(apart * 100).toFixed(1)} % apart; ${answers.size} different answer${answers.size === 1 ? '' : 's'}`,
  )
  if (apart > MOST_APART || answers.size !== 1) process.exitCode = 1
}
