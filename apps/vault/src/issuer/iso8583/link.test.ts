/** The link, over real sockets against an acquirer that a test plays. Limits are short; no test asks how long a thing took. */
import { type AddressInfo, createServer } from 'node:net'
import { Registry } from 'prom-client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  agreeable,
  answerTo,
  framed,
  type PlayedAcquirer,
  playAcquirer,
  signedOn,
  textWords,
} from '../../../../../test/support/played-acquirer.js'
import { seededRandom } from '../../../../../test/support/seeded-random.js'
import { Pan } from '../../card-data/index.js'
import { systemClock } from '../../platform/clock.js'
import { makeLog } from '../../platform/log.js'
import type { IncomingMessage, OutgoingMessage } from './dialect.js'
import { Link, type LinkOptions } from './link.js'
import { linkMetrics } from './link-metrics.js'

const LONG = 60_000

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function acquirer(...options: Parameters<typeof playAcquirer>): Promise<PlayedAcquirer> {
  const peer = await playAcquirer(...options)
  closers.push(() => peer.stop())
  return peer
}

function linkTo(port: number, limits: LinkOptions['limits'] = {}, change: Partial<LinkOptions> = {}) {
  const registry = new Registry()
  const lines: string[] = []
  const link = new Link({
    acquirer: 'bank',
    line: { host: '127.0.0.1', port },
    words: textWords(),
    clock: systemClock,
    random: seededRandom('link'),
    log: makeLog({ now: () => 0, stream: { write: line => lines.push(line) } }),
    metrics: linkMetrics(registry),
    limits: { firstRestMs: 5, longestRestMs: 20, comingUpMs: LONG, signOffMs: 100, ...limits },
    ...change,
  })
  closers.push(() => link.stop())
  const counted = async (name: string, labels: Record<string, string> = {}) => {
    const metric = await registry.getSingleMetric(`coffer_issuer_${name}`)!.get()
    const isMeant = (value: { labels: object }) =>
      Object.entries(labels).every(([key, label]) => (value.labels as Record<string, unknown>)[key] === label)
    return metric.values.filter(isMeant).reduce((sum, { value }) => sum + value, 0)
  }
  return { link, lines, counted }
}

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 50_000, interval: 5 })
const isUp = (link: Link) => until(() => expect(link.isUp()).toBe(true))
const question = (trace: number, fields: OutgoingMessage['fields'] = {}): OutgoingMessage => ({
  mti: '0100',
  fields: { 7: '1123180000', 11: String(trace).padStart(6, '0'), ...fields },
})
const silent = signedOn(() => {})
const asked = (peer: PlayedAcquirer, mti: string, code?: string) =>
  peer.received.filter(message => message.mti === mti && (code === undefined || message.fields['70'] === code))

test('another side that asks and does not read is left, and its answers are not kept for it', async () => {
  const echo = framed(`0800|7=1|11=1|70=301|63=${'x'.repeat(9_000)}`)
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', chunk => {
      const [, ...fields] = chunk.toString('latin1').slice(4).split('|')
      socket.pause()
      socket.write(framed(['0810', ...fields, '39=00'].join('|')))
      const ask = () => {
        while (!socket.destroyed && socket.write(echo));
      }
      socket.on('drain', ask)
      ask()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { link, lines } = linkTo((server.address() as AddressInfo).port)
  link.start()
  await until(() => expect(lines.join('')).toContain('the other side reads nothing'))
  await link.stop()
  await new Promise(resolve => server.close(resolve))
})

