import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { SANDBOX, strangers } from '../../../../test/support/strangers.js'
import { lookUpLikeTheMachine } from './name-resolution.js'
import { makeOutbound } from './outbound.js'
import { isAllowedAddress } from './url-policy.js'

/** The hosts file of this machine: every name once, with its first address of this machine. */
const hostsFile = new Map(
  readFileSync('/etc/hosts', 'utf8')
    .split('\n')
    .map(line => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address = '']) => /^(127\.|::1$)/.test(address))
    .flatMap(([address = '', ...names]) => names.map(name => [name, address] as const))
    .reverse(),
)

const { receiver, stop } = strangers()
afterAll(stop)

describe('in a sandbox', () => {
  it.each([...hostsFile])('the name %s of the hosts file is known as %s', async (name, address) => {
    const found = await lookUpLikeTheMachine(name)
    expect(found.map(answer => answer.address)).toContain(address)
    for (const answer of found) expect(isAllowedAddress(answer.address, SANDBOX)).toBe(true)
  })

  const ofThisMachine = [...hostsFile].filter(([, address]) => address === '127.0.0.1').map(([name]) => name)
  it.each(ofThisMachine)('a shop can be called by its name in the hosts file: %s', async name => {
    const shop = await receiver()
    const sender = makeOutbound({ policy: SANDBOX })
    const url = new URL(`http://${name}:${shop.port}/notify`)
    expect(await sender.post(url, {}, Buffer.from('{}'))).toMatchObject({ kind: 'answered', status: 200 })
    expect(shop.requests).toHaveLength(1)
    await sender.close()
  })

  it('a name that cannot be is not found', async () => {
    // The longest label has 63 letters: no machine asks anybody for this.
    await expect(lookUpLikeTheMachine(`${'a'.repeat(64)}.invalid`)).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    })
  })
})
