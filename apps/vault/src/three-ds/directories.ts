/** The directory servers of this vault: which one a network has, what their lists say, and the lines to them. */
import { type CardRangeData, erroFor, type MessageVersion, PResReader, writeMessage } from '@coffer/emv3ds'
import type { Enrolment, NetworkId } from '../card-data/index.js'
import type { Clock } from '../platform/clock.js'
import { newRandomId } from '../platform/ids.js'
import { errorFields, type Log } from '../platform/log.js'
import type { Random } from '../platform/random.js'
import { type DirectoryConfig, type DirectorySecurity, networksWith3DS } from './directories-file.js'
import { DirectoryLine } from './directory-line.js'
import { EnrolmentList, ListRefused, MOST_RANGES } from './enrolment-list.js'
import type { ThreeDSTimers } from './three-ds-settings.js'

export interface DirectoriesWorld {
  clock: Clock
  random: Random
  log: Log
  timers: ThreeDSTimers
}

/** How a directory server stands, for people. */
export interface DirectoryState {
  readonly id: string
  readonly networks: readonly NetworkId[]
  readonly ranges: number
  /** When its list was last confirmed, in business time. */
  readonly listedAt: number | undefined
  readonly cause: string | undefined
}

/** Lists are asked for in the oldest version, which every directory server reads. */
const LIST_VERSION: MessageVersion = '2.1.0'

/** After a failed try the next one waits so long, and longer each time. */
const RETRY_MS = { first: 1_000, most: 300_000 }

export class Directory {
  #list = EnrolmentList.empty
  #listedAt: number | undefined
  #cause: string | undefined
  #line: { line: DirectoryLine; security: DirectorySecurity } | undefined
  #failures = 0
  #refreshing: Promise<number> | undefined
  #triedAt = Number.NEGATIVE_INFINITY

  constructor(
    readonly config: DirectoryConfig,
    private readonly world: DirectoriesWorld,
  ) {}

