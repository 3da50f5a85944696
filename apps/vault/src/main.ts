/** `coffer`: the one program of the vault. Builds what is real (environment, streams) and hands it on. */
import { Command, CommanderError } from 'commander'
import { cardsCommand } from './commands/cards.js'
import { clockCommand } from './commands/clock.js'
import { inspectMachine, inspectVault } from './commands/doctor.js'
import type { Finding } from './commands/finding.js'
import { type CommandHost, makeHost, remedyFor } from './commands/host.js'
import { inspectDatabase } from './commands/inspect-database.js'
import { listenCommand } from './commands/listen.js'
import { merchantCommand } from './commands/merchant.js'
import { notificationsCommand } from './commands/notifications.js'
import { openDatabase, openVault, refuseOtherProfile, requireCoffer } from './commands/open.js'
import { ruleCommand } from './commands/rules.js'
import { serve } from './commands/serve.js'
import { work } from './commands/work.js'
import { type Config, readConfig } from './config.js'
import { systemClock } from './platform/clock.js'
import { errorFields, makeLog } from './platform/log.js'
import { migrate } from './platform/migrations.js'
import { untilStopped } from './platform/process-life.js'
import type { System } from './system.js'

// On older releases this signal opens a debugger port, through which the memory could be read.
process.on('SIGUSR1', () => {})

/** Whoever read what is printed has read enough, as `head` does: the rest is for nobody, and the command still ends in order. */
const nobodyReads = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
}
process.stdout.on('error', nobodyReads)

const log = makeLog({ now: () => Date.now() })
let config: Config | undefined
const program = new Command('coffer')
const host: CommandHost = makeHost({
  config: () => (config ??= readConfig(process.env, process.versions.node)),
  log: makeLog({ now: () => Date.now(), stream: process.stderr, level: 'error' }),
  print: text => process.stdout.write(`${text}\n`),
  say: text => process.stderr.write(`${text}\n`),
  json: () => program.opts()['json'] === true,
  fail: () => {
    process.exitCode = 1
  },
})

program
  .description('Coffer, a card vault that speaks the Antom card vaulting API. Settings: docs/reference/config.md')
  .option('--json', 'print the result as JSON')
  .version('0.1.0')
  .enablePositionalOptions(false)
  .showHelpAfterError('(coffer --help lists the commands)')
  .exitOverride()
  .hook('preAction', async (_program, action) => {
    // What only looks, or goes on with what is there, has nothing to do on a database that it would make itself.
    const of = action.parent?.name()
    const looks = of === 'notifications' || (of === 'merchant' && action.name() === 'list')
    if (looks) await requireCoffer(host.config())
  })

program
  .command('serve')
  .description('serve the API and the operations port')
  .action(() => runForever(serve, false))
program
  .command('work')
  .description('deliver notifications and settle what nobody finished')
  .action(() => runForever(work, true))
program
  .command('migrate')
  .description('bring the database to the schema of this release')
  .action(async () => {
    const database = await openDatabase(host.config(), true, host.say)
    try {
      refuseOtherProfile(host.config(), await inspectDatabase(database.url))
      const done = await migrate(database.url)
      host.print(
        host.json() ? JSON.stringify({ migrated: done }) : done.length ? `Ran ${done.join(', ')}.` : 'Nothing to do.',
      )
    } finally {
      await database.stop()
    }
  })
program
  .command('doctor')
  .description('look at everything that a start needs')
  .option('--open-cards <n>', 'open so many stored cards to prove that the key fits; each leaves an audit row', '0')
  .action(async (options: { openCards: string }) => {
    const findings = await inspectMachine(host.config(), process.versions.node)
    const tell = () => {
      if (findings.some(finding => finding.verdict === 'fault')) process.exitCode = 1
      return { data: { findings }, text: findings.map(line).join('\n') }
    }
    try {
      await host.withVault(async system => {
        findings.push(...(await inspectVault(system, Number(options.openCards) || 0)))
        return tell()
      })
    } catch (error) {
      const remedy = remedyFor(error)
      if (!remedy) throw error
      findings.push({ check: 'vault', verdict: 'fault', text: remedy })
      const { data, text } = tell()
      host.print(host.json() ? JSON.stringify(data, null, 2) : text)
    }
  })
program.addCommand(merchantCommand(host))
program.addCommand(cardsCommand(host))
program.addCommand(notificationsCommand(host))
program.addCommand(clockCommand(host))
program.addCommand(listenCommand(host, { clock: systemClock, keys: () => process.stdin, interrupted }))
program.addCommand(ruleCommand(host))

const MARKS = { ok: '  ok     ', warning: '  look   ', fault: '  FAULT  ' }
const line = (finding: Finding) => `${MARKS[finding.verdict]} ${finding.check}: ${finding.text}`

/** Ctrl-C, a stop, a terminal that closes, or nobody who reads what is printed; the second one ends it at once. */
function interrupted(): AbortSignal {
  const told = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => told.abort())
  process.stdout.on('error', () => told.abort())
  return told.signal
}

async function runForever(begin: (system: System) => Promise<() => Promise<void>>, shared: boolean): Promise<void> {
  // A log that is lost is not to be passed over.
  process.stdout.off('error', nobodyReads)
  const settings = host.config()
  const database = await openDatabase(settings, shared, host.say)
  let closeVault = async () => {}
  try {
    const { system, close } = await openVault(settings, database.url, log)
    closeVault = close
    const stop = await begin(system)
    process.exitCode = await untilStopped(log, database.lost, stop)
  } finally {
    await closeVault()
    await database.stop()
  }
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode
  } else {
    const remedy = remedyFor(error)
    const message =
      remedy ?? `coffer met a defect (${errorFields(error).errorClass ?? 'unknown'}); set COFFER_DEBUG=yes to see it`
    if (!remedy && process.env['COFFER_DEBUG'] === 'yes') process.stderr.write(`${(error as Error).stack}\n`)
    process.stderr.write(`${message}\n`)
    process.send?.({ type: 'failed', message })
    process.exitCode = 1
  }
}
// The parent's channel would keep the process alive.
if (process.connected) process.disconnect()
