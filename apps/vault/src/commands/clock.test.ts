import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Config } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { clockCommand } from './clock.js'
import type { CommandHost } from './host.js'

const OPERATIONS = 8085

async function run(words: string[], config: Partial<Config>): Promise<void> {
  const host = { config: () => config, print: () => {}, json: () => false } as unknown as CommandHost
  await clockCommand(host).exitOverride().parseAsync(words, { from: 'user' })
}

test.each([
  [['advance', '5000d'], 'at most ten years at a time (3660d)'],
  [['advance', '-5m'], 'time never goes back'],
  [['advance', 'soon'], 'a duration is written like 2m'],
  [['step', '100000'], 'from 1 to 10000 steps'],
  [['step', '0'], 'from 1 to 10000 steps'],
])('%j is told to be wrong without asking anybody', async (words, text) => {
  const refused = run(words, { environment: 'sandbox', portOffset: -1_000_000 })
  await expect(refused).rejects.toThrow(OperatorMistake)
  await expect(refused).rejects.toThrow(text)
})

test('where no sandbox answers, it says how to start one, and where it may be', async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => server.close(() => resolve()))
  await expect(run([], { environment: 'sandbox', portOffset: port - OPERATIONS })).rejects.toThrow(
    'start one with "npm start", or set COFFER_PORT_OFFSET as it was started with',
  )
})
