/**
 * What can be wrong with a call before its content counts, in the order in which it is told. Each row damages a call
 * in one place of its own, so that any two rows can be put together.
 */
import type { KeyObject } from 'node:crypto'
import { apiRoot } from '../../packages/antom/src/index.js'
import { namedTestCards } from '../../packages/test-cards/src/index.js'
import type { Row } from './row.js'

/** A call in parts, for rows to damage. `undefined` leaves a header out, two values send it twice. */
export interface CallInParts {
  method: string
  root: string
  operation: string
  /** Stands behind the operation in the path. */
  suffix: string
  clientId: string[]
  time: string[]
  agentToken: string | undefined
  algorithm: string
  keyVersion: string | undefined
  signWith: KeyObject
  request: Record<string, unknown>
  /** Stands behind the JSON of the request. */
  bodyEnd: string
  /** Which vault is called: one of them has had all the calls that it takes. */
  vault: 'free' | 'exhausted'
}

/** What rows need to know of the systems that they are played on. */
export interface Stage {
  now: number
  foreignKey: KeyObject
  /** A merchant that was disabled, with its key. */
  disabled: { clientId: string; privateKey: KeyObject }
  /** A request whose id was used for another card. */
  usedId: string
}

export interface GatewayRow extends Row<(call: CallInParts, stage: Stage) => void> {
  /** What the message of a PARAM_ILLEGAL names; tells rows of the same code apart. */
  readonly names?: string
}

const overview = 'Antom › API overview'

/** In the order of the checks: of two faults the earlier row is told. */
export const gatewayRows: readonly GatewayRow[] = [
  {
    situation: 'no API at this path',
    change: call => {
      call.suffix = '/more'
    },
    code: 'NO_INTERFACE_DEF',
    source: overview,
  },
  {
    situation: 'not POST',
    change: call => {
      call.method = 'PUT'
    },
    code: 'METHOD_NOT_SUPPORTED',
    source: overview,
  },
  {
    situation: 'a body over the limit',
    change: call => {
      call.bodyEnd = ' '.repeat(70_000) + call.bodyEnd
    },
    code: 'PARAM_ILLEGAL',
    names: 'the body must be at most 65536 bytes',
    source: overview,
  },
  {
    situation: 'two client ids',
    change: call => {
      call.clientId = [call.clientId[0]!, call.clientId[0]!]
    },
    code: 'PARAM_ILLEGAL',
    names: 'client-id must be given once',
    source: 'Antom › Request header',
  },
  {
    situation: 'no request time',
    change: call => {
      call.time = []
    },
    code: 'PARAM_ILLEGAL',
    names: 'request-time is required',
    source: 'Antom › Request header',
  },
  {
    situation: 'a client that nobody knows',
    change: call => {
      call.clientId = call.clientId.map(() => 'SANDBOX_NOBODY')
    },
    code: 'UNKNOWN_CLIENT',
    source: overview,
  },
  {
    situation: 'a signature header that cannot be read',
    change: call => {
      call.algorithm = 'none'
    },
    code: 'SIGNATURE_INVALID',
    source: 'Antom › Digital signature',
  },
  {
    situation: 'a key version that the client does not have',
    change: call => {
      call.keyVersion = '9'
    },
    code: 'KEY_NOT_FOUND',
    source: 'Antom › Digital signature',
  },
  {
    situation: 'a signature by another key',
    change: (call, { foreignKey }) => {
      call.signWith = foreignKey
    },
    code: 'SIGNATURE_INVALID',
    source: 'Antom › Digital signature',
  },
  {
    situation: 'a request time that is none',
    change: call => {
      call.time = call.time.map(() => '1e12')
    },
    code: 'PARAM_ILLEGAL',
    names: 'request-time must be epoch milliseconds or an ISO 8601 time with an offset',
    source: 'Antom › Request header',
  },
  {
    situation: 'a request time outside the window',
    change: (call, { now }) => {
      call.time = call.time.map(() => String(now - 16 * 60_000))
    },
    code: 'PARAM_ILLEGAL',
    names: 'request-time must be within 15 minutes of the time here',
    source: 'Antom › Request header',
  },
  {
    situation: 'a disabled client',
    change: (call, { disabled }) => {
      call.clientId = call.clientId.map(() => disabled.clientId)
      call.signWith = disabled.privateKey
    },
    code: 'INVALID_CLIENT_STATUS',
    source: 'Antom › Authorization',
  },
  {
    situation: 'an agent token, while no ISV is registered',
    change: call => {
      call.agentToken = 'token'
    },
    code: 'OAUTH_FAILED',
    source: 'Antom › Authorization',
  },
  {
    situation: 'a sandbox client on the live path',
    change: call => {
      call.root = apiRoot.live
    },
    code: 'ACCESS_DENIED',
    source: overview,
  },
  {
    situation: 'an API that is not active',
    change: call => {
      call.operation = 'vaults/createVaultingSession'
    },
    code: 'INVALID_API',
    source: overview,
  },
  {
    situation: 'too many calls',
    change: call => {
      call.vault = 'exhausted'
    },
    code: 'REQUEST_TRAFFIC_EXCEED_LIMIT',
    source: overview,
  },
  {
    situation: 'a body that is not JSON',
    change: call => {
      call.bodyEnd += '}'
    },
    code: 'PARAM_ILLEGAL',
    names: 'the body goes on after its end',
    source: overview,
  },
  {
    situation: 'a field that is missing',
    change: call => {
      call.request = { ...call.request, env: undefined }
    },
    code: 'PARAM_ILLEGAL',
    names: 'env is required',
    source: 'Antom › vaultPaymentMethod',
  },
  {
    situation: 'a field that only the verb can judge',
    change: call => {
      call.request = { ...call.request, vaultingNotificationUrl: 'ftp://shop.example/' }
    },
    code: 'PARAM_ILLEGAL',
    names: 'vaultingNotificationUrl',
    source: 'Antom › vaultPaymentMethod',
  },
  {
    situation: 'an id that was used for another card',
    change: (call, { usedId }) => {
      call.request = { ...call.request, vaultingRequestId: usedId }
    },
    code: 'REPEAT_REQ_INCONSISTENT',
    source: 'Antom › Idempotency',
  },
  {
    situation: 'a brand that is not on a co-badged card',
    change: call => {
      const detail = call.request['paymentMethodDetail'] as { card: object }
      const brand = { cardNo: namedTestCards.coBadged.number, selectedCardBrand: 'JCB' }
      call.request = { ...call.request, paymentMethodDetail: { ...detail, card: { ...detail.card, ...brand } } }
    },
    code: 'SELECTED_CARD_BRAND_NOT_AVAILABLE',
    source: 'Antom › vaultPaymentMethod › Co-badged cards',
  },
  {
    situation: 'a card that is past its date',
    change: call => {
      const detail = call.request['paymentMethodDetail'] as { card: object }
      call.request = {
        ...call.request,
        paymentMethodDetail: { ...detail, card: { ...detail.card, expiryYear: '20' } },
      }
    },
    code: 'CARD_EXPIRED',
    source: 'Antom › vaultPaymentMethod › Result codes',
  },
]

