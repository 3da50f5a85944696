/** One PostgreSQL for the whole run, without fsync, and a migrated database in it that tests copy. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloneDatabase, startLocalPostgres } from '@coffer/local-postgres'
import type { TestProject } from 'vitest/node'
import { startSimulator } from '../../apps/simulator/src/index.js'
import { migrate } from '../../apps/vault/src/platform/migrations.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database of the test server that nobody uses, to make others from. */
    postgresUrl: string
    /** Certificates of the simulator's schemes, made once for all tests. */
    pkiFolder: string
  }
}

export const TEMPLATE = 'coffer_template'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'coffer-test-'))
  const server = await startLocalPostgres({ folder, durable: false, settings: { max_connections: '300' } })
  await migrate(await cloneDatabase(server.url, 'template1', TEMPLATE))
  project.provide('postgresUrl', server.url)
  const pkiFolder = join(folder, 'pki')
  await (await startSimulator({ port: 0, threeDSPort: 0, pkiFolder })).stop()
  project.provide('pkiFolder', pkiFolder)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
