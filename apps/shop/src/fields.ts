/** The fields that forms of this shop are made of. */
import { type Html, html } from './html.js'

export interface Choice {
  readonly value: string
  readonly label: Html
  readonly hint?: Html
}

/** A group of radio buttons, in which one is always chosen once it was. */
export function choices(
  name: string,
  legend: string,
  options: readonly Choice[],
  { chosen, problem }: { chosen?: string | undefined; problem?: string | undefined },
): Html {
  return html`<fieldset class="choices${problem !== undefined && ' wrong'}" id="${name}"${
    problem !== undefined && html` aria-describedby="${name}-error"`
  }>
<legend>${legend}</legend>
${problem !== undefined && html`<p class="error" id="${name}-error">${problem}</p>`}
${options.map(
  ({ value, label, hint }, nth) => html`<div class="choice">
<input type="radio" id="${name}-${nth}" name="${name}" value="${value}" required${
    value === chosen && html` checked`
  }${hint && html` aria-describedby="${name}-${nth}-hint"`}>
<label for="${name}-${nth}">${label}</label>
${hint && html`<p class="hint" id="${name}-${nth}-hint">${hint}</p>`}
</div>
`,
)}</fieldset>`
}

/** The box for 3-D Secure. */
export const threeDSBox = (checked: boolean): Html => html`<div class="check">
<input type="checkbox" id="threeDS" name="threeDS" value="yes" aria-describedby="threeDS-hint"${checked && html` checked`}>
<label for="threeDS">Ask for 3-D Secure</label>
<p class="hint" id="threeDS-hint">Your bank makes sure that it is you, on a page of our payment provider. It may do so
anyway.</p>
</div>`

/** What is to be corrected, with links to where. */
export function problemSummary(problems: readonly { field: string; text: string }[], more?: Html): Html {
  return html`<div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="summary-title">
<h2 id="summary-title">Please correct ${problems.length === 1 ? 'this' : 'these'}</h2>
<ul>
${problems.map(({ field, text }) => html`<li><a href="#${field}">${text}</a></li>\n`)}
</ul>
${more}
</div>`
}

/** A date as people write it: `29 November 2026`; always UTC, so that everybody sees the same. */
export function shownDate(time: number): string {
  const date = new Date(time)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
]
