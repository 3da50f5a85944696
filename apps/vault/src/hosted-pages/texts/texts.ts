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
  readonly saved: {
    readonly title: string
    readonly text: (shop: string) => string
  }
  readonly notSaved: {
    readonly title: string
    readonly noChoice: (shop: string) => string
    readonly notAuthenticated: (shop: string) => string
    readonly closed: (shop: string) => string
    readonly other: (shop: string) => string
  }
  readonly goesBack: string
  readonly unknown: { readonly title: string; readonly text: string }
  readonly mistake: { readonly title: string; readonly text: string }
  readonly trouble: { readonly title: string; readonly text: string }
}
