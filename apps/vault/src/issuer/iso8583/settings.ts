/** What an acquirer gives its client to put into messages. Plain data, so that it can come from a file. */

/** The fields that may differ from merchant to merchant. */
export interface AcceptorSettings {
  /** DE41, up to 8 characters. */
  readonly terminalId: string
  /** DE18, four digits. Source: ISO 18245. */
  readonly merchantCategoryCode: string
  /** DE42, up to 15 characters. */
  readonly cardAcceptorId: string
  /** DE43, with the two below. Without it the name that the vault has for the merchant. */
  readonly merchantName?: string
  readonly merchantCity: string
  /** ISO 3166-1 alpha-2. */
  readonly merchantCountry: string
}

export interface AcquirerSettings extends AcceptorSettings {
  /** DE32, up to 11 digits. */
  readonly acquirerId: string
  /** DE33, up to 11 digits, when somebody forwards for the acquirer. */
  readonly forwardingId?: string
  /** DE19, ISO 3166-1, three digits. */
  readonly acquirerCountry: string
  /** By the vault's id of the merchant: what differs from the above. */
  readonly merchants?: Readonly<Record<string, Partial<AcceptorSettings>>>
}

/** What goes into the messages of one merchant. */
export function acceptorFor(acquirer: AcquirerSettings, merchantId: string): AcceptorSettings {
  const own = acquirer.merchants && Object.hasOwn(acquirer.merchants, merchantId) && acquirer.merchants[merchantId]
  return own ? { ...acquirer, ...own } : acquirer
}
