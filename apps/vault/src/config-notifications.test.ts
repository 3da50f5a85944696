import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ACQUIRERS_FILE } from '../../../test/support/start-system.js'
import { LIVE, SANDBOX } from '../../../test/support/strangers.js'
import { ConfigProblems, readConfig } from './config.js'
import { isAllowedAddress, judgeUrl } from './platform/url-policy.js'

const folder = mkdtempSync(join(tmpdir(), 'coffer-config-'))
const acquirersFile = join(folder, 'acquirers.json')
writeFileSync(acquirersFile, ACQUIRERS_FILE)
afterAll(() => rmSync(folder, { recursive: true }))

const profiles = {
  sandbox: {},
  live: {
    COFFER_PROFILE: 'live',
    COFFER_KEK_FILE: join(folder, 'kek'),
    COFFER_DATA_DIR: join(folder, 'data'),
    COFFER_PUBLIC_API_URL: 'https://vault.test',
    COFFER_TLS_TERMINATOR: 'the test',
    COFFER_PUBLIC_PAGES_URL: 'https://pages.test',
    COFFER_ACQUIRERS_FILE: acquirersFile,
    COFFER_ALLOW_UNSUPPORTED_NODE: 'yes',
  },
}
type Profile = keyof typeof profiles

const policyOf = (profile: Profile, env: Record<string, string> = {}) =>
  readConfig({ ...profiles[profile], ...env }, process.versions.node).outboundPolicy

function problemsOf(profile: Profile, env: Record<string, string>): readonly string[] {
  try {
    policyOf(profile, env)
    return []
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems
    throw error
  }
}

describe('where notifications may go', () => {
  it('is any port and this machine in a sandbox, port 443 and public addresses in live', () => {
    expect(policyOf('sandbox')).toEqual(SANDBOX)
    expect(policyOf('live')).toEqual(LIVE)
  })

  it('is more ports in live when they are named, 443 always among them; a sandbox has them all', () => {
    for (const [given, ports] of [
      ['8443', [443, 8443]],
      [' 8443 , 9443,443,8443', [443, 8443, 9443]],
      ['443', [443]],
      ['', [443]],
    ] as const) {
      expect(policyOf('live', { COFFER_NOTIFICATION_PORTS: given }).ports).toEqual(ports)
      expect(policyOf('sandbox', { COFFER_NOTIFICATION_PORTS: given }).ports).toBe('any')
    }
  })

  it.each([
    '0',
    '65536',
    '-1',
    '4.5',
    '08443',
    'https',
    '8443;9443',
    '8443 9443',
    '8443,',
    ',',
    '0x1bb',
    '99999999999',
  ])('is not told by the ports %j: the start is refused', given => {
    for (const profile of ['sandbox', 'live'] as const) {
      expect(problemsOf(profile, { COFFER_NOTIFICATION_PORTS: given })).toEqual([
        'COFFER_NOTIFICATION_PORTS must be whole numbers from 1 to 65535 with commas between them, e.g. 8443,9443',
      ])
    }
  })

  it.each(['sandbox', 'live'] as const)('is a private network in %s when it is named, and no other', profile => {
    const policy = policyOf(profile, { COFFER_NOTIFICATION_PRIVATE_NETWORKS: '172.17.0.0/16, fd00::/8' })
    for (const address of ['172.17.0.2', 'fd00::2']) {
      expect(isAllowedAddress(address, policy)).toBe(true)
      expect(isAllowedAddress(address, policyOf(profile))).toBe(false)
      expect(judgeUrl(`https://${address.includes(':') ? `[${address}]` : address}/`, policy).ok).toBe(true)
    }
    for (const address of [
      '172.18.0.2',
      '10.0.0.1',
      'fc00::2',
      '::ffff:172.17.0.2',
      '64:ff9b::ac11:2',
      '169.254.169.254',
    ]) {
      expect(isAllowedAddress(address, policy), address).toBe(false)
    }
    expect(isAllowedAddress('127.0.0.1', policy)).toBe(profile === 'sandbox')
    expect(judgeUrl('http://172.17.0.2/', policy).ok).toBe(profile === 'sandbox')
  })

  it.each(['sandbox', 'live'] as const)('is not told by ranges that must stay closed: %s does not start', profile => {
    const given =
      '10.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16,fe80::/10,0.0.0.0/0,::/0, ::ffff:0:0/96,10.0.0.1/8, 10.0.0.1,shop'
    const problems = problemsOf(profile, { COFFER_NOTIFICATION_PRIVATE_NETWORKS: given })
    const form =
      'must be ranges of private addresses in CIDR notation with commas between them, e.g. 172.17.0.0/16,fd00::/8'
    const closed =
      'does not lie within 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 or fc00::/7; loopback, link-local and metadata addresses cannot be opened'
    expect(problems).toEqual(
      [
        ...['127.0.0.0/8', '169.254.0.0/16', 'fe80::/10', '0.0.0.0/0', '::/0', '::ffff:0:0/96'].map(
          range => `${range} ${closed}`,
        ),
        '10.0.0.1/8 has bits behind its prefix: the range is 10.0.0.0/8',
        '10.0.0.1 is no range in CIDR notation: a single address is 10.0.0.1/32',
        'shop is no range in CIDR notation',
      ].map(reason => `COFFER_NOTIFICATION_PRIVATE_NETWORKS ${form} (${reason})`),
    )
  })
})
