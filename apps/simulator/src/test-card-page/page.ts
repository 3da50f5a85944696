import type {
  CatalogueColumn,
  CatalogueExample,
  CatalogueSection,
  CatalogueTable,
  CatalogueValue,
  TestCardCatalogue,
} from '@coffer/test-cards'
import { script } from './script.js'
import { style } from './style.js'

/** The whole page as one text, style and script included. */
export function testCardHtml({ title, about, sections }: TestCardCatalogue): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Coffer sandbox</title>
<style>${style}</style>
<script>${script}</script>
</head>
<body>
<a class="skip" href="#${sections[0]?.id}">Skip to the tables</a>
${icons}
<header>
<p class="eyebrow">Coffer sandbox</p>
<h1>${escaped(title)}</h1>
${paragraphs(about)}
</header>
<div class="bar">
<div class="find">
<label for="filter">Filter</label>
<input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder="lost, amex, FR, 4000 0025 …">
<output id="status" for="filter" role="status" aria-live="polite"></output>
</div>
<nav aria-label="On this page">
${sections.map(({ id, title }) => `<a href="#${id}">${escaped(shortened(title))}</a>`).join('\n')}
</nav>
</div>
<main>
${sections.map(section).join('\n')}
<p id="nothing" hidden>No row has all of these words. A number that is not printed here may still be a test card: clear
the filter and see the last chapter.</p>
</main>
<footer>
<p>The same as <a href="/test-cards.json">JSON</a>. Made from the one table that the simulated issuer answers by.</p>
</footer>
</body>
</html>
`
}

/** The part of a title that is enough for a link. */
function shortened(title: string): string {
  return title.split(':', 1)[0]!
}

function section({ id, title, notice, about, example, tables, code }: CatalogueSection): string {
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escaped(title)}</h2>
${notice === undefined ? '' : `<p class="notice" role="note">${inline(notice)}</p>`}
${paragraphs(about)}
${example === undefined ? '' : anatomy(example)}
${code === undefined ? '' : `<pre><code>${escaped(code)}</code></pre>`}
${tables.map((table, nth) => tableHtml(table, id, nth)).join('\n')}
</section>`
}

/** The digits side by side with the names of their parts below, then what each part means. */
function anatomy({ number, parts }: CatalogueExample): string {
  return `<figure class="anatomy">
<div class="digits" role="img" aria-label="${fours(number).join(' ')}">
${parts.map(({ digits, name }) => `<span class="part"><b>${digits}</b><i>${escaped(name)}</i></span>`).join('')}
</div>
<dl>
${parts.map(({ digits, name, says }) => `<div><dt><i>${escaped(name)}</i> <code>${digits}</code></dt><dd>${inline(says)}</dd></div>`).join('\n')}
</dl>
<figcaption>This number: ${card(number)}</figcaption>
</figure>`
}

function tableHtml({ title, columns, rows }: CatalogueTable, section: string, nth: number): string {
  const name = title === undefined ? `${section}-title` : `${section}-${nth + 1}`
  const numbers = columns.filter(({ kind }) => kind === 'card').length
  const width = columns.length + numbers > 6 ? 'wide' : 'narrow'
  return `<div class="table">
${title === undefined ? '' : `<h3 id="${name}">${escaped(title)}</h3>`}
<table class="${width}" role="table" aria-labelledby="${name}">
<thead role="rowgroup"><tr role="row">${columns.map(columnHeading).join('')}</tr></thead>
<tbody role="rowgroup">
${rows.map(row => `<tr role="row">${columns.map((column, nth) => cell(column, row[column.key], nth === 0)).join('')}</tr>`).join('\n')}
</tbody>
</table>
</div>`
}

function columnHeading({ label, kind }: CatalogueColumn): string {
  return `<th role="columnheader" scope="col" class="${kind}">${escaped(label)}</th>`
}

// The roles say what the elements are anyway. They are there because on a phone each row is shown as a box, and browsers
// then forget that it is a table.
function cell({ label, kind }: CatalogueColumn, value: CatalogueValue | undefined, first: boolean): string {
  const content = value === undefined ? '<span class="none">–</span>' : values(kind, value)
  const classes = value === undefined ? `${kind} empty` : kind
  return first
    ? `<th role="rowheader" scope="row" class="${classes}" data-label="${escaped(label)}">${content}</th>`
    : `<td role="cell" class="${classes}" data-label="${escaped(label)}">${content}</td>`
}

function values(kind: CatalogueColumn['kind'], value: CatalogueValue): string {
  if (typeof value === 'string') return one(kind, value)
  return `<div>${Object.entries(value)
    .map(([when, each]) => `<div class="case"><span>${escaped(when)}</span> ${one(kind, each)}</div>`)
    .join('')}</div>`
}

function one(kind: CatalogueColumn['kind'], value: string): string {
  switch (kind) {
    case 'card':
      return card(value)
    case 'code':
      return `<code${value === 'SUCCESS' ? ' class="good"' : ''}>${escaped(value)}</code>`
    case 'text':
      return `<span>${inline(value)}</span>`
  }
}

/** The gaps between the groups are drawn, not written: who selects a number gets digits alone. */
function card(number: string): string {
  const groups = fours(number)
  return (
    `<span class="number"><span class="pan">${groups.map(group => `<span>${group}</span>`).join('')}</span>` +
    `<button class="copy" type="button" data-copy="${number}" aria-label="Copy ${groups.join(' ')}" title="Copy">` +
    '<svg aria-hidden="true"><use href="#icon-copy"/></svg><svg aria-hidden="true"><use href="#icon-done"/></svg>' +
    '</button></span>'
  )
}

function fours(number: string): string[] {
  return number.match(/.{1,4}/g) ?? []
}

function paragraphs(texts: readonly string[]): string {
  return texts.map(text => `<p>${inline(text)}</p>`).join('\n')
}

/** Text in which backticks mark literal values. */
function inline(text: string): string {
  return escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>')
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => entities[character]!)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const icons = `<svg width="0" height="0" class="icons" aria-hidden="true">
<symbol id="icon-copy" viewBox="0 0 16 16"><path d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z"/></symbol>
<symbol id="icon-done" viewBox="0 0 16 16"><path d="M3 8.5l3.5 3.5L13 4.5"/></symbol>
</svg>`
