import { shortId } from './words.mjs'

/** What each message is: who says it to whom. */
const messages = {
  'threeds.areq': ['AReq', '→', 'to the directory server: is this the cardholder?'],
  'threeds.ares': ['ARes', '←', 'from it'],
  'threeds.cres': ['CRes', '←', "through the buyer's browser; it decides nothing"],
  'threeds.rreq': ['RReq', '←', 'from the directory server, under its own certificate; this decides'],
  'threeds.no-answer': ['AReq', '✗', 'the directory server did not answer'],
  'threeds.refused': ['Erro', '→', 'a message of the directory server was refused'],
}

/** What the letters mean. Source: EMV 3-D Secure › transStatus. */
const statuses = {
  Y: 'authenticated',
  A: 'an attempt, proven',
  N: 'not authenticated',
  U: 'could not be authenticated',
  R: 'rejected by the issuer',
  C: 'a challenge is wanted',
  D: 'decoupled',
  I: 'for information',
}

/** Shows the messages of 3-D Secure that are in a timeline. @returns those events */
export function showMessages(screen, events) {
  const told = events.filter(({ kind }) => kind in messages)
  const start = Date.parse(told[0]?.at ?? '')
  for (const event of told) {
    const [name, arrow, who] = messages[event.kind]
    const seconds = `+${((Date.parse(event.at) - start) / 1000).toFixed(3)} s`
    screen.line(`   ${screen.bold(name)} ${arrow} ${screen.dim(seconds)}  ${who}`)
    for (const row of [said(screen, event), ids(event)]) if (row) screen.line(`          ${row}`)
  }
  return told
}

/** What of a message decides something. */
function said(screen, { kind, ...event }) {
  const { transStatus, transStatusReason, challengeCancel, eci, errorCode, errorDetail, cause } = event
  const status = transStatus && `transStatus ${transStatus} (${statuses[transStatus] ?? 'unknown'})`
  return [
    kind === 'threeds.areq' && `${event.network}, ${categoryOf(event)}, version ${event.messageVersion}`,
    event.threeDSCompInd && `3DS Method ${{ Y: 'completed', N: 'not completed', U: 'none' }[event.threeDSCompInd]}`,
    status && (transStatus === 'Y' && kind !== 'threeds.cres' ? screen.green(status) : screen.yellow(status)),
    transStatusReason && `reason ${transStatusReason}`,
    challengeCancel && `cancel ${challengeCancel}`,
    eci && `ECI ${eci}`,
    event.authenticationValue && transStatus !== 'C' && `authentication value ${event.authenticationValue}`,
    errorCode && `error ${errorCode}${errorDetail ? ` ${errorDetail}` : ''}`,
    cause,
    event.repeated && 'a repeat: it changes nothing',
    event.late && 'too late: it changes nothing',
    event.contradicts && 'it contradicts the first one',
  ]
    .filter(Boolean)
    .join(', ')
}

const categoryOf = ({ messageCategory }) => (messageCategory === '01' ? 'as a payment' : 'adding a card (no payment)')

function ids(event) {
  return ['threeDSServerTransID', 'dsTransID', 'acsTransID']
    .flatMap(name => (event[name] === undefined ? [] : `${name} ${shortId(event[name])}`))
    .join('  ')
}
