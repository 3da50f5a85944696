/** `coffer listen`: a sandbox merchant's notifications on a developer's machine. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { request } from 'undici'
import { portsOf } from '../config.js'
import { Attachment, noCofferAt } from '../listen/attachment.js'
import { isOnThisMachine, readForwardTo } from '../listen/forward-to.js'
import { KEYS_IN_WORDS, type KeySource, readKeys } from '../listen/keys.js'
import { Listening } from '../listen/listening.js'
import { startReceiver } from '../listen/receive.js'
import { jsonLine, linesFor, type Told } from '../listen/told.js'
import { type DropWish, Treatments, type Wishes } from '../listen/treatments.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import type { Clock } from '../platform/clock.js'
import type { SandboxFile } from '../sandbox/sandbox-file.js'
import type { CommandHost } from './host.js'

/** What the command needs of the process that it runs in. */
export interface ListenWorld {
  /** Real time: it is about processes. */
  clock: Clock
  keys: () => KeySource
  /** Given when the process is told to end. */
  interrupted: () => AbortSignal
}

interface Options {
  forwardTo: string
  merchant?: string
  port?: string
  hold?: boolean
  drop?: string
  delay?: string
  duplicate?: boolean
  reorder?: string
  takeOver?: boolean
  insecure?: boolean
  showBody?: boolean
}

const EXAMPLES = `
While it runs, notifications of the merchant go to --forward-to alone, whatever address they name, signed for its path
and query. Without a path there they keep their own. Nothing has a time limit: step through your code in a debugger.

Examples:
  npx coffer listen --forward-to http://localhost:3000/notify
  npx coffer listen --forward-to http://localhost:3000 --merchant SANDBOX_MY_SHOP
  npx coffer listen --forward-to http://localhost:3000/notify --drop 1     the first is lost: see the second delivery
  npx coffer listen --forward-to http://localhost:3000/notify --duplicate  each twice: is the work done once?
  npx coffer listen --forward-to http://localhost:3000/notify --reorder 2  the newer one first
  npx coffer listen --forward-to https://localhost:3000/notify --insecure  a certificate of your own
  npx coffer listen --forward-to http://localhost:3000/notify --json       one JSON object per line, for scripts

"npx coffer clock step" plays the next delivery at once. In a terminal:
  ${KEYS_IN_WORDS}
`

/** The worker brings so many notifications of one merchant at once; a group of more would wait for ever. */
const MOST_REORDERED = 5

const LONGEST_DELAY_MS = 86_400_000

export function listenCommand(host: CommandHost, world: ListenWorld): Command {
  return new Command('listen')
    .description("receive a sandbox merchant's notifications here and forward them to your server")
    .requiredOption('--forward-to <url>', 'where your server takes notifications, e.g. http://localhost:3000/notify')
    .option('--merchant <client-id>', 'whose notifications (default: the first merchant of sandbox.json)')
    .option('--port <port>', 'where the listener itself takes them from Coffer (default: a free port)')
    .option('--hold', 'hold all until they are released with the key r')
    .option('--drop <which>', 'lose the first n, "all", or each n-th: 2, all, every:3')
    .option('--delay <duration>', 'forward later, e.g. 5s, 500ms, 2m')
    .option('--duplicate', 'forward each twice, the second after the first was answered')
    .option('--reorder <n>', `gather n, from 2 to ${MOST_REORDERED}, and forward them in reverse`)
    .option('--take-over', 'end another listener of the same merchant')
    .option('--insecure', 'take any certificate of a server on localhost')
    .option('--show-body', 'print the bodies too, with the card token in them')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => listen(options, host, world))
}

