/** One situation of a table: what is changed about a good request, and the code that must come of it. */
export interface Row<Change> {
  /** In words, as a test prints it. */
  readonly situation: string
  readonly change: Change
  readonly code: string
  /** Where the rule was read. */
  readonly source: string
}
