import { Agent, request } from 'node:https'
import { type ConnectionOptions, connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { newFolder, startForTest } from '../testing/start.js'
import { areq, type Fields, post, preq, readPki, startThreeDS } from '../testing/three-ds-server.js'

const card = '4000000000200008'

describe('a handshake', () => {
  it('without a client certificate is refused', async () => {
    const { url, pki, simulator } = await startThreeDS()
    await expect(post(`${url}/ds/VISA`, JSON.stringify(preq()), pki.ca)).rejects.toThrow(
      /ECONNRESET|socket hang up|alert/,
    )
    expect(simulator.threeDSLog()).toEqual([])
  })

  it('with a certificate of an authority that nobody knows is refused', async () => {
    const { url, pki, simulator } = await startThreeDS()
    const other = await startForTest({ threeDSPort: 0, pkiFolder: newFolder() })
    const stranger = readPki(other.simulator.threeDS!.pkiFolder).client('VISA')
    for (const identity of [stranger, pki.results]) {
      const asked = post(`${url}/ds/VISA`, JSON.stringify(preq()), pki.ca, identity)
      await expect(asked).rejects.toThrow(/ECONNRESET|socket hang up|alert/)
    }
    expect(simulator.threeDSLog()).toEqual([])
  })

  it('below TLS 1.2 is refused', async () => {
    const { url, pki } = await startThreeDS()
    const { port } = new URL(url)
    const handshake = (options: ConnectionOptions) =>
      new Promise<string | null>((resolve, reject) => {
        const socket = connect({
          host: '127.0.0.1',
          servername: 'localhost',
          port: Number(port),
          ca: pki.ca,
          ...options,
        })
        socket.on('secureConnect', () => {
          resolve(socket.getProtocol())
          socket.destroy()
        })
        socket.on('error', reject)
      })
    const identity = pki.client('VISA')
    const old = { ...identity, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(handshake(old)).rejects.toThrow()
    expect(await handshake({ ...identity, maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
  })
})

describe('a certificate that is good for something else', () => {
  it.each([
    ['another scheme’s 3DS Server', 'MASTERCARD', '3ds-server', preq()],
    ['another scheme’s 3DS Server', 'MASTERCARD', '3ds-server', areq(card)],
    ['the ACS', 'VISA', 'acs', preq()],
    ['the ACS', 'VISA', 'acs', areq(card)],
    ['the directory server itself', 'VISA', 'ds', areq(card)],
  ] as const)('that of %s (%s, %s) gets 303, and nothing changes', async (_who, network, role, message) => {
    const { ask, pki, simulator } = await startThreeDS()
    const { status, type, message: answer } = await ask('VISA', message, pki.client(network, role))
    expect(status).toBe(200)
    expect(type).toBe('application/json; charset=utf-8')
    expect(answer).toMatchObject({
      messageType: 'Erro',
      errorCode: '303',
      errorComponent: 'D',
      errorMessageType: message['messageType'],
      threeDSServerTransID: message['threeDSServerTransID'],
    })
    expect(simulator.threeDSLog().map(({ messageType }) => messageType)).toEqual([message['messageType'], 'Erro'])
  })

  it('that of a 3DS Server gets 303 from the ACS', async () => {
    const { url, pki } = await startThreeDS()
    const { message } = await post(`${url}/acs/areq`, JSON.stringify(areq(card)), pki.ca, pki.client('VISA'))
    expect(message).toMatchObject({ messageType: 'Erro', errorCode: '303', errorComponent: 'A' })
  })

  it('that of a 3DS Server cannot send results, nor can the ACS of another scheme', async () => {
    const { ask, pki, authenticate, results } = await startThreeDS()
    const ares = await authenticate(card)
    const rreq: Fields = {
      messageType: 'RReq',
      messageVersion: '2.2.0',
      threeDSServerTransID: ares['threeDSServerTransID'],
      dsTransID: ares['dsTransID'],
      acsTransID: ares['acsTransID'],
      messageCategory: '02',
      transStatus: 'Y',
      eci: '05',
      interactionCounter: '01',
    }
    for (const identity of [pki.client('VISA'), pki.client('MASTERCARD', 'acs')]) {
      expect((await ask('VISA', rreq, identity)).message).toMatchObject({ messageType: 'Erro', errorCode: '303' })
    }
    expect(results.received).toEqual([])

    // With the right certificate, and for another transaction, it is one that nobody knows.
    const acs = pki.client('VISA', 'acs')
    for (const id of ['dsTransID', 'acsTransID', 'threeDSServerTransID']) {
      const strange = { ...rreq, [id]: '5f1f8c0e-9d3f-4a7a-8f55-0d6b9c2d7a11' }
      expect((await ask('VISA', strange, acs)).message).toMatchObject({ errorCode: '301', errorDetail: id })
    }
    expect((await ask('MASTERCARD', rreq, pki.client('MASTERCARD', 'acs'))).message).toMatchObject({ errorCode: '301' })
    expect(results.received).toEqual([])
    expect((await ask('VISA', rreq, acs)).message).toMatchObject({ messageType: 'RRes', resultsStatus: '01' })
  })

  it('is known again on a connection that resumes an earlier one', async () => {
    const { url, pki } = await startThreeDS()
    const agent = new Agent({ ca: pki.ca, ...pki.client('VISA'), keepAlive: false, maxVersion: 'TLSv1.2' })
    const ask = (path: string) =>
      new Promise<[boolean, Fields]>((resolve, reject) => {
        request(
          `${url}${path}`,
          { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
          response => {
            const resumed = (response.socket as import('node:tls').TLSSocket).isSessionReused()
            response.on('data', chunk => resolve([resumed, JSON.parse(String(chunk)) as Fields]))
          },
        )
          .on('error', reject)
          .end(JSON.stringify(preq()))
      })
    await ask('/ds/MASTERCARD')
    expect(await ask('/ds/MASTERCARD')).toEqual([true, expect.objectContaining({ errorCode: '303' })])
  })

  it('finds nobody under a name that is no network', async () => {
    const { url, pki } = await startThreeDS()
    for (const name of ['visa', 'SHINHAN', '__proto__']) {
      const { message } = await post(`${url}/ds/${name}`, JSON.stringify(preq()), pki.ca, pki.client('VISA'))
      expect(message).toMatchObject({ messageType: 'Erro', errorCode: '303' })
    }
    expect((await post(`${url}/nothing`, '{}', pki.ca, pki.client('VISA'))).status).toBe(404)
  })
})
