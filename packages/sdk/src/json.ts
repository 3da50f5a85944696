/** JSON objects off the wire, before anything is known of their shape. */
export type Json = Record<string, unknown>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @returns the object, or `undefined` when the bytes are not one: the parser's own message would quote them */
export function parseObject(body: Uint8Array): Json | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(body))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
