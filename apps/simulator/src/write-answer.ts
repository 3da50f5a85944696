import type { IssuerAnswer } from './decide.js'
import type { Carried, Habits } from './iso8583/carried.js'
import type { Message, Value, Values } from './iso8583/codec.js'

/** The data elements that an answer repeats, where the question has them. The number too: real issuers do. */
const repeated = [2, 3, 4, 7, 11, 32, 37, 41, 42, 49, 63, 70, 90]

/** The answer to a message has the same MTI with the third digit one higher; that to a repeat is that to the first. */
export function answerTo(question: Message, responseCode: string, more: Values = new Map()): Message {
  const echo = repeated.flatMap(number => {
    const value = question.elements.get(number)
    return value === undefined ? [] : [[number, value] as const]
  })
  return {
    mti: `${question.mti.slice(0, 2)}${Number(question.mti[2]) + 1}0`,
    elements: new Map<number, Value>([...echo, [39, responseCode], ...more]),
  }
}

/** The answer to a question about a card. */
export function decisionTo(question: Message, { network }: Carried, answer: IssuerAnswer, habits: Habits): Message {
  const { authCode } = answer
  return answerTo(
    question,
    answer.responseCode,
    new Map<number, Value>([
      ...(authCode === undefined ? [] : ([[38, authCode]] as const)),
      ...habits.answer(question.elements, network, answer),
    ]),
  )
}
