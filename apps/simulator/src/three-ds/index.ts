import type { Network } from '@coffer/test-cards'
import type { FastifyInstance } from 'fastify'
import { registerAcsPages } from '../acs-pages/routes.js'
import type { Busy } from '../busy.js'
import type { Clock, Random } from '../clock.js'
import type { ControlChange, Controls } from '../controls.js'
import type { Log } from '../line.js'
import type { Pki } from '../pki.js'
import { createAcs } from './acs.js'
import type { AuthenticationValues } from './cavv.js'
import { createDirectoryServer, type DirectoryServer } from './directory-server.js'
import { createThreeDSListener, type ThreeDSListener } from './listener.js'
import type { MessageLog } from './message-log.js'
import { createRanges } from './ranges.js'

/** The directory servers of all networks, and the ACS of all issuers. */
export interface ThreeDS {
  readonly listener: ThreeDSListener
  /** Puts the pages for browsers onto a server. */
  registerPages(app: FastifyInstance): void
  /** Changes what the directory servers know. */
  control(change: ControlChange): void
  stop(): Promise<void>
}

export function createThreeDS(set: {
  pki: Pki
  clock: Clock
  random: Random
  busy: Busy
  controls: Controls
  messages: MessageLog
  values: AuthenticationValues
  log: Log
  /** Where browsers find the pages. Is asked for when somebody needs it, and by then it is known. */
  pages: () => string
}): ThreeDS {
  const { pki, pages, messages } = set
  const acs = createAcs({ ...set, log: messages })
  const ranges = new Map(
    [...pki.networks.keys()].map(network => [
      network,
      createRanges(network, method => `${pages()}/acs/method${method === 'silent' ? '/silent' : ''}`),
    ]),
  )
  const directoryServers = new Map<Network, DirectoryServer>(
    [...pki.networks].map(([network, own]) => [
      network,
      createDirectoryServer(network, own, ranges.get(network)!, {
        ...set,
        log: messages,
        origin: () => `https://localhost:${listener.port}`,
      }),
    ]),
  )
  const listener = createThreeDSListener({ pki, directoryServers, acs, log: set.log })

  return {
    listener,
    registerPages: app => registerAcsPages(app, acs),
    control({ ranges: changes = [], hugeRanges, forgetSerials }) {
      for (const change of changes) ranges.get(change.network)?.change(change)
      for (const one of ranges.values()) {
        if (hugeRanges !== undefined) one.setHuge(hugeRanges)
        if (forgetSerials) one.forget()
      }
    },
    async stop() {
      acs.stop()
      for (const directory of directoryServers.values()) directory.stop()
      await listener.stop()
    },
  }
}
