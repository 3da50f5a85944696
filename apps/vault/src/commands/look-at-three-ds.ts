/** What `coffer doctor` says of 3-D Secure: the directory servers, the port for results, and when buyers are authenticated. */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { brandFor, networks } from '../cards/networks.js'
import { portsOf } from '../config.js'
import { type Clock, limit } from '../platform/clock.js'
import type { System } from '../system.js'
import type { Directory } from '../three-ds/directories.js'
import type { DirectorySecurity } from '../three-ds/directories-file.js'
import { simulatedResultsTls, simulatorPki } from '../three-ds/simulator-pki.js'
import type { ThreeDSFallback, ThreeDSPolicy } from '../three-ds/three-ds-settings.js'
import type { Finding } from './finding.js'

/** How long a look at the directory servers may take. A list of tens of megabytes needs more; that is told. */
const LOOK_MS = 15_000

/** A certificate that runs out sooner than this is worth a look. */
const SOON_MS = 30 * 86_400_000

/** Asks each directory server for its card ranges as the vault would, and looks at what they meet here. */
export async function lookAtThreeDS(system: System): Promise<Finding[]> {
  const { config, directories } = system
  const { policy, fallback } = config.threeDS
  if (!directories.isConfigured) return [{ check: '3-D Secure', verdict: 'warning', text: NOT_CONFIGURED }]
  const patience = limit(LOOK_MS)
  await Promise.race([directories.refresh(), patience.passed]).finally(patience.cancel)
  const findings = await Promise.all(directories.all.map(directory => lookAtDirectory(system, directory)))
  if (config.threeDS.directories) findings.push(...networksWithout(system))
  findings.push(lookAtResults(system))
  findings.push({
    check: '3-D Secure',
    verdict: 'ok',
    text: `${POLICIES[policy]}${EXCEPTIONS}. ${FALLBACKS[fallback]}`,
  })
  return findings
}

const NOT_CONFIGURED =
  'no directory server is configured: what asks for 3-D Secure ends as AUTHENTICATION_REQUIRED, and nobody else is authenticated. Name the directory servers in COFFER_DIRECTORIES_FILE'

const POLICIES: Readonly<Record<ThreeDSPolicy, string>> = {
  eea: 'where a request asks for it, and for all cards issued in the EEA or the United Kingdom',
  always: 'for all cards',
  never: 'where a request asks for it',
}

const EXCEPTIONS = '; ranges and merchants can have it otherwise'

const FALLBACKS: Readonly<Record<ThreeDSFallback, string>> = {
  fail: 'Where it is needed and cannot be had, the vaulting fails',
  skip: 'Where it is needed and cannot be had, the issuer is asked without',
  pa: 'An issuer that cannot authenticate without a payment is asked once more as for one; otherwise the vaulting fails',
}

async function lookAtDirectory({ clock, config }: System, { config: settings, state }: Directory): Promise<Finding> {
  const { id, networks: served, ranges, listedAt, cause = `no whole list within ${LOOK_MS / 1000} s` } = state
  const check = `directory ${id}`
  if (listedAt === undefined) {
    const names = served.join(', ')
    const hint = config.threeDS.directories ? '' : ' Start the simulator with: npm start'
    const security = settings.security()
    const code = security && (await tryLine(clock, settings.url, security))
    const told = code === undefined ? cause : `${cause}: ${code}`
    const open = `vaultings of ${names} that ask for 3-D Secure or need it stay unknown, and end after their deadline`
    const text = `${told}. Until it gives its list, ${open}.${hint}`
    return { check, verdict: 'warning', text }
  }
  const list = ranges === 1 ? '1 card range' : `${ranges} card ranges`
  const security = settings.security()
  const ours = security && validity(new X509Certificate(security.cert), clock.real())
  const isListed = ranges > 0
  const text = `${isListed ? list : 'an empty list: no card takes part'}; our certificate towards it ${ours?.text}`
  return { check, verdict: isListed ? (ours?.verdict ?? 'ok') : 'warning', text }
}

