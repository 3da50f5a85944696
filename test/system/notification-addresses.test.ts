/** What is said at once about an address for notifications: at the call, and when an operator sets a fixed one. */
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeHost } from '../../apps/vault/src/commands/host.js'
import { merchantCommand } from '../../apps/vault/src/commands/merchant.js'
import { aVaultingRequest } from '../support/builders.js'
import { merchantKeys } from '../support/merchant-client.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

let live: TestSystem
let sandbox: TestSystem
beforeAll(async () => {
  live = await startSystem({ environment: 'live', env: { COFFER_NOTIFICATION_PORTS: '8443' } })
  sandbox = await startSystem()
})
afterAll(async () => {
  await live?.stop()
  await sandbox?.stop()
})

/** Runs `coffer merchant …` on a vault that runs already. */
async function merchant(coffer: TestSystem, words: readonly string[], json = false): Promise<string> {
  const printed: string[] = []
  const parts = { config: () => coffer.system.config, log: coffer.system.log, say: () => {}, json: () => json }
  const host = makeHost({ ...parts, print: text => printed.push(text) })
  const command = merchantCommand({
    ...host,
    async withVault(work) {
      const { data, text } = await work(coffer.system)
      printed.push(json ? JSON.stringify(data) : text)
    },
  })
  await new Command()
    .addCommand(command)
    .exitOverride()
    .parseAsync(['merchant', ...words], { from: 'user' })
  return printed.join('\n')
}

/** What the call answers; in live the card is one that no acquirer takes, since nobody is asked here. */
async function answerTo(coffer: TestSystem, vaultingNotificationUrl: string) {
  const card = coffer === live ? { card: { cardNo: '7000000000000005' } } : {}
  const answer = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingNotificationUrl, ...card }))
  return answer.json.result as { resultCode: string; resultMessage: string }
}

const expectIllegal = async (coffer: TestSystem, url: string, rule: string) => {
  const result = await answerTo(coffer, url)
  expect(result.resultCode, url).toBe('PARAM_ILLEGAL')
  expect(result.resultMessage).toContain(`vaultingNotificationUrl ${rule}`)
  expect(result.resultMessage).not.toContain(url)
}

const NOT_PUBLIC = 'names an address that is not public'
const inLive: [url: string, rule: string][] = [
  ['http://shop.example/', 'must begin with https://'],
  ['https://user:secret@shop.example/', 'must not hold a user name or password'],
  ['https://shop.example:8444/', 'must use one of the ports 443, 8443'],
  ['https://shop.example:80/', 'must use one of the ports 443, 8443'],
  ...[
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '１２７.０.０.１',
    'localhost',
    '[::1]',
    '127.0.0.1.',
  ].map(host => [`https://${host}/`, NOT_PUBLIC] as [string, string]),
  ...['[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[::7f00:1]', '[2002:7f00:1::]', '10.0.0.1', '169.254.169.254'].map(
    host => [`https://${host}:8443/`, NOT_PUBLIC] as [string, string],
  ),
]

describe('what the address itself shows', () => {
  test.each(inLive)('%s is PARAM_ILLEGAL in live: it %s', (url, rule) => expectIllegal(live, url, rule))

  test.each(inLive)('%s cannot be set as the fixed address in live: it %s', async (url, rule) => {
    const { clientId } = live.merchant
    await expect(merchant(live, ['notify-url', clientId, url])).rejects.toThrow(`the notification address ${rule}`)
    const key = merchantKeys('NEVER_ADDED', 0).publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    const add = merchant(live, ['add', 'NEVER_ADDED', '--public-key', key, '--notify-url', url])
    await expect(add).rejects.toThrow(`the notification address ${rule}`)
    expect(await merchant(live, ['list'])).not.toContain('NEVER_ADDED')
  })

  test.each([
    'https://shop.example/',
    'https://shop.example:8443/n',
    'https://8.8.8.8/',
    'https://no-such-name.example/',
  ])('%s is taken in live: what a name points to is judged when it is called', async url => {
    expect((await answerTo(live, url)).resultCode).toBe('CARD_NOT_SUPPORTED')
  })

  test('a sandbox takes every port, http and this machine, and no private address', async () => {
    for (const url of ['http://127.0.0.1:9/', 'https://localhost:1/', 'http://shop.example:8080/']) {
      expect((await answerTo(sandbox, url)).resultCode).toBe('SUCCESS')
    }
    await expectIllegal(sandbox, 'http://192.168.1.1:8080/', NOT_PUBLIC)
    await expectIllegal(sandbox, 'https://[::ffff:127.0.0.1]/', NOT_PUBLIC)
  })
})

