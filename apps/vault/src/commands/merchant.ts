/** `coffer merchant …`: the operator's view of merchants. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { countryNumber } from '../issuer/iso8583/country-codes.js'
import {
  addMerchant,
  addMerchantKey,
  OperatorMistake,
  revokeMerchantKey,
  setFixedNotificationUrl,
  setMerchantDisabled,
  setMerchantNotificationHosts,
  setMerchantRegion,
  setMerchantStrict,
  setMerchantThreeDS,
} from '../merchants/manage-merchants.js'
import { threeDSWishes } from '../merchants/merchant-store.js'
import { allMerchants } from '../merchants/merchants-across-merchants.js'
import { officeOf } from '../sandbox/sandbox-file.js'
import type { System } from '../system.js'
import type { CommandHost } from './host.js'

export function merchantCommand(host: CommandHost): Command {
  const merchant = new Command('merchant').description('add, list and disable merchants, their keys and addresses')
  const run = (work: (system: System) => Promise<{ data: object; text: string }>) => host.withVault(work)

  merchant
    .command('add')
    .description('add a merchant with the first version of its public key')
    .argument('<client-id>', 'letters, digits, hyphens and underscores; SANDBOX_… in a sandbox')
    .requiredOption('--public-key <key>', 'base64 DER SubjectPublicKeyInfo, or @file (PEM or base64)')
    .option('--name <name>', 'what people call it')
    .option('--notify-url <url>', 'where notifications go when a request names no address')
    .action((id: string, options: { publicKey: string; name?: string; notifyUrl?: string }) =>
      run(async system => {
        const name = options.name ?? id
        await addMerchant(officeOf(system), {
          id,
          name,
          publicKey: keyText(options.publicKey),
          notificationUrl: options.notifyUrl,
        })
        const gatewayPublicKey = system.gatewayKey.publicKey
        return {
          data: { clientId: id, keyVersion: 1, gatewayPublicKey },
          text: `Added ${id} with key version 1.\nThe gateway's public key, for its configuration:\n${gatewayPublicKey}`,
        }
      }),
    )

  merchant
    .command('list')
    .description('list merchants with their key versions')
    .action(() =>
      run(async system => {
        const all = await allMerchants(system.db)
        const data = all.map(({ merchant: m, keys }) => ({
          clientId: m.id,
          name: m.name,
          status: m.status,
          notificationUrl: m.notificationUrl,
          notificationHosts: m.notificationHosts,
          strict: m.strict,
          region: m.region,
          threeDS: m.threeDS,
          keys: keys.map(key => ({ version: key.version, status: key.status })),
        }))
        const lines = data.map(m => {
          const versions = m.keys.map(key => `${key.version}${key.status === 'ACTIVE' ? '' : ' (revoked)'}`).join(', ')
          const hosts = m.notificationHosts ? `  only to ${m.notificationHosts.join(', ')}` : ''
          return `${m.clientId}  ${m.status.toLowerCase()}  keys ${versions || 'none'}  ${m.notificationUrl ?? 'no fixed address'}${hosts}${m.strict ? '  strict' : ''}${m.threeDS === 'DEFAULT' ? '' : `  3-D Secure ${m.threeDS.toLowerCase()}`}${m.region ? `  in ${m.region}` : ''}  ${m.name}`
        })
        return {
          data: { merchants: data },
          text: lines.join('\n') || 'There is no merchant yet. Add one with: coffer merchant add',
        }
      }),
    )

  for (const [verb, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    merchant
      .command(verb)
      .description(
        disabled ? 'refuse all calls of a merchant; notifications still go out' : 'let a merchant call again',
      )
      .argument('<client-id>')
      .action((id: string) =>
        run(async system => {
          await setMerchantDisabled(officeOf(system), id, disabled)
          return { data: { clientId: id, status: disabled ? 'DISABLED' : 'ACTIVE' }, text: `${id} is ${verb}d.` }
        }),
      )
  }

  merchant
    .command('notify-url')
    .description('set the fixed notification address; leave it out to take it away')
    .argument('<client-id>')
    .argument('[url]')
    .action((id: string, url: string | undefined) =>
      run(async system => {
        await setFixedNotificationUrl(officeOf(system), id, url)
        const text = url
          ? `Notifications of ${id} go to ${url} when a request names no address.`
          : `${id} has no fixed address now.`
        return { data: { clientId: id, notificationUrl: url ?? null }, text }
      }),
    )

  merchant
    .command('notify-hosts')
    .description('limit the hosts that notification addresses may name, from now on; name none to take the limit away')
    .argument('<client-id>')
    .argument('[host...]', 'a name or an address, or *.shop.example for all names below shop.example')
    .action((id: string, hosts: string[]) =>
      run(async system => {
        const limit = await setMerchantNotificationHosts(officeOf(system), id, hosts)
        const text = limit
          ? `Notification addresses of ${id} may name these hosts alone: ${limit.join(', ')}.`
          : `Notification addresses of ${id} may name any host.`
        return { data: { clientId: id, notificationHosts: limit ?? null }, text }
      }),
    )

  merchant
    .command('strict')
    .description('enforce, or not, what cards of a country must come with: CVV, tax id, holder and the like')
    .argument('<client-id>')
    .argument('<on|off>')
    .action((id: string, wish: string) =>
      run(async system => {
        if (wish !== 'on' && wish !== 'off') throw new OperatorMistake('say on or off')
        await setMerchantStrict(officeOf(system), id, wish === 'on')
        return { data: { clientId: id, strict: wish === 'on' }, text: `Strict mode of ${id} is ${wish}.` }
      }),
    )

  merchant
    .command('region')
    .description('say where a merchant is, for requests that do not; leave it out to take it away')
    .argument('<client-id>')
    .argument('[country]', 'ISO 3166-1, two capital letters')
    .action((id: string, country: string | undefined) =>
      run(async system => {
        if (country !== undefined && countryNumber(country) === undefined) {
          throw new OperatorMistake(`a region is a country of ISO 3166-1 in two capital letters, such as FR or GB`)
        }
        await setMerchantRegion(officeOf(system), id, country)
        const text = country ? `${id} is taken to be in ${country}.` : `${id} has no region now.`
        return { data: { clientId: id, region: country ?? null }, text }
      }),
    )

  merchant
    .command('three-ds')
    .description('say when buyers are authenticated although a request does not ask for it')
    .argument('<client-id>')
    .argument('<default|always|never>', 'default: as COFFER_THREE_DS_POLICY says')
    .action((id: string, given: string) =>
      run(async system => {
        const wish = threeDSWishes.find(known => known.toLowerCase() === given)
        if (wish === undefined) throw new OperatorMistake('say default, always or never')
        await setMerchantThreeDS(officeOf(system), id, wish)
        return { data: { clientId: id, threeDS: wish }, text: `3-D Secure without being asked for by ${id}: ${given}.` }
      }),
    )

  const key = merchant.command('key').description("versions of a merchant's public key")
  key
    .command('add')
    .description('add another version; older ones stay usable until they are revoked')
    .argument('<client-id>')
    .requiredOption('--public-key <key>', 'base64 DER SubjectPublicKeyInfo, or @file (PEM or base64)')
    .option('--key-version <n>', 'the next number unless told', parseVersion)
    .action((id: string, options: { publicKey: string; keyVersion?: number }) =>
      run(async system => {
        const version = await addMerchantKey(officeOf(system), id, keyText(options.publicKey), options.keyVersion)
        return { data: { clientId: id, keyVersion: version }, text: `${id} can sign with key version ${version} now.` }
      }),
    )
  key
    .command('revoke')
    .description('refuse signatures of a version from now on')
    .argument('<client-id>')
    .argument('<version>', 'the version', parseVersion)
    .action((id: string, version: number) =>
      run(async system => {
        await revokeMerchantKey(officeOf(system), id, version)
        return {
          data: { clientId: id, keyVersion: version, status: 'REVOKED' },
          text: `Key version ${version} of ${id} is revoked.`,
        }
      }),
    )
  return merchant
}

function parseVersion(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new OperatorMistake('a key version is a positive whole number')
  return Number(text)
}

function keyText(option: string): string {
  if (!option.startsWith('@')) return option
  try {
    return readFileSync(option.slice(1), 'utf8')
  } catch {
    throw new OperatorMistake(`the key file ${option.slice(1)} cannot be read`)
  }
}