describe('messages', () => {
  test('two hundred at once get each its own answer, in whatever order those come', async () => {
    const waiting: [number, () => void][] = []
    const dice = seededRandom('order')
    const peer = await acquirer(
      signedOn((message, say) => {
        waiting.push([
          dice.bytes(4).readUInt32BE(),
          () =>
            say({ ...answerTo(message), fields: { ...answerTo(message).fields, 37: `for ${message.fields['11']}` } }),
        ])
        if (waiting.length === 200) for (const [, answer] of waiting.sort(([a], [b]) => a - b)) answer()
      }),
    )
    const { link, counted } = linkTo(peer.port)
    link.start()
    const answers = await Promise.all(Array.from({ length: 200 }, (_, nth) => link.request(question(nth), LONG)))
    for (const [nth, answer] of answers.entries()) {
      const own = expect.objectContaining({ 37: `for ${String(nth).padStart(6, '0')}` })
      expect(answer).toMatchObject({ kind: 'answered', message: { mti: '0110', fields: own } })
    }
    expect(peer.connections).toBe(1)
    expect(await counted('waiting')).toBe(0)
  })

  test('the digits of a card are filled in on the wire', async () => {
    const pan = Pan.parse('4111111111111111', { find: () => undefined })
    const peer = await acquirer()
    const { link, lines } = linkTo(peer.port)
    link.start()
    if (!pan.ok) throw new Error(pan.rule)
    await link.request(question(1, { 2: pan.value }), LONG)
    expect(asked(peer, '0100')[0]?.fields['2']).toBe('4111111111111111   ')
    expect(lines.join('')).not.toContain('41111111')
  })

  test('an answer that comes after the limit is counted, and nobody gets it', async () => {
    const late: (() => void)[] = []
    const peer = await acquirer(signedOn((message, say) => late.push(() => say(answerTo(message)))))
    const { link, counted, lines } = linkTo(peer.port)
    link.start()
    await isUp(link)
    expect(await link.request(question(1), 20)).toEqual({ kind: 'no answer', cause: 'timeout', sent: true })
    await until(() => expect(late).toHaveLength(1))
    late[0]!()
    await until(async () => expect(await counted('late_answers_total', { kind: 'late' })).toBe(1))
    peer.behave = agreeable
    expect(await link.request(question(2), LONG)).toMatchObject({ message: { fields: { 11: '000002' } } })
    expect(lines.some(line => line.includes('issuer.answer-discarded'))).toBe(true)
  })

  test('an answer to another message, a second answer, a wrong type and a request are not taken for the answer', async () => {
    const peer = await acquirer(
      signedOn((message, say) => {
        const right = answerTo(message)
        say({ ...right, fields: { ...right.fields, 11: '777777', 39: '05' } })
        say({ ...right, mti: '0410', fields: { ...right.fields, 39: '05' } })
        say({ ...message, fields: { ...message.fields, 39: '05' } })
        say(right)
        say(right)
      }),
    )
    const { link, counted } = linkTo(peer.port)
    link.start()
    expect(await link.request(question(1), LONG)).toMatchObject({ message: { mti: '0110', fields: { 39: '00' } } })
    await until(async () => expect(await counted('late_answers_total')).toBe(4))
    expect(await counted('late_answers_total', { kind: 'duplicate' })).toBe(1)
  })

  test('a repeat of a reversal is answered by the same type as its first', async () => {
    const peer = await acquirer(signedOn((message, say) => say({ ...answerTo(message), mti: '0410' })))
    const { link } = linkTo(peer.port)
    link.start()
    for (const mti of ['0400', '0401']) {
      expect(await link.request({ ...question(1), mti }, LONG)).toMatchObject({ message: { mti: '0410' } })
    }
  })

  test('what cannot be written is not sent, and the log does not say what it was', async () => {
    const peer = await acquirer()
    const { link, lines, counted } = linkTo(peer.port)
    link.start()
    const erased = Pan.parse('4111111111111111', { find: () => undefined })
    if (!erased.ok) throw new Error(erased.rule)
    erased.value.erase()
    const notSent = { kind: 'no answer', cause: 'garbled', sent: false }
    expect(await link.request(question(1, { 43: 'se|cret' }), LONG)).toEqual(notSent)
    expect(await link.request(question(2, { 2: erased.value }), LONG)).toEqual(notSent)
    expect(asked(peer, '0100')).toEqual([])
    expect(await counted('not_sent_total')).toBe(2)
    expect(lines.join('')).not.toContain('cret')
  })

  test('a second message under the key of one that waits is not sent', async () => {
    const peer = await acquirer(silent)
    const { link } = linkTo(peer.port)
    link.start()
    const first = link.request(question(1), LONG)
    await until(() => expect(asked(peer, '0100')).toHaveLength(1))
    expect(await link.request(question(1), LONG)).toEqual({ kind: 'no answer', cause: 'link-down', sent: false })
    peer.say(answerTo(question(1) as IncomingMessage))
    expect(await first).toMatchObject({ kind: 'answered' })
  })

  test('more than may be under way at once are not sent', async () => {
    const peer = await acquirer(silent)
    const { link } = linkTo(peer.port, { mostPending: 3 })
    link.start()
    await isUp(link)
    const running = [1, 2, 3].map(trace => link.request(question(trace), LONG))
    expect(await link.request(question(4), LONG)).toEqual({ kind: 'no answer', cause: 'link-down', sent: false })
    await until(() => expect(asked(peer, '0100')).toHaveLength(3))
    for (const message of asked(peer, '0100')) peer.say(answerTo(message))
    await Promise.all(running)
    peer.behave = agreeable
    expect(await link.request(question(5), LONG)).toMatchObject({ kind: 'answered' })
  })
})

