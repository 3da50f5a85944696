import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartFailure } from './start-failure.js'

/** A small file with a list in it. A crash leaves the list as it was before, or as it is after; never half of one. */
export class StateFile<Entry> {
  readonly #path: string
  readonly #name: string
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, name: string) {
    this.#path = path
    this.#name = name
  }

  /**
   * Opens `<name>.json` of a folder, which is made where there is none.
   * @returns the file, and what was in it, oldest first
   * @throws StartFailure when there is a file that is not ours
   */
  static async open<Entry>(folder: string, name: string, list = name): Promise<[StateFile<Entry>, Entry[]]> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, `${name}.json`)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    const file = new StateFile<Entry>(path, list)
    if (text === undefined) return [file, []]
    try {
      return [file, [...(JSON.parse(text) as Record<string, Entry[]>)[list]!]]
    } catch {
      throw new StartFailure(`${path} is damaged: remove it. The cards themselves are safe in the vault.`)
    }
  }

  /**
   * One write after the other, each of the state that is newest when its turn comes. Resolves when it is in the file.
   * @param state  gives the whole list
   */
  write(state: () => Iterable<Entry>): Promise<void> {
    const write = async () => {
      const text = JSON.stringify({ [this.#name]: [...state()] }, null, 2)
      await writeFile(`${this.#path}.new`, `${text}\n`, { mode: 0o600 })
      await rename(`${this.#path}.new`, this.#path)
    }
    // After a failed write the next one still gets its turn.
    this.#writing = this.#writing.then(write, write)
    return this.#writing
  }
}
