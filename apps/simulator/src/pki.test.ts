import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemRandom } from './clock.js'
import { preparePki } from './pki.js'
import { newFolder } from './testing/start.js'

const now = new Date('2030-06-09T12:00:00Z')
const dayMs = 86_400_000
const prepare = (folder: string, at = now) => preparePki(folder, ['VISA', 'CARTES_BANCAIRES'], at, systemRandom)
const certificate = (...path: string[]) => new X509Certificate(readFileSync(join(...path)))

describe('the certificates', () => {
  it('are all there, each signed by the authority it belongs to', async () => {
    const folder = join(newFolder(), 'pki')
    const pki = await prepare(folder)
    expect([...pki.networks.keys()]).toEqual(['VISA', 'CARTES_BANCAIRES'])

    for (const name of ['server', '3ds-server']) {
      const server = certificate(folder, `${name}.pem`)
      expect(server.verify(certificate(folder, 'ca.pem').publicKey)).toBe(true)
      expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
      for (const host of ['localhost']) expect(server.checkHost(host)).toBe(host)
      for (const ip of ['127.0.0.1', '::1']) expect(server.checkIP(ip)).toBe(ip)
    }
    for (const [network, inLowerCase] of [
      ['VISA', 'visa'],
      ['CARTES_BANCAIRES', 'cartes_bancaires'],
    ] as const) {
      const authority = certificate(folder, network, 'ca.pem')
      for (const role of ['3ds-server', 'ds', 'acs']) {
        const client = certificate(folder, network, `${role}.pem`)
        expect(client.verify(authority.publicKey)).toBe(true)
        expect(client.subject).toBe(`CN=${role}.${inLowerCase}`)
        expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
      }
    }
    const crossed = certificate(folder, 'VISA', 'ds.pem')
    expect(crossed.verify(certificate(folder, 'CARTES_BANCAIRES', 'ca.pem').publicKey)).toBe(false)
  })

  it('are in folders and keys in files that only their owner may read', async () => {
    const folder = join(newFolder(), 'not there', 'pki')
    await prepare(folder)
    for (const path of [folder, join(folder, 'VISA')]) expect(statSync(path).mode & 0o777).toBe(0o700)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('-key.pem'))
    expect(files).toHaveLength(8)
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  it('are kept, and made anew 30 days before they run out', async () => {
    const folder = newFolder()
    const first = await prepare(folder)
    expect(Date.parse(certificate(folder, 'server.pem').validTo)).toBe(now.getTime() + 397 * dayMs)
    expect(await prepare(folder, new Date(now.getTime() + 366 * dayMs))).toEqual(first)
    const renewed = await prepare(folder, new Date(now.getTime() + 367 * dayMs))
    expect(renewed.server.cert).not.toBe(first.server.cert)
    expect(renewed.networks.get('VISA')).not.toEqual(first.networks.get('VISA'))
  })

  it.each([
    ['a key is missing', (folder: string) => rmSync(join(folder, 'VISA', 'ds-key.pem'))],
    ['a file is half there', (folder: string) => writeFileSync(join(folder, 'VISA', 'acs.pem'), '-----BEGIN')],
    [
      'a key is another one’s',
      (folder: string) =>
        writeFileSync(join(folder, 'VISA', 'ds-key.pem'), readFileSync(join(folder, 'VISA', 'acs-key.pem'))),
    ],
    [
      'the authority is another one',
      (folder: string) =>
        writeFileSync(join(folder, 'VISA', 'ca.pem'), readFileSync(join(folder, 'CARTES_BANCAIRES', 'ca.pem'))),
    ],
  ])('of one network are made anew together when %s, and the others stay', async (_why, damage) => {
    const folder = newFolder()
    const first = await prepare(folder)
    damage(folder)
    const mended = await prepare(folder)
    expect(mended.networks.get('VISA')!.ca).not.toBe(first.networks.get('VISA')!.ca)
    expect(mended.networks.get('CARTES_BANCAIRES')).toEqual(first.networks.get('CARTES_BANCAIRES'))
    expect(mended.server).toEqual(first.server)
    expect(await prepare(folder)).toEqual(mended)
  })

  it('that have no place stop the start, with what to do', async () => {
    const file = join(newFolder(), 'a file')
    writeFileSync(file, '')
    await expect(prepare(join(file, 'pki'))).rejects.toThrow(
      /^The simulator cannot use .* \(E[A-Z]+\): make it writable/,
    )
  })
})
