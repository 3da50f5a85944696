import type { MessageIdentity } from './ledger-entry.js'

/** The name of a message. One that is about another names that one's in DE90, which has no terminal. */
export interface MessageName extends Omit<MessageIdentity, 'terminalId'> {
  /** Absent: whatever the terminal. */
  readonly terminalId?: string
}

/** Things that are kept under the names of messages. */
export interface ByName<Kept> {
  add(name: MessageName, kept: Kept): void
  /** The first thing that was kept under a name. */
  find(name: MessageName): Kept | undefined
  all(): readonly Kept[]
}

export function createByName<Kept>(): ByName<Kept> {
  const all: Kept[] = []
  const rows = new Map<string, { terminalId: string | undefined; kept: Kept }[]>()
  return {
    add(name, kept) {
      const row = { terminalId: name.terminalId, kept }
      const sameKey = rows.get(keyOf(name))
      if (sameKey === undefined) rows.set(keyOf(name), [row])
      else sameKey.push(row)
      all.push(kept)
    },
    find: name => rows.get(keyOf(name))?.find(({ terminalId }) => sameTerminal(terminalId, name.terminalId))?.kept,
    all: () => all,
  }
}

function keyOf({ stan, transmittedAt, acquirerId }: MessageName): string {
  return `${stan} ${transmittedAt} ${acquirerId}`
}

function sameTerminal(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}
