import type { Busy } from '../busy.js'
import type { Clock, Random } from '../clock.js'
import type { Controls } from '../controls.js'
import type { Pki } from '../pki.js'
import type { MessageLog } from './message-log.js'

/** What the directory servers of all networks stand on. */
export interface DirectorySurroundings {
  readonly pki: Pki
  readonly clock: Clock
  readonly random: Random
  readonly busy: Busy
  readonly controls: Controls
  readonly log: MessageLog
  /** Where the DS and the ACS are reached: `https://localhost:8090`. */
  readonly origin: () => string
}
