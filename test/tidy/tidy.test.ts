import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { untidy } from './tidy.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('the repository', () => {
  const files = filesOfTheRepository()

  test('is found: an empty list of files would make every rule hold', () => {
    expect(files).toContain('package.json')
    expect(files).toContain('test/tidy/tidy.ts')
  })

  test('keeps the house rules in every file', () => {
    expect(files.flatMap(file => untidy(file, readFileSync(join(root, file), 'utf8')))).toEqual([])
  })
})

describe('the checker', () => {
  const domain = 'apps/vault/src/vaulting/a.ts'
  // Cut in two wherever a rule would otherwise find its own sample in this file.
  const machine = ['/wo', 'rk/main'].join('')
  const beside = ['../sha', 'red/x'].join('')

  test.each([
    ['the wall clock', domain, 'const t = Date.now()'],
    ['the wall clock, spread over lines', domain, 'const t = Date\n  .now()'],
    ['a date of now', domain, 'const t = new Date()'],
    ['a date of now without brackets', domain, 'const t = new Date'],
    ['the monotonic clock', domain, 'performance.now()'],
    ['the high-resolution clock', domain, 'process.hrtime.bigint()'],
    ['a timer', domain, 'setTimeout(f, 10)'],
    ['a repeating timer', domain, 'globalThis.setInterval(f, 10)'],
    ['a timer by import', domain, "import { setTimeout as pause } from 'node:timers/promises'"],
    ['a turn of the event loop', domain, 'setImmediate(f)'],
    ['a die', domain, 'Math.random()'],
    ['random bytes', domain, "import { randomBytes } from 'node:crypto'"],
    ['a random id', domain, 'crypto.randomUUID()'],
    ['random values of the web', domain, 'crypto.getRandomValues(a)'],
    ['the environment', domain, 'const { PORT } = process.env'],
    ['the environment by import', domain, "import { env } from 'node:process'"],
    ['the console', domain, "console.log('x')"],
    ['the world in a package', 'packages/antom/src/a.ts', 'Date.now()'],
    ['randomness in the launcher', 'apps/launcher/src/a.ts', 'Math.random()'],
    ['timers in the configuration', 'apps/vault/src/config.ts', 'setTimeout(f, 1)'],
    ['randomness beside world.ts of the SDK', 'packages/sdk/src/client.ts', 'crypto.randomUUID()'],
    ['a check of URLs that goes wrong', domain, 'if (URL.canParse(text)) go()'],
    ['code behind a string that looks like a comment', domain, "get('https://a'); Date.now()"],
    ['code behind a pattern that looks like a comment', domain, 'url.match(/^https?:\\/\\//); Date.now()'],
    ['time in a migration', 'apps/vault/migrations/0001_a.sql', 'update a set at = now()'],
    ['a default of now', 'apps/vault/migrations/0001_a.sql', 'at timestamptz default now()'],
    ['the standard name of now', 'apps/vault/migrations/0001_a.sql', 'at timestamptz default CURRENT_TIMESTAMP'],
    ['a random id in a migration', 'apps/vault/migrations/0001_a.sql', 'id uuid default gen_random_uuid()'],
    ['time in a store', 'apps/vault/src/vaulting/vaulting-store.ts', 'sql`select * from a where due <= now()`'],
    ['time in a store, beside a lease', 'apps/vault/src/a-store.ts', 'sql`lease_until <= now() and due <= now()`'],
    ['randomness in a store', 'apps/vault/src/vaulting/vaulting-store.ts', 'sql`select * from a order by random()`'],
    ['a folder that says nothing', 'apps/vault/src/utils/a.ts', ''],
    ['another one, in a package', 'packages/antom/src/types/a.ts', ''],
    ['a long source', 'packages/antom/src/a.ts', 'x\n'.repeat(401)],
    ['a long test', 'packages/antom/src/a.test.ts', 'x\n'.repeat(601)],
    ['a test that runs alone', 'test/a.test.ts', ['test', "only('x', f)"].join('.')],
    ['a test that is skipped', 'apps/vault/src/a.test.ts', ['describe', "skip('x', f)"].join('.')],
    ['a test that is promised', 'test/a.test.ts', ['test', "todo('x')"].join('.')],
    ['a table that runs alone', 'test/a.test.ts', ['test', "only.each([])('x', f)"].join('.')],
    ['a test that skips itself without a reason', 'test/a.test.ts', ['context', 'skip()'].join('.')],
    ['a path of one machine', 'docs/a.md', `see ${machine}`],
    ['a folder beside the checkout', 'README.md', `see ${beside}`],
  ])('flags %s', (_what, file, text) => {
    expect(untidy(file, text)).toHaveLength(1)
    expect(untidy(file, text)[0]).toMatch(new RegExp(`^${file}:\\d+: `))
  })

  test.each([
    ['a date of a given instant', domain, 'new Date(instant).toISOString()'],
    ['a given clock', domain, 'system.clock.now()'],
    ['a given clock in a store', 'apps/vault/src/vaulting/vaulting-store.ts', 'due(clock.now())'],
    ['a comment', domain, '// never Date.now() here\n/* nor\n Math.random() */'],
    ['the lease of a process', 'apps/vault/src/a-store.ts', 'sql`select 1 from a where lease_until <= now()`'],
    ['a comment in SQL', 'apps/vault/migrations/0001_a.sql', '-- no now() here\nselect 1'],
    ['the platform', 'apps/vault/src/platform/clock.ts', 'Date.now(); setTimeout(f, 1)'],
    ['a start file', 'apps/shop/src/main.ts', 'process.env; console.log(Date.now())'],
    ['the configuration', 'apps/vault/src/config.ts', 'process.env'],
    ['the defaults of the SDK', 'packages/sdk/src/world.ts', 'Date.now(); crypto.randomUUID()'],
    ['a limit on one exchange over a socket', domain, 'fetch(url, { signal: AbortSignal.timeout(10) })'],
    ['a test that measures', 'apps/vault/src/a.test.ts', 'performance.now()'],
    ['a source of 400 lines', 'packages/antom/src/a.ts', 'x\n'.repeat(400)],
    ['a test that needs a browser', 'test/a.test.ts', 'test.skipIf(noBrowser)(name, run)'],
    ['a test that finds out while it runs', 'test/a.test.ts', "context.skip('no PostgreSQL here')"],
  ])('lets %s pass', (_what, file, text) => {
    expect(untidy(file, text)).toEqual([])
  })

  test('names the line', () => {
    expect(untidy(domain, '/* two\nlines */\nDate.now()')).toEqual([
      `${domain}:3: Date.now reads time by itself; take a Clock`,
    ])
  })
})

/** Tracked files and new ones that git would take; without git, everything that is not built or installed. */
function filesOfTheRepository(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
    // A tracked file may be deleted in the working tree; a submodule or a link to a folder is no file.
    return listed.split('\0').filter(file => file !== '' && isFile(join(root, file)))
  } catch {
    return walk(root)
  }
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()

function walk(folder: string): string[] {
  const built = new Set(['node_modules', '.git', 'dist', 'reports', 'coverage', '.coffer', 'target'])
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return built.has(entry.name) ? [] : walk(path)
    return entry.isFile() ? [relative(root, path).split(sep).join('/')] : []
  })
}
