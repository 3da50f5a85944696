import { ports } from './ports.js'

/** What is below "warn" is in the log files only. Levels are words, or numbers as Pino writes them. */
const warnings: ReadonlySet<unknown> = new Set(['warn', 'error', 'fatal', 40, 50, 60])

/** Fields that are on every line or say what the line begins with. */
const notWorthShowing: ReadonlySet<string> = new Set([
  'level',
  'ts',
  'time',
  'event',
  'msg',
  'pid',
  'hostname',
  'stack',
])

/** Where people read along. */
export interface Screen {
  /** What is going on. */
  say(line: string): void
  /** What went wrong, and what to do about it. */
  problem(line: string): void
}

/** What the closing list of a start names. */
export interface Summary {
  readonly offset: number
  readonly dataDir: string
  readonly shop: boolean
  /** `COFFER_DATA_DIR=… COFFER_PORT_OFFSET=… ` as far as they were given, so that the next command finds this Coffer. */
  readonly prefix: string
}

/** A screen on stdout and stderr. A terminal that was closed is no reason to end in disorder. */
export function terminalScreen(): Screen {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const paint = (stream: NodeJS.WriteStream, colour: number, text: string) =>
    stream.isTTY && !process.env['NO_COLOR'] ? `\u001b[${colour}m${text}\u001b[0m` : text
  return {
    say: line => {
      const title = line.startsWith('Coffer is running')
      process.stdout.write(`${title ? paint(process.stdout, 32, line) : line}\n`)
    },
    problem: line => {
      process.stderr.write(`${paint(process.stderr, 31, line)}\n`)
    },
  }
}

/** The list that a start ends with. */
export function summaryLines({ offset, dataDir, shop, prefix }: Summary): string[] {
  const row = (what: string, where: string) => `  ${what.padEnd(13)}${where}`
  const played = `http://localhost:${ports.simulator + offset}`
  return [
    'Coffer is running (sandbox: nothing here is for real cards)',
    row('API', `http://127.0.0.1:${ports.api + offset}  https://localhost:${ports.apiTls + offset}`),
    row('Operations', `http://127.0.0.1:${ports.operations + offset}`),
    ...(shop ? [row('Example shop', `http://127.0.0.1:${ports.shop + offset}`)] : []),
    row('Test cards', played),
    row('Deliveries', `http://127.0.0.1:${ports.operations + offset}/sandbox/notifications`),
    row('Messages', `${played}/log  ${played}/three-ds/log`),
    row('Accounts', `${played}/accounts`),
    row('Credentials', `${dataDir}/sandbox.json`),
    row('Try', `${prefix}npm run demo`),
    row('Receive', `${prefix}npx coffer listen --forward-to http://localhost:3000/notify`),
    'Ctrl-C stops everything',
  ]
}

/**
 * What a line of a child's output is worth on the screen.
 * @returns `undefined` for log lines below "warn"
 */
export function lineForPeople(name: string, line: string): string | undefined {
  if (line.trim() === '') return undefined
  const entry = parseLogLine(line)
  if (!entry) return line
  if (!warnings.has(entry['level'])) return undefined
  const details = Object.entries(entry)
    .filter(([key, value]) => !notWorthShowing.has(key) && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => `${key} ${value}`)
  const what = entry['msg'] ?? entry['event'] ?? entry['level']
  return `${name}: ${what}${details.length > 0 ? ` (${details.join(', ')})` : ''}`
}

function parseLogLine(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry = JSON.parse(line) as Record<string, unknown>
    return 'level' in entry ? entry : undefined
  } catch {
    return undefined
  }
}
