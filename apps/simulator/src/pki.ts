import 'reflect-metadata'
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Network } from '@coffer/test-cards'
import * as x509 from '@peculiar/x509'
import type { Random } from './clock.js'
import { StartFailure } from './start-failure.js'

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** Who a client certificate is for. */
export type Role = '3ds-server' | 'ds' | 'acs'

/** The certificates of one network: its authority signs client certificates and nothing else. */
export interface NetworkPki {
  readonly ca: string
  /** Of the DS, towards 3DS Server and ACS. */
  readonly ds: Identity
  /** Of the ACS, towards the DS. */
  readonly acs: Identity
}

/** All certificates of 3-D Secure on this machine. */
export interface Pki {
  /** The authority of all server certificates. */
  readonly ca: string
  /** Of the port for DS and ACS. */
  readonly server: Identity
  readonly networks: ReadonlyMap<Network, NetworkPki>
}

const roles: readonly Role[] = ['3ds-server', 'ds', 'acs']
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000
const validDays = 397
const renewDays = 30
const hosts = [
  { type: 'dns' as const, value: 'localhost' },
  { type: 'ip' as const, value: '127.0.0.1' },
  { type: 'ip' as const, value: '::1' },
]

/** The common name in a client certificate. */
export function commonName(role: Role, network: Network): string {
  return `${role}.${network.toLowerCase()}`
}

/**
 * The certificates in a folder, made where they are not there, not whole, or valid for less than 30 days: an authority
 * for server certificates, and for each network one for client certificates. No authority's key is kept, so nothing
 * else is ever signed; what is renewed is renewed together with its authority.
 * @param now  the machine's time, whatever the simulator's clock shows: peers check validity with theirs
 * @throws StartFailure when the folder cannot be used
 */
export async function preparePki(
  folder: string,
  networks: readonly Network[],
  now: Date,
  random: Random,
): Promise<Pki> {
  try {
    makeFolder(folder)
    const server = await prepareSet({ folder, names: ['server', '3ds-server'], purpose: 'server', now, random })
    const clients = await Promise.all(
      networks.map(async network => {
        const set = { folder: join(folder, network), names: roles, purpose: network, now, random }
        makeFolder(set.folder)
        const { ca, identities } = await prepareSet(set)
        return [network, { ca, ds: identities.get('ds')!, acs: identities.get('acs')! }] as const
      }),
    )
    return { ca: server.ca, server: server.identities.get('server')!, networks: new Map(clients) }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === undefined) throw error
    throw new StartFailure(
      `The simulator cannot use ${folder} (${reason}): make it writable for this user, or set COFFER_DATA_DIR.`,
    )
  }
}

/** An authority and what it signed. `purpose` is `server`, or the network whose clients the certificates are for. */
interface CertificateSet {
  readonly folder: string
  readonly names: readonly string[]
  readonly purpose: 'server' | Network
  readonly now: Date
  readonly random: Random
}

interface PreparedSet {
  readonly ca: string
  readonly identities: ReadonlyMap<string, Identity>
}

async function prepareSet(set: CertificateSet): Promise<PreparedSet> {
  const there = readSet(set)
  if (there !== undefined) return there
  const made = await makeSet(set)
  for (const [name, { cert, key }] of made.identities) {
    write(join(set.folder, `${name}-key.pem`), key, 0o600)
    write(join(set.folder, `${name}.pem`), cert, 0o644)
  }
  write(join(set.folder, 'ca.pem'), made.ca, 0o644)
  return made
}

/** The set in the folder, if it is whole, belongs together and is valid for long enough. */
function readSet({ folder, names, now }: CertificateSet): PreparedSet | undefined {
  const files = names.flatMap(name => [`${name}.pem`, `${name}-key.pem`])
  if (!['ca.pem', ...files].every(file => existsSync(join(folder, file)))) return undefined
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  try {
    const ca = read('ca.pem')
    const authority = new X509Certificate(ca)
    const identities = new Map(names.map(name => [name, { cert: read(`${name}.pem`), key: read(`${name}-key.pem`) }]))
    const good = [...identities.values()].every(({ cert, key }) => {
      const certificate = new X509Certificate(cert)
      return (
        Date.parse(certificate.validTo) > now.getTime() + renewDays * dayMs &&
        certificate.verify(authority.publicKey) &&
        certificate.checkPrivateKey(createPrivateKey(key))
      )
    })
    return good ? { ca, identities } : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
    return undefined // half of a file, or another one: the set is made anew
  }
}

async function makeSet({ names, purpose, now, random }: CertificateSet): Promise<PreparedSet> {
  x509.cryptoProvider.set(webcrypto as never) // the type it wants is a browser's
  const keys = await makeKeys()
  const lifetime = {
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + validDays * dayMs),
  }
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: `CN=Coffer simulator ${purpose === 'server' ? 'servers' : `clients ${purpose}`} (this machine only)`,
    ...lifetime,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })

  const sign = async (name: string): Promise<[string, Identity]> => {
    const own = await makeKeys()
    const forServers = purpose === 'server'
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(random),
      subject: `CN=${forServers ? 'localhost' : commonName(name as Role, purpose)}`,
      issuer: authority.subject,
      ...lifetime,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          forServers ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
        ]),
        ...(forServers ? [new x509.SubjectAlternativeNameExtension(hosts)] : []),
        await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return [name, { cert: `${certificate.toString('pem')}\n`, key: await keyPem(own.privateKey) }]
  }
  return { ca: `${authority.toString('pem')}\n`, identities: new Map(await Promise.all(names.map(sign))) }
}

async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return String(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }))
}

/** Positive and without a leading zero byte, as strict parsers want it. */
function serialNumber(random: Random): string {
  const bytes = Buffer.from(random(16))
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

function makeFolder(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
}

/** Under another name first: whoever reads meanwhile finds the whole of the old one or of the new one. */
function write(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode })
  renameSync(`${path}.new`, path)
}
