/**
 * Does together what many callers ask for at once. The first caller is served alone and at once; those that come while
 * it is under way go together in the next round. A commit costs the same for one row as for fifty, so this is what makes
 * a busy vault fast without making an idle one slow.
 */
export class Batcher<Item, Outcome> {
  #waiting: { item: Item; done: (outcome: Outcome) => void; failed: (error: unknown) => void }[] = []
  #running = 0

  /**
   * @param run  does all items in one transaction, and gives an outcome for each, in their order
   * @param options.most  items in one round
   * @param options.atOnce  rounds that may run beside each other
   * @param options.order  sorts a round, so that two rounds lock the same rows in the same order
   */
  constructor(
    private readonly run: (items: readonly Item[]) => Promise<readonly Outcome[]>,
    private readonly options: { most: number; atOnce: number; order: (item: Item) => string },
  ) {}

  add(item: Item): Promise<Outcome> {
    return new Promise((done, failed) => {
      this.#waiting.push({ item, done, failed })
      this.#next()
    })
  }

  #next(): void {
    if (this.#running >= this.options.atOnce || this.#waiting.length === 0) return
    const round = this.#waiting.splice(0, this.options.most)
    const { order } = this.options
    round.sort((a, b) => (order(a.item) < order(b.item) ? -1 : 1))
    this.#running += 1
    void this.#serve(round).finally(() => {
      this.#running -= 1
      this.#next()
    })
  }

  async #serve(round: { item: Item; done: (outcome: Outcome) => void; failed: (error: unknown) => void }[]) {
    try {
      const outcomes = await this.run(round.map(({ item }) => item))
      round.forEach(({ done }, nth) => {
        done(outcomes[nth]!)
      })
    } catch (error) {
      // One bad item must not fail its neighbours, but a database that is away will not come back for each of them.
      if (round.length > 1 && isAboutData(error)) for (const one of round) await this.#serve([one])
      else for (const { failed } of round) failed(error)
    }
  }
}

/** Whether PostgreSQL refused what it was given (or two rounds met in a deadlock), and not the connection broke. */
function isAboutData(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && /^(2[0-9A-Z]|4[024]|54)[0-9A-Z]{3}$/.test(code)
}
