/**
 * The pages of this folder that are made from the code: `npm run reference`. A test fails when they are not in step.
 */
import { writeFileSync } from 'node:fs'
import { countryRules } from '../../apps/vault/src/cards/country-rules.js'
import { eeaCountries } from '../../apps/vault/src/cards/networks.js'
import { keys } from '../../apps/vault/src/config-keys.js'
import { approvals, declines, mastercardDeclines } from '../../apps/vault/src/issuer/response-codes.js'
import { MAX_ATTEMPTS, REPEAT_AFTER_MINUTES } from '../../apps/vault/src/notifications/schedule.js'
import {
  cardBrands,
  endpoints,
  forwardCodes,
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
import { cardRangesReference } from './card-ranges-reference.js'
import { endpointPage, fieldTable } from './endpoint-page.js'
import { iso8583Reference } from './iso8583-reference.js'
import { code, codes, table } from './markdown.js'
import { paymentEndpointPages, paymentResultCodes, tokenEndpointPages, unusedHere } from './payments-reference.js'
import { testCardsReference } from './test-cards-reference.js'
import { threeDSReference } from './three-ds-reference.js'
import { threeDSResults } from './three-ds-results-reference.js'

const MADE = '<!-- Made from the code by `npm run reference`. Change the code instead. -->\n\n'

/** File name → text. */
export function references(): Map<string, string> {
  return new Map([
    ['config.md', MADE + config()],
    ['result-codes.md', MADE + resultCodes()],
    ['endpoints.md', MADE + endpointPages()],
    ['payment-endpoints.md', MADE + paymentEndpointPages()],
    ['card-ranges.md', MADE + cardRangesReference()],
    ['iso8583.md', MADE + iso8583Reference()],
    ['test-cards.md', MADE + testCardsReference()],
    ['three-ds-messages.md', MADE + threeDSReference()],
  ])
}

function config(): string {
  const rows = keys.map(({ key, meaning, form, sandbox, live }) => [`\`${key}\``, meaning, form, sandbox, live])
  return (
    '# Settings\n\nAll settings come from the environment. A start tells everything that is wrong or missing at once.\n\n' +
    table(['name', 'meaning', 'form', 'default in the sandbox', 'default in live'], rows)
  )
}

function resultCodes(): string {
  const rows = (all: Record<string, { status: string; message: string }>) =>
    Object.entries(all)
      .filter(([name]) => !Object.hasOwn(unusedCodes, name))
      .map(([name, { status, message }]) => [code(name), status, message])
  const issuer = Object.entries(declines).map(([failure, raws]) => [code(failure), raws!.join(', ')])
  const mastercard = Object.entries(mastercardDeclines).map(([raw, failure]) => [raw, code(failure)])
  return (
    '# Result codes\n\n' +
    'Every answer has HTTP status 200, a signature, and a `result`. A *refusal* means that the call was wrong: nothing ' +
    'was stored, nobody is notified, and the corrected call may use the same id. An *outcome* is final: it is stored, ' +
    'repeated to every call with the same id, and notified.\n\n' +
    '## Any endpoint, in the order of the checks\n\n' +
    'Of two faults the earlier row is told. The order is: path and method, size; `client-id` and `request-time` given; ' +
    'client known; signature header readable; key known; signature right; time readable and within the window; then ' +
    'client status, agent token, environment, API active, rate; then the fields.\n\n' +
    table(['code', 'status', 'message'], rows(gatewayCodes)) +
    '`PARAM_ILLEGAL` names the field and the rule in its message, never a value.\n\n' +
    '## The vault endpoints\n\n' +
    table(['code', 'status', 'message'], rows(vaultCodes)) +
    '- `VERIFICATION_IN_PROCESS` comes from vaultPaymentMethod together with `normalUrl`: the buyer has something to do ' +
    'there, choose a brand or pass 3-D Secure. inquireVaulting has it as `vaultingResultCode` of every vaulting that is under way, with `normalUrl` where ' +
    'a buyer is awaited.\n' +
    '- `SELECTED_CARD_BRAND_NOT_AVAILABLE` is a refusal: [co-badged cards](endpoints.md#co-badged-cards) says when.\n' +
    '- A vaulting under way for which no buyer is awaited is `UNKNOWN_EXCEPTION` from vaultPaymentMethod.\n\n' +
    '## forward\n\n' +
    table(['code', 'status', 'message'], rows(forwardCodes)) +
    'What each means for the one who called: [vault and forward](../vault-and-forward.md#the-call).\n\n' +
    '## How a vaulting may fail\n\n' +
    table(['code', 'status', 'message'], rows(vaultingFailures)) +
    'Most of these are the issuer’s. Those that Coffer concludes by itself:\n\n' +
    '- `ORDER_IS_CLOSED`: the issuer was certainly not asked, and the deadline (15 minutes, `COFFER_SETTLE_AFTER_MS`) ' +
    'has come. The buyer made no choice or did not pass the challenge in time, its result did not come, or directory ' +
    'servers stayed silent; or the acquirer could not be reached and the call was not repeated. Within seconds where the ' +
    'process that had the CVV of a waiting buyer is gone.\n' +
    '- `PROCESS_FAIL`: the issuer may have been asked and gave no answer that could be relied on. It comes when the ' +
    'question was taken back and that was acknowledged, at the deadline at the latest.\n' +
    '- `AUTHENTICATION_REQUIRED`, `USER_PAYMENT_VERIFICATION_FAILED` and others by [3-D ' +
    'Secure](#what-3-d-secure-leads-to): no issuer is asked. Issuers give `AUTHENTICATION_REQUIRED` as well, where the ' +
    'buyer cannot be authenticated after it.\n' +
    '- `CARD_EXPIRED` for a month that is over, and `CARD_NOT_SUPPORTED` for a number of no known range or a network ' +
    'without an acquirer: no issuer is asked. Issuers give both as well.\n\n' +
    '## Which answer of the issuer leads there\n\n' +
    'By its response code, ISO 8583 data element 39. The network that carried the question decides how it is read: on a ' +
    'co-badged card that is the chosen one.\n\n' +
    `Approved is ${approvals.join(', ')}. Codes that are not listed end as \`PROCESS_FAIL\`. An approval whose CVV result ` +
    'is `N` ends as `INVALID_CVV`.\n\n' +
    table(['code', 'response codes of the issuer'], issuer) +
    'On Mastercard and Maestro these read differently, and 63 together with a CVV result of `N` is `INVALID_CVV`:\n\n' +
    table(['response code', 'code'], mastercard) +
    threeDSResults() +
    paymentResultCodes() +
    '## Published, but never given here\n\n' +
    table(
      ['code', 'why'],
      Object.entries(unusedCodes).map(([name, why]) => [code(name), why]),
    ) +
    unusedHere()
  )
}

function endpointPages(): string {
  const minutes = [0, ...REPEAT_AFTER_MINUTES].map((_, n) =>
    REPEAT_AFTER_MINUTES.slice(0, n).reduce((a, b) => a + b, 0),
  )
  return (
    '# Endpoints\n\n' +
    '`null` counts as absent, unknown fields are ignored, booleans and integers are read native and quoted. Headers: ' +
    '`client-id`, `request-time`, `signature`.\n\n' +
    endpointPage(
      'vaultPaymentMethod',
      endpoints.vaultPaymentMethod.path,
      vaultPaymentMethodRequest(),
      vaultPaymentMethodResponse,
    ) +
    endpointPage('inquireVaulting', endpoints.inquireVaulting.path, inquireVaultingRequest, inquireVaultingResponse) +
    '## notifyVaulting\n\n' +
    "Coffer calls `vaultingNotificationUrl` of the request, or the merchant's fixed address, with `POST`, signed over path " +
    'and query. Right is HTTP 200 with `result.resultCode` `SUCCESS` and `result.resultStatus` `S`. There are up to ' +
    `${MAX_ATTEMPTS} deliveries, ${minutes.slice(1).join(', ')} minutes after the first, which comes 3 seconds after the ` +
    'outcome unless configured otherwise. The body is the same each time; `request-time` and `signature` are fresh.\n\n' +
    fieldTable(notifyVaultingBody) +
    tokenEndpointPages() +
    'Paying: [endpoints of payments](payment-endpoints.md).\n\n' +
    '## The card in an answer\n\n' +
    table(['field', 'what it is'], cardFields) +
    coBadged() +
    threeDSecure() +
    strictMode() +
    '## Brands and their prefixes\n\n' +
    `${codes(cardBrands)}.\n\n` +
    'Which numbers belong to which brand: [card ranges](card-ranges.md).\n\n' +
    '## Known, but not active in this version\n\n' +
    'They answer `INVALID_API`.\n\n' +
    `${inactiveEndpoints.map(path => `- \`${path}\``).join('\n')}\n`
  )
}

const cardFields: readonly (readonly string[])[] = [
  [
    '`cardToken`',
    'stands for the card in later calls; 256 random bits with `cof_` before them, nothing of the card in it',
  ],
  ['`brand`', 'the network that every later message about the card goes over; on a co-badged card the chosen one'],
  ['`maskedCardNo`', 'always twelve asterisks and the last four digits, however long the number is'],
  ['`bin`', 'the first eight digits of a number of 16, else the first six'],
  [
    '`funding`, `issuingCountry`, `issuerName`',
    'as the [range](card-ranges.md) of the number tells; absent where it does not',
  ],
  [
    '`supportedBrands`',
    'the networks on the card, the issuer’s default first; local schemes too, so it may hold names that are no brand of the API',
  ],
  [
    '`fingerprint`',
    'the same for the same number with the same merchant, and random otherwise: it tells nothing of the number, and two merchants cannot compare theirs',
  ],
  ['`networkTransactionId`, `cvvResultRaw`, `avsResultRaw`', 'as the issuer gave them; absent where it did not'],
]

function coBadged(): string {
  return (
    '## Co-badged cards\n\n' +
    'A card can carry two networks, such as Visa and Cartes Bancaires. In the European Economic Area the choice is the ' +
    'buyer’s (Regulation (EU) 2015/751, Article 8(6)). What can be chosen are the networks of the card that are brands ' +
    'of this API and that an acquirer is configured for.\n\n' +
    table(
      ['the call says', 'where', 'what happens'],
      [
        ['`selectedCardBrand`, and it can be chosen', 'anywhere', 'that network is used; nobody is asked'],
        ['`selectedCardBrand`, and it cannot', 'anywhere', 'refused: `SELECTED_CARD_BRAND_NOT_AVAILABLE`'],
        [
          'nothing, and several can be chosen',
          'issuer or merchant in the EEA',
          '`U` `VERIFICATION_IN_PROCESS` with `normalUrl`: send the buyer there',
        ],
        ['nothing, and several can be chosen', 'elsewhere', 'the first one, in the issuer’s order'],
        ['nothing, and one can be chosen', 'anywhere', 'that one'],
      ],
    ) +
    '- On a card with one network `selectedCardBrand` says nothing. `AMEX` on a co-badged card without Amex says ' +
    'nothing either: the .NET SDK sends it unless told otherwise. `brand` is the older name of the field and counts ' +
    'where it fits and nothing else was selected.\n' +
    '- Where the merchant is: `merchantRegion` of the call, else what `coffer merchant region` was told. Where the ' +
    'issuer is: the [range](card-ranges.md) of the number.\n' +
    '- The page shows one button for each brand, all alike. Afterwards it leads to `redirectUrl`, with ' +
    '`vaultingRequestId` in the query and nothing that could be relied on: inquire, or wait for the notification.\n' +
    '- The buyer has until the deadline of the vaulting, 15 minutes after the call. Then it ends as ' +
    '`ORDER_IS_CLOSED`. A repeat of the call hears the same `normalUrl`.\n\n' +
    `The EEA, ${eeaCountries.length} states: ${eeaCountries.toSorted().join(', ')}.\n\n`
  )
}

function threeDSecure(): string {
  return (
    '## 3-D Secure\n\n' +
    '`is3DSAuthentication: true` has the bank make sure that it is its cardholder. It is done unasked too: for cards ' +
    'issued in the EEA or the United Kingdom unless the operator or `coffer merchant three-ds` says otherwise, for ranges ' +
    'that demand it, and once after a soft decline. All rules: [3-D Secure](../operations/three-ds.md).\n\n' +
    '- The answer is `U` `VERIFICATION_IN_PROCESS` with `normalUrl` wherever the buyer’s browser is needed. Send the ' +
    'buyer there, as for the choice of a brand; both happen on one page, the choice first.\n' +
    '- It is `S` or `F` at once where the bank has no 3DS Method, wants no challenge, and `env` has all of `clientIp`, ' +
    '`browserInfo` (`acceptHeader`, `language`, `userAgent`, `javaEnabled`, `javaScriptEnabled`), `colorDepth`, ' +
    '`screenHeight`, `screenWidth` and `timeZoneOffset`.\n' +
    '- `mpiData`, `request3DS`, `scaExemptionIndicator`, `enableAuthenticationUpgrade` and `authenticationFlow` are read ' +
    'and change nothing yet.\n' +
    '- What the end of an authentication means: [result codes](result-codes.md#what-3-d-secure-leads-to).\n\n'
  )
}

function strictMode(): string {
  return (
    '## What some countries ask for\n\n' +
    'Issuers of some countries want more than a number and a date. Coffer insists for merchants in strict mode only ' +
    '(`coffer merchant strict <client id> on`); the call is then refused with `PARAM_ILLEGAL`, which names the first ' +
    'field that is missing. Strict mode also wants `expiryYear` with two digits.\n\n' +
    table(
      ['issued in', 'fields of the card that must be there'],
      countryRules.map(({ countries, wants }) => [
        countries.length ? countries.join(', ') : 'any other country, or not known',
        wants.map(fields => fields.map(code).join(' or ')).join(', '),
      ]),
    )
  )
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, text] of references()) writeFileSync(new URL(name, import.meta.url), text)
}
