/** Everything that a sandbox does with cards, with numbers that can be told from any other, in real processes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { contentToSign, printSignatureHeader, signContent } from '../../packages/antom/src/index.js'
import { luhnDigit, type TestCardWish, testCardNumber } from '../../packages/test-cards/src/index.js'
import { aVaultingRequest } from '../support/builders.js'
import { type DialectName, readBySimulator } from '../support/frame-readings.js'
import type { Answer, Sent } from '../support/merchant-client.js'
import {
  answerBank,
  code,
  goThrough,
  type Loaded,
  openChallenge,
  passBrowser,
  send,
  settled,
} from '../support/play-buyer.js'
import { runCoffer, type SandboxKeys, Stack } from '../support/processes.js'
import { startReceiver } from '../support/receiver.js'
import { startRecordingRelay } from '../support/recording-relay.js'
import { writeAcquirersFile } from '../support/simulated-acquirers.js'
import { type Canary, digestNeedles, type Needle, valueNeedles } from './needles.js'
import { playPayments } from './payment-run.js'

/** The secrets of one run that are no card numbers. */
export interface RunSecrets {
  cvv: string
  /** Of American Express: four digits. */
  cid: string
  /** First two digits of a Korean card's password. */
  password: string
}

export interface FullRun {
  /** Everything that was written: data directory, temporary files, and `captured/` with all that came out. */
  folder: string
  canaries: Canary[]
  /** Signatures and digests of the requests that carried a card, and what banks gave for buyers whom they knew again. */
  needles: Needle[]
  vaultings: number
  /** How many of those whose code waited were brought to their bank with it. */
  challenges: number
  /** How many authentication values went to the issuer. */
  authenticationValues: number
  /** What went to the issuer, in memory alone: to see that needles have the form that frames have. */
  frames: Buffer[]
  /** How often each result code was answered, to see that the run did what it should. */
  answered: Record<string, number>
}

/** A range with few zeros, of a country where nobody asks for 3-D Secure by himself. */
const VISA = { prefix: '44640400', tt: '25' } as const

/**
 * VISA and Cartes Bancaires: in the EEA the buyer has to choose, and then to pass a challenge of his bank; until then the
 * CVV waits.
 */
const CO_BADGED = { prefix: '40000025', tt: '20' } as const

/** What the merchant and the browser itself tell of a buyer's browser; in no other text. */
export const browserFacts = ['ToldBrowser/7.3', 'PlayedBuyer/1.0', 'application/xhtml+xml;q=0.9'] as const

/**
 * Many vaultings with the one CVV: the more, the more clearly a leak of three digits stands out. As many again whose CVV
 * has to wait, so that a leak on that way alone stands out as well.
 */
const PLAIN_VAULTINGS = 150

/** WAL that is never removed and hides nothing: a compressed page would break a number into pieces. */
const legibleWal = {
  wal_compression: 'off',
  max_wal_size: '4GB',
  wal_keep_size: '4GB',
  checkpoint_timeout: '1h',
  wal_recycle: 'off',
}

export async function fullRun(offset: number, secrets: RunSecrets, fill: number): Promise<FullRun> {
  const stack = await Stack.start({ offset, postgresSettings: legibleWal, programs: ['postgres', 'simulator'] })
  const temporary = join(stack.folder, 'tmp')
  mkdirSync(temporary)
  stack.alsoEnv({ TMPDIR: temporary, COFFER_FIRST_NOTIFICATION_DELAY_MS: '0' })
  const receiver = await startReceiver()
  const relay = await startRecordingRelay(stack.issuerPort)
  stack.alsoEnv({ COFFER_ACQUIRERS_FILE: writeAcquirersFile(join(stack.folder, 'acquirers.json'), relay.port) })
  try {
    await stack.launch(['serve', 'work'])
    await Promise.all([stack.linked('serve'), stack.linked('work')])
    await storeUncompressed(stack.databaseUrl)
    const run = new Run(stack, receiver.url, secrets, fill)
    receiver.answer((_got, nth) => (nth % 5 === 0 ? { status: 500, body: '' } : { status: 200, body: ACKNOWLEDGED }))
    await run.everything()

    for (const { body } of receiver.received) {
      if (!body.includes(OWN_METADATA)) run.capture('notification', body)
    }
    for (const { name, output } of stack.outputs()) run.capture(`output-${name}`, output)
    run.capture('database', await wholeDatabase(stack.databaseUrl))
    await stack.end()
    run.save(join(stack.folder, 'captured'))
    const { canaries, answered, vaultings, challenges } = run
    const frames = relay.frames.filter(({ direction }) => direction === 'to-issuer').map(({ bytes }) => bytes)
    const values = frames.flatMap(authenticationValueIn)
    const needles = [...run.needles, ...values.flatMap(value => valueNeedles('authentication value', value))]
    const found = { canaries, needles, answered, vaultings, challenges, authenticationValues: values.length, frames }
    return { folder: stack.folder, ...found }
  } catch (error) {
    await stack.stop()
    throw error
  } finally {
    await relay.stop()
    await receiver.stop()
  }
}

