import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Network, readTestCard } from '@coffer/test-cards'
import { inject, onTestFinished } from 'vitest'
import { systemRandom } from '../clock.js'
import type { Identity, Role } from '../pki.js'
import type { SimulatorOptions } from '../start-simulator.js'
import { directoryNetworks } from '../three-ds/networks.js'
import { transactionId } from '../three-ds/transaction-id.js'
import type { Wish } from './client.js'
import { startForTest } from './start.js'

/** A message, with whatever is in it. */
export type Fields = Record<string, unknown>

/** What came back from a port. */
export interface Answered {
  readonly status: number
  readonly type: string
  readonly text: string
  /** The text as JSON. */
  readonly message: Fields
}

/** A simulator with directory servers and ACS, and a 3DS Server that talks to them, until the test ends. */
export async function startThreeDS(options: Partial<SimulatorOptions> = {}) {
  // Certificates take a moment to make, and one set is as good as another.
  const pkiFolder = inject('pkiFolder')
  const started = await startForTest({ threeDSPort: 0, pkiFolder, random: systemRandom, ...options })
  const { url, pkiFolder: folder } = started.simulator.threeDS!
  const pki = readPki(folder)
  const results = await startResults(pki)

  const ask = (network: Network, message: Fields | string, as: Identity = pki.client(network)) =>
    post(`${url}/ds/${network}`, typeof message === 'string' ? message : JSON.stringify(message), pki.ca, as)

  return {
    ...started,
    url,
    pki,
    results,
    ask,
    /** An AReq about a card, and what is answered. */
    authenticate: async (acctNumber: string, change: Fields = {}, network: Network = networkOf(acctNumber)) =>
      (await ask(network, areq(acctNumber, { threeDSServerURL: results.url, ...change }))).message,
    browser: browserOf(started.simulator.browserUrl),
  }
}

export type ThreeDSForTest = Awaited<ReturnType<typeof startThreeDS>>

/**
 * Authenticates a card as a buyer would who types the right code.
 * @returns what goes into a message to the issuer; `undefined` for a card that takes no part in 3DS
 */
export async function authenticationOf(
  { authenticate, browser, results }: Pick<ThreeDSForTest, 'authenticate' | 'browser' | 'results'>,
  pan: string,
  network?: Network,
  change?: Fields,
): Promise<Wish['authentication']> {
  if (readTestCard(pan)?.threeDS === undefined) return undefined
  const ares = await authenticate(pan, change, network)
  if (ares['transStatus'] === 'C') await browser.type(ares, '123456')
  const said = ares['transStatus'] === 'C' ? results.received.at(-1)! : ares
  const level = { Y: '212', A: '211' }[String(said['transStatus'])] ?? '210'
  return {
    eci: String(said['eci']),
    level,
    dsTransId: String(ares['dsTransID']),
    ...(said['authenticationValue'] === undefined ? {} : { value: String(said['authenticationValue']) }),
  }
}

/** The network that a test mostly means with a number. */
function networkOf(acctNumber: string): Network {
  if (/^(5[1-5]|2[2-7])/.test(acctNumber)) return 'MASTERCARD'
  return acctNumber.startsWith('3') ? 'AMEX' : 'VISA'
}

export function readPki(folder: string) {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const identity = (name: string): Identity => ({ cert: read(`${name}.pem`), key: read(`${name}-key.pem`) })
  return {
    ca: read('ca.pem'),
    results: identity('3ds-server'),
    client: (network: Network, role: Role = '3ds-server') => identity(`${network}/${role}`),
    clientAuthorities: directoryNetworks.map(network => read(`${network}/ca.pem`)),
  }
}

/** Posts over TLS, with a client certificate or without. */
export function post(url: string, body: string, ca: string, as?: Identity): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    request(url, { method: 'POST', agent: false, ca, ...as, headers }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({
          status: response.statusCode!,
          type: response.headers['content-type'] ?? '',
          text,
          get message() {
            return JSON.parse(text) as Fields
          },
        })
      })
    })
      .on('error', reject)
      .end(body)
  })
}

