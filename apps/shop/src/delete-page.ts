import { brandName, shownNumber } from './card-names.js'
import type { KeptCard } from './cards.js'
import type { DeleteProblem } from './delete-card.js'
import { html } from './html.js'
import { cardFace, page } from './pages.js'

/** `GET /cards/<id>/delete`: asks once more, since nobody can bring a card back. */
export function deletePage(
  id: string,
  card: KeptCard,
  { paysMonthlyCoffee, problem }: { paysMonthlyCoffee: boolean; problem?: DeleteProblem | undefined },
): string {
  return page(
    { title: problem ? 'The card is not deleted' : 'Delete this card?', here: 'list' },
    html`
<section class="sheet">
${
  problem &&
  html`<div class="summary" role="alert" tabindex="-1" autofocus>
<h2>That did not work</h2>
<p>${problem.text}</p>
<p>Code: <code>${problem.code}</code></p>
</div>`
}
<h1>Delete ${brandName(card.brand)} <span class="unbroken">${shownNumber(card.maskedCardNo)}</span>?</h1>
${cardFace(card)}
<p>The vault erases its number for good, and we forget its token. To pay with it again you would have to add it again.
Payments that were made stay as they are.</p>
${paysMonthlyCoffee && html`<p><strong>Your monthly coffee is paid with this card, and ends with it.</strong></p>`}
<form class="actions" method="post" action="/cards/${id}/delete">
<button class="danger" type="submit">Delete the card</button>
<a href="/cards">Keep it</a>
</form>
</section>
`,
  )
}
