import type { CardBrand } from '@coffer/antom'
import { describe, expect, test } from 'vitest'
import type { CardFacts, NetworkId } from '../card-data/index.js'
import { chooseNetwork, type NetworkQuestion } from './choose-network.js'

const all: ReadonlySet<NetworkId> = new Set<NetworkId>([
  ...(['VISA', 'MASTERCARD', 'AMEX', 'MAESTRO', 'CUP', 'DISCOVER', 'CARTES_BANCAIRES', 'SHINHAN'] as const),
  // Even an acquirer for local schemes does not make them brands of the wire.
  ...(['DANKORT', 'BANCONTACT', 'MADA', 'EFTPOS_AU'] as const),
])

function card(networks: readonly [NetworkId, ...NetworkId[]], issuingCountry?: string): CardFacts {
  return { networks, luhn: true, cvvLength: 3, ...(issuingCountry && { issuingCountry }) }
}

const ask = (facts: CardFacts | undefined, more: Partial<NetworkQuestion> = {}) =>
  chooseNetwork({ facts, merchantInEea: false, usable: all, ...more })

const frenchCb = card(['CARTES_BANCAIRES', 'VISA'], 'FR')
const chosen = (network: CardBrand, by: string) => ({ kind: 'chosen', network, by })

describe('the matrix of co-badged cards', () => {
  // networks, issuing country, merchant in the EEA, selected → answer
  test.each<[readonly [NetworkId, ...NetworkId[]], string | undefined, boolean, CardBrand | undefined, object]>([
    [['VISA', 'CARTES_BANCAIRES'], 'FR', false, undefined, { kind: 'ask', networks: ['VISA', 'CARTES_BANCAIRES'] }],
    [['CARTES_BANCAIRES', 'VISA'], 'FR', true, undefined, { kind: 'ask', networks: ['CARTES_BANCAIRES', 'VISA'] }],
    [['VISA', 'CARTES_BANCAIRES'], 'FR', true, 'CARTES_BANCAIRES', chosen('CARTES_BANCAIRES', 'MERCHANT')],
    [['VISA', 'CARTES_BANCAIRES'], 'FR', false, 'VISA', chosen('VISA', 'MERCHANT')],
    [['VISA', 'CARTES_BANCAIRES'], 'FR', true, 'MASTERCARD', { kind: 'not on the card' }],
    [['VISA', 'CARTES_BANCAIRES'], 'FR', true, 'AMEX', { kind: 'ask', networks: ['VISA', 'CARTES_BANCAIRES'] }],
    [['VISA', 'CUP'], 'CN', false, undefined, chosen('VISA', 'DEFAULT')],
    [['VISA', 'CUP'], 'CN', true, undefined, { kind: 'ask', networks: ['VISA', 'CUP'] }],
    [['VISA', 'CUP'], undefined, false, undefined, chosen('VISA', 'DEFAULT')],
    [['CUP', 'DISCOVER'], 'CN', false, 'DISCOVER', chosen('DISCOVER', 'MERCHANT')],
    [['CUP', 'DISCOVER'], 'CN', false, 'AMEX', chosen('CUP', 'DEFAULT')],
    [['VISA', 'SHINHAN'], 'KR', false, 'SHINHAN', chosen('SHINHAN', 'MERCHANT')],
    [['AMEX', 'CUP'], 'CN', false, 'AMEX', chosen('AMEX', 'MERCHANT')],
    // A local scheme is neither offered nor chosen, and the card is co-badged all the same.
    [['VISA', 'DANKORT'], 'DK', true, undefined, chosen('VISA', 'ONLY')],
    [['DANKORT', 'VISA'], 'DK', true, undefined, chosen('VISA', 'ONLY')],
    [['VISA', 'DANKORT'], 'DK', true, 'VISA', chosen('VISA', 'MERCHANT')],
    [['VISA', 'DANKORT'], 'DK', true, 'MASTERCARD', { kind: 'not on the card' }],
    [['VISA', 'DANKORT'], 'DK', true, 'AMEX', chosen('VISA', 'ONLY')],
    [['VISA', 'MADA'], 'SA', false, undefined, chosen('VISA', 'ONLY')],
    [['MASTERCARD', 'EFTPOS_AU'], 'AU', false, undefined, chosen('MASTERCARD', 'ONLY')],
    [['DANKORT', 'BANCONTACT'], 'DK', false, undefined, { kind: 'not supported' }],
    // Neither of the two is in the EEA.
    [['VISA', 'CUP'], 'GB', false, undefined, chosen('VISA', 'DEFAULT')],
    [['VISA', 'CUP'], 'CH', false, undefined, chosen('VISA', 'DEFAULT')],
  ])(
    '%j of %s, merchant in the EEA: %s, selected %s',
    (networks, country, merchantInEea, selectedCardBrand, answer) => {
      expect(ask(card(networks, country), { merchantInEea, selectedCardBrand })).toEqual(answer)
    },
  )
})

