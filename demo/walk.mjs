import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { acknowledge, explainSignature, VaultClient } from '@coffer/sdk'
import { playBuyer } from './buyer.mjs'
import { payWithToken } from './pay.mjs'
import { openReceiver } from './receiver.mjs'
import { showMessages } from './three-ds.mjs'
import { readTimeline, showTimeline } from './timeline.mjs'
import { factsOf, masked, shortened, shown, signatureShown, statement } from './words.mjs'

/** The first notification comes after about three seconds; more only where the result was left open. */
const notificationWaitMs = 60_000
const unknownWaitMs = 180_000

/** A person has as long as the vaulting, and the notification a moment more. */
const personWaitMs = 15.5 * 60_000

/**
 * Takes one card through everything that a merchant does, and shows it.
 * @param {{ coffer: object, options: { card: string, code: string, browser: boolean, threeDS: boolean } }} how
 * @returns {Promise<object>} the facts; `ok` when the token came back and each signature was verified, else `problem`
 */
export async function walk({ coffer, options, screen, signal }) {
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
  let steps = 0
  const step = title => screen.step(++steps, title)
  const context = { client, receiver, wire, sandbox, screen, step, signal, options, id: `demo-${randomUUID()}` }
  try {
    screen.line(screen.bold('One card on its way into the vault'))
    screen.line('')
    screen.row('Coffer', `${sandbox.apiUrl}${coffer.startedHere ? ', started for this demo' : ', already running'}`)
    screen.row('Merchant', client.clientId)
    screen.row('Notifications', receiver.url)
    return await goThrough(context, coffer.startedHere)
  } finally {
    await receiver.close()
  }
}

async function goThrough(context, startedHere) {
  const { client, sandbox, screen, step, id } = context
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

  if (result.normalUrl) facts.buyer = await buyerGoes(context, result.normalUrl)
  const events = refused ? [] : await readTimeline(context, () => true)
  if (events.some(({ kind }) => kind.startsWith('threeds.a'))) {
    step('3-D Secure, message by message')
    facts.threeDS = showMessages(screen, events)
  }

  step('The notification')
  if (refused) screen.note('None comes: the call was refused before a vaulting began, and nothing was kept of it.')
  else if (facts.buyer?.ended === false) screen.note('None yet: the vaulting is under way.')
  else facts.notification = await notification(context, result, request.answeredAt, facts.buyer?.endedAt)

  step('The inquiry')
  const inquiry = early ?? (await client.inquireVaulting({ vaultingRequestId: id }))
  facts.inquiry = inquired(context, inquiry)

  step('The timeline, as the vault keeps it')
  const isDelivered = all => !facts.notification || all.some(({ kind }) => kind === 'notification.attempt')
  facts.timeline = await readTimeline(context, isDelivered)
  showTimeline(screen, facts.timeline)

  if (inquiry.card) facts.payment = await payWithToken(context, inquiry.card)

  delete request.answeredAt
  delete facts.buyer?.endedAt
  facts.problem = problemOf(facts, context)
  facts.ok = facts.problem === undefined
  closing(facts, context, startedHere)
  return facts
}

