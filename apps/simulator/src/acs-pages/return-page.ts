import type { Showing } from '../three-ds/acs.js'
import { bankDocument, escaped } from './document.js'
import { submitScript } from './submit-script.js'

/** A page that carries something back by the browser: at once where scripts run, by a button where they do not. */
export function returnPage({ url, fields }: Extract<Showing, { kind: 'return' }>): string {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  )
  return bankDocument(
    'Going back',
    `<form method="post" action="${escaped(url)}">
${hidden.join('\n')}
<h1>Going back to the shop</h1>
<p>If nothing happens, press the button.</p>
<p class="actions"><button type="submit">Continue</button></p>
</form>
<script>${submitScript}</script>`,
  )
}
