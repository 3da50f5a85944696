/**
 * Everything that the hosted pages say. A language is an object of this type, so that a text that is missing does not
 * compile. All texts are plain: whoever puts them into a page escapes them, the merchant's name in them included.
 */
export interface Texts {
  /** Of the `lang` attribute, by BCP 47. */
  readonly tag: string
  /** Read aloud in place of the dots before the last four digits. */
  readonly cardEnding: (lastFour: string) => string
  readonly backTo: (shop: string) => string
  readonly choose: {
    readonly title: string
    readonly question: (shop: string) => string
    readonly note: string
  }
  /** The browser is looked at, and the issuer's 3DS Method runs. */
  readonly browser: {
    readonly title: string
    readonly text: (shop: string) => string
    /** Instead, when the bank did not answer before. */
    readonly again: string
    readonly next: string
    readonly withoutScript: (shop: string) => string
    readonly stalled: string
  }
  readonly wait: {
    readonly title: string
    readonly directory: string
    readonly issuer: string
    readonly note: string
  }
  readonly challenge: {
    readonly title: string
    readonly text: (shop: string) => string
    /** Whose page is in the frame. */
    readonly source: string
    readonly address: (host: string) => string
    /** Title of the frame. */
    readonly frame: string
    /** @param minutes  at least 1 */
    readonly timeLeft: (minutes: number) => string
    readonly withoutScript: string
    readonly open: string
    readonly goOn: string
  }
  readonly returned: {
    readonly title: string
    readonly text: string
  }
  /** When waiting takes longer than it should. */
  readonly slow: (shop: string) => string
  readonly bankSays: string
  readonly stuck: {
    readonly title: string
    readonly text: (shop: string) => string
  }
  readonly succeeded: {
    readonly title: string
    readonly text: (shop: string) => string
  }
  readonly failed: FailureTexts
  readonly payment: PaymentTexts
  readonly goesBack: string
  readonly unknown: { readonly title: string; readonly text: string }
  readonly mistake: { readonly title: string; readonly text: string }
  readonly trouble: { readonly title: string; readonly text: string }
}

/** How it ended when it did not succeed. */
interface FailureTexts {
  readonly title: string
  readonly noChoice: (shop: string) => string
  readonly notAuthenticated: (shop: string) => string
  readonly closed: (shop: string) => string
  readonly other: (shop: string) => string
}

/** Says something with the amount in it, as the language writes it: `12,34 €`. */
type OfSum = (shop: string, sum: string) => string

/** In place of the texts of the same names, where a card pays and is not saved. */
export interface PaymentTexts {
  readonly choose: { readonly question: OfSum; readonly note: string }
  readonly browser: { readonly text: OfSum; readonly next: string; readonly withoutScript: OfSum }
  readonly wait: { readonly title: string; readonly issuer: string }
  readonly challenge: { readonly text: OfSum }
  readonly stuck: { readonly text: (shop: string) => string }
  readonly succeeded: { readonly title: string; readonly text: OfSum }
  readonly failed: FailureTexts
  /** The merchant has called it off. A vaulting cannot be. */
  readonly cancelled: { readonly title: string; readonly text: OfSum }
}
