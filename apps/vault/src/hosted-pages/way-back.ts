/** The way back to the merchant's page. Where it leads comes from the signed request alone, never from a browser. */

/**
 * The merchant's page, with the id of the vaulting and nothing secret. All else of its address stays as the merchant
 * wrote it: it may be signed, or be read by something that knows one spelling only.
 * @param redirectUrl  as the API accepts it: without a scheme it is read as https
 */
export function backTo({
  redirectUrl,
  vaultingRequestId,
}: {
  readonly redirectUrl: string
  readonly vaultingRequestId: string
}): string {
  const { href } = new URL(withScheme(redirectUrl))
  const [, page = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(href) ?? []
  const others = query.split('&').filter(pair => pair !== '' && !new URLSearchParams(pair).has('vaultingRequestId'))
  const pairs = [...others, new URLSearchParams({ vaultingRequestId }).toString()]
  return `${page}?${pairs.join('&')}${fragment}`
}

/** `localhost:3000/done` has a port and no scheme, `myshop:done` is an app's own address. */
function withScheme(text: string): string {
  const hasPort = /^[^/?#]*:\d+(?=[/?#]|$)/.test(text)
  const https = `https://${text}`
  return !hasPort && /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : URL.canParse(https) ? https : text
}
