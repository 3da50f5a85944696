import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (folder: string) => fileURLToPath(new URL(`./packages/${folder}/src/index.ts`, import.meta.url))

/** Tests run on the sources: the aliases stand in for what `exports` of each package names in its dist. */
export default defineConfig({
  resolve: {
    alias: {
      '@coffer/antom': source('antom'),
      '@coffer/emv3ds': source('emv3ds'),
      '@coffer/sdk': source('sdk'),
      '@coffer/local-postgres': source('local-postgres'),
      '@coffer/test-cards': source('test-cards'),
      '@coffer/simulator': fileURLToPath(new URL('./apps/simulator/src/index.ts', import.meta.url)),
    },
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Waiting for something that comes costs what it takes; the default of a second is what a busy machine exceeds.
    expect: { poll: { timeout: 30_000 } },
  },
})
