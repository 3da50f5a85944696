/** Where the delivery of a notification can be cut off, in the order in which it passes these places. */
import type { Stack } from '../support/processes.js'
import { Barrier } from './barrier.js'
import type { DeliveryLine, Direction, HeldBytes } from './delivery-line.js'

/** How long a place may take to be reached. */
const REACH_MS = 30_000

export interface DeliveryScene {
  stack: Stack
  line: DeliveryLine
}

/** What becomes of that which was held when the worker died. */
export type Fate = 'goes on' | 'is lost'

/** A delivery that is kept at its place. */
export interface KeptDelivery {
  /** Called at once after the kill, before a worker is started again. */
  afterKill(fate: Fate): Promise<void>
}

export interface DeliveryStep {
  readonly name: string
  /** @returns nothing when no delivery came there in time */
  readonly reach: (scene: DeliveryScene) => Promise<KeptDelivery | undefined>
}

export const deliverySteps: readonly DeliveryStep[] = [
  { name: 'due, being claimed', reach: scene => behindLock(scene, 'claiming', 'with due as') },
  { name: 'claimed, its body being made', reach: scene => behindLock(scene, 'reading', 'select w.nth') },
  { name: 'sent, not received', reach: scene => onTheLine(scene, 'request') },
  { name: 'received and answered, on the way back', reach: scene => onTheLine(scene, 'answer') },
  { name: 'answer received, being recorded', reach: recording },
]

async function behindLock(
  { stack }: DeliveryScene,
  lock: 'claiming' | 'reading',
  beginning: string,
): Promise<KeptDelivery | undefined> {
  const barrier = await Barrier.put(stack.databaseUrl, lock)
  return keptBehind(barrier, await barrier.untilWaiting('work', beginning, REACH_MS))
}

async function onTheLine({ line }: DeliveryScene, direction: Direction): Promise<KeptDelivery | undefined> {
  const held = await line.holdNext(direction, REACH_MS)
  return held && { afterKill: async fate => (fate === 'goes on' ? held.letGo() : held.lose()) }
}

async function recording({ stack, line }: DeliveryScene): Promise<KeptDelivery | undefined> {
  const answer: HeldBytes | undefined = await line.holdNext('answer', REACH_MS)
  if (!answer) return undefined
  const barrier = await Barrier.put(stack.databaseUrl, 'recording')
  answer.letGo()
  return keptBehind(barrier, await barrier.untilWaiting('work', 'with delivered as', REACH_MS))
}

/** The database does what it was asked although nobody waits for it any more, or it has never happened. */
async function keptBehind(barrier: Barrier, waiting: readonly number[]): Promise<KeptDelivery | undefined> {
  if (waiting.length === 0) {
    await barrier.lift()
    return undefined
  }
  return {
    async afterKill(fate) {
      if (fate === 'is lost') await barrier.never(waiting)
      await barrier.lift()
    },
  }
}