describe('a card with one network', () => {
  test.each<CardBrand | undefined>([undefined, 'AMEX', 'MASTERCARD', 'VISA'])(
    'is charged over it when %s is selected',
    selectedCardBrand => {
      expect(ask(card(['VISA'], 'FR'), { selectedCardBrand, brand: 'AMEX', merchantInEea: true })).toEqual(
        chosen('VISA', 'ONLY'),
      )
    },
  )

  test('is not supported when nobody is configured for it, when it is a local scheme, or when it is not known', () => {
    expect(ask(card(['VISA']), { usable: new Set(['MASTERCARD']) })).toEqual({ kind: 'not supported' })
    expect(ask(card(['DANKORT'], 'DK'))).toEqual({ kind: 'not supported' })
    expect(ask(undefined)).toEqual({ kind: 'not supported' })
  })
})

describe('networks that no acquirer is configured for', () => {
  const visaOnly: ReadonlySet<NetworkId> = new Set(['VISA'])

  test('are not offered: what is left needs no choice', () => {
    expect(ask(frenchCb, { usable: visaOnly, merchantInEea: true })).toEqual(chosen('VISA', 'ONLY'))
  })

  test('are passed over by the default', () => {
    const three = card(['SHINHAN', 'CUP', 'VISA'], 'KR')
    expect(ask(three, { usable: new Set(['CUP', 'VISA']) })).toEqual(chosen('CUP', 'DEFAULT'))
  })

  test('cannot be selected: another network would not be what was chosen', () => {
    expect(ask(frenchCb, { usable: visaOnly, selectedCardBrand: 'CARTES_BANCAIRES' })).toEqual({
      kind: 'not on the card',
    })
  })

  test('make a card not supported when it has no others, whichever of its brands is selected', () => {
    const usable: ReadonlySet<NetworkId> = new Set(['JCB'])
    expect(ask(frenchCb, { usable })).toEqual({ kind: 'not supported' })
    expect(ask(frenchCb, { usable, selectedCardBrand: 'VISA' })).toEqual({ kind: 'not supported' })
    expect(ask(frenchCb, { usable, selectedCardBrand: 'MASTERCARD' })).toEqual({ kind: 'not on the card' })
  })
})

describe('the older field `brand`', () => {
  test('counts where nothing was selected', () => {
    expect(ask(frenchCb, { brand: 'CARTES_BANCAIRES' })).toEqual(chosen('CARTES_BANCAIRES', 'MERCHANT'))
  })

  test('yields to what was selected', () => {
    expect(ask(frenchCb, { brand: 'VISA', selectedCardBrand: 'CARTES_BANCAIRES' })).toEqual(
      chosen('CARTES_BANCAIRES', 'MERCHANT'),
    )
    expect(ask(frenchCb, { brand: 'VISA', selectedCardBrand: 'MASTERCARD' })).toEqual({ kind: 'not on the card' })
  })

  test('counts beside the AMEX that the .NET SDK fills in for nothing selected', () => {
    expect(ask(frenchCb, { brand: 'VISA', selectedCardBrand: 'AMEX' })).toEqual(chosen('VISA', 'MERCHANT'))
  })

  test('says nothing where it does not fit: the .NET SDK fills it in as well', () => {
    expect(ask(frenchCb, { brand: 'AMEX' }).kind).toBe('ask')
    expect(ask(frenchCb, { brand: 'MASTERCARD' }).kind).toBe('ask')
    expect(ask(frenchCb, { brand: 'AMEX', selectedCardBrand: 'VISA' })).toEqual(chosen('VISA', 'MERCHANT'))
  })
})
