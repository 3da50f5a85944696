import { describe, expect, test } from 'vitest'
import { backTo } from './way-back.js'

const back = (redirectUrl: string, requestId = 'vr-1') => backTo({ about: 'VAULTING', redirectUrl, requestId })

describe('the way back', () => {
  test.each([
    ['https://shop.example/done', 'https://shop.example/done?vaultingRequestId=vr-1'],
    ['https://shop.example', 'https://shop.example/?vaultingRequestId=vr-1'],
    ['http://127.0.0.1:8083/cards/1', 'http://127.0.0.1:8083/cards/1?vaultingRequestId=vr-1'],
    // Without a scheme it is https, as in the published sample; a port is no scheme.
    ['www.test.com', 'https://www.test.com/?vaultingRequestId=vr-1'],
    ['localhost:3000/done', 'https://localhost:3000/done?vaultingRequestId=vr-1'],
    ['shop.example:8443?a=1', 'https://shop.example:8443/?a=1&vaultingRequestId=vr-1'],
    [
      'shop.example/to?next=https://shop.example/',
      'https://shop.example/to?next=https://shop.example/&vaultingRequestId=vr-1',
    ],
    // The merchant's own query and fragment stay, byte for byte: a signature may be over them.
    ['https://shop.example/?sig=a%2Fb%20c~d&e', 'https://shop.example/?sig=a%2Fb%20c~d&e&vaultingRequestId=vr-1'],
    ['https://shop.example/?', 'https://shop.example/?vaultingRequestId=vr-1'],
    ['https://shop.example/#/cards?x=1', 'https://shop.example/?vaultingRequestId=vr-1#/cards?x=1'],
    ['https://shop.example/?a=1#done', 'https://shop.example/?a=1&vaultingRequestId=vr-1#done'],
    // One that is there already is replaced, however it is written.
    ['https://shop.example/?vaultingRequestId=other', 'https://shop.example/?vaultingRequestId=vr-1'],
    [
      'https://shop.example/?a=1&vaultingRequest%49d=x&b=2&vaultingRequestId',
      'https://shop.example/?a=1&b=2&vaultingRequestId=vr-1',
    ],
    // An app's own addresses.
    ['myshop://cards/done', 'myshop://cards/done?vaultingRequestId=vr-1'],
    ['myshop:done', 'myshop:done?vaultingRequestId=vr-1'],
    ['myshop://done?a=1', 'myshop://done?a=1&vaultingRequestId=vr-1'],
  ])('to %s', (redirectUrl, address) => {
    expect(back(redirectUrl)).toBe(address)
  })

  test('carries any id, and an id cannot add anything of its own', () => {
    for (const id of ['a&b=c#d', 'ä ö/?%', '"><script>', '日本', 'javascript:alert(1)']) {
      const url = new URL(back('https://shop.example/done?x=1', id))
      expect(Object.fromEntries(url.searchParams)).toEqual({ x: '1', vaultingRequestId: id })
      expect(url.origin + url.pathname + url.hash).toBe('https://shop.example/done')
    }
  })

  test('of a payment carries the id of the payment, and leaves alone what another name is', () => {
    const redirectUrl = 'https://shop.example/pay?vaultingRequestId=v&paymentRequestId=old'
    expect(backTo({ about: 'PAYMENT', redirectUrl, requestId: 'p-1' })).toBe(
      'https://shop.example/pay?vaultingRequestId=v&paymentRequestId=p-1',
    )
  })
})
