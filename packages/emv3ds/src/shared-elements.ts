/** Data elements that several messages have. Source: EMV 3DS 2.1.0 and 2.2.0, data elements, as far as published. */
import { type TSchema, Type } from 'typebox'
import {
  always,
  codes,
  constant,
  digits,
  narrowerIn210,
  oneOf,
  protocolVersion,
  shaped,
  sometimes,
  text,
  upTo,
  uuid,
} from './elements.js'
import { type MessageType, type MessageVersion, messageVersions } from './versions.js'

export const messageVersion = Type.Unsafe<MessageVersion>({
  type: 'string',
  enum: messageVersions,
  description: 'Protocol version of the message; the same in all messages of an authentication',
  emv: { form: messageVersions.join(', ') },
})

export const threeDSServerTransID = uuid('The authentication, as the 3DS Server knows it')
export const dsTransID = uuid('The authentication, as the directory server knows it')
export const acsTransID = uuid('The authentication, as the ACS knows it')

/** `messageType` and `messageVersion`, which every message starts with. */
export const head = <T extends MessageType>(type: T) => ({
  messageType: always(constant('Which message this is', type)),
  messageVersion: always(messageVersion),
})

/** Data of a scheme that the specification does not know. */
export const messageExtension = sometimes(
  'C',
  Type.Array(
    Type.Object({
      name: always(text('Name of the extension', 64)),
      id: always(text('Id of the extension, given by its owner', 64)),
      criticalityIndicator: always(
        Type.Boolean({
          description: 'Whether a receiver that does not know the extension has to refuse the message',
          emv: { form: 'true or false' },
        }),
      ),
      data: always(
        Type.Unsafe<Record<string, unknown>>({
          type: 'object',
          description: 'What the extension says, up to 8059 characters',
          emv: { form: 'object' },
        }),
      ),
    }),
    {
      maxItems: 10,
      description: 'Data of a scheme that the specification does not know',
      emv: { form: 'up to 10 objects' },
    },
  ),
)

/** The categories of this package. 80-99 belong to schemes and are not read here. */
export const messageCategory = always(
  oneOf('What is authenticated', [
    ['01', 'a payment'],
    ['02', 'no payment'],
  ]),
)

export const dsReferenceNumber = text('Number that EMVCo gave the directory server', 32)

export const threeDSServerRefNumber = always(text('Number that EMVCo gave the 3DS Server', 32))
export const threeDSServerOperatorID = sometimes('C', text('Id that the directory server gave the operator', 32))

export const authenticationType = narrowerIn210(
  oneOf('How the cardholder is asked', [
    ['01', 'static'],
    ['02', 'dynamic'],
    ['03', 'out of band'],
    ['04', 'decoupled'],
  ]),
  '01, 02, 03',
  { enum: ['01', '02', '03'] },
)

/** CAVV (Visa, JCB), AAV (Mastercard), AEVV (American Express): 20 bytes. */
export const authenticationValue = shaped(
  'Proof of the authentication, 20 bytes; goes to the issuer with the authorisation',
  'base64, 28',
  '^[A-Za-z0-9+/]{27}=$',
)

/** Never a number: Mastercard gives N2 and N0 when no payment is authenticated. */
export const eci = shaped(
  'Electronic commerce indicator, as the scheme reads it',
  '2: digit or N, digit',
  '^[0-9N][0-9]$',
)

export const transStatusReason = narrowerIn210(codes('Why the status is what it is', '26'), '01-21, 80-99', {
  pattern: `^(${upTo('21')}|[89][0-9])$`,
})

export const whiteListStatus = sometimes(
  { '2.2.0': 'C' },
  oneOf('Whether the cardholder trusts the merchant', [
    ['Y', 'yes'],
    ['N', 'no'],
    ['E', 'may not be asked'],
    ['P', 'to be confirmed by the cardholder'],
    ['R', 'refused by the cardholder'],
    ['U', 'unknown'],
  ]),
)
export const whiteListStatusSource = sometimes(
  { '2.2.0': 'C' },
  shaped('Who says so: 01 3DS Server, 02 directory server, 03 ACS', '01-03, 80-99', '^(0[1-3]|[89][0-9])$'),
)

export const broadInfo = sometimes(
  'C',
  Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'Unstructured news between the parties, up to 4096 characters',
    emv: { form: 'object' },
  }),
)

export const startProtocolVersion = (of: string) => protocolVersion(`Lowest version of ${of}`)
export const endProtocolVersion = (of: string) => protocolVersion(`Highest version of ${of}`)

export const pan = (description: string) => digits(description, 13, 19)

/** A condition of a message: `require`d or held to `values` where `when` is true of it. */
export interface Rule {
  /** In words, for the reference. */
  readonly says: string
  readonly versions?: readonly MessageVersion[]
  readonly categories?: readonly ('01' | '02')[]
  readonly when: object
  readonly require?: readonly string[]
  readonly values?: Readonly<Record<string, readonly string[]>>
}

/** True of a message in which `element` has one of `values`. */
export const has = (element: string, ...values: readonly (string | boolean)[]) => ({
  properties: { [element]: { enum: values } },
  required: [element],
})

/** A message: its elements, in the order in which they are written, and its conditions. */
export interface MessageDefinition {
  readonly elements: Readonly<Record<string, TSchema>>
  readonly rules: readonly Rule[]
  /** Whether the browser channel, and whether the category makes a difference. */
  readonly variants: 'none' | 'channel' | 'channel and category'
}
