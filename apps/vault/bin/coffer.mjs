#!/usr/bin/env node
// `npx coffer`: builds what is not built, then runs the program.
import { buildIfStale } from '../../../build-if-stale.mjs'

await buildIfStale()
await import('../dist/main.js')
