/**
 * `npm run bench`: vaultings per second with delivered notifications, on this machine, as a ratio to the RSA-2048
 * signatures per second that the same machine makes in the same run. Absolute figures of two machines, or of one on two
 * days, cannot be compared; ratios can.
 *
 * Everything is real and runs on the same cores: PostgreSQL with fsync, the vault's two processes, the simulator,
 * a merchant that has signed its requests beforehand, and its receiver that acknowledges each notification.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Pool } from 'undici'
import { buildIfStale } from '../build-if-stale.mjs'
import { startCofferProcesses } from './coffer-processes.mjs'
import { measureConnector } from './connector.mjs'
import { measureDeliveries } from './deliveries.mjs'
import { measurePayments } from './payments.mjs'
import { measureTokenTiming } from './token-timing.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const CONNECTOR_SECONDS = 4

if (!isMainThread) signInLoop()
else await main()

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '15' },
      'warm-up': { type: 'string', default: '6' },
      connections: { type: 'string', default: '64' },
      'port-offset': { type: 'string', default: '17000' },
      profile: { type: 'string' },
      deliveries: { type: 'string' },
      workers: { type: 'string', default: '4' },
      tokens: { type: 'string' },
      payments: { type: 'boolean', default: false },
      pairs: { type: 'string', default: '300' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(
      'npm run bench -- [--seconds 15] [--warm-up 6] [--connections 64] [--port-offset 17000] [--profile DIR]\n' +
        'npm run bench -- --deliveries 20000 [--workers 4]   notifications that are all due at once, and nothing else\n' +
        'npm run bench -- --payments [--pairs 300]   payments with a token, and what opening a stored card costs\n' +
        'npm run bench -- --tokens 2000   whether time tells why a token is not there; so many calls of each kind',
    )
    return
  }
  const seconds = Number(values.seconds)
  const warmUp = Number(values['warm-up'])
  const connections = Number(values.connections)
  await buildIfStale({ root })

  if (values.tokens) {
    const portOffset = Number(values['port-offset'])
    return measureTokenTiming({ root, calls: Number(values.tokens), portOffset })
  }
  if (values.payments) {
    const portOffset = Number(values['port-offset'])
    const pairs = Number(values.pairs)
    const ways = { runLoad, startReceiver, rsaSignsPerSecond }
    return measurePayments({ root, connections, warmUp, seconds, pairs, portOffset, ...ways })
  }
  if (values.deliveries) {
    const count = Number(values.deliveries)
    const workers = Number(values.workers)
    const portOffset = Number(values['port-offset'])
    return measureDeliveries({
      root,
      count,
      workers,
      connections,
      portOffset,
      makeLoad,
      startReceiver,
      rsaSignsPerSecond,
    })
  }

  const rsaBefore = await rsaSignsPerSecond()
  const dataDir = mkdtempSync(join(tmpdir(), 'coffer-bench-'))
  const coffer = await startCofferProcesses({
    root,
    dataDir,
    portOffset: Number(values['port-offset']),
    profileDir: values.profile,
  })
  const receiver = await startReceiver()
  try {
    const sandbox = JSON.parse(readFileSync(join(dataDir, 'sandbox.json'), 'utf8'))
    const load = await makeLoad(sandbox, receiver.url)
    const connector = await measureConnector({ port: 8091 + Number(values['port-offset']), seconds: CONNECTOR_SECONDS })
    console.log(`${connections} connections, ${warmUp} s to warm up, ${seconds} s measured …`)
    const run = await runLoad(sandbox.apiUrl, load, { connections, warmUp, seconds, receiver, coffer })
    await receiver.waitFor(run.answeredInAll, 60_000)
    const lost = run.answeredInAll - receiver.distinct()
    const rsaAfter = await rsaSignsPerSecond()
    report({ ...run, connector, lost, connections, rsa: (rsaBefore + rsaAfter) / 2 })
    if (lost !== 0 || run.failed !== 0) process.exitCode = 1
  } finally {
    await coffer.stop()
    receiver.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Signatures per second of all cores together, with nothing else running. */
async function rsaSignsPerSecond() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
  const workers = Array.from({ length: availableParallelism() }, () => {
    return new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { pem, ms: 2_000 } })
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  })
  return (await Promise.all(workers)).reduce((sum, rate) => sum + rate, 0)
}

async function signInLoop() {
  const { createPrivateKey } = await import('node:crypto')
  const key = createPrivateKey(workerData.pem)
  const data = Buffer.alloc(600, 7)
  const startedAt = performance.now()
  let count = 0
  while (performance.now() - startedAt < workerData.ms) {
    sign('RSA-SHA256', data, key)
    count += 1
  }
  parentPort.postMessage(count / ((performance.now() - startedAt) / 1000))
}