async function vault({ client, receiver, wire, screen, step, signal, options, id }) {
  const { card, threeDS } = options
  const cvv = /^3[47]/.test(card) ? '1234' : '123'
  const asked = threeDS ? { is3DSAuthentication: true } : {}
  const request = {
    vaultingRequestId: id,
    vaultingNotificationUrl: receiver.url,
    redirectUrl: receiver.backUrl,
    paymentMethodDetail: {
      paymentMethodType: 'CARD',
      card: { cardNo: card, expiryYear: '33', expiryMonth: '03', cvv, ...asked },
    },
    env: { terminalType: 'WEB', clientIp: '127.0.0.1' },
  }
  const arrived = screen.waitFor('asking the vault', { onlyLively: true })
  const result = await client.vaultPaymentMethod(request, { signal }).finally(arrived)
  const answeredAt = Date.now()
  const call = wire.at(-1)
  const sent = explainSignature({ url: call.url, headers: call.headers, body: call.body })

  step('The request: vaultPaymentMethod')
  screen.row('POST', call.url)
  screen.row('card', `${masked(card)}, expires 03/33, security code ***`)
  screen.row('3-D Secure', threeDS ? 'asked for: is3DSAuthentication' : 'not asked for')
  screen.row('client-id', call.headers['client-id'])
  screen.row('request-time', call.headers['request-time'])
  screen.row('signature', signatureShown(call.headers.signature))
  screen.line('')
  screen.note(`What is signed, ${sent.byteLength} bytes (number and code are masked here only):`)
  screen.quoted(sent.text)
  if (wire.length > 1) screen.note(`Sent ${wire.length} times with the same id: the vault vaults once.`)

  step('The answer')
  const back = explainSignature({ url: call.url, headers: call.answerHeaders, body: call.answerBody })
  screen.row('result', shown(screen, result.status, result.code, result.message))
  if (result.status === 'S') showCard(screen, result.card)
  screen.row('response-time', call.answerHeaders['response-time'])
  screen.row('signature', signatureShown(call.answerHeaders.signature))
  screen.good(`verified with the gateway's key ${client.fingerprints.gateway}`)
  if (result.status === 'F')
    screen.note(`F is final: this card, or this call, will not do. ${result.hint ?? ''}`.trim())
  if (result.normalUrl) {
    screen.row('normalUrl', result.normalUrl)
    screen.note('U with an address: the buyer has something to do there, and the shop sends him to it.')
  } else if (result.status === 'U') {
    screen.note(
      'U means that nobody knows yet: the issuer has not answered. It may have approved, so the vault takes the question back and then tells that the vaulting failed: a matter of seconds.',
    )
  }
  return {
    result,
    request: { url: call.url, headers: call.headers, stringToSign: sent.text, attempts: wire.length, answeredAt },
    answer: {
      ...statement(result),
      ...(result.normalUrl ? { normalUrl: result.normalUrl } : {}),
      stringToSign: back.text,
      signatureVerified: true,
    },
  }
}

function showCard(screen, card) {
  screen.row('card', `${card.brand} ${card.maskedCardNo}${factsOf(card)}`)
  screen.row('cardToken', `${shortened(card.cardToken)} ${screen.dim('(kept instead of the number)')}`)
  const { fingerprint, networkTransactionId, cvvResultRaw } = card
  const same = screen.dim('(the same each time this merchant stores this number)')
  if (fingerprint) screen.row('fingerprint', `${fingerprint} ${same}`)
  const later = screen.dim('(of the verification; later payments refer to it)')
  if (networkTransactionId) screen.row('network id', `${networkTransactionId} ${later}`)
  if (cvvResultRaw) screen.row('security code', `${cvvResultRaw}, in the words of the network`)
}

/** The buyer's way, gone by a person or played here. */
async function buyerGoes({ receiver, screen, step, signal, options, id }, normalUrl) {
  const { browser, code } = options
  step(browser ? 'The buyer: you, in your browser' : 'The buyer')
  if (browser) {
    screen.aside(`   Open  ${normalUrl}`)
    screen.note(`You have 15 minutes. On the bank's page the code is 123456; its "Testing" line has the others.`)
    const arrived = screen.waitFor('waiting until you have been there')
    await receiver.next(id, personWaitMs, signal).finally(arrived)
    // The page shows its end for a moment before it leads back.
    for (let tries = 0; tries < 100 && !receiver.returned.includes(id); tries++) await sleep(100, undefined, { signal })
    if (receiver.returned.includes(id)) screen.good('your browser came back to the shop')
    // When the page came to its end only that browser knows: what follows is counted from the answer.
    return { playedBy: 'a person', ended: undefined, returned: receiver.returned.includes(id) }
  }
  screen.note(
    'This program plays the browser: it sends over HTTP what the forms of the pages hold. --browser is for you.',
  )
  const did = []
  const tell = (what, more) => {
    did.push(what)
    screen.line(`   ${screen.dim('·')} ${what}${more ? screen.dim(`  (${more})`) : ''}`)
  }
  const { ended, backTo } = await playBuyer(normalUrl, { code, tell, signal })
  const endedAt = Date.now()
  if (backTo?.startsWith(receiver.backUrl)) {
    await fetch(backTo, { signal })
    tell(`went back to the shop with vaultingRequestId ${receiver.returned.at(-1)}`, 'and nothing else')
  }
  return { playedBy: 'this program, over HTTP', did, ended, endedAt, returned: receiver.returned.includes(id) }
}

