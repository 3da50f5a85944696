import {
  type CatalogueColumn,
  type CatalogueExample,
  type CatalogueSection,
  type CatalogueTable,
  type CatalogueValue,
  testCardCatalogue,
} from '../../packages/test-cards/src/index.js'

/** The page of all test cards as Markdown. The simulator serves the same tables, with a button to copy each number. */
export function testCardsReference(): string {
  const { title, about, sections } = testCardCatalogue()
  return (
    `# ${title}\n\n${paragraphs(about)}` +
    'While the sandbox runs, its simulator shows this page with a button to copy each number: ' +
    '<http://127.0.0.1:8092/test-cards>.\n\n' +
    `${sections.map(({ title }) => `- [${title}](#${anchor(title)})\n`).join('')}\n` +
    sections.map(chapter).join('').trimEnd() +
    '\n'
  )
}

function chapter({ title, notice, about, example, tables, code }: CatalogueSection): string {
  return (
    `## ${title}\n\n` +
    (notice === undefined ? '' : `> **Note:** ${notice}\n\n`) +
    paragraphs(about) +
    (example === undefined ? '' : anatomy(example)) +
    (code === undefined ? '' : `\`\`\`ts\n${code}\n\`\`\`\n\n`) +
    tables.map(tableText).join('')
  )
}

/** The digits with the names of their parts below them, then what each part means. */
function anatomy({ parts }: CatalogueExample): string {
  const width = ({ digits, name }: { digits: string; name: string }) => Math.max(digits.length, name.length)
  const line = (text: (part: CatalogueExample['parts'][number]) => string) =>
    parts
      .map(part => text(part).padEnd(width(part)))
      .join('  ')
      .trimEnd()
  return (
    `\`\`\`text\n${line(({ digits }) => digits)}\n${line(({ name }) => name)}\n\`\`\`\n\n` +
    `${parts.map(({ digits, name, says }) => `- **${name}** \`${digits}\`: ${says}\n`).join('')}\n`
  )
}

function tableText({ title, columns, rows }: CatalogueTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return (
    (title === undefined ? '' : `### ${title}\n\n`) +
    line(columns.map(({ label }) => label)) +
    line(columns.map(() => '---')) +
    rows.map(row => line(columns.map(({ key, kind }) => cell(kind, row[key])))).join('') +
    '\n'
  )
}

function cell(kind: CatalogueColumn['kind'], value: CatalogueValue | undefined): string {
  if (value === undefined) return ''
  const printed = (one: string) => (kind === 'text' ? one : `\`${one}\``)
  if (typeof value === 'string') return printed(value)
  return Object.entries(value)
    .map(([when, one]) => `${when}: ${printed(one)}`)
    .join('<br>')
}

function paragraphs(texts: readonly string[]): string {
  return texts.map(text => `${text}\n\n`).join('')
}

/** As GitHub makes the anchor of a heading: small letters, no punctuation, hyphens for blanks. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')
}
