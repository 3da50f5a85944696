/** The headers of a message as the frameworks give them: Node's and Express's object, a `Headers`, or pairs. */
export type HeadersLike =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>

/**
 * Reads headers by name, whatever their case.
 * Of a header that came more than once, all values are given with commas between, as `fetch` does: for our headers
 * that is never valid, so a doubled one cannot be read in two ways.
 */
export function headerReader(headers: HeadersLike): (name: string) => string | undefined {
  if ('get' in headers && typeof headers.get === 'function') {
    const { get } = headers
    return name => get.call(headers, name) ?? undefined
  }
  const pairs: Iterable<readonly [string, unknown]> = Symbol.iterator in headers ? headers : Object.entries(headers)
  const byName = new Map<string, string>()
  for (const [name, value] of pairs) {
    if (value === undefined || value === null) continue
    const text = Array.isArray(value) ? value.join(', ') : String(value)
    const before = byName.get(name.toLowerCase())
    byName.set(name.toLowerCase(), before === undefined ? text : `${before}, ${text}`)
  }
  return name => byName.get(name)
}
