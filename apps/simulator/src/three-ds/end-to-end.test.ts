import { expect, it } from 'vitest'
import { notificationURL, startThreeDS } from '../testing/three-ds-server.js'

it('a challenge goes from the AReq through the page and the RReq back to the shop', async () => {
  const { authenticate, browser, results } = await startThreeDS()
  const ares = await authenticate('4000000000200008')
  expect(ares).toMatchObject({ messageType: 'ARes', transStatus: 'C' })

  const page = await browser.begin(ares)
  expect(page.html).toContain('Add a card to Tea &#38; &#60;Sugar&#62;')
  const back = await browser.press(page, { code: '123456', action: 'code' })

  expect(results.received).toEqual([
    {
      messageType: 'RReq',
      messageVersion: '2.2.0',
      threeDSServerTransID: ares['threeDSServerTransID'],
      dsTransID: ares['dsTransID'],
      acsTransID: ares['acsTransID'],
      messageCategory: '02',
      transStatus: 'Y',
      eci: '05',
      authenticationValue: expect.stringMatching(/^[A-Za-z0-9+/]{27}=$/),
      authenticationType: '02',
      interactionCounter: '01',
    },
  ])
  expect(results.clients).toEqual(['ds.visa'])
  expect(back.action).toBe(notificationURL)
  expect(back.hidden).toEqual({ cres: expect.any(String), threeDSSessionData: 'c2Vzc2lvbg' })
  expect(back.message('cres')).toEqual({
    messageType: 'CRes',
    messageVersion: '2.2.0',
    threeDSServerTransID: ares['threeDSServerTransID'],
    acsTransID: ares['acsTransID'],
    transStatus: 'Y',
  })
})
