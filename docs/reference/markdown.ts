/** A table in Markdown, with an empty line behind it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\n`
}

/** Words of the wire or of the code. */
export const code = (text: string) => `\`${text}\``

/** Several of them. */
export const codes = (texts: readonly string[]) => texts.map(code).join(', ')

/** A time for people, from milliseconds: `10 s`, `5 min`, `2 h`. */
export function duration(ms: number): string {
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`
  }
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`
}
