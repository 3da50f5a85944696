import { afterAll, beforeAll, expect, test } from 'vitest'
import { aPRes, aRange, type PlayedDirectory, startPlayedDirectory } from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'

let coffer: TestSystem
let played: PlayedDirectory
beforeAll(async () => {
  played = await startPlayedDirectory()
  coffer = await startSystem({ directories: played.directories })
})
afterAll(async () => {
  await coffer?.stop()
  await played?.stop()
})

test('a list of changes that does not fit is followed by the whole list', async () => {
  const whole = aRange('4000000000000000', '4000000999999999')
  const unfit = aRange('4000001000000000', '4000001999999999', { actionInd: 'M' })
  played.onPReq((preq, network) => {
    const ranges = network === 'VISA' ? [preq['serialNum'] ? unfit : whole] : []
    return { message: aPRes(preq, ranges, { serialNum: 'b' }) }
  })
  await coffer.advance(86_400_000)
  await coffer.system.directories.refresh()
  const { state } = coffer.system.directories.byId('visa')!
  expect(state).toMatchObject({ cause: undefined, ranges: 1 })
  const asked = played.ofType('PReq').filter(({ network }) => network === 'VISA')
  expect(asked.slice(-2).map(({ message }) => message['serialNum'] === undefined)).toEqual([false, true])
})
