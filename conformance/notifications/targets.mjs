/** Notifications, and who has to accept them, as targets of `npm run conformance`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addresses, cases, contents } from './cases.mjs'
import { collect } from './collect.mjs'
import { controls } from './controls.mjs'
import { judgeByNode, judgeByOurSdk } from './judges.mjs'

const folder = fileURLToPath(new URL('../../reports/notifications', import.meta.url))
const ourSdk = JSON.parse(readFileSync(new URL('../../packages/sdk/package.json', import.meta.url), 'utf8'))
const stored = cases.filter(({ content }) => content.code === 'SUCCESS').length

/**
 * What is sent, then each judge of it: Node.js alone, our SDK, and official ones.
 * @param {object[]} sdks  targets of official SDKs, with `prepareToCheck`
 */
export function notificationTargets(sdks) {
  const all = `${addresses.length} addresses, ${contents.length} contents`
  return [
    target('sent', 'notifications', '', all, sentSteps()),
    target('node', 'notifications: Node.js', process.versions.node, 'its crypto alone', judgedSteps(judgeByNode)),
    target('our-sdk', 'notifications: our SDK', ourSdk.version, 'verifyNotification', judgedSteps(judgeByOurSdk)),
    ...sdks.map(foreignTarget),
  ]
}

function target(name, title, version, why, steps, end) {
  return {
    name: `notifications-${name}`,
    language: 'notifications',
    needsCoffer: true,
    title,
    version,
    why,
    steps,
    end,
  }
}

/** The check of an official SDK, in the program that has this SDK in it. */
function foreignTarget(sdk) {
  let program
  let client
  const load = {
    step: 'install and load',
    needed: true,
    missing: async world => {
      program = await sdk.prepareToCheck(world)
      return program.missing
    },
    run: async world => {
      client = world.startClient(program)
      const { version, runtime, error } = await client.ask({ call: 'hello' })
      if (error) throw new Error(error)
      if (version !== sdk.version) throw new Error(`the SDK that was loaded is ${version}`)
      return runtime
    },
  }
  const judge = async (_, { file }) => {
    const { error, ...said } = await client.ask({ call: 'checkAll', file })
    if (error) throw new Error(error)
    return said
  }
  const end = async () => {
    await client?.stop()
    await program?.release?.()
  }
  const title = `notifications: ${sdk.language} SDK`
  return target(sdk.name, title, sdk.version, sdk.why, [load, ...judgedSteps(judge)], end)
}

/** What arrives is what was asked for, before anybody judges its signature. */
function sentSteps() {
  return [
    {
      step: `vault ${stored} cards, and ${cases.length - stored} that are declined`,
      run: async world => none((await batchOf(world)).problems) ?? `${cases.length} vaultings`,
    },
    {
      step: `hear of ${cases.length} at their addresses`,
      run: async world => {
        const { arrived } = await batchOf(world)
        if (arrived.length !== cases.length) throw new Error(`${arrived.length} notifications arrived`)
        return none(arrived.flatMap(elsewhere)) ?? `${arrived.length} notifications`
      },
    },
    {
      step: `read in ${cases.length} what was vaulted`,
      run: async world => {
        const { arrived } = await batchOf(world)
        return none(arrived.flatMap(misread)) ?? `${arrived.length} notifications`
      },
    },
  ]
}

function elsewhere({ name, address, method, uri, headers }) {
  const wrong = []
  if (method !== 'POST') wrong.push(`${name}: sent as ${method}`)
  if (uri !== address.sent) wrong.push(`${name}: sent to ${uri.slice(0, 100)}`)
  const type = headers['content-type']
  if (type !== 'application/json; charset=UTF-8') wrong.push(`${name}: sent as ${type}`)
  return wrong
}

function misread({ id, name, content, bytes }) {
  // Throws where a byte is no UTF-8.
  const body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  const isStored = content.code === 'SUCCESS'
  const told = {
    vaultingRequestId: body.vaultingRequestId,
    code: body.result.resultCode,
    status: body.result.resultStatus,
    hasToken: typeof body.paymentMethodDetail.card?.cardToken === 'string',
    metadata: body.metadata,
    customizedInfo: body.customizedInfo,
  }
  const wanted = {
    vaultingRequestId: id,
    code: content.code,
    status: isStored ? 'S' : 'F',
    hasToken: isStored,
    metadata: content.echo.metadata,
    customizedInfo: content.echo.customizedInfo,
  }
  return Object.keys(wanted)
    .filter(field => JSON.stringify(told[field]) !== JSON.stringify(wanted[field]))
    .map(field => `${name}: ${field} is ${JSON.stringify(told[field])}`)
}

/**
 * All are accepted, and refused once something is wrong with them.
 * @param judge  is given notifications, also as a file with one a line, and gives the ids that it accepts and refuses
 */
function judgedSteps(judge) {
  const ask = async (world, name, notifications) => {
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `${name.replaceAll(' ', '-')}.jsonl`)
    writeFileSync(file, notifications.map(notification => `${JSON.stringify(notification)}\n`).join(''))
    const { merchant } = await batchOf(world)
    return judge(notifications, { file, merchant, gatewayUrl: world.coffer.apiUrl })
  }
  const accept = {
    step: `accept ${cases.length} of ${cases.length}`,
    run: async world => {
      const { written } = await batchOf(world)
      return agreed(await ask(world, 'as they came', written), 'accepted', cases.length, await batchOf(world))
    },
  }
  const refuse = controls.map(({ what, applies = () => true, change }) => {
    const count = cases.filter(({ address }) => applies(address)).length
    return {
      step: `refuse ${count} ${what}`,
      run: async world => {
        const batch = await batchOf(world)
        const changed = batch.written.flatMap((one, index) =>
          applies(batch.arrived[index].address) ? [{ ...one, ...change(one, batch, index) }] : [],
        )
        return agreed(await ask(world, what, changed), 'refused', count, batch)
      },
    }
  })
  return [accept, ...refuse]
}

/** @returns what a judge said, in words; throws unless that is `verdict`, of as many as there should be */
function agreed(said, verdict, count, { arrived }) {
  const { accepted, refused, threw } = said
  const told = `${accepted.length} accepted, ${refused.length} refused`
  const broken = Object.keys(threw).length
  if (said[verdict].length === count && accepted.length + refused.length + broken === count) return told
  const nameOf = id => arrived.find(notification => notification.id === id)?.name
  const others = verdict === 'accepted' ? refused : accepted
  const stray = [...others.map(nameOf), ...Object.entries(threw).map(([id, error]) => `${nameOf(id)}: ${error}`)]
  throw new Error([`${told}, ${broken} errors; expected ${count} ${verdict}`, ...stray.slice(0, 10)].join('\n      '))
}

/** One batch for all judges of a run. */
async function batchOf(world) {
  world.batch ??= collect(world.coffer).then(({ merchant, other, problems, notifications }) => ({
    merchant,
    other,
    problems,
    arrived: notifications,
    written: notifications.map(notification => written(notification, merchant)),
  }))
  return world.batch
}

/** A notification as it is given to judges. The body is in Base64, so that they have the bytes of the wire. */
function written({ id, method, uri, headers, bytes }, { gatewayPublicKey }) {
  return {
    id,
    method,
    uri,
    clientId: headers['client-id'],
    requestTime: headers['request-time'],
    signature: headers.signature,
    body: bytes.toString('base64'),
    gatewayPublicKey,
  }
}

/** Nothing where there are no problems; throws them otherwise. */
function none(problems) {
  if (problems.length > 0) throw new Error(problems.slice(0, 10).join('\n      '))
}
