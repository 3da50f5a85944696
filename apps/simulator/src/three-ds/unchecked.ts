/** A JSON object whose members nobody has checked yet. */
export type Unchecked = Readonly<Record<string, unknown>>
