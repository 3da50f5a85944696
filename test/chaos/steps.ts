/**
 * Where a verification can be cut off. Each step brings one of the load's own verifications to a place and keeps it
 * there, exactly: by a message that is held on the line to the issuer, or a statement that is held in the database. Then
 * somebody is killed, and after that what was held goes on or is lost.
 */
import type { HoldingRelay } from '../support/holding-relay.js'
import type { ProgramName, Stack } from '../support/processes.js'
import { Barrier } from './barrier.js'

/** How long a place may take to be reached; the links have to be there again first. */
export const REACH_MS = 60_000

/** What becomes of that which was held. `late`: it arrives when its question has been taken back. */
export type Outcome = 'goes on' | 'is lost' | 'comes late'

export interface Scene {
  stack: Stack
  relay: HoldingRelay
}

/** A verification that is kept at its place. */
export interface Place {
  /** Called at once after the kill, before anything is started again. */
  afterKill(outcome: Outcome): Promise<void>
  /** Called when everything runs again. */
  afterRestart(outcome: Outcome): Promise<void>
}

type Reach = (scene: Scene, victims: readonly ProgramName[]) => Promise<Place | undefined>

export interface Step {
  readonly name: string
  /** Whom it makes sense to kill there. */
  readonly victims: readonly (readonly ProgramName[])[]
  readonly outcomes: readonly Outcome[]
  /** @returns nothing when no verification came there in time */
  readonly reach: Reach
}

export const everybody: readonly ProgramName[] = ['postgres', 'simulator', 'serve', 'work']
export const whileAsking: Step['victims'] = [['serve'], ['postgres'], ['simulator'], ['serve', 'postgres'], everybody]
export const whileReversing: Step['victims'] = [['work'], ['simulator'], ['postgres'], ['serve', 'work'], everybody]

/** In the order in which a verification passes them. */
export const steps: readonly Step[] = [
  { name: 'claimed, not written down', victims: whileAsking, outcomes: ['is lost'], reach: claimed },
  { name: 'written down, not sent', victims: whileAsking, outcomes: ['goes on'], reach: writtenDown },
  {
    name: 'sent, not received',
    victims: whileAsking,
    outcomes: ['goes on', 'is lost', 'comes late'],
    reach: scene => onTheLine(scene, '0100'),
  },
  {
    name: 'answered, on the way back',
    victims: whileAsking,
    outcomes: ['goes on', 'is lost', 'comes late'],
    reach: scene => onTheLine(scene, '0110'),
  },
  { name: 'answer received, not concluded', victims: whileAsking, outcomes: ['goes on', 'is lost'], reach: received },
  {
    name: 'reversal sent, not received',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => reversing(scene, '0400'),
  },
  {
    name: 'reversal answered, on the way back',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => reversing(scene, '0410'),
  },
  {
    name: 'reversal acknowledged, not concluded',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => acknowledged(scene, 'concluding', 'with given as'),
  },
  {
    name: 'reversal concluded, not ended',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => acknowledged(scene, 'ending', 'with ended as'),
  },
]

async function claimed({ stack }: Scene): Promise<Place | undefined> {
  const barrier = await Barrier.put(stack.databaseUrl, 'asking')
  const waiting = await barrier.untilWaiting('serve', 'with given as', REACH_MS)
  if (waiting.length === 0) return lifted(barrier)
  return behind(barrier, waiting)
}

/** The server halts while the database writes its question down, so that it dies before it can send it. */
async function writtenDown({ stack }: Scene, victims: readonly ProgramName[]): Promise<Place | undefined> {
  await stack.linked('serve', REACH_MS)
  const barrier = await Barrier.put(stack.databaseUrl, 'asking')
  const waiting = await barrier.untilWaiting('serve', 'with given as', REACH_MS)
  if (waiting.length === 0) return lifted(barrier)
  stack.halt('serve', true)
  await barrier.liftAndSee(waiting)
  const goOn = async () => {
    if (!victims.includes('serve')) stack.halt('serve', false)
  }
  return { afterKill: goOn, afterRestart: async () => {} }
}

/** A message that has left one side and not reached the other. */
export async function onTheLine({ stack, relay }: Scene, mti: string): Promise<Place | undefined> {
  const frame = await relay.holdNext(mti, REACH_MS)
  if (!frame) return undefined
  return {
    async afterKill(outcome) {
      if (outcome === 'goes on') frame.letGo()
      if (outcome === 'is lost') frame.lose()
    },
    async afterRestart(outcome) {
      if (outcome !== 'comes late') return
      // Longer than a question waits for its answer.
      await stack.advance(11_000)
      frame.letGo()
    },
  }
}

async function received({ stack, relay }: Scene): Promise<Place | undefined> {
  const answer = await relay.holdNext('0110', REACH_MS)
  if (!answer) return undefined
  const barrier = await Barrier.put(stack.databaseUrl, 'concluding')
  answer.letGo()
  const waiting = await barrier.untilWaiting('serve', 'with given as', REACH_MS)
  return waiting.length === 0 ? lifted(barrier) : behind(barrier, waiting)
}

/** An answer is lost with its connection, which the server notices, so that the question is taken back at once. */
async function provokeReversal({ stack, relay }: Scene): Promise<void> {
  await stack.linked('work', REACH_MS)
  const answer = await relay.holdNext('0110', REACH_MS)
  answer?.cut()
}

/** The same for a question that is being taken back. */
export async function reversing(scene: Scene, mti: '0400' | '0410'): Promise<Place | undefined> {
  const reversal = scene.relay.holdNext(mti, 2 * REACH_MS)
  await provokeReversal(scene)
  const frame = await reversal
  if (!frame) return undefined
  return {
    async afterKill(outcome) {
      if (outcome === 'goes on') frame.letGo()
      else frame.lose()
    },
    afterRestart: async () => {},
  }
}

async function acknowledged(
  scene: Scene,
  before: 'concluding' | 'ending',
  beginning: string,
): Promise<Place | undefined> {
  const acknowledgement = scene.relay.holdNext('0410', 2 * REACH_MS)
  await provokeReversal(scene)
  const frame = await acknowledgement
  if (!frame) return undefined
  const barrier = await Barrier.put(scene.stack.databaseUrl, before)
  frame.letGo()
  const waiting = await barrier.untilWaiting('work', beginning, REACH_MS)
  return waiting.length === 0 ? lifted(barrier) : behind(barrier, waiting)
}

/** What a lock keeps waiting goes on although nobody waits for it any more, or is ended as if it had never been. */
export function behind(barrier: Barrier, waiting: readonly number[]): Place {
  return {
    async afterKill(outcome) {
      if (outcome === 'is lost') await barrier.never(waiting)
      await barrier.lift()
    },
    afterRestart: async () => {},
  }
}

/** Nothing came there in time. */
export async function lifted(barrier: Barrier): Promise<undefined> {
  await barrier.lift()
  return undefined
}
