/** A call of pay, as it is read. */
import { payRequest } from '@coffer/antom'
import type { Static } from 'typebox'
import type { CardPassword, Cvv, Pan } from '../card-data/index.js'
import type { Call } from '../handle.js'

/** The request with its card fields opaque: nobody below can read digits. */
export const payRequestSchema = payRequest<Pan, Cvv, CardPassword>()
export type PayCall = Call<Static<typeof payRequestSchema>, 'pay'>
