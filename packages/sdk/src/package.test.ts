/** What merchants install: packed, installed into an empty folder, and used from there. And the types of everything. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const here = fileURLToPath(new URL('..', import.meta.url))
const root = join(here, '..', '..')
const tool = (name: string) => join(root, 'node_modules', '.bin', name)
const execute = promisify(execFile)

/** Runs a program and gives what it prints; what it prints to fail is in the error. */
const run = async (cwd: string, program: string, ...args: string[]) => {
  const { stdout } = await execute(program, args, { cwd }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${program} failed:\n${error.stdout}\n${error.stderr}`)
  })
  return stdout
}

// The slow part is the compiler: what can run at the same time does.
let typesOfEverything: Promise<string>
beforeAll(() => {
  typesOfEverything = run(here, tool('tsc'), '-p', 'tsconfig.package.json')
  typesOfEverything.catch(() => {}) // told by the first test
})

test('sources, tests and examples are typed, and the types of the wire are those of the contract', async () => {
  expect(await typesOfEverything).toBe('')
})

describe('the package', () => {
  let merchant: string
  let built: string
  const installed = (...path: string[]) => join(merchant, 'node_modules', '@coffer', 'sdk', ...path)

  beforeAll(async () => {
    merchant = await mkdtemp(join(tmpdir(), 'coffer-sdk-'))
    built = join(merchant, 'built')
    await run(here, tool('tsdown'), '--out-dir', built, '--log-level', 'error')
    await run(merchant, 'npm', 'pack', '--silent', built)
    const tarball = (await readdir(merchant)).find(name => name.endsWith('.tgz'))!
    await writeFile(join(merchant, 'package.json'), '{"name":"merchant","private":true}')
    await run(merchant, 'npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`)
    await mkdir(join(merchant, 'node_modules', '@types'))
    await symlink(join(root, 'node_modules/@types/node'), join(merchant, 'node_modules/@types/node'))
    await symlink(join(root, 'node_modules/undici-types'), join(merchant, 'node_modules/undici-types'))
  })
  afterAll(() => rm(merchant, { recursive: true, force: true }))

  test('holds these files and depends on nothing', async () => {
    const files = ['LICENSE', 'README.md', 'index.cjs', 'index.d.cts', 'index.d.ts', 'index.js', 'package.json']
    expect((await readdir(installed())).sort()).toEqual(files)
    const manifest = JSON.parse(await readFile(installed('package.json'), 'utf8')) as object
    expect(manifest).toMatchObject({ name: '@coffer/sdk', license: 'Apache-2.0' })
    for (const key of ['private', 'dependencies', 'peerDependencies', 'scripts'])
      expect(manifest).not.toHaveProperty(key)
  })

  test.each(['index.js', 'index.cjs'])(
    '%s uses nothing but crypto and util, and neither environment nor console',
    async file => {
      const text = await readFile(installed(file), 'utf8')
      const modules = [...text.matchAll(/(?:from |require\()["']([^"']+)["']/g)].map(match => match[1]!)
      expect([...new Set(modules)].sort()).toEqual(['node:crypto', 'node:util'])
      expect(text).not.toMatch(/process\.env|console\.|typebox|\beval\(|new Function/)
    },
  )

  test.each(['index.d.ts', 'index.d.cts'])('%s stands for itself', async file => {
    const text = await readFile(installed(file), 'utf8')
    expect(text).not.toMatch(/@coffer\/antom|typebox|from ["']\.\.?\//)
  })

  const script = `
    (async () => {
      const gateway = testKeyPair(), merchant = testKeyPair()
      const client = new VaultClient({
        gatewayUrl: 'https://gateway.example', clientId: 'SANDBOX_A',
        merchantPrivateKey: merchant.privateKey, gatewayPublicKey: gateway.publicKey,
      })
      const body = { result: { resultCode: 'CARD_EXPIRED', resultStatus: 'F', resultMessage: '' }, vaultingRequestId: 'v' }
      const { privateKey } = gateway
      const signed = await signForTests({ kind: 'notification', privateKey, clientId: 'SANDBOX_A', url: '/n?a=b', body })
      const told = client.verifyNotification(signed)
      let refused = ''
      try { client.verifyNotification({ ...signed, url: '/n' }) } catch (error) {
        if (error instanceof NotificationNotTrusted) refused = error.code
      }
      process.stdout.write([told.code, refused, acknowledge().status].join(' '))
    })()`
  const names = '{ acknowledge, NotificationNotTrusted, signForTests, testKeyPair, VaultClient }'

  test.concurrent.each([
    ['require', 'cjs', `const ${names} = require('@coffer/sdk')`],
    ['import', 'mjs', `import ${names} from '@coffer/sdk'`],
    ['import in CommonJS', 'cjs', `import('@coffer/sdk').then(async (${names}) => {${script}})\n//`],
  ])('works with %s', async (what, extension, start) => {
    const file = join(merchant, `${what.replaceAll(' ', '-')}.${extension}`)
    await writeFile(file, what.endsWith('CommonJS') ? start : `${start};${script}`)
    expect(await run(merchant, process.execPath, file)).toBe('CARD_EXPIRED NOTIFICATION_NOT_TRUSTED 200')
  })

  test.concurrent('has types for both, which hold without skipLibCheck and in a strict project', async () => {
    const typed = `
      import { type AnyNotification, VaultClient, type VaultPaymentMethodResult } from '@coffer/sdk'
      export async function vault(client: VaultClient): Promise<string | undefined> {
        const result: VaultPaymentMethodResult = await client.vaultPaymentMethod({
          vaultingRequestId: 'v', redirectUrl: 'https://shop.example', env: { terminalType: 'WEB' },
          paymentMethodDetail: { paymentMethodType: 'CARD', card: { cardNo: '', expiryYear: '33', expiryMonth: '03' } },
        })
        const told: AnyNotification = client.verifyNotification({ url: '/', headers: new Headers(), body: '' })
        if (told.kind === 'vaulting' && told.status === 'S') return told.card.cardToken
        if (told.kind === 'payment') return told.paymentId
        // @ts-expect-error a card is there on success only
        result.card
        return result.status === 'S' ? result.card.brand satisfies 'VISA' | string : result.code
      }
      export const made = new VaultClient({ gatewayUrl: '', clientId: '', merchantPrivateKey: '', gatewayPublicKey: '', fetch })
    `
    await writeFile(join(merchant, 'typed.mts'), typed)
    await writeFile(join(merchant, 'typed.cts'), typed)
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022'],
      types: ['node'],
    }
    await writeFile(
      join(merchant, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['typed.mts', 'typed.cts'] }),
    )
    expect(await run(merchant, tool('tsc'), '-p', '.')).toBe('')
  })
})