describe('registered hosts', () => {
  const NOT_REGISTERED = 'names a host that is not registered for this merchant'
  const clientId = 'TEST0000000001'
  const list = async () => {
    const { merchants } = JSON.parse(await merchant(live, ['list'], true)) as { merchants: Record<string, unknown>[] }
    return merchants.find(one => one['clientId'] === clientId)
  }
  /** A merchant is kept for a second before it is read anew. */
  const untilNoticed = () => new Promise(done => setTimeout(done, 1_100))

  test('limit what a request may name, until the limit is taken away', async () => {
    const elsewhere = 'https://evil.example/'
    expect((await answerTo(live, elsewhere)).resultCode).toBe('CARD_NOT_SUPPORTED')
    expect(await list()).not.toHaveProperty('notificationHosts')

    expect(await merchant(live, ['notify-hosts', clientId, 'Shop.example', '*.shops.example', 'shop.example.'])).toBe(
      `Notification addresses of ${clientId} may name these hosts alone: shop.example, *.shops.example.`,
    )
    expect(await list()).toMatchObject({ notificationHosts: ['shop.example', '*.shops.example'] })
    expect(await merchant(live, ['list'])).toContain('only to shop.example, *.shops.example')
    await untilNoticed()
    for (const url of ['https://shop.example/n', 'https://SHOP.example:8443/', 'https://a.b.shops.example/']) {
      expect((await answerTo(live, url)).resultCode, url).toBe('CARD_NOT_SUPPORTED')
    }
    for (const url of [elsewhere, 'https://a.shop.example/', 'https://shops.example/', 'https://8.8.8.8/']) {
      await expectIllegal(live, url, NOT_REGISTERED)
    }
    // The other merchant has no limit, and the words for what is wrong anyway stay.
    const other = await live.vaultPaymentMethod(
      aVaultingRequest({ vaultingNotificationUrl: elsewhere, card: { cardNo: '7000000000000005' } }),
      { as: live.otherMerchant },
    )
    expect(other.json.result.resultCode).toBe('CARD_NOT_SUPPORTED')
    await expectIllegal(live, 'http://shop.example/', 'must begin with https://')

    const taken = JSON.parse(await merchant(live, ['notify-hosts', clientId], true))
    expect(taken).toEqual({ clientId, notificationHosts: null })
    await untilNoticed()
    expect((await answerTo(live, elsewhere)).resultCode).toBe('CARD_NOT_SUPPORTED')
  })

  test('a request that was answered keeps its answer, whatever is registered later', async () => {
    const request = aVaultingRequest({
      vaultingNotificationUrl: 'https://before.example/',
      card: { cardNo: '7000000000000005' },
    })
    const first = await live.vaultPaymentMethod(request)
    await merchant(live, ['notify-hosts', clientId, 'shop.example'])
    await untilNoticed()
    expect((await live.vaultPaymentMethod(request)).json).toEqual(first.json)
    await merchant(live, ['notify-hosts', clientId])
    await untilNoticed()
  })

  test('hold for the fixed address, whichever of the two comes first', async () => {
    await merchant(live, ['notify-hosts', clientId, 'shop.example'])
    await expect(merchant(live, ['notify-url', clientId, 'https://evil.example/'])).rejects.toThrow(
      `the notification address ${NOT_REGISTERED}`,
    )
    await merchant(live, ['notify-url', clientId, 'https://shop.example/fixed'])
    await expect(merchant(live, ['notify-hosts', clientId, 'other.example'])).rejects.toThrow(
      `the fixed notification address of ${clientId} names another host; change it first with: coffer merchant notify-url`,
    )
    expect(await list()).toMatchObject({
      notificationUrl: 'https://shop.example/fixed',
      notificationHosts: ['shop.example'],
    })
    await merchant(live, ['notify-url', clientId])
    await merchant(live, ['notify-hosts', clientId])
  })

  test('are hosts alone, of a merchant that exists, and not too many', async () => {
    for (const host of ['https://shop.example', 'shop.example:443', 'shop.example/n', '*', '*.example', '']) {
      await expect(merchant(live, ['notify-hosts', clientId, host]), host).rejects.toThrow(
        'a host is a name or an address',
      )
    }
    await expect(merchant(live, ['notify-hosts', 'NOBODY', 'shop.example'])).rejects.toThrow(
      'there is no merchant NOBODY',
    )
    await expect(merchant(live, ['notify-url', 'NOBODY'])).rejects.toThrow('there is no merchant NOBODY')
    const many = Array.from({ length: 51 }, (_, nth) => `h${nth}.example`)
    await expect(merchant(live, ['notify-hosts', clientId, ...many])).rejects.toThrow('50 hosts at most')
    expect(await list()).not.toHaveProperty('notificationHosts')
  })
})
