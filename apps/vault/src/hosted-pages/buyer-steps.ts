/** What the hosted pages show and do, by the vault itself. */

import { buyerPage } from '../buyers/buyer-page.js'
import { chooseForBuyer } from '../buyers/buyer-store.js'
import type { System } from '../system.js'
import { recordBrowser } from '../three-ds/record-browser.js'
import { recordMethodDone } from '../three-ds/record-method.js'
import { recordReturn } from '../three-ds/record-return.js'
import type { BuyerSteps } from './pages-server.js'

/** @param wake  called when something has come here that the vault goes on with */
export function buyerSteps(system: System, wake: () => void): BuyerSteps {
  return {
    buyerPage: vaultingId => buyerPage(system, vaultingId),
    async choose(page, network) {
      await chooseForBuyer(system.db, page, network, system.clock.now())
      wake()
    },
    async recordBrowser(page, facts) {
      if (page.step.kind !== 'browser') return
      await recordBrowser(system, page.step.authenticationId, facts)
      wake()
    },
    recordMethodDone: data => recordMethodDone(system, data),
    recordReturn: form => recordReturn(system, form),
  }
}
