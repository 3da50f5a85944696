import { expect, test } from 'vitest'
import { html } from './html.js'

test('what is put into a page is text there, whatever it holds', () => {
  const evil = `<script>alert("x")</script>'&`
  expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
    '<p title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;">' +
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;</p>',
  )
})

test('pieces of pages stay markup, also in lists, and what is absent leaves nothing', () => {
  expect(html`<ul>${['<a>', '<b>'].map(name => html`<li>${name}</li>`)}${false}${undefined}${''}${0}</ul>`.text).toBe(
    '<ul><li>&lt;a&gt;</li><li>&lt;b&gt;</li>0</ul>',
  )
})
