import { challengeLevers } from '@coffer/test-cards'
import { codesAllowed } from '../three-ds/challenge.js'
import type { Transaction } from '../three-ds/transactions.js'
import { bankDocument, escaped } from './document.js'
import { purposeOf } from './purpose.js'

/** The page on which a buyer confirms, by a code or in an app. It works without a script. */
export function challengePage(transaction: Transaction, because: 'wrong-code' | 'still-checking' | undefined): string {
  const inApp = transaction.tt === '21'
  return bankDocument(
    'Confirm that it is you',
    `<h1>Confirm that it is you</h1>
${about(transaction)}
${notice(transaction, because)}
<form method="post" action="/acs/challenge/answer">
<input type="hidden" name="acsTransID" value="${escaped(transaction.acsTransID)}">
${inApp ? appForm : codeForm(because)}
</form>
${help(transaction)}`,
  )
}

function about({ areq, lastFour }: Transaction): string {
  const facts = purposeOf(areq).map(([name, fact]) => `<div><dt>${name}</dt><dd>${escaped(fact)}</dd></div>`)
  return `<dl>
${facts.join('\n')}
<div><dt>Card</dt><dd><span aria-hidden="true">•••• </span><span class="unseen">ending in </span>${escaped(lastFour)}</dd></div>
</dl>`
}

function notice({ wrongCodes }: Transaction, because: 'wrong-code' | 'still-checking' | undefined): string {
  if (because === 'still-checking') {
    return '<p class="notice" role="status">We are still checking. Please wait, and do not close this page.</p>'
  }
  if (because !== 'wrong-code') return ''
  const left = codesAllowed - wrongCodes
  return `<p class="notice" role="alert" id="problem">That code is not right. You can try ${left === 1 ? 'once' : `${left} times`} more.</p>`
}

function codeForm(because: string | undefined): string {
  const invalid =
    because === 'wrong-code' ? ' aria-invalid="true" aria-describedby="problem sent"' : ' aria-describedby="sent"'
  return `<p id="sent">We have sent a code of six digits to your phone.</p>
<p class="field"><label for="code">Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required spellcheck="false"${invalid}></p>
<p class="actions"><button type="submit" name="action" value="code">Confirm</button>
<button type="submit" name="action" value="cancel" class="second" formnovalidate>Cancel</button></p>`
}

const appForm = `<p>Open your banking app and confirm there. Then come back to this page.</p>
<p class="quiet">This is a simulator and there is no app: say here what you would do in it.</p>
<p class="actions"><button type="submit" name="action" value="approved-in-app">I approved in my app</button>
<button type="submit" name="action" value="refused-in-app" class="second">I did not</button>
<button type="submit" name="action" value="cancel" class="second">Cancel</button></p>`

function help({ tt }: Transaction): string {
  if (tt === '21') return ''
  const codes = challengeLevers.flatMap(({ otp, says }) =>
    otp === undefined ? [] : [`<li><code>${otp}</code> ${escaped(says)}</li>`],
  )
  const special = specials[tt]
  return `<details>
<summary>Testing: which code?</summary>
${special === undefined ? '' : `<p>${escaped(special)}</p>`}
<ul>
${codes.join('\n')}
<li>Any other code is wrong; three wrong ones fail.</li>
</ul>
</details>`
}

/** What is different on the cards whose challenge does not go as it should. */
const specials: Readonly<Record<string, string>> = {
  '22': 'This card: whatever you type, the browser goes back with success, but the bank never sends the result.',
  '23': 'This card: whatever you type, the bank goes on checking, and gives up after ten minutes.',
  '24': 'This card: whatever you type, the result is no, and the browser goes back with a forged success.',
  '25': 'This card: the bank sends the result twice.',
}
