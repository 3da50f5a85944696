/** How `coffer serve` starts, refuses to start, and stops: as a process, with what an operator would see. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { startSimulator } from '../../apps/simulator/src/index.js'
import { cloneDatabase, dropDatabase } from '../../packages/local-postgres/src/index.js'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { TEMPLATE } from '../support/global-setup.js'
import { startHoldingRelay } from '../support/holding-relay.js'
import { callApi, type MerchantKeys } from '../support/merchant-client.js'
import {
  ensureBuilt,
  type Program,
  type ProgramOptions,
  runCoffer,
  sandboxMerchants,
  startCoffer,
  untilLinked,
} from '../support/processes.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'

let folder: string
const programs: Program[] = []
const databases: string[] = []

beforeAll(async () => {
  await ensureBuilt()
  folder = mkdtempSync(join(tmpdir(), 'coffer start ')) // with blanks, as in the paths of many people
})

afterEach(async () => {
  for (const program of programs.splice(0)) if (program.runs()) await program.stop()
})

afterAll(async () => {
  for (const name of databases) await dropDatabase(inject('postgresUrl'), name)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** An empty database of the test server: no process of ours is needed for it, and it is not durable. */
async function someDatabase(): Promise<string> {
  const name = `start_${randomBytes(6).toString('hex')}`
  databases.push(name)
  return cloneDatabase(inject('postgresUrl'), TEMPLATE, name)
}

function sandboxEnv(name: string, offset: number, databaseUrl?: string): Record<string, string> {
  return {
    COFFER_DATA_DIR: join(folder, name),
    COFFER_PORT_OFFSET: String(offset),
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  }
}

function serve(env: Record<string, string>, options: ProgramOptions = {}): Program {
  const program = startCoffer(['serve'], { ...options, env })
  programs.push(program)
  return program
}

async function refusal(args: string[], env: Record<string, string>): Promise<string> {
  const { how, output } = await runCoffer(args, { env })
  expect(how, output).toBe('exit 1')
  return output.trim()
}

interface Reply {
  status: number
  text: string
}

