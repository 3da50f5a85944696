import { Buffer, isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isJsonObject,
  type Json,
  JsonNumber,
  type JsonObject,
  type JsonProblem,
  readJson,
  readJsonObject,
} from './json.js'

const bytes = (text: string) => Buffer.from(text, 'utf8')
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const fields = (count: number) => `{${Array.from({ length: count }, (_, n) => `"f${n}":0`).join(',')}}`

/** What `JSON.parse` would have made of it; fields are set on objects without a prototype. */
function plain(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.text)
  if (isJsonObject(value)) {
    const object: Record<string, unknown> = {}
    for (const [name, item] of value) object[name] = plain(item)
    return object
  }
  return typeof value === 'object' && value !== null ? value.map(plain) : value
}

function problemOf(input: string | Uint8Array, limits = {}): JsonProblem | undefined {
  const reading = readJson(typeof input === 'string' ? bytes(input) : input, limits)
  return reading.ok ? undefined : reading.problem
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Where we are stricter than the grammar on purpose. For every other problem `JSON.parse` must refuse as well. */
const OUR_OWN: ReadonlySet<JsonProblem> = new Set<JsonProblem>([
  'is nested too deeply',
  'holds too many fields',
  'holds a field twice',
  'holds a forbidden field name',
  'holds a lone surrogate',
])

function agreesWithJsonParse(text: string): 'accepted' | 'refused' {
  const reading = readJson(bytes(text))
  const reference = parsed(text)
  if (reading.ok) {
    expect(reference).toEqual({ value: plain(reading.value) })
    return 'accepted'
  }
  if (reference !== undefined && !OUR_OWN.has(reading.problem)) {
    throw new Error(`JSON.parse reads what we call "${reading.problem}" at ${reading.at}: ${JSON.stringify(text)}`)
  }
  return 'refused'
}

describe('readJson accepts', () => {
  const accepted = [
    ...['null', 'true', 'false', '0', '-0', '7', '-7', '10', '1.5', '-0.25', '1e5', '1E+5', '1e-05', '0e0', '0.0E-0'],
    ...['""', '"a"', '" "', '"é"', '"漢字"', '"😀"', '"\u007f"', '"\u2028"', '"\ufeff"', '"\u0080"', '"</script>"'],
    ...['"\\""', '"\\\\"', '"\\/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u00E9"', '"\\uaBcD"', '"\\ud83d\\ude00"'],
    ...['[]', '{}', '[[]]', '[{}]', '{"":0}', '{"a":{}}', '{"a":[]}', '[1,2,3]', '[null,true,false]', '[[],[[]]]'],
    ...[' 1', '1 ', '\t\r\n 1\t\r\n ', '[ ]', '{ }', '[ 1 , 2 ]', '{ "a" : 1 , "b" : 2 }', '\n{\n"a"\n:\n1\n}\n'],
    ...['{"__proto":1}', '{"constructo":1}', '{"toString":1}', '{"hasOwnProperty":1}', '{"a":"__proto__"}'],
    ...['{"a":1,"A":2}', '{"a":{"a":1}}', '[{"a":1},{"a":2}]', '{"é":1,"e\u0301":2}', '{"1":0,"0":1}'],
    ...['9'.repeat(400), `0.${'0'.repeat(400)}1`, '1e400', '-1e-400', '123456789012345678901234567890'],
    ...[nested(16), `${'{"a":'.repeat(16)}1${'}'.repeat(16)}`, fields(500), `[${'0,'.repeat(499)}0]`],
  ]
  it.each(accepted.map(text => [text.length > 60 ? `${text.slice(0, 60)}…` : text, text]))('%s', (_, text) => {
    expect(problemOf(text)).toBeUndefined()
    expect(agreesWithJsonParse(text)).toBe('accepted')
  })
})

describe('readJson refuses', () => {
  const refused: [JsonProblem, (string | Uint8Array)[]][] = [
    ['is empty', ['', ' ', '\t\n\r ']],
    ['begins with a byte order mark', ['\ufeff', '\ufeff{}', '\ufeff\ufeff1', Buffer.from([0xef, 0xbb, 0xbf, 0xff])]],
    [
      'is not UTF-8',
      [
        ...[[0x80], [0xbf], [0xc0, 0xaf], [0xc1, 0x81], [0xc3], [0xc3, 0x28], [0xe2, 0x82], [0xe0, 0x80, 0xaf], [0xfe]],
        ...[[0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xf5], [0xff]],
      ].map(middle => Buffer.concat([bytes('{"a":"'), Buffer.from(middle), bytes('"}')])),
    ],
    ['is not UTF-8', [Buffer.from('{"a":1}', 'utf16le').fill(0xff, 0, 2), Buffer.from([0xfe, 0xff, 0, 0x31])]],
    [
      'is not JSON',
      ['nul', 'True', 'NaN', 'Infinity', 'undefined', 'a', "'a'", '+1', '.5', '*', '//1', '/**/1', '\u00a01'],
    ],
    [
      'is not JSON',
      ['00', '01', '-01', '1.a', '-a', '--1', '- 1', '1e5e', '1ea', '1e+-1', '0x1', '1_0'].map(n => `[${n}]`),
    ],
    [
      'is not JSON',
      ['[1.]', '[-]', '[1e]', '[1e+]', '[.1]', '[-.1]', '[-Infinity]', '[-NaN]', '[1,,2]', '[,1]', '[1,]'],
    ],
    [
      'is not JSON',
      ['[1 2]', '[1}', '{]', '[:1]', '["a":1]', '{"a"}', '{"a",1}', '{"a":}', '{"a":1,}', '{,"a":1}', '{1:1}'],
    ],
    [
      'is not JSON',
      ['{a:1}', "{'a':1}", '{"a"::1}', '{"a":1 "b":2}', '{"a":1:2}', '{null:1}', '{[]:1}', '{"a" 1}', ']', '}'],
    ],
    [
      'is not JSON',
      ['"\\x41"', '"\\a"', '"\\\'"', '"\\0"', '"\\U0041"', '"\\u004"', '"\\u00g0"', '"\\u 041"', '"\\u+041"'],
    ],
    [
      'is not JSON',
      ['[truee]', '[nulll]', '[1\u00a0]', '[1\v]', '[1\f]', '[1\u2028]', '[1\u0000]', '[1/**/]', '[1//\n]', '\u0000'],
    ],
    [
      'ends too early',
      ['[', '{', '"', '"a', '"\\', '"\\u', '"\\u00', '[1', '[1,', '[[]', '{"a"', '{"a":', '{"a":1', '{"a":1,'],
    ],
    ['ends too early', ['-', '1.', '1e', '1e+', '-0.', ' {', '[ ', '{"', '{"a" ', '["a"', '"\\ud800\\u']],
    [
      'goes on after its end',
      ['1 1', '{}{}', '[]]', '{}}', '""""', 'null,', 'truee', '1a', '{} x', '[]\u0000', '{};', '1\ufeff'],
    ],
    ['holds a control character', Array.from({ length: 32 }, (_, code) => `"a${String.fromCharCode(code)}"`)],
    ['holds a control character', ['{"a\n":1}', '{"\u0000":1}']],
    [
      'holds a field twice',
      ['{"a":1,"a":2}', '{"a":1,"b":2,"a":1}', '{"":1,"":1}', '{"x":{"a":1,"a":1}}', '[{"é":1,"é":1}]'],
    ],
    [
      'holds a field twice',
      ['{"a":1,"\\u0061":2}', '{"\\u0061":1,"a":2}', '{"/":1,"\\/":2}', '{"😀":1,"\\ud83d\\uDE00":1}'],
    ],
    ['holds a forbidden field name', ['__proto__', 'constructor', 'prototype'].map(name => `{"${name}":{}}`)],
    [
      'holds a forbidden field name',
      ['\\u005f_proto__', 'con\\u0073tructor', 'prototyp\\u0065'].map(n => `[{"a":1,"${n}":0}]`),
    ],
    [
      'holds a lone surrogate',
      [
        '\\ud800',
        '\\uDFFF',
        '\\udc00\\ud800',
        '\\udc00\\udc00',
        '\\ud800\\ud800',
        '\\ud800a',
        '\\ud83d\\n',
        '\\uD83Dude00',
      ].map(t => `"${t}"`),
    ],
    [
      'holds a lone surrogate',
      ['{"\\ud800":1}', '"\\ud83d\\u0041"', '"\\ud83d\\ude00\\ude00"', '["\\ud83d', '"\\ud83d\\"'],
    ],
    [
      'is nested too deeply',
      [nested(17), nested(100_000), '['.repeat(65_536), `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`],
    ],
    [
      'holds too many fields',
      [fields(501), `[${'0,'.repeat(500)}0]`, `[${'[0],'.repeat(250)}0]`, `[${'{"a":0},'.repeat(300)}0]`],
    ],
  ]
  const cases = refused.flatMap(([problem, inputs]) => inputs.map(input => [problem, input] as const))
  it.each(cases.map(([problem, input]) => [problem, label(input), input] as const))(
    'what %s: %s',
    (problem, _, input) => {
      expect(problemOf(input)).toBe(problem)
      if (typeof input === 'string') expect(agreesWithJsonParse(input)).toBe('refused')
    },
  )

  function label(input: string | Uint8Array): string {
    const text = typeof input === 'string' ? JSON.stringify(input) : Buffer.from(input).toString('hex')
    return text.length > 60 ? `${text.slice(0, 60)}…` : text
  }
})

describe('readJson', () => {
  it('keeps numbers as they were written', () => {
    const reading = readJson(bytes('[1.50,9007199254740993,-0,1E+2]'))
    if (!reading.ok || !Array.isArray(reading.value)) throw new Error('refused')
    expect(reading.value).toEqual(['1.50', '9007199254740993', '-0', '1E+2'].map(text => new JsonNumber(text)))
  })

  it('keeps the order of fields, also of names that look like numbers', () => {
    const reading = readJson(bytes('{"b":1,"1":2,"a":3,"0":4}'))
    expect(reading.ok && isJsonObject(reading.value) && [...reading.value.keys()]).toEqual(['b', '1', 'a', '0'])
  })

  it('reads a view into a larger buffer and nothing around it', () => {
    const whole = bytes('9{"a":1}9')
    expect(problemOf(whole.subarray(1, 8))).toBeUndefined()
    expect(problemOf(new Uint8Array(whole.buffer, whole.byteOffset + 1, 6))).toBe('ends too early')
  })

  it('keeps no hold on the body: wiping it leaves the values', () => {
    const body = bytes('{"a":"b"}')
    const reading = readJson(body)
    body.fill(0)
    expect(reading).toEqual({ ok: true, value: new Map([['a', 'b']]) })
  })

  it.each([
    ['', 0],
    ['{"a":1,"b":x}', 11],
    ['{"é":tru}', 6],
    ['{"a":1,"a":2}', 7],
    ['{"a":"b\\ud800"}', 7],
    ['{"a":"b\u0001"}', 7],
    ['{"a":1', 6],
    ['{} {}', 3],
  ])('says where it stopped in %j', (text, at) => {
    expect(readJson(bytes(text))).toMatchObject({ ok: false, at })
  })

  it('says where UTF-8 stops', () => {
    const body = Buffer.concat([bytes('{"é漢😀":"'), Buffer.from([0xe2, 0x82, 0x22])])
    expect(readJson(body)).toEqual({ ok: false, problem: 'is not UTF-8', at: body.length - 3 })
  })

  it('takes other limits, also absurd ones, without running out of stack', () => {
    expect(problemOf('[[1]]', { maxDepth: 1 })).toBe('is nested too deeply')
    expect(problemOf('1', { maxDepth: 0 })).toBeUndefined()
    expect(problemOf('[1,2]', { maxFields: 1 })).toBe('holds too many fields')
    expect(problemOf(nested(200_000), { maxDepth: 1e9, maxFields: 1e9 })).toBeUndefined()
  })

  it('has a problem text that never changes with the input', () => {
    const card = '4111111111111111'
    for (const text of [`{"${card}":${card}x}`, `{"${card}":1,"${card}":2}`, `"\\ud800${card}"`, `${card} ${card}`]) {
      const reading = readJson(bytes(text))
      expect(reading.ok).toBe(false)
      expect(JSON.stringify(reading)).not.toContain(card)
    }
  })

  it.each([
    ['one long string', (size: number) => `"${'a'.repeat(size)}"`],
    ['escapes', (size: number) => `"${'\\n'.repeat(size / 2)}"`],
    ['pairs', (size: number) => `"${'\\ud83d\\ude00'.repeat(size / 12)}"`],
    ['one long number', (size: number) => '1'.repeat(size)],
    ['blanks', (size: number) => `${' '.repeat(size)}1`],
    ['opening brackets', (size: number) => '['.repeat(size)],
    ['a quote that never closes', (size: number) => `["${'\\"'.repeat(size / 2)}`],
    ['items', (size: number) => `[${'0,'.repeat(size / 2)}0]`],
    ['fields', (size: number) => fields(Math.floor(size / 11))],
  ])('takes linear time: %s', (_, make) => {
    const limits = { maxDepth: 1e9, maxFields: 1e9 }
    const body = bytes(make(1024 * 1024))
    // 16 times the largest body of the API takes about 0.1 s; with quadratic work the test would not end in its time.
    expect(() => readJson(body, limits)).not.toThrow()
  })
})

describe('readJsonObject', () => {
  it('gives the object', () => {
    const reading = readJsonObject(bytes('{"result":{"resultStatus":"S"}}'))
    const result = reading.ok ? (reading.value.get('result') as JsonObject) : undefined
    expect(result?.get('resultStatus')).toBe('S')
  })

  it.each(['[]', '"a"', '1', 'null', 'true', '[{}]'])('refuses %s', text => {
    expect(readJsonObject(bytes(text))).toEqual({ ok: false, problem: 'is not a JSON object', at: 0 })
  })

  it('names the first problem of a body that is broken in itself', () => {
    expect(readJsonObject(bytes('[1'))).toMatchObject({ ok: false, problem: 'ends too early' })
    expect(readJsonObject(bytes('{"a":[1,2]}'), { maxFields: 2 })).toMatchObject({ problem: 'holds too many fields' })
  })
})

describe('against JSON.parse', () => {
  it('reads every JSON text alike, but for what we refuse by name', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), text => {
        if (agreesWithJsonParse(text) === 'accepted') accepted += 1
      }),
      { numRuns: 8_000 },
    )
    expect(accepted).toBeGreaterThan(4_000)
  })

  it('agrees on texts put together from pieces of JSON', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', '\\', ' ', '\n', '\t', '-', '+', '.', 'e', 'E', '0', '1', '12', 'a', 'u'],
      ...['"a"', '"b":', '"a":1', '{"a":1}', '[1]', 'true', 'false', 'null', 'NaN', '\\u0061', '\\ud83d', '\\ude00'],
      ...['é', '😀', '\u0000', '\u001f', '\u007f', '\u00a0', '\u2028', '\ufeff', '"__proto__":', '""', '1.5', '1e5'],
    )
    let accepted = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('', '[', '{', '"', '-'), (pieces, open) => {
        const close = { '': '', '[': ']', '{': '}', '"': '"', '-': '' }[open]
        if (agreesWithJsonParse(open + pieces.join('') + close) === 'accepted') accepted += 1
      }),
      { numRuns: 6_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('agrees on JSON texts with one character changed', () => {
    const character = fc.constantFrom(...'{}[],:"\\ \n-+.eE01au\u0000é')
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.nat(1), character, (text, where, cut, put) => {
        const at = where % (text.length + 1)
        const changed = text.slice(0, at) + put + text.slice(at + cut)
        // A cut through a pair is no UTF-8, and not the subject here.
        if (!/\p{Cs}/u.test(changed)) agreesWithJsonParse(changed)
      }),
      { numRuns: 6_000 },
    )
  })
})

describe('on bytes that mean harm', () => {
  it('never throws, stays inside the body and refuses what is not UTF-8', () => {
    const sound = fc.oneof(
      fc.json({ maxDepth: 4 }).map(text => bytes(text)),
      fc.uint8Array({ maxLength: 64 }).map(some => Buffer.from(some)),
    )
    const change = fc.record({ at: fc.nat(), put: fc.nat(255), cut: fc.nat(3) })
    fc.assert(
      fc.property(sound, fc.array(change, { maxLength: 4 }), (body, changes) => {
        let hurt = body
        for (const { at, put, cut } of changes) {
          const where = at % (hurt.length + 1)
          hurt = Buffer.concat([hurt.subarray(0, where), Buffer.from([put]), hurt.subarray(where + cut)])
        }
        const reading = readJson(hurt)
        if (reading.ok) {
          expect(isUtf8(hurt)).toBe(true)
          expect(plain(reading.value)).toEqual(JSON.parse(hurt.toString('utf8')))
        } else {
          expect(reading.at).toBeGreaterThanOrEqual(0)
          expect(reading.at).toBeLessThanOrEqual(hurt.length)
        }
      }),
      { numRuns: 6_000 },
    )
  })
})
