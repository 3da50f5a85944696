import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Config } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { ruleKinds } from '../sandbox/rule-store.js'
import type { CommandHost } from './host.js'
import { ruleCommand, ruleTexts } from './rules.js'

const OPERATIONS = 8085

async function run(words: string[], config: Partial<Config>): Promise<string> {
  let printed = ''
  const print = (text: string) => {
    printed += text
  }
  const host = { config: () => config, print, json: () => false } as unknown as CommandHost
  const command = ruleCommand(host)
  for (const one of [command, ...command.commands]) one.exitOverride().configureOutput({ writeOut: print })
  await command.parseAsync(words, { from: 'user' }).catch((error: { code?: string }) => {
    if (error.code !== 'commander.helpDisplayed') throw error
  })
  return printed
}

test.each([
  [['add', 'never'], 'a rule is one of late, twice, out-of-order'],
  [['add', 'late'], '"late" needs --late, e.g. --late 10m'],
  [['add', 'twice', '--late', '5m'], '--late is for the rule "late" alone'],
  [['add', 'late', '--late', '60d'], '--late is at most 30 days'],
  [['add', 'late', '--late', '0m'], '--late is at least 1ms'],
  [['add', 'late', '--late', 'soon'], 'a duration is written like 2m'],
  [['add', 'twice', '--times', '0'], '--times is a whole number from 1, or "always"'],
  [['add', 'twice', '--times', '-1'], '--times is a whole number from 1, or "always"'],
  [['add', 'twice', '--times', 'often'], '--times is a whole number from 1, or "always"'],
  [['remove'], 'name one rule, or give --all'],
  [['remove', 'x', '--all'], 'name one rule, or give --all'],
])('%j is told to be wrong without asking anybody', async (words, text) => {
  const refused = run(words, { environment: 'sandbox', portOffset: -1_000_000 })
  await expect(refused).rejects.toThrow(OperatorMistake)
  await expect(refused).rejects.toThrow(text)
})

test.each([['add', 'twice'], ['list'], ['remove', '--all']])('live has no rules: %s', async (...words) => {
  await expect(run(words, { environment: 'live', portOffset: 0 })).rejects.toThrow('there are no rules in live')
})

test('where no sandbox runs, it says how to start one', async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => server.close(() => resolve()))
  await expect(run(['list'], { environment: 'sandbox', portOffset: port - OPERATIONS })).rejects.toThrow(
    'start one with "npm start", or set COFFER_PORT_OFFSET as it was started with',
  )
})

test('the words of --help are there for every rule: what it does, and what a correct receiver does', async () => {
  const help = await run(['add', '--help'], {})
  for (const kind of ruleKinds) {
    expect(help).toContain(kind)
    expect(help).toContain(ruleTexts[kind].does)
    expect(help).toContain(ruleTexts[kind].right)
  }
})
