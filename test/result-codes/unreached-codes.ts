/** Codes of the published tables that no call can get today, each with its reason. */
import { unusedPaymentCodes } from '../../packages/antom/src/index.js'

/** Codes that Coffer knows, and for which the cause does not exist yet. */
export const waiting: Readonly<Record<string, string>> = {
  'vault VERIFICATION_FAIL': 'newer clients do not know it; the precise failure codes are given instead',
}

/** Causes of a code that do not exist yet, while the code itself is reached in another way. */
export const waitingCauses: Readonly<Record<string, string>> = {
  'ACCESS_DENIED for an API that a client may not use': 'clients have no permissions per API yet',
}

/** Codes of the published tables that Coffer never gives. */
export const never: Readonly<Record<string, string>> = {
  MEDIA_TYPE_NOT_ACCEPTABLE: 'the official SDKs send odd Accept and Content-Type headers, which are ignored',
  SYSTEM_ERROR: 'it tells callers not to retry, but a defect of ours is an unknown result',
  VERIFICATION_FAIL: 'newer clients do not know it as an outcome',
  ...unusedPaymentCodes,
}
