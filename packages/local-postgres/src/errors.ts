/** Something a person can put right: the message is one line and says what to do. */
export class LocalPostgresError extends Error {
  override readonly name: string = 'LocalPostgresError'
}

/** Somebody else has this data directory open. Nothing was touched. */
export class DataDirectoryInUse extends LocalPostgresError {
  override readonly name = 'DataDirectoryInUse'

  /**
   * @param folder  the data directory, absolute
   * @param pid  the PostgreSQL server that has it open, where known
   */
  constructor(
    readonly folder: string,
    readonly pid?: number,
  ) {
    const who = pid === undefined ? 'by a Coffer that is just starting' : `PostgreSQL pid ${pid}`
    super(
      `${folder} is already open (${who}). Stop that Coffer first, or name another data directory with COFFER_DATA_DIR.`,
    )
  }
}
