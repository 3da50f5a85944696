/** Bodies that two readers could read differently, or that are too much, are refused, signed and with a reason. */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aRequestId, aVaultingRequest } from '../support/builders.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { rowCounts } from './stored-rows.js'

let coffer: TestSystem
beforeAll(async () => {
  coffer = await startSystem()
})
afterAll(() => coffer?.stop())

const good = () => JSON.stringify(aVaultingRequest())
const inside = (more: string) => `${good().slice(0, -1)},${more}}`
const nested = (depth: number) => inside(`"x":${'['.repeat(depth)}${']'.repeat(depth)}`)

const refused: [situation: string, body: () => string | Buffer, rule: string][] = [
  ['an empty body', () => '', 'the body is empty'],
  ['blanks alone', () => ' \r\n\t', 'the body is empty'],
  ['null', () => 'null', 'the body is not a JSON object'],
  ['an array', () => `[${good()}]`, 'the body is not a JSON object'],
  ['a string', () => JSON.stringify(good()), 'the body is not a JSON object'],
  ['a number', () => '1', 'the body is not a JSON object'],
  ['a form', () => 'vaultingRequestId=1', 'the body is not JSON'],
  ['XML', () => '<a/>', 'the body is not JSON'],
  ['a body that is cut', () => good().slice(0, -1), 'the body ends too early'],
  ['two objects', () => good() + good(), 'the body goes on after its end'],
  ['a comment', () => `${good()} // that is all`, 'the body goes on after its end'],
  ['a comma at the end', () => `${good().slice(0, -1)},}`, 'the body is not JSON'],
  ['a name without quotes', () => inside('x:1'), 'the body is not JSON'],
  ['single quotes', () => inside(`'x':1`), 'the body is not JSON'],
  ['NaN', () => inside('"x":NaN'), 'the body is not JSON'],
  ['a number with a leading zero', () => inside('"x":01'), 'the body is not JSON'],
  ['a field twice', () => inside('"metadata":"a","metadata":"a"'), 'the body holds a field twice'],
  ['a field twice, once escaped', () => inside('"metadata":"a","met\\u0061data":"b"'), 'the body holds a field twice'],
  ['a field twice, once null', () => inside('"metadata":null,"metadata":"b"'), 'the body holds a field twice'],
  ['an unknown field twice, deep inside', () => inside('"x":[{"y":{"z":1,"z":1}}]'), 'the body holds a field twice'],
  ['__proto__', () => inside('"__proto__":{}'), 'the body holds a forbidden field name'],
  ['__proto__, escaped', () => inside('"\\u005f_proto__":{}'), 'the body holds a forbidden field name'],
  ['constructor, deep inside', () => inside('"x":{"constructor":1}'), 'the body holds a forbidden field name'],
  ['a lone high surrogate', () => inside('"metadata":"\\ud83d"'), 'the body holds a lone surrogate'],
  ['a lone low surrogate', () => inside('"metadata":"\\udcb3x"'), 'the body holds a lone surrogate'],
  ['surrogates the wrong way round', () => inside('"metadata":"\\udcb3\\ud83d"'), 'the body holds a lone surrogate'],
  ['a lone surrogate as a field name', () => inside('"\\ud83d":1'), 'the body holds a lone surrogate'],
  ['a line feed in a string', () => inside('"metadata":"a\nb"'), 'the body holds a control character'],
  ['a byte order mark', () => `\ufeff${good()}`, 'the body begins with a byte order mark'],
  ['UTF-16', () => Buffer.from(`\ufeff${good()}`, 'utf16le'), 'the body is not UTF-8'],
  ['Latin-1', () => Buffer.from(inside('"metadata":"ä"'), 'latin1'), 'the body is not UTF-8'],
  ['an overlong slash', () => withBytes([0xc0, 0xaf]), 'the body is not UTF-8'],
  ['a surrogate in UTF-8', () => withBytes([0xed, 0xa0, 0xbd]), 'the body is not UTF-8'],
  ['16 levels inside the body', () => nested(16), 'the body is nested too deeply'],
  ['20,000 levels', () => nested(20_000), 'the body is nested too deeply'],
  ['600 fields', () => inside(`"x":[${'1,'.repeat(600)}1]`), 'the body holds too many fields'],
]

test.each(refused)('%s is refused', async (_situation, body, rule) => {
  const answer = await coffer.vaultPaymentMethod(undefined, { body: body() })
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result).toEqual({
    resultCode: 'PARAM_ILLEGAL',
    resultStatus: 'F',
    resultMessage: `Illegal parameters exist. ${rule}.`,
  })
})

