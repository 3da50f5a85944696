import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { testCardNumber } from '@coffer/test-cards'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeMessage } from './iso8583/codec.js'
import { mastercardLike, visaLike } from './iso8583/dialects.js'
import { frame, longestFrame } from './iso8583/framing.js'
import { startSimulator } from './start-simulator.js'
import { connectClient, management, question, reversalOf, said } from './testing/client.js'
import { bothDialects, eventually, newFolder, startForTest } from './testing/start.js'

describe.each(bothDialects)('a %s line', (_name, dialect) => {
  it('may deliver its messages byte by byte', async () => {
    const { connect: open } = await startForTest()
    const client = await open(dialect)
    for (const byte of frame(writeMessage(question(dialect), dialect))) client.sendBytes(Buffer.of(byte))
    await eventually(() => expect(client.received).toHaveLength(2))
  })

  it('may deliver many messages in one piece, and a sign of life between them', async () => {
    const { connect: open } = await startForTest()
    const client = await open(dialect)
    const frames = ['000001', '000002', '000003'].map(stan => frame(writeMessage(question(dialect, { stan }), dialect)))
    client.sendBytes(Buffer.concat([frames[0]!, Buffer.alloc(2), frames[1]!, frames[2]!]))
    await eventually(() => expect(client.received).toHaveLength(4))
  })

  it('has 200 messages in flight and answers each', async () => {
    const { simulator, clock, connect: open } = await startForTest()
    const client = await open(dialect)
    const other = await open(dialect)
    const late = testCardNumber({ prefix: dialect === visaLike ? '40000000' : '52000000', mode: '4' })
    const ask = (index: number) => {
      const wish = { stan: String(index + 1).padStart(6, '0'), ...(index % 10 === 0 ? { pan: late } : {}) }
      return (index % 2 === 0 ? client : other).ask(question(dialect, wish))
    }
    const answers = Promise.all(Array.from({ length: 200 }, (_, index) => ask(index)))
    await eventually(() => expect(clock.waiting).toBe(20))
    clock.advance(30_000)

    expect(new Set((await answers).map(({ elements }) => elements.get(11))).size).toBe(200)
    expect(simulator.log().filter(({ kind }) => kind === 'verification')).toHaveLength(200)
    // The ones in time have overtaken the ones that were held back.
    expect(client.received.length).toBe(101)
  })

  it('carries on behind a frame that is no message', async () => {
    const { simulator, logged, connect: open } = await startForTest()
    const client = await open(dialect)
    const whole = writeMessage(question(dialect), dialect)
    client.sendBytes(frame(whole.subarray(0, whole.length - 3)))
    client.sendBytes(frame(Buffer.from('nonsense')))
    expect(said(await client.ask(management('301')))['responseCode']).toBe('00')
    expect(client.received).toHaveLength(2)
    expect(await countsOf(simulator.browserUrl)).toMatchObject({ unparsable: 2, echoes: 1, connections: 1 })
    expect(logged).toHaveLength(2)
  })

  it('is cut when a length makes no sense, because nothing behind it could be read', async () => {
    const { connect: open } = await startForTest()
    const client = await open(dialect)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(longestFrame + 1)
    client.sendBytes(length)
    await eventually(() => expect(client.closed).toBe(true))
  })

  it('that ends within a frame harms nobody', async () => {
    const { simulator, connect: open } = await startForTest()
    const client = await open(dialect)
    client.sendBytes(frame(writeMessage(question(dialect), dialect)).subarray(0, 30))
    client.end()
    const other = await open(dialect)
    expect(said(await other.ask(question(dialect, { stan: '000002' })))).toHaveProperty('authCode')
    expect(simulator.log({ stan: '000001' })).toEqual([])
  })

  it('is not answered to what nobody asks an issuer', async () => {
    const { simulator, connect: open } = await startForTest()
    const client = await open(dialect)
    client.send({ ...question(dialect), mti: '0110' })
    client.send({ ...question(dialect), mti: '0210' })
    await client.ask(management('301'))
    expect(client.received).toHaveLength(2)
    expect(await countsOf(simulator.browserUrl)).toMatchObject({ ignored: 2 })
  })
})

