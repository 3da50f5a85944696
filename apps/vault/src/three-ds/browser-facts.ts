/**
 * What an issuer gets to know of the buyer's browser. The live browser tells it best; where none has come yet, what the
 * merchant sent along may do. Source: EMV 3-D Secure › AReq, browser data elements.
 */
import { isIP } from 'node:net'
import type { VaultPaymentMethodRequest } from '@coffer/antom'
import type { AReq, MessageVersion } from '@coffer/emv3ds'

/** A browser as it shows itself. What it does not say is `undefined`. */
export interface BrowserFacts {
  acceptHeader: string
  userAgent: string
  ip: string | undefined
  language: string | undefined
  javaEnabled: boolean | undefined
  javaScriptEnabled: boolean
  /** Bits. */
  colorDepth: number | undefined
  /** Pixels. */
  screenHeight: number | undefined
  screenWidth: number | undefined
  /** Minutes from local time to UTC: UTC minus local. */
  timeZoneOffset: number | undefined
  /** Pixels of the window, which a challenge has to fit into. */
  windowWidth: number | undefined
  windowHeight: number | undefined
}

type Env = VaultPaymentMethodRequest['env']

/**
 * The browser as the merchant describes it.
 * @returns `undefined` where something is missing that every AReq must have: then the buyer's browser has to come
 */
export function factsFromEnv(env: Env): BrowserFacts | undefined {
  const { browserInfo, clientIp, colorDepth, screenHeight, screenWidth, timeZoneOffset } = env
  const userAgent = browserInfo?.userAgent ?? env.userAgent
  const { acceptHeader, language, javaEnabled, javaScriptEnabled } = browserInfo ?? {}
  const isScripted = javaScriptEnabled === true
  const isComplete =
    acceptHeader && userAgent && clientIp && language && javaScriptEnabled !== undefined && javaEnabled !== undefined
  const hasScreen = [colorDepth, screenHeight, screenWidth, timeZoneOffset].every(value => value !== undefined)
  // Version 2.1.0 wants the screen of every browser, 2.2.0 of those with JavaScript: whoever has all serves both.
  if (!isComplete || !hasScreen) return undefined
  return {
    acceptHeader,
    userAgent,
    ip: clientIp,
    language,
    javaEnabled,
    javaScriptEnabled: isScripted,
    colorDepth,
    screenHeight,
    screenWidth,
    timeZoneOffset,
    windowWidth: undefined,
    windowHeight: undefined,
  }
}

type BrowserElements = Pick<AReq, Extract<keyof AReq, `browser${string}`>>

/**
 * The elements of an AReq that describe a browser, in the forms they must have.
 * @param merchantSays  what the merchant sent along, for what the browser does not tell
 */
export function browserElements(facts: BrowserFacts, version: MessageVersion, merchantSays?: Env): BrowserElements {
  const { javaScriptEnabled } = facts
  const ip = address(facts.ip) ?? address(merchantSays?.clientIp)
  const told = version === '2.1.0' || javaScriptEnabled
  const tag = languageTag(facts.language) ?? languageTag(merchantSays?.browserInfo?.language)
  // Where a script ran the message must name one; a browser that keeps it to itself must not end the vaulting.
  const language = tag ?? (told ? UNDETERMINED : undefined)
  return {
    browserAcceptHeader: printable(facts.acceptHeader, 2048) || '*/*',
    browserUserAgent: printable(facts.userAgent, 2048) || 'unknown',
    ...(ip && { browserIP: ip }),
    ...(language && { browserLanguage: language }),
    ...(version !== '2.1.0' && { browserJavascriptEnabled: javaScriptEnabled }),
    ...(told && {
      browserJavaEnabled: facts.javaEnabled ?? false,
      browserColorDepth: colorDepth(facts.colorDepth ?? merchantSays?.colorDepth),
      browserScreenHeight: pixels(facts.screenHeight ?? merchantSays?.screenHeight),
      browserScreenWidth: pixels(facts.screenWidth ?? merchantSays?.screenWidth),
      browserTZ: minutes(facts.timeZoneOffset ?? merchantSays?.timeZoneOffset),
    }),
  }
}

/** Where browser and merchant say different things, for the timeline: a sign of risk, and no more than that. */
export function differences(facts: BrowserFacts, merchantSays: Env | undefined): string[] {
  if (!merchantSays) return []
  const { browserInfo, clientIp, colorDepth, screenHeight, screenWidth, timeZoneOffset } = merchantSays
  const pairs: [string, unknown, unknown][] = [
    ['clientIp', clientIp, facts.ip],
    ['userAgent', browserInfo?.userAgent ?? merchantSays.userAgent, facts.userAgent],
    ['language', browserInfo?.language, facts.language],
    ['colorDepth', colorDepth, facts.colorDepth],
    ['screenHeight', screenHeight, facts.screenHeight],
    ['screenWidth', screenWidth, facts.screenWidth],
    ['timeZoneOffset', timeZoneOffset, facts.timeZoneOffset],
  ]
  return pairs
    .filter(([, said, shown]) => said !== undefined && shown !== undefined && said !== shown)
    .map(([name]) => name)
}

/** Of the depths that the message knows, the largest that is not larger: screens of 30 bits exist and count as 24. */
const DEPTHS = ['48', '32', '24', '16', '15', '8', '4', '1'] as const
const colorDepth = (bits = 24) => DEPTHS.find(depth => Number(depth) <= bits) ?? '1'

const pixels = (count = 0) => String(Math.min(Math.max(Math.round(count), 0), 999_999))

const minutes = (offset = 0) => String(Math.min(Math.max(Math.round(offset), -840), 840))

/** Without what no message can have, and no longer than it can be. */
const printable = (text: string, most: number) => text.replace(/[^\x20-\x7e]/g, '').slice(0, most)

/** "No language is known", as a language tag. Source: ISO 639-2, BCP 47. */
const UNDETERMINED = 'und'

/** A language tag of at most eight characters, cut where a part of it ends: `zh-Hans-CN` is `zh-Hans`. */
function languageTag(tag: string | undefined): string | undefined {
  if (tag === undefined || !/^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(tag)) return undefined
  const parts = tag.split('-')
  while (parts.join('-').length > 8) parts.pop()
  return parts.join('-') || undefined
}

/** An address without the zone that a machine adds for itself. */
function address(text: string | undefined): string | undefined {
  const bare = text?.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  return bare && isIP(bare) ? bare : undefined
}

/** The sizes of the challenge's frame, in pixels. Source: EMV 3-D Secure › challengeWindowSize. */
export const windowSizes = {
  '01': { width: 250, height: 400 },
  '02': { width: 390, height: 400 },
  '03': { width: 500, height: 600 },
  '04': { width: 600, height: 400 },
  '05': undefined,
} as const

export type WindowSize = keyof typeof windowSizes

/** The largest frame that fits beside what our page says; on a narrow screen the whole of it. */
export function windowSizeFor({ windowWidth, windowHeight }: BrowserFacts): WindowSize {
  if (windowWidth === undefined || windowHeight === undefined) return '03'
  if (windowWidth < 560) return '05'
  // Some 200 pixels of ours are above it.
  if (windowHeight >= 820) return '03'
  return windowWidth >= 660 ? '04' : '02'
}