/** The endpoint of a 3DS Server for RReqs. It answers as it should, unless a test sets another answer. */
async function startResults(pki: ReturnType<typeof readPki>) {
  const received: Fields[] = []
  const clients: string[] = []
  const set = {
    received,
    clients,
    url: '',
    answer: (rreq: Fields): { status?: number; text: string } | undefined => ({ text: JSON.stringify(rresTo(rreq)) }),
  }
  const server = createServer(
    { ...pki.results, ca: pki.clientAuthorities, requestCert: true, rejectUnauthorized: true },
    (asked, response) => {
      const chunks: Buffer[] = []
      asked.on('data', (chunk: Buffer) => chunks.push(chunk))
      asked.on('end', () => {
        const rreq = JSON.parse(Buffer.concat(chunks).toString()) as Fields
        received.push(rreq)
        clients.push(String((asked.socket as import('node:tls').TLSSocket).getPeerCertificate().subject.CN))
        const answer = set.answer(rreq)
        if (answer === undefined) return asked.socket.destroy()
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json; charset=utf-8' }).end(answer.text)
      })
    },
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  set.url = `https://localhost:${(server.address() as AddressInfo).port}/ds/results`
  return set
}

export function rresTo({ messageVersion, threeDSServerTransID, dsTransID, acsTransID }: Fields): Fields {
  return { messageType: 'RRes', messageVersion, threeDSServerTransID, dsTransID, acsTransID, resultsStatus: '01' }
}

/** A PReq as a 3DS Server sends it. */
export function preq(change: Fields = {}): Fields {
  return {
    messageType: 'PReq',
    messageVersion: '2.2.0',
    threeDSServerRefNumber: '3DS_TEST',
    threeDSServerTransID: transactionId(systemRandom),
    ...change,
  }
}

export const notificationURL = 'http://127.0.0.1:8081/3ds/challenge-notify'

/** An AReq that adds a card, as a 3DS Server sends it. */
export function areq(acctNumber: string, change: Fields = {}): Fields {
  return {
    messageType: 'AReq',
    messageVersion: '2.2.0',
    messageCategory: '02',
    deviceChannel: '02',
    threeDSServerTransID: transactionId(systemRandom),
    threeDSServerRefNumber: '3DS_TEST',
    threeDSServerURL: 'https://localhost:1/ds/results',
    threeDSRequestorID: 'REQUESTOR-1',
    threeDSRequestorName: 'Tea & <Sugar>',
    threeDSRequestorURL: 'https://tea.example',
    threeDSRequestorAuthenticationInd: '04',
    threeDSCompInd: 'Y',
    acctNumber,
    cardExpiryDate: '3112',
    acquirerBIN: '123456',
    acquirerMerchantID: 'MERCHANT-1',
    mcc: '5999',
    merchantCountryCode: '276',
    merchantName: 'Tea & <Sugar>',
    notificationURL,
    browserAcceptHeader: 'text/html',
    browserUserAgent: 'Mozilla/5.0',
    browserIP: '127.0.0.1',
    browserJavascriptEnabled: true,
    browserJavaEnabled: false,
    browserLanguage: 'en-GB',
    browserColorDepth: '24',
    browserScreenHeight: '900',
    browserScreenWidth: '1440',
    browserTZ: '-60',
    ...change,
  }
}

/** What makes an AReq one about a payment. */
export const payment: Fields = {
  messageCategory: '01',
  threeDSRequestorAuthenticationInd: '01',
  purchaseAmount: '1050',
  purchaseCurrency: '978',
  purchaseExponent: '2',
  purchaseDate: '20300609120000',
}

/** The JSON of a form field. */
export const encoded = (message: Fields) => Buffer.from(JSON.stringify(message)).toString('base64url')

/** The CReq that belongs to an ARes. */
export function creq(ares: Fields, change: Fields = {}): Fields {
  const { messageVersion, threeDSServerTransID, acsTransID } = ares
  return {
    messageType: 'CReq',
    messageVersion,
    threeDSServerTransID,
    acsTransID,
    challengeWindowSize: '03',
    ...change,
  }
}

/** A page, as far as a browser acts on it. */
export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly html: string
  /** Where the form goes. */
  readonly action: string
  /** What the form carries without being typed. */
  readonly hidden: Readonly<Record<string, string>>
  /** The message in a field of the form. */
  message(name: 'cres' | 'error' | 'threeDSMethodData'): Fields
}

function browserOf(origin: string) {
  const submit = async (path: string, form: Record<string, string>): Promise<Page> => {
    const response = await fetch(new URL(path, origin), { method: 'POST', body: new URLSearchParams(form) })
    return pageOf(response, await response.text())
  }
  const begin = (ares: Fields, change: Fields = {}, threeDSSessionData = 'c2Vzc2lvbg') =>
    submit('/acs/challenge', { creq: encoded(creq(ares, change)), threeDSSessionData })
  return {
    submit,
    /** Brings a CReq. */
    begin,
    /** Presses a button of a challenge page. */
    press: (page: Page, typed: Record<string, string>) => submit(page.action, { ...page.hidden, ...typed }),
    /** Brings a CReq and types a code. */
    async type(ares: Fields, code: string): Promise<Page> {
      const page = await begin(ares)
      return submit(page.action, { ...page.hidden, code, action: 'code' })
    },
  }
}

function pageOf({ status, headers }: Response, html: string): Page {
  const inputs = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  const hidden = Object.fromEntries(inputs.map(([, name, value]) => [name!, unescaped(value!)]))
  return {
    status,
    headers,
    html,
    hidden,
    action: unescaped(/<form method="post" action="([^"]*)">/.exec(html)?.[1] ?? ''),
    message: name => JSON.parse(Buffer.from(hidden[name] ?? '', 'base64url').toString()) as Fields,
  }
}

const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