async function notification({ client, receiver, screen, signal, id }, result, answeredAt, pageEndedAt) {
  const unknown = result.status === 'U' && !result.normalUrl
  const text = unknown ? 'waiting until it is settled' : 'waiting for it, which takes about 3 seconds'
  const arrived = screen.waitFor(text)
  const waitMs = result.status === 'U' ? unknownWaitMs : notificationWaitMs
  const received = await receiver.next(id, waitMs, signal).finally(arrived)
  if (!received) {
    screen.bad(`it did not come within ${waitMs / 1000} s`)
    return undefined
  }
  const { notification, headers, url, body, at } = received
  const arrivedAfterMs = at - (pageEndedAt ?? answeredAt)
  const after = pageEndedAt === undefined ? 'the answer' : 'the end on the page'
  screen.row('POST', `${url}${arrivedAfterMs >= 0 ? `, ${(arrivedAfterMs / 1000).toFixed(1)} s after ${after}` : ''}`)
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

/** Why this run proves nothing, in one line; `undefined` when it proves everything. */
function problemOf({ answer, buyer, notification, inquiry, timeline, payment }, { receiver }) {
  const [forged] = receiver.refused
  if (inquiry.vaultingStatus === 'FAIL') return `No token: the card was not accepted (${inquiry.vaultingResultCode}).`
  if (answer.status === 'F') return `No token: the call was refused. ${answer.code}: ${answer.message}`
  if (inquiry.vaultingStatus === 'PROCESSING' && buyer) return stillOpen
  if (!notification && forged) return `A notification came whose signature is not the gateway's: ${forged}`
  if (!notification) return 'The notification did not come: does the delivery worker run?'
  const tokens = new Set([answer, notification, inquiry].flatMap(({ card }) => (card ? [card.cardToken] : [])))
  if (!inquiry.card) return `No token: the vaulting is ${inquiry.vaultingStatus ?? 'not known'}.`
  if (tokens.size !== 1) return 'Answer, notification and inquiry name different tokens.'
  const delivered = timeline.some(({ kind, acknowledged }) => kind === 'notification.attempt' && acknowledged === true)
  if (!delivered) return 'The vault did not take our acknowledgement.'
  return payment?.ok ? undefined : 'The token came back, but the payment with it did not succeed.'
}

const stillOpen =
  'No token yet: the vaulting waits for its buyer or his bank, and ends 15 minutes after the call at the latest. "npx coffer clock advance 16m" shows it.'

function closing({ ok, inquiry }, { sandbox, screen, options }, startedHere) {
  if (ok) {
    screen.line('')
    const { brand, maskedCardNo } = inquiry.card
    screen.line(screen.green(`${brand} ${maskedCardNo} is in the vault, and has paid. Every signature was verified.`))
  }
  screen.line('')
  screen.line(screen.bold('What next'))
  // One that was started for this is gone in a moment, and another has ports of its own.
  const isGone = startedHere && !options.keep
  const shop = isGone ? 'npm start, then open the address of the shop that it prints' : sandbox.shopUrl
  const row = (what, where) => screen.line(`   ${what.padEnd(24)}${where}`)
  row('In a browser', shop)
  row('You as the buyer', 'npm run demo -- --browser')
  row('Without 3-D Secure', 'npm run demo -- --no-3ds')
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
