/** What the tables of result codes are made of. */

/** `S` success, `F` final failure, `U` unknown or still in process. Source: Antom › Common objects › Result. */
export type ResultStatus = 'S' | 'F' | 'U'

/** A result code's status and its sense in words. */
export interface CodeRow {
  readonly status: ResultStatus
  readonly message: string
}