/** Signed requests, made before the clock runs: a merchant's own work is not the vault's. */
async function makeLoad(sandbox, receiverUrl) {
  const { contentToSign, printSignatureHeader, readPrivateKey, signContent } = await import('@coffer/antom')
  const { testCardNumber } = await import('@coffer/test-cards')
  const merchant = sandbox.merchants[0]
  const key = readPrivateKey(merchant.merchantPrivateKey)
  const uri = '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'
  let n = 0
  return async function next() {
    n += 1
    const body = Buffer.from(
      JSON.stringify({
        vaultingRequestId: `bench-${n}`,
        vaultingNotificationUrl: `${receiverUrl}/notify`,
        redirectUrl: 'https://shop.example/cards/done',
        paymentMethodDetail: {
          paymentMethodType: 'CARD',
          card: {
            cardNo: testCardNumber({ prefix: '40000006', fill: String(n % 100_000).padStart(5, '0') }),
            expiryYear: '33',
            expiryMonth: '03',
            cvv: '123',
            cardholderName: { firstName: 'Ana', lastName: 'Lima' },
          },
        },
        env: { terminalType: 'WEB', clientIp: '203.0.113.7' },
      }),
    )
    const time = String(Date.now())
    const content = contentToSign({ method: 'POST', uri, clientId: merchant.clientId, time, body })
    const signature = printSignatureHeader({
      keyVersion: merchant.keyVersion,
      signature: await signContent(key, content),
    })
    const headers = {
      'client-id': merchant.clientId,
      'request-time': time,
      signature,
      'content-type': 'application/json',
    }
    return { method: 'POST', path: uri, headers, body }
  }
}

async function runLoad(apiUrl, next, { connections, warmUp, seconds, receiver, coffer }) {
  const pool = new Pool(apiUrl, { connections, pipelining: 1 })
  // Enough requests for any machine that this runs on, signed in batches while nothing is measured.
  const wanted = Math.ceil((warmUp + seconds) * 2_000)
  const requests = []
  process.stdout.write(`signing ${wanted} requests … `)
  while (requests.length < wanted) requests.push(...(await Promise.all(Array.from({ length: 64 }, next))))
  console.log('done')
  const startedAt = performance.now()
  const from = startedAt + warmUp * 1000
  const to = from + seconds * 1000
  const latencies = []
  let at = 0
  let answeredInAll = 0
  let failed = 0
  let deliveredBefore = 0
  let processorBefore = new Map()
  let processor = []
  let delivered = 0
  const marks = [
    sleep(from - performance.now()).then(() => {
      deliveredBefore = receiver.distinct()
      processorBefore = coffer.processorMs()
    }),
    sleep(to - performance.now()).then(() => {
      delivered = receiver.distinct() - deliveredBefore
      processor = [...coffer.processorMs()].map(([name, ms]) => [name, ms - processorBefore.get(name)])
    }),
  ]
  const user = async () => {
    while (performance.now() < to && at < requests.length) {
      const request = requests[at++]
      const begin = performance.now()
      const { statusCode, body } = await pool.request(request)
      const answer = await body.json()
      const end = performance.now()
      if (statusCode !== 200 || answer.result.resultStatus !== 'S') {
        failed += 1
        continue
      }
      answeredInAll += 1
      if (begin >= from && end <= to) latencies.push(end - begin)
    }
  }
  await Promise.all(Array.from({ length: connections }, user))
  await Promise.all(marks)
  await pool.close()
  if (at >= requests.length) console.log('ran out of signed requests before the time was over: the figure is too low')
  latencies.sort((a, b) => a - b)
  const quantile = q => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0
  return {
    answeredInAll,
    failed,
    answeredPerSecond: latencies.length / seconds,
    deliveredPerSecond: delivered / seconds,
    processorMsPerVaulting: Object.fromEntries(processor.map(([name, ms]) => [name, ms / latencies.length])),
    p50: quantile(0.5),
    p99: quantile(0.99),
  }
}

async function startReceiver() {
  const seen = new Set()
  let received = 0
  let firstAt
  let lastAt
  const acknowledgement = '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      received += 1
      lastAt = performance.now()
      firstAt ??= lastAt
      const { vaultingRequestId, paymentRequestId } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      seen.add(vaultingRequestId ?? paymentRequestId)
      response.end(acknowledgement)
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    distinct: () => seen.size,
    received: () => received,
    /** From the first to the last, in seconds. */
    took: () => (lastAt - firstAt) / 1000,
    async waitFor(count, ms) {
      const until = performance.now() + ms
      while (seen.size < count && performance.now() < until) await sleep(50)
    },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function report(run) {
  // A vaulting counts once it is answered and notified: whichever of the two is slower sets the rate.
  const perSecond = Math.min(run.answeredPerSecond, run.deliveredPerSecond)
  const ratio = perSecond / run.rsa
  const round = (value, digits = 0) => Number(value.toFixed(digits))
  const result = {
    at: new Date().toISOString(),
    machine: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node.js ${process.versions.node}`,
    connections: run.connections,
    rsa2048SignsPerSecond: round(run.rsa),
    vaultingsPerSecond: round(perSecond, 1),
    answeredPerSecond: round(run.answeredPerSecond, 1),
    deliveredPerSecond: round(run.deliveredPerSecond, 1),
    ratio: round(ratio, 3),
    ...Object.fromEntries(
      Object.entries(run.processorMsPerVaulting).map(([name, ms]) => [`${name}MsPerVaulting`, round(ms, 2)]),
    ),
    connectorVerificationsPerSecond: round(run.connector.perSecond),
    connectorMsPerVerification: round(run.connector.msPerVerification, 3),
    connectorShareOfServe: round(run.connector.msPerVerification / run.processorMsPerVaulting['serve'], 3),
    p50ms: round(run.p50, 1),
    p99ms: round(run.p99, 1),
    failed: run.failed,
    notNotified: run.lost,
  }
  console.table(Object.fromEntries(Object.entries(result).map(([name, value]) => [name, { value }])))
  mkdirSync(join(root, 'reports'), { recursive: true })
  writeFileSync(join(root, 'reports/bench.json'), `${JSON.stringify(result, null, 2)}\n`)
}
