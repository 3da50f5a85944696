/** Reads the mapping of a profile: every place must exist, and every `{name}` mean something. */

import { Entry } from './json-entry.js'
import { conditions, type Profile, specAt } from './profile.js'
import { networkIds } from './profiles/networks.js'
import { sources } from './sources.js'

/** @param profile  whose elements have been checked */
export function checkMapping(mapping: Entry, profile: Profile) {
  const keys = ['verification', 'reversal', 'reversalMti', 'payments', 'networks', 'answer', 'echoed']
  if (!mapping.hasOnly(...keys)) return
  checkGroups(mapping, 'verification', profile)
  checkGroups(mapping, 'reversal', profile)
  checkMti(mapping, 'reversalMti', takesBack)
  if (mapping.has('payments')) {
    checkPayments(mapping.entry('payments'), profile)
    checkUses(mapping, 'reversal', '{amount}')
  }
  const networks = mapping.entry('networks')
  if (networks.hasOnly(...networkIds)) {
    if (networks.keys().length === 0) networks.problem('must have at least one network')
    for (const network of networks.keys())
      networks.text(network, /^[0-9A-Z]{1,8}$/, 'be 1 to 8 capital letters or digits')
  }
  const answer = mapping.entry('answer')
  const single = ['cvvResult', 'avsResult', 'merchantAdvice']
  if (answer.hasOnly(...single, 'networkTransactionId')) {
    for (const key of single) if (answer.has(key)) checkPath(answer, key, answer.at(key), profile)
    if (answer.has('networkTransactionId')) checkPaths(answer, 'networkTransactionId', profile)
  }
  checkPaths(mapping, 'echoed', profile)
}

/** What the first message and its repeats may be. Source: ISO 8583:1987, message types. */
const takesBack = { first: ['0400', '0420'], repeat: ['0401', '0421'] }
const advises = { first: ['0120', '0220'], repeat: ['0121', '0221'] }

function checkMti(mapping: Entry, key: string, choices: Readonly<Record<'first' | 'repeat', readonly string[]>>) {
  const mti = mapping.entry(key)
  if (!mti.hasOnly('first', 'repeat')) return
  mti.choice('first', choices.first)
  mti.choice('repeat', choices.repeat)
}

/** Everything that moves money, or none of it: half of it could hold an amount and never let it go. */
function checkPayments(payments: Entry, profile: Profile) {
  const groups = ['authorisation', 'capture', 'refund', 'void']
  if (!payments.hasOnly(...groups, 'saleMti', 'adviceMti', 'voidMti')) return
  if (payments.has('saleMti')) payments.choice('saleMti', ['0200'])
  checkMti(payments, 'adviceMti', advises)
  checkMti(payments, 'voidMti', takesBack)
  for (const key of groups) {
    checkGroups(payments, key, profile)
    checkUses(payments, key, '{amount}')
    if (key !== 'authorisation') checkUses(payments, key, '{original.stan}', '{original.rrn}')
  }
  // Without it a void of what is left would read like one of everything, and give back what was paid.
  checkUses(payments, 'void', '{remaining}')
}

/** @param names  one of which some field must have */
function checkUses(mapping: Entry, key: string, ...names: string[]) {
  const groups = mapping.at(key)
  if (!Array.isArray(groups)) return
  const values = groups.flatMap(group => Object.values(new Entry(group, '', []).entry('fields').value))
  if (values.some(value => names.some(name => String(value).includes(name)))) return
  mapping.problems.push(`${mapping.path}.${key} must have ${names.join(' or ')} in some field`)
}

function checkPaths(entry: Entry, key: string, profile: Profile) {
  const paths = entry.at(key)
  if (!Array.isArray(paths)) return entry.problem(`.${key} must be a list of paths`)
  for (const path of paths) checkPath(entry, key, path, profile)
}

function checkPath(entry: Entry, key: string, path: unknown, profile: Profile) {
  const spec = typeof path === 'string' ? specAt(profile, path) : undefined
  if (!spec) entry.problem(`.${key} names ${JSON.stringify(path)}, which is no element of this profile`)
  else if ('parts' in spec) entry.problem(`.${key} names ${path}, which has parts: name one of them`)
}

function checkGroups(mapping: Entry, key: string, profile: Profile) {
  const groups = mapping.at(key)
  if (!Array.isArray(groups) || groups.length === 0) {
    return mapping.problem(`.${key} must be a list of groups {"when", "fields"}`)
  }
  const whole = new Set<string>()
  for (const nth of groups.keys()) {
    const group = new Entry(groups[nth], `${mapping.path}.${key}[${nth}]`, mapping.problems)
    if (!group.hasOnly('when', 'fields')) continue
    group.choice('when', conditions)
    const fields = group.entry('fields')
    if (!fields.hasOnly(...fields.keys())) continue
    for (const path of fields.keys()) {
      checkPath(group, 'fields', path, profile)
      checkPattern(fields, path, profile)
      if (group.at('when') === 'always') whole.add(path)
    }
  }
  for (const path of ['2', '7', '11']) {
    if (!whole.has(path)) mapping.problem(`.${key} must always have element ${path}`)
  }
}

function checkPattern(fields: Entry, path: string, profile: Profile) {
  const pattern = fields.at(path)
  if (typeof pattern !== 'string') return fields.problem(`.${path} must be a text`)
  const names = [...pattern.matchAll(/\{([^{}]*)\}/g)].map(match => match[1] ?? '')
  for (const name of names) {
    if (!Object.hasOwn(sources, name)) {
      fields.problem(`.${path} has {${name}}; known are ${Object.keys(sources).join(', ')}`)
    }
  }
  const sensitivity = specAt(profile, path)?.sensitivity ?? 'none'
  const isAlone = (name: string) => pattern === `{${name}}`
  for (const name of ['pan', 'cvv']) {
    if (names.includes(name) && (!isAlone(name) || sensitivity !== name)) {
      fields.problem(`.${path}: {${name}} stands alone, in a field of sensitivity ${name}`)
    }
    if (sensitivity === name && !isAlone(name)) fields.problem(`.${path} takes {${name}} and nothing else`)
  }
  if (sensitivity === 'track' || sensitivity === 'pin') fields.problem(`.${path} is never sent`)
}
