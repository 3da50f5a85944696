export type { AReq } from './areq.js'
export type { ARes } from './ares.js'
export type { CReq, CRes } from './challenge-messages.js'
export { type ElementRow, type MessageReference, messageReference } from './element-rows.js'
export type { Erro, ErrorComponent } from './erro.js'
export { type ErrorCode, errorCatalogue, errorRow } from './error-catalogue.js'
export { decodeForm, encodeForm } from './form.js'
export type { Message, MessageDraft, MessageOf, TransStatus } from './messages.js'
export type { CardRangeData, PReq, PRes } from './preparation-messages.js'
export { PResReader, type PResReaderLimits, type ReadPRes } from './pres-reader.js'
export { erroFor, idsOf, type Problem, problemOf, type TransactionIds } from './problem.js'
export { type Expected, type ReadMessage, readMessage } from './read-message.js'
export type { RReq, RRes } from './results-messages.js'
export { allSchemas, schemaOf } from './schemas.js'
export {
  type DeviceChannel,
  isMessageType,
  isMessageVersion,
  type MessageCategory,
  type MessageType,
  type MessageVersion,
  messageCategories,
  messageTypes,
  messageVersions,
} from './versions.js'
export { UnwritableMessage, writeMessage } from './write-message.js'
