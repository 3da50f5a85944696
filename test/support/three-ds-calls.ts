/** What tests of 3-D Secure do at the merchant's door, and where they look afterwards. */

import { timelineOf } from '../../apps/vault/src/timeline/timeline-store.js'
import type { VaultPaymentMethodRequest } from '../../packages/antom/src/index.js'
import { aVaultingRequest } from './builders.js'
import type { Loose } from './played-directory.js'
import type { TestSystem } from './start-system.js'

/** Everything that an AReq wants to know of a browser: without a 3DS Method nothing is wanted of the buyer then. */
export const fullEnv: VaultPaymentMethodRequest['env'] = {
  terminalType: 'WEB',
  clientIp: '203.0.113.7',
  colorDepth: 30,
  screenHeight: 1080,
  screenWidth: 1920,
  timeZoneOffset: -60,
  browserInfo: {
    acceptHeader: 'text/html',
    language: 'en-GB',
    userAgent: 'Mozilla/5.0 (Test)',
    javaEnabled: false,
    javaScriptEnabled: true,
  },
}

/** An answer of the API. */
export interface Told {
  result: { resultCode: string; resultStatus: string; resultMessage: string }
  normalUrl?: string
  vaultingStatus?: string
  vaultingResultCode?: string
}

/** Vaults a card. @param more  fields of the request @param as  the merchant, if another one */
export async function vaultCard(coffer: TestSystem, card: Loose, more: Loose = {}, as = coffer.merchant) {
  const request = aVaultingRequest({ card, ...more })
  const answer = (await coffer.vaultPaymentMethod(request, { as })).json as Told
  return { id: request.vaultingRequestId, answer, page: answer.normalUrl ?? '' }
}

export const inquire = async (coffer: TestSystem, id: string) => (await coffer.inquireVaulting(id)).json as Told

/** What the timeline shows of a vaulting. */
export const eventsOf = (coffer: TestSystem, id: string, merchant = coffer.merchant) =>
  timelineOf(coffer.system.db, merchant.clientId, id) as Promise<({ at: string; kind: string } & Loose)[]>

/** Changes settings of 3-D Secure, as an operator would between two starts. */
export function setThreeDS(coffer: TestSystem, change: Loose): void {
  Object.assign(coffer.system.config, { threeDS: { ...coffer.system.config.threeDS, ...change } })
}

/** Waits for what another turn of a loop has to do. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const found = await look()
    if (found) return found
    if (tries > 600) throw new Error('what was waited for has not come')
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}

/** How a vaulting ended, once it has. */
export const ended = (coffer: TestSystem, id: string) =>
  until(async () => {
    const told = await inquire(coffer, id)
    return told.vaultingStatus !== 'PROCESSING' && told.vaultingResultCode ? told : undefined
  })
