/** The sandbox's own certificate authority, and a certificate of it for the API on this machine. */
import 'reflect-metadata'
import { createPrivateKey, webcrypto } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import type { Random } from '../platform/random.js'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

/** Hosts that the certificate is for: the official Java and PHP SDKs check the name, though not the chain. */
const HOSTS = [
  { type: 'dns' as const, value: 'localhost' },
  { type: 'ip' as const, value: '127.0.0.1' },
  { type: 'ip' as const, value: '::1' },
]

export interface SandboxTls {
  cert: string
  key: string
  /** The authority's certificate, for clients that check the chain. */
  caFile: string
}

/**
 * The certificate that the sandbox serves with, made at first start and again before it runs out.
 * @param now  the machine's time, which clients check validity with, whatever the sandbox clock shows
 */
export async function sandboxTls(dataDir: string, now: number, random: Random): Promise<SandboxTls> {
  const folder = join(dataDir, 'tls')
  const caFile = join(dataDir, 'sandbox-ca.pem')
  const certFile = join(folder, 'sandbox.pem')
  const keyFile = join(folder, 'sandbox-key.pem')
  try {
    const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map(path => readFile(path, 'utf8')))
    const good = new x509.X509Certificate(cert!).notAfter.getTime() > now + 30 * DAY_MS
    if (good && ca && key) return { cert: cert!, key, caFile }
  } catch {
    // There is none yet, or half of one; it is made anew.
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const made = await makeCertificates(now, random)
  await write(caFile, made.ca, 0o644)
  await write(keyFile, made.key, 0o600)
  await write(certFile, made.cert, 0o644)
  return { cert: made.cert, key: made.key, caFile }
}

/** An authority whose key is forgotten at once: nothing else can ever be signed with it. */
async function makeCertificates(now: number, random: Random): Promise<{ ca: string; cert: string; key: string }> {
  x509.cryptoProvider.set(webcrypto as never) // the type it wants is a browser's
  const caKeys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const notBefore = new Date(now - DAY_MS)
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(random),
    name: 'CN=Coffer sandbox CA (this machine only)',
    notBefore,
    notAfter: new Date(now + 397 * DAY_MS),
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  })
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(random),
    subject: 'CN=localhost',
    issuer: ca.subject,
    notBefore,
    notAfter: new Date(now + 397 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(HOSTS),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' })
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n${ca.toString('pem')}\n`, key: String(key) }
}

/** Positive and without a leading zero byte, as strict parsers want it. */
function serial(random: Random): string {
  const bytes = random.bytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode })
  await rename(`${path}.new`, path)
}
