/** Reads ISO 8583 frames in ASCII with tshark's dissector, from a capture file that is written here. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PORT = 5000
const OPTIONS = ['-d', `tcp.port==${PORT},iso8583`, '-o', 'iso8583.len_endian:Big endian']

/** @returns its version, or `undefined` when there is none */
export function tsharkVersion() {
  const { status, stdout } = spawnSync('tshark', ['--version'], { encoding: 'utf8' })
  return status === 0 ? /\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined
}

/**
 * One reading for each frame, in order.
 *
 * tshark 4.0.17 does not take a frame for ISO 8583 when its binary bitmap, read as text, has the length of one in hex.
 * Such a frame is given to it with its bitmaps in hex, and everything else as it is.
 */
export function readWithTshark(frames) {
  const readings = new Array(frames.length)
  for (const [form, frameFor] of [
    ['Bin data not encoded', frame => (isMistaken(frame) ? undefined : frame)],
    [
      'Bin data represented as Hex Ascii characters',
      frame => (isMistaken(frame) ? withBitmapsInHex(frame) : undefined),
    ],
  ]) {
    const given = frames.flatMap((frame, nth) => {
      const one = frameFor(frame)
      return one ? [{ nth, one }] : []
    })
    if (given.length === 0) continue
    const read = runTshark(
      form,
      given.map(({ one }) => one),
    )
    for (const [index, { nth }] of given.entries()) readings[nth] = read[index]
  }
  return readings
}

/** Sixteen characters before the first zero, where each byte above 127 is replaced by three. */
function isMistaken({ hex }) {
  const bitmaps = Buffer.from(hex, 'hex').subarray(4, 20)
  const zero = bitmaps.indexOf(0)
  const shown = zero < 0 ? bitmaps : bitmaps.subarray(0, zero)
  return shown.reduce((length, byte) => length + (byte > 127 ? 3 : 1), 0) === 16
}

function withBitmapsInHex(frame) {
  const bytes = Buffer.from(frame.hex, 'hex')
  const end = 4 + (bytes[4] & 0x80 ? 16 : 8)
  const bitmaps = Buffer.from(bytes.toString('hex', 4, end).toUpperCase(), 'latin1')
  return { ...frame, hex: Buffer.concat([bytes.subarray(0, 4), bitmaps, bytes.subarray(end)]).toString('hex') }
}

function runTshark(form, frames) {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-capture-'))
  try {
    const file = join(folder, 'frames.pcap')
    writeFileSync(file, capture(frames))
    const { status, stdout, stderr, error } = spawnSync(
      'tshark',
      ['-n', '-r', file, '-T', 'json', '-x', '--no-duplicate-keys', ...OPTIONS, '-o', `iso8583.binencode:${form}`],
      { encoding: 'utf8', maxBuffer: 1 << 30, timeout: 120_000 },
    )
    if (status !== 0) throw new Error(`tshark: ${error?.message ?? stderr}`)
    const packets = JSON.parse(stdout)
    if (packets.length !== frames.length) throw new Error(`tshark saw ${packets.length} of ${frames.length} packets`)
    return packets.map((packet, nth) => readingOf(packet, 42 + frames[nth].hex.length / 2))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param end  where the frame ends in its packet; bytes that no element has would not be flagged */
function readingOf({ _source: { layers } }, end) {
  const found = layers.iso8583
  if (Array.isArray(found)) return { problem: `it sees ${found.length} messages in one frame` }
  if (found === undefined) return { problem: 'it sees no ISO 8583 message' }
  const troubled = troubles(layers)
  if (troubled) return { problem: troubled }
  const elements = {}
  let readTo = 0
  for (const [key, value] of Object.entries(found)) {
    const [, number, raw] = /^iso8583\.bit(\d+)(_raw)?$/.exec(key) ?? []
    // What stands in the packet: the bytes, where they begin, how many they are.
    if (raw) readTo = Math.max(readTo, value[1] + value[2])
    else if (number) elements[number] = value
  }
  if (readTo !== end) return { problem: `its last element ends at byte ${readTo} of ${end}` }
  return { mti: found['iso8583.mti'], elements }
}

/** What it flags, here or in a layer below. */
function troubles(layers) {
  const text = JSON.stringify(layers)
  if (/iso8583\.MALFORMED|_ws\.malformed/i.test(text)) return 'flagged as malformed'
  const expert = /"_ws\.expert\.message": ?"([^"]*)"/.exec(text)?.[1]
  return expert && `flagged: ${expert}`
}

/** A capture file: one packet for each frame, one TCP stream for each connection. Source: pcap, RFC 791, RFC 9293. */
export function capture(frames) {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(0x10000, 16)
  header.writeUInt32LE(101, 20) // packets begin with their IP header
  const sent = new Map()
  const packets = frames.map(({ hex, connection, direction }, nth) => {
    const bytes = Buffer.from(hex, 'hex')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(bytes.length)
    const toIssuer = direction === 'to-issuer'
    const ports = toIssuer ? [40_000 + connection, PORT] : [PORT, 40_000 + connection]
    const mine = ports.join()
    const theirs = [...ports].reverse().join()
    const seq = sent.get(mine) ?? 1
    const packet = ipPacket(ports, seq, sent.get(theirs) ?? 1, Buffer.concat([length, bytes]))
    sent.set(mine, seq + 2 + bytes.length)
    const record = Buffer.alloc(16)
    record.writeUInt32LE(nth + 1, 0)
    record.writeUInt32LE(packet.length, 8)
    record.writeUInt32LE(packet.length, 12)
    return Buffer.concat([record, packet])
  })
  return Buffer.concat([header, ...packets])
}

function ipPacket([from, to], seq, ack, payload) {
  const packet = Buffer.alloc(40)
  packet[0] = 0x45
  packet.writeUInt16BE(40 + payload.length, 2)
  packet[8] = 64
  packet[9] = 6
  Buffer.from([127, 0, 0, 1, 127, 0, 0, 1]).copy(packet, 12)
  packet.writeUInt16BE(from, 20)
  packet.writeUInt16BE(to, 22)
  packet.writeUInt32BE(seq, 24)
  packet.writeUInt32BE(ack, 28)
  packet[32] = 0x50
  packet[33] = 0x18
  packet.writeUInt16BE(0xffff, 34)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at)
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16)
  packet.writeUInt16BE(~sum & 0xffff, 10)
  return Buffer.concat([packet, payload])
}
