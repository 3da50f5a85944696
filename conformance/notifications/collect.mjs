import { startReceiver } from '../receiver.mjs'
import { cases } from './cases.mjs'

const atOnce = 8

/**
 * A merchant vaults a card for each case, by our SDK, and writes down what its address hears of that.
 * @returns the merchant and its gateway, what arrived, in the order of the cases, and in words what went wrong
 */
export async function collect(coffer) {
  const { VaultClient } = await import('@coffer/sdk')
  const [merchant, other] = coffer.merchants
  const client = new VaultClient({ gatewayUrl: coffer.apiUrl, ...keysOf(merchant) })
  const receiver = await startReceiver()
  const prefix = `hook-${Date.now().toString(36)}`
  const problems = []
  const arrivals = new Array(cases.length)
  const queue = cases.entries()
  const vaultSome = async () => {
    for (const [index, { address, content }] of queue) {
      const id = `${prefix}-${index}${content.idEnd ?? ''}`
      const name = `${address.what}, ${content.named}, ${content.code}`
      try {
        const { code } = await client.vaultPaymentMethod(requestFor(id, receiver.origin + address.given, content))
        if (code !== content.code) problems.push(`${name}: the vaulting ended with ${code}`)
        arrivals[index] = receiver.expectOne(id).then(arrived => arrived && { id, name, address, content, ...arrived })
      } catch (error) {
        problems.push(`${name}: ${error.message}`)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, vaultSome))
    const notifications = (await Promise.all(arrivals)).filter(Boolean)
    return { merchant, other, problems, notifications }
  } finally {
    await receiver.stop()
  }
}

function requestFor(vaultingRequestId, vaultingNotificationUrl, { cardNo, cvv = '123', echo }) {
  const expiryYear = String(new Date().getFullYear() + 3).slice(-2)
  const card = { cardNo, cvv, expiryMonth: '12', expiryYear }
  return {
    vaultingRequestId,
    vaultingNotificationUrl,
    redirectUrl: 'https://shop.example/cards',
    paymentMethodDetail: { paymentMethodType: 'CARD', card },
    env: { terminalType: 'WEB', clientIp: '127.0.0.1' },
    ...echo,
  }
}

/** What our SDK needs to know of a merchant of the sandbox. */
export function keysOf({ clientId, keyVersion, merchantPrivateKey, gatewayPublicKey }) {
  return { clientId, keyVersion, merchantPrivateKey, gatewayPublicKey }
}
