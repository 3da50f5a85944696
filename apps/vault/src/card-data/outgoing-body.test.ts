/** A body with digits can be sent, once it has been filled, and nothing else can be done with it. */
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { OutgoingBody } from './outgoing-body.js'
import { Cvv, Pan } from './pan.js'

const NUMBER = '4054695723100768'
const pan = () => {
  const parsed = Pan.parse(NUMBER, { find: () => undefined })
  if (!parsed.ok) throw new Error(parsed.rule)
  return parsed.value
}
const TEXT = '{"number":"0000000000000000","cvc":"000"}'
const filled = () =>
  OutgoingBody.of({
    bytes: Buffer.from(TEXT),
    slots: [
      { at: 11, digits: pan(), encoding: 'ascii', width: 16, pad: '0', padSide: 'left' },
      { at: 36, digits: Cvv.of('123'), encoding: 'ascii', width: 3, pad: '0', padSide: 'left' },
    ],
  })

async function piecesOf(body: OutgoingBody): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return pieces
}

test('has the digits in their places, and says how long it is', async () => {
  const body = filled()
  expect(Buffer.concat(await piecesOf(body)).toString()).toBe(`{"number":"${NUMBER}","cvc":"123"}`)
  expect(body.length).toBe(TEXT.length)
})

test('overwrites what whoever sent it was given', async () => {
  const body = filled()
  const [piece] = await piecesOf(body)
  body.erase()
  expect(piece!.every(byte => byte === 0)).toBe(true)
  await expect(piecesOf(body)).rejects.toThrow('this body was erased')
})

test('shows nothing of it to whoever prints, copies or serialises it', () => {
  const body = filled()
  for (const text of [
    String(body),
    inspect(body, { showHidden: true, depth: 9 }),
    `${body}`,
    Object.keys(body).join(),
  ]) {
    expect(text).not.toContain('4054')
  }
  expect(() => JSON.stringify({ body })).toThrow('an outgoing body cannot be serialised')
  expect(JSON.stringify({ ...body })).toBe(JSON.stringify({ length: TEXT.length }))
})

test('is not made where its digits do not fit', () => {
  const slot = { at: 30, digits: pan(), encoding: 'ascii', width: 16, pad: '0', padSide: 'left' } as const
  expect(() => OutgoingBody.of({ bytes: Buffer.alloc(40), slots: [slot] })).toThrow(RangeError)
})
