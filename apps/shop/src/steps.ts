/** How a page shows what the server was told: a list of statements, each with a sign of how it stands. */
import { type Html, html } from './html.js'

interface Said {
  readonly code: string
  readonly message: string
}

/** A statement in the vault's words: `S SUCCESS “success.”`. */
export const said = ({ code, message }: Said, status: string): Html =>
  html`<strong>${status === code ? status : `${status} ${code}`}</strong>${
    message && html` <span class="said">“${message}”</span>`
  }`

export const signed = (statement: Said, status: string): Html => html`${said(statement, status)}, signature verified`

export function step(state: 'done' | 'waiting' | 'failed' | 'none', name: string, text: Html): Html {
  return html`<li class="${state}"><strong>${name}:</strong> ${text}</li>`
}
