/** The kinds of notification, and where the body of each comes from. Everything else about them is the same. */
import type { CardData } from '../card-data/index.js'
import { captureBodies, paymentBodies, refundBodies } from '../payments/notify-payments.js'
import type { Queryable } from '../platform/database.js'
import { vaultingBodies } from '../vaulting/notify-vaulting.js'

export const notificationKinds = ['notifyVaulting', 'notifyPayment', 'notifyCapture', 'notifyRefund'] as const
export type NotificationKind = (typeof notificationKinds)[number]

export function isNotificationKind(text: string): text is NotificationKind {
  return (notificationKinds as readonly string[]).includes(text)
}

/** What a notification tells of. */
export interface Subject {
  merchantId: string
  subjectId: string
}

/**
 * Makes the bodies of one kind from what is stored, each the same whenever it is made. The outcome of each subject, in
 * their order: one that cannot be read does not hold up its neighbours.
 */
export type BodyLoader = (
  db: Queryable,
  cards: CardData,
  subjects: readonly Subject[],
) => Promise<readonly PromiseSettledResult<object>[]>

/** A kind without a loader is not sent by this version. */
export type BodyLoaders = Partial<Record<NotificationKind, BodyLoader>>

export const bodyLoaders: BodyLoaders = {
  notifyVaulting: vaultingBodies,
  notifyPayment: paymentBodies,
  notifyCapture: captureBodies,
  notifyRefund: refundBodies,
}

/** The exact bytes of each notification's body, or why there are none; in their order. */
export async function loadBodies(
  db: Queryable,
  cards: CardData,
  notifications: readonly (Subject & { kind: NotificationKind })[],
  loaders: BodyLoaders = bodyLoaders,
): Promise<(Buffer | Error)[]> {
  const bodies: (Buffer | Error)[] = notifications.map(({ kind }) => new Error(`${kind} has no loader`))
  for (const kind of new Set(notifications.map(notification => notification.kind))) {
    const places = notifications.flatMap((notification, place) => (notification.kind === kind ? [place] : []))
    const loaded = await loaders[kind]?.(
      db,
      cards,
      places.map(place => notifications[place]!),
    )
    loaded?.forEach((one, nth) => {
      const made = one.status === 'fulfilled' ? Buffer.from(JSON.stringify(one.value)) : asError(one.reason)
      bodies[places[nth]!] = made
    })
  }
  return bodies
}

const asError = (reason: unknown) => (reason instanceof Error ? reason : new Error('a body could not be made'))
