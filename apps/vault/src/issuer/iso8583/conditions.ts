/** When a group of fields of a profile is in a message. */
import type { Condition } from './profile.js'
import type { Material } from './sources.js'

const nothing = '000000000000'
const isOnFile = ({ use }: Material) => use !== undefined && use !== 'first'

const holds: Readonly<Record<Condition, (material: Material) => boolean>> = {
  always: () => true,
  cvv: ({ cvv }) => cvv !== undefined,
  'no cvv': ({ cvv }) => cvv === undefined,
  avs: ({ avsPostcode }) => avsPostcode !== undefined,
  authentication: ({ eci }) => eci !== undefined,
  'no authentication': ({ eci }) => eci === undefined,
  amount: ({ amount }) => amount !== nothing,
  'no amount': ({ amount }) => amount === nothing,
  sale: ({ sale }) => sale === true,
  'no sale': ({ sale }) => sale !== true,
  card: ({ pan }) => pan !== undefined,
  'no card': ({ pan }) => pan === undefined,
  'entered now': material => !isOnFile(material),
  'on file': isOnFile,
  first: ({ use }) => use === 'first',
  later: ({ use }) => use === 'later',
  recurring: ({ use }) => use === 'recurring',
  unscheduled: ({ use }) => use === 'unscheduled',
  partial: ({ remaining }) => remaining !== undefined,
  whole: ({ remaining }) => remaining === undefined,
}

/** Whether a group of fields is in a message of this material. */
export const applies = (when: Condition, material: Material): boolean => holds[when](material)
