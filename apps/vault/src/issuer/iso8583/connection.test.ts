/** A line with TLS: whom it is opened to, and whom not. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { agreeable, playAcquirer } from '../../../../../test/support/played-acquirer.js'
import { systemRandom } from '../../platform/random.js'
import { type SandboxTls, sandboxTls } from '../../sandbox/certificates.js'
import { type LineTls, openLine } from './connection.js'

let folder: string
let theirs: SandboxTls & { ca: string }
let anotherCa: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coffer-line-'))
  const make = (name: string) => sandboxTls(join(folder, name), Date.now(), systemRandom)
  const [one, other] = await Promise.all([make('one'), make('other')])
  theirs = { ...one!, ca: await readFile(one!.caFile, 'utf8') }
  anotherCa = await readFile(other!.caFile, 'utf8')
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listening(tls: Parameters<typeof playAcquirer>[2] = { cert: theirs.cert, key: theirs.key }) {
  const peer = await playAcquirer(agreeable, 0, tls)
  closers.push(() => peer.stop())
  return peer
}

async function opened(port: number, tls: LineTls | undefined, host = '127.0.0.1'): Promise<Socket> {
  const socket = await openLine({ host, port, ...(tls && { tls }) }, 60_000, new AbortController().signal)
  closers.push(async () => void socket.destroy())
  return socket
}

const failure = (port: number, tls: LineTls | undefined, host?: string): Promise<string> =>
  opened(port, tls, host).then(
    () => 'opened',
    (error: NodeJS.ErrnoException) => error.code ?? error.name,
  )

test('a certificate of the right authority for the right name or address is accepted', async () => {
  const { port } = await listening()
  expect(await failure(port, { ca: theirs.ca })).toBe('opened')
  expect(await failure(port, { ca: theirs.ca, serverName: 'localhost' })).toBe('opened')
})

test('a certificate of another authority, or of none that is known, is refused', async () => {
  const { port } = await listening()
  expect(await failure(port, { ca: anotherCa })).not.toBe('opened')
  expect(await failure(port, {})).not.toBe('opened')
})

test('a certificate for another name is refused, also where the authority is the right one', async () => {
  const { port } = await listening()
  expect(await failure(port, { ca: theirs.ca, serverName: 'acquirer.test' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
})

test('TLS 1.1 is refused', async () => {
  const { cert, key } = theirs
  // Level 0, or OpenSSL would leave out 1.1 by itself and prove nothing.
  const old = await listening({ cert, key, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })
  expect(await failure(old.port, { ca: theirs.ca })).not.toBe('opened')
  const next = await listening({ cert, key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
  expect(((await opened(next.port, { ca: theirs.ca })) as TLSSocket).getProtocol()).toBe('TLSv1.2')
})

test('TLS to a side that speaks none fails, and plain TCP is used only where no TLS was asked for', async () => {
  const peer = await playAcquirer()
  closers.push(() => peer.stop())
  peer.behave = () => {}
  const stop = new AbortController()
  const trying = openLine({ host: '127.0.0.1', port: peer.port, tls: {} }, 100, stop.signal)
  await expect(trying).rejects.toThrow()
  expect(await failure(peer.port, undefined)).toBe('opened')
})

test('our certificate is shown to a side that asks for one', async () => {
  const own = await clientCertificate()
  const { cert, key } = theirs
  const peer = await listening({ cert, key, ca: own.cert, requestCert: true, rejectUnauthorized: true })
  const socket = await opened(peer.port, { ca: theirs.ca, cert: own.cert, key: own.key })
  const answer = new Promise<string>(resolve => socket.once('data', chunk => resolve(String(chunk))))
  socket.write('00140800|11=000001')
  expect(await answer).toContain('0810')
})

test('an opening that takes too long, or is not wanted any more, is given up', async () => {
  const peer = await playAcquirer(() => {})
  closers.push(() => peer.stop())
  const line = { host: '127.0.0.1', port: peer.port, tls: { ca: theirs.ca } }
  // The other side takes the connection and says nothing, so there never is a handshake.
  await expect(openLine(line, 20, new AbortController().signal)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  const stop = new AbortController()
  const opening = openLine(line, 60_000, stop.signal)
  stop.abort()
  await expect(opening).rejects.toMatchObject({ code: 'ABORT_ERR' })
})

async function clientCertificate(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  x509.cryptoProvider.set(webcrypto as never)
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=vault',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keys,
    signingAlgorithm: algorithm,
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { cert: made.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` }
}
