/** Placeholders: where they may stand, what is written there, and that no value can end its place. */
import { describe, expect, test } from 'vitest'
import { Cvv, OutgoingBody, Pan } from '../card-data/index.js'
import { composeBody, placeholders, readTemplate } from './template.js'

const NUMBER = '4054695723100768'
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const XML = 'application/xml'
const PLACES = ['/card/number', '/cards/0/number', 'card[number]', '/Request/Card/Number', '/Request/Card/@number']

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
    ['a name', '{"{{card.number}}":"x"}', 'only where the destination allows it'],
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
      '{"a":"\\ue0000\\ue000","card":{"number":"{{card.number}}"}}',
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
  ])('does not have the number in %s', (_what, body) => {
    expect(problemOf(body, FORM)).toBeDefined()
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
  ])('does not have the number in %s', (_what, body) => {
    expect(problemOf(body, XML)).toBeDefined()
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
