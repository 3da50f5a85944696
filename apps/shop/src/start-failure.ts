/** The shop cannot start, and the message says in one line what to do about it. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
}