const accepted: [situation: string, body: () => string][] = [
  ['indented JSON, as Python sends it', () => JSON.stringify(aVaultingRequest(), null, 4)],
  ['CRLF', () => JSON.stringify(aVaultingRequest(), null, 2).replaceAll('\n', '\r\n')],
  ['blanks around it', () => `\r\n\t ${good()} \n`],
  ['escaped slashes, as PHP sends them', () => good().replaceAll('/', '\\/')],
  ['escaped ampersands, as Go sends them', () => inside('"metadata":"a\\u0026b\\u003cc\\u003e"')],
  ['escaped pairs of surrogates', () => inside('"metadata":"\\ud83d\\udcb3"')],
  ['a null character in a free field', () => inside('"metadata":"a\\u0000b"')],
  ['names that look like a prototype', () => inside('"proto":1,"__proto":2,"toString":3,"hasOwnProperty":4')],
  ['numbers beyond every range', () => inside(`"x":[1e999,-0,${'9'.repeat(400)}]`)],
  ['15 levels inside the body', () => nested(15)],
]

test.each(accepted)('%s is accepted', async (_situation, body) => {
  const answer = await coffer.vaultPaymentMethod(undefined, { body: body() })
  expect(answer).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result.resultCode).toBe('SUCCESS')
})

test('a body of exactly 64 KiB is read, one byte more is refused', async () => {
  const fill = (length: number) => {
    const body = inside('"x":""')
    return body.replace('"x":""', `"x":"${'y'.repeat(length - body.length)}"`)
  }
  const fits = await coffer.vaultPaymentMethod(undefined, { body: fill(65_536) })
  expect(fits.json.result.resultCode).toBe('SUCCESS')
  const over = await coffer.vaultPaymentMethod(undefined, { body: fill(65_537) })
  expect(over).toMatchObject({ status: 200, verified: true })
  expect(over.json.result.resultMessage).toContain('the body must be at most 65536 bytes')
})

test.each([100_000, 1_048_577, 5_000_000])(
  'a body of %i bytes is answered, signed, and nothing is stored',
  async length => {
    const before = await rowCounts(coffer.system)
    const answer = await coffer.vaultPaymentMethod(undefined, { body: Buffer.alloc(length, 'x') })
    expect(answer).toMatchObject({ status: 200, verified: true })
    expect(answer.json.result).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
    expect(await rowCounts(coffer.system)).toEqual(before)
  },
)

test('a body of 5 MB is answered also to a client that sends all of it before it reads, as the SDKs do', async () => {
  const socket = connect(Number(new URL(coffer.apiUrl).port), '127.0.0.1')
  socket.pause()
  const head = 'POST /ams/sandbox/api/v1/vaults/vaultPaymentMethod HTTP/1.1\r\nhost: x\r\n'
  socket.write(`${head}content-length: 5000000\r\n\r\n`)
  await new Promise(resolve => socket.write(Buffer.alloc(5_000_000, 'x'), resolve))
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1')
  })
  await new Promise((resolve, reject) => {
    socket.on('close', resolve)
    socket.on('error', reject)
    socket.resume()
  })
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer).toMatch(/\r\nsignature: algorithm=RSA256,/)
  expect(answer).toContain('the body must be at most 65536 bytes')
})

test('a body that never ends does not hold the vault for ever', async () => {
  const socket = connect(Number(new URL(coffer.apiUrl).port), '127.0.0.1')
  const closed = new Promise<number>(resolve => {
    let sent = 0
    const chunk = Buffer.alloc(65_536, 'x')
    const send = () => {
      while (!socket.destroyed && sent < 200_000_000) {
        sent += chunk.length
        if (!socket.write(chunk)) return
      }
    }
    socket.on('connect', () => {
      socket.write('POST /ams/sandbox/api/v1/vaults/vaultPaymentMethod HTTP/1.1\r\nhost: x\r\n')
      socket.write('content-length: 1000000000000\r\n\r\n')
      send()
    })
    socket.on('drain', send)
    socket.on('error', () => {})
    socket.on('close', () => resolve(sent))
    socket.resume()
  })
  expect(await closed).toBeLessThan(200_000_000)
})

test('a value that is refused leaves its id free', async () => {
  const vaultingRequestId = aRequestId()
  await coffer.vaultPaymentMethod(undefined, { body: `${JSON.stringify(aVaultingRequest({ vaultingRequestId }))},` })
  const answer = await coffer.vaultPaymentMethod(aVaultingRequest({ vaultingRequestId }))
  expect(answer.json.result.resultCode).toBe('SUCCESS')
})

function withBytes(bytes: number[]): Buffer {
  const [before, after] = inside('"metadata":"@"').split('@') as [string, string]
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
}