async function listen(options: Options, host: CommandHost, world: ListenWorld): Promise<void> {
  const { clock } = world
  const config = host.config()
  if (config.environment === 'live') {
    throw new OperatorMistake(
      'only a sandbox can be listened to: in live notifications go to merchants and nobody else',
    )
  }
  const forwardTo = readForwardTo(options.forwardTo)
  if (!forwardTo.ok) throw new OperatorMistake(`--forward-to ${forwardTo.reason}`)
  if (options.insecure && !isOnThisMachine(forwardTo.url)) {
    throw new OperatorMistake('--insecure is for servers on localhost: elsewhere a certificate has to be right')
  }
  const treatments = new Treatments(readWishes(options), clock)
  const wishedPort = options.port === undefined ? 0 : readNumber(options.port, 1, 65_535, '--port')
  const url = `http://127.0.0.1:${portsOf(config.portOffset).operations}/sandbox/listeners`
  const clientId = options.merchant ?? (await firstMerchant(config.dataDir, url))

  const now = () => new Date(clock.real()).toISOString()
  const tell = (told: Told) => host.print(host.json() ? jsonLine(told) : linesFor(told).join('\n'))
  const listening = new Listening({
    forwardTo: forwardTo.url,
    insecure: options.insecure === true,
    showBody: options.showBody === true,
    treatments,
    gatewayKey: async () => (await attaching).gatewayKey,
    clock,
    tell,
  })
  const receiver = await startReceiver(
    wishedPort,
    async id => (await attaching).isAttachedAs(id),
    delivery => listening.take(delivery),
  )
  const { href, pathname, search } = forwardTo.url
  const wish = { url, clientId, port: receiver.port, forwardTo: href }
  const attaching = Attachment.begin(wish, options.takeOver === true, clock)
  try {
    const attachment = await attaching
    const over = new AbortController()
    const stop = () => over.abort()
    const interrupted = world.interrupted()
    interrupted.addEventListener('abort', stop)
    if (interrupted.aborted) stop()
    const signedFor = pathname + search === '/' ? undefined : pathname + search
    const attached = (again: boolean) =>
      tell({
        event: 'attached',
        at: now(),
        merchant: clientId,
        port: receiver.port,
        forwardTo: href,
        ...(signedFor !== undefined && { signedFor }),
        again,
      })
    attached(false)
    const keys = world.keys()
    if (keys.isTTY && !host.json()) host.print(KEYS_IN_WORDS)
    const stopKeys = host.json()
      ? () => {}
      : readKeys(keys, treatments, { say: text => tell({ event: 'wish', at: now(), text }), quit: stop })
    const why = await attachment.keep(over.signal, news => {
      if (news === 'attached again') attached(true)
      else tell({ event: news, at: now() })
    })
    stopKeys()
    if (why !== undefined) throw new OperatorMistake(why)
    // First, so that what is cut off now is delivered to the merchant's own address the next time.
    await attachment.end()
    tell({ event: 'detached', at: now(), cut: listening.end() })
  } finally {
    listening.end()
    await receiver.close()
  }
}

async function firstMerchant(dataDir: string, url: string): Promise<string> {
  const path = join(dataDir, 'sandbox.json')
  try {
    const { merchants } = JSON.parse(await readFile(path, 'utf8')) as SandboxFile
    if (merchants[0]) return merchants[0].clientId
  } catch {
    // Either no Coffer has run here yet, or it has another data directory than this command.
    await request(new URL('/livez', url), { reset: true }).catch(() => {
      throw noCofferAt(url)
    })
  }
  throw new OperatorMistake(`${path} names no merchant: name one with --merchant`)
}

/** Reads what is wished for all notifications. */
function readWishes(options: Options): Wishes {
  const { hold = false, duplicate = false, drop, delay, reorder } = options
  return {
    hold,
    duplicate,
    drop: drop === undefined ? undefined : readDrop(drop),
    delayMs: delay === undefined ? 0 : readDelay(delay),
    reorder: reorder === undefined ? 0 : readNumber(reorder, 2, MOST_REORDERED, '--reorder'),
  }
}

function readDrop(text: string): DropWish {
  if (text === 'all') return { every: 1 }
  const [, every, n] = /^(every:)?([1-9]\d{0,8})$/.exec(text) ?? []
  if (n === undefined) throw new OperatorMistake('--drop takes a number, "all" or "every:n": 2, all, every:3')
  return every ? { every: Number(n) } : { first: Number(n) }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

function readDelay(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS[unit] ?? 0)
  if (!(ms >= 1 && ms <= LONGEST_DELAY_MS)) throw new OperatorMistake('--delay takes a duration like 5s, 500ms or 2m')
  return ms
}

function readNumber(text: string, from: number, most: number, option: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < from || value > most) {
    throw new OperatorMistake(`${option} takes a whole number from ${from} to ${most}`)
  }
  return value
}
