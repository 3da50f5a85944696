// What `npm run demo` runs: one card on its way into the vault, shown step by step.

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Coffer needs Node.js 20.19 or newer; this is ${process.versions.node}. Install it from https://nodejs.org`,
  )
  process.exit(1)
}

const { readArguments, helpText } = await import('./demo/arguments.mjs')
const { openScreen } = await import('./demo/screen.mjs')
const options = readArguments(process.argv.slice(2))

if (options.problem) {
  console.error(`${options.problem} "npm run demo -- --help" tells what there is.`)
  process.exit(1)
}
if (options.help) {
  console.log(helpText)
  process.exit(0)
}

// Whatever way it ends, 0 means that the token came back and each signature was verified.
let proven = false
process.on('exit', () => {
  process.exitCode = proven ? 0 : 1
})

const screen = openScreen({ json: options.json })
const { buildIfStale } = await import('./build-if-stale.mjs')
if (!(await buildIfStale({ say: screen.aside }))) process.exit(1)

// Ctrl-C, which through npm may come twice, ends the walk; what was started is stopped below.
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort())

const { openCoffer } = await import('./demo/coffer.mjs')
const { walk } = await import('./demo/walk.mjs')
const { VaultError } = await import('@coffer/sdk')

let coffer
try {
  const { signal } = stopping
  coffer = await openCoffer({ env: process.env, threeDS: options.threeDS, screen, signal })
  const facts = await walk({ coffer, options, screen, signal })
  proven = facts.ok
  screen.result(facts)
  if (facts.problem) screen.problem(facts.problem)
  if (options.keep && coffer.startedHere) await coffer.runUntil(stopping.signal, screen)
} catch (error) {
  // One line: a stack would help nobody who only wants to see a card vaulted.
  const known = error instanceof VaultError || error?.forPeople
  const message = stopping.signal.aborted
    ? 'Stopped before the end.'
    : known
      ? error.message
      : `Defect: ${error?.stack}`
  screen.result({ ok: false, problem: message })
  screen.problem(message)
} finally {
  await coffer?.close()
}
process.exit()
