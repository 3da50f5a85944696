/** A client certificate that no scheme signed: made by an authority of its own, with a name that may be anybody's. */
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Identity } from './pki-files.js'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

const makeKeys = async () =>
  (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair

/** @param commonName  whom it pretends to be */
export async function aStrangersIdentity(commonName: string): Promise<Identity> {
  x509.cryptoProvider.set(webcrypto as never) // the type it wants is a browser's
  const [authority, own] = [await makeKeys(), await makeKeys()]
  const lifetime = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    subject: `CN=${commonName}`,
    // The name of the real authority too: a name is no proof.
    issuer: 'CN=Coffer simulator clients VISA (this machine only)',
    ...lifetime,
    publicKey: own.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`
  return { cert: `${certificate.toString('pem')}\n`, key }
}
