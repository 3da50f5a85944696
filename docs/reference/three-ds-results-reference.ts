import { judgeAuthentication, type Verdict } from '../../apps/vault/src/three-ds/judge-authentication.js'
import { type ThreeDSFallback, threeDSFallbacks } from '../../apps/vault/src/three-ds/three-ds-settings.js'
import type { TransStatus } from '../../packages/emv3ds/src/index.js'
import { code, table } from './markdown.js'

/** Reasons that change what a "no" becomes, in words. Source: EMV 3-D Secure › transStatusReason. */
const reasons: Readonly<Record<string, string>> = {
  '05': 'expired card',
  '06': 'invalid card number',
  '08': 'no card record',
  '10': 'stolen card',
  '11': 'suspected fraud',
  '19': 'too many challenges',
}

const allReasons = Array.from({ length: 26 }, (_, nth) => String(nth + 1).padStart(2, '0'))

/** What the end of an authentication means for a vaulting, asked of the code that decides it. */
export function threeDSResults(): string {
  const refusals = (['N', 'R'] as const).flatMap(status => {
    const other = judged(status, '01')
    const special = allReasons.filter(reason => judged(status, reason) !== other)
    return [
      ...special.map(reason => [code(status), `${reason} ${reasons[reason] ?? ''}`.trim(), judged(status, reason)]),
      [code(status), special.length ? 'any other, or none' : 'any, or none', other],
    ]
  })
  const unavailable = threeDSFallbacks.map(fallback => [
    code(fallback),
    judged('U', undefined, fallback),
    judged('U', '20', fallback),
  ])
  return (
    '## What 3-D Secure leads to\n\n' +
    'By `transStatus` of the ARes or, after a challenge, of the RReq. When a buyer is authenticated at all, and what the ' +
    'settings mean: [3-D Secure](../operations/three-ds.md).\n\n' +
    table(
      ['transStatus', 'reason', 'what follows'],
      [...(['Y', 'A', 'I'] as const).map(status => [code(status), '', judged(status)]), ...refusals],
    ) +
    'A challenge of which the issuer says that it never began (`challengeCancel` 05) begins anew on the page, three runs in ' +
    'all. `C` leads to a challenge. `U`, a `D` that nobody asked for, a protocol error and an answer that cannot be used ' +
    'depend on `COFFER_THREE_DS_FALLBACK`:\n\n' +
    table(['setting', '`U`, `D`, an error', '`U` with reason 20: not without a payment'], unavailable) +
    'A directory server that stays silent is asked three times; then the vaulting ends at its deadline as ' +
    '`ORDER_IS_CLOSED`.\n\n'
  )
}

function judged(transStatus: TransStatus, transStatusReason?: string, fallback: ThreeDSFallback = 'fail'): string {
  const outcome = { transStatus, eci: '05', ...(transStatusReason !== undefined && { transStatusReason }) }
  return inWords(judgeAuthentication(outcome, { version: '2.2.0', category: '02' }, false, fallback))
}

function inWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'go on':
      return verdict.proof ? 'the issuer is asked, with ECI and value' : 'the issuer is asked without'
    case 'fail':
      return code(verdict.code)
    case 'as a payment':
      return 'asked once more as for a payment of nothing'
    case 'begin anew':
      return 'begins anew'
  }
}
