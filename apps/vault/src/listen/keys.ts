/** Single keys, while a listener runs in a terminal. */
import type { Treatments } from './treatments.js'

/** A terminal's input, as much of it as is needed. */
export interface KeySource {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
  on(event: 'data', heard: (chunk: Buffer | string) => void): unknown
  off(event: 'data', heard: (chunk: Buffer | string) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** How long the key `l` delays the next one. */
const LATER_MS = 5_000

/** What the keys do, in a line. */
export const KEYS_IN_WORDS =
  'Keys: h hold on or off, r release what is held; the next one: d drop, 2 duplicate, l delay by 5 s; o reorder the next two; ? help, q quit'

/** Ctrl-C, which a terminal hands on as a key while keys are read one by one. */
const CTRL_C = '\u0003'

/**
 * Reads keys until it is told to stop.
 * @param say  what a key has done, for people
 * @returns how to stop
 */
export function readKeys(
  input: KeySource,
  treatments: Treatments,
  { say, quit }: { say: (text: string) => void; quit: () => void },
): () => void {
  if (input.isTTY !== true) return () => {}
  const heard = (chunk: Buffer | string) => {
    const text = String(chunk)
    // Arrows and the like come as several characters, of which one could be taken for a key.
    if (text.startsWith('\u001b')) return
    for (const key of text) {
      if (key === 'q' || key === CTRL_C) return quit()
      const done = act(key, treatments)
      if (done) say(done)
    }
  }
  input.setRawMode?.(true)
  input.on('data', heard)
  input.resume()
  return () => {
    input.off('data', heard)
    input.setRawMode?.(false)
    input.pause()
  }
}

/** @returns what has been done, in words; `undefined` for a key that does nothing */
function act(key: string, treatments: Treatments): string | undefined {
  switch (key) {
    case 'h':
      return treatments.toggleHold()
        ? 'Whatever comes is held from now on: r releases it.'
        : 'Nothing is held any more.'
    case 'r': {
      const released = treatments.release()
      return released > 0 ? `Released ${released}.` : 'Nothing is held.'
    }
    case 'd':
      treatments.dropNext()
      return 'The next one is dropped.'
    case '2':
      treatments.duplicateNext()
      return 'The next one is forwarded twice.'
    case 'l':
      treatments.delayNext(LATER_MS)
      return 'The next one is delayed by 5 s.'
    case 'o':
      treatments.reorderNext(2)
      return 'The next two are forwarded in reverse: the first waits for the second.'
    case '?':
      return KEYS_IN_WORDS
    default:
      return undefined
  }
}
