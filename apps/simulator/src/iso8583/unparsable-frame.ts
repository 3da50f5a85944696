/**
 * What arrived is no message of the dialect. The text names the data element and the rule, never what stood there:
 * it could be a card number in the wrong place.
 */
export class UnparsableFrame extends Error {
  override readonly name = 'UnparsableFrame'
}
