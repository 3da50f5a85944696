import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorFields, type LogFields, type LogOptions, makeLog } from './log.js'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const MASK = '[card-like number masked]'

function recorded(options: Partial<LogOptions> = {}) {
  const written: string[] = []
  const log = makeLog({ now: () => NOW, stream: { write: line => written.push(line) }, ...options })
  return { log, written, lines: () => written.map(line => JSON.parse(line) as Record<string, unknown>) }
}

/** What `cause` becomes on its way into the log. */
function logged(cause: string): string {
  const { log, lines } = recorded()
  log.info('test', { cause })
  return lines()[0]?.['cause'] as string
}

/** Completes digits with the one that makes them pass Luhn. */
function withCheckDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const twice = Number(digit) * 2
    return total + (place % 2 === 1 ? Number(digit) : twice > 9 ? twice - 9 : twice)
  }, 0)
  return digits + ((10 - (sum % 10)) % 10)
}

describe('a line', () => {
  it('is one JSON object with level, time, event and fields', () => {
    const { log, written } = recorded()
    log.info('request answered', { requestId: 'r-1', ms: 12, httpStatus: 200, route: '/ams/api/v1/vaults/x' })
    expect(written).toEqual([
      '{"level":"info","ts":"2026-01-02T03:04:05.678Z","event":"request answered","requestId":"r-1",' +
        '"route":"/ams/api/v1/vaults/x","ms":12,"httpStatus":200}\n',
    ])
  })

  it('carries its level', () => {
    const { log, lines } = recorded()
    log.info('a')
    log.warn('b')
    log.error('c')
    expect(lines().map(line => line['level'])).toEqual(['info', 'warn', 'error'])
  })

  it('below the level is not written', () => {
    const { log, lines } = recorded({ level: 'warn' })
    log.info('a')
    log.warn('b')
    expect(lines().map(line => line['event'])).toEqual(['b'])
  })

  it('takes the fields of its parents, nearest last, each once', () => {
    const { log, written } = recorded()
    const child = log.child({ merchantId: 'm', attempt: 1 }).child({ attempt: 2 })
    child.info('sent', { attempt: 3, status: 'ok' })
    child.info('sent')
    log.info('sent')
    const start = '{"level":"info","ts":"2026-01-02T03:04:05.678Z","event":"sent"'
    expect(written).toEqual([
      `${start},"merchantId":"m","attempt":3,"status":"ok"}\n`,
      `${start},"merchantId":"m","attempt":2}\n`,
      `${start}}\n`,
    ])
  })

  it('leaves out fields that are undefined', () => {
    const { log, lines } = recorded()
    log.info('a', { table: undefined, ...errorFields(new Error('x')) })
    expect(Object.keys(lines()[0]!)).toEqual(['level', 'ts', 'event', 'errorClass'])
  })
})

describe('the list of fields', () => {
  it('drops whatever is not on it, and does not compile with it', () => {
    const { log, lines } = recorded()
    const request = { requestId: 'r', body: { cardNo: 'secret' }, holder: 'secret', cardToken: 'secret' }
    // @ts-expect-error a variable with further fields
    log.info('a', request)
    // @ts-expect-error a literal with further fields
    log.warn('b', { requestId: 'r', holder: 'secret' })
    // @ts-expect-error the same for a child
    log.child(request).error('c')
    for (const line of lines()) {
      expect(Object.keys(line)).toEqual(['level', 'ts', 'event', 'requestId'])
    }
    expect(JSON.stringify(lines())).not.toContain('secret')
  })

  it('drops an allowed field that holds neither text nor a number', () => {
    const { log, lines } = recorded()
    for (const cause of [{ message: 'secret' }, ['secret'], () => 'secret', Symbol('secret'), true, null, 1n]) {
      // @ts-expect-error only what the field is declared to hold
      log.info('a', { cause })
    }
    for (const line of lines()) expect(Object.keys(line)).toEqual(['level', 'ts', 'event'])
  })

  it('takes no field from a prototype', () => {
    const { log, lines } = recorded()
    log.info('a', Object.create({ cause: 'inherited' }) as LogFields)
    expect(lines()[0]).not.toHaveProperty('cause')
  })

  it.each([
    ['https://shop.example/notify?token=secret#secret', 'https://shop.example/notify'],
    ['https://user:secret@shop.example:8443/notify', 'https://shop.example:8443/notify'],
    ['http://shop.example', 'http://shop.example/'],
    ['/relative?secret', 'not a URL'],
    ['//user:secret@shop.example/', 'not a URL'],
    ['', 'not a URL'],
  ])('writes the URL %s without user name, query and fragment', (url, written) => {
    const { log, lines } = recorded()
    log.info('a', { url })
    expect(lines()[0]?.['url']).toBe(written)
  })
})

