import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { acknowledge, explainSignature, VaultClient } from '@coffer/sdk'
import { openReceiver } from './receiver.mjs'

/** The first notification comes after about three seconds; more only where the result was left open. */
const notificationWaitMs = 60_000
const unknownWaitMs = 180_000

/**
 * Takes one card through everything that a merchant does, and shows it.
 * @returns {Promise<object>} the facts; `ok` when the token came back and each signature was verified, else `problem`
 */
export async function walk({ coffer, card, screen, signal }) {
  const { sandbox } = coffer
  const [merchant] = sandbox.merchants
  const wire = []
  const client = new VaultClient({
    gatewayUrl: sandbox.apiUrl,
    clientId: merchant.clientId,
    keyVersion: merchant.keyVersion,
    merchantPrivateKey: merchant.merchantPrivateKey,
    gatewayPublicKey: merchant.gatewayPublicKey,
    fetch: recording(wire),
  })
  const receiver = await openReceiver(client)
  const context = { client, receiver, wire, sandbox, screen, signal, card, id: `demo-${randomUUID()}` }
  try {
    screen.line(screen.bold('One card on its way into the vault'))
    screen.line('')
    screen.row('Coffer', `${sandbox.apiUrl}${coffer.startedHere ? ', started for this demo' : ', already running'}`)
    screen.row('Merchant', client.clientId)
    screen.row('Notifications', receiver.url)
    return await steps(context, coffer.startedHere)
  } finally {
    await receiver.close()
  }
}

async function steps(context, startedHere) {
  const { client, sandbox, screen, id } = context
  const facts = {
    ok: false,
    coffer: { apiUrl: sandbox.apiUrl, startedForThis: startedHere },
    clientId: client.clientId,
    vaultingRequestId: id,
  }
  const { result, request, answer } = await vault(context)
  Object.assign(facts, { request, answer })

  // A refused call begins no vaulting: nothing will be notified. Only the inquiry tells.
  const early = result.status === 'F' ? await client.inquireVaulting({ vaultingRequestId: id }) : undefined
  const refused = early?.code === 'VAULTING_NOT_EXIST'

  screen.step(3, 'The notification')
  if (refused) screen.note('None comes: the call was refused before a vaulting began, and nothing was kept of it.')
  else facts.notification = await notification(context, result, request.answeredAt)

  screen.step(4, 'The inquiry')
  const inquiry = early ?? (await client.inquireVaulting({ vaultingRequestId: id }))
  facts.inquiry = inquired(context, inquiry)

  screen.step(5, 'The timeline, as the vault keeps it')
  facts.timeline = await timeline(context, facts.notification !== undefined)

  delete request.answeredAt
  facts.problem = problemOf(facts, context)
  facts.ok = facts.problem === undefined
  closing(facts, context, startedHere)
  return facts
}