/** How long a connection may take, and how long after it the other side may still refuse our certificate. */
const TRY_MS = { connect: 5_000, refuse: 1_000 }

/** Connects as the vault does. @returns why it does not work, in a code of Node.js or OpenSSL; nothing where it does */
async function tryLine(clock: Clock, url: string, security: DirectorySecurity): Promise<string | undefined> {
  const { hostname, port } = new URL(url)
  const { ca, cert, key } = security
  const host = hostname.replace(/^\[|\]$/g, '')
  const servername = isIP(host) ? {} : { servername: host }
  const socket = connect({ host, ...servername, port: Number(port || 443), ca, cert, key, minVersion: 'TLSv1.2' })
  const failed = new Promise<string>(resolve => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'no connection'))
  })
  const connected = new Promise<void>(resolve => void socket.once('secureConnect', resolve))
  const connecting = limit(TRY_MS.connect)
  try {
    const first = await Promise.race([failed, connected, connecting.passed.then(() => 'no connection in time')])
    if (typeof first === 'string') return first
    // Since TLS 1.3 a certificate of ours is refused after the connection stands.
    const refused = await Promise.race([failed, clock.sleep(TRY_MS.refuse)])
    return typeof refused === 'string' ? refused : undefined
  } finally {
    connecting.cancel()
    socket.destroy()
  }
}

/** Networks that an acquirer serves and no directory server; Korean local cards take no part in 3-D Secure anyway. */
function networksWithout({ acquirers, directories }: System): Finding[] {
  const missing = networks
    .filter(({ id, luhn }) => brandFor(id) && (luhn || id === 'CUP') && acquirers.networks.has(id))
    .filter(({ id }) => !directories.for(id))
    .map(({ id }) => id)
  if (!missing.length) return []
  const text = `no directory server for ${missing.join(', ')}: where authentication is due for them, it ends as AUTHENTICATION_REQUIRED`
  return [{ check: '3-D Secure networks', verdict: 'warning', text }]
}

function lookAtResults({ clock, config }: System): Finding {
  const check = 'results endpoint'
  const { resultsUrl, resultsTls } = config.threeDS
  const tls = resultsTls ?? simulatedResultsTls(simulatorPki(config.dataDir))
  if (!tls) {
    const text = 'has no certificate yet: the simulator makes one at its start. Start it with: npm start'
    return { check, verdict: 'warning', text }
  }
  const { verdict, text } = judgeResultsCertificate(tls.cert, resultsUrl, clock.real())
  return {
    check,
    verdict,
    text: `${resultsUrl}, which must lead to port ${portsOf(config.portOffset).results}: ${text}`,
  }
}

/**
 * Whether directory servers will accept the certificate of the results endpoint.
 * @param pem  the chain, ours first
 * @param url  that directory servers are told
 * @param now  real milliseconds
 */
export function judgeResultsCertificate(pem: string, url: string, now: number): Omit<Finding, 'check'> {
  const certificate = new X509Certificate(pem)
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const isForHost = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)
  if (!isForHost) {
    const text = `its certificate is not for ${host}, so directory servers refuse it and no challenge ends well. Use one that names ${host}`
    return { verdict: 'fault', text }
  }
  const { verdict, text } = validity(certificate, now)
  return { verdict, text: `its certificate ${text}` }
}

/** How long a certificate is still good. */
function validity(certificate: X509Certificate, now: number): Omit<Finding, 'check'> {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  const day = (instant: number) => new Date(instant).toISOString().slice(0, 10)
  if (now < from) return { verdict: 'fault', text: `is not good before ${day(from)}: look at this machine's clock` }
  if (now > to) return { verdict: 'fault', text: `ran out on ${day(to)}: put a new one in its place` }
  if (now > to - SOON_MS) return { verdict: 'warning', text: `runs out on ${day(to)}: renew it` }
  return { verdict: 'ok', text: `is good until ${day(to)}` }
}
