import { style } from './style.js'

/** A whole page of the bank. @param body  HTML, with everything in it escaped that was not written here */
export function bankDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Bank of Simulation</title>
<style>${style}</style>
</head>
<body>
<header>
<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M12 2 2 8v2h20V8zM4 11v7H3v3h18v-3h-1v-7h-2.5v7h-2v-7h-2v7h-3v-7h-2v7h-2v-7z"/></svg>
<p><b>Bank of Simulation</b> <span>Not a real bank</span></p>
</header>
<main>
${body}
</main>
</body>
</html>
`
}

/** Text as HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.codePointAt(0)};`)
}