describe('a first frame', () => {
  it('of no dialect ends the connection', async () => {
    const { simulator } = await startForTest()
    const socket = connect(simulator.port, simulator.host)
    socket.write(frame(Buffer.from('GET / HTTP/1.1')))
    await new Promise(resolve => socket.once('close', resolve))
    expect(await countsOf(simulator.browserUrl)).toMatchObject({ unparsable: 1 })
  })

  it('decides the dialect of its connection, and not that of others', async () => {
    const { connect: open } = await startForTest()
    const [one, other] = [await open(mastercardLike), await open(visaLike)]
    const [first, second] = await Promise.all([
      one.ask(question(mastercardLike)),
      other.ask(question(visaLike, { stan: '000002' })),
    ])
    expect([said(first)['responseCode'], said(second)['responseCode']]).toEqual(['00', '85'])
  })
})

describe('over TLS', () => {
  it('serves clients, and with a CA only those whose certificate it signed', async () => {
    const folder = newFolder()
    const issuer = certificate(folder, 'issuer')
    const vault = certificate(folder, 'vault')
    const stranger = certificate(folder, 'stranger')
    const open = await startForTest({ tls: { key: issuer.key, cert: issuer.cert } })
    const client = await open.connect(visaLike, { tls: { ca: issuer.cert } })
    expect(said(await client.ask(question(visaLike)))['responseCode']).toBe('85')

    const closed = await startForTest({ tls: { ...issuer, ca: vault.cert, requestCert: true } })
    const known = await closed.connect(mastercardLike, { tls: { ca: issuer.cert, ...vault } })
    expect(said(await known.ask(question(mastercardLike)))['responseCode']).toBe('00')
    for (const own of [{}, stranger]) {
      const refused = connectClient(closed.simulator, mastercardLike, { tls: { ca: issuer.cert, ...own } })
      await expect(refused).rejects.toThrow()
    }
    await eventually(() => expect(closed.logged.join()).toMatch(/TLS handshake failed/))
  })

  it('needs certificates that can be used', async () => {
    const started = startSimulator({ port: 0, tls: { key: 'no key', cert: 'no certificate' } })
    await expect(started).rejects.toThrow(/^The simulator cannot use its TLS certificate/)
  })
})

describe('the simulator', () => {
  it('loses echo tests and cuts connections when told', async () => {
    const { simulator, connect: open } = await startForTest()
    const client = await open(visaLike)
    simulator.control({ dropEchoes: 1 })
    client.send(management('301', '000011'))
    await client.ask(management('301', '000012'))
    expect(client.received).toHaveLength(2)

    simulator.control({ cutConnections: true })
    await eventually(() => expect(client.closed).toBe(true))
    await open(visaLike)
  })

  it('stops at once while answers are held back and a handshake hangs', async () => {
    const { simulator, clock, connect: open } = await startForTest()
    const client = await open(visaLike)
    client.send(question(visaLike, { pan: '4000000000104002' }))
    client.send(question(visaLike, { pan: '4000000000103004', stan: '000002' }))
    const idle = connect(simulator.port, simulator.host)
    onTestFinished(() => void idle.destroy())
    await eventually(() => expect(clock.waiting).toBe(1))

    await simulator.stop()
    await eventually(() => expect([client.closed, clock.waiting]).toEqual([true, 0]))
    await simulator.stop()
  })

  it('says what to do when one of its ports is taken', async () => {
    const { simulator } = await startForTest()
    const { port } = simulator
    await expect(startSimulator({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`)
    const browserPort = Number(new URL(simulator.browserUrl).port)
    await expect(startSimulator({ port: 0, browserPort })).rejects.toThrow(`Port ${browserPort} on 127.0.0.1 is in use`)
  })

  it('forgets a reversal that it was told to lose only as often as it was told', async () => {
    const { simulator, connect: open } = await startForTest()
    const client = await open(visaLike)
    simulator.control({ dropReversals: 2 })
    const asked = question(visaLike)
    await client.ask(asked)
    for (const stan of ['500001', '500002']) client.send(reversalOf(asked, { stan }))
    await client.ask(reversalOf(asked, { mti: '0401', stan: '500003' }))
    expect(client.received).toHaveLength(3)
  })
})

function certificate(folder: string, name: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '3650']
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject]
  execFileSync('openssl', [...how, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

async function countsOf(url: string): Promise<unknown> {
  return ((await (await fetch(`${url}/log`)).json()) as { counts: unknown }).counts
}