  get state(): DirectoryState {
    const { id, networks } = this.config
    return { id, networks, ranges: this.#list.size, listedAt: this.#listedAt, cause: this.#cause }
  }

  get list(): EnrolmentList {
    return this.#list
  }

  /** The line to it; `undefined` while its certificates are not there. A certificate that was exchanged is taken up. */
  get line(): DirectoryLine | undefined {
    const security = this.config.security()
    if (!security) return undefined
    if (this.#line?.security.cert !== security.cert || this.#line.security.ca !== security.ca) {
      this.#line?.line.close()
      this.#line = { line: new DirectoryLine(this.config.url, security), security }
    }
    return this.#line.line
  }

  /** Asks for what has changed in its list, where it is time for that. @returns real milliseconds until the next try */
  refresh(): Promise<number> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<number> {
    const { clock, timers, log } = this.world
    const age = this.#listedAt === undefined ? Number.POSITIVE_INFINITY : clock.now() - this.#listedAt
    const waitMs = Math.min(RETRY_MS.first * 2 ** Math.max(0, this.#failures - 1), RETRY_MS.most)
    const restMs = this.#failures ? this.#triedAt + waitMs - clock.stopwatch() : timers.rangesEveryMs - age
    if (restMs > 0) return restMs
    this.#triedAt = clock.stopwatch()
    const problem = await this.#load(this.#list.serialNumber).catch(error => {
      log.error('three-ds.ranges-failed', { cause: this.config.id, ...errorFields(error) })
      return 'the list could not be read'
    })
    this.#cause = problem
    this.#failures = problem === undefined ? 0 : this.#failures + 1
    if (problem === undefined) this.#listedAt = clock.now()
    else if (this.#failures === 1 || this.#failures % 20 === 0) {
      log.warn('three-ds.ranges-not-loaded', { cause: `${this.config.id}: ${problem}`, count: this.#failures })
    }
    return problem === undefined ? timers.rangesEveryMs : RETRY_MS.first
  }

  /** @returns what went wrong; nothing when the list is up to date */
  async #load(serialNumber: string | undefined): Promise<string | undefined> {
    const { clock, random, timers, log } = this.world
    const { serverRefNumber, operatorId, id } = this.config
    const line = this.line
    if (!line) return 'its certificates are not there'
    const transId = newRandomId(random.bytes(16))
    const bytes = Buffer.from(
      writeMessage({
        messageType: 'PReq',
        messageVersion: LIST_VERSION,
        threeDSServerRefNumber: serverRefNumber,
        ...(operatorId !== undefined && { threeDSServerOperatorID: operatorId }),
        threeDSServerTransID: transId,
        ...(serialNumber !== undefined && { serialNum: serialNumber }),
      }),
    )
    const changes: CardRangeData[] = []
    const reader = new PResReader(range => changes.push(range))
    const limits = { connectMs: timers.connectMs, answerMs: timers.rangesAnswerMs }
    const ended = await line.stream({ bytes, slots: [] }, limits, chunk => {
      reader.push(chunk)
      return changes.length <= MOST_RANGES
    })
    if (ended !== 'answered')
      return ended === 'broken' ? 'it does not answer as it should' : `it does not answer (${ended})`
    const reading = reader.end()
    if (reading.ok && reading.message.messageType === 'Erro') {
      // It does not know our state of the list any more: the whole list is loaded anew.
      if (reading.message.errorCode === '307' && serialNumber !== undefined) return this.#load(undefined)
      return `it answered with error ${reading.message.errorCode}`
    }
    if (!reading.ok) {
      await this.#object(line, reading.problem, transId)
      return `its list is not well-formed (error ${reading.problem.errorCode} ${reading.problem.errorDetail})`
    }
    const { message } = reading
    if (message.threeDSServerTransID !== transId) return 'its answer belongs to another question'
    try {
      this.#list = await this.#list.changedByWithPauses(
        () => clock.sleep(0),
        changes,
        serialNumber !== undefined,
        message.messageType === 'PRes' ? message.serialNum : undefined,
        message.messageType === 'PRes' ? [message.dsStartProtocolVersion, message.dsEndProtocolVersion] : undefined,
      )
    } catch (error) {
      if (!(error instanceof ListRefused)) throw error
      const description = 'Format of one or more data elements is invalid'
      await this.#object(line, { errorCode: '203', errorDescription: description, errorDetail: error.element }, transId)
      // Changes that do not fit would be offered again and again: what is right is the whole list.
      return serialNumber === undefined ? error.message : this.#load(undefined)
    }
    log.info('three-ds.ranges-loaded', { cause: id, count: this.#list.size })
    return undefined
  }

  /** Tells the directory server what is wrong with its answer. */
  async #object(line: DirectoryLine, problem: Parameters<typeof erroFor>[0], transId: string): Promise<void> {
    // An Erro is answered with nothing, whatever is wrong with it.
    if (problem.errorMessageType === 'Erro') return
    const { timers } = this.world
    const erro = erroFor(problem, {
      component: 'S',
      version: LIST_VERSION,
      threeDSServerTransID: transId,
    })
    await line.post({ bytes: Buffer.from(writeMessage(erro)), slots: [] }, timers)
  }

  close(): void {
    this.#line?.line.close()
  }
}

export class Directories {
  readonly #all: readonly Directory[]
  readonly #byNetwork = new Map<NetworkId, Directory>()

  constructor(configs: readonly DirectoryConfig[], world: DirectoriesWorld) {
    this.#all = configs.map(config => new Directory(config, world))
    for (const directory of this.#all) {
      for (const network of directory.config.networks) this.#byNetwork.set(network, directory)
    }
  }

  get all(): readonly Directory[] {
    return this.#all
  }

  /** Whether any network can be authenticated at all. */
  get isConfigured(): boolean {
    return this.#all.length > 0
  }

  for(network: NetworkId): Directory | undefined {
    return this.#byNetwork.get(network)
  }

  /**
   * Whether the network has a directory server, and whether its list is here. `no such`: the network has no 3-D Secure at
   * all; `none`: it has, and nobody has configured it here.
   */
  stateOf(network: NetworkId): 'no such' | 'none' | 'not loaded' | 'loaded' {
    const directory = this.for(network)
    if (!directory) return networksWith3DS.includes(network) ? 'none' : 'no such'
    return directory.state.listedAt === undefined ? 'not loaded' : 'loaded'
  }

  byId(id: string): Directory | undefined {
    return this.#all.find(directory => directory.config.id === id)
  }

  /** What the lists say of a number, one entry for each network whose list has it. */
  enrolmentsOf(compareTo: (bound: string) => -1 | 0 | 1, length: number): readonly Enrolment[] {
    const found: Enrolment[] = []
    for (const directory of this.#all) {
      const range = directory.list.find(compareTo, length)
      if (!range) continue
      const { acs, directory: versions = directory.list.versions, methodUrl } = range
      for (const network of directory.config.networks) {
        found.push({ network, acs, ...(versions && { directory: versions }), ...(methodUrl && { methodUrl }) })
      }
    }
    return found
  }

  /** One turn: refreshes what is due, all at once. @returns real milliseconds until something is due again */
  async refresh(): Promise<number> {
    const rests = await Promise.all(this.#all.map(directory => directory.refresh()))
    return Math.min(Number.POSITIVE_INFINITY, ...rests)
  }

  close(): void {
    for (const directory of this.#all) directory.close()
  }
}
