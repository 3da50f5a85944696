/**
 * Messages as they should be, made by hand: of every type, version and category one with nothing but what it needs,
 * and one with every element there is. No id, name or address in them is anybody's; the card number is a test number.
 */
import type { MessageCategory, MessageType, MessageVersion } from '../src/index.js'

export type Golden = Record<string, unknown>

export const threeDSServerTransID = '6f1c0f1e-53a4-4c9e-9d3b-0a4f1b7c2d10'
export const dsTransID = '0b5a7c9d-1e2f-4a3b-8c4d-5e6f70819203'
export const acsTransID = 'c2f4e6a8-9b7d-4f5e-a1c3-b5d7f9e1a3c5'
export const testPan = '4000000000100000'
/** Twenty bytes of nothing. */
export const authenticationValue = 'AAECAwQFBgcICQoLDA0ODxAREhM='

const extension = {
  name: 'Example',
  id: 'A000000999-01',
  criticalityIndicator: false,
  data: { deep: [1, { x: null }] },
}
const whiteList = { whiteListStatus: 'Y', whiteListStatusSource: '03' }
const phone = { cc: '49', subscriber: '3000000000' }

const accountInfo = {
  chAccAgeInd: '05',
  chAccDate: '20300101',
  chAccChangeInd: '04',
  chAccChange: '20310101',
  chAccPwChangeInd: '01',
  chAccPwChange: '20320101',
  shipAddressUsageInd: '04',
  shipAddressUsage: '20310101',
  txnActivityDay: '1',
  txnActivityYear: '20',
  provisionAttemptsDay: '0',
  nbPurchaseAccount: '3',
  suspiciousAccActivity: '01',
  shipNameIndicator: '01',
  paymentAccInd: '02',
  paymentAccAge: '20330314',
}

const merchantRisk = {
  shipIndicator: '01',
  deliveryTimeframe: '03',
  deliveryEmailAddress: 'buyer@shop.example',
  reorderItemsInd: '01',
  preOrderPurchaseInd: '01',
  preOrderDate: '20330401',
  giftCardAmount: '1',
  giftCardCurr: '978',
  giftCardCount: '01',
}

export interface GoldenMessage {
  readonly type: MessageType
  readonly version: MessageVersion
  readonly category: MessageCategory
  readonly size: 'least' | 'full'
  readonly message: Golden
}

const versions = ['2.1.0', '2.2.0'] as const
const categories = ['01', '02'] as const
const types = ['PReq', 'PRes', 'AReq', 'ARes', 'CReq', 'CRes', 'RReq', 'RRes', 'Erro'] as const

/** All of them. */
export const goldenMessages: readonly GoldenMessage[] = types.flatMap(type =>
  versions.flatMap(version =>
    categories.flatMap(category => [
      { type, version, category, size: 'least' as const, message: golden(type, version, category) },
      { type, version, category, size: 'full' as const, message: golden(type, version, category, 'full') },
    ]),
  ),
)

/** One of them, in a copy that a test may change. */
export function golden(
  type: MessageType,
  version: MessageVersion,
  category: MessageCategory,
  size: 'least' | 'full' = 'least',
): Golden {
  const { least, more } = parts(type, version === '2.2.0', category === '01')
  const head = { messageType: type, messageVersion: version }
  return structuredClone(size === 'least' ? { ...head, ...least } : { ...head, ...least, ...more })
}

function parts(type: MessageType, is220: boolean, payment: boolean): { least: Golden; more: Golden } {
  switch (type) {
    case 'AReq':
      return areq(is220, payment)
    case 'ARes':
      return ares(is220, payment)
    case 'RReq':
      return rreq(is220, payment)
    case 'PRes':
      return pres(is220)
    case 'PReq':
      return {
        least: { threeDSServerTransID, threeDSServerRefNumber: '3DS_LOA_SER_EXAMPLE' },
        more: { threeDSServerOperatorID: 'OPERATOR-1', serialNum: '17', messageExtension: [extension] },
      }
    case 'CReq':
      return {
        least: { threeDSServerTransID, acsTransID, challengeWindowSize: '03' },
        more: { messageExtension: [extension] },
      }
    case 'CRes':
      return { least: { threeDSServerTransID, acsTransID, transStatus: 'Y' }, more: { messageExtension: [extension] } }
    case 'RRes':
      return {
        least: { threeDSServerTransID, dsTransID, acsTransID, resultsStatus: '01' },
        more: { messageExtension: [extension] },
      }
    case 'Erro':
      return {
        least: { errorCode: '203', errorComponent: 'D', errorDescription: 'A format', errorDetail: 'acctNumber' },
        more: { threeDSServerTransID, dsTransID, acsTransID, errorMessageType: 'AReq' },
      }
  }
}

