import { Buffer } from 'node:buffer'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'

/**
 * A certificate for one name that is its own authority. Made here, since a key in a file would look like a leak.
 * @param until  when it ends, as YYYYMMDDhhmmssZ
 */
export function selfSigned(name: string, until = '20991231235959Z'): { pem: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const length = (n: number) => (n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff])
  const der = (tag: number, ...parts: Uint8Array[]) => {
    const content = Buffer.concat(parts)
    return Buffer.concat([Buffer.from([tag, ...length(content.length)]), content])
  }
  const hex = (digits: string) => Buffer.from(digits, 'hex')
  const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
  const extension = (oid: string, value: Uint8Array) => sequence(der(0x06, hex(oid)), der(0x04, value))
  const ecdsaWithSha256 = sequence(der(0x06, hex('2a8648ce3d040302')))
  const subject = sequence(der(0x31, sequence(der(0x06, hex('550403')), der(0x0c, Buffer.from(name)))))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const tbs = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, Buffer.concat([hex('01'), createHash('sha256').update(spki).digest().subarray(0, 8)])),
    ecdsaWithSha256,
    subject,
    sequence(der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from(until))),
    subject,
    spki,
    der(
      0xa3,
      sequence(
        extension('551d11', sequence(der(0x82, Buffer.from(name)))),
        extension('551d13', sequence(der(0x01, hex('ff')))),
      ),
    ),
  )
  const signature = sign('sha256', tbs, privateKey)
  const certificate = sequence(tbs, ecdsaWithSha256, der(0x03, hex('00'), signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
