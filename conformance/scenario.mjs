import { generateKeyPairSync } from 'node:crypto'

/** Antom's own success card, Antom's Korean one, and a number that the issuer declines. */
const cards = { success: '4054695723100768', korean: '9490220011669217', declined: '4000000000100059' }

// Each SDK escapes these characters in a way of its own; the signature covers the bytes as they came.
const holder = { firstName: 'Zoë', lastName: "O'Brien & <Söhne> 李" }

const filled = value => typeof value === 'string' && value.length > 0
const refuses = value => /verif|sign/i.test(String(value))
/** For fields that older classes of an SDK do not know: right, or unknown. */
const unlessUnknown = wanted => value => value === undefined || value === null || value === wanted

/**
 * What each SDK goes through, in this order. A step has what is asked of the SDK and what the SDK must tell its
 * caller; `expect` maps the answer's fields, dotted, to a value or to a function that judges it.
 * @param {{ merchants: object[], notificationUrl: string, prefix: string, notificationOf: (id: string) => Promise<any> }} world
 */
export function stepsFor({ merchants, notificationUrl, prefix, notificationOf }) {
  const [merchant, other] = merchants
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = (type, format) => stranger[type].export({ format: 'der', type: format }).toString('base64')
  const foreignKeys = {
    merchantPrivateKey: key('privateKey', 'pkcs8'),
    merchantPrivateKeyPkcs1: key('privateKey', 'pkcs1'),
  }
  const foreignGateway = { gatewayPublicKey: key('publicKey', 'spki') }

  const ids = { success: `${prefix}-ok`, declined: `${prefix}-no`, korean: `${prefix}-kr` }
  const known = {}
  const vault =
    (id, cardNo, as = merchant) =>
    () => ({
      call: 'vault',
      ...credentials(as),
      vaultingRequestId: id,
      vaultingNotificationUrl: notificationUrl,
      redirectUrl: 'https://shop.example/cards?from=vault',
      card: { cardNo, expiryMonth: '12', expiryYear: inThreeYears(), cvv: '123', cardholderName: holder },
    })
  const inquire =
    (id, as = merchant) =>
    () => ({ call: 'inquire', ...credentials(as), vaultingRequestId: id })
  const check =
    (id, change = {}) =>
    async () => {
      const notification = await notificationOf(id)
      if (!notification) throw new Error('no notification arrived')
      const { uri, method, headers, body } = notification
      return {
        call: 'check',
        gatewayPublicKey: merchant.gatewayPublicKey,
        uri,
        method,
        clientId: headers['client-id'] ?? '',
        requestTime: headers['request-time'] ?? '',
        signature: headers.signature ?? '',
        body,
        ...(typeof change === 'function' ? change({ uri, body }) : change),
      }
    }
  const result = (status, code) => ({ error: undefined, 'result.resultStatus': status, 'result.resultCode': code })
  const sameToken = value => filled(value) && value === known.token
  const theCard = { cardToken: sameToken, brand: 'VISA', maskedCardNo: '************0768' }

  return [
    {
      step: 'vault a card',
      ask: vault(ids.success, cards.success),
      expect: { ...result('S', 'SUCCESS'), ...theCard, vaultingRequestId: ids.success, cardToken: filled },
      learn: answer => {
        known.token = answer.cardToken
      },
    },
    {
      step: 'inquire it',
      ask: inquire(ids.success),
      expect: {
        ...result('S', 'SUCCESS'),
        ...theCard,
        vaultingStatus: 'SUCCESS',
        vaultingResultCode: unlessUnknown('SUCCESS'),
      },
    },
    {
      step: 'repeat it: the same token',
      ask: vault(ids.success, cards.success),
      expect: { ...result('S', 'SUCCESS'), ...theCard },
    },
    {
      step: 'vault a Korean card',
      ask: vault(ids.korean, cards.korean),
      expect: { ...result('S', 'SUCCESS'), cardToken: filled, brand: unlessUnknown('HYUNDAI') },
    },
    {
      step: 'vault a card that is declined',
      ask: vault(ids.declined, cards.declined),
      expect: { ...result('F', 'DO_NOT_HONOR'), vaultingRequestId: ids.declined, cardToken: undefined },
    },
    {
      step: 'inquire it',
      ask: inquire(ids.declined),
      expect: {
        ...result('S', 'SUCCESS'),
        vaultingStatus: 'FAIL',
        vaultingResultCode: unlessUnknown('DO_NOT_HONOR'),
        cardToken: undefined,
      },
    },
    {
      step: 'inquire an unknown id',
      ask: inquire(`${prefix}-never`),
      expect: result('F', 'VAULTING_NOT_EXIST'),
    },
    {
      step: "inquire another merchant's id",
      ask: inquire(ids.success, other),
      expect: { ...result('F', 'VAULTING_NOT_EXIST'), cardToken: undefined },
    },
    {
      step: 'sign with a wrong key',
      ask: vault(`${prefix}-bad`, cards.success, { ...merchant, ...foreignKeys }),
      expect: result('F', 'SIGNATURE_INVALID'),
    },
    {
      step: 'call as an unknown client',
      ask: inquire(ids.success, { ...merchant, clientId: 'SANDBOX_5X0000000000NONE' }),
      expect: result('F', 'UNKNOWN_CLIENT'),
    },
    {
      step: 'expect the answer of another gateway',
      ask: inquire(ids.success, { ...merchant, ...foreignGateway }),
      expect: { error: refuses, result: undefined },
    },
    {
      step: 'verify the notification: stored',
      ask: check(ids.success),
      expect: { verified: true, ...result('S', 'SUCCESS'), ...theCard, vaultingRequestId: ids.success },
    },
    {
      step: 'verify the notification: declined',
      ask: check(ids.declined),
      expect: { verified: true, ...result('F', 'DO_NOT_HONOR'), vaultingRequestId: ids.declined, cardToken: undefined },
    },
    {
      step: 'refuse it with a changed body',
      ask: check(ids.success, ({ body }) => ({ body: body.replace('SUCCESS', 'SUCCEsS') })),
      expect: { verified: false },
    },
    {
      step: 'refuse it without its query',
      ask: check(ids.success, ({ uri }) => ({ uri: uri.split('?')[0] })),
      expect: { verified: false },
    },
  ]
}

/** Where an answer is not as expected, one line for each field. */
export function differences(answer, expect) {
  return Object.entries(expect).flatMap(([field, wanted]) => {
    const got = field.split('.').reduce((value, name) => value?.[name], answer) ?? undefined
    if (typeof wanted === 'function' ? wanted(got) : got === wanted) return []
    const wish = typeof wanted === 'function' ? `something that ${wanted.name} accepts` : show(wanted)
    return [`${field}: expected ${wish}, got ${show(got)}`]
  })
}

const show = value => (value === undefined ? 'nothing' : JSON.stringify(value))

export function credentials({ clientId, keyVersion, merchantPrivateKey, merchantPrivateKeyPkcs1, gatewayPublicKey }) {
  return { clientId, keyVersion, merchantPrivateKey, merchantPrivateKeyPkcs1, gatewayPublicKey }
}

export const inThreeYears = () => String(new Date().getFullYear() + 3).slice(-2)
