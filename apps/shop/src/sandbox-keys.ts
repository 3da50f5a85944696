import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartFailure } from './start-failure.js'

/** What a merchant gets from the vault's operator: where the API is, who one is, and two keys. */
export interface SandboxKeys {
  readonly gatewayUrl: string
  readonly clientId: string
  readonly keyVersion: number
  readonly merchantPrivateKey: string
  readonly gatewayPublicKey: string
  /** The operations port: a sandbox has it, and there it tells what time it is. */
  readonly opsUrl?: string
}

/** How long the vault may take to write its file. */
const patienceMs = 20_000

const pauseMs = 200

/**
 * Reads the first merchant of `sandbox.json`, which the vault writes at its first start.
 * @throws StartFailure when it does not come, or is not what it should be
 */
export async function sandboxKeys(
  dataDir: string,
  clock: { now: () => number; sleep: (ms: number) => Promise<void> },
): Promise<SandboxKeys> {
  const path = join(dataDir, 'sandbox.json')
  for (const since = clock.now(); ; await clock.sleep(pauseMs)) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw new StartFailure(`${path} cannot be read (${error.code}): give the shop's user access to it.`)
    })
    if (text !== undefined) return firstMerchant(path, text)
    if (clock.now() - since >= patienceMs) {
      throw new StartFailure(`There is no ${path}: start Coffer with "npm start", which brings the shop along.`)
    }
  }
}

function firstMerchant(path: string, text: string): SandboxKeys {
  const file = parse(text)
  const merchant = file?.merchants?.[0]
  const { clientId, keyVersion, merchantPrivateKey, gatewayPublicKey } = merchant ?? {}
  const texts = [file?.apiUrl, clientId, merchantPrivateKey, gatewayPublicKey]
  if (!texts.every(value => typeof value === 'string') || typeof keyVersion !== 'number') {
    throw new StartFailure(`${path} is not what the vault writes: remove it and start Coffer again.`)
  }
  const [gatewayUrl, ...rest] = texts as [string, string, string, string]
  const keys = { gatewayUrl, keyVersion, clientId: rest[0], merchantPrivateKey: rest[1], gatewayPublicKey: rest[2] }
  return typeof file?.opsUrl === 'string' ? { ...keys, opsUrl: file.opsUrl } : keys
}

interface SandboxFile {
  readonly apiUrl?: unknown
  readonly opsUrl?: unknown
  readonly merchants?: readonly Record<string, unknown>[]
}

function parse(text: string): SandboxFile | undefined {
  try {
    return JSON.parse(text) as SandboxFile
  } catch {
    return undefined
  }
}
