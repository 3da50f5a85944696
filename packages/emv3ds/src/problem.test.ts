import { describe, expect, test } from 'vitest'
import { acsTransID, dsTransID, golden, threeDSServerTransID } from '../test/golden-messages.js'
import {
  erroFor,
  errorCatalogue,
  errorRow,
  idsOf,
  type MessageOf,
  problemOf,
  readMessage,
  writeMessage,
} from './index.js'

describe('an Erro', () => {
  test('says what was wrong with a message, with the ids of that message, and can be read', () => {
    const message = { ...golden('ARes', '2.2.0', '02'), eci: 'five' }
    const read = readMessage(JSON.stringify(message), { types: ['ARes', 'Erro'] })
    if (read.ok) throw new Error('it was read')
    const erro = erroFor(read.problem, { component: 'S', version: '2.2.0', ...read.ids })
    expect(erro).toEqual({
      messageType: 'Erro',
      messageVersion: '2.2.0',
      threeDSServerTransID,
      dsTransID,
      acsTransID,
      errorCode: '203',
      errorComponent: 'S',
      errorDescription: 'Format of One or More Data Elements Is Invalid',
      errorDetail: 'eci',
      errorMessageType: 'ARes',
    })
    expect(readMessage(writeMessage(erro), { types: ['Erro'] })).toEqual({ ok: true, message: erro })
  })

  test('can be made of what only the caller knows', () => {
    const rreq = golden('RReq', '2.1.0', '02') as MessageOf<'RReq'>
    const erro = erroFor(problemOf('301', 'threeDSServerTransID', 'RReq'), {
      component: 'S',
      version: '2.1.0',
      ...idsOf(rreq),
    })
    expect(erro).toMatchObject({ errorCode: '301', errorDescription: 'Transaction ID Not Recognised', acsTransID })
    expect(erro).not.toHaveProperty('messageCategory')
  })

  test('has no ids where none are known', () => {
    const read = readMessage('junk', { types: ['RReq'] })
    if (read.ok) throw new Error('it was read')
    const erro = erroFor(read.problem, { component: 'S', version: '2.2.0', ...read.ids })
    expect(Object.keys(erro)).not.toContain('threeDSServerTransID')
    expect(() => writeMessage(erro)).not.toThrow()
  })
})

describe('the catalogue', () => {
  test('has each code once, in order, and every one makes an Erro', () => {
    const all = errorCatalogue.map(({ code }) => code)
    expect(all).toEqual([...new Set(all)].sort())
    for (const code of all) {
      const erro = erroFor(problemOf(code, 'acctNumber'), { component: 'D', version: '2.2.0' })
      expect(() => writeMessage(erro)).not.toThrow()
      expect(erro.errorDescription).toBe(errorRow(code).name)
    }
  })

  test('what is wrong between two others is not told to a third', () => {
    expect(errorCatalogue.filter(({ told }) => !told).map(({ code }) => code)).toEqual([
      '303',
      '402',
      '403',
      '404',
      '405',
    ])
  })
})
