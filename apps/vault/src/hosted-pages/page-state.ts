/** What a page's script asks for: whether the page is still the right one. */
import { createHash } from 'node:crypto'
import type { BuyerPage } from '../buyers/buyer-page.js'
import type { Texts } from './texts/texts.js'

/** The answer of `GET /v/:ref/state`. */
export interface PageState {
  /** Changes when another page is to be shown. */
  step: string
  methodDone?: boolean
  timeLeft?: string
}

export function stateOf(page: BuyerPage, texts: Texts): PageState {
  const { step } = page
  return {
    step: fingerprint(page),
    ...(step.kind === 'browser' && { methodDone: step.methodDone }),
    ...(step.kind === 'challenge' && { timeLeft: timeLeft(page, texts) }),
  }
}

/** How long the buyer has, in words. */
export function timeLeft({ remainingMs }: BuyerPage, texts: Texts): string {
  return texts.challenge.timeLeft(Math.max(1, Math.ceil(remainingMs / 60_000)))
}

/** Attributes of `main` by which the script knows what to ask and what it is looking at. */
export function watchAttributes(page: BuyerPage, path: string, query: string): string {
  return `data-state="${path}/state${query}" data-step="${fingerprint(page)}"`
}

/** Of what a page shows, without what its script learns meanwhile, and without what is in its forms alone. */
function fingerprint({ step }: BuyerPage): string {
  const shown = { ...step, methodDone: undefined, method: undefined, creq: undefined, sessionData: undefined }
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22)
}