const ACKNOWLEDGED = JSON.stringify({ result: { resultCode: 'SUCCESS', resultStatus: 'S', resultMessage: 'success' } })

/** Marks what goes back to the merchant as it came, number of another card and all. */
const OWN_METADATA = 'the merchant wrote'

/** What the issuer is told of an authentication: 20 bytes, at their place in either dialect. */
function authenticationValueIn(frame: Buffer): Buffer[] {
  const dialect: DialectName = frame[0] === 0x30 ? 'mastercard-like' : 'visa-like'
  const { parts } = readBySimulator(dialect, frame)
  const value = dialect === 'visa-like' ? parts['126.9'] : parts['48.43']
  return value === undefined ? [] : [Buffer.from(value, dialect === 'visa-like' ? 'hex' : 'base64')]
}

class Run {
  readonly canaries: Canary[] = []
  readonly needles: Needle[] = []
  readonly answered: Record<string, number> = {}
  vaultings = 0
  challenges = 0
  readonly #captured = new Map<string, string[]>()
  #ids = 0

  constructor(
    private readonly stack: Stack,
    private readonly receiverUrl: string,
    private readonly secrets: RunSecrets,
    private readonly fill: number,
  ) {}

  capture(name: string, text: string | Buffer): void {
    // Of a payment its merchant is told the authentication value, in this one member of answers and notifications. Logs,
    // tables and everything else are looked at as they are.
    const told = ['answers', 'notification'].includes(name) && text.includes('threeDSResult')
    const looked = told ? text.toString().replace(/(\\?"cavv\\?":\\?")[^"\\]*/g, '$1') : text.toString()
    this.#captured.set(name, [...(this.#captured.get(name) ?? []), looked])
  }

  save(folder: string): void {
    mkdirSync(folder)
    for (const [name, texts] of this.#captured) writeFileSync(join(folder, name), `${texts.join('\n')}\n`)
  }

  async everything(): Promise<void> {
    const merchant = this.stack.merchants[0]!
    // The silent issuer takes eight seconds, so it begins at once.
    const silent = this.#vault(merchant, this.#canary('silent', { ...VISA, mode: '3', responseCode: '59' }))
    await this.#outcomes(merchant)
    await this.#wrongFields(merchant)
    await this.#wrongCalls(merchant)
    await silent
    await this.#plain(merchant)
    await this.#authentications(merchant)
    await this.#buyers(merchant)
    await this.#payments(merchant)
    // Beyond every deadline: buyers who have not chosen, and what nobody answered and was taken back.
    await this.stack.advance(16 * 60_000)
    await this.#operators()
    await this.#crash(merchant)
    await this.#watchers(merchant)
  }

  /** Cards of all lengths that are stored, declined, or remain unknown; each repeated and looked up. */
  async #outcomes(merchant: SandboxKeys): Promise<void> {
    const { cid, password } = this.secrets
    const cards = [
      this.#canary('visa', VISA),
      this.#canary('visa-19', { prefix: '40000006' }),
      this.#canary('cup-19', { prefix: '62055000' }),
      this.#canary('amex-15', { brand: 'AMEX' }, cid),
      this.#canary('diners-14', { brand: 'DINERS' }),
      this.#canary('maestro-12', { prefix: '676770' }),
      this.#canary('declined', { brand: 'MASTERCARD', responseCode: '05' }),
      this.#canary('lost', { brand: 'DISCOVER', responseCode: '41' }),
      this.#canary('hang-up', { brand: 'JCB', mode: '5' }),
      this.#canary('late', { brand: 'MASTERCARD', mode: '4' }),
      this.#canary('not-there-at-first', { brand: 'MASTERCARD', mode: '6' }),
      this.#canary('korean', { prefix: '94902200' }),
    ]
    for (const card of cards) {
      const extra = card.label === 'korean' ? { cardPasswordDigest: password } : {}
      const body = this.#body(card, { card: extra })
      await this.#send(merchant, body)
      await this.#send(merchant, body)
      const other = this.#canary(`other-card-${card.label}`, { ...VISA, responseCode: '51' })
      const { vaultingRequestId } = JSON.parse(body)
      await this.#send(merchant, this.#body(other, { vaultingRequestId }))
      await this.#inquire(merchant, vaultingRequestId)
    }
    const past = this.#canary('past', VISA)
    await this.#send(merchant, this.#body(past, { card: { expiryYear: '20' } }))
  }

