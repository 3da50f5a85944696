/** Money, as the vault's connectors speak of it: each message and its repeat, in both dialects. */
import { Cvv, Pan } from '../../apps/vault/src/card-data/index.js'
import type { AdviseRequest, StoredCredential } from '../../apps/vault/src/issuer/connector.js'
import { testCardNumber } from '../../packages/test-cards/src/index.js'
import type { TestSystem } from './start-system.js'

const AMOUNT = 1_099n

/** Response codes of the advices, in their order: what one dialect is answered, the other is as well. */
export const adviceAnswers = ['00', '13', '00', '00', '00', '13', '00', '25']

/** On cards that no other conversation has. */
export async function payDirectly(coffer: TestSystem): Promise<void> {
  for (const network of ['VISA', 'MASTERCARD'] as const) {
    const acquirer = coffer.system.acquirers.for(network)!
    const pan = Pan.parse(testCardNumber({ brand: network, fill: '95' }), { find: () => undefined })
    const lost = Pan.parse(testCardNumber({ brand: network, fill: '96', responseCode: '41' }), {
      find: () => undefined,
    })
    if (!pan.ok || !lost.ok) throw new Error('no test card has this number')
    const asked = {
      network,
      pan: pan.value,
      expiry: { year: '2033', month: '03' },
      cvv2: Cvv.of('123'),
      cardholderName: undefined,
      avs: { postcode: '10115', line1: 'Invalidenstr. 117' },
      currency: 'EUR',
      merchant: { id: 'SHOP', name: 'Shop' },
      amount: AMOUNT,
      sale: false,
      storedCredential: undefined,
    }

    const reference = await acquirer.prepare()
    const first: StoredCredential = { initiator: 'CARDHOLDER', usage: 'FIRST', reason: 'COF' }
    const answer = await acquirer.authorise({ ...asked, storedCredential: first }, reference)
    if (answer.kind !== 'approved') throw new Error(`a payment was ${answer.kind}`)
    const original = { ...asked, original: reference, authCode: answer.authCode, remaining: undefined, repeat: false }
    const about = { ...original, card: { pan: asked.pan, expiry: asked.expiry } }
    const advise = async (advice: Pick<AdviseRequest, 'what' | 'amount'> & Partial<AdviseRequest>) =>
      acquirer.advise({ ...about, reference: await acquirer.prepare(), ...advice })

    await advise({ what: 'CAPTURE', amount: 500n })
    await advise({ what: 'CAPTURE', amount: AMOUNT })
    const refund = await acquirer.prepare()
    await advise({ what: 'REFUND', amount: 100n, reference: refund })
    await advise({ what: 'REFUND', amount: 100n, reference: refund, repeat: true, card: undefined })
    const voiding = await acquirer.prepare()
    await advise({ what: 'VOID', amount: AMOUNT, remaining: 500n, reference: voiding })
    await advise({ what: 'CAPTURE', amount: 1n })
    await advise({ what: 'VOID', amount: AMOUNT, remaining: 500n, reference: voiding, repeat: true })
    await advise({ what: 'VOID', amount: AMOUNT, original: await acquirer.prepare(), card: undefined })

    const later: StoredCredential = { initiator: 'CARDHOLDER', usage: 'SUBSEQUENT', reason: 'COF' }
    const alone = (originalNetworkTransactionId = '', reason: 'RECURRING' | 'UNSCHEDULED' = 'RECURRING') =>
      ({ initiator: 'MERCHANT', usage: 'SUBSEQUENT', reason, originalNetworkTransactionId }) as const
    await acquirer.authorise({ ...asked, storedCredential: later, sale: true }, await acquirer.prepare())
    for (const credential of [
      alone(answer.networkTransactionId),
      alone(answer.networkTransactionId, 'UNSCHEDULED'),
      alone('123456789010112'),
    ]) {
      const question = { ...asked, cvv2: undefined, storedCredential: credential, sale: true }
      await acquirer.authorise(question, await acquirer.prepare())
    }
    await acquirer.authorise({ ...asked, pan: lost.value, amount: 999_999_999_999n }, await acquirer.prepare())
  }
}
