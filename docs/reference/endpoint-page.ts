/** An endpoint's page, made from its schemas. */
import { apiRoot } from '../../packages/antom/src/index.js'
import { table } from './markdown.js'

interface Field {
  type?: string
  enum?: readonly unknown[]
  maxLength?: number
  rule?: string
  aliases?: readonly string[]
  jsonText?: boolean
  numeric?: boolean
  properties?: Record<string, Field>
  required?: readonly string[]
  items?: Field
}

/** One row for each field of `schema`, those of objects and lists behind them. */
export const fieldTable = (schema: unknown) =>
  table(['field', 'type', 'required', 'max', 'rule'], rows(schema as Field))

function rows(schema: Field, path = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path ? `${path}.${name}` : name
    const listed = field.enum && field.enum.length <= 9 ? `one of ${field.enum.join(', ')}` : undefined
    const rules = [
      field.rule ?? listed,
      field.aliases && `also read as ${field.aliases.join(', ')}`,
      field.jsonText && 'an object is read as its JSON text',
      field.numeric && 'a JSON number is read as its digits',
    ].filter(Boolean)
    const row = [
      `\`${at}\``,
      field.type ?? '',
      schema.required?.includes(name) ? 'yes' : '',
      field.maxLength === undefined ? '' : String(field.maxLength),
      rules.join('; '),
    ]
    if (field.type === 'array') return [row, ...rows(field.items ?? {}, `${at}[]`)]
    return [row, ...(field.type === 'object' ? rows(field, at) : [])]
  })
}

/** Address, request and answer of an endpoint. */
export const endpointPage = (name: string, path: string, request: unknown, response: unknown) =>
  `## ${name}\n\n\`POST ${apiRoot.live}${path}\`, in the sandbox \`POST ${apiRoot.sandbox}${path}\`\n\n` +
  `### Request\n\n${fieldTable(request)}### Answer\n\n${fieldTable(response)}`
