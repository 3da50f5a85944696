import {
  type ElementRow,
  errorCatalogue,
  type MessageType,
  type MessageVersion,
  messageReference,
  messageTypes,
  messageVersions,
} from '../../packages/emv3ds/src/index.js'
import { code, codes, table } from './markdown.js'

/** The messages of EMV 3-D Secure: their elements, their conditions, and what can be wrong with them. */
export function threeDSReference(): string {
  return (
    '# 3-D Secure messages\n\n' +
    'What Coffer reads and writes as a 3DS Server: EMV 3-D Secure 2.1.0 and 2.2.0, with the buyer in a browser ' +
    '(`deviceChannel` 02), for payments (`messageCategory` 01, PA) and without one (02, NPA). This page and the ' +
    '[JSON Schemas](../../packages/emv3ds/schemas) are made from one definition, which is also what reads the ' +
    'messages. It was written from what vendors and open-source 3DS Servers publish and was **not checked against the ' +
    'text of EMVCo**: [what that means](../../packages/emv3ds/README.md#what-was-not-checked). Nobody has approved or ' +
    'certified it.\n\n' +
    `${[...messageTypes, 'Errors'].map(name => `[${name}](#${name.toLowerCase()})`).join(' · ')}\n\n` +
    'The columns of versions say when an element is there: **R** required, **C** conditional, **O** optional, **–** not ' +
    'an element of the message. Two letters are payment / non-payment. Conditions of C that are not listed below a ' +
    'table are left to the directory server. `n` is digits. An element that is not needed is left out: null and the ' +
    'empty string are no values. Elements that are not listed are ignored when they come, and refused when written.\n\n' +
    messageTypes.map(chapter).join('') +
    errors()
  )
}

const says: Record<MessageType, string> = {
  PReq: '3DS Server → directory server: which card ranges take part?',
  PRes: 'The answer: all of them, or what changed since `serialNum`.',
  AReq: '3DS Server → directory server → ACS: is this the cardholder?',
  ARes: 'The answer: a verdict, or the way to a challenge.',
  CReq: '3DS Server → browser → ACS, as the form field `creq`: base64url without padding.',
  CRes: 'ACS → browser → 3DS Server, as the form field `cres`. It says that the challenge is over, and decides nothing.',
  RReq: 'ACS → directory server → 3DS Server: how the challenge ended. This decides.',
  RRes: 'The answer: it was received.',
  Erro: 'In place of an answer, or sent after one: the message could not be used.',
}

function chapter(type: MessageType): string {
  const { elements, conditions } = messageReference(type)
  const rules = conditions.map(({ elements, when, versions, categories }) => {
    const where = [
      ...(versions.length < messageVersions.length ? [`in ${versions.join(', ')}`] : []),
      ...(categories.length < 2 ? [categories[0] === '01' ? 'for a payment' : 'without a payment'] : []),
    ]
    return `- ${codes(elements)}: required when ${when}${where.length > 0 ? ` (${where.join(', ')})` : ''}.\n`
  })
  return (
    `## ${type}\n\n${says[type]}\n\n` +
    table(
      ['element', 'format', ...messageVersions, 'meaning'],
      elements.map(row => [
        code(row.name),
        row.format,
        ...messageVersions.map(version => presence(row, version)),
        row.meaning,
      ]),
    ) +
    (rules.length > 0 ? `${rules.join('')}\n` : '')
  )
}

function presence(row: ElementRow, version: MessageVersion): string {
  const { '01': payment, '02': nonPayment } = row.presence[version]
  return (payment === nonPayment ? payment : `${payment} / ${nonPayment}`).replaceAll('-', '–')
}

const components = { C: '3DS SDK', S: '3DS Server', D: 'directory server', A: 'ACS' } as const

function errors(): string {
  return (
    '## Errors\n\n' +
    'Of several faults of a message one code is told, with the names of all elements it applies to: 101 for what is no ' +
    'JSON object, then 204, 101 for the type, 102, 202, 201, 203. `errorDetail` holds names of elements or fixed ' +
    'phrases, never anything of the message: a card number may stand in any place.\n\n' +
    table(
      ['code', 'name', 'when', '`errorDetail`', 'found by', 'told to the directory server'],
      errorCatalogue.map(({ code, name, when, detail, from, told }) => [
        code,
        name,
        when,
        detail,
        from.length === 4 ? 'all' : from.map(one => components[one]).join(', '),
        told ? 'yes' : 'no',
      ]),
    )
  )
}
