/** Values that a field must refuse, by its schema, and the call that must be refused for one of them. */
import { expect } from 'vitest'
import type { TestSystem } from '../support/start-system.js'
import type { Field, FieldSchema, RightValues } from './every-field.js'

/** Stands in every wrong value; may come back in no message and no log line. */
export const CANARY = 'qzcanary'
export const CANARY_DIGITS = '7351046289'
const CANARY_NUMBER = Number(CANARY_DIGITS)

/** Sends a request that must be refused for one field, told by its path and never by its value. */
export async function expectIllegalOf(
  coffer: TestSystem,
  operation: string,
  request: object,
  path: string,
  rule = '',
  value = '',
) {
  const answer = await coffer.call(operation, request)
  const which = `${path} ${rule} ${JSON.stringify(request).slice(0, 60)}`
  expect(answer, which).toMatchObject({ status: 200, verified: true })
  expect(answer.json.result, which).toMatchObject({ resultCode: 'PARAM_ILLEGAL', resultStatus: 'F' })
  const { resultMessage } = answer.json.result
  expect(resultMessage, which).toMatch(
    new RegExp(`^Illegal parameters exist\\. ${path.replaceAll('.', '\\.')} \\w.*\\.$`),
  )
  expect(resultMessage, which).toContain(rule)
  expect(resultMessage.length).toBeLessThanOrEqual(256)
  for (const canary of [CANARY, CANARY_DIGITS, ...(value ? [value] : [])]) expect(resultMessage).not.toContain(canary)
  return answer
}

/** Whether a text may hold anything that has room in it. */
export const isFreeText = ({ schema, path }: Field) =>
  !schema.enum && !schema.check && !schema.const && !/Url|cardNo/.test(path)

/** Values that a field must refuse, with what the message then says. */
export function wrongValues({ schema, path }: Field, rightValues: RightValues): { value: unknown; rule?: string }[] {
  const composed = [{ [CANARY]: CANARY }, [CANARY], []]
  if (schema.type === 'object') {
    return [CANARY, CANARY_NUMBER, true, [CANARY], []].map(value => ({ value, rule: 'must be an object' }))
  }
  if (schema.type === 'boolean') {
    const values = [CANARY, CANARY_NUMBER, 0, 1, '', 'yes', ' true', ...composed]
    return values.map(value => ({ value, rule: 'must be true or false' }))
  }
  if (schema.type === 'integer') return [...wrongIntegers(schema), true, ...composed].map(value => ({ value }))
  // A number may be an amount, and an object is read as its text where it stands for one.
  const objects = schema.jsonText ? [[CANARY], []] : [{}, ...composed]
  const notText = [...(schema.numeric ? [] : [CANARY_NUMBER]), true, false, ...objects]
  return [...notText.map(value => ({ value, rule: 'must be text' })), ...wrongTexts(schema, path, rightValues)]
}

function wrongIntegers({ minimum, maximum, enum: members }: FieldSchema): unknown[] {
  return [
    ...[CANARY, '', '1.5', 1.5, '1e1', 1e21, '+1', ' 1', '0x10', CANARY_DIGITS],
    ...(minimum === undefined ? [] : [minimum - 1, String(minimum - 1)]),
    ...(maximum === undefined ? [] : [maximum + 1, String(maximum + 1)]),
    ...(members ? [2, '0', -1] : []),
  ]
}

function wrongTexts(schema: FieldSchema, path: string, rightValues: RightValues): { value: unknown; rule?: string }[] {
  const { maxLength, minLength, pattern, check, enum: members } = schema
  const filler = /^\^\[0-9\]|\^\(20\)/.test(pattern ?? '') ? CANARY_DIGITS : CANARY
  const tooLong = filler.repeat(Math.ceil(((maxLength ?? 0) + 1) / filler.length)).slice(0, (maxLength ?? 0) + 1)
  const free = pattern?.includes('Cc') ? [`a\u0000${CANARY}`, `a\n${CANARY}`, `\u007f${CANARY}`, `\u0085${CANARY}`] : []
  const fixed = pattern && !free.length ? [CANARY, '', ' ', `${rightValues[path]?.value} `, '１２'] : []
  const short = maxLength === undefined ? CANARY : CANARY.slice(0, maxLength)
  // Where nothing is one of the values, it is no wrong one.
  const otherMembers = ['', short, `${members?.[0]} `, 'Visa'].filter(value => !members?.includes(value))
  return [
    ...(maxLength === undefined ? [] : [{ value: tooLong, rule: `must be at most ${maxLength} characters` }]),
    ...(minLength ? [{ value: '', rule: 'must not be empty' }] : []),
    ...(schema.const === undefined ? [] : ['', short, 'card', 'CARD '].map(value => ({ value }))),
    ...(members ? otherMembers.map(value => ({ value })) : []),
    ...[...free, ...fixed].map(value => ({ value })),
    ...(schema.numeric ? WRONG_AMOUNTS.map(value => ({ value })) : []),
    ...wrongByCheck(check, short).map(value => ({ value })),
  ]
}

function wrongByCheck(check: string | undefined, short: string): string[] {
  switch (check) {
    case 'day':
      return ['2000-02-30', '01-01-2000', '2000-1-1', '', short]
    case 'ip':
      return ['256.1.1.1', '127.1', 'shop.example', '1.2.3.4.', '::g', '']
    case 'instant':
      return ['2026-01-01', '1767225600000', '2026-02-31T00:00:00Z', '2026-01-01T00:00:00', 'T', '', short]
    case 'redirect':
      return ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://user:secret@shop.example/', '']
    default:
      return []
  }
}

/** What is no whole number of a currency's smallest unit from 1, or too long for a message to an issuer. */
const WRONG_AMOUNTS: readonly unknown[] = [
  ...['0', '00', '-1', '+1', '1.5', '1.0', '01', '1e3', '0x10', ' 1', '1 ', '1,000', '１２', '', 'NaN', 'Infinity'],
  ...['1000000000000', '9'.repeat(40)],
  ...[0, -1, 1.5, 0.1, 1e21, 1_000_000_000_000],
]
