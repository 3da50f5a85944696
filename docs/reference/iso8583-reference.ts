import { ISSUER_TIMEOUT_MS } from '../../apps/vault/src/issuer/connector.js'
import { describeProfile } from '../../apps/vault/src/issuer/iso8583/describe.js'
import { LINK_LIMITS } from '../../apps/vault/src/issuer/iso8583/link.js'
import type { Condition, FieldGroup, Profile } from '../../apps/vault/src/issuer/iso8583/profile.js'
import { builtInProfiles } from '../../apps/vault/src/issuer/iso8583/profiles/index.js'
import { networkIds } from '../../apps/vault/src/issuer/iso8583/profiles/networks.js'
import { sources } from '../../apps/vault/src/issuer/iso8583/sources.js'
import { approvals, isPaymentApproval } from '../../apps/vault/src/issuer/response-codes.js'
import { REVERSE_AGAIN_AFTER_MS } from '../../apps/vault/src/vaulting/reverse-unanswered.js'
import { code, codes, duration, table } from './markdown.js'

const profiles = Object.values(builtInProfiles)

/** The messages to acquirers: which there are, when they are sent, and how the built-in profiles write them. */
export function iso8583Reference(): string {
  return (
    '# ISO 8583\n\n' +
    'What Coffer says to an acquirer, and how. The two profiles are *like* the layouts of Visa’s and Mastercard’s ' +
    'authorisation messages: they follow ISO 8583:1987 and what is publicly known of the schemes’ habits. They are ' +
    '**not the schemes’ specifications and not certified by anybody**. An acquirer’s own specification replaces them ' +
    'as a file of the same form: [acquirers](../operations/acquirers.md).\n\n' +
    `${[...profiles.map(({ name }) => name), 'Networks', 'Conditions in a mapping', 'Names in a mapping'].map(link).join(' · ')}\n\n` +
    '## Messages\n\n' +
    table(['MTI', 'from', 'what'], messages) +
    'What an answer to a question means is in [result codes](result-codes.md#which-answer-of-the-issuer-leads-there). ' +
    'An answer with another MTI, without a code in DE39, or that repeats something of the question differently, is no ' +
    'answer: the outcome is unknown.\n\n' +
    '## Times\n\n' +
    table(['what', 'how long', 'set by'], times()) +
    '## What an answer about money means\n\n' +
    table(['to', 'DE39', 'what follows'], answers) +
    'A profile without `payments` in its mapping asks about cards and no more: payments are refused before anything is ' +
    'sent, and `issuer.message-not-written` is in the log.\n\n' +
    '## When a question is taken back\n\n' +
    'A question without a clear answer is taken back: 0400, then 0401 for as long as nobody acknowledges it. ' +
    'Acknowledged is DE39 00 (taken back) or 21 (nothing to do), and 25 (no such message) once the question is five ' +
    'minutes old: until then it may still arrive. Any other code, or none, means that it is sent again. The first goes out ten seconds after the question at the latest, at once where the process ' +
    'that asked has seen the silence itself.\n\n' +
    table(['after reversal number', 'without an acknowledgement, the next follows after'], schedule()) +
    'After a day `issuer.reversal-overdue` is in the log each time: somebody has to call the acquirer.\n\n' +
    profiles.map(chapter).join('') +
    '## Networks\n\n' +
    'The code that names the network in a message (`{network}`). Those of Visa (`0002`), Mastercard (`MCC`) and ' +
    'Maestro (`MSI`) are in general use; **all others are numbers of our own**, as no public list covers them.\n\n' +
    table(
      ['network', ...profiles.map(({ name }) => name)],
      networkIds.map(id => [code(id), ...profiles.map(({ mapping }) => networkCode(mapping.networks, id))]),
    ) +
    '## Conditions in a mapping\n\n' +
    'When a group of fields is in a message; of two groups that give one element, the later has the say.\n\n' +
    table(
      ['`when`', 'the group is there'],
      Object.entries(when).map(([name, meaning]) => [code(name), meaning]),
    ) +
    '## Names in a mapping\n\n' +
    'A mapping says which element gets what. `{name}` stands for something of the call or of the acquirer’s settings; ' +
    'an element of which something is not there is left out.\n\n' +
    table(
      ['name', 'stands for'],
      Object.entries(sources).map(([name, meaning]) => [code(`{${name}}`), meaning]),
    )
  )
}

