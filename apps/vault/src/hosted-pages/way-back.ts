/** The way back to the merchant's page. Where it leads comes from the signed request alone, never from a browser. */
import { readRedirectUrl } from '@coffer/antom'
import type { About } from '../buyers/errand.js'

/**
 * The merchant's page, with the merchant's own id of the vaulting or payment and nothing secret. All else of its address
 * stays as the merchant wrote it: it may be signed, or be read by something that knows one spelling only.
 * @param redirectUrl  as the API accepts it: without a scheme it is read as https
 */
export function backTo({
  about,
  redirectUrl,
  requestId,
}: {
  readonly about: About
  readonly redirectUrl: string
  readonly requestId: string
}): string {
  const url = readRedirectUrl(redirectUrl)
  // The API takes no other; a row that holds one was changed behind the vault's back.
  if (!url) throw new Error('a stored redirect address is not the address of a page')
  const { href } = url
  const name = about === 'PAYMENT' ? 'paymentRequestId' : 'vaultingRequestId'
  const [, page = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(href) ?? []
  const others = query.split('&').filter(pair => pair !== '' && !new URLSearchParams(pair).has(name))
  const pairs = [...others, new URLSearchParams({ [name]: requestId }).toString()]
  return `${page}?${pairs.join('&')}${fragment}`
}
