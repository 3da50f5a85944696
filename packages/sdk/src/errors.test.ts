import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { safeCause } from './errors.js'
import * as sdk from './index.js'

const samples: sdk.VaultError[] = [
  new sdk.ConfigurationError(['a', 'b']),
  new sdk.InvalidRequest('a', 'is required'),
  new sdk.ConnectionFailed('a', 1, {}),
  new sdk.TimeoutExceeded(1, 1, {}),
  new sdk.CallAborted({}),
  new sdk.ResponseNotTrusted('unsigned', 'a', [], {}),
  new sdk.UnexpectedAnswer('a', {}),
  new sdk.NotificationNotTrusted('unsigned', 'a', ['b']),
  new sdk.UnexpectedNotification('a'),
]

describe('the errors', () => {
  test('are all in the table of the README, with their codes, and the README has no others', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| `(\w+)`\s*\| `([A-Z_]+)`\s*\|/gm)].map(([, name, code]) => `${name} ${code}`)
    expect(rows.sort()).toEqual(samples.map(({ name, code }) => `${name} ${code}`).sort())
  })

  test('are all of those that the package exports', () => {
    const exported = Object.entries(sdk).filter(
      ([name, value]) => typeof value === 'function' && value.prototype instanceof Error && name !== 'VaultError',
    )
    expect(exported.map(([name]) => name).sort()).toEqual(samples.map(error => error.constructor.name).sort())
  })

  test.each(samples.map(error => [error.name, error] as const))(
    '%s is an Error with a name and a stack',
    (name, error) => {
      expect(error).toBeInstanceOf(sdk.VaultError)
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).toMatch(new RegExp(`^${name}: .`, 's'))
      expect(error.stack).toContain('errors.test')
      expect(name).toBe(error.constructor.name)
    },
  )

  test('tell whether the gateway may have done the work', () => {
    const unknown = samples.filter(({ outcomeUnknown }) => outcomeUnknown).map(({ name }) => name)
    expect(unknown).toEqual([
      'ConnectionFailed',
      'TimeoutExceeded',
      'CallAborted',
      'ResponseNotTrusted',
      'UnexpectedAnswer',
    ])
  })

  test('list causes and problems one a line', () => {
    expect(samples[0]!.message).toBe('These options cannot work:\n- a\n- b')
    expect(samples[7]!.message).toBe('a\nLikely causes:\n- b')
  })
})

describe('a cause', () => {
  test('keeps names, codes and the words of a socket', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8443'), {
      code: 'ECONNREFUSED',
      port: 8443,
    })
    const cause = safeCause(new TypeError('fetch failed', { cause: refused }))
    expect(cause).toMatchObject({ name: 'TypeError', message: 'fetch failed', cause: { code: 'ECONNREFUSED' } })
    expect((cause!.cause as Error).message).toBe('connect ECONNREFUSED 127.0.0.1:8443')
    expect(cause!.cause).not.toHaveProperty('port')
  })

  test.each(['a '.repeat(101), '{"cvv":"1"}', "it's", '<html>', '4054695723100768', '4054 6957 2310 0768'])(
    'does not keep the message %j',
    message => {
      expect(safeCause(new Error(message))!.message).toContain('left out')
    },
  )

  test('ends somewhere, and is none when it is no error', () => {
    const endless = new Error('a')
    endless.cause = endless
    expect(safeCause(endless)).toBeInstanceOf(Error)
    expect(safeCause('text')).toBeUndefined()
  })
})
