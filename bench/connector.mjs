/**
 * The connector alone: verifications per second over both dialects, to the simulator, without API and database. Its
 * processor time next to that of `serve` says what part of a vaulting it is.
 */
import { randomBytes } from 'node:crypto'
import { testCardNumber } from '@coffer/test-cards'

const AT_ONCE = 64

/**
 * @param {{ port: number, seconds: number }} options  `port`: where the simulator's issuer listens
 * @returns verifications per second, and processor milliseconds of this process per verification
 */
export async function measureConnector({ port, seconds }) {
  const { Pan } = await import('../apps/vault/dist/card-data/index.js')
  const { Cvv } = await import('../apps/vault/dist/card-data/index.js')
  const { sandboxAcquirers } = await import('../apps/vault/dist/issuer/acquirers-file.js')
  const { openAcquirers } = await import('../apps/vault/dist/issuer/acquirers.js')
  const { systemClock } = await import('../apps/vault/dist/platform/clock.js')
  const { makeMetrics } = await import('../apps/vault/dist/platform/metrics.js')
  const silent = () => {}
  const log = { info: silent, warn: silent, error: silent, maskedCount: () => 0 }
  // Trace numbers in blocks, as the database gives them, but without one: another acquirer id keeps them apart.
  let given = 0
  const db = {
    query: async (_statement, [, size]) => {
      given += size
      return [{ given_out: given }]
    },
  }
  const configs = sandboxAcquirers('127.0.0.1', port).map(acquirer => ({
    ...acquirer,
    settings: { ...acquirer.settings, acquirerId: '499999' },
  }))
  const random = { bytes: count => randomBytes(count) }
  const acquirers = openAcquirers(configs, { db, clock: systemClock, random, log, metrics: makeMetrics() })
  acquirers.start()
  while (!acquirers.isUp()) await systemClock.sleep(5)
  const lookup = { find: () => undefined }
  let asked = 0
  let approved = 0
  const until = performance.now() + seconds * 1000
  const user = async nth => {
    const network = nth % 2 ? 'VISA' : 'MASTERCARD'
    const acquirer = acquirers.for(network)
    while (performance.now() < until) {
      const number = testCardNumber({ brand: network, fill: String(asked++ % 100).padStart(2, '0') })
      const pan = Pan.parse(number, lookup).value
      const request = {
        network,
        pan,
        expiry: { year: '33', month: '03' },
        cvv2: Cvv.of('123'),
        cardholderName: 'ANA LIMA',
        avs: undefined,
        currency: 'USD',
        merchant: { id: 'SANDBOX_BENCH', name: 'Bench' },
        storedCredential: { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' },
      }
      const outcome = await acquirer.verify(request, await acquirer.prepare())
      if (outcome.kind === 'approved') approved += 1
      else throw new Error(`the connector was answered ${JSON.stringify(outcome)}`)
    }
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: AT_ONCE }, (_, nth) => user(nth)))
  const used = process.cpuUsage(before)
  await acquirers.stop()
  return { perSecond: approved / seconds, msPerVerification: (used.user + used.system) / 1000 / approved }
}
