import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, inject, test } from 'vitest'
import { cloneDatabase, dropDatabase } from '../../packages/local-postgres/src/index.js'
import { TEMPLATE } from '../support/global-setup.js'
import { dumpSchema } from './dump-schema.js'

const FILE = new URL('../../apps/vault/schema.sql', import.meta.url)

test('apps/vault/schema.sql is what the migrations make (npm run schema)', async () => {
  const name = `schema_${randomUUID().replaceAll('-', '')}`
  const dump = await dumpSchema(await cloneDatabase(inject('postgresUrl'), TEMPLATE, name))
  await dropDatabase(inject('postgresUrl'), name)
  if (process.env['WRITE_SCHEMA'] === 'yes') writeFileSync(FILE, dump)
  expect(readFileSync(FILE, 'utf8')).toBe(dump)
})
