/** An object of a file that an operator wrote, with the problems found in it. */

/** One object of the file, with its path for problems. */
export class Entry {
  readonly value: Readonly<Record<string, unknown>>
  private readonly isObject: boolean

  constructor(
    value: unknown,
    readonly path: string,
    readonly problems: string[],
  ) {
    this.isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    this.value = this.isObject ? (value as Record<string, unknown>) : {}
  }

  problem(rule: string) {
    this.problems.push(`${this.path} ${rule}`)
  }

  has = (key: string) => Object.hasOwn(this.value, key)
  at = (key: string) => (this.has(key) ? this.value[key] : undefined)
  keys = () => Object.keys(this.value)
  entry = (key: string) => new Entry(this.at(key), `${this.path}.${key}`, this.problems)

  /** Whether this is an object; names keys that mean nothing. */
  hasOnly(...known: string[]): boolean {
    if (!this.isObject) {
      this.problem('must be an object')
      return false
    }
    for (const key of this.keys()) {
      if (!known.includes(key)) this.problem(`has the key ${JSON.stringify(key)}; known are ${known.join(', ')}`)
    }
    return true
  }

  text(key: string, form: RegExp, rule: string) {
    const value = this.at(key)
    if (typeof value !== 'string' || !form.test(value)) this.problems.push(`${this.path}.${key} must ${rule}`)
  }

  choice(key: string, choices: readonly (string | number)[]) {
    const value = this.at(key)
    if (choices.includes(value as string)) return
    this.problems.push(`${this.path}.${key} must be one of ${choices.join(', ')}`)
  }

  /** The number there, or `undefined` with the problem noted. */
  number(key: string, least: number, most: number): number | undefined {
    const value = this.at(key)
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number
    this.problems.push(`${this.path}.${key} must be a whole number from ${least} to ${most}`)
    return undefined
  }
}