  /** The number where it does not belong: refused, and not written down on the way. */
  async #wrongFields(merchant: SandboxKeys): Promise<void> {
    const card = this.#canary('wrong-field', VISA)
    const { pan } = card
    const dashed = pan.match(/.{1,4}/g)!.join('-')
    const name = { firstName: 'A', lastName: pan }
    const places: { card?: object; [field: string]: unknown }[] = [
      { vaultingRequestId: pan },
      { vaultingRequestId: dashed },
      { metadata: `order ${pan}` },
      { metadata: dashed },
      { customizedInfo: { customizedField1: pan } },
      { redirectUrl: `https://shop.example/done?card=${pan}` },
      { vaultingNotificationUrl: `${this.receiverUrl}/n/${pan}` },
      { merchantAccountId: pan },
      { env: { terminalType: 'WEB', clientIp: '203.0.113.7', deviceId: pan } },
      { card: { cardholderName: name } },
      { card: { payerEmail: `${pan}@shop.example` } },
      { card: { billingAddress: { region: 'US', address1: pan, zipCode: dashed } } },
      { card: { networkTransactionId: pan } },
      { card: { cvv: pan } },
      { card: { expiryYear: pan } },
      { card: { cpf: pan } },
      { card: { cardNo: Number(pan) } },
      { card: { cardNo: ` ${pan}` } },
      { card: { cardNo: dashed } },
      { card: { cardNo: [pan] } },
      { unknownField: pan },
      { card: { [pan]: 'a name' } },
    ]
    for (const place of places) await this.#send(merchant, this.#body(card, place))
    // An id goes back to whoever sent it; it must not be written down for that.
    await this.#inquire(merchant, pan, false)
    await this.#send(merchant, `{"vaultingRequestId":"${pan}","cardNo":"${pan}"`)
    await this.#send(merchant, `"${pan}"`)

