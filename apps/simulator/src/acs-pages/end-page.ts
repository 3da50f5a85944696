import type { ProtocolError } from '../three-ds/protocol-error.js'
import { bankDocument, escaped } from './document.js'

/** A page for when there is nobody to go back to, or nothing left to do. */
export function endPage({ code, detail }: ProtocolError): string {
  const [title, text] =
    code === '305'
      ? ['This confirmation is over', 'There is nothing left to do here. Go back to the shop to see how it ended.']
      : ['This page cannot be shown', 'Your bank did not understand the request. Go back to the shop and try again.']
  return bankDocument(
    title,
    `<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
<p class="quiet">Error ${escaped(code)}: ${escaped(detail)}</p>`,
  )
}
