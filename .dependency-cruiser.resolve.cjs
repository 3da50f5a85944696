/**
 * How `.dependency-cruiser.cjs` finds a workspace by its name.
 *
 * Left alone, `@coffer/antom` would lead to that package's `dist`, which a fresh clone does not have. Here each
 * package name stands for its sources, as in `vitest.config.ts`, so that the rules need no build and see through
 * package borders. The list is read from the folders: a new package needs no line here.
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

const alias = {}
for (const shelf of ['packages', 'apps']) {
  for (const folder of readdirSync(join(__dirname, shelf))) {
    const manifest = join(__dirname, shelf, folder, 'package.json')
    if (!existsSync(manifest)) continue
    const { name } = JSON.parse(readFileSync(manifest, 'utf8'))
    // `$` means this name and nothing behind it; a deep import falls to the second line and keeps its own path.
    alias[`${name}$`] = join(__dirname, shelf, folder, 'src/index.ts')
    alias[name] = join(__dirname, shelf, folder)
  }
}

module.exports = { resolve: { alias } }