/** More ways to the same codes, one at a time. */
export const gatewayVariants: readonly GatewayRow[] = [
  ...['', '/', '/ams', '/ams/api/v1/vaults', '/ams/sandbox/api/v2/vaults/vaultPaymentMethod'].map(path =>
    variant(`the path ${path || 'of nothing'}`, 'NO_INTERFACE_DEF', call => {
      call.root = path
      call.operation = ''
    }),
  ),
  variant('the path in other letters', 'NO_INTERFACE_DEF', call => {
    call.operation = 'vaults/vaultpaymentmethod'
  }),
  variant('the path with an escape', 'NO_INTERFACE_DEF', call => {
    call.operation = 'vaults/%76aultPaymentMethod'
  }),
  variant('a slash at the end', 'NO_INTERFACE_DEF', call => {
    call.suffix = '/'
  }),
  variant('no client id', 'PARAM_ILLEGAL', call => {
    call.clientId = []
  }),
  variant('an empty client id', 'PARAM_ILLEGAL', call => {
    call.clientId = ['']
  }),
  variant('two request times', 'PARAM_ILLEGAL', call => {
    call.time = [call.time[0]!, call.time[0]!]
  }),
  ...['0', '-1', '01', '1e0', '1.0', '', ' 1 1', '9999999999'].map(version =>
    variant(`the key version "${version}"`, 'SIGNATURE_INVALID', call => {
      call.keyVersion = version
    }),
  ),
  ...['RSA', 'rsa256', 'HS256', 'RSA256,algorithm=none', ''].map(algorithm =>
    variant(`the algorithm "${algorithm}"`, 'SIGNATURE_INVALID', call => {
      call.algorithm = algorithm
    }),
  ),
  variant('a key that was revoked', 'KEY_NOT_FOUND', call => {
    call.keyVersion = '2'
  }),
  ...['2026-01-01T00:00:00', '1767225600', '17672256000000', '2026-02-31T00:00:00Z', 'yesterday'].map(time =>
    variant(`the request time ${time}`, 'PARAM_ILLEGAL', call => {
      call.time = [time]
    }),
  ),
  variant('a request time that lies too far ahead', 'PARAM_ILLEGAL', (call, { now }) => {
    call.time = [String(now + 16 * 60_000)]
  }),
  variant('a request time within the window', 'SUCCESS', (call, { now }) => {
    call.time = [String(now - 14 * 60_000)]
  }),
  variant('an empty agent token, as Go sends it', 'SUCCESS', call => {
    call.agentToken = ''
  }),
]

function variant(situation: string, code: string, change: GatewayRow['change']): GatewayRow {
  return { situation, change, code, source: overview }
}