/** A plain GET with headers that `fetch` would not send. */
function get(url: string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('a start that cannot succeed', () => {
  test.each([
    ['the API', 8080],
    ['the API over TLS', 8443],
    ['the hosted pages', 8081],
    ['operations', 8085],
  ])('says in one line which port is in use: %s', async (_what, port) => {
    const offset = 22_000
    const taken = await listenOn(port + offset)
    const line = await refusal(['serve'], sandboxEnv('port', offset, await someDatabase()))
    taken.close()
    expect(onlyRemedy(line)).toMatch(new RegExp(`^port ${port + offset} is in use: .*COFFER_PORT_OFFSET`))
  })

  test('names the key file that does not belong to the database, and changes nothing', async () => {
    const databaseUrl = await someDatabase()
    const first = serve(sandboxEnv('right key', 22_100, databaseUrl))
    await first.ready
    await first.stop()
    const gone = await refusal(['serve'], sandboxEnv('no key', 22_100, databaseUrl))
    expect(onlyRemedy(gone)).toMatch(/sandbox-kek, which is gone: restore it/)

    mkdirSync(join(folder, 'wrong key'))
    const wrongKey = join(folder, 'wrong key', 'sandbox-kek')
    writeFileSync(wrongKey, randomBytes(32), { mode: 0o600 })
    const wrong = onlyRemedy(await refusal(['serve'], sandboxEnv('wrong key', 22_100, databaseUrl)))
    expect(wrong).toContain(wrongKey)
    expect(wrong).toMatch(/key/)

    const again = serve(sandboxEnv('right key', 22_100, databaseUrl))
    await again.ready
  })

  test('says that the database cannot be reached, without its password', async () => {
    const port = await freePort()
    const databaseUrl = `postgres://coffer:geheim@127.0.0.1:${port}/coffer`
    const line = await refusal(['serve'], sandboxEnv('no database', 22_200, databaseUrl))
    expect(line).toMatch(/^the database cannot be reached \(ECONNREFUSED\): check DATABASE_URL/)
    expect(line).not.toContain('geheim')
  })

  test('in live, with nothing configured, names all that is missing at once', async () => {
    const line = await refusal(['serve'], { COFFER_PROFILE: 'live', COFFER_DATA_DIR: join(folder, 'live nothing') })
    const settings = ['COFFER_KEK_FILE', 'COFFER_TLS_CERT_FILE', 'COFFER_PUBLIC_API_URL', 'COFFER_ACQUIRERS_FILE']
    for (const setting of settings) expect(line).toContain(setting)
    for (const setting of ['COFFER_TLS_TERMINATOR', 'COFFER_PUBLIC_PAGES_URL']) expect(line).toContain(setting)
    if (Number(process.versions.node.split('.')[0]) < 22) expect(line).toContain('COFFER_ALLOW_UNSUPPORTED_NODE')
  })

  test('in live, refuses a database that forgets what it has acknowledged', async () => {
    const line = await refusal(['serve'], liveEnv('live forgetful', 22_300, await someDatabase()))
    expect(onlyRemedy(line)).toMatch(/fsync/)
  })
})

describe('a sandbox with its own database, in a path with blanks', () => {
  const offset = 22_400
  const env = () => sandboxEnv('a data dir', offset)

  test('comes back after kill -9, with what it had acknowledged', async () => {
    const first = serve(env())
    await first.ready
    const merchant = sandboxMerchants(join(folder, 'a data dir'))[0]!
    const request = aVaultingRequest({ vaultingRequestId: 'before-the-kill' })
    const vault = () =>
      callApi(
        `http://127.0.0.1:${8080 + offset}`,
        merchant.keys,
        merchant.gatewayKey,
        'vaults/vaultPaymentMethod',
        request,
      )
    // No issuer runs here, so the card is one that needs none: no brand has it.
    request.paymentMethodDetail.card.expiryYear = '20'
    const answer = await vault()
    expect(answer).toMatchObject({ verified: true, json: { result: { resultCode: 'CARD_EXPIRED' } } })

    await first.kill()
    const second = serve(env())
    await second.ready
    expect((await vault()).text).toBe(answer.text)
    await second.stop()
  })

  test('a second Coffer on its data directory is refused, and harms nothing', async () => {
    const first = serve(env())
    await first.ready
    const line = await refusal(['serve'], { ...env(), COFFER_PORT_OFFSET: '22500' })
    expect(onlyRemedy(line)).toMatch(/a data dir is already open .*COFFER_DATA_DIR/)
    expect(await get(`http://127.0.0.1:${8085 + offset}/readyz`)).toMatchObject({ status: 200 })
  })

  test('its TLS port proves itself with the CA that it made, under each name of this machine', async context => {
    await serve(env()).ready
    const ca = readFileSync(join(folder, 'a data dir', 'sandbox-ca.pem'))
    const port = 8443 + offset
    for (const host of ['localhost', '127.0.0.1']) expect(await overTls(host, port, ca)).toMatch(/NO_INTERFACE_DEF/)
    const hasIpv6 = Object.values(networkInterfaces()).some(addresses =>
      addresses?.some(each => each.address === '::1'),
    )
    if (!hasIpv6) return context.skip('this machine has no ::1')
    expect(await overTls('::1', port, ca)).toMatch(/NO_INTERFACE_DEF/)
    await expect(overTls('127.0.0.1', port, undefined)).rejects.toThrow(/self.signed|issuer|verify/i)
  })

  test('its operations port answers this machine alone, and no web page', async () => {
    await serve(env()).ready
    const ops = `http://127.0.0.1:${8085 + offset}`
    expect(await get(`${ops}/sandbox/clock`)).toMatchObject({ status: 200 })
    const page = { origin: 'https://evil.example' }
    expect(await get(`${ops}/sandbox/clock`, page)).toMatchObject({ status: 403 })
    expect(await get(`${ops}/metrics`, { origin: 'null' })).toMatchObject({ status: 403 })
    for (const host of ['evil.example', `evil.example:${8085 + offset}`, '127.0.0.1.evil.example']) {
      expect(await get(`${ops}/sandbox/clock`, { host }), `Host: ${host}`).toMatchObject({ status: 403 })
    }
    expect(await get(`${ops}/livez`, { host: `localhost:${8085 + offset}` })).toMatchObject({ status: 200 })
  })

  test('starts for an ordinary user as well, in a directory of his own', async context => {
    if (process.getuid?.() !== 0) return context.skip('this is an ordinary user already')
    const home = mkdtempSync(join(tmpdir(), 'coffer-nobody-'))
    const dataDir = join(home, 'data')
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
    chownSync(home, 65534, 65534)
    const program = serve(
      { COFFER_DATA_DIR: dataDir, COFFER_PORT_OFFSET: '22600', HOME: home },
      { before: nobody, cwd: home },
    )
    const told = await program.ready.then(
      () => 'ready',
      (error: Error) => error.message,
    )
    const ready = told === 'ready' && (await get(`http://127.0.0.1:${8085 + 22_600}/readyz`))
    await program.stop()
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    // A checkout below a closed folder, such as /root, cannot be read by others at all.
    if (/EACCES|Cannot find module/.test(told)) return context.skip('this checkout cannot be read by another user')
    expect(told).toBe('ready')
    expect(ready).toMatchObject({ status: 200 })
  })
})

describe('a stop', () => {
  test('SIGTERM lets the call that is under way be answered, and ends with 0', async () => {
    const simulator = await startSimulator({ port: 0 })
    const relay = await startHoldingRelay(simulator.port)
    const offset = 22_700
    const acquirers = writeAcquirersFile(join(folder, 'stop acquirers.json'), relay.port)
    const env = { ...sandboxEnv('stop', offset, await someDatabase()), COFFER_ACQUIRERS_FILE: acquirers }
    try {
      const program = serve(env)
      await program.ready
      await untilLinked(`http://127.0.0.1:${8085 + offset}`, undefined, ['issuer'])
      const { keys, gatewayKey } = sandboxMerchants(join(folder, 'stop'))[0]!
      const apiUrl = `http://127.0.0.1:${8080 + offset}`
      const held = relay.holdNext('0110', 50_000)
      const underWay = callApi(apiUrl, keys, gatewayKey, 'vaults/vaultPaymentMethod', aVaultingRequest())
      const answer = await held
      const how = program.stop('SIGTERM')
      const newCall = () => get(`${apiUrl}/`).then(String, (error: Error) => error.message)
      await expect.poll(newCall).toMatch(/ECONNREFUSED/)
      expect(answer?.letGo()).toBe(true)
      expect(await underWay).toMatchObject({ verified: true, json: { result: { resultCode: 'SUCCESS' } } })
      expect(await how).toBe('exit 0')
      // It has taken leave of the issuer, on both of its lines.
      expect(simulator.log().filter(({ kind }) => kind === 'sign-off')).toHaveLength(2)
    } finally {
      await relay.stop()
      await simulator.stop()
    }
  })
})

describe('live', () => {
  const offset = 22_800
  const apiUrl = `http://127.0.0.1:${8080 + offset}`
  let env: Record<string, string>
  let merchant: MerchantKeys
  let gatewayKey: KeyObject

  beforeAll(async () => {
    // Its own PostgreSQL, which is durable, as live demands.
    env = liveEnv('live', offset)
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    merchant = { clientId: '5X00000000000009', keyVersion: 1, privateKey, publicKey }
    const keyFile = join(folder, 'merchant public key.pem')
    writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }))

    expect(onlyRemedy(await refusal(['serve'], env))).toMatch(/run "coffer migrate" first/)
    expect((await runCoffer(['migrate'], { env })).how).toBe('exit 0')
    const added = await runCoffer(['--json', 'merchant', 'add', merchant.clientId, '--public-key', `@${keyFile}`], {
      env,
    })
    const told = JSON.parse(added.output) as { gatewayPublicKey: string }
    gatewayKey = createPublicKey({ key: Buffer.from(told.gatewayPublicKey, 'base64'), format: 'der', type: 'spki' })
    const sandboxName = ['merchant', 'add', 'SANDBOX_X', '--public-key', `@${keyFile}`]
    expect(await refusal(sandboxName, env)).toMatch(/SANDBOX_/)
  })

  const vaultCard = (cardNo: string, vaultingRequestId?: string) => {
    const request = aVaultingRequest({ card: { cardNo }, ...(vaultingRequestId && { vaultingRequestId }) })
    return callApi(apiUrl, merchant, gatewayKey, 'vaults/vaultPaymentMethod', request)
  }

  test('serves after it was migrated: signed calls on the live path, real cards, no test cards', async () => {
    await serve(env).ready
    const noBrand = await vaultCard('7000000000000005')
    expect(noBrand).toMatchObject({
      verified: true,
      json: { result: { resultCode: 'CARD_NOT_SUPPORTED', resultStatus: 'F' } },
    })
    const silent = await vaultCard('4539578763621486', 'nobody-answers')
    expect(silent).toMatchObject({
      verified: true,
      json: { result: { resultCode: 'UNKNOWN_EXCEPTION', resultStatus: 'U' } },
    })
    const operation = 'vaults/inquireVaulting'
    const inquiry = await callApi(apiUrl, merchant, gatewayKey, operation, { vaultingRequestId: 'nobody-answers' })
    expect(inquiry).toMatchObject({ verified: true, json: { vaultingStatus: 'PROCESSING' } })

    const testCard = await vaultCard(namedTestCards.plainSuccess.number)
    expect(testCard).toMatchObject({ verified: true, json: { result: { resultCode: 'PARAM_ILLEGAL' } } })
    expect(testCard.text).toMatch(/test card/)
    const uri = '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'
    const sandboxPath = await callApi(apiUrl, merchant, gatewayKey, operation, aVaultingRequest(), { uri })
    expect(sandboxPath).toMatchObject({ verified: true, json: { result: { resultCode: 'ACCESS_DENIED' } } })
    const stale = await callApi(apiUrl, merchant, gatewayKey, operation, {}, { time: String(Date.now() - 3_600_000) })
    expect(stale).toMatchObject({ verified: true, json: { result: { resultCode: 'PARAM_ILLEGAL' } } })
  })

  test('has no sandbox controls, and its operations port answers no web page', async () => {
    await serve(env).ready
    const ops = `http://127.0.0.1:${8085 + offset}`
    expect(await get(`${ops}/readyz`)).toMatchObject({ status: 200 })
    expect(await get(`${ops}/sandbox/clock`)).toMatchObject({ status: 404 })
    expect(await get(`${ops}/sandbox/timeline/${merchant.clientId}/x`)).toMatchObject({ status: 404 })
    expect(await get(`${ops}/readyz`, { origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await get(`${ops}/readyz`, { host: 'evil.example' })).toMatchObject({ status: 403 })
  })

  test('has no TLS port of its own where another program ends TLS, and takes no clock from anybody', async () => {
    await serve(env).ready
    await expect(overTls('127.0.0.1', 8443 + offset, undefined)).rejects.toThrow(/ECONNREFUSED/)
    expect(await refusal(['clock'], env)).toBe('time cannot be played in live')
    const asSandbox = {
      COFFER_PROFILE: 'sandbox',
      COFFER_DATA_DIR: env['COFFER_DATA_DIR']!,
      COFFER_PORT_OFFSET: '22900',
    }
    expect(await refusal(['serve'], asSandbox)).toMatch(/already open|live profile/)
  })
})

