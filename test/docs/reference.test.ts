import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { references } from '../../docs/reference/generate.js'

for (const [name, text] of references()) {
  test(`docs/reference/${name} says what the code says (npm run reference)`, () => {
    expect(readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8')).toBe(text)
  })
}
