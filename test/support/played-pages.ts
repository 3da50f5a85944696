/**
 * The server of the hosted pages, real, over buyers' steps that a test plays: it says what step a buyer is at, and is
 * told what the pages pass on.
 */
import { createHash } from 'node:crypto'
import type { BuyerPage } from '../../apps/vault/src/buyers/buyer-page.js'
import { pageUrl } from '../../apps/vault/src/hosted-pages/page-address.js'
import {
  type BuyerSteps,
  makePagesServer,
  type PagesServerOptions,
} from '../../apps/vault/src/hosted-pages/pages-server.js'
import { makeLog } from '../../apps/vault/src/platform/log.js'

type Step = BuyerPage['step']
type StepOf<K extends Step['kind']> = Step & { kind: K }

/** Steps with everything in them; a test says what is different. */
export const aStep = {
  choose: (): StepOf<'choose'> => ({ kind: 'choose', networks: ['VISA', 'CARTES_BANCAIRES'] }),
  browser: (over: Partial<StepOf<'browser'>> = {}): StepOf<'browser'> => ({
    kind: 'browser',
    authenticationId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    method: undefined,
    methodDone: false,
    methodTimeoutMs: 10_000,
    attempt: 1,
    ...over,
  }),
  wait: (which: 'directory' | 'issuer' = 'issuer'): StepOf<'wait'> => ({ kind: 'wait', for: which }),
  challenge: (over: Partial<StepOf<'challenge'>> = {}): StepOf<'challenge'> => ({
    kind: 'challenge',
    authenticationId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    acsUrl: 'https://acs.bank.example:8443/challenge?a=1&b=2',
    creq: 'eyJtZXNzYWdlVHlwZSI6IkNSZXEifQ',
    sessionData: 'c2Vzc2lvbg',
    windowSize: '03',
    returned: false,
    cardholderInfo: undefined,
    ...over,
  }),
  stuck: (): StepOf<'stuck'> => ({ kind: 'stuck' }),
  end: (over: Partial<StepOf<'end'>> = {}): StepOf<'end'> => ({
    kind: 'end',
    state: 'FAIL',
    ended: 'other',
    cardholderInfo: undefined,
    ...over,
  }),
}

/** What makes a page that of a payment. */
export const aPayment = (amount = 1234n, currency = 'EUR'): Pick<BuyerPage, 'about' | 'payment'> => ({
  about: 'PAYMENT',
  payment: { amount, currency },
})

/** A buyer whom the test leads from step to step. */
export interface PlayedBuyer {
  /** May be changed at any time. */
  page: BuyerPage
  url: string
  /** What the pages passed on, oldest first. */
  told: { what: keyof BuyerSteps; given: unknown }[]
}

export interface PlayedPages {
  /** Origin of the pages. */
  url: string
  logLines: string[]
  /** Another buyer. */
  buyer(step: Step, over?: Partial<BuyerPage>): PlayedBuyer
  /** Called when a page passes something on, after it has been written down. */
  onTold: (buyer: PlayedBuyer, what: keyof BuyerSteps, given: unknown) => unknown
  /** How often a state was asked for, or a page. */
  looks: () => number
  /** From now on nothing can be looked up. */
  isDown: boolean
  stop(): Promise<void>
}

const cards = { pageSecret: (id: string) => createHash('sha256').update(id).digest('base64url') }

/** Starts it on a free port. */
export async function startPlayedPages(options: Partial<PagesServerOptions> = {}): Promise<PlayedPages> {
  const buyers = new Map<string, PlayedBuyer>()
  const logLines: string[] = []
  let looks = 0
  const pass = async (buyer: PlayedBuyer | undefined, what: keyof BuyerSteps, given: unknown) => {
    buyer?.told.push({ what, given })
    if (buyer) await played.onTold(buyer, what, given)
    return buyer !== undefined
  }
  const byData = (data: string | undefined) => [...buyers.values()].find(({ page }) => data && page.id === data)
  const steps: BuyerSteps = {
    async buyerPage(id) {
      looks += 1
      if (played.isDown) throw new Error('the database is away')
      return buyers.get(id)?.page
    },
    choose: (page, network) => pass(buyers.get(page.id), 'choose', network),
    recordBrowser: (page, facts) => pass(buyers.get(page.id), 'recordBrowser', facts),
    recordMethodDone: data => pass(byData(data), 'recordMethodDone', data),
    async recordReturn(form) {
      const buyer = byData(form.threeDSSessionData)
      await pass(buyer, 'recordReturn', form)
      return buyer && { vaultingId: buyer.page.id }
    },
  }
  const log = makeLog({ now: () => 0, stream: { write: line => logLines.push(line) } })
  const server = makePagesServer({
    ...{ steps, cards, log, tls: undefined, frameSources: [], clientIpHeader: undefined },
    ...options,
  })
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  const played: PlayedPages = {
    url,
    logLines,
    buyer(step, over = {}) {
      const id = `018f0000-0000-7000-8000-${String(buyers.size + 1).padStart(12, '0')}`
      const page: BuyerPage = {
        ...{ about: 'VAULTING', payment: undefined, requestId: `vr-${buyers.size + 1}` },
        ...{ id, merchantId: 'M', merchantName: 'Fernhill Coffee' },
        ...{ redirectUrl: 'https://shop.example/done?a=1', lastFour: '0001', network: 'VISA', remainingMs: 540_000 },
        step,
        ...over,
      }
      const buyer: PlayedBuyer = { page, url: pageUrl(cards, url, id), told: [] }
      buyers.set(id, buyer)
      return buyer
    },
    onTold: () => undefined,
    looks: () => looks,
    isDown: false,
    stop: () => server.close(),
  }
  return played
}
