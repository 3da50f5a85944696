import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { clientIdentity, serverIdentity } from '../../../../test/support/pki-files.js'
import { startSystem, type TestSystem } from '../../../../test/support/start-system.js'
import { type DirectoryConfig, sandboxDirectories } from '../three-ds/directories-file.js'
import { judgeResultsCertificate, lookAtThreeDS } from './look-at-three-ds.js'

let coffer: TestSystem
/** Two that are as they should be, one that shows another scheme's certificate, one where nobody listens. */
let directories: DirectoryConfig[]

beforeAll(async () => {
  const played = await startSystem()
  const all = sandboxDirectories(played.simulator.threeDS!.url, inject('pkiFolder'))
  const [visa, mastercard, amex, jcb] = all as [DirectoryConfig, DirectoryConfig, DirectoryConfig, DirectoryConfig]
  const foreign = { ...mastercard.security()!, ...clientIdentity('VISA', '3ds-server') }
  directories = [
    visa,
    { ...mastercard, security: () => foreign },
    { ...amex, url: 'https://localhost:1/ds/AMEX' },
    { ...jcb, security: () => ({ ...jcb.security()!, ca: jcb.security()!.resultsCa }) },
  ]
  coffer = await startSystem({ directories })
  started.push(played)
})
const started: TestSystem[] = []
afterAll(async () => {
  for (const system of [coffer, ...started]) await system?.stop()
})

const findings = async (policy = {}) => {
  const { system } = coffer
  const { config } = system
  const threeDS = { ...config.threeDS, directories, resultsTls: serverIdentity('3ds-server'), ...policy }
  const all = await lookAtThreeDS({ ...system, config: { ...config, threeDS } })
  return Object.fromEntries(all.map(({ check, verdict, text }) => [check, `${verdict}: ${text}`]))
}

describe('doctor looks at 3-D Secure', () => {
  test('and says of each directory server what it gave, or why it gave nothing', async () => {
    const told = await findings()
    expect(told['directory visa']).toMatch(
      /^ok: \d+ card ranges; our certificate towards it is good until \d{4}-\d\d-\d\d$/,
    )
    expect(told['directory mastercard']).toMatch(
      /^warning: it answered with error 303\. Until .* vaultings of MASTERCARD .* stay unknown/,
    )
    expect(told['directory amex']).toMatch(/^warning: it does not answer \(unreachable\): ECONNREFUSED\. Until/)
    // Its certificate is of another authority than the one that is named.
    expect(told['directory jcb']).toMatch(
      /^warning: it does not answer \(unreachable\): [A-Z_]*(SIGNATURE|CERT)[A-Z_]*\./,
    )
  })

  test('and says which networks have an acquirer and no directory server', async () => {
    const told = await findings()
    expect(told['3-D Secure networks']).toMatch(/^warning: no directory server for .*DINERS.*MAESTRO/)
    expect(told['3-D Secure networks']).not.toMatch(/VISA|MASTERCARD|SHINHAN/)
  })

  test('and says in words who is authenticated, and what follows where that cannot be', async () => {
    const policy = async (given: object) => (await findings(given))['3-D Secure']
    expect(await policy({})).toBe(
      'ok: where a request asks for it, and for all cards issued in the EEA or the United Kingdom; ranges and merchants can have it otherwise. Where it is needed and cannot be had, the vaulting fails',
    )
    expect(await policy({ policy: 'never', fallback: 'skip' })).toMatch(/^ok: where a request asks for it; .*without$/)
  })

  test('and says what a vault without directory servers does', async () => {
    const { system } = coffer
    const without = { ...system.directories, isConfigured: false } as TestSystem['system']['directories']
    expect(await lookAtThreeDS({ ...system, directories: without })).toMatchObject([
      { check: '3-D Secure', verdict: 'warning', text: expect.stringContaining('COFFER_DIRECTORIES_FILE') },
    ])
  })
})

describe('the certificate of the results endpoint', () => {
  const judge = (url: string, now = Date.now()) => judgeResultsCertificate(serverIdentity('3ds-server').cert, url, now)
  const year = 366 * 86_400_000

  test('is good when it names the host of the address, by name or as an address', () => {
    expect(judge('https://localhost:8086').verdict).toBe('ok')
    expect(judge('https://127.0.0.1:8086').verdict).toBe('ok')
    expect(judge('https://[::1]:8086').verdict).toBe('ok')
  })

  test('is a fault when it does not, and the remedy is told', () => {
    expect(judge('https://3ds.example.com')).toEqual({
      verdict: 'fault',
      text: 'its certificate is not for 3ds.example.com, so directory servers refuse it and no challenge ends well. Use one that names 3ds.example.com',
    })
  })

  test('is told before it runs out, and when it has', () => {
    expect(judge('https://localhost', Date.now() + 380 * 86_400_000).text).toMatch(/runs out on .*: renew it/)
    expect(judge('https://localhost', Date.now() + 2 * year)).toMatchObject({ verdict: 'fault' })
    expect(judge('https://localhost', Date.now() - year)).toMatchObject({
      verdict: 'fault',
      text: expect.stringContaining("look at this machine's clock"),
    })
  })
})
