/** `coffer notifications …`: what merchants were told, and telling them again. */
import { Command } from 'commander'
import { OperatorMistake } from '../merchants/manage-merchants.js'
import { type Cancelled, cancelNotifications } from '../notifications/cancel-notifications.js'
import type { Attempt } from '../notifications/look-up-across-merchants.js'
import {
  detailOf,
  findNotification,
  type ListQuery,
  listNotifications,
} from '../notifications/look-up-notifications.js'
import { detailData, listData, outcomeText } from '../notifications/look-up-print.js'
import { signedString } from '../notifications/look-up-signed-string.js'
import { type CaughtUp, resendFailed } from '../notifications/resend-failed.js'
import { type Resent, resendNotifications, waitForOutcomes } from '../notifications/resend-notifications.js'
import type { System } from '../system.js'
import type { CommandHost } from './host.js'
import { attemptLine, detailText, listText } from './notification-texts.js'

/** How long `resend` waits for the outcomes: a delivery may take ten seconds. */
const PATIENCE_MS = 15_000

type Told = { data: object; text: string; failed?: boolean }

interface ShowOptions {
  merchant?: string
  stringToSign?: string
}

interface ResendOptions {
  merchant?: string
  attempt?: string
  to?: string
  wait: boolean
  failed?: boolean
  from?: string
  until?: string
  dryRun?: boolean
}

const NAMED = 'its id, or the vaultingRequestId that it tells of'
const INSTANT = 'ISO 8601 with offset, or how long ago: 3h, 1h30m, 7d'

export function notificationsCommand(host: CommandHost): Command {
  const notifications = new Command('notifications').description(
    'what merchants were told and what they answered; send again, catch up, cancel',
  )
  const run = (work: (system: System) => Promise<Told>) => host.withVault(work)

  notifications
    .command('list')
    .description('list notifications, newest first')
    .option('--merchant <client-id>', 'of this merchant alone')
    .option('--state <state>', 'open, acknowledged, exhausted, cancelled or no-address')
    .option('--kind <kind>', 'notifyVaulting, notifyPayment, notifyCapture or notifyRefund')
    .option('--since <instant>', `made since then, 7d unless told: ${INSTANT}`)
    .option('--until <instant>', 'made before then')
    .option('--before <id>', 'go on behind the last one of a list')
    .option('--limit <n>', 'so many, 1 to 1000; 50 unless told')
    .action((query: ListQuery) =>
      run(async ({ db, clock }) => {
        const now = clock.now()
        const list = await listNotifications(db, query, now)
        return { data: listData(list), text: listText(list, now) }
      }),
    )

  notifications
    .command('show')
    .description('show a notification with its address, its state and each attempt')
    .argument('<notification>', NAMED)
    .option('--merchant <client-id>', 'whose it is, when several merchants used the same vaultingRequestId')
    .option('--string-to-sign <attempt>', 'print the text that was signed for an attempt, such as 3 or r1')
    .addHelpText('after', STRING_HELP)
    .action((named: string, options: ShowOptions) => run(system => show(system, named, options, host)))

  notifications
    .command('resend')
    .description('send notifications once more, at any time and whatever became of them')
    .argument('[notification...]', NAMED)
    .option('--merchant <client-id>', 'whose they are')
    .option(
      '--attempt <attempt>',
      'as this attempt was sent, such as 3 or r1; a sandbox signs it as it was signed then',
    )
    .option('--to <url>', 'to this address, judged as at the call')
    .option('--no-wait', `do not wait for the outcome; otherwise ${PATIENCE_MS / 1_000} seconds`)
    .option('--failed', 'all that failed between --from and --until and is not acknowledged up to now, once each')
    .option('--from <instant>', `with --failed: ${INSTANT}`)
    .option('--until <instant>', 'with --failed: the end; now unless told')
    .option('--dry-run', 'with --failed: only tell how many there are')
    .addHelpText('after', RESEND_HELP)
    .action((named: string[], options: ResendOptions) =>
      run(system => (options.failed ? catchUp(system, named, options, host) : resend(system, named, options, host))),
    )

  notifications
    .command('cancel')
    .description('end the series of notifications: no more attempts')
    .argument('<notification...>', `${NAMED}; the id of a resend cancels that one alone`)
    .option('--merchant <client-id>', 'whose they are')
    .action((named: string[], options: { merchant?: string }) =>
      run(async system => {
        const cancelled = await cancelNotifications(system, named, options.merchant)
        return { data: { cancelled: cancelled.map(cancelledData) }, text: cancelled.map(cancelledText).join('\n') }
      }),
    )
  return notifications
}

const STRING_HELP = `
The text that was signed is printed byte for byte, and one line feed that does not belong to it. A shell takes that away
in $(…), so that your own text can be compared, and a signature that you received be verified:

  printf %s "$(coffer notifications show <id> --string-to-sign 1)" | cmp - yours.txt
  printf %s "$(coffer notifications show <id> --string-to-sign 1)" |
    openssl dgst -sha256 -verify gateway.pem -signature signature.bin

gateway.pem is the gateway's public key, as sandbox.json has it and "coffer merchant add" printed it; signature.bin is what
stands behind "signature=" in the header that you received:

  printf %s '<gatewayPublicKey>' | openssl base64 -d -A | openssl pkey -pubin -inform DER -out gateway.pem
  printf %s '<signature>' | sed 's/%2B/+/g; s|%2F|/|g; s/%3D/=/g' | openssl base64 -d -A > signature.bin

The text holds the card token; that it was shown is noted in the timeline.`