const link = (title: string) => `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`

const messages = [
  ['`0800`', 'both', 'network management, DE70: 001 sign-on, 002 sign-off (Coffer’s alone), 301 echo'],
  ['`0810`', 'both', 'its answer; DE39 00 means yes'],
  ['`0100`', 'Coffer', 'a verification: is this card good? The amount is zero; no money moves'],
  ['`0110`', 'acquirer', 'its answer: DE39, DE38 and what the profile names below'],
  [
    '`0100` with an amount',
    'Coffer',
    'an authorisation: may the card pay this? The issuer holds the amount, no money moves yet',
  ],
  ['`0200`', 'Coffer', 'a sale, where the profile has `saleMti`: the money moves with the approval'],
  ['`0210`', 'acquirer', 'its answer; as `0110`'],
  ['`0400`', 'Coffer', 'a reversal: the question named in DE90 shall count as never asked'],
  ['`0401`', 'Coffer', 'the same again; nothing but the MTI differs'],
  ['`0410`', 'acquirer', 'the answer to both; 0430 is taken as well'],
  ['`0220`', 'Coffer', 'a capture or a refund of the authorisation named in DE90'],
  ['`0221`', 'Coffer', 'the same again; without the card, once it is not stored any more'],
  ['`0230`', 'acquirer', 'the answer to both'],
  ['`0420`', 'Coffer', 'a void: the authorisation named in DE90 is given up, or all of it but the amount in DE95'],
  ['`0421`', 'Coffer', 'the same again'],
  ['`0430`', 'acquirer', 'the answer to both'],
] as const

const answers = [
  [
    'an authorisation or a sale',
    codes(approvals.filter(isPaymentApproval)),
    'approved. 10 (a part) only where DE4 comes back and is the whole',
  ],
  [
    '',
    code('85'),
    'no answer: it approves verifications alone, so that nobody knows what the issuer holds. Taken back',
  ],
  ['', 'any other', 'declined'],
  ['a capture or refund', code('00'), 'taken'],
  ['', `${codes(['12', '13', '21', '25'])} and what declines a card`, 'declined for good: the issuer does not do it'],
  ['', 'any other', 'open: it is sent again, as 0221'],
  ['a void', codes(['00', '21']), 'given up'],
  ['', codes(['13', '25']), 'declined: what should stay cannot, or there is no such authorisation'],
  ['', 'any other', 'open: it is sent again, as 0421'],
] as const

function times(): string[][] {
  const limits = LINK_LIMITS
  const fixed = '–'
  return [
    ['an answer to a question, a reversal or an advice', duration(ISSUER_TIMEOUT_MS), '`timeoutMs`, 1 to 9 s'],
    ['silence before an echo is sent', duration(limits.echoAfterMs), '`echoAfterMs`'],
    ['an answer to an echo; two without one end the connection', duration(limits.echoMs), fixed],
    ['to connect, TLS included', duration(limits.connectMs), fixed],
    ['an answer to the sign-on', duration(limits.signOnMs), fixed],
    ['a message waits for a link that is just being opened', duration(limits.comingUpMs), fixed],
    [
      'rest before connecting again; doubled after each failure',
      `${duration(limits.firstRestMs)} to ${duration(limits.longestRestMs)}`,
      fixed,
    ],
    ['at stop: messages under way may still be answered', duration(limits.drainMs), fixed],
    ['messages under way at once on one link', String(limits.mostPending), fixed],
  ]
}

function schedule(): string[][] {
  const last = REVERSE_AGAIN_AFTER_MS.length - 1
  return REVERSE_AGAIN_AFTER_MS.map((ms, nth) => [
    nth === last ? `${nth + 1} and every later one` : String(nth + 1),
    duration(ms),
  ])
}

