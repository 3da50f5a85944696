/** Writes `schemas/*.json` from the definitions: `npm run schemas -w @coffer/emv3ds`. A test fails when they differ. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { allSchemas } from './src/index.js'

const folder = new URL('schemas/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const [name, schema] of allSchemas()) {
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(schema, null, 2)}\n`)
}
