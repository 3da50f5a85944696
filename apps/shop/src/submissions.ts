/** A double click on "Add card" sends the form twice; the second must not add the card a second time. */

/** How long after a form was sent the same form still counts as the same click. */
const sameClickMs = 10_000

/** Which attempt each loaded form has begun. */
export class Submissions {
  readonly #begun = new Map<string, { at: number; attempt: Promise<string> }>()

  /**
   * Begins an attempt, unless the same form has just begun one.
   * @param formId  of the form as it was loaded; absent when somebody left it out
   * @returns the id of the attempt, once it has ended
   */
  once(formId: string | null, now: number, begin: () => Promise<string>): Promise<string> {
    for (const [id, { at }] of this.#begun) if (now - at > sameClickMs) this.#begun.delete(id)
    const begun = formId === null ? undefined : this.#begun.get(formId)
    if (begun) return begun.attempt
    const attempt = begin()
    if (formId !== null) this.#begun.set(formId, { at: now, attempt })
    return attempt
  }
}
