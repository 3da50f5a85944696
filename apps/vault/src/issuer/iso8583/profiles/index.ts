/** The profiles that come with the vault. */
import type { Profile } from '../profile.js'
import { mastercardLike } from './mastercard-like.js'
import { visaLike } from './visa-like.js'

export const builtInProfiles: Readonly<Record<string, Profile>> = {
  'mastercard-like': mastercardLike,
  'visa-like': visaLike,
}
