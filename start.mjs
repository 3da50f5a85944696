// What `npm start` runs. Plain JavaScript that an old Node can read too, so that it can say it is too old.

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Coffer needs Node.js 20.19 or newer; this is ${process.versions.node}. Install it from https://nodejs.org`,
  )
  process.exit(1)
}
if (major === 20)
  console.log('Node.js 20 gets no more fixes since April 2026; Coffer runs, but please move to 22 or 24.')

const { buildIfStale } = await import('./build-if-stale.mjs')
if (!(await buildIfStale())) process.exit(1)
await import('./apps/launcher/dist/main.js')
