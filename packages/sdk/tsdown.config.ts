/**
 * Builds the package that merchants install, into `dist/package`: one file for `import`, one for `require`, the types
 * of both, a manifest, README and licence. Run: `npm run build:package -w packages/sdk`, then `npm pack` that folder.
 *
 * Why a folder of its own: inside this repository the SDK is what `tsc -b` puts into `dist`, which imports
 * `@coffer/antom` from its neighbour. A merchant has no such neighbour, so here its code is bundled in. One manifest
 * cannot describe both; so this workspace is private, and the manifest that is published is written by the build.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsdown'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  entry: { index: here('src/index.ts') },
  outDir: here('dist/package'),
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20',
  fixedExtension: false,
  hash: false,
  // Types come from the sources too, by the paths in this file, so that the build needs no `tsc -b` before it.
  tsconfig: here('tsconfig.package.json'),
  dts: true,
  alias: { '@coffer/antom': here('../antom/src/index.ts') },
  // The schemas call typebox when they are loaded. Nothing of ours does work at import, so what is not used can go,
  // and typebox with it.
  treeshake: { moduleSideEffects: false },
  // A second package in the bundle, above all typebox, is a mistake that stops the build.
  deps: { alwaysBundle: [/^@coffer\//], onlyBundle: [] },
  hooks: {
    'build:done': ({ options }) => {
      const { name, version, description, license, engines } = JSON.parse(readFileSync(here('package.json'), 'utf8'))
      const manifest = {
        name,
        version,
        description,
        license,
        engines,
        type: 'module',
        sideEffects: false,
        main: './index.cjs',
        module: './index.js',
        types: './index.d.ts',
        exports: {
          '.': {
            import: { types: './index.d.ts', default: './index.js' },
            require: { types: './index.d.cts', default: './index.cjs' },
          },
          './package.json': './package.json',
        },
      }
      writeFileSync(join(options.outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
      copyFileSync(here('README.md'), join(options.outDir, 'README.md'))
      copyFileSync(here('../../LICENSE'), join(options.outDir, 'LICENSE'))
    },
  },
})
