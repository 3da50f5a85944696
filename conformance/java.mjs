import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('java', import.meta.url))

/**
 * Versions of `com.alipay.global.sdk:global-open-sdk-java`, newest first. `sdk` says which of our classes makes the
 * calls: TypedSdk where the SDK has classes for vaulting, RawSdk where a merchant has to write them.
 */
export const javaTargets = [
  target('2.2.8', 'TypedSdk', 'the newest one that is published as source'),
  target('2.0.45', 'TypedSdk', 'the newest one that Maven Central was seen to have'),
  target('2.0.21', 'RawSdk', "the one that Antom's card vaulting guide names"),
  target('2.0.5', 'RawSdk', 'before vaulting: the request classes are ours'),
]

/** Any version that was asked for by name. */
export const javaTarget = version => target(version, 'TypedSdk', 'asked for')

function target(version, sdk, why) {
  const toRun = context => prepare(version, sdk, context)
  return { name: `java-${version}`, language: 'Java', version, why, prepare: toRun, prepareToCheck: toRun }
}

const builds = new Map()

/** @returns how to run the client, or why that cannot be: `missing` for a tool or package, else it throws */
async function prepare(version, sdk, { coffer }) {
  if (!builds.has(version)) builds.set(version, build(version, sdk))
  const { missing, classPath } = builds.get(version)
  if (missing) return { missing }
  return {
    command: 'java',
    args: ['-cp', classPath, 'coffer.conformance.Client', coffer.apiTlsUrl, sdk],
    how: sdk === 'TypedSdk' ? "the SDK's vaulting classes" : "the SDK's client, request classes of our own",
    release: async () => {},
  }
}

function build(version, sdk) {
  for (const [tool, flag] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ]) {
    if (spawnSync(tool, [flag]).status !== 0) return { missing: `there is no working ${tool} on this machine` }
  }
  const leftOut = sdk === 'TypedSdk' ? 'RawSdk' : 'TypedSdk'
  const built = spawnSync('mvn', ['-q', '-B', `-Dsdk.version=${version}`, `-Dleft.out=${leftOut}`, 'compile'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
  })
  if (built.status !== 0) {
    const said = `${built.stdout}${built.stderr}`
    if (
      /global-open-sdk-java:(jar|pom):\S+ (was not found in|in central)|Could not find artifact com\.alipay/.test(said)
    ) {
      return { missing: `the registry that Maven uses does not have version ${version}` }
    }
    if (/Could not transfer|Unknown host|Network is unreachable/.test(said)) {
      return { missing: 'Maven cannot reach its registry, and the packages are not in the local cache' }
    }
    throw new Error(`mvn compile failed:\n${said.trim().slice(0, 3000)}`)
  }
  const target = join(folder, 'target', version)
  return { classPath: [join(target, 'classes'), join(target, 'lib', '*')].join(delimiter) }
}
