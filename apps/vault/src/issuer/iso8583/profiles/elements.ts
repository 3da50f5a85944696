/** Short ways to write down the elements of a profile. What they give is plain data. */
import type { ElementSpec, Encoding, Kind, LengthPrefix, PositionSpec, Sensitivity } from '../profile.js'

type Options = Partial<Pick<ElementSpec, 'min' | 'padding' | 'sensitivity' | 'parts'>>

/** How a dialect writes digits, text and lengths unless an element says otherwise. */
export interface Habits {
  readonly digits: Encoding
  readonly text: Encoding
  readonly lengths: Encoding
}

export function elementsOf(habits: Habits) {
  const encodingOf = (kind: Kind) =>
    kind === 'b' ? 'binary' : kind === 'n' || kind === 'z' ? habits.digits : habits.text
  const blanks = { with: ' ', side: 'right' } as const
  const spec = (name: string, kind: Kind, length: number, options: Options): ElementSpec => ({
    name,
    kind,
    encoding: encodingOf(kind),
    length,
    ...options,
  })
  const variable =
    (digits: LengthPrefix['digits'], counts: LengthPrefix['counts']) =>
    (name: string, kind: Kind, length: number, options: Options = {}): ElementSpec => ({
      ...spec(name, kind, length, options),
      prefix: { digits, encoding: habits.lengths, counts },
    })
  return {
    /** Of fixed length; text is filled up with blanks on the right, numbers must have all their digits. */
    fixed: (name: string, kind: Kind, length: number, options: Options = {}): ElementSpec =>
      spec(
        name,
        kind,
        length,
        kind === 'n' || kind === 'b' || kind === 'z' ? options : { padding: blanks, ...options },
      ),
    /** With a length that counts digits, characters or, of `b`, bytes. */
    ll: variable(2, 'units'),
    lll: variable(3, 'units'),
    /** With a length that counts bytes also where two digits share one. */
    llBytes: variable(2, 'bytes'),
    lllBytes: variable(3, 'bytes'),
  }
}

/** A part at a fixed place; text is filled up with blanks on the right. */
export function at(
  name: string,
  kind: PositionSpec['kind'],
  length: number,
  options: Partial<Pick<PositionSpec, 'padding' | 'sensitivity'>> = {},
): PositionSpec {
  return {
    name,
    kind,
    length,
    ...(kind !== 'n' && kind !== 'z' && { padding: { with: ' ', side: 'right' } as const }),
    ...options,
  }
}

export const sensitive = (sensitivity: Sensitivity) => ({ sensitivity })
