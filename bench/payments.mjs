/**
 * `npm run bench -- --payments`: payments with a token per second, answered and notified, as a ratio to RSA-2048
 * signatures per second; and what opening a stored card adds to an answer, from calls with a token and calls with the
 * number itself in turns.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { startCofferProcesses } from './coffer-processes.mjs'

/** So many cards are charged in turn. */
const TOKENS = 200

const VAULT = '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'
const PAY = '/ams/sandbox/api/v1/payments/pay'

/**
 * @param {{ root: string, connections: number, warmUp: number, seconds: number, pairs: number, portOffset: number,
 *   runLoad: Function, startReceiver: Function, rsaSignsPerSecond: Function }} options  `pairs`: calls of each kind
 */
export async function measurePayments(options) {
  const { root, connections, warmUp, seconds, pairs, portOffset, runLoad, startReceiver, rsaSignsPerSecond } = options
  const rsaBefore = await rsaSignsPerSecond()
  const dataDir = mkdtempSync(join(tmpdir(), 'coffer-bench-'))
  const env = { COFFER_SANDBOX_RISK_AMOUNTS: 'none' }
  const coffer = await startCofferProcesses({ root, dataDir, portOffset, env })
  const receiver = await startReceiver()
  try {
    const sandbox = JSON.parse(readFileSync(join(dataDir, 'sandbox.json'), 'utf8'))
    const merchant = await makeMerchant(sandbox, receiver.url)
    const tokens = await vaultCards(sandbox.apiUrl, merchant)
    console.log(`${connections} connections, ${warmUp} s to warm up, ${seconds} s measured …`)
    const next = nth => merchant.payment(`bench-${nth}`, { token: tokens[nth % TOKENS] })
    let n = 0
    await receiver.waitFor(TOKENS, 60_000)
    const vaulted = receiver.distinct()
    const run = await runLoad(sandbox.apiUrl, () => next(n++), { connections, warmUp, seconds, receiver, coffer })
    await receiver.waitFor(vaulted + run.answeredInAll, 60_000)
    const lost = vaulted + run.answeredInAll - receiver.distinct()
    const rsaAfter = await rsaSignsPerSecond()
    const opening = await measureOpening(sandbox.apiUrl, merchant, tokens, pairs)
    report({ root, run, lost, connections, rsa: (rsaBefore + rsaAfter) / 2, opening })
    if (lost !== 0 || run.failed !== 0 || opening.failed !== 0) process.exitCode = 1
  } finally {
    await coffer.stop()
    receiver.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Who signs calls. */
async function makeMerchant(sandbox, receiverUrl) {
  const { contentToSign, printSignatureHeader, readPrivateKey, signContent } = await import('@coffer/antom')
  const { testCardNumber } = await import('@coffer/test-cards')
  const { clientId, keyVersion, merchantPrivateKey } = sandbox.merchants[0]
  const key = readPrivateKey(merchantPrivateKey)
  const signed = async (uri, request) => {
    const body = Buffer.from(JSON.stringify(request))
    const time = String(Date.now())
    const content = contentToSign({ method: 'POST', uri, clientId, time, body })
    const signature = printSignatureHeader({ keyVersion, signature: await signContent(key, content) })
    const headers = { 'client-id': clientId, 'request-time': time, signature, 'content-type': 'application/json' }
    return { method: 'POST', path: uri, headers, body }
  }
  const env = { terminalType: 'WEB', clientIp: '203.0.113.7' }
  /** One half of each dialect. */
  const card = nth => ({
    cardNo: testCardNumber({ brand: nth % 2 ? 'MASTERCARD' : 'VISA', fill: String(nth % 100).padStart(2, '0') }),
    expiryYear: '33',
    expiryMonth: '03',
    cvv: '123',
  })
  return {
    vaulting: nth =>
      signed(VAULT, {
        vaultingRequestId: `bench-card-${nth}`,
        vaultingNotificationUrl: `${receiverUrl}/notify`,
        redirectUrl: 'https://shop.example/cards/done',
        paymentMethodDetail: { paymentMethodType: 'CARD', card: card(nth) },
        env,
      }),
    payment(paymentRequestId, { token, nth }) {
      const amount = { currency: 'USD', value: '1234' }
      return signed(PAY, {
        productCode: 'CASHIER_PAYMENT',
        paymentRequestId,
        order: { referenceOrderId: 'order-1', orderDescription: 'Two books', orderAmount: amount },
        paymentAmount: amount,
        paymentMethod: {
          paymentMethodType: 'CARD',
          ...(token ? { paymentMethodId: token } : { paymentMethodMetaData: card(nth) }),
        },
        paymentRedirectUrl: 'https://shop.example/orders/1',
        paymentNotifyUrl: `${receiverUrl}/notify`,
        env,
      })
    },
  }
}

async function vaultCards(apiUrl, merchant) {
  const pool = new Pool(apiUrl, { connections: 8, pipelining: 1 })
  const vault = async nth => {
    const { body } = await pool.request(await merchant.vaulting(nth))
    return (await body.json()).paymentMethodDetail.card.cardToken
  }
  const tokens = await Promise.all(Array.from({ length: TOKENS }, (_one, nth) => vault(nth)))
  await pool.close()
  return tokens
}

/** One call at a time; which of the two kinds comes first changes from pair to pair. */
async function measureOpening(apiUrl, merchant, tokens, pairs) {
  const pool = new Pool(apiUrl, { connections: 1, pipelining: 1 })
  const times = { token: [], number: [] }
  let failed = 0
  const warmUp = 20
  for (let nth = 0; nth < pairs + warmUp; nth += 1) {
    for (const kind of nth % 2 ? ['token', 'number'] : ['number', 'token']) {
      // The same card either way.
      const what = kind === 'token' ? { token: tokens[nth % TOKENS] } : { nth: nth % TOKENS }
      const request = await merchant.payment(`bench-${kind}-${nth}`, what)
      const began = performance.now()
      const { body } = await pool.request(request)
      const { result } = await body.json()
      if (result.resultStatus !== 'S') failed += 1
      if (nth >= warmUp) times[kind].push(performance.now() - began)
    }
  }
  await pool.close()
  const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
  const [token, number] = [median(times.token), median(times.number)]
  return { pairs, failed, token, number, ratio: token / number }
}

function report({ root, run, lost, connections, rsa, opening }) {
  const perSecond = Math.min(run.answeredPerSecond, run.deliveredPerSecond)
  const round = (value, digits = 0) => Number(value.toFixed(digits))
  const result = {
    at: new Date().toISOString(),
    machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.versions.node}`,
    connections,
    rsa2048SignsPerSecond: round(rsa),
    paymentsPerSecond: round(perSecond, 1),
    answeredPerSecond: round(run.answeredPerSecond, 1),
    deliveredPerSecond: round(run.deliveredPerSecond, 1),
    ratio: round(perSecond / rsa, 3),
    ...Object.fromEntries(
      Object.entries(run.processorMsPerVaulting).map(([name, ms]) => [`${name}MsPerPayment`, round(ms, 2)]),
    ),
    p50ms: round(run.p50, 1),
    p99ms: round(run.p99, 1),
    failed: run.failed + opening.failed,
    notNotified: lost,
    pairs: opening.pairs,
    medianMsWithToken: round(opening.token, 2),
    medianMsWithNumber: round(opening.number, 2),
    tokenToNumber: round(opening.ratio, 3),
  }
  console.table(Object.fromEntries(Object.entries(result).map(([name, value]) => [name, { value }])))
  mkdirSync(join(root, 'reports'), { recursive: true })
  writeFileSync(join(root, 'reports/bench-payments.json'), `${JSON.stringify(result, null, 2)}\n`)
}
