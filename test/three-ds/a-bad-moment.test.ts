/** What must not cost a buyer his card: a moment without a database, an issuer that was down, a value with no place. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { golden } from '../../packages/emv3ds/test/golden-messages.js'
import { select } from '../result-codes/stored-rows.js'
import { postOverTls } from '../support/mutual-tls.js'
import { clientIdentity } from '../support/pki-files.js'
import { load, passBrowser, send as sendForm, settled } from '../support/play-buyer.js'
import {
  aChallenge,
  anARes,
  type Loose,
  type PlayedDirectory,
  startPlayedDirectory,
} from '../support/played-directory.js'
import { startSystem, type TestSystem } from '../support/start-system.js'
import { eventsOf, fullEnv, inquire, setThreeDS, vaultCard } from '../support/three-ds-calls.js'

const CARD = '4000000000200008'
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

/** Fails the first statement that carries this text, as a server that is being restarted does. */
function failOnce(text: string): { hits: () => number; restore: () => void } {
  const { db } = coffer.system
  const real = db.query.bind(db)
  let hits = 0
  db.query = async (statement, params = []) => {
    if (params.includes(text) && hits++ === 0) {
      throw Object.assign(new Error('terminating connection'), { code: '57P01' })
    }
    return real(statement, params)
  }
  return {
    hits: () => hits,
    restore: () => {
      db.query = real
    },
  }
}

test.each(['threeds.areq', 'threeds.ares'])(
  'a database that was away when %s was noted: the buyer begins anew',
  async kind => {
    played.onAReq(areq => ({ message: anARes(areq) }))
    const { id, page } = await vaultCard(coffer, { cardNo: CARD, is3DSAuthentication: true })
    const shown = await settled(page, 'browser')
    const blip = failOnce(kind)
    try {
      await passBrowser(shown)
      await passBrowser(await settled(page, 'browser'))
      await expect.poll(async () => (await inquire(coffer, id)).vaultingResultCode).toBe('SUCCESS')
    } finally {
      blip.restore()
    }
    expect(blip.hits()).toBeGreaterThan(0)
    const runs = await select(
      coffer.system,
      'select attempt, ended from authentication where vaulting_request_id = $1 order by attempt',
      [id],
    )
    expect(runs).toEqual([
      { attempt: 1, ended: 'SILENT' },
      { attempt: 2, ended: 'USED' },
    ])
  },
)

/** A challenge whose result the test sends. */
async function challenge() {
  let ids: Loose = {}
  played.onAReq(areq => {
    const ares = aChallenge(areq)
    const { threeDSServerTransID, dsTransID, acsTransID } = ares
    ids = { threeDSServerTransID, dsTransID, acsTransID }
    return { message: ares }
  })
  const { id, page } = await vaultCard(coffer, { cardNo: CARD, is3DSAuthentication: true }, { env: fullEnv })
  await settled(page, 'challenge')
  const rreq = (more: Loose) => ({
    ...golden('RReq', '2.2.0', '02'),
    ...ids,
    interactionCounter: '01',
    transStatus: 'Y',
    eci: '05',
    authenticationType: '02',
    ...more,
  })
  const send = (more: Loose = {}) =>
    postOverTls(`${coffer.resultsUrl}/ds/visa/results`, JSON.stringify(rreq(more)), {
      identity: clientIdentity('VISA', 'ds'),
    })
  return { id, page, send }
}

test('an ECI that the messages to the issuer have no place for ends the vaulting, and the issuer is tried once', async () => {
  const { id, send } = await challenge()
  await send({ eci: 'N2' })
  await expect.poll(async () => (await inquire(coffer, id)).vaultingResultCode).toBe('PROCESS_FAIL')
  const kinds = (await eventsOf(coffer, id)).map(({ kind }) => kind)
  expect(kinds.filter(kind => kind === 'issuer.asked')).toHaveLength(1)
})

test('a result that came while the issuer was down counts as soon as it is back, however busy the vault is', async () => {
  const { id, send } = await challenge()
  const visa = coffer.system.acquirers.for('VISA')!
  const isUp = visa.isUp.bind(visa)
  let down = true
  Object.assign(visa, { isUp: () => !down && isUp() })
  // Somebody else's authentication is always under way.
  setThreeDS(coffer, { timers: { ...coffer.system.config.threeDS.timers, answerMs: 1_500 } })
  played.onAReq(() => 'silence')
  const others = Array.from({ length: 4 }, async (_, nth) => {
    const other = await vaultCard(coffer, { cardNo: '4000000000100000', is3DSAuthentication: true })
    await coffer.system.clock.sleep(nth * 600)
    await passBrowser(await settled(other.page, 'browser'))
  })
  await send()
  await coffer.system.clock.sleep(700)
  down = false
  await expect.poll(async () => (await inquire(coffer, id)).vaultingResultCode).toBe('SUCCESS')
  await Promise.all(others)
})

test('a buyer who has passed and has given up is refused, since one of the two is not so', async () => {
  const { id, send } = await challenge()
  const { text } = await send({ challengeCancel: '01' })
  expect(JSON.parse(text)).toMatchObject({ messageType: 'Erro', errorCode: '203', errorDetail: 'challengeCancel' })
  expect(await inquire(coffer, id)).toMatchObject({ vaultingStatus: 'PROCESSING' })
})

test('a return that is no answer leaves the challenge where it is, and what is no longer needed is forgotten at the end', async () => {
  const { id, page, send } = await challenge()
  const form = (await load(page)).forms.find(({ fields }) => 'creq' in fields)!
  const back = {
    action: `${coffer.pagesUrl}/3ds/challenge-notify`,
    target: undefined,
    fields: { threeDSSessionData: form.fields['threeDSSessionData']! },
  }
  for (const junk of [{}, { cres: '!' }, { error: Buffer.from('{}').toString('base64url') }]) await sendForm(back, junk)
  expect((await load(page)).shows).toBe('challenge')
  const kept = () =>
    select(
      coffer.system,
      'select browser is not null or challenge_sealed is not null as kept from authentication where vaulting_request_id = $1',
      [id],
    )
  expect(await kept()).toEqual([{ kept: true }])
  await send()
  await expect.poll(async () => (await inquire(coffer, id)).vaultingResultCode).toBe('SUCCESS')
  expect(await kept()).toEqual([{ kept: false }])
})
