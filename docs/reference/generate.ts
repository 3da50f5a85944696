/**
 * The pages of this folder that are made from the code: `npm run reference`. A test fails when they are not in step.
 */
import { writeFileSync } from 'node:fs'
import { brandPrefixes } from '../../apps/vault/src/cards/brand.js'
import { keys } from '../../apps/vault/src/config.js'
import { approvals, declines, mastercardDeclines } from '../../apps/vault/src/issuer/response-codes.js'
import { MAX_ATTEMPTS, REPEAT_AFTER_MINUTES } from '../../apps/vault/src/notifications/schedule.js'
import {
  apiRoot,
  cardBrands,
  endpoints,
  gatewayCodes,
  inactiveEndpoints,
  inquireVaultingRequest,
  inquireVaultingResponse,
  notifyVaultingBody,
  unusedCodes,
  vaultCodes,
  vaultingFailures,
  vaultPaymentMethodRequest,
  vaultPaymentMethodResponse,
} from '../../packages/antom/src/index.js'

const MADE = '<!-- Made from the code by `npm run reference`. Change the code instead. -->\n\n'

/** File name → text. */
export function references(): Map<string, string> {
  return new Map([
    ['config.md', MADE + config()],
    ['result-codes.md', MADE + resultCodes()],
    ['endpoints.md', MADE + endpointPages()],
  ])
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\n`
}

function config(): string {
  const rows = keys.map(({ key, meaning, form, sandbox, live }) => [`\`${key}\``, meaning, form, sandbox, live])
  return (
    '# Settings\n\nAll settings come from the environment. A start tells everything that is wrong or missing at once.\n\n' +
    table(['name', 'meaning', 'form', 'default in the sandbox', 'default in live'], rows)
  )
}

function resultCodes(): string {
  const codes = (all: Record<string, { status: string; message: string }>) =>
    Object.entries(all).map(([code, { status, message }]) => [`\`${code}\``, status, message])
  const issuer = Object.entries(declines).map(([failure, raws]) => [`\`${failure}\``, raws!.join(', ')])
  const mastercard = Object.entries(mastercardDeclines).map(([raw, failure]) => [raw, `\`${failure}\``])
  return (
    '# Result codes\n\n' +
    'Every answer has HTTP status 200, a signature, and a `result`. A *refusal* means that the call was wrong: nothing ' +
    'was stored, nobody is notified, and the corrected call may use the same id. An *outcome* is final: it is stored, ' +
    'repeated to every call with the same id, and notified.\n\n' +
    '## Any endpoint, in the order of the checks\n\n' +
    'Of two faults the earlier row is told. The order is: path and method, size; `client-id` and `request-time` given; ' +
    'client known; signature header readable; key known; signature right; time readable and within the window; then ' +
    'client status, agent token, environment, API active, rate; then the fields.\n\n' +
    table(['code', 'status', 'message'], codes(gatewayCodes)) +
    '`PARAM_ILLEGAL` names the field and the rule in its message, never a value.\n\n' +
    '## The vault endpoints\n\n' +
    table(['code', 'status', 'message'], codes(vaultCodes)) +
    '## How a vaulting may fail\n\n' +
    table(['code', 'status', 'message'], codes(vaultingFailures)) +
    '## Which answer of the issuer leads there\n\n' +
    `Approved is ${approvals.join(', ')}. Codes that are not listed end as \`PROCESS_FAIL\`. An approval whose CVV result ` +
    'is `N` ends as `INVALID_CVV`.\n\n' +
    table(['code', 'response codes of the issuer'], issuer) +
    'Mastercard and Maestro differ:\n\n' +
    table(['response code', 'code'], mastercard) +
    '63 together with a wrong CVV is `INVALID_CVV` there.\n\n' +
    '## Published, but never given here\n\n' +
    table(
      ['code', 'why'],
      Object.entries(unusedCodes).map(([code, why]) => [`\`${code}\``, why]),
    )
  )
}

interface Field {
  type?: string
  enum?: readonly unknown[]
  maxLength?: number
  rule?: string
  aliases?: readonly string[]
  properties?: Record<string, Field>
  required?: readonly string[]
}

function fields(schema: Field, path = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path ? `${path}.${name}` : name
    const listed = field.enum && field.enum.length <= 9 ? `one of ${field.enum.join(', ')}` : undefined
    const rules = [field.rule ?? listed, field.aliases && `also read as ${field.aliases.join(', ')}`].filter(Boolean)
    const row = [
      `\`${at}\``,
      field.type ?? '',
      schema.required?.includes(name) ? 'yes' : '',
      field.maxLength === undefined ? '' : String(field.maxLength),
      rules.join('; '),
    ]
    return [row, ...(field.type === 'object' ? fields(field, at) : [])]
  })
}

function endpointPages(): string {
  const head = ['field', 'type', 'required', 'max', 'rule']
  const page = (name: string, path: string, request: unknown, response: unknown) =>
    `## ${name}\n\n\`POST ${apiRoot.live}${path}\`, in the sandbox \`POST ${apiRoot.sandbox}${path}\`\n\n### Request\n\n` +
    table(head, fields(request as Field)) +
    '### Answer\n\n' +
    table(head, fields(response as Field))
  const minutes = [0, ...REPEAT_AFTER_MINUTES].map((_, n) =>
    REPEAT_AFTER_MINUTES.slice(0, n).reduce((a, b) => a + b, 0),
  )
  const prefixes = cardBrands
    .map(brand => [brand, brandPrefixes.filter(row => row.brand === brand)] as const)
    .filter(([, rows]) => rows.length > 0)
    .map(([brand, rows]) => [`\`${brand}\``, rows.map(({ from, to }) => (to ? `${from}–${to}` : from)).join(', ')])
  return (
    '# Endpoints\n\n' +
    '`null` counts as absent, unknown fields are ignored, booleans and integers are read native and quoted. Headers: ' +
    '`client-id`, `request-time`, `signature`.\n\n' +
    page(
      'vaultPaymentMethod',
      endpoints.vaultPaymentMethod.path,
      vaultPaymentMethodRequest(),
      vaultPaymentMethodResponse,
    ) +
    page('inquireVaulting', endpoints.inquireVaulting.path, inquireVaultingRequest, inquireVaultingResponse) +
    '## notifyVaulting\n\n' +
    "Coffer calls `vaultingNotificationUrl` of the request, or the merchant's fixed address, with `POST`, signed over path " +
    'and query. Right is HTTP 200 with `result.resultCode` `SUCCESS` and `result.resultStatus` `S`. There are up to ' +
    `${MAX_ATTEMPTS} deliveries, ${minutes.slice(1).join(', ')} minutes after the first, which comes 3 seconds after the ` +
    'outcome unless configured otherwise. The body is the same each time; `request-time` and `signature` are fresh.\n\n' +
    table(head, fields(notifyVaultingBody as unknown as Field)) +
    '## Known, but not active in this version\n\n' +
    'They answer `INVALID_API`.\n\n' +
    `${inactiveEndpoints.map(path => `- \`${path}\``).join('\n')}\n\n` +
    '## Brands and their prefixes\n\n' +
    'The longest prefix wins; a number of no known brand ends as `CARD_NOT_SUPPORTED`.\n\n' +
    table(['brand', 'prefixes'], prefixes)
  )
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, text] of references()) writeFileSync(new URL(name, import.meta.url), text)
}
