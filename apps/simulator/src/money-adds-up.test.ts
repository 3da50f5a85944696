import fc from 'fast-check'
import { expect, it } from 'vitest'
import { said } from './testing/client.js'
import { advice, payment, voidOf } from './testing/payments.js'
import { bothDialects, newFolder, startForTest } from './testing/start.js'

/** What may be told of a payment of 10.00; `again` repeats an earlier message by its place. */
const step = fc.oneof(
  fc.record({ moves: fc.constantFrom('capture', 'refund'), amount: fc.integer({ min: 0, max: 1200 }) }),
  fc.record({ stays: fc.integer({ min: 0, max: 1200 }) }),
  fc.constant('void' as const),
  fc.record({ again: fc.nat({ max: 9 }) }),
)
const steps = fc.record({ sale: fc.boolean(), told: fc.array(step, { maxLength: 10 }) })

it.each(bothDialects)(
  'whatever is told in %s messages, no more is captured than authorised nor refunded than captured, and all adds up',
  async (_name, dialect) => {
    const folder = newFolder()
    const { simulator, connect } = await startForTest({ folder })
    const client = await connect(dialect)
    let stan = 0
    const next = () => {
      stan += 1
      return String(stan).padStart(6, '0')
    }

    await fc.assert(
      fc.asyncProperty(steps, async ({ sale, told }) => {
        const asked = payment(dialect, { sale, stan: next() })
        const rrn = String(asked.elements.get(37))
        expect(said(await client.ask(asked))['responseCode']).toBe('00')
        const account = () => {
          const { authorised, captured, refunded, voided } = simulator.accounts({ rrn })[0]!
          return [authorised, captured, refunded, voided].map(Number) as [number, number, number, number]
        }
        const sent: { message: ReturnType<typeof payment>; responseCode: string | undefined }[] = []

        for (const one of told) {
          const before = account()
          const repeated = typeof one === 'object' && 'again' in one ? sent[one.again] : undefined
          if (typeof one === 'object' && 'again' in one) {
            if (repeated === undefined) continue
            const { mti, elements } = repeated.message
            const answer = await client.ask({ mti: `${mti.slice(0, 3)}1`, elements })
            expect(said(answer)['responseCode']).toBe(repeated.responseCode)
            expect(account()).toEqual(before)
            continue
          }
          const message =
            one === 'void'
              ? voidOf(asked, { stan: next() })
              : 'stays' in one
                ? voidOf(asked, { stan: next(), stays: one.stays })
                : advice(dialect, asked, { stan: next(), refund: one.moves === 'refund', amount: one.amount })
          const { responseCode } = said(await client.ask(message))
          sent.push({ message, responseCode })
          if (responseCode !== '00') expect(account()).toEqual(before)
          const [authorised, captured, refunded, voided] = account()
          expect(authorised).toBe(1000)
          expect(refunded).toBeLessThanOrEqual(captured)
          expect(captured + voided).toBeLessThanOrEqual(authorised)
          expect(Math.min(captured, refunded, voided)).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 150 },
    )

    const all = simulator.accounts()
    await simulator.stop()
    const restarted = await startForTest({ folder })
    expect(restarted.simulator.accounts()).toEqual(all)
  },
)
