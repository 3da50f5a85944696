/** How the bank's pages look, from 250 pixels of width up. It goes out as it stands: its hash is in the CSP. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2430; --quiet: #556070; --line: #d5dae2; --strong: #1f4e9c; --on-strong: #ffffff;
  --soft: #f2f5fa; --notice: #fdeceb; --notice-line: #b3261e;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171e; --text: #e6eaf0; --quiet: #a5b0be; --line: #333d4a; --strong: #8fb8ff; --on-strong: #0c1524;
    --soft: #1b222c; --notice: #3a1b1a; --notice-line: #ff8f86;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); }
header { display: flex; align-items: center; gap: .5rem; padding: .6rem max(1rem, calc(50% - 14rem));
  border-bottom: 3px solid var(--strong); }
header svg { flex: none; width: 1.6rem; height: 1.6rem; fill: var(--strong); }
header p { margin: 0; line-height: 1.2; }
header b { display: block; }
header span { color: var(--quiet); font-size: .78rem; }
main { max-width: 30rem; margin: 0 auto; padding: .8rem 1rem 1.2rem; }
h1 { margin: 0 0 .5rem; font-size: 1.15rem; line-height: 1.25; }
p { margin: 0 0 .6rem; }
dl { margin: 0 0 .8rem; padding: .5rem .7rem; border-radius: 8px; background: var(--soft); }
dl div { display: flex; gap: .6rem; padding: .1rem 0; }
dt { flex: 0 0 4.4rem; color: var(--quiet); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
label { display: block; font-weight: 600; }
input:not([type=hidden]) { width: 100%; max-width: 14rem; padding: .45rem .6rem; border: 1px solid var(--quiet); border-radius: 6px;
  background: var(--page); color: inherit; font: inherit; font-size: 1.15rem; letter-spacing: .12em; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .8rem; }
button { padding: .55rem 1rem; min-height: 2.75rem; border: 1px solid var(--strong); border-radius: 6px; background: var(--strong);
  color: var(--on-strong); font: inherit; font-weight: 600; cursor: pointer; }
button.second { background: transparent; color: var(--strong); }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
.notice { padding: .5rem .7rem; border-left: 3px solid var(--notice-line); background: var(--notice); }
.notice[role=status] { border-color: var(--strong); background: var(--soft); }
.quiet { color: var(--quiet); font-size: .9rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
details { margin-top: 1rem; padding-top: .6rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .88rem; }
summary { cursor: pointer; }
ul { margin: .4rem 0 0; padding-left: 1.1rem; }
code { font: .95em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--text); }
@media (max-width: 300px) {
  header { padding: .4rem .7rem; }
  main { padding: .6rem .7rem 1rem; }
  h1, p, dl { margin-bottom: .4rem; }
  h1 { font-size: 1.02rem; }
  dl { padding: .35rem .6rem; }
  dl div { display: block; }
  .actions { margin-top: .5rem; }
}
`