    // A number that could be a real card's: a sandbox takes none, and keeps nothing of it.
    const real = this.#known('real', realNumber(this.fill))
    await this.#send(merchant, this.#body(real))
    // Another card's number in a free field cannot be told from an order number. It lies sealed, and goes back.
    const elsewhere = this.#canary('elsewhere', VISA)
    const metadata = `${OWN_METADATA} ${elsewhere.pan}`
    await this.#send(merchant, this.#body(this.#canary('carrier', VISA), { metadata }), {}, false)
  }

  /** Calls that fail before anybody looks at the card: signature, client, size, path, headers. */
  async #wrongCalls(merchant: SandboxKeys): Promise<void> {
    const card = this.#canary('wrong-call', VISA)
    const body = this.#body(card)
    const other = this.stack.merchants[1]!.keys.privateKey
    await this.#send(merchant, body, { signWith: other })
    await this.#send(merchant, body, { keyVersion: 9 })
    await this.#send(merchant, body, {
      headers: { Signature: `algorithm=RSA256, keyVersion=1, signature=${card.pan}` },
    })
    await this.#send(merchant, body, { headers: { 'client-id': card.pan } }, false)
    await this.#send(merchant, body, { headers: { 'Request-Time': card.pan } })
    await this.#send(merchant, body, { headers: { 'agent-token': card.pan } })
    await this.#send(merchant, body, { method: 'PUT' })
    await this.#send(merchant, body, { uri: `/ams/sandbox/api/v1/vaults/${card.pan}` })
    await this.#send(merchant, body, { uri: `/ams/sandbox/api/v1/vaults/vaultPaymentMethod?card=${card.pan}` })
    const padded = `${body.slice(0, -1)},"padding":"${'x'.repeat(70_000)}"}`
    await this.#send(merchant, padded)
    await this.#send(merchant, `${body.slice(0, -1)},"padding":"${'x'.repeat(2_000_000)}"}`)
  }

  async #plain(merchant: SandboxKeys): Promise<void> {
    for (let nth = 0; nth < PLAIN_VAULTINGS; nth += 10) {
      const ten = Array.from({ length: 10 }, () =>
        this.#vault(merchant, this.#known('plain', '4000000000100000', false)),
      )
      await Promise.all(ten)
    }
    this.vaultings = PLAIN_VAULTINGS
  }

  /** 3-D Secure without a challenge: yes and no, in the call, on the buyer's page, after a soft decline; and never gone to. */
  async #authentications(merchant: SandboxKeys): Promise<void> {
    const asked = { is3DSAuthentication: true }
    const wholeEnv = {
      ...{ terminalType: 'WEB', clientIp: '203.0.113.7', userAgent: browserFacts[0] },
      ...{ colorDepth: 24, screenHeight: 1080, screenWidth: 1920, timeZoneOffset: -60 },
      browserInfo: { acceptHeader: 'text/html', javaEnabled: false, javaScriptEnabled: true, language: 'en-GB' },
    }
    for (const tt of ['10', '12'] as const) {
      const atOnce = this.#canary(`3ds-at-once-${tt}`, { prefix: '40000001', tt })
      await this.#send(merchant, this.#body(atOnce, { card: asked, env: wholeEnv }))
      for (const brand of ['AMEX', 'MASTERCARD', 'JCB'] as const) {
        const card = this.#canary(`3ds-${brand}-${tt}`, { brand, tt }, brand === 'AMEX' ? this.secrets.cid : undefined)
        await this.#goThrough(merchant, this.#body(card, { card: asked, env: wholeEnv }))
      }
    }
    const soft = this.#canary('3ds-soft-decline', { brand: 'MASTERCARD', responseCode: '65' })
    await this.#goThrough(merchant, this.#body(soft))
    await this.#send(merchant, this.#body(this.#canary('3ds-never', VISA), { card: asked }))
  }

  async #goThrough(merchant: SandboxKeys, body: string): Promise<void> {
    const answer = await this.#send(merchant, body)
    const last = await goThrough(String(answer?.json?.normalUrl))
    this.capture('pages', last.html)
    await this.#inquire(merchant, JSON.parse(body).vaultingRequestId)
  }

  /**
   * Buyers who have to choose between two brands and then to pass a challenge, while their codes wait: nine of ten come to
   * their bank, and half of these do what it asks.
   */
  async #buyers(merchant: SandboxKeys): Promise<void> {
    for (let nth = 0; nth < PLAIN_VAULTINGS; nth += 10) {
      const ten = Array.from({ length: 10 }, async (_, at) => {
        const card =
          nth === 0 ? this.#canary(`co-badged-${at}`, CO_BADGED) : this.#known('plain', coBadgedNumber, false)
        const page = await this.#vaultInTheEea(merchant, card)
        if (at === 9) return
        const bank = await this.#goToTheBank(page)
        if (at % 2 === 0) this.capture('pages', (await this.#answer(page, bank)).html)
      })
      await Promise.all(ten)
    }
  }

  /** @returns the address of the buyer's page */
  async #vaultInTheEea(merchant: SandboxKeys, card: Canary): Promise<string> {
    const answer = await this.#send(merchant, this.#body(card, { merchantRegion: 'FR' }))
    return String(answer?.json?.normalUrl)
  }

  /** @returns the page of the bank */
  async #goToTheBank(page: string): Promise<Loaded> {
    const choice = await settled(page, 'choose')
    await send(choice.forms[0]!, { network: 'CARTES_BANCAIRES' })
    const browser = await settled(page, 'browser')
    const passed = await passBrowser(browser)
    const challenge = await settled(page, 'challenge')
    for (const { html } of [choice, browser, passed, challenge]) this.capture('pages', html)
    this.challenges += 1
    return openChallenge(challenge)
  }

  async #answer(page: string, bank: Loaded): Promise<Loaded> {
    await answerBank(bank, code())
    return settled(page, 'end')
  }

  #payments(merchant: SandboxKeys): Promise<void> {
    const pays = { ...VISA, responseCode: '00' }
    return playPayments({
      send: (operation, body) =>
        this.#send(merchant, JSON.stringify(body), { uri: `/ams/sandbox/api/v1/${operation}` }),
      canary: (label, wish) => this.#canary(label, { ...pays, ...wish } as TestCardWish),
      capture: (name, text) => this.capture(name, text),
      notifyUrl: `${this.receiverUrl}/paid`,
    })
  }

  /** What people at the machine look at. */
  async #operators(): Promise<void> {
    const commands = [
      ['merchant', 'list'],
      ['--json', 'merchant', 'list'],
      ['doctor', '--open-cards', '500'],
      ['clock'],
      ['merchant', 'disable', 'NOBODY'],
    ]
    const results = await Promise.all(commands.map(command => runCoffer(command, { env: this.stack.env })))
    for (const { output } of results) this.capture('commands', output)
    const opened = results.some(({ output }) => /(\d+) of \1 sampled cards open/.test(output))
    if (!opened) throw new Error('the doctor opened no cards, so nothing could leak on that way')
  }

  /** PostgreSQL and the server are killed with cards on their way, and start again. */
  async #crash(merchant: SandboxKeys): Promise<void> {
    const cards = Array.from({ length: 10 }, (_, nth) => this.#canary(`crash-${nth}`, VISA))
    const underWay = cards.map(card => this.#vault(merchant, card).catch(() => undefined))
    await this.stack.kill(['postgres'])
    const late = this.#vault(merchant, this.#canary('no-database', VISA)).catch(() => undefined)
    await Promise.all([...underWay, late])
    await this.stack.launch(['postgres'])
    await this.stack.linked('serve')
    // Their codes wait in the memory of the process that is killed: before a choice, and in a challenge.
    for (let nth = 0; nth < 10; nth += 1) {
      const page = await this.#vaultInTheEea(merchant, this.#canary(`lost-buyer-${nth}`, CO_BADGED))
      if (nth % 2 === 0) await this.#goToTheBank(page)
    }
    const again = cards.map(card => this.#vault(merchant, card).catch(() => undefined))
    await this.stack.kill(['serve'])
    await Promise.all(again)
    await this.stack.launch(['serve'])
    await this.stack.linked('serve')
    // Whatever is still open ends.
    await this.stack.advance(16 * 60_000)
  }

  async #watchers(merchant: SandboxKeys): Promise<void> {
    const { clientId } = merchant.keys
    const paths = [
      '/metrics',
      '/readyz',
      `/sandbox/timeline/${clientId}/leak-1`,
      `/sandbox/timeline/${clientId}/leak-2`,
    ]
    for (const path of paths) this.capture('watched', await (await fetch(this.stack.opsUrl + path)).text())
    this.capture('watched', JSON.stringify(await this.stack.ledger()))
    this.capture('watched', await (await fetch(`${this.stack.simulatorUrl}/accounts`)).text())
    this.capture('watched', await (await fetch(`${this.stack.simulatorUrl}/three-ds/log`)).text())
  }

  #vault(merchant: SandboxKeys, card: Canary): Promise<unknown> {
    return this.#send(merchant, this.#body(card))
  }

  #body(card: Canary, more: { card?: object; [field: string]: unknown } = {}): string {
    const [expiryYear, expiryMonth] = [card.expiry.slice(0, 2), card.expiry.slice(2)]
    const fields = { cardNo: card.pan, expiryYear, expiryMonth, cvv: card.cvv }
    const { card: moreOfCard, ...rest } = more
    const request = aVaultingRequest({
      vaultingRequestId: `leak-${++this.#ids}`,
      vaultingNotificationUrl: `${this.receiverUrl}/notify`,
      ...rest,
    })
    return JSON.stringify({
      ...request,
      paymentMethodDetail: { paymentMethodType: 'CARD', card: { ...fields, ...moreOfCard } },
    })
  }

  /** Sends a request that carries a card, and remembers its signature and what was signed. */
  async #send(merchant: SandboxKeys, body: string, sent: Sent = {}, captured = true): Promise<Answer | undefined> {
    const time = String(Date.now())
    const { clientId, keyVersion } = merchant.keys
    const uri = sent.uri ?? '/ams/sandbox/api/v1/vaults/vaultPaymentMethod'
    const content = contentToSign({ method: sent.method ?? 'POST', uri, clientId, time, body: Buffer.from(body) })
    // Signatures of this kind are the same every time, so this is the one that goes out.
    const signature = await signContent(sent.signWith ?? merchant.keys.privateKey, content)
    const header = printSignatureHeader({ keyVersion, signature })
    this.needles.push(
      { what: 'signature of a request, as its header', bytes: Buffer.from(header.slice(-40)) },
      ...valueNeedles('signature of a request', signature),
      ...digestNeedles('digest of what was signed', content),
      ...digestNeedles('digest of a body', Buffer.from(body)),
    )
    const answer = await this.stack.call(merchant, '', undefined, { uri, body, time, ...sent }).catch(() => undefined)
    const code = answer?.json?.result?.resultCode ?? 'broken'
    this.answered[code] = (this.answered[code] ?? 0) + 1
    if (answer && captured) this.capture('answers', JSON.stringify([answer.rawHeaders, answer.text]))
    return answer
  }

  async #inquire(merchant: SandboxKeys, vaultingRequestId: string, captured = true): Promise<void> {
    const answer = await this.stack.call(merchant, 'vaults/inquireVaulting', { vaultingRequestId })
    if (captured) this.capture('answers', answer.text)
  }

  /** A test card whose digits occur nowhere else, with as few zeros as its range allows. */
  #canary(label: string, given: TestCardWish, cvv = this.secrets.cvv): Canary {
    // Payments with it would be declined with 59; it is stored like one that is good for everything.
    const wish = {
      ...(given.responseCode === undefined && !given.mode && ({ mode: '1', responseCode: '59' } as const)),
      ...given,
    }
    const longest = room(wish)
    const fill = withoutZeros(this.fill * 37 + this.canaries.length * 7919 + 1_000_003, longest)
    return this.#known(label, testCardNumber({ ...wish, fill }), true, cvv)
  }

  #known(label: string, pan: string, looked = true, cvv = this.secrets.cvv): Canary {
    const canary = { label, pan, expiry: '3407', cvv }
    if (looked) this.canaries.push(canary)
    return canary
  }
}