function areq(is220: boolean, payment: boolean): { least: Golden; more: Golden } {
  const script = {
    browserJavaEnabled: false,
    browserLanguage: 'en-GB',
    browserColorDepth: '24',
    browserScreenHeight: '1080',
    browserScreenWidth: '1920',
    browserTZ: '-120',
  }
  const ofPayment = {
    acquirerBIN: '400000',
    acquirerMerchantID: 'MERCHANT-1',
    mcc: '5999',
    merchantCountryCode: '276',
    merchantName: 'Example Shop',
    purchaseAmount: '1099',
    purchaseCurrency: '978',
    purchaseExponent: '2',
    purchaseDate: '20330314120000',
  }
  return {
    least: {
      messageCategory: payment ? '01' : '02',
      deviceChannel: '02',
      threeDSServerTransID,
      threeDSServerRefNumber: '3DS_LOA_SER_EXAMPLE',
      threeDSServerURL: 'https://vault.example/ds/VISA/results',
      threeDSRequestorID: 'REQUESTOR-1',
      threeDSRequestorName: 'Example Shop',
      threeDSRequestorURL: 'https://shop.example/',
      threeDSRequestorAuthenticationInd: payment ? '01' : '04',
      threeDSCompInd: 'Y',
      acctNumber: testPan,
      notificationURL: 'https://vault.example/3ds/challenge-notify',
      browserAcceptHeader: 'text/html,*/*;q=0.8',
      browserUserAgent: 'Mozilla/5.0 (an example)',
      ...(is220 ? { browserJavascriptEnabled: false } : script),
      ...(payment ? ofPayment : {}),
    },
    more: {
      ...ofPayment,
      ...script,
      threeDSRequestorAuthenticationInd: '03',
      purchaseInstalData: '12',
      recurringExpiry: '20341231',
      recurringFrequency: '28',
      threeDSServerOperatorID: 'OPERATOR-1',
      threeDSRequestorAuthenticationInfo: {
        threeDSReqAuthMethod: '02',
        threeDSReqAuthTimestamp: '203303141159',
        threeDSReqAuthData: 'example',
      },
      threeDSRequestorChallengeInd: '04',
      threeDSRequestorPriorAuthenticationInfo: {
        threeDSReqPriorAuthData: 'example',
        threeDSReqPriorAuthMethod: '01',
        threeDSReqPriorAuthTimestamp: '203302140000',
        threeDSReqPriorRef: acsTransID,
      },
      acctID: 'buyer-1',
      acctType: '02',
      acctInfo: accountInfo,
      cardExpiryDate: '3312',
      cardholderName: 'Erika Mustermann',
      payTokenInd: true,
      email: 'buyer@shop.example',
      homePhone: phone,
      mobilePhone: phone,
      workPhone: phone,
      addrMatch: 'N',
      ...addresses(),
      merchantRiskIndicator: merchantRisk,
      transType: '01',
      browserIP: '2001:db8::1',
      dsReferenceNumber: 'DS_LOA_EXAMPLE',
      dsTransID,
      dsURL: 'https://ds.example/results',
      broadInfo: { note: 'example' },
      messageExtension: [extension],
      ...(is220 && {
        browserJavascriptEnabled: true,
        threeDSRequestorDecReqInd: 'Y',
        threeDSRequestorDecMaxTime: '00010',
        payTokenSource: '01',
        ...whiteList,
      }),
    },
  }
}

function addresses(): Golden {
  const address = {
    AddrCity: 'Springfield',
    AddrCountry: '276',
    AddrLine1: 'Example Street 1',
    AddrLine2: 'second floor',
    AddrLine3: 'c/o Example',
    AddrPostCode: '12345',
    AddrState: 'BE',
  }
  const both = ['bill', 'ship'].flatMap(of => Object.entries(address).map(([name, value]) => [of + name, value]))
  return Object.fromEntries(both)
}

function ares(is220: boolean, payment: boolean): { least: Golden; more: Golden } {
  return {
    least: {
      threeDSServerTransID,
      dsTransID,
      acsTransID,
      dsReferenceNumber: 'DS_LOA_EXAMPLE',
      acsReferenceNumber: 'ACS_LOA_EXAMPLE',
      ...(payment && { transStatus: 'Y', authenticationValue }),
    },
    more: {
      acsOperatorID: 'ACS-1',
      transStatus: 'C',
      transStatusReason: '15',
      eci: 'N2',
      authenticationValue,
      acsURL: 'https://acs.example/challenge',
      acsChallengeMandated: 'Y',
      authenticationType: '02',
      cardholderInfo: 'Call your bank.\nIt is open until six. 银行',
      broadInfo: { note: 'example' },
      messageExtension: [extension],
      ...(is220 && { acsDecConInd: 'N', ...whiteList }),
    },
  }
}

function rreq(is220: boolean, payment: boolean): { least: Golden; more: Golden } {
  return {
    least: {
      messageCategory: payment ? '01' : '02',
      threeDSServerTransID,
      dsTransID,
      acsTransID,
      transStatus: 'Y',
      interactionCounter: '01',
      ...(payment && { authenticationValue }),
    },
    more: {
      transStatus: 'N',
      transStatusReason: '14',
      challengeCancel: '04',
      eci: '07',
      authenticationValue,
      authenticationType: '02',
      authenticationMethod: '02',
      messageExtension: [extension],
      ...(is220 && whiteList),
    },
  }
}

function pres(is220: boolean): { least: Golden; more: Golden } {
  return {
    least: { threeDSServerTransID, dsTransID, dsStartProtocolVersion: '2.1.0', dsEndProtocolVersion: '2.3.1' },
    more: {
      serialNum: '18',
      messageExtension: [extension],
      cardRangeData: [
        {
          startRange: '4000000000000000',
          endRange: '4000000000999999',
          actionInd: 'A',
          acsStartProtocolVersion: '2.1.0',
          acsEndProtocolVersion: '2.2.0',
          dsStartProtocolVersion: '2.1.0',
          dsEndProtocolVersion: '2.2.0',
          threeDSMethodURL: 'https://acs.example/method',
          ...(is220 && { acsInfoInd: ['01', '02', '81'] }),
        },
      ],
    },
  }
}
