/** Placeholders: where they may stand, what is written there, and that no value can end its place. */
import { parse as parseQuery } from 'node:querystring'
import { describe, expect, test } from 'vitest'
import { Cvv, OutgoingBody, Pan } from '../card-data/index.js'
import { composeBody, placeholders, readTemplate } from './template.js'

const NUMBER = '4054695723100768'
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const XML = 'application/xml'
const PLACES = ['/card/number', '/cards/0/number', 'card[number]', '/Request/Card/Number', '/Request/Card/@number']

const XML_CARD = '<Card><Number>{{card.number}}</Number></Card>'
const IN_A_NAME = 'in the name of a field, where only values may have one'
const WHOLE_NUMBER = 'outside of quotes as the whole value of a field'

const problemOf = (body: string, contentType = JSON_TYPE) => {
  const reading = readTemplate(body, contentType, PLACES)
  return reading.ok ? undefined : `${reading.problem.path} ${reading.problem.rule}`
}

/** The body as a destination gets it. */
async function filled(body: string, contentType = JSON_TYPE, holderName = 'Ada Lovelace'): Promise<string> {
  const reading = readTemplate(body, contentType, PLACES)
  if (!reading.ok) throw new Error(reading.problem.rule)
  const pan = Pan.parse(NUMBER, { find: () => undefined })
  if (!pan.ok) throw new Error(pan.rule)
  const values = { pan: pan.value, expiry: { year: '33', month: '03' }, cvv: Cvv.of('012'), holderName }
  const pieces: Uint8Array[] = []
  for await (const piece of OutgoingBody.of(composeBody(reading.template, values))) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

describe('a body of JSON', () => {
  test('gets every value', async () => {
    const body = JSON.stringify({
      card: { number: '{{card.number}}', cvc: '{{ card.cvv }}', exp: '{{card.expiryMonth}}/{{card.expiryYear}}' },
      year: '{{card.expiryYear4}}',
      name: 'Mr {{card.holderName}}',
      note: 'é€😀 \\ "',
    })
    expect(JSON.parse(await filled(body))).toEqual({
      card: { number: NUMBER, cvc: '012', exp: '03/33' },
      year: '2033',
      name: 'Mr Ada Lovelace',
      note: 'é€😀 \\ "',
    })
  })

  test('gets months and years as numbers outside of quotes', async () => {
    const body = '{"card":{"number":"{{card.number}}"},"m":{{card.expiryMonth}},"y":{{card.expiryYear4}}}'
    expect(JSON.parse(await filled(body))).toEqual({ card: { number: NUMBER }, m: 3, y: 2033 })
  })

  test.each(['"},"admin":"yes', '\\', '"', 'a\u0000b\nc', '{{card.number}}', '\u2028', '\ud800'])(
    'holds whatever name as a text: %j',
    async name => {
      const out = JSON.parse(
        await filled('{"n":"{{card.holderName}}","card":{"number":"{{card.number}}"}}', JSON_TYPE, name),
      )
      expect(Object.keys(out)).toEqual(['n', 'card'])
      expect(out.n).toBe(name.replace(/[\p{Cc}\p{Cs}]/gu, ' '))
      expect(out.card).toEqual({ number: NUMBER })
    },
  )

  test.each([
    ['a place that is not listed', '{"description":"{{card.number}}"}', 'only where the destination allows it'],
    ['a name', '{"{{card.number}}":"x"}', 'in the name of a field'],
    ['more around it', '{"card":{"number":"x{{card.number}}"}}', 'as the whole value of a field'],
    ['itself twice', '{"card":{"number":"{{card.number}}{{card.number}}"}}', 'as the whole value of a field'],
    ['no quotes', '{"card":{"number":{{card.number}}}}', 'within quotes'],
    ['a listed place of another depth', '{"x":{"card":{"number":"{{card.number}}"}}}', 'only where'],
    ['a name with a slash in it', '{"card/number":"{{card.number}}"}', 'only where'],
    ['another item of a list', '{"cards":["{{card.number}}"]}', 'only where'],
    ['JSON within a text', '{"card":"{\\"number\\":\\"{{card.number}}\\"}"}', 'as the whole value of a field'],
    ['a second field of one name', '{"card":{"number":"{{card.number}}","number":"1"}}', 'holds a field twice'],
    ['an escaped second one', '{"card":{"number":"{{card.number}}","n\\u0075mber":"1"}}', 'holds a field twice'],
    [
      'a stand-in of its own',
      '{"a":"\\ue0000\\ue001","card":{"number":"{{card.number}}"}}',
      'as the whole value of a field',
    ],
  ])('does not have the number with %s', (_what, body, problem) => {
    expect(problemOf(body)).toContain(problem)
  })

  test('may have it in a list, at an index that is listed, and in two places', async () => {
    const body = '{"cards":[{"number":"{{card.number}}"}],"card":{"number":"{{card.number}}"}}'
    expect(JSON.parse(await filled(body))).toEqual({ cards: [{ number: NUMBER }], card: { number: NUMBER } })
  })

  test.each(['{"a":"{{card.cvv}}x"}', '{"a":{{card.cvv}}}', '{"a":{{card.holderName}}}'])('is refused: %s', body => {
    expect(problemOf(body)).toContain('body must have')
  })

  test.each([
    ['no JSON', '{{card.expiryMonth}', 'has a {{ without its }}'],
    ['no JSON once it is filled', '{"a":"{{card.expiryMonth}}",}', 'is not JSON'],
    ['a list', '["{{card.expiryMonth}}"]', 'is not a JSON object'],
    ['nothing to fill in', '{"a":1}', 'must hold at least one placeholder'],
    ['a mark of ours', '{"a":"\ue000","b":"{{card.cvv}}"}', 'U+E000'],
    ['the end of a mark of ours', '{"a":"\ue001","b":"{{card.cvv}}"}', 'U+E001'],
    ['a value as a name', '{"{{card.holderName}}":{"number":"1"},"card":{"number":"{{card.number}}"}}', IN_A_NAME],
    ['a value in a name, which ours in a text would hide', '{"x{{card.cvv}}":1,"a":"\\ue0000\\ue001"}', IN_A_NAME],
    ['a month as a name', '{"a":{"{{card.expiryMonth}}":1}}', IN_A_NAME],
    ['a value after a backslash', '{"a":"\\{{card.holderName}}"}', 'is not JSON'],
    ['a year as the digits of an escape', '{"a":"\\u{{card.expiryYear4}}"}', 'is not JSON'],
    ['a digit in front of a number', '{"a":1{{card.expiryMonth}}}', WHOLE_NUMBER],
    ['a minus in front of a number', '{"a":-{{card.expiryMonth}}}', WHOLE_NUMBER],
    ['a fraction behind a number', '{"a":{{card.expiryYear}}.5}', WHOLE_NUMBER],
    ['two numbers in a row', '{"a":{{card.expiryYear}}{{card.expiryMonth}}}', WHOLE_NUMBER],
  ])('is refused with %s', (_what, body, problem) => {
    expect(problemOf(body)).toContain(problem)
  })
})

describe('a form', () => {
  test('gets every value, encoded', async () => {
    const body = 'amount=100&card[number]={{card.number}}&card%5Bcvc%5D={{card.cvv}}&name={{card.holderName}}'
    const name = "Ada&admin=1 +%26;=é'"
    const out = await filled(body, `${FORM}; charset=UTF-8`, name)
    expect([...new URLSearchParams(out)]).toEqual([
      ['amount', '100'],
      ['card[number]', NUMBER],
      ['card[cvc]', '012'],
      ['name', name],
    ])
  })

  test.each([
    ['another field', 'description={{card.number}}'],
    ['the name of a field', '{{card.number}}=1'],
    ['more around it', 'card[number]={{card.number}}0'],
    ['an escape in front', 'card[number]=%20{{card.number}}'],
    ['a second separator behind it', 'card[number]={{card.number}};x=1'],
    ['a blank that is not encoded', 'a=b c&card[number]={{card.number}}'],
    ['a line break', 'card[number]={{card.number}}\r\n'],
    ['a field with a ? in front, which some drop', '?card[number]={{card.number}}'],
    ['a field whose name begins with an encoded ?', '%3Fcard[number]={{card.number}}'],
    ['a field with a blank in front, which some drop', '%20card[number]={{card.number}}'],
    ['a field with a NUL behind, at which some stop', 'card[number]%00={{card.number}}'],
    ['a field that is encoded twice', 'card%255Bnumber%255D={{card.number}}'],
    ['a field that is called like a place in JSON', '/card/number={{card.number}}'],
    ['JSON that is a form as well', '{"note":"=&card[number]={{card.number}}&x="}'],
    ['XML that is a form as well', '<a>=&card[number]={{card.number}}&b=</a>'],
  ])('does not have the number in %s', (_what, body) => {
    expect(problemOf(body, FORM)).toBeDefined()
  })

  const good = '&card[number]={{card.number}}'
  test.each([
    ['a ? in front', `?a=1${good}`, 'some readers drop the ?'],
    ['a ; that may separate', `a=1;b=2${good}`, 'not percent-encoded'],
    ['a letter outside of ASCII', `a=é${good}`, 'not percent-encoded'],
    ['a byte order mark', `\ufeffa=1${good}`, 'not percent-encoded'],
    ['an escape without its digits', `a=100%${good}`, 'percent-encoded in UTF-8'],
    ['an escape of other digits', `a=%u0041${good}`, 'percent-encoded in UTF-8'],
    ['an escape that is not UTF-8', `a=%E9${good}`, 'percent-encoded in UTF-8'],
    ['an escape in more bytes than needed', `a=%C0%A6${good}`, 'percent-encoded in UTF-8'],
    ['a field without a name', `=1${good}`, 'a name without +'],
    ['a field without a value', `a${good}`, 'one = and a value'],
    ['a field with two =', `a]=b]=c${good}`, 'one = and a value'],
    ['nothing between two &', `a=1&${good}`, 'a name without +'],
    ['nothing behind the last &', `a=1${good}&`, 'a name without +'],
    ['a + in a name', `a+b=1${good}`, 'a name without +'],
    ['a field twice', `a=1&a=2${good}`, 'holds a field twice'],
    ['the field of the number twice', `card%5Bnumber%5D=1${good}`, 'holds a field twice'],
    ['a field that is a text and an object', `card=1${good}`, 'as a value and as an object'],
    ['a field that is a number and an object', `card[number][x]=1${good}`, 'as a value and as an object'],
    ['more brackets than JSON may have', `a${'[b]'.repeat(17)}=1${good}`, 'nested too deeply'],
    ['a value as a name', `{{card.holderName}}=1${good}`, IN_A_NAME],
    ['a value in a name, which ours in a value would hide', '{{card.cvv}}=1&a=%EE%80%800%EE%80%81', IN_A_NAME],
    ['a year as a name', `card[{{card.expiryYear}}]=1${good}`, IN_A_NAME],
    ['a value as the digits of an escape', `a=%{{card.holderName}}${good}`, 'percent-encoded in UTF-8'],
    ['a month as the digit of an escape', `a=%2{{card.expiryMonth}}${good}`, 'percent-encoded in UTF-8'],
  ])('is refused with %s', (_what, body, problem) => {
    expect(problemOf(body, FORM)).toContain(problem)
  })

  test('may have lists, empty values, blanks as +, and whatever is encoded', async () => {
    const body =
      'expand[]=a&expand[]=b&none=&text=a+b%0A%26%3D%3B%C3%A9&url=https://x.example/?y&card[number]={{card.number}}'
    expect([...new URLSearchParams(await filled(body, FORM))]).toEqual([
      ['expand[]', 'a'],
      ['expand[]', 'b'],
      ['none', ''],
      ['text', 'a b\n&=;é'],
      ['url', 'https://x.example/?y'],
      ['card[number]', NUMBER],
    ])
  })
})

describe('a body of XML', () => {
  const wrapped = (inner: string) => `<Request>${inner}</Request>`

  test('gets every value, as text and as attributes', async () => {
    const body =
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      wrapped(
        '<Card number="{{card.number}}"><Number> {{card.number}} </Number></Card><Cvc>{{card.cvv}}</Cvc><N a="{{card.holderName}}">{{card.holderName}}</N>',
      )
    const out = await filled(body, 'text/xml; charset=utf-8', `</N><Admin/>&"'`)
    expect(out).toContain(`<Card number="${NUMBER}"><Number> ${NUMBER} </Number></Card><Cvc>012</Cvc>`)
    expect(out).toContain('>&#60;/N&#62;&#60;Admin/&#62;&#38;&#34;&#39;</N>')
    expect(out).not.toContain('<Admin')
  })

  test.each([
    ['another element', wrapped('<Note>{{card.number}}</Note>')],
    ['the right element elsewhere', wrapped('<Number>{{card.number}}</Number>')],
    ['another attribute', wrapped('<Card note="{{card.number}}"/>')],
    ['more around it', wrapped('<Card><Number>x{{card.number}}</Number></Card>')],
    ['an element beside it', wrapped('<Card><Number><X/>{{card.number}}</Number></Card>')],
    ['a comment', wrapped('<!-- <Card><Number>{{card.number}}</Number></Card> -->')],
    ['CDATA', wrapped('<Note><![CDATA[<Card><Number>{{card.number}}</Number></Card>]]></Note>')],
    ['a DOCTYPE', `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${wrapped('{{card.number}}')}`],
    [
      'another encoding, in which it would stand elsewhere',
      `<?xml version="1.0" encoding="UTF-7"?>${wrapped('<Card><Number>{{card.number}}</Number></Card>')}`,
    ],
    ['an instruction', wrapped('<?php {{card.number}} ?>')],
    ['the name of an element', wrapped('<{{card.number}}/>')],
    ['two roots', '<Request><Card><Number>{{card.number}}</Number></Card></Request><Request/>'],
    ['no end', '<Request><Card><Number>{{card.number}}</Number></Card>'],
    ['crossed ends', '<Request><Card><Number>{{card.number}}</Card></Number></Request>'],
    ['no element', '{{card.number}}'],
    ['an element behind it', wrapped('<Card><Number>{{card.number}}<X/></Number></Card>')],
    ['a blank around it that is none to XML', wrapped('<Card><Number>\u00a0{{card.number}}</Number></Card>')],
  ])('does not have the number in %s', (_what, body) => {
    expect(problemOf(body, XML)).toBeDefined()
  })

  const FORM_TAKEN = 'in the form that is taken here'
  test.each([
    ['a value as the name of an element', `<Note><{{card.holderName}}/></Note>${XML_CARD}<Note>x</Note>`, FORM_TAKEN],
    ['a value in the name of an element', `<Note{{card.expiryMonth}}/>${XML_CARD}`, FORM_TAKEN],
    [
      'a value as the name of an element with an end',
      `<{{card.holderName}}>${XML_CARD}</{{card.holderName}}>`,
      FORM_TAKEN,
    ],
    ['a value as the name of an attribute', `<Note {{card.holderName}}="1"/>${XML_CARD}`, FORM_TAKEN],
    ['a value in the prefix of a name', `<Note xmlns:{{card.holderName}}="urn:x"/>${XML_CARD}`, FORM_TAKEN],
    ['a value as an attribute without quotes', `<Note a={{card.holderName}}/>${XML_CARD}`, FORM_TAKEN],
    ['a value in the end of an element', `<Note></Note{{card.holderName}}>${XML_CARD}`, FORM_TAKEN],
    ['a value in a comment', `<!-- {{card.holderName}} -->${XML_CARD}`, FORM_TAKEN],
    ['a value in CDATA', `<Note><![CDATA[{{card.holderName}}]]></Note>${XML_CARD}`, ']]>'],
    ['a value in an instruction', `<?x {{card.holderName}}?>${XML_CARD}`, FORM_TAKEN],
    ['a value as a reference', `<Note>&{{card.holderName}};</Note>${XML_CARD}`, 'not written &amp;'],
    ['a year as the number of a reference', `<Note>&#{{card.expiryYear}};</Note>${XML_CARD}`, 'not written &amp;'],
    ['an & alone', `<Note>a & b</Note>${XML_CARD}`, 'not written &amp;'],
    ['an entity of its own', `<Note>&own;</Note>${XML_CARD}`, 'not written &amp;'],
    ['the end of a CDATA that did not begin', `<Note>]]></Note>${XML_CARD}`, ']]>'],
    ['a control character', `<Note>\u0000</Note>${XML_CARD}`, 'a control character'],
    ['an attribute twice', `<Note a="1" a="2"/>${XML_CARD}`, 'an attribute twice'],
    ['an end that is empty', `<Note></Note/>${XML_CARD}`, 'do not end as they begin'],
    ['a blank in a tag that is none to XML', `<Note\u00a0a="1"/>${XML_CARD}`, FORM_TAKEN],
  ])('is refused with %s', (_what, inner, problem) => {
    expect(problemOf(wrapped(inner), XML)).toContain(problem)
  })

  test.each([
    ['a value as its encoding', '<?xml version="1.0" encoding="{{card.holderName}}"?>'],
    ['a value as its version', '<?xml version="{{card.holderName}}"?>'],
    ['a blank in front of its beginning', ' <?xml version="1.0"?>'],
    ['a beginning in capital letters', '<?XML version="1.0"?>'],
    ['a beginning whose quotes do not match', `<?xml version="1.0'?>`],
    ['a byte order mark', '\ufeff'],
    ['a value in front', '{{card.holderName}}'],
  ])('is refused with %s', (_what, prolog) => {
    expect(problemOf(prolog + wrapped(XML_CARD), XML)).toContain('is not XML')
  })

  test('may have references to characters, texts beside elements, and blanks of its own', async () => {
    const prolog = `<?xml version='1.0' encoding='utf-8' standalone="yes" ?>\r\n`
    const inner = `a &amp; &#60; &#x3C; {{card.holderName}}<B />]] >\t${XML_CARD}\n`
    const body = `${prolog}<Request  a = '&gt;' >${inner}</Request >\n`
    expect(await filled(body, XML, 'x')).toBe(
      body.replace('{{card.holderName}}', 'x').replace('{{card.number}}', NUMBER),
    )
  })
})

/** Names with which a body would be another one, if they were read as anything but a text. */
const NAMES = [
  ...[
    '![CDATA[',
    '!--',
    '--',
    ']]',
    '?x',
    '/Note',
    'Note',
    'a="1"',
    'lt',
    '#60',
    '26',
    '0a',
    'x',
    ' ',
    '',
    '=',
    '&',
    ';',
    '+',
    '%',
  ],
  ...[
    '"',
    "'",
    '\\',
    '\\u0022',
    '}',
    ',',
    ':',
    '[',
    ']',
    '<',
    '>',
    '<x/>',
    '&lt;',
    '\n',
    '\u0000',
    '\u2028',
    '\ue0000\ue001',
    '{{card.number}}',
  ],
  ...['card', 'number', 'card[number]', 'Card', 'Number', '1', 'e1', '.5', '-', 'true', 'null', '__proto__'],
]

/** What readers that are not ours make of a body, with its texts left out: its fields, their kinds and their order. */
const SHAPES: Record<string, (body: string) => unknown> = {
  [JSON_TYPE]: body => {
    const fields: unknown[] = []
    JSON.parse(body, (name, value) => {
      fields.push(name, typeof value)
      return value
    })
    return fields
  },
  [FORM]: body => [[...new URLSearchParams(body).keys()], Object.keys(parseQuery(body))],
  // A value is written without angle brackets and quotes, so that these alone make the elements of the body.
  [XML]: body => [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"|'[^']*'/g, '')),
}

describe('a value that stands anywhere in a body, and is chosen by whoever wants the number elsewhere,', () => {
  test.each([
    [JSON_TYPE, '{"a" : "b\\n", "note":"","c":[1,{ "d":null}],"card":{"number":"{{card.number}}"},"e":true}'],
    [FORM, 'a=b+c&note=&card[number]={{card.number}}&list[]=%26&list[]=1'],
    [XML, `<?xml version="1.0"?> <Request a="b" c='d'><Note>&amp;</Note>${XML_CARD}</Request>`],
  ])('is refused or changes nothing but a text: %s', async (contentType, body) => {
    const shape = SHAPES[contentType]!
    let taken = 0
    for (const placeholder of [
      '{{card.holderName}}',
      '{{card.expiryMonth}}',
      '{{card.expiryYear}}{{card.expiryYear4}}',
    ]) {
      for (let at = 0; at <= body.length; at++) {
        const changed = body.slice(0, at) + placeholder + body.slice(at)
        if (problemOf(changed, contentType) !== undefined) continue
        const plain = shape(changed.replace(placeholder, '').replace('{{card.number}}', NUMBER))
        for (const name of NAMES) {
          const out = await filled(changed, contentType, name)
          expect({ changed, name, shape: shape(out) }).toEqual({ changed, name, shape: plain })
          taken++
        }
      }
    }
    expect(taken).toBeGreaterThan(NAMES.length)
  })
})

describe('a body of another kind', () => {
  test.each([
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/jsonx',
    'json',
    'application/json, text/xml',
    'application/json; charset="utf-8',
    'application/json;',
  ])('is refused: %s', contentType => {
    expect(problemOf('{"card":{"number":"{{card.number}}"}}', contentType)).toContain('destination.headers must have')
  })

  test.each([
    'application/json',
    'Application/JSON;charset=utf-8',
    'application/vnd.api+json',
    'application/json; charset="UTF-8"',
  ])('is none: %s', contentType => {
    expect(problemOf('{"card":{"number":"{{card.number}}"}}', contentType)).toBeUndefined()
  })
})

describe('an unknown placeholder', () => {
  test('is named, with those that there are', () => {
    expect(problemOf('{"a":"{{card.pin}}"}')).toBe(
      `body holds an unknown placeholder, card.pin; known are ${placeholders.join(', ')}`,
    )
  })

  test.each(['{{4054695723100768}}', '{{ }}', '{{card.number }x}}', '{{{card.number}}}', '{{card.number|raw}}'])(
    'that could be anything is not repeated: %s',
    placeholder => {
      const problem = problemOf(`{"a":"${placeholder}"}`)
      expect(problem).toMatch(/^body holds an unknown placeholder; known are/)
    },
  )
})

test('fifty placeholders are enough', () => {
  const list = (count: number) => `{"a":"${'{{card.expiryMonth}}'.repeat(count)}"}`
  expect(problemOf(list(50))).toBeUndefined()
  expect(problemOf(list(51))).toContain('at most 50')
})
