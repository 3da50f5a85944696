/** The 3DS Method called back through the buyer's browser. Source: EMV 3-D Secure › 3DS Method. */
import { decodeForm } from '@coffer/emv3ds'
import type { System } from '../system.js'
import { noteMethodDone } from './authentications-across-merchants.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * @param data  the form's `threeDSMethodData`
 * @returns whether it names an authentication whose method is waited for
 */
export async function recordMethodDone(system: System, data: string): Promise<boolean> {
  const bytes = decodeForm(data)
  if (!bytes) return false
  let id: unknown
  try {
    id = (JSON.parse(Buffer.from(bytes).toString('utf8')) as { threeDSServerTransID?: unknown }).threeDSServerTransID
  } catch {
    return false
  }
  if (typeof id !== 'string' || !UUID.test(id)) return false
  const detail = { threeDSServerTransID: id.toLowerCase(), completed: true }
  return noteMethodDone(system.db, id, { at: system.clock.now(), kind: 'threeds.method', detail })
}
