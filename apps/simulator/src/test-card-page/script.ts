/**
 * What the page does in the browser, in plain JavaScript: it goes out as it stands, because its hash is in the
 * Content-Security-Policy. It must not hold a closing script tag.
 */
export const script = `
'use strict'
document.documentElement.classList.add('js')

document.addEventListener('DOMContentLoaded', () => {
  const byId = id => document.getElementById(id)
  const filter = byId('filter')
  const rows = [...document.querySelectorAll('tbody tr')].map(row => ({ row, words: wordsOf(row) }))

  document.addEventListener('click', event => {
    const button = event.target.closest('button.copy')
    if (button) copy(button)
  })
  filter.addEventListener('input', show)
  // A browser that comes back to the page fills in what was typed before.
  if (filter.value !== '') show()

  async function copy(button) {
    const number = button.dataset.copy
    const read = number.replace(/(.{4})(?=.)/g, '$1 ')
    let copied = true
    try {
      await navigator.clipboard.writeText(number)
    } catch {
      // Not allowed here, as on a page that comes neither from this machine nor over HTTPS.
      copied = select(button.parentElement.querySelector('.pan'))
    }
    document.querySelector('button.copied')?.classList.remove('copied')
    if (copied) button.classList.add('copied')
    tell(copied ? 'Copied ' + read : 'Selected ' + read + ': copy it with Ctrl+C or Command+C')
  }

  /** Selects a number and tries the old way to copy. */
  function select(element) {
    const range = document.createRange()
    range.selectNodeContents(element)
    const selection = getSelection()
    selection.removeAllRanges()
    selection.addRange(range)
    try {
      return document.execCommand('copy')
    } catch {
      return false
    }
  }

  /** A screen reader is silent about a text that stays the same, so the second time it differs by a blank. */
  function tell(text) {
    const status = byId('status')
    status.textContent = status.textContent === text ? text + '\\u00a0' : text
  }

  function wordsOf(row) {
    const section = row.closest('section')
    const table = row.closest('table')
    const cells = [...row.cells].map(cell => cell.textContent)
    const headings = [section.querySelector('h2'), table.previousElementSibling].map(heading => heading?.textContent)
    return [...cells, ...headings].join(' ').toLowerCase()
  }

  function show() {
    const typed = filter.value.trim().toLowerCase()
    // A number may be typed in groups, as it is printed.
    const wanted = /^\\d{4}( \\d{1,4})+$/.test(typed) ? [typed.replaceAll(' ', '')] : typed.split(/\\s+/)
    let shown = 0
    for (const { row, words } of rows) {
      row.hidden = !wanted.every(word => words.includes(word))
      if (!row.hidden) shown += 1
    }
    const anything = element => typed === '' || element.querySelector('tbody tr:not([hidden])') !== null
    for (const table of document.querySelectorAll('.table')) table.hidden = !anything(table)
    for (const section of document.querySelectorAll('main > section')) {
      section.hidden = !anything(section)
      document.querySelector('nav a[href="#' + section.id + '"]').hidden = section.hidden
    }
    document.documentElement.classList.toggle('filtered', typed !== '')
    byId('nothing').hidden = shown > 0
    tell(typed === '' ? '' : shown + ' of ' + rows.length + ' rows')
  }
})
`
