/**
 * How the page looks. It goes out as it stands, because its hash is in the Content-Security-Policy: no element of the
 * page may have a style attribute.
 */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfbf9; --sheet: #ffffff; --line: #e2e2dc; --text: #1d2327; --quiet: #5a646b; --strong: #0d5c63;
  --soft: #eef4f3; --good: #1c6b3a; --notice: #fdf5df; --notice-line: #d9a62e;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  scroll-padding-top: 7rem;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14181a; --sheet: #1a2023; --line: #2f383c; --text: #e4e8e9; --quiet: #a0abb1; --strong: #74cfd2;
    --soft: #212c2e; --good: #7fd19b; --notice: #2d2715; --notice-line: #b98f2c;
  }
}
@media (prefers-reduced-motion: no-preference) { :root { scroll-behavior: smooth; } }

* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--text); }
header, main, footer, .bar > * { max-width: 78rem; margin-inline: auto; padding-inline: 1.25rem; }
header { padding-top: 2rem; padding-bottom: .75rem; }
.eyebrow { margin: 0; color: var(--quiet); font-size: .85rem; }
h1 { margin: 0 0 .75rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0 0 .5rem; font-size: 1.25rem; line-height: 1.3; letter-spacing: -.01em; }
h3 { margin: 1.5rem 0 .4rem; font-size: .95rem; }
p { margin: 0 0 .6rem; max-width: 75ch; }
section { padding-top: 2.5rem; }
a { color: var(--strong); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; border-radius: 3px; }
code, .pan, .digits b { font-family: var(--mono); font-size: .92em; font-variant-ligatures: none; }
p code, dd code, td span > code { padding: .05em .3em; border-radius: 3px; background: var(--soft); }
.skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--sheet); z-index: 2; }
.skip:focus { left: 0; }
.icons { position: absolute; }
.notice { padding: .6rem .9rem; border-left: 3px solid var(--notice-line); background: var(--notice); }
pre { margin: .75rem 0; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 6px;
  background: var(--sheet); }

.bar { position: sticky; top: 0; z-index: 1; border-bottom: 1px solid var(--line); background: var(--page); }
.find { display: none; align-items: center; gap: .75rem; padding-top: .6rem; }
.js .find { display: flex; }
.find label { font-weight: 600; }
.find input { flex: 0 1 22rem; min-width: 0; padding: .4rem .6rem; border: 1px solid var(--quiet); border-radius: 6px;
  background: var(--sheet); color: inherit; font: inherit; }
.find input::placeholder { color: var(--quiet); opacity: 1; }
.find output { color: var(--quiet); font-size: .9rem; font-variant-numeric: tabular-nums; }
nav { display: flex; gap: 1rem; overflow-x: auto; scrollbar-width: none; padding-block: .3rem; }
nav a { flex: none; padding-block: .3rem; font-size: .88rem; text-decoration: none; white-space: nowrap; }
nav a:hover { text-decoration: underline; }
nav a:focus-visible { outline-offset: -2px; }

.anatomy { margin: 1rem 0 0; padding: 1.1rem 1.25rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--sheet); }
.digits { display: flex; gap: .4rem; }
.part { display: flex; flex-direction: column; align-items: center; min-width: 2.1rem; }
.digits b { width: 100%; padding-inline: .3rem; border-bottom: 3px solid; font-size: 1.5rem; font-weight: 500;
  line-height: 1.5; letter-spacing: .04em; text-align: center; }