const coBadgedNumber = testCardNumber({ ...CO_BADGED, fill: '77' })

/** So many digits from 1 to 9, others for each number below 9 to their power. */
function withoutZeros(number: number, digits: number): string {
  return Array.from({ length: digits }, (_, nth) => (Math.floor(number / 9 ** nth) % 9) + 1).join('')
}

/** How many digits of a test card can be chosen. */
function room(wish: TestCardWish): number {
  for (let digits = 8; digits > 0; digits -= 1) {
    try {
      testCardNumber({ ...wish, fill: '1'.repeat(digits) })
      return digits
    } catch {
      // One less, then.
    }
  }
  return 0
}

/** A number with a right check digit in a range that test cards do not have. */
function realNumber(fill: number): string {
  const digits = `453957${String(876_362_148 + fill).slice(-9)}`
  return digits + luhnDigit(digits)
}

/** Long values would be packed in their tables, and a packed number is in pieces. */
async function storeUncompressed(databaseUrl: string): Promise<void> {
  await withDatabase(databaseUrl, async client => {
    const { rows } = await client.query<{ table: string; column: string }>(
      `select c.relname as table, a.attname as column
       from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and a.attstorage in ('x', 'm')`,
    )
    for (const { table, column } of rows) {
      const name = pg.escapeIdentifier
      await client.query(`alter table ${name(table)} alter column ${name(column)} set storage external`)
    }
  })
}

/** Every row of every table as text, and what the server tells of running statements. */
async function wholeDatabase(databaseUrl: string): Promise<string> {
  return withDatabase(databaseUrl, async client => {
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    )
    const lines: string[] = []
    for (const name of [...rows.map(row => row.name), 'pg_stat_activity']) {
      const all = await client.query<{ line: string }>(`select t::text as line from ${pg.escapeIdentifier(name)} t`)
      lines.push(`-- ${name}: ${all.rowCount}`, ...all.rows.map(row => row.line))
    }
    return lines.join('\n')
  })
}

async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
