import * as localPostgres from '../../../../packages/local-postgres/src/index.js'
import type { ChildSpec } from '../child-process.js'
import { run } from '../run.js'

/** The launcher from sources, with the children that a test names. */
const { children, pauses, forgetful } = JSON.parse(process.argv[2]!) as {
  children: ChildSpec[]
  pauses?: number[]
  forgetful?: boolean
}
const startLocalPostgres: typeof localPostgres.startLocalPostgres = options =>
  localPostgres.startLocalPostgres({ ...options, durable: forgetful !== true })

await run({
  env: process.env,
  children,
  localPostgres: { ...localPostgres, startLocalPostgres },
  ...(pauses ? { pauses } : {}),
})