describe('what the other side may do to us', () => {
  test('answers that come byte by byte are read', async () => {
    const peer = await acquirer(silent)
    const { link } = linkTo(peer.port)
    link.start()
    const answer = link.request(question(1), LONG)
    await until(() => expect(asked(peer, '0100')).toHaveLength(1))
    for (const byte of framed('0110|7=1123180000|11=000001|39=85')) {
      peer.raw(Buffer.from([byte]))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(await answer).toMatchObject({ message: { fields: { 39: '85' } } })
  })

  test('a frame that is no message is counted; the connection and the others on it live on', async () => {
    const peer = await acquirer(silent)
    const { link, counted } = linkTo(peer.port)
    link.start()
    const answer = link.request(question(1), LONG)
    await until(() => expect(asked(peer, '0100')).toHaveLength(1))
    peer.raw(framed('rubbish'))
    peer.raw(framed(''))
    await until(async () => expect(await counted('unreadable_frames_total')).toBe(2))
    peer.say(answerTo(question(1) as IncomingMessage))
    expect(await answer).toMatchObject({ kind: 'answered' })
    expect(peer.connections).toBe(1)
  })

  test('a stream that lost its framing is given up; what was under way may have been acted on', async () => {
    const peer = await acquirer(silent)
    const { link, counted } = linkTo(peer.port)
    link.start()
    const answer = link.request(question(1), LONG)
    await until(() => expect(asked(peer, '0100')).toHaveLength(1))
    peer.raw('GET / HTTP/1.1\r\n\r\n')
    expect(await answer).toEqual({ kind: 'no answer', cause: 'link-down', sent: true })
    expect(await counted('unreadable_frames_total')).toBe(1)
    await until(() => expect(peer.connections).toBe(2))
    await isUp(link)
    expect(await counted('reconnects_total')).toBe(1)
  })

  test('a connection cut in the middle of a frame ends what was sent on it, and another is made', async () => {
    const peer = await acquirer(silent)
    const { link } = linkTo(peer.port)
    link.start()
    const running = [1, 2].map(trace => link.request(question(trace), LONG))
    await until(() => expect(asked(peer, '0100')).toHaveLength(2))
    peer.raw(framed('0110|7=1123180000|11=000001|39=00').subarray(0, 20))
    peer.cut()
    const lost = { kind: 'no answer', cause: 'link-down', sent: true }
    expect(await Promise.all(running)).toEqual([lost, lost])
    peer.behave = agreeable
    expect(await link.request(question(3), LONG)).toMatchObject({ kind: 'answered' })
  })

  test('what breaks our own reading of a message does not end the process', async () => {
    const peer = await acquirer()
    const words = textWords()
    const answer = (): never => {
      throw new TypeError('no such field')
    }
    const { link, counted } = linkTo(peer.port, {}, { words: { ...words, answerTo: answer } })
    link.start()
    await isUp(link)
    peer.say({ mti: '0800', fields: { 7: '0', 11: '000009', 70: '301' } })
    await until(async () => expect(await counted('unreadable_frames_total')).toBe(1))
    expect(await link.request(question(1), LONG)).toMatchObject({ kind: 'answered' })
  })

  test('its own echo is answered', async () => {
    const peer = await acquirer()
    const { link } = linkTo(peer.port)
    link.start()
    await isUp(link)
    peer.behave = () => {}
    peer.say({ mti: '0800', fields: { 7: '0', 11: '000009', 70: '301' } })
    await until(() => expect(asked(peer, '0810')[0]?.fields).toMatchObject({ 11: '000009', 39: '00' }))
  })
})

describe('being there', () => {
  test('a message that comes while the link is being opened waits for it', async () => {
    const signOn: (() => void)[] = []
    const peer = await acquirer((message, say) =>
      message.mti === '0800' ? signOn.push(() => say(answerTo(message))) : agreeable(message, say),
    )
    const { link } = linkTo(peer.port)
    link.start()
    const answer = link.request(question(1), LONG)
    await until(() => expect(signOn).toHaveLength(1))
    expect(link.isUp()).toBe(false)
    signOn[0]!()
    expect(await answer).toMatchObject({ kind: 'answered' })
    expect(peer.received.map(({ mti }) => mti)).toEqual(['0800', '0100'])
  })

  test('a message that waited for a link in vain was not sent, and is not sent later', async () => {
    const signOn: (() => void)[] = []
    const peer = await acquirer((message, say) =>
      message.mti === '0800' ? signOn.push(() => say(answerTo(message))) : agreeable(message, say),
    )
    const { link } = linkTo(peer.port, { comingUpMs: 10 })
    link.start()
    expect(await link.request(question(1), LONG)).toEqual({ kind: 'no answer', cause: 'link-down', sent: false })
    await until(() => expect(signOn).toHaveLength(1))
    signOn[0]!()
    await isUp(link)
    expect(await link.request(question(2), LONG)).toMatchObject({ kind: 'answered' })
    expect(asked(peer, '0100')).toHaveLength(1)
  })

  test('a link that is down fails a message at once, and comes back with the other side', async () => {
    const peer = await acquirer()
    const { link, lines, counted } = linkTo(peer.port, { firstRestMs: LONG, longestRestMs: LONG, comingUpMs: 5 })
    const { link: patient } = linkTo(peer.port)
    link.start()
    patient.start()
    await Promise.all([isUp(link), isUp(patient)])
    expect(await counted('link_up')).toBe(1)
    await peer.stop()
    await until(() => expect(link.isUp() || patient.isUp()).toBe(false))
    expect(await link.request(question(1), LONG)).toEqual({ kind: 'no answer', cause: 'link-down', sent: false })
    expect(await counted('link_up')).toBe(0)
    expect(lines.filter(line => line.includes('issuer.link-down'))).toHaveLength(1)
    await acquirer(agreeable, peer.port)
    await isUp(patient)
    expect(await patient.request(question(2), LONG)).toMatchObject({ kind: 'answered' })
  })

  test('where sign-on is refused nothing is sent, until it is accepted', async () => {
    let refusals = 0
    const peer = await acquirer((message, say) => {
      if (message.mti !== '0800') return agreeable(message, say)
      say(answerTo(message, refusals++ < 3 ? '91' : '00'))
    })
    const { link, lines } = linkTo(peer.port)
    link.start()
    await until(() => expect(refusals).toBeGreaterThan(1))
    await isUp(link)
    expect(peer.connections).toBe(4)
    expect(lines.filter(line => line.includes('sign-on refused'))).toHaveLength(1)
  })

  test('where sign-on is not answered it is tried again on a new connection', async () => {
    const peer = await acquirer((message, say) => peer.connections > 2 && agreeable(message, say))
    const { link } = linkTo(peer.port, { signOnMs: 10 })
    link.start()
    await isUp(link)
    expect(peer.connections).toBeGreaterThan(2)
  })

  test('two echoes without an answer mean that the connection leads nowhere: another is made', async () => {
    const peer = await acquirer((message, say) => {
      if (message.fields['70'] !== '301' || peer.connections > 1) agreeable(message, say)
    })
    const { link } = linkTo(peer.port, { echoAfterMs: 10, echoMs: 20 })
    link.start()
    await until(() => expect(peer.connections).toBe(2))
    expect(asked(peer, '0800', '301').length).toBeGreaterThanOrEqual(2)
    await isUp(link)
  })

  test('echoes that are answered, or that cross with something else, keep the connection', async () => {
    let echoes = 0
    const peer = await acquirer((message, say) => {
      const other = { ...answerTo(message), mti: '0110', fields: { 7: '0', 11: '123456' } }
      if (message.fields['70'] !== '301') agreeable(message, say)
      else say(echoes++ % 2 ? answerTo(message) : other)
    })
    const { link } = linkTo(peer.port, { echoAfterMs: 5, echoMs: 10 })
    link.start()
    await until(() => expect(echoes).toBeGreaterThan(7))
    expect(peer.connections).toBe(1)
  })

  test('an echo that is refused makes us sign on anew', async () => {
    const peer = await acquirer((message, say) => {
      say(answerTo(message, message.fields['70'] === '301' && peer.connections === 1 ? '91' : '00'))
    })
    const { link } = linkTo(peer.port, { echoAfterMs: 10 })
    link.start()
    await until(() => expect(asked(peer, '0800', '001').length).toBeGreaterThan(1))
    await isUp(link)
  })

  test('a message without an answer on a line where nothing is heard makes us look at once', async () => {
    const peer = await acquirer((message, say) => {
      if (message.fields['70'] === '001') agreeable(message, say)
    })
    const { link } = linkTo(peer.port, { echoAfterMs: 3_600_000, echoMs: 10 })
    link.start()
    await isUp(link)
    await link.request(question(1), 10)
    await until(() => expect(peer.connections).toBeGreaterThan(1))
    expect(asked(peer, '0800', '301')).toHaveLength(2)
  })

  test('without a trace number there is no sign-on; it is tried again', async () => {
    const peer = await acquirer()
    const words = textWords()
    let isAway = true
    const about: typeof words.about = kind =>
      isAway ? Promise.reject(new Error('the database is away')) : words.about(kind)
    const { link, lines } = linkTo(peer.port, {}, { words: { ...words, about } })
    link.start()
    await until(() => expect(peer.connections).toBeGreaterThan(1))
    expect(link.isUp()).toBe(false)
    isAway = false
    await isUp(link)
    expect(lines.some(line => line.includes('issuer.no-trace-number'))).toBe(true)
  })
})

describe('stopping', () => {
  test('messages under way are waited for, then the link signs off; later ones are not sent', async () => {
    const waiting: (() => void)[] = []
    const peer = await acquirer(signedOn((message, say) => waiting.push(() => say(answerTo(message)))))
    const { link } = linkTo(peer.port, { drainMs: LONG })
    link.start()
    const answer = link.request(question(1), LONG)
    await until(() => expect(waiting).toHaveLength(1))
    const stopped = link.stop()
    expect(link.isUp()).toBe(false)
    expect(await link.request(question(2), LONG)).toEqual({ kind: 'no answer', cause: 'link-down', sent: false })
    waiting[0]!()
    expect(await answer).toMatchObject({ kind: 'answered' })
    await stopped
    await until(() => expect(peer.received.at(-1)?.fields['70']).toBe('002'))
    await link.stop()
  })

  test('what is not answered in that time is unknown', async () => {
    const peer = await acquirer(silent)
    const { link } = linkTo(peer.port, { drainMs: 10 })
    link.start()
    const answer = link.request(question(1), LONG)
    await until(() => expect(asked(peer, '0100')).toHaveLength(1))
    await link.stop()
    expect(await answer).toEqual({ kind: 'no answer', cause: 'link-down', sent: true })
  })

  test('a link stops while it signs on, while it rests, and before it has begun', async () => {
    const mute = await acquirer(() => {})
    const signingOn = linkTo(mute.port, { signOnMs: LONG }).link
    signingOn.start()
    await until(() => expect(mute.received).toHaveLength(1))
    await signingOn.stop()

    const gone = await acquirer()
    await gone.stop()
    const { link: resting, lines } = linkTo(gone.port, { firstRestMs: LONG, longestRestMs: LONG })
    resting.start()
    await until(() => expect(lines.join('')).toContain('ECONNREFUSED'))
    await resting.stop()

    await linkTo(gone.port).link.stop()
  })
})
