/** Addresses that messages of 3-D Secure name. Source: EMV 3-D Secure › notificationURL, threeDSServerURL. */
import type { Config } from '../config.js'
import { NOTIFICATION_URL_MAX } from './areq.js'

/** Where the 3DS Method calls back, in the buyer's browser. */
export const methodNotifyUrl = ({ pagesUrl }: Pick<Config, 'pagesUrl'>) => short(`${pagesUrl}/3ds/method-notify`)

/** Where a challenge comes back to, in the buyer's browser. */
export const challengeNotifyUrl = ({ pagesUrl }: Pick<Config, 'pagesUrl'>) => short(`${pagesUrl}/3ds/challenge-notify`)

/** Where a directory server sends the result of a challenge. */
export const resultsUrl = ({ threeDS }: Pick<Config, 'threeDS'>, directoryId: string) =>
  `${threeDS.resultsUrl}/ds/${directoryId}/results`

function short(url: string): string {
  if (url.length > NOTIFICATION_URL_MAX) throw new Error('the address of the hosted pages is too long for 3-D Secure')
  return url
}
