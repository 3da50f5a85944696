/** Where a payment can be cut off, in the order in which it passes these places. */
import type { ProgramName } from '../support/processes.js'
import { Barrier } from './barrier.js'
import {
  behind,
  everybody,
  lifted,
  onTheLine,
  type Place,
  REACH_MS,
  reversing,
  type Scene,
  type Step,
  whileAsking,
  whileReversing,
} from './steps.js'

/** Captures and refunds are told by the server; what it could not tell, and every void, by the worker. */
const whileTelling: Step['victims'] = [['serve'], ['simulator'], ['postgres'], ['work'], ['serve', 'work'], everybody]

export const paymentSteps: readonly Step[] = [
  { name: 'claimed, not asked', victims: whileAsking, outcomes: ['is lost'], reach: claimed },
  {
    name: 'sale sent, not received',
    victims: whileAsking,
    outcomes: ['goes on', 'is lost', 'comes late'],
    reach: scene => onTheLine(scene, '0200'),
  },
  {
    name: 'sale answered, on the way back',
    victims: whileAsking,
    outcomes: ['goes on', 'is lost', 'comes late'],
    reach: scene => onTheLine(scene, '0210'),
  },
  {
    name: 'authorised, on the way back',
    victims: whileAsking,
    outcomes: ['goes on', 'is lost', 'comes late'],
    reach: scene => onTheLine(scene, '0110'),
  },
  {
    name: 'answer received, not concluded',
    victims: whileAsking,
    outcomes: ['goes on', 'is lost'],
    reach: scene => behindLock(scene, '0210', 'concludingPayment', 'with running as', ['serve']),
  },
  {
    name: 'capture or refund sent, not received',
    victims: whileTelling,
    outcomes: ['goes on', 'is lost', 'comes late'],
    reach: scene => onTheLine(scene, '0220'),
  },
  {
    name: 'capture or refund answered, on the way back',
    victims: whileTelling,
    outcomes: ['goes on', 'is lost'],
    reach: scene => onTheLine(scene, '0230'),
  },
  {
    name: 'capture or refund taken, not ended',
    victims: whileTelling,
    outcomes: ['goes on', 'is lost'],
    reach: scene => behindLock(scene, '0230', 'endingOperation', 'with concluded as', ['serve', 'work']),
  },
  {
    name: 'void sent, not received',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => onTheLine(scene, '0420'),
  },
  {
    name: 'void answered, on the way back',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => onTheLine(scene, '0430'),
  },
  {
    name: 'question being taken back',
    victims: whileReversing,
    outcomes: ['goes on', 'is lost'],
    reach: scene => reversing(scene, '0400'),
  },
]

async function claimed({ stack }: Scene): Promise<Place | undefined> {
  const barrier = await Barrier.put(stack.databaseUrl, 'asking')
  const waiting = await barrier.untilWaiting('serve', 'with asked as', REACH_MS)
  return waiting.length === 0 ? lifted(barrier) : behind(barrier, waiting)
}

/** An answer is held until nobody can write down what comes of it. */
async function behindLock(
  { stack, relay }: Scene,
  mti: string,
  lock: 'concludingPayment' | 'endingOperation',
  beginning: string,
  programs: readonly Extract<ProgramName, 'serve' | 'work'>[],
): Promise<Place | undefined> {
  const answer = await relay.holdNext(mti, REACH_MS)
  if (!answer) return undefined
  const barrier = await Barrier.put(stack.databaseUrl, lock)
  answer.letGo()
  // Whoever it is that waits; each look takes a second at most.
  for (let looks = 0; looks < 30; looks += 1) {
    for (const program of programs) {
      const waiting = await barrier.untilWaiting(program, beginning, 1_000)
      if (waiting.length) return behind(barrier, waiting)
    }
  }
  return lifted(barrier)
}
