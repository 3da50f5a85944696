/** What a buyer's browser told of itself, when its page was opened. */
import type { System } from '../system.js'
import { noteBrowser } from './authentications-across-merchants.js'
import type { BrowserFacts } from './browser-facts.js'

/**
 * Writes it down and wakes the process that goes on with it.
 * @param authenticationId  of the run that the page shows
 * @returns whether it counts: the first browser does
 */
export async function recordBrowser(system: System, authenticationId: string, facts: BrowserFacts): Promise<boolean> {
  const { javaScriptEnabled, language, colorDepth, screenWidth, screenHeight, timeZoneOffset } = facts
  // Neither address nor full name of the browser: people read the timeline, and these are the buyer's.
  const detail = { javaScriptEnabled, language, colorDepth, screenWidth, screenHeight, timeZoneOffset }
  return noteBrowser(system.db, authenticationId, { at: system.clock.now(), kind: 'threeds.browser', detail }, facts)
}
