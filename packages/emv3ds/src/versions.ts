/** The protocol versions that are spoken here, oldest first. Source: EMV 3DS, Message Version Number. */
export const messageVersions = ['2.1.0', '2.2.0'] as const
export type MessageVersion = (typeof messageVersions)[number]

/** The messages that are spoken here, in the order in which an authentication meets them. */
export const messageTypes = ['PReq', 'PRes', 'AReq', 'ARes', 'CReq', 'CRes', 'RReq', 'RRes', 'Erro'] as const
export type MessageType = (typeof messageTypes)[number]

/** 01 payment (PA), 02 non-payment (NPA): a card is added, kept up to date, or looked at. */
export const messageCategories = ['01', '02'] as const
export type MessageCategory = (typeof messageCategories)[number]

/** 02: the buyer is in a browser. Apps (01) and 3RI (03) are not spoken here. */
export type DeviceChannel = '02'

/** The newest version that is spoken here. */
export const newestVersion: MessageVersion = '2.2.0'

/** Whether `text` is a version that is spoken here. */
export function isMessageVersion(text: unknown): text is MessageVersion {
  return messageVersions.some(version => version === text)
}

/** Whether `text` names a message that is spoken here. Upper and lower case matter. */
export function isMessageType(text: unknown): text is MessageType {
  return messageTypes.some(type => type === text)
}
