/**
 * The house rules that a machine can check, as one pure function over a file's path and text.
 * `tidy.test.ts` runs it over the repository, and over samples which it must flag.
 */

/** What a source may not read by itself, because it comes in as an argument. */
type World = 'time' | 'timers' | 'randomness' | 'environment' | 'console'

const worlds: ReadonlyArray<{ world: World; pattern: RegExp; instead: string }> = [
  { world: 'time', pattern: /\bDate\s*\.\s*now\b/, instead: 'take a Clock' },
  { world: 'time', pattern: /\bnew\s+Date\b(?!\s*\(\s*[^\s)])/, instead: 'take a Clock; new Date(instant) is fine' },
  { world: 'time', pattern: /\bperformance\s*\.\s*now\b|\bhrtime\b/, instead: 'take a Clock' },
  { world: 'timers', pattern: /\bset(Timeout|Interval|Immediate)\b/, instead: 'clock.sleep(ms, signal)' },
  { world: 'randomness', pattern: /\bMath\s*\.\s*random\b/, instead: 'take a Random' },
  { world: 'randomness', pattern: /\brandom(UUID|Bytes|Int|Fill|FillSync)\b/, instead: 'take a Random' },
  { world: 'randomness', pattern: /\bgetRandomValues\b/, instead: 'take a Random' },
  { world: 'environment', pattern: /\bprocess\s*\.\s*env\b/, instead: 'take a Config' },
  { world: 'environment', pattern: /\bfrom\s+['"](node:)?process['"]/, instead: 'take a Config' },
  { world: 'console', pattern: /\bconsole\s*\./, instead: 'take a Log' },
]

const all: readonly World[] = ['time', 'timers', 'randomness', 'environment', 'console']

/** Where the world comes in, and why there. A new row needs a reason that a reviewer would accept. */
const allowances: ReadonlyArray<{ where: RegExp; may: readonly World[]; why: string }> = [
  {
    where: /^apps\/vault\/src\/platform\//,
    may: all,
    why: 'platform holds the real clock, randomness, timers and log',
  },
  { where: /^apps\/[^/]+\/src\/main\.ts$/, may: all, why: 'a program builds its world once, where it starts' },
  { where: /^apps\/vault\/src\/config\.ts$/, may: ['environment'], why: 'the one reader of the environment' },
  {
    where: /^apps\/launcher\/src\//,
    may: ['time', 'timers', 'environment'],
    why: 'it watches over processes, in real time',
  },
  {
    where: /^apps\/pages\/src\//,
    may: ['time', 'timers'],
    why: 'it runs in a browser and waits for a server: how long, only the browser can tell',
  },
  {
    where: /^apps\/simulator\/src\/clock\.ts$/,
    may: ['time', 'timers', 'randomness'],
    why: 'the simulator has a clock and a source of chance of its own',
  },
  {
    where: /^packages\/local-postgres\/src\//,
    may: ['time', 'timers', 'environment', 'randomness'],
    why: 'it runs a real program on a real machine, in real time: PATH, deadlines, an unguessable password',
  },
  {
    where: /^packages\/sdk\/src\/world\.ts$/,
    may: ['time', 'timers', 'randomness'],
    why: 'defaults for merchants who pass no clock of their own; tests pass one',
  },
]

/**
 * PostgreSQL has a clock and a die too. Instants and ids come from the program, so that tests can move time. What counts
 * by the database's clock is how long a process may keep a claim (ADR 0013): a line that names such a column may say so.
 */
const sqlWorld =
  /(?<![.\w])(now|random|gen_random_uuid|uuid_generate_v\d|uuidv[47]|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(|\b(current_timestamp|current_date|current_time|localtimestamp|default\s+now)\b/i

/** How long a process keeps what it has claimed, set or asked. */
const ofAProcess =
  /\b(lease_until|attached_until) (=|<=|>) now\(\)|\bnow\(\) \+ \$\d::int \* interval '1 millisecond' as attached_until/g

/** Names of folders that say nothing about what is in them. */
const emptyNames = new Set(['utils', 'helpers', 'common', 'types', 'services'])

/**
 * A test that is switched off, or switches the others off. A condition that is looked at when the test runs is fine
 * and shows in the count: `test.skipIf(…)`, or `context.skip('why')` with its reason.
 */
const switchedOff =
  /(?<!\bcontext)\.(only|skip|todo)\s*\(|\b(test|it|describe|suite)\.(only|skip|todo)\b|\.skip\s*\(\s*\)/

/** Folders of one developer's machine, written so that this file does not contain them. */
const foreignPaths = [['/wo', 'rk/'].join(''), ['../sha', 'red'].join('')]

const linesMax = { source: 400, test: 600 }

const isTest = (file: string) => /\.test(-d)?\.ts$/.test(file) || /^test\//.test(file)
const isCode = (file: string) => /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs)$/.test(file)
const isSource = (file: string) => /^(packages|apps)\/[^/]+\/src\//.test(file) && isCode(file)
const holdsSql = (file: string) =>
  /^(packages|apps)\//.test(file) && /\.sql$|-(store|across-merchants)\.ts$/.test(file) && !isTest(file)

/**
 * Everything in one file that breaks a house rule.
 * @param file  path from the root of the repository, with forward slashes
 * @param text  what the file holds
 * @returns one line per finding, `path:line: what is wrong; what to do`, empty when the file is tidy
 */
export function untidy(file: string, text: string): string[] {
  const code = isCode(file) ? withoutComments(text) : text
  return [
    ...(isSource(file) && !isTest(file) ? readingTheWorld(file, code) : []),
    ...(isSource(file) && !isTest(file) ? wrongWhenHot(file, code) : []),
    ...(holdsSql(file) ? worldInSql(file, file.endsWith('.sql') ? withoutSqlComments(text) : code) : []),
    ...(isTest(file) && isCode(file) ? testsSwitchedOff(file, code) : []),
    ...folderNames(file),
    ...tooLong(file, text),
    ...pathsOfAMachine(file, text),
  ]
}

function readingTheWorld(file: string, code: string): string[] {
  const granted = new Set(allowances.filter(({ where }) => where.test(file)).flatMap(({ may }) => may))
  return worlds
    .filter(({ world }) => !granted.has(world))
    .flatMap(({ world, pattern, instead }) =>
      matches(code, pattern).map(({ line, found }) => `${file}:${line}: ${found} reads ${world} by itself; ${instead}`),
    )
}

/** In Node.js 20 it says no to some URLs after thousands of calls. */
const wrongWhenHot = (file: string, code: string) =>
  matches(code, /\bURL\s*\.\s*canParse\b/).map(
    ({ line, found }) => `${file}:${line}: ${found} goes wrong in Node.js 20; use parseUrl of @coffer/antom`,
  )

const worldInSql = (file: string, sql: string) =>
  matches(sql.replaceAll(ofAProcess, ''), sqlWorld).map(
    ({ line, found }) => `${file}:${line}: ${found} in SQL; pass the instant or the id in`,
  )

const testsSwitchedOff = (file: string, code: string) =>
  matches(code, switchedOff).map(({ line, found }) => `${file}:${line}: ${found} switches tests off; delete or mend`)

const folderNames = (file: string) =>
  /^(packages|apps|test)\//.test(file)
    ? file
        .split('/')
        .slice(0, -1)
        .filter(folder => emptyNames.has(folder))
        .map(folder => `${file}:1: folder "${folder}" says nothing; name it by what it does`)
    : []

function tooLong(file: string, text: string): string[] {
  if (!isCode(file) || !(isSource(file) || isTest(file))) return []
  const most = isTest(file) ? linesMax.test : linesMax.source
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return lines > most ? [`${file}:${lines}: ${lines} lines, at most ${most}; which part wants a name of its own?`] : []
}

const pathsOfAMachine = (file: string, text: string) =>
  foreignPaths.flatMap(path =>
    matches(text, new RegExp(literally(path))).map(
      ({ line, found }) => `${file}:${line}: ${found} exists on one machine only; say it without`,
    ),
  )

/** Each match with its line; the pattern may span lines. */
function matches(text: string, pattern: RegExp): Array<{ line: number; found: string }> {
  const everywhere = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`)
  return [...text.matchAll(everywhere)].map(match => ({
    line: text.slice(0, match.index).split('\n').length,
    found: match[0].replace(/\s+/g, ' ').trim(),
  }))
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * The text with comments blanked and every line in its place. It knows strings and escapes, but no regular
 * expressions and no `${}`: where it errs, it leaves a comment standing, which can flag too much, not too little.
 */
function withoutComments(text: string): string {
  let out = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const here = text[at]!
    const two = text.slice(at, at + 2)
    if (here === '\\') {
      out += two
      at++
    } else if (quote) {
      // A quote in a regular expression opens a string that is none; the end of the line ends the mistake.
      if (here === quote || (here === '\n' && quote !== '`')) quote = ''
      out += here
    } else if (two === '//' || two === '/*') {
      const end = two === '//' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2
      const stop = end < at + 2 ? text.length : end
      out += text.slice(at, stop).replace(/[^\n]/g, ' ')
      at = stop - 1
    } else {
      if (here === "'" || here === '"' || here === '`') quote = here
      out += here
    }
  }
  return out
}

const withoutSqlComments = (sql: string) =>
  sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, comment => comment.replace(/[^\n]/g, ' '))
