import { type AReq, areqDefinition } from './areq.js'
import { type ARes, aresDefinition } from './ares.js'
import { type CReq, type CRes, creqDefinition, cresDefinition } from './challenge-messages.js'
import { type Erro, erroDefinition } from './erro.js'
import { type PReq, type PRes, preqDefinition, presDefinition } from './preparation-messages.js'
import { type RReq, type RRes, rreqDefinition, rresDefinition } from './results-messages.js'
import type { MessageDefinition } from './shared-elements.js'
import type { MessageType } from './versions.js'

interface Messages {
  PReq: PReq
  PRes: PRes
  AReq: AReq
  ARes: ARes
  CReq: CReq
  CRes: CRes
  RReq: RReq
  RRes: RRes
  Erro: Erro
}

/** The message of a type; of several types, one of the messages. */
export type MessageOf<T extends MessageType> = Messages[T]

/** Any message. */
export type Message = MessageOf<MessageType>

/** A message to be written: an element that may be missing may also be `undefined`. */
export type MessageDraft<T extends MessageType = MessageType> = Draft<MessageOf<T>>
type Draft<M> = M extends unknown ? { [K in keyof M]: object extends Pick<M, K> ? M[K] | undefined : M[K] } : never

/** A status of an ARes. RReq and CRes have fewer. */
export type TransStatus = NonNullable<ARes['transStatus']>

/** The elements and conditions of every message. */
export const definitions: Readonly<Record<MessageType, MessageDefinition>> = {
  PReq: preqDefinition,
  PRes: presDefinition,
  AReq: areqDefinition,
  ARes: aresDefinition,
  CReq: creqDefinition,
  CRes: cresDefinition,
  RReq: rreqDefinition,
  RRes: rresDefinition,
  Erro: erroDefinition,
}
