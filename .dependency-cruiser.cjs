/**
 * Who may import whom, as data. Run: `npm run check:imports`.
 *
 * The rules exist for three promises: card digits live in one folder, the simulator shares no code with what it
 * tests, and a package can be used without the server. `CONTRIBUTING.md` has the same in words.
 *
 * In patterns, `$1` is what the first group of `from.path` matched. Rules look at imports of types as well.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

const tests = '[.]test(-d)?[.]ts$'
const ours = '^(packages|apps|test)/'
const support = '^test/support/'
const vault = '^apps/vault/src/'

/** `folder` may use, of all that is ours, itself and `allowed`; its tests may use `test/support` too. */
const mayUseOfOurs = (folder, allowed, comment) => ({
  name: `${folder.replace('/', '-')}-uses-only-its-own`,
  comment,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: ours, pathNot: [`^${folder}/`, support, ...allowed] },
})

/** `folder` does no input or output: of Node it may use `builtins`, of npm `libraries`, nothing else. */
const doesNoIo = (folder, builtins, libraries) => [
  {
    name: `${folder.replace('/', '-')}-does-no-io`,
    comment: 'The wire is pure: bytes in, values out. Whoever uses it brings sockets and files.',
    severity: 'error',
    from: { path: `^${folder}/src/`, pathNot: tests },
    to: { dependencyTypes: ['core'], pathNot: `^(node:)?(${builtins.join('|')})$` },
  },
  {
    name: `${folder.replace('/', '-')}-keeps-to-its-libraries`,
    comment: 'One schema library. A second dependency is argued for in an ADR and then added here.',
    severity: 'error',
    from: { path: `^${folder}/src/`, pathNot: tests },
    to: { path: 'node_modules/', pathNot: `node_modules/(${libraries.join('|')})/` },
  },
]

module.exports = {
  forbidden: [
    // ── the shelves ──────────────────────────────────────────────────────────────────────────────────────────────
    {
      name: 'packages-never-import-apps',
      comment: 'A package has to work without any of our programs.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-never-import-each-other',
      comment: 'Programs talk over sockets. What two of them need is a package with a name of its own.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'sources-never-import-test',
      comment: 'The seeded randomness and the virtual clock live in test/: no program may be able to reach them.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: tests },
      to: { path: '^test/' },
    },
    {
      name: 'sources-never-import-tests',
      comment: 'A test beside the code is not a library.',
      severity: 'error',
      from: { path: ours, pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'sources-not-dist',
      comment: 'What is built is reached by the name of its package, never by a path into dist.',
      severity: 'error',
      from: { path: ours, pathNot: '/bin/' }, // a program's start file is what runs the build
      to: { path: '^(packages|apps)/[^/]+/dist/' },
    },

    // ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────
    mayUseOfOurs('packages/antom', [], 'The wire contract stands on nothing of ours.'),
    mayUseOfOurs('packages/emv3ds', [], 'The 3-D Secure messages stand on nothing of ours.'),
    mayUseOfOurs('packages/test-cards', [], 'Data that both sides of a wire may read; it knows neither side.'),
    mayUseOfOurs('packages/local-postgres', [], 'It starts a PostgreSQL, for whomever.'),
    mayUseOfOurs('packages/sdk', ['^packages/antom/'], 'A merchant installs the SDK, not the server.'),
    mayUseOfOurs('packages/web-sdk', ['^packages/antom/'], 'It runs in a page of the merchant.'),
    ...doesNoIo('packages/antom', ['crypto', 'buffer', 'util'], ['typebox']),
    ...doesNoIo('packages/emv3ds', ['crypto', 'buffer', 'util'], ['typebox']),

    // ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────
    mayUseOfOurs(
      'apps/simulator',
      ['^packages/test-cards/', '^packages/emv3ds/'],
      'It plays the other side. Sharing our codecs or schemas would let it share our mistakes.',
    ),
    {
      name: 'apps-simulator-takes-only-types-of-emv3ds',
      comment: 'Names of fields are published; how to read and write them the simulator has to work out by itself.',
      severity: 'error',
      from: { path: '^apps/simulator/' },
      to: { path: '^packages/emv3ds/', dependencyTypesNot: ['type-only'] },
    },
    mayUseOfOurs(
      'apps/shop',
      ['^packages/sdk/', '^packages/web-sdk/'],
      'The example merchant has what a merchant has.',
    ),
    mayUseOfOurs('apps/launcher', ['^packages/local-postgres/'], 'It starts programs; it does not contain them.'),
    mayUseOfOurs('apps/pages', ['^packages/antom/'], 'Pages run in the browser of a buyer.'),
    {
      name: 'browser-code-takes-only-types-of-antom',
      comment: 'Schemas and signing have no business in a page.',
      severity: 'error',
      from: { path: '^(packages/web-sdk|apps/pages)/src/', pathNot: tests },
      to: { path: '^packages/antom/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'browser-code-has-no-node',
      comment: 'These folders run in a browser.',
      severity: 'error',
      from: { path: '^(packages/web-sdk|apps/pages|apps/portal)/src/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    mayUseOfOurs('apps/portal', [], 'The portal talks to its own API and never meets card data.'),

    // ── inside the vault ─────────────────────────────────────────────────────────────────────────────────────────
    {
      name: 'card-data-has-one-door',
      comment: 'Card digits live in card-data/. The door is its index.ts; see the README in that folder.',
      severity: 'error',
      from: { path: '^apps/vault/', pathNot: `${vault}card-data/` },
      to: { path: `${vault}card-data/`, pathNot: `${vault}card-data/index[.]ts$` },
    },
    {
      name: 'card-data-knows-no-domain',
      comment: 'A reviewer must be able to judge the folder alone: platform, libraries, the wire and the test cards.',
      severity: 'error',
      from: { path: `${vault}card-data/` },
      to: {
        path: ours,
        pathNot: [`${vault}(card-data|platform)/`, '^packages/(antom|test-cards)/', support],
      },
    },
    {
      name: 'platform-knows-no-domain',
      comment: 'platform/ is the floor: a domain stands on it, not the other way round.',
      severity: 'error',
      from: { path: `${vault}platform/` },
      to: { path: vault, pathNot: `${vault}platform/` },
    },

    // ── everywhere ───────────────────────────────────────────────────────────────────────────────────────────────
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or miss a third one.',
      severity: 'error',
      from: { path: ours },
      to: { circular: true },
    },
    {
      name: 'no-dead-ends',
      comment: 'An import that leads nowhere also escapes every rule above.',
      severity: 'error',
      from: { path: ours },
      to: { couldNotResolve: true },
    },
  ],

  options: {
    doNotFollow: { path: ['node_modules/', '^(packages|apps)/[^/]+/dist/'] },
    // Types count: an `import type` from behind the door of card-data is a hole in the door as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    webpackConfig: { fileName: '.dependency-cruiser.resolve.cjs' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      mainFields: ['module', 'main', 'types', 'typings'],
      extensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
}
