import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('python', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'coffer-conformance')
const namespaceEntry = join(folder, 'with_port_443.py')

/** Versions of `global-open-sdk-python`, newest first; each has its requirements-*.txt. */
export const pythonTargets = [
  target('1.7.1', 'the newest one; checks the chain of the TLS certificate'),
  target('1.5.5', 'does not check the TLS certificate'),
]

function target(version, why) {
  return {
    name: `python-${version}`,
    language: 'Python',
    version,
    why,
    // It puts the whole amount of notifyRefund into the currency of another.
    losesByItself: ['notifyRefund.refundAmount'],
    // The newest SDK whose classes can be had, but for these. The Java SDK's source has the first two.
    mayNotKnow: ['notifyCapture.paymentResultInfo', 'notifyPayment.customizedInfo', 'pay.metadata'],
    prepare: context => prepare(version, context),
    prepareToCheck: context => prepareToCheck(version, context),
  }
}

/** @returns how to run the client where it calls nobody, or why that cannot be */
async function prepareToCheck(version, { coffer }) {
  const { missing, environment } = install(version)
  if (missing) return { missing }
  return {
    command: join(environment, 'bin', 'python'),
    args: [join(folder, 'client.py'), coffer.apiTlsUrl],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    how: 'calls nobody',
    release: async () => {},
  }
}

/** @returns how to run the client, or why that cannot be: `missing` for a tool, a package or a right */
async function prepare(version, { coffer }) {
  const { missing, python, environment } = install(version)
  if (missing) return { missing }
  const way = await openPort443(python, coffer)
  if (way.missing) return way
  const [command, ...before] = [...way.before, join(environment, 'bin', 'python')]
  return {
    command,
    args: [...before, join(folder, 'client.py'), coffer.apiTlsUrl],
    // Where the SDK checks the chain it has to know Coffer's own authority, like any client of a private CA.
    env: { SSL_CERT_FILE: coffer.tlsCaFile, PYTHONDONTWRITEBYTECODE: '1' },
    how: `port 443 ${way.how}`,
    release: way.release,
  }
}

function install(version) {
  const python = ['python3', 'python'].find(name => isNewEnough(name))
  if (!python) return { missing: 'there is no Python 3.9.2 or newer on this machine' }
  const { missing, folder: environment } = makeEnvironment(python, version)
  return { missing, python, environment }
}

function isNewEnough(python) {
  return spawnSync(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9, 2))']).status === 0
}

/** A virtual environment outside the repository, made once for each list of requirements and each Python. */
function makeEnvironment(python, version) {
  const requirements = join(folder, `requirements-${version}.txt`)
  const told = spawnSync(python, ['-c', 'import sys; print(sys.executable, sys.version)'], { encoding: 'utf8' }).stdout
  const stamp = createHash('sha256').update(readFileSync(requirements)).update(told).digest('hex').slice(0, 12)
  const environment = join(cache, `python-${version}-${stamp}`)
  if (existsSync(join(environment, 'complete'))) return { folder: environment }

  rmSync(environment, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const run = (command, args) => spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 })
  const made = run(python, ['-m', 'venv', environment])
  if (made.status !== 0) {
    return { missing: `"${python} -m venv" does not work (Debian: install python3-venv): ${lastLine(made)}` }
  }
  const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--only-binary', ':all:']
  const installed = run(join(environment, 'bin', 'python'), [...install, '--require-hashes', '-r', requirements])
  if (installed.status !== 0) {
    const why = `pip did not install version ${version}: ${lastLine(installed)}`
    // Another file than the one that was pinned is no missing tool.
    if (/DO NOT MATCH THE HASHES/i.test(installed.stderr)) throw new Error(why)
    return { missing: why }
  }
  writeFileSync(join(environment, 'complete'), '')
  return { folder: environment }
}

/**
 * The SDK connects to port 443 whatever the gateway URL says. So 443 has to lead to Coffer: best in a network
 * namespace of the client's own, where nobody else is; else on this machine's loopback, if that port may be had.
 */
async function openPort443(python, coffer) {
  const { port } = new URL(coffer.apiTlsUrl)
  if (port === '' || port === '443') return { before: [], how: "is Coffer's own", release: async () => {} }

  for (const rights of [['--user', '--map-root-user'], []]) {
    const enter = ['unshare', ...rights, '--net', '--', python, namespaceEntry]
    if (spawnSync(enter[0], [...enter.slice(1), '--probe']).status !== 0) continue
    const outside = mkdtempSync(join(tmpdir(), 'coffer-443-'))
    const path = join(outside, 's')
    const servers = [await leadTo(Number(port), { path })]
    const release = async () => {
      await close(servers)
      rmSync(outside, { recursive: true, force: true })
    }
    return { before: [...enter, path], how: 'in a network namespace', release }
  }

  console.error('  ! no network namespace can be made here; trying port 443 of this machine instead')
  const servers = []
  try {
    for (const host of ['127.0.0.1', '::1']) {
      // A machine without IPv6 has one of the two.
      const server = await leadTo(Number(port), { host, port: 443 }).catch(error => {
        if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') throw error
      })
      if (server) servers.push(server)
    }
  } catch (error) {
    await close(servers)
    return {
      missing: `the SDK needs port 443: no network namespace can be made (unshare), and 127.0.0.1:443 cannot be had (${error.code})`,
    }
  }
  return { before: [], how: "of this machine's loopback", release: () => close(servers) }
}

/** Bytes only: TLS is between the SDK and Coffer. */
function leadTo(port, address) {
  const server = createServer(inside => {
    const outside = connect({ port, host: 'localhost' })
    for (const [here, there] of [
      [inside, outside],
      [outside, inside],
    ]) {
      here.on('error', () => there.destroy())
      here.pipe(there)
    }
  })
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(address, () => done(server))
  })
}

const close = servers => Promise.all(servers.map(server => new Promise(done => server.close(done))))

const lastLine = ({ stdout, stderr, error }) =>
  error?.message ?? `${stdout}${stderr}`.trim().split('\n').at(-1) ?? 'no reason given'