.part i, dt i { font-size: .8rem; font-style: normal; font-weight: 600; }
.part:nth-child(1) b { border-color: #2f6fb3; } .part:nth-child(2) b { border-color: #9aa3a8; }
.part:nth-child(3) b { border-color: #8a56b0; } .part:nth-child(4) b { border-color: #c2562f; }
.part:nth-child(5) b { border-color: #2d8a56; } .part:nth-child(6) b { border-color: #9aa3a8; }
dl { margin: 1rem 0; }
dl div { display: grid; grid-template-columns: 9.5rem 1fr; gap: .75rem; padding-block: .15rem; }
dt { display: flex; align-items: baseline; gap: .5rem; }
dt i { min-width: 2.8rem; }
dd { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .6rem; color: var(--quiet); }
figcaption .number { color: var(--text); }

.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
table.wide { width: 100%; }
th, td { padding: .34rem .9rem .34rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  font-weight: 400; }
thead th { border-bottom-color: var(--quiet); color: var(--quiet); font-size: .82rem; font-weight: 600;
  vertical-align: bottom; }
thead th:first-child, tbody th { padding-left: .5rem; }
tbody tr:hover > * { background: var(--soft); }
tbody th code { font-weight: 600; }
td.code, th.code { white-space: nowrap; }
.good { color: var(--good); }
.none { color: var(--quiet); }
.case > span { color: var(--quiet); font-size: .88em; }
.case > span::after { content: ":"; }
.number { display: inline-flex; align-items: center; gap: .35rem; white-space: nowrap; }
/* As wide as 16 digits, so that the buttons stand in line. */
.pan { min-width: calc(16ch + 1.35em); user-select: all; -webkit-user-select: all; font-size: .95em; }
.pan span + span { margin-left: .45em; }
.copy { display: none; place-items: center; width: 1.6rem; height: 1.6rem; margin-block: -.1rem; padding: 0;
  border: 1px solid transparent; border-radius: 5px; background: none; color: var(--quiet); cursor: pointer; }
.js .copy { display: inline-grid; }
.copy:hover { border-color: var(--line); background: var(--sheet); color: var(--strong); }
.copy svg { width: 1rem; height: 1rem; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linejoin: round;
  stroke-linecap: round; }
.copy svg + svg, .copied svg { display: none; }
.copied svg + svg { display: block; stroke-width: 2; }
.copied { color: var(--good); }
#nothing { padding-top: 2rem; }
.filtered section { padding-top: 1.5rem; }
.filtered section > p:not(.notice) { display: none; }
footer { padding-block: 2.5rem; color: var(--quiet); font-size: .9rem; }

@media (max-width: 75em) {${asBoxes('table.wide')}}
@media (max-width: 60em) {${asBoxes('table.narrow')}}
@media (max-width: 45em) {
  header, main, footer, .bar > * { padding-inline: .75rem; }
  header { padding-top: 1.25rem; }
  .find { flex-wrap: wrap; justify-content: space-between; gap: .2rem .6rem; }
  .find input { order: 1; flex: 1 0 100%; font-size: 16px; }
  .find output { font-size: .8rem; }
  .anatomy { padding: .8rem .7rem; }
  .digits { gap: .2rem; }
  .part { min-width: 1.9rem; }
  .digits b { padding-inline: .1rem; font-size: 1.2rem; letter-spacing: 0; }
  dl div { display: block; padding-block: .25rem; }
  .copy { width: 2.2rem; height: 2.2rem; }
  .pan { font-size: 13px; }
}
@media print { .bar, .copy { display: none !important; } }
`

/** Shows each row of these tables as a box of its own, with the headings in front of the values. */
function asBoxes(tables: string): string {
  return `
  ${tables}, ${tables} tbody, ${tables} tr, ${tables} th, ${tables} td { display: block; }
  ${tables} { width: 100%; }
  ${tables} thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  ${tables} tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); gap: .6rem; }
  ${tables} tbody tr { padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 8px; background: var(--sheet); }
  ${tables} tbody tr:hover > * { background: none; }
  ${tables} tbody :is(th, td) { display: grid; grid-template-columns: 6.2rem minmax(0, 1fr); gap: .5rem;
    align-items: baseline; padding: .12rem 0; border: 0; white-space: normal; overflow-wrap: anywhere; }
  ${tables} tbody :is(th, td)::before { content: attr(data-label); color: var(--quiet); font-size: .8rem;
    font-weight: 400; line-height: 1.25; }
  ${tables} tbody .empty { display: none; }
  ${tables} .copy { margin-block: -.35rem; }
`
}