const RESEND_HELP = `
Ends with 1 when one that was waited for was not acknowledged, or is not known to be after ${PATIENCE_MS / 1_000} seconds; with --no-wait and
--failed, which wait for none, with 0 once they are queued.`

async function show(system: System, named: string, options: ShowOptions, host: CommandHost): Promise<Told> {
  const { db, clock } = system
  const detail = await detailOf(db, await findNotification(db, named, options.merchant))
  if (options.stringToSign === undefined) return { data: detailData(detail), text: detailText(detail, clock.now()) }
  const { content, warning } = await signedString(system, detail, options.stringToSign)
  if (warning !== undefined) host.say(warning)
  const text = content.toString('utf8')
  return { data: { id: detail.id, attempt: options.stringToSign, stringToSign: text, warning: warning ?? null }, text }
}

async function resend(system: System, named: string[], options: ResendOptions, host: CommandHost): Promise<Told> {
  if (options.from !== undefined || options.until !== undefined || options.dryRun) {
    throw new OperatorMistake('--from, --until and --dry-run belong to --failed')
  }
  if (named.length === 0) throw new OperatorMistake('name the notifications, or everything that --failed finds')
  const { merchant: merchantId, attempt, to } = options
  const resent = await resendNotifications(system, named, { merchantId, attempt, to })
  for (const one of resent) host.say(queuedText(one))
  const ids = resent.map(({ resendId }) => resendId)
  const outcomes = options.wait ? await waitForOutcomes(system, ids, PATIENCE_MS) : new Map<string, Attempt>()
  const lines = resent.map(one => {
    const made = outcomes.get(one.resendId)
    const what = made ? attemptLine(made) : options.wait ? STILL_WAITING : 'queued'
    return `${one.notification.id}  ${what}`
  })
  const failed = options.wait && !ids.every(id => outcomes.get(id)?.acknowledged)
  return {
    data: { resends: resent.map(one => resentData(one, outcomes.get(one.resendId))) },
    text: lines.join('\n'),
    failed,
  }
}

const STILL_WAITING = `queued, and not delivered within ${PATIENCE_MS / 1_000} s: does "coffer work" run? "coffer notifications show" tells how it went`

const queuedText = ({ notification, url, resendId }: Resent) =>
  `Queued ${notification.kind} of ${notification.subjectId} once more, to ${url ?? 'whoever listens'} (resend ${resendId})`

const resentData = ({ notification, resendId, url }: Resent, made: Attempt | undefined) => ({
  id: notification.id,
  resendId,
  clientId: notification.merchantId,
  subject: notification.subjectId,
  url: url ?? null,
  outcome: made
    ? {
        at: new Date(made.beganAt).toISOString(),
        httpStatus: made.httpStatus ?? null,
        acknowledged: made.acknowledged,
        outcome: outcomeText(made),
      }
    : null,
})

async function catchUp(system: System, named: string[], options: ResendOptions, host: CommandHost): Promise<Told> {
  if (named.length > 0 || options.attempt !== undefined || options.to !== undefined) {
    throw new OperatorMistake('--failed finds the notifications by itself: without ids, --attempt and --to')
  }
  if (options.from === undefined) throw new OperatorMistake('--failed needs --from, the beginning of the outage')
  const { from, until = '0s', merchant: merchantId, dryRun } = options
  const caughtUp = await resendFailed(system, { from, until, merchantId, dryRun }, queued =>
    host.say(`${queued} ${dryRun ? 'found' : 'queued'}`),
  )
  return { data: caughtUpData(caughtUp, dryRun === true), text: caughtUpText(caughtUp, dryRun === true) }
}

/** What a catch-up came to, as JSON. */
export function caughtUpData({ byMerchant, withoutAddress, failedFrom, failedUntil }: CaughtUp, dryRun: boolean) {
  return {
    dryRun,
    failedFrom: new Date(failedFrom).toISOString(),
    failedUntil: new Date(failedUntil).toISOString(),
    resent: sum(byMerchant),
    withoutAddress,
    merchants: [...byMerchant].map(([clientId, count]) => ({ clientId, count })),
  }
}

const sum = (byMerchant: ReadonlyMap<string, number>) => [...byMerchant.values()].reduce((all, one) => all + one, 0)

function caughtUpText({ byMerchant, withoutAddress, failedFrom, failedUntil }: CaughtUp, dryRun: boolean): string {
  const between = `between ${new Date(failedFrom).toISOString()} and ${new Date(failedUntil).toISOString()}`
  const queued = sum(byMerchant)
  const done = dryRun ? 'would be resent' : 'queued once more'
  const lines = [
    queued === 0
      ? `Nothing to resend: all that failed ${between} is acknowledged, cancelled, or queued already.`
      : `${queued} ${done} that failed ${between}:`,
  ]
  for (const [clientId, count] of byMerchant) lines.push(`  ${clientId}  ${count}`)
  if (withoutAddress > 0) {
    const have = withoutAddress === 1 ? 'has' : 'have'
    lines.push(`${withoutAddress} ${have} no address: set one with "coffer merchant notify-url", then run this again.`)
  }
  return lines.join('\n')
}

const cancelledData = ({ notification, resend: one, underWay }: Cancelled) => ({
  id: notification.id,
  resendId: one?.id ?? null,
  clientId: notification.merchantId,
  subject: notification.subjectId,
  underWay,
})

function cancelledText({ notification, resend: one, underWay }: Cancelled): string {
  const what = one ? `resend ${one.id} of ${notification.id}` : notification.id
  const still = underWay ? ' A delivery that had begun may still arrive; it is written down.' : ''
  return `Cancelled ${what}: no more attempts.${still}`
}
