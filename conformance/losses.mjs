/**
 * Compares what an SDK told its caller with what was on the wire. A field that the SDK's class has and that came, but
 * that does not read as it came, is lost. One that the class does not have is unknown to that SDK, which is no fault of an
 * old one; one that even the newest does not know is misspelled by us, or is ours alone.
 * @param {string[]} byItself  what this SDK loses whatever is sent, as `operation.field`
 */
export function startLosses(byItself = []) {
  const unknown = new Set()
  const standIns = new Set()
  return {
    /** @returns what was lost of one answer, a line for each field */
    notice(what, { wire, told, by }) {
      if (by && by !== 'sdk') standIns.add(`${what} (${by})`)
      if (told === null || told === undefined || !wire) return []
      const lines = lost(wire, told, what, unknown)
      return lines.filter(line => !byItself.some(path => line.startsWith(`${path}.`) || line.startsWith(`${path}:`)))
    },
    /** Fields that came and that the SDK's classes do not have. */
    unknown: () => [...unknown].sort(),
    /** Operations whose request, or request and answer, is a class of our own. */
    standIns: () => [...standIns].sort(),
  }
}

function lost(wire, told, at, unknown) {
  if (Array.isArray(wire)) {
    if (!Array.isArray(told) || told.length !== wire.length) return [`${at}: lost`]
    return wire.flatMap((item, nth) => lost(item, told[nth], at, unknown))
  }
  if (wire === null || typeof wire !== 'object') {
    return told === wire ? [] : [`${at}: came as ${JSON.stringify(wire)}, the SDK has ${JSON.stringify(told ?? null)}`]
  }
  if (told === null || typeof told !== 'object') return [`${at}: lost`]
  const names = new Map(Object.keys(told).map(name => [plain(name), name]))
  return Object.entries(wire).flatMap(([name, value]) => {
    const read = names.get(plain(name))
    if (read !== undefined) return lost(value, told[read], `${at}.${name}`, unknown)
    unknown.add(`${at}.${name}`)
    return []
  })
}

/** `three_ds_version` and `threeDSVersion` are the same. */
const plain = name => name.replaceAll('_', '').toLowerCase()

/** The same with Python's names in the spelling of the wire, as near as that can be guessed. */
export function camelCased(told) {
  if (Array.isArray(told)) return told.map(camelCased)
  if (told === null || typeof told !== 'object') return told
  return Object.fromEntries(
    Object.entries(told).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
      camelCased(value),
    ]),
  )
}
