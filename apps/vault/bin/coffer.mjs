#!/usr/bin/env node
// `npx coffer`: builds what is not built, then runs the program.
import { existsSync } from 'node:fs'
import { buildIfStale } from '../../../build-if-stale.mjs'

const program = new URL('../dist/main.js', import.meta.url)

// Standard output is for results: `--json` must stay JSON.
if (!(await buildIfStale({ say: line => process.stderr.write(`${line}\n`) })) && !existsSync(program)) process.exit(1)
await import(program.href)
