import type { Identity } from './identity.js'
import type { Machine } from './machine.js'

/** What is settled before a server is started; the steps of the start share it. */
export interface Context {
  readonly machine: Machine
  /** The data directory, absolute and without links in its path. */
  readonly folder: string
  /** `<folder>/pg<major>`. */
  readonly cluster: string
  readonly major: number
  /** Folder of the programs, one that the server's user can reach. */
  readonly bin: string
  readonly identity: Identity
  readonly durable: boolean
  readonly settings: Readonly<Record<string, string>>
  readonly say: (text: string) => void
  /** Descriptor and path of the server's log, and its length before this start. */
  readonly log: { readonly fd: number; readonly path: string; readonly from: number }
}

/**
 * The cluster as the server is to call it. Another user cannot walk a closed path such as /root, but he can stay
 * in a folder that he was put into.
 */
export function dataDirectoryOf({ identity, cluster }: Context): string {
  return identity.kind === 'other' ? '/proc/self/cwd' : cluster
}