async function vault({ client, receiver, wire, screen, signal, card, id }) {
  const request = {
    vaultingRequestId: id,
    vaultingNotificationUrl: receiver.url,
    redirectUrl: 'http://127.0.0.1/cards/done',
    paymentMethodDetail: {
      paymentMethodType: 'CARD',
      card: { cardNo: card, expiryYear: '33', expiryMonth: '03', cvv: /^3[47]/.test(card) ? '1234' : '123' },
    },
    env: { terminalType: 'WEB', clientIp: '127.0.0.1' },
  }
  const arrived = screen.waitFor('asking the vault', { onlyLively: true })
  const result = await client.vaultPaymentMethod(request, { signal }).finally(arrived)
  const answeredAt = Date.now()
  const call = wire.at(-1)
  const sent = explainSignature({ url: call.url, headers: call.headers, body: call.body })

  screen.step(1, 'The request: vaultPaymentMethod')
  screen.row('POST', call.url)
  screen.row('card', `${masked(card)}, expires 03/33, security code ***`)
  screen.row('client-id', call.headers['client-id'])
  screen.row('request-time', call.headers['request-time'])
  screen.row('signature', signatureShown(call.headers.signature))
  screen.line('')
  screen.note(`What is signed, ${sent.byteLength} bytes (number and code are masked here only):`)
  screen.quoted(sent.text)
  if (wire.length > 1) screen.note(`Sent ${wire.length} times with the same id: the vault vaults once.`)

  screen.step(2, 'The answer')
  const back = explainSignature({ url: call.url, headers: call.answerHeaders, body: call.answerBody })
  screen.row('result', shown(screen, result.status, result.code, result.message))
  if (result.status === 'S') {
    screen.row('card', `${result.card.brand} ${result.card.maskedCardNo}${factsOf(result.card)}`)
    screen.row('cardToken', `${shortened(result.card.cardToken)} ${screen.dim('(kept instead of the number)')}`)
    const { fingerprint, networkTransactionId, cvvResultRaw } = result.card
    const same = screen.dim('(the same each time this merchant stores this number)')
    if (fingerprint) screen.row('fingerprint', `${fingerprint} ${same}`)
    if (networkTransactionId) {
      screen.row(
        'network id',
        `${networkTransactionId} ${screen.dim('(of the verification; later payments refer to it)')}`,
      )
    }
    if (cvvResultRaw) screen.row('security code', `${cvvResultRaw}, in the words of the network`)
  }
  screen.row('response-time', call.answerHeaders['response-time'])
  screen.row('signature', signatureShown(call.answerHeaders.signature))
  screen.good(`verified with the gateway's key ${client.fingerprints.gateway}`)
  if (result.status === 'F')
    screen.note(`F is final: this card, or this call, will not do. ${result.hint ?? ''}`.trim())
  if (result.normalUrl) {
    screen.row('normalUrl', result.normalUrl)
    screen.note('U with an address: the card has more than one brand, and the buyer chooses there. Open it and choose.')
  } else if (result.status === 'U') {
    screen.note(
      'U means that nobody knows yet: the issuer has not answered. It may have approved, so the vault takes the question back and then tells that the vaulting failed: a matter of seconds.',
    )
  }
  return {
    result,
    request: { url: call.url, headers: call.headers, stringToSign: sent.text, attempts: wire.length, answeredAt },
    answer: { ...statement(result), stringToSign: back.text, signatureVerified: true },
  }
}

async function notification({ client, receiver, screen, signal, id }, result, answeredAt) {
  const text = result.status === 'U' ? 'waiting until it is settled' : 'waiting for it, which takes about 3 seconds'
  const arrived = screen.waitFor(text)
  const waitMs = result.status === 'U' ? unknownWaitMs : notificationWaitMs
  const received = await receiver.next(id, waitMs, signal).finally(arrived)
  if (!received) {
    screen.bad(`it did not come within ${waitMs / 1000} s`)
    return undefined
  }
  const { notification, headers, url, body, at } = received
  const arrivedAfterMs = at - answeredAt
  screen.row('POST', `${url}, ${(arrivedAfterMs / 1000).toFixed(1)} s after the answer`)
  screen.row('result', shown(screen, notification.status, notification.code, notification.message))
  if (notification.status === 'S') screen.row('cardToken', shortened(notification.card.cardToken))
  screen.row('signature', signatureShown(headers.signature))
  screen.good(`verified with the gateway's key ${client.fingerprints.gateway}`)
  screen.good(`acknowledged: ${acknowledge().body}`)
  const stringToSign = explainSignature({ url, headers, body }).text
  return { ...statement(notification), arrivedAfterMs, stringToSign, signatureVerified: true, acknowledged: true }
}

function inquired({ screen }, inquiry) {
  const { status, code, message } = inquiry
  screen.row('result', shown(screen, status, code, message))
  if (code === 'VAULTING_NOT_EXIST') screen.note('The vault knows no vaulting with this id.')
  if (status === 'S') {
    const { vaultingStatus, vaultingResultCode = '', vaultingResultMessage = '' } = inquiry
    screen.row('vaulting', shown(screen, vaultingStatus, vaultingResultCode, vaultingResultMessage))
    if (inquiry.card) screen.row('cardToken', shortened(inquiry.card.cardToken))
  }
  screen.good('signature verified')
  const { vaultingStatus, vaultingResultCode } = inquiry
  return { ...statement(inquiry), vaultingStatus, vaultingResultCode, signatureVerified: true }
}

