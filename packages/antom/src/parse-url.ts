/**
 * Reads a URL as `new URL` does, without throwing. Not by `URL.canParse`: in Node.js 20 that begins to say no to
 * addresses with letters beyond ASCII once it has been called some thousands of times.
 * @returns `undefined` when it is none
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
