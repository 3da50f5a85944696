import { UnparsableFrame } from './unparsable-frame.js'

/**
 * Takes a text apart by position.
 * @param widths  of each part, the first one first
 * @returns the parts by number from 1; a text that is too short leaves the last ones out
 */
export function readPositions(text: string, widths: readonly number[]): ReadonlyMap<number, string> {
  const parts = new Map<number, string>()
  let at = 0
  for (const [index, width] of widths.entries()) {
    const part = text.slice(at, at + width)
    if (part.length === width) parts.set(index + 1, part)
    at += width
  }
  return parts
}

/** Puts parts in their positions, with blanks for those that are not there, and nothing behind the last one that is. */
export function writePositions(parts: ReadonlyMap<number, string>, widths: readonly number[]): string {
  const last = Math.max(...parts.keys())
  return widths
    .slice(0, last)
    .map((width, index) => (parts.get(index + 1) ?? '').padEnd(width, ' '))
    .join('')
}

/**
 * Takes tagged parts apart: 2 digits id, 2 digits length, value.
 * @throws UnparsableFrame when they do not fill the text exactly, or one stands there twice
 */
export function readTagged(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const head = /^(\d\d)(\d\d)$/.exec(text.slice(at, at + 4))
    if (head === null) throw new UnparsableFrame('has a subelement without id and length')
    const [, id, length] = head
    const end = at + 4 + Number(length)
    if (end > text.length) throw new UnparsableFrame(`ends within subelement ${id}`)
    if (parts.has(id!)) throw new UnparsableFrame(`has subelement ${id} twice`)
    parts.set(id!, text.slice(at + 4, end))
    at = end
  }
  return parts
}

/** Writes tagged parts: 2 digits id, 2 digits length, value. */
export function writeTagged(parts: ReadonlyMap<string, string>): string {
  return [...parts].map(([id, value]) => `${id}${String(value.length).padStart(2, '0')}${value}`).join('')
}
