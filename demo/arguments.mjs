/** A card that is accepted, from the published table. */
const acceptedCard = '4054695723100768'

export const helpText = `Vaults one test card and shows every step: the signed request, the answer, the notification, the inquiry
and the timeline. It uses the Coffer that runs (npm start), or starts one for the purpose and stops it.

  npm run demo                                  a card that is accepted
  npm run demo -- --card 4000000000100414       another test card, here one that was reported lost

  --card <number>   the test card to vault
  --json            one JSON object instead of the walk (node demo.mjs --json, without npm's own lines)
  --keep            leaves a Coffer that was started here running until Ctrl-C
  --help            this text

  4054695723100768  accepted            4000000000100059  declined: DO_NOT_HONOR
  5162774114974622  accepted            4000000000100547  expired: CARD_EXPIRED
  340000000100007   accepted (Amex)     4000000000103004  the issuer never answers: about 15 seconds

COFFER_DATA_DIR (default .coffer) says which Coffer is meant. Exit code 0: the token came back, and each signature was
verified. Otherwise 1, with one line that says why.`

/**
 * Reads the command line. Nothing of it is repeated in a problem: it may hold a card number.
 * @param {string[]} args
 * @returns {{ problem?: string, help: boolean, json: boolean, keep: boolean, card: string }}
 */
export function readArguments(args) {
  const options = { help: false, json: false, keep: false, card: acceptedCard }
  const rest = args.flatMap(arg => (arg.startsWith('--card=') ? ['--card', arg.slice('--card='.length)] : [arg]))
  while (rest.length > 0) {
    const arg = rest.shift()
    if (arg === '--help' || arg === '-h') options.help = true
    else if (arg === '--json') options.json = true
    else if (arg === '--keep') options.keep = true
    else if (arg === '--card') options.card = (rest.shift() ?? '').replace(/[ -]/g, '')
    else return { ...options, problem: 'There is an argument that means nothing here.' }
  }
  const good = /^\d{12,19}$/.test(options.card)
  return good ? options : { ...options, problem: '--card takes a card number of 12 to 19 digits.' }
}
