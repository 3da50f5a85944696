/**
 * Whether a CVV is written anywhere, when all that could be found of it is three digits.
 *
 * Any three digits occur thousands of times in files of this size, and unevenly: as parts of times, ids and ports. So
 * neither "it does not occur" nor a comparison of its count with an average can be a test. Counted are those that stand
 * alone, without a digit or letter beside them: hexadecimal text would drown them. Two runs do the same work
 * with two CVVs that are drawn at random. For each of the 1,000 strings of three digits, the count of the second run is
 * taken from that of the first. Whatever does not come from the CVV treats the CVV that was drawn like any other string:
 * it ends among the ten largest differences in one of a hundred runs. A leak, on the other hand, writes the CVV at least
 * once per vaulting. It is an alarm when both hold: the difference is at least half the number of vaultings, and it is
 * among the ten largest. Chance alone has to make both happen at once; a leak in plain digits cannot avoid either.
 */
export function leakedBetween(
  cvv: string,
  vaultings: number,
  run: Uint32Array,
  otherRun: Uint32Array,
): { leaked: boolean; difference: number; rank: number } {
  const differences = Array.from(run, (count, digits) => count - otherRun[digits]!)
  const difference = differences[Number(cvv)]!
  const rank = differences.filter(each => each > difference).length + 1
  return { leaked: difference >= vaultings / 2 && rank <= 10, difference, rank }
}

/** Draws a CVV that plays no part in what the runs have in common, such as the date. */
export function drawCvv(below: (limit: number) => number, avoid: readonly string[]): string {
  for (;;) {
    const cvv = String(100 + below(890))
    if (!avoid.some(text => text.includes(cvv))) return cvv
  }
}
