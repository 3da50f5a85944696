/** `sandbox.json`: where everything is and the keys of two merchants, for people and programs that try the sandbox. */
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sandboxClientPrefix } from '@coffer/antom'
import { portsOf } from '../config.js'
import { addMerchant, addMerchantKey, type MerchantOffice } from '../merchants/manage-merchants.js'
import { merchantWithKeys } from '../merchants/merchant-store.js'
import type { System } from '../system.js'

export interface SandboxMerchant {
  clientId: string
  keyVersion: number
  /** Base64 DER: PKCS#8 for Java, Go and .NET, PKCS#1 for Python and PHP. */
  merchantPrivateKey: string
  merchantPrivateKeyPkcs1: string
  /** Base64 DER SubjectPublicKeyInfo. */
  gatewayPublicKey: string
}

export interface SandboxFile {
  apiUrl: string
  apiTlsUrl: string
  tlsCaFile: string
  pagesUrl: string
  shopUrl: string
  opsUrl: string
  merchants: SandboxMerchant[]
}

/** Two merchants, to try that neither sees the other. */
const SAMPLE_MERCHANTS = [
  { clientId: `${sandboxClientPrefix}5X00000000000001`, name: 'Fernhill Coffee' },
  { clientId: `${sandboxClientPrefix}5X00000000000002`, name: 'Other Shop' },
]

/**
 * Makes sure that the sample merchants exist and that `sandbox.json` tells their keys. A file that was lost is made
 * again with new keys: private keys are nowhere else.
 */
export async function writeSandboxFile(system: System, tlsCaFile: string): Promise<SandboxFile> {
  const path = join(system.config.dataDir, 'sandbox.json')
  const before = await readFile(path, 'utf8').catch(() => undefined)
  const known = parse(before)?.merchants ?? []
  const ports = portsOf(system.config.portOffset)
  const merchants: SandboxMerchant[] = []
  for (const sample of SAMPLE_MERCHANTS) {
    merchants.push(
      await sandboxMerchant(
        system,
        sample,
        known.find(m => m.clientId === sample.clientId),
      ),
    )
  }
  const file: SandboxFile = {
    apiUrl: `http://127.0.0.1:${ports.api}`,
    apiTlsUrl: `https://localhost:${ports.apiTls}`,
    tlsCaFile,
    pagesUrl: `http://127.0.0.1:${ports.pages}`,
    shopUrl: `http://127.0.0.1:${ports.shop}`,
    opsUrl: `http://127.0.0.1:${ports.operations}`,
    merchants,
  }
  const text = `${JSON.stringify(file, null, 2)}\n`
  if (text !== before) {
    await writeFile(`${path}.new`, text, { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  return file
}

async function sandboxMerchant(
  system: System,
  sample: { clientId: string; name: string },
  known: SandboxMerchant | undefined,
): Promise<SandboxMerchant> {
  const { clientId, name } = sample
  const gatewayPublicKey = system.gatewayKey.publicKey
  const stored = await merchantWithKeys(system.db, clientId)
  if (known && stored?.keys.some(key => key.version === known.keyVersion && key.publicKey.equals(spkiOf(known)))) {
    return { ...known, gatewayPublicKey }
  }
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const office = officeOf(system)
  if (!stored) await addMerchant(office, { id: clientId, name, publicKey })
  const keyVersion = stored ? await addMerchantKey(office, clientId, publicKey) : 1
  return {
    clientId,
    keyVersion,
    merchantPrivateKey: pair.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    merchantPrivateKeyPkcs1: pair.privateKey.export({ format: 'der', type: 'pkcs1' }).toString('base64'),
    gatewayPublicKey,
  }
}

/** The part of the system that manages merchants. */
export function officeOf(system: System): MerchantOffice {
  const { db, cards, clock, config } = system
  return { db, cards, clock, environment: config.environment, outboundPolicy: config.outboundPolicy }
}

function spkiOf(merchant: SandboxMerchant): Buffer {
  const der = Buffer.from(merchant.merchantPrivateKey, 'base64')
  return createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'der',
    type: 'spki',
  })
}

function parse(text: string | undefined): SandboxFile | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as SandboxFile)
  } catch {
    return undefined
  }
}
