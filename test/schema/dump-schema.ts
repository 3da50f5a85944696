/**
 * The schema as text, read from the catalog of a migrated database: what `apps/vault/schema.sql` holds, so that a
 * review sees what a migration does to the whole. (The PostgreSQL that Coffer brings has no pg_dump.)
 */
import pg from 'pg'

/** Kysely's own bookkeeping is not ours to describe. */
const OURS = `c.relnamespace = 'public'::regnamespace and c.relname not like 'kysely%'`

export async function dumpSchema(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const rows = async (text: string, params: unknown[] = []) => (await client.query(text, params)).rows
    const tables = await rows(`select c.oid, c.relname from pg_class c where c.relkind = 'r' and ${OURS} order by 2`)
    const parts: string[] = []
    for (const { oid, relname } of tables) {
      const columns = await rows(
        `select a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attidentity,
                pg_get_expr(d.adbin, d.adrelid) as def
         from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`,
        [oid],
      )
      const constraints = await rows(
        `select conname, pg_get_constraintdef(oid) as def from pg_constraint
         where conrelid = $1 and contype <> 'n' order by contype desc, conname`,
        [oid],
      )
      const lines = [
        ...columns.map(c => {
          const identity = c.attidentity === 'a' ? ' generated always as identity' : ''
          return `  ${c.attname} ${c.type}${c.attnotnull ? ' not null' : ''}${identity}${c.def ? ` default ${c.def}` : ''}`
        }),
        ...constraints.map(c => `  constraint ${c.conname} ${c.def}`),
      ]
      parts.push(`create table ${relname} (\n${lines.join(',\n')}\n);`)
      const indexes = await rows(
        `select pg_get_indexdef(i.indexrelid) as def from pg_index i
         where i.indrelid = $1 and not exists (select from pg_constraint where conindid = i.indexrelid)
         order by 1`,
        [oid],
      )
      parts.push(...indexes.map(index => `${index.def};`))
      const triggers = await rows(
        `select pg_get_triggerdef(oid) as def from pg_trigger where tgrelid = $1 and not tgisinternal order by 1`,
        [oid],
      )
      parts.push(...triggers.map(trigger => `${trigger.def};`))
    }
    const functions = await rows(
      `select pg_get_functiondef(p.oid) as def from pg_proc p where p.pronamespace = 'public'::regnamespace order by p.proname`,
    )
    parts.push(...functions.map(fn => `${String(fn.def).trim()};`))
    return `-- Made from the migrations by \`npm run schema\`. Write a migration instead.\n\n${parts.join('\n\n')}\n`
  } finally {
    await client.end()
  }
}
