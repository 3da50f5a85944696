/** The authentication request: what a directory server and an issuer are told. Pure. Source: EMV 3-D Secure › AReq. */
import { type AReq, type MessageCategory, type MessageVersion, writeMessage } from '@coffer/emv3ds'
import type { Expiry, FrameTemplate, Pan } from '../card-data/index.js'
import { countryNumber } from '../issuer/iso8583/country-codes.js'
import type { DirectoryConfig, RequestorSettings } from './directories-file.js'

/** What is known of the holder beside the card; all of it may be missing. */
export interface HolderFacts {
  cardholderName: string | undefined
  email: string | undefined
  billing:
    | { region: string; state?: string; city?: string; address1?: string; address2?: string; zipCode?: string }
    | undefined
}

export interface AReqMaterial {
  transId: string
  version: MessageVersion
  category: MessageCategory
  directory: DirectoryConfig
  merchant: { id: string; name: string }
  /** Whether the 3DS Method was completed; `U` where the issuer has none. */
  compInd: 'Y' | 'N' | 'U'
  browser: Partial<AReq>
  expiry: Expiry
  holder: HolderFacts
  /** Where the challenge comes back to, and where its result goes. */
  notificationUrl: string
  resultsUrl: string
  /** Whether the card is stored afterwards. */
  storesCard: boolean
  /** For a payment; adding a card has none. Amount in the smallest unit. */
  purchase?: { amount: string; currencyNumber: string; exponent: string; date: string }
}

/** Longest address that versions 2.1.0 and 2.2.0 have room for. Source: EMV 3-D Secure › notificationURL. */
export const NOTIFICATION_URL_MAX = 256

/**
 * The AReq, with room for the number of the card.
 * @throws when something in it has no place in the message: a setting, since what buyers and merchants say is made to fit
 */
export function areqTemplate(material: AReqMaterial, pan: Pan): FrameTemplate {
  // Zeros hold the place; the digits are filled in while the message leaves.
  const placeholder = '0'.repeat(pan.length)
  const text = writeMessage({ ...areq(material), acctNumber: placeholder })
  const bytes = Buffer.from(text)
  const name = '"acctNumber":"'
  const at = bytes.indexOf(`${name}${placeholder}"`)
  if (at < 0) throw new Error('an AReq has no place for the number of the card')
  const slot = {
    at: at + name.length,
    digits: pan,
    encoding: 'ascii',
    width: pan.length,
    pad: '0',
    padSide: 'left',
  } as const
  return { bytes, slots: [slot] }
}

function areq(material: AReqMaterial): Omit<AReq, 'acctNumber'> {
  const { version, category, directory, merchant, expiry, holder, purchase } = material
  const requestor: RequestorSettings = { ...directory.requestor, ...directory.merchants[merchant.id] }
  const name = ascii(holder.cardholderName, 45)
  const { acquirerBin, acquirerMerchantId } = requestor
  return {
    messageType: 'AReq',
    messageVersion: version,
    messageCategory: category,
    deviceChannel: '02',
    threeDSServerTransID: material.transId,
    threeDSServerRefNumber: directory.serverRefNumber,
    ...(directory.operatorId !== undefined && { threeDSServerOperatorID: directory.operatorId }),
    threeDSServerURL: material.resultsUrl,
    threeDSRequestorID: requestor.requestorId,
    threeDSRequestorName: ascii(requestor.requestorName ?? merchant.name, 40) ?? requestor.requestorId,
    threeDSRequestorURL: requestor.requestorUrl,
    // 04 is to add a card; what is bought is authenticated as a payment.
    threeDSRequestorAuthenticationInd: purchase ? '01' : '04',
    threeDSCompInd: material.compInd,
    // A stored card may be charged without its buyer later: the issuer is asked for a challenge by mandate. Else it decides.
    threeDSRequestorChallengeInd: material.storesCard ? '04' : '01',
    cardExpiryDate: expiry.year.slice(-2) + expiry.month,
    ...(name !== undefined && name.length >= 2 && { cardholderName: name }),
    ...mail(holder.email),
    ...billing(holder.billing),
    ...(acquirerBin !== undefined && { acquirerBIN: acquirerBin }),
    ...(acquirerMerchantId !== undefined && { acquirerMerchantID: acquirerMerchantId }),
    mcc: requestor.mcc,
    merchantCountryCode: requestor.merchantCountry,
    merchantName: ascii(merchant.name, 40) ?? requestor.requestorId,
    notificationURL: material.notificationUrl,
    ...(purchase && {
      purchaseAmount: purchase.amount,
      purchaseCurrency: purchase.currencyNumber,
      purchaseExponent: purchase.exponent,
      purchaseDate: purchase.date,
    }),
    ...material.browser,
  } as Omit<AReq, 'acctNumber'>
}

function mail(email: string | undefined): { email?: string } {
  return email !== undefined && /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(email) && email.length <= 254 ? { email } : {}
}

function billing(address: HolderFacts['billing']): Partial<AReq> {
  if (!address) return {}
  const country = countryNumber(address.region)
  const parts = {
    billAddrCity: ascii(address.city, 50),
    billAddrLine1: ascii(address.address1, 50),
    billAddrLine2: ascii(address.address2, 50),
    billAddrPostCode: ascii(address.zipCode, 16),
    billAddrState: address.state && /^[A-Za-z0-9]{1,3}$/.test(address.state) ? address.state : undefined,
  }
  const given = Object.entries(parts).filter(([, value]) => value !== undefined)
  // A state belongs to its country.
  if (!country) return Object.fromEntries(given.filter(([key]) => key !== 'billAddrState'))
  return { ...Object.fromEntries(given), billAddrCountry: country }
}

/**
 * A text in the characters that versions 2.1.0 and 2.2.0 have: accents go, and what is left of a name in another script is
 * no name.
 * @returns `undefined` where nothing of it can be said
 */
function ascii(text: string | undefined, most: number): string | undefined {
  const plain = text
    ?.normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[øØ]/g, 'o')
    .replace(/[łŁ]/g, 'l')
  if (plain === undefined || /[^\x20-\x7e]/.test(plain)) return undefined
  return plain.trim().slice(0, most).trim() || undefined
}