describe('a value', () => {
  it('is cut at 200 characters', () => {
    expect(logged('a'.repeat(200))).toBe('a'.repeat(200))
    expect(logged('a'.repeat(201))).toBe(`${'a'.repeat(199)}…`)
    expect(logged('a'.repeat(1_000_000))).toHaveLength(200)
    expect(logged(`a${'😀'.repeat(150)}`)).toBe(`a${'😀'.repeat(99)}…`)
  })

  it.each([
    ['\r\n', '\\u{d}\\u{a}'],
    ['\u001b[31m', '\\u{1b}[31m'],
    ['\u0000\u0009\u007f\u0085\u009b', '\\u{0}\\u{9}\\u{7f}\\u{85}\\u{9b}'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['\u202e\u2066\u200f', '\\u{202e}\\u{2066}\\u{200f}'],
    ['\ud800', '\\u{d800}'],
    ['漢字 é 😀', '漢字 é 😀'],
  ])('has its control characters written out: %j', (text, written) => {
    expect(logged(text)).toBe(written)
  })

  it('cannot forge a line', () => {
    const { log, written } = recorded()
    log.info('a\n{"event":"forged"}', { cause: '"}\n{"level":"info","event":"forged"}' })
    expect(written).toHaveLength(1)
    expect(written[0]?.match(/\n/g)).toHaveLength(1)
  })
})

describe('the last net', () => {
  const cards = ['4111111111111111', '5555555555554444', '2223003122003222', '378282246310005', '6011000990139424']
  const more = ['30569309025904', '3530111333300000', '6200000000000005', '4222222222222', '6759649826438453']

  it.each([...cards, ...more])('masks %s', card => {
    expect(logged(card)).toBe(MASK)
    expect(logged(`card ${card}, please`)).toBe(`card ${MASK}, please`)
    expect(logged(`x${card}x`)).toBe(`x${MASK}x`)
    expect(logged(card.replace(/(.{4})/g, '$1 ').trim())).toBe(MASK)
    expect(logged(card.replace(/(.{4})/g, '$1-').replace(/-$/, ''))).toBe(MASK)
  })

  it.each([
    ['12 4111111111111111', `12 ${MASK}`],
    ['4111-1111-1111-1111 12 29', `${MASK} 12 29`],
    ['4111111111111111 5555555555554444', `${MASK} ${MASK}`],
    ['4111111111111111,378282246310005', `${MASK},${MASK}`],
    ['4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', MASK],
  ])('finds the number in %s', (text, written) => {
    expect(logged(text)).toBe(written)
  })

  it.each([
    ['fails Luhn', '4111111111111112'],
    ['begins like no brand', withCheckDigit('111111111111111')],
    ['begins like no brand', withCheckDigit('812345678901234')],
    ['is too short', withCheckDigit('4111111111')],
    ['is too long', withCheckDigit('4111111111111111111')],
    ['has two blanks in it', '4111 1111  1111 1111'],
    ['is a time', '2026-01-02T03:04:05.678Z'],
    ['is a UUID', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'],
  ])('leaves alone what %s: %s', (_, text) => {
    expect(logged(text)).toBe(text)
  })

  it('covers the event, every text field and numbers, and counts', () => {
    const { log, lines, written } = recorded()
    const card = '4111111111111111'
    expect(log.maskedCount()).toBe(0)
    log.info(`got ${card}`, { requestId: card, url: `https://shop.example/${card}?${card}`, count: Number(card) })
    expect(lines()[0]).toMatchObject({
      event: `got ${MASK}`,
      requestId: MASK,
      url: `https://shop.example/${MASK}`,
      count: MASK,
    })
    log.child({ merchantId: card }).error('x', { cause: 'fine' })
    expect(log.maskedCount()).toBe(5)
    expect(written.join('')).not.toContain(card)
  })

  it('is not slipped by the cut', () => {
    for (let before = 150; before <= 210; before += 1) {
      expect(logged(`${'a'.repeat(before)} 4111 1111 1111 1111`)).not.toMatch(/\d{4} \d{4}/)
    }
  })

  it('lets no card-like number through, wherever it stands', () => {
    const number = fc
      .tuple(fc.constantFrom(...'234569'), fc.integer({ min: 10, max: 17 }), fc.infiniteStream(fc.nat(9)))
      .map(([first, length, stream]) => withCheckDigit(first + [...stream.take(length)].join('')))
    const around = fc.string({ unit: 'grapheme', maxLength: 250 }).map(text => text.replace(/\d/g, 'x'))
    fc.assert(
      fc.property(around, number, around, (before, card, after) => {
        const { log, written } = recorded()
        log.info(before + card + after, { cause: before + card + after })
        expect(() => JSON.parse(written[0]!) as unknown).not.toThrow()
        expect(written[0]).not.toContain(card)
      }),
      { numRuns: 2_000 },
    )
  })

  it('always leaves one line of JSON', () => {
    const text = fc.string({ unit: 'binary', maxLength: 80 })
    const pieces = fc.array(fc.oneof(text, fc.constantFrom('4111111111111111', '\\', '"', '-', ' ', '\ud912', '\n')))
    fc.assert(
      fc.property(pieces, parts => {
        const { log, written, lines } = recorded()
        log.info(parts.join(''), { cause: parts.join(''), status: parts[0] })
        expect(Object.keys(lines()[0]!)).toContain('event')
        expect(written[0]!.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('errorFields', () => {
  class DatabaseError extends Error {
    readonly code = '23505'
    readonly constraint = 'card_pkey'
    readonly table = 'card'
    readonly detail = 'Key (token)=(secret) already exists.'
  }

  it('names class, code, constraint and table of a database error, and no message', () => {
    const fields = errorFields(new DatabaseError('secret'))
    expect(fields).toEqual({
      errorClass: 'DatabaseError',
      errorCode: '23505',
      constraint: 'card_pkey',
      table: 'card',
    })
  })

  it('takes the class and not the name, which anyone can set', () => {
    const error = Object.assign(new TypeError('secret'), { name: 'secret', code: 'secret value', table: { secret: 1 } })
    expect(errorFields(error)).toEqual({ errorClass: 'TypeError' })
  })

  it.each([
    [new TypeError('secret'), { errorClass: 'TypeError' }],
    [Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }), { errorClass: 'Error', errorCode: 'ECONNREFUSED' }],
    [Object.assign(new Error('secret'), { code: 20 }), { errorClass: 'Error', errorCode: '20' }],
    ['secret', { errorClass: 'string' }],
    [undefined, { errorClass: 'undefined' }],
    [null, { errorClass: 'null' }],
    [{ secret: 1 }, { errorClass: 'Object' }],
    [Object.create(null), { errorClass: 'object' }],
  ])('describes %j', (thrown, fields) => {
    expect(errorFields(thrown)).toEqual(fields)
  })
})
