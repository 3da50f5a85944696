/** `coffer rule`: what a running sandbox does to the next notifications, so that receivers can be tried. */
import { Command } from 'commander'
import { request } from 'undici'
import { portsOf } from '../config.js'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { type RuleKind, ruleKinds } from '../sandbox/rule-store.js'
import { parseDuration } from './clock.js'
import type { CommandHost } from './host.js'

/** What each rule does to a receiver, and what a correct receiver does then. */
export const ruleTexts: Readonly<Record<RuleKind, { does: string; right: string }>> = {
  late: {
    does: 'the first delivery comes so much later',
    right: 'takes the outcome from the answer or an inquiry meanwhile, and acknowledges when it comes',
  },
  twice: {
    does: 'the first delivery comes twice at once, each with a right signature',
    right: 'does its work once per vaultingRequestId, and acknowledges both',
  },
  'out-of-order': {
    does: 'it comes after a later one of the same merchant, or a minute late where there is none',
    right: 'takes each for what it says of its own vaultingRequestId, in whatever order',
  },
  'before-answer': {
    does: 'it comes before vaultPaymentMethod is answered, where that answer is final',
    right: 'knows the vaultingRequestId before it calls, takes what comes first, and takes the other for a repeat',
  },
  'wrong-signature': {
    does: 'the signature is over another body, as if this one had been changed on its way',
    right: 'verifies, uses nothing of it and does not acknowledge; a repeat with a right signature follows',
  },
  'another-key': {
    does: "it is signed with a key that is not the gateway's",
    right: 'the same: it was written by somebody else',
  },
  'no-signature': {
    does: 'it has no signature header',
    right: 'the same: a missing signature is a wrong one',
  },
}

/** A rule as the operations port shows it. */
interface ShownRule {
  id: string
  do: RuleKind
  lateMs?: number
  clientId?: string
  requestPrefix?: string
  timesLeft: number | 'always'
}

interface AddOptions {
  late?: string
  merchant?: string
  prefix?: string
  times?: string
}

export function ruleCommand(host: CommandHost): Command {
  const rule = new Command('rule').description('let a running sandbox misbehave towards receivers of notifications')
  const tell = (answer: object, text: string) => host.print(host.json() ? JSON.stringify(answer) : text)
  rule
    .command('add')
    .description('add a rule for the next notifications')
    .argument('<what>', ruleKinds.join(', '))
    .option('--late <duration>', 'how much later; for "late" alone, e.g. 5m or 1h30m')
    .option('--merchant <client-id>', 'only for notifications of this merchant; for all without')
    .option('--prefix <text>', 'only where the vaultingRequestId begins like this')
    .option('--times <n>', 'how often it acts, or "always"', '1')
    .addHelpText('after', explained)
    .action(async (what: string, options: AddOptions) => {
      const added = (await ask(host, 'POST', '', asked(what, options))) as ShownRule
      tell(added, `Added ${line(added)}`)
    })
  rule
    .command('list')
    .description('list the rules, those that are used up among them')
    .action(async () => {
      const answer = (await ask(host, 'GET', '')) as { rules: ShownRule[] }
      tell(answer, answer.rules.length ? answer.rules.map(line).join('\n') : 'There are no rules.')
    })
  rule
    .command('remove')
    .description('remove a rule, or all of them')
    .argument('[id]', 'as "coffer rule list" shows it')
    .option('--all', 'remove every rule')
    .action(async (id: string | undefined, { all }: { all?: boolean }) => {
      if ((id === undefined) === (all === undefined)) throw new OperatorMistake('name one rule, or give --all')
      const path = id === undefined ? '' : `/${encodeURIComponent(id)}`
      const answer = (await ask(host, 'DELETE', path)) as { removed: number }
      tell(answer, `Removed ${answer.removed}.`)
    })
  return rule
}

const explained = [
  '',
  'What they do to a receiver, and what a correct receiver does then:',
  ...ruleKinds.flatMap(kind => [
    `  ${kind}`,
    `      ${ruleTexts[kind].does}`,
    `      correct: ${ruleTexts[kind].right}`,
  ]),
  '',
  'The first four act on the first delivery of a notification, one of them once; those about the signature act on any',
  'delivery, repeats too. A rule that is used up stays in the list until it is removed. The timeline of a vaulting',
  'shows what was done to it (sandbox.rule).',
].join('\n')

/** As the operations port takes it. */
const MOST_LATE_MS = 30 * 86_400_000

function asked(what: string, { late, merchant, prefix, times = '1' }: AddOptions): object {
  if (!(ruleKinds as readonly string[]).includes(what)) {
    throw new OperatorMistake(`a rule is one of ${ruleKinds.join(', ')}; see: coffer rule add --help`)
  }
  if (what === 'late' && late === undefined) throw new OperatorMistake('"late" needs --late, e.g. --late 10m')
  if (what !== 'late' && late !== undefined) throw new OperatorMistake('--late is for the rule "late" alone')
  const lateMs = late === undefined ? undefined : parseDuration(late)
  if (lateMs !== undefined && lateMs > MOST_LATE_MS) throw new OperatorMistake('--late is at most 30 days')
  if (lateMs === 0) throw new OperatorMistake('--late is at least 1ms')
  if (times !== 'always' && !/^[1-9]\d{0,8}$/.test(times)) {
    throw new OperatorMistake('--times is a whole number from 1, or "always"')
  }
  return {
    do: what,
    ...(lateMs !== undefined && { lateMs }),
    ...(merchant !== undefined && { clientId: merchant }),
    ...(prefix !== undefined && { requestPrefix: prefix }),
    times: times === 'always' ? times : Number(times),
  }
}

/** Asks the operations port of the sandbox that runs. */
async function ask(host: CommandHost, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<object> {
  const config = host.config()
  if (config.environment === 'live') throw new OperatorMistake('there are no rules in live: notifications go out right')
  const url = `http://127.0.0.1:${portsOf(config.portOffset).operations}/sandbox/notification-rules`
  const { statusCode, body: answer } = await request(`${url}${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(() => {
    throw new OperatorMistake(
      `no Coffer answers at ${url}: start one with "npm start", or set COFFER_PORT_OFFSET as it was started with`,
    )
  })
  const read = (await answer.json().catch(() => ({}))) as { error?: string }
  if (statusCode < 300) return read
  if (method === 'DELETE' && statusCode === 404)
    throw new OperatorMistake('there is no such rule; see: coffer rule list')
  throw new OperatorMistake(read.error ?? 'the sandbox did not take it')
}

function line({ id, do: kind, lateMs, clientId, requestPrefix, timesLeft }: ShownRule): string {
  const how = lateMs === undefined ? kind : `${kind} by ${durationText(lateMs)}`
  const whose = clientId === undefined ? 'all merchants' : clientId
  const which = requestPrefix === undefined ? [] : [`ids that begin with ${requestPrefix}`]
  const left = timesLeft === 'always' ? 'always' : timesLeft === 0 ? 'used up' : `${timesLeft} more`
  return [id, how, whose, ...which, left].join('  ')
}

/** As `--late` takes it. */
function durationText(ms: number): string {
  const parts: [number, string][] = [
    [Math.floor(ms / 86_400_000), 'd'],
    [Math.floor(ms / 3_600_000) % 24, 'h'],
    [Math.floor(ms / 60_000) % 60, 'm'],
    [Math.floor(ms / 1_000) % 60, 's'],
    [ms % 1_000, 'ms'],
  ]
  return parts.flatMap(([amount, unit]) => (amount > 0 ? [`${amount}${unit}`] : [])).join('')
}
