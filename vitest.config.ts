import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.js'

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
    // Vitest leaves one processor to itself, and of two that is half: files wait for processes and banks as much as they
    // compute.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // To load the vault takes a second of processor time, and 100 files need it: the files of a worker share their
    // modules. So a module that is no test keeps nothing that a test changes, and has no hooks at its top.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    // The first file that starts the built programs builds them.
    hookTimeout: 240_000,
    // Waiting for something that comes costs what it takes; the default of a second is what a busy machine exceeds.
    expect: { poll: { timeout: 30_000 } },
  },
})
