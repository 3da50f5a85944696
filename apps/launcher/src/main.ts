import { fileURLToPath } from 'node:url'
import * as localPostgres from '@coffer/local-postgres'
import { run } from './run.js'
import { cofferChildren } from './settings.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

await run({ env: process.env, children: cofferChildren(root), localPostgres })