function liveEnv(name: string, offset: number, databaseUrl?: string): Record<string, string> {
  const kekFile = join(folder, `${name} kek`)
  writeFileSync(kekFile, randomBytes(32), { mode: 0o600 })
  return {
    ...sandboxEnv(name, offset, databaseUrl),
    COFFER_PROFILE: 'live',
    COFFER_KEK_FILE: kekFile,
    COFFER_TLS_TERMINATOR: 'a proxy',
    COFFER_PUBLIC_API_URL: 'https://vault.example',
    COFFER_PUBLIC_PAGES_URL: 'https://pages.vault.example',
    // Nobody listens there.
    COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(folder, `${name} acquirers.json`), 1, { privateLine: true }),
    COFFER_ALLOW_UNSUPPORTED_NODE: 'yes',
  }
}

/** The line for people; what a database of our own says while it is prepared stands before it. */
function onlyRemedy(output: string): string {
  const lines = output
    .split('\n')
    .filter(line => !/^(preparing the database|waiting for|recovering|ending what)/.test(line))
  expect(lines).toHaveLength(1)
  return lines[0]!
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

async function freePort(): Promise<number> {
  const server = await listenOn(0)
  const { port } = server.address() as { port: number }
  await new Promise<void>(resolve => server.close(() => resolve()))
  return port
}

function overTls(host: string, port: number, ca: Buffer | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ host, port, path: '/', agent: false, ...(ca && { ca }) }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    sent.end()
  })
}
