/** `coffer doctor`: looks at everything that a start needs, and proves that stored cards open with the key at hand. */
import { existsSync } from 'node:fs'
import { keyFileProblem } from '../card-data/index.js'
import { brandFor, networks } from '../cards/networks.js'
import { type Config, onSameDevice, portsOf } from '../config.js'
import { expiredOfOthers } from '../payments/expired-across-merchants.js'
import { sql } from '../platform/database.js'
import type { System } from '../system.js'
import { cardsToSample } from '../vaulting/sealed-cards-across-merchants.js'
import { unansweredOfOthers } from '../vaulting/unanswered-across-merchants.js'
import type { Finding } from './finding.js'
import { lookAtThreeDS } from './look-at-three-ds.js'

/** What can be seen without the database. */
export async function inspectMachine(config: Config, nodeVersion: string): Promise<Finding[]> {
  const findings: Finding[] = []
  const major = Number(nodeVersion.split('.')[0])
  findings.push(
    major < 22
      ? {
          check: 'node',
          verdict: 'warning',
          text: `Node.js ${nodeVersion} no longer gets security fixes; use 24 in production`,
        }
      : { check: 'node', verdict: 'ok', text: `Node.js ${nodeVersion}` },
  )
  findings.push({ check: 'profile', verdict: 'ok', text: config.environment })
  if (config.kekFile) {
    const problem = await keyFileProblem(config.kekFile)
    const beside = !problem && onSameDevice(config.kekFile, config.dataDir)
    findings.push({
      check: 'key file',
      verdict: problem ? 'fault' : beside && !config.databaseUrl ? 'warning' : 'ok',
      text: problem
        ? `${config.kekFile} ${problem}`
        : beside && !config.databaseUrl
          ? 'lies on the same device as the data: a thief of the disk gets both'
          : 'can be read by its owner alone',
    })
  }
  if (config.environment === 'sandbox') {
    const there = existsSync(`${config.dataDir}/sandbox.json`)
    const text = there ? `${config.dataDir}/sandbox.json` : 'not made yet: it is written at the first npm start'
    findings.push({ check: 'credentials', verdict: 'ok', text })
  }
  const ports = Object.entries(portsOf(config.portOffset))
    .filter(([name]) => config.environment === 'sandbox' || isOpenInLive(config, name))
    .map(([name, port]) => `${name} ${port}`)
  findings.push({ check: 'ports', verdict: 'ok', text: ports.join(', ') })
  return findings
}

/** Live has no shop and no simulator, and waits for the results of challenges only where somebody sends any. */
function isOpenInLive({ threeDS }: Config, name: string): boolean {
  if (name === 'results') return threeDS.directories !== undefined
  return !['shop', 'issuer', 'simulator', 'directoryServers'].includes(name)
}

const SETTINGS = sql(
  'doctor.settings',
  `select current_setting('server_version') as version, current_setting('fsync') as fsync,
          current_setting('full_page_writes') as full_page_writes,
          current_setting('synchronous_commit') as synchronous_commit`,
)

/**
 * What can be seen with the vault open.
 * @param sample  how many stored cards to open; each opening leaves a row in the audit trail
 */
export async function inspectVault(system: System, sample: number): Promise<Finding[]> {
  const [row] = await system.db.query(SETTINGS)
  const findings: Finding[] = [
    { check: 'database', verdict: 'ok', text: `PostgreSQL ${row?.['version']}, schema up to date` },
  ]
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    const value = String(row?.[setting])
    if (value === 'off') {
      findings.push({
        check: setting,
        verdict: 'fault',
        text: 'is off: an acknowledged card can be lost in a power cut',
      })
    }
  }
  findings.push({ check: 'key file', verdict: 'ok', text: 'belongs to this database' })
  findings.push(...(await lookAtAcquirers(system)))
  findings.push(...(await lookAtThreeDS(system)))
  if (sample > 0) findings.push(await openSample(system, sample))
  return findings
}

/** How long a look at an acquirer may take: to connect and to sign on. */
const LOOK_MS = 6_000

/** Connects to each acquirer as the vault would, and signs on. */
async function lookAtAcquirers(system: System): Promise<Finding[]> {
  const { acquirers, clock, config } = system
  acquirers.start()
  const since = clock.stopwatch()
  while (!acquirers.isUp() && clock.stopwatch() - since < LOOK_MS) await clock.sleep(50)
  const findings = acquirers.state().map(({ id, up, cause = 'no answer yet' }): Finding => {
    const hint = config.acquirers ? '' : ' Start the simulator with: npm start'
    return {
      check: `acquirer ${id}`,
      verdict: up ? 'ok' : 'warning',
      text: up
        ? 'signed on'
        : `not signed on: ${cause}. Until it is, vaultings stay unknown, and end after their deadline.${hint}`,
    }
  })
  const missing = networks.filter(({ id }) => brandFor(id) && !acquirers.networks.has(id)).map(({ id }) => id)
  if (missing.length) {
    const text = `no acquirer for ${missing.join(', ')}: such cards end as CARD_NOT_SUPPORTED`
    findings.push({ check: 'networks', verdict: 'warning', text })
  }
  return [...findings, ...(await lookForGoneAcquirers(system))]
}

/** What nobody can be told, as its acquirer is not configured any more. */
async function lookForGoneAcquirers({ acquirers, clock, db }: System): Promise<Finding[]> {
  const ids = acquirers.state().map(({ id }) => id)
  const left = new Map<string, string[]>()
  const add = (acquirer: string, what: string) => left.set(acquirer, [...(left.get(acquirer) ?? []), what])
  for (const { acquirer, waiting } of await unansweredOfOthers(db, ids)) {
    add(acquirer, waiting === 1 ? '1 message waits for it' : `${waiting} messages wait for it`)
  }
  for (const { acquirer, expired } of await expiredOfOthers(db, clock.now(), ids)) {
    add(acquirer, `${expired === 1 ? '1 authorisation' : `${expired} authorisations`} cannot be given up`)
  }
  return [...left].map(([acquirer, what]) => ({
    check: `acquirer ${acquirer}`,
    verdict: 'warning',
    text: `is not configured any more, and ${what.join(', ')}. Put its entry back until all is told`,
  }))
}

async function openSample(system: System, sample: number): Promise<Finding> {
  const cards = await cardsToSample(system.db, sample)
  let opened = 0
  for (const card of cards) {
    const good = await system.db
      .transaction(tx => system.cards.openCard(tx, card, { actor: 'coffer doctor', reason: 'restore drill' }))
      .then(
        ({ pan }) => {
          pan.erase()
          return true
        },
        () => false,
      )
    if (good) opened += 1
  }
  const text = cards.length ? `${opened} of ${cards.length} sampled cards open` : 'there is no stored card to open'
  return { check: 'stored cards', verdict: opened === cards.length ? 'ok' : 'fault', text }
}
