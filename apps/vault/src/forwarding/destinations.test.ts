/** Names that lead to places where nobody should be called, in a live vault. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOOPBACK_ADDRESSES, REFUSED_ADDRESSES } from '../../../../test/support/addresses.js'
import { type PlayedProcessor, startProcessor } from '../../../../test/support/played-processor.js'
import { recordingOpen } from '../../../../test/support/recording-open.js'
import { openDestinations } from './destinations.js'
import { readDestinationsFile } from './destinations-file.js'

/** Stands for a body with digits; says whether anybody has read it. */
function aBody() {
  const read = { pieces: 0 }
  const body = {
    length: 2,
    async *[Symbol.asyncIterator]() {
      read.pieces++
      yield Buffer.from('{}')
    },
  }
  return { body, read }
}

function open(change: object, way: Parameters<typeof openDestinations>[1], readFile = () => '') {
  const entry = {
    name: 'processor',
    merchants: ['*'],
    origin: 'https://api.processor.example',
    paths: ['/v1/*'],
    numberAt: ['/number'],
    ...change,
  }
  const read = readDestinationsFile(JSON.stringify({ destinations: [entry] }), { environment: 'live', readFile })
  if (!read.ok) throw new Error(read.problems.join('\n'))
  const [destination] = openDestinations(read.destinations, way)
  const url = new URL(`${destination!.config.origin}/v1/payments`)
  return {
    send: async (to = url) => {
      const { body, read: told } = aBody()
      const request = { method: 'POST', url: to, headers: {}, body, answerHeaders: [] } as const
      return { answer: await destination!.outbound.send(request), pieces: told.pieces }
    },
  }
}

const answers =
  (...addresses: string[]) =>
  async () =>
    addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('nothing is sent when the name resolves to', () => {
  test.each([...REFUSED_ADDRESSES, ...LOOPBACK_ADDRESSES])('%s', async address => {
    const { opened, open: record } = recordingOpen()
    const { answer, pieces } = await open({}, { resolve: answers(address), open: record }).send()
    expect(answer).toEqual({ kind: 'failed', reason: 'refused address' })
    expect([opened, pieces]).toEqual([[], 0])
  })

  test('one such address among good ones', async () => {
    const { opened, open: record } = recordingOpen()
    const { answer } = await open({}, { resolve: answers('8.8.8.8', '10.0.0.1'), open: record }).send()
    expect(answer).toEqual({ kind: 'failed', reason: 'refused address' })
    expect(opened).toEqual([])
  })
})

test('an address of a private network that the operator opened for this destination is called, and no other one', async () => {
  const { opened, open: record } = recordingOpen()
  const privateNetworks = ['10.1.2.0/24']
  await open({ privateNetworks }, { resolve: answers('10.1.2.3'), open: record }).send()
  await open({ privateNetworks }, { resolve: answers('10.1.3.3'), open: record }).send()
  await open({}, { resolve: answers('10.1.2.3'), open: record }).send()
  expect(opened).toEqual(['10.1.2.3 443'])
})

test('a URL of another port or without TLS is not called, whoever asks for it', async () => {
  const { opened, open: record } = recordingOpen()
  const { send } = open({}, { resolve: answers('8.8.8.8'), open: record })
  for (const url of [
    'https://api.processor.example:8443/v1/x',
    'http://api.processor.example/v1/x',
    'https://127.0.0.1/v1/x',
  ]) {
    expect((await send(new URL(url))).answer).toEqual({ kind: 'failed', reason: 'refused URL' })
  }
  expect(opened).toEqual([])
})

describe('somebody else behind the right name', () => {
  let other: PlayedProcessor
  beforeAll(async () => {
    other = await startProcessor('other.localhost')
  })
  afterAll(() => other?.stop())

  test('has no certificate for it, and hears nothing', async () => {
    const port = Number(new URL(other.origin).port)
    // A network that leads elsewhere: the address was good, and whoever answers at it is not.
    const way = {
      resolve: answers('8.8.8.8'),
      open: () => {
        const socket = connect({ host: '127.0.0.1', port })
        Object.defineProperty(socket, 'remoteAddress', { value: '8.8.8.8' })
        return socket
      },
    }
    const { send } = open({ caFile: 'ca.pem' }, way, () => readFileSync(other.caFile, 'utf8'))
    const { answer, pieces } = await send()
    expect(answer).toEqual({ kind: 'failed', reason: 'tls failed', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect([pieces, other.charged]).toEqual([0, []])
  })
})