async function timeline({ client, sandbox, screen, signal, id }, notified) {
  const url = `${sandbox.opsUrl}/sandbox/timeline/${client.clientId}/${encodeURIComponent(id)}`
  let events = []
  // The vault notes the acknowledgement a moment after we gave it.
  for (let tries = 0; tries < 20; tries++) {
    const answer = await fetch(url, { signal })
    ;({ events = [] } = await answer.json())
    if (!notified || events.some(({ kind }) => kind === 'notification.attempt')) break
    await sleep(100, undefined, { signal })
  }
  const first = events.length > 0 ? Date.parse(events[0].at) : 0
  for (const { at, kind, ...details } of events) {
    const seconds = `+${((Date.parse(at) - first) / 1000).toFixed(3)} s`.padStart(11)
    const text = Object.entries(details).map(([name, value]) => `${name} ${value}`)
    screen.line(`   ${screen.dim(seconds)}  ${kind.padEnd(22)} ${screen.dim(text.join(', '))}`)
  }
  if (events.length === 0) screen.note('Nothing: no vaulting began.')
  return events
}

/** Why this run proves nothing, in one line; `undefined` when it proves everything. */
function problemOf({ answer, notification, inquiry, timeline }, { receiver }) {
  const [forged] = receiver.refused
  if (inquiry.vaultingStatus === 'FAIL') return `No token: the card was not accepted (${inquiry.vaultingResultCode}).`
  if (answer.status === 'F') return `No token: the call was refused. ${answer.code}: ${answer.message}`
  if (!notification && forged) return `A notification came whose signature is not the gateway's: ${forged}`
  if (!notification) return 'The notification did not come: does the delivery worker run?'
  const tokens = new Set([answer, notification, inquiry].flatMap(({ card }) => (card ? [card.cardToken] : [])))
  if (!inquiry.card) return `No token: the vaulting is ${inquiry.vaultingStatus ?? 'not known'}.`
  if (tokens.size !== 1) return 'Answer, notification and inquiry name different tokens.'
  const delivered = timeline.some(({ kind, acknowledged }) => kind === 'notification.attempt' && acknowledged === true)
  return delivered ? undefined : 'The vault did not take our acknowledgement.'
}

function closing({ ok, inquiry }, { sandbox, screen }, startedHere) {
  if (ok) {
    screen.line('')
    const { brand, maskedCardNo } = inquiry.card
    screen.line(screen.green(`${brand} ${maskedCardNo} is in the vault. Every signature was verified.`))
  }
  screen.line('')
  screen.line(screen.bold('What next'))
  const shop = startedHere ? 'npm start, then open http://127.0.0.1:8083' : sandbox.shopUrl
  const row = (what, where) => screen.line(`   ${what.padEnd(24)}${where}`)
  row('In a browser', shop)
  row('A card that is refused', 'npm run demo -- --card 4000000000100414')
  row('More test cards', 'npm run demo -- --help')
  row('In your own program', 'packages/sdk/README.md')
  row('Every result code', 'docs/reference/result-codes.md')
}

/** Keeps what goes over the wire, for showing it. */
function recording(wire) {
  return async (url, init) => {
    const entry = { url, headers: init.headers, body: init.body }
    wire.push(entry)
    const answer = await fetch(url, init)
    entry.answerHeaders = Object.fromEntries(answer.headers)
    entry.answerBody = Buffer.from(await answer.clone().arrayBuffer())
    return answer
  }
}

const statement = ({ status, code, message, card }) => ({ status, code, message, ...(card ? { card } : {}) })

function shown(screen, status, code, message) {
  const paint = { S: screen.green, SUCCESS: screen.green }[status] ?? screen.yellow
  const codeShown = code === status ? '' : ` ${code}`
  return `${paint(`${status}${codeShown}`)}${message ? screen.dim(`  ${message}`) : ''}`
}

/** What the vault knows about cards with such numbers. */
function factsOf({ funding, issuingCountry, issuerName, supportedBrands = [] }) {
  const issuer = [issuerName, issuingCountry && `issued in ${issuingCountry}`].filter(Boolean).join(', ')
  const brands = supportedBrands.length > 1 ? `carries ${supportedBrands.join(' and ')}` : ''
  return [funding, issuer, brands]
    .filter(Boolean)
    .map(fact => `, ${fact}`)
    .join('')
}

const masked = number => '*'.repeat(Math.max(0, number.length - 4)) + number.slice(-4)

const shortened = token => `${token.slice(0, 10)}…${token.slice(-4)}`

/** `algorithm=RSA256,keyVersion=1,signature=…`, with the middle of the long part left out. */
function signatureShown(header = '') {
  return header.replace(/signature=(.{12}).*(.{8})$/, (_all, start, end) => `signature=${start}…${end}`)
}
