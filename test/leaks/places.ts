/** Where a text stands in a system that a test has started in its own process. */
import { select } from '../result-codes/stored-rows.js'
import type { TestSystem } from '../support/start-system.js'
import { fieldNeedles } from './needles.js'

/** @returns columns of text and JSON, columns of bytes, lines of the log */
export async function placesOf(coffer: TestSystem, text: string): Promise<string[]> {
  const columns = await select(
    coffer.system,
    `select table_name, column_name from information_schema.columns
     where table_schema = 'public' and data_type in ('text', 'jsonb', 'ARRAY', 'bytea')`,
  )
  const found: string[] = []
  for (const { table_name: table, column_name: column } of columns) {
    const rows = await select(coffer.system, `select "${column}" as value from "${table}"`)
    const hit = rows.some(({ value }) => (Buffer.isBuffer(value) ? value : JSON.stringify(value))?.includes(text))
    if (hit) found.push(`${table}.${column}`)
  }
  const needles = fieldNeedles('card', 'cvv', text).map(({ bytes }) => bytes)
  for (const line of coffer.logLines) {
    const { time: _any, ...told } = JSON.parse(line) as Record<string, unknown>
    if (JSON.stringify(told).includes(text) || needles.some(bytes => line.includes(bytes.toString()))) found.push(line)
  }
  return found
}

/** A security code whose digits are in no port, process id or the like; no date or hour can have them either. */
export async function digitsThatAreNowhere(coffer: TestSystem): Promise<string> {
  for (const digits of ['8397', '9386', '7398']) if ((await placesOf(coffer, digits)).length === 0) return digits
  throw new Error('each of the security codes stands somewhere already')
}