function chapter(profile: Profile): string {
  const { name, about, framing, mti, bitmap, mapping } = profile
  const { answer, payments } = mapping
  return (
    `## ${name}\n\n${about}\n\n` +
    table(
      ['', ''],
      [
        ['length before a frame', lengths[framing.length]],
        ['MTI', encodings[mti]],
        ['bitmap', bitmap === 'hex' ? 'hex digits' : 'binary'],
        ['result of the CVV in an answer', pathOf(answer.cvvResult)],
        ['result of the address', pathOf(answer.avsResult)],
        ['network transaction ID', answer.networkTransactionId?.map(pathOf).join(' and ') ?? '–'],
        ['merchant advice', pathOf(answer.merchantAdvice)],
        [
          'a sale',
          payments?.saleMti ? `${code(payments.saleMti)}, the money moves with it` : 'authorised, then captured',
        ],
        ['must come back unchanged, where it comes back', codes(mapping.echoed.map(path => `DE${path}`))],
      ],
    ) +
    `### ${name}: a verification\n\n${groups(mapping.verification)}` +
    `### ${name}: a reversal\n\n${groups(mapping.reversal)}` +
    (payments
      ? `### ${name}: an authorisation or a sale\n\n${groups(payments.authorisation)}` +
        `### ${name}: a capture\n\n${groups(payments.capture)}` +
        `### ${name}: a refund\n\n${groups(payments.refund)}` +
        `### ${name}: a void\n\n${groups(payments.void)}`
      : '') +
    `### ${name}: elements\n\n` +
    'Every element that the profile can read or write. Format as in ISO 8583: `n` digits, `a` letters, `an` both, ' +
    '`ans` all that can be printed, `b` bytes, `z` a track; a number of the length or `..` and the most.\n\n' +
    table(
      ['element', 'name', 'format', 'encoding', 'parts', 'what may be done with it'],
      describeProfile(profile).map(row => [row.element, row.name, row.format, row.encoding, row.parts, row.handling]),
    )
  )
}

const lengths: Readonly<Record<Profile['framing']['length'], string>> = {
  binary2: 'two bytes, the high one first, without themselves',
  bcd2: 'two bytes of BCD',
  ascii4: 'four digits',
  vml4: 'two bytes of length and two of zero',
}

const encodings = { ascii: 'ASCII', ebcdic: 'EBCDIC', bcd: 'BCD' } as const

const pathOf = (path: string | undefined) => (path === undefined ? '–' : code(`DE${path}`))

const when: Readonly<Record<Condition, string>> = {
  always: 'always',
  cvv: 'with a CVV',
  'no cvv': 'without a CVV',
  avs: 'with an address',
  authentication: 'after 3-D Secure that gave an ECI',
  'no authentication': 'without 3-D Secure',
  amount: 'about money',
  'no amount': 'about a verification',
  sale: 'of a sale',
  'no sale': 'not of a sale',
  card: 'while the card is stored',
  'no card': 'when the card is not stored any more',
  'entered now': 'card entered now',
  'on file': 'card stored before',
  first: 'card to be stored',
  later: 'stored card, the buyer pays',
  recurring: 'stored card, the merchant charges at fixed times',
  unscheduled: 'stored card, the merchant charges as agreed',
  partial: 'a part stays',
  whole: 'nothing stays',
}

function groups(all: readonly FieldGroup[]): string {
  return table(
    ['element', 'value', 'when'],
    all.flatMap(group =>
      byNumber(group.fields).map(([path, value]) => [code(`DE${path}`), code(value), when[group.when]]),
    ),
  )
}

/** In the order of the elements, and of the parts within them. */
function byNumber(fields: Readonly<Record<string, string>>): [string, string][] {
  const order = (path: string) => path.split('.').map(part => Number(part) || 0)
  return Object.entries(fields).sort(([a], [b]) => {
    const [one, other] = [order(a), order(b)]
    const nth = one.findIndex((part, place) => part !== (other[place] ?? -1))
    return nth < 0 ? one.length - other.length : one[nth]! - (other[nth] ?? -1)
  })
}

function networkCode(networks: Profile['mapping']['networks'], id: string): string {
  const own = (networks as Readonly<Record<string, string>>)[id]
  return own === undefined ? '–' : code(own)
}
