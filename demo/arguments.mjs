/** Cards of the published table: one whose bank wants a code from its holder, and one that is accepted. */
const challengedCard = '4000000000200008'
const acceptedCard = '4054695723100768'

export const helpText = `Vaults one test card with 3-D Secure and shows every step: the signed request, the answer, the buyer's way through
the page and the bank, each 3-D Secure message, the notification, the inquiry and the timeline. It uses the Coffer that
runs (npm start), or starts one for the purpose and stops it.

  npm run demo                                  a card whose bank asks for a code
  npm run demo -- --browser                     the same, and you are the buyer: open the address that it prints
  npm run demo -- --no-3ds                      the short walk: a card that is accepted at once
  npm run demo -- --card 4000000000100414       another test card, here one that was reported lost

  --card <number>   the test card to vault
  --code <digits>   what is typed on the bank's page, 123456 unless told
  --browser         waits for a person to go through the page; otherwise this program plays the browser over HTTP
  --no-3ds          asks for no 3-D Secure
  --json            one JSON object instead of the walk (node demo.mjs --json, without npm's own lines)
  --keep            leaves a Coffer that was started here running until Ctrl-C
  --help            this text

  With 3-D Secure                                        Without, or after it
  4000000000200008  the bank asks for a code             4000000000100059  declined: DO_NOT_HONOR
  4000000000100000  authenticated without being asked    4000000000100547  expired: CARD_EXPIRED
  4000000000210007  the bank sends its holder to an app  340000000100007   accepted (Amex)
  4000000000120008  not authenticated                    4000000000103004  the issuer never answers: about 15 seconds
  4000002500200009  two brands to choose from, then a code

  Codes: 123456 right, 111111 refused, 222222 not available, 333333 rejected; any other is wrong, three of them fail.

COFFER_DATA_DIR (default .coffer) says which Coffer is meant. Exit code 0: the token came back, and each signature was
verified. Otherwise 1, with one line that says why.`

/**
 * Reads the command line. Nothing of it is repeated in a problem: it may hold a card number.
 * @param {string[]} args
 * @returns {{ problem?: string, help: boolean, json: boolean, keep: boolean, browser: boolean, threeDS: boolean, card: string, code: string }}
 */
export function readArguments(args) {
  const options = { help: false, json: false, keep: false, browser: false, threeDS: true, card: '', code: '123456' }
  const rest = args.flatMap(arg => {
    const [, name, value] = /^(--card|--code)=(.*)$/s.exec(arg) ?? []
    return name ? [name, value] : [arg]
  })
  while (rest.length > 0) {
    const arg = rest.shift()
    if (arg === '--help' || arg === '-h') options.help = true
    else if (arg === '--json') options.json = true
    else if (arg === '--keep') options.keep = true
    else if (arg === '--browser') options.browser = true
    else if (arg === '--no-3ds') options.threeDS = false
    else if (arg === '--code') options.code = rest.shift() ?? ''
    else if (arg === '--card') options.card = (rest.shift() ?? '').replace(/[ -]/g, '') || 'none'
    else return { ...options, problem: 'There is an argument that means nothing here.' }
  }
  options.card ||= options.threeDS ? challengedCard : acceptedCard
  if (!/^\d{12,19}$/.test(options.card))
    return { ...options, problem: '--card takes a card number of 12 to 19 digits.' }
  if (!/^\d{1,12}$/.test(options.code)) return { ...options, problem: '--code takes up to 12 digits.' }
  return options
}
