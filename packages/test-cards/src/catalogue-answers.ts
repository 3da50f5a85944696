/** The chapters of the catalogue about how an issuer answers and how 3DS goes: one row for each script. */
import { type CatalogueSection, type CatalogueTable, type CatalogueValue, catalogueTable } from './catalogue-table.js'
import {
  type IssuerMode,
  issuerModes,
  type ResponseCode,
  type ResponseCodeRow,
  responseCodes,
  vaultingResultCodeFor,
} from './issuer-scripts.js'
import { cardholderNameScriptPrefix, challengeLevers } from './levers.js'
import { readTestCard } from './read-test-card.js'
import { testCardNumber } from './test-card-number.js'
import { type ThreeDSScriptRow, threeDSScripts } from './three-ds-scripts.js'

/** Response codes, issuer modes, 3DS. */
export function answerSections(): CatalogueSection[] {
  return [responseCodeSection(), issuerModeSection(), threeDSSection()]
}

/**
 * How a vaulting without 3DS ends with a test card, a right security code and an expiry date without a meaning.
 * @param number  a test card
 */
export function endOfVaulting(number: string): CatalogueValue {
  const { mode, responseCode, brands } = readTestCard(number)!
  switch (mode) {
    case '0':
      return vaultingResultCodeFor(responseCode, brands[0])
    case '1':
    case '2':
      return 'SUCCESS'
    case '3':
    case '4':
    case '5':
      return { 'not known at first, then': 'PROCESS_FAIL' }
    case '6':
      return { 'the first time': vaultingResultCodeFor('91', brands[0]), 'from then on': 'SUCCESS' }
  }
}

function responseCodeSection(): CatalogueSection {
  return {
    id: 'response-codes',
    title: 'Response codes: how the issuer answers',
    about: [
      'The digits RR ask for an answer, ISO 8583 data element 39. It decides how the vaulting ends; a payment with ' +
        'the number gets the same answer. The ' +
        'challenge-first numbers, of VISA, go through a 3DS challenge where 3DS is asked for, and get the same answer ' +
        'after it.',
    ],
    tables: [
      catalogueTable(
        {
          rr: ['RR', 'code'],
          meaning: ['Issuer says', 'text'],
          vaultingResultCode: ['Ends as', 'code'],
          visa: ['VISA', 'card'],
          mastercard: ['MASTERCARD', 'card'],
          challengeFirst: ['Challenge first', 'card'],
        },
        responseCodes.map(row => ({
          rr: row.code,
          meaning: row.meaning,
          vaultingResultCode: endByNetwork(row),
          visa: testCardNumber({ brand: 'VISA', responseCode: row.code }),
          mastercard: testCardNumber({ brand: 'MASTERCARD', responseCode: row.code }),
          challengeFirst: testCardNumber({ brand: 'VISA', tt: '20', responseCode: row.code }),
        })),
      ),
    ],
  }
}

/** One code where the families agree. Maestro reads as Mastercard does, everybody else as VISA does. */
function endByNetwork({ code }: ResponseCodeRow & { readonly code: ResponseCode }): CatalogueValue {
  const visa = vaultingResultCodeFor(code, 'VISA')
  const mastercard = vaultingResultCodeFor(code, 'MASTERCARD')
  const wrongCvv = vaultingResultCodeFor(code, 'MASTERCARD', 'N')
  if (wrongCvv !== mastercard) {
    return { VISA: visa, MASTERCARD: mastercard, 'MASTERCARD, wrong CVV': wrongCvv }
  }
  return visa === mastercard ? visa : { VISA: visa, MASTERCARD: mastercard }
}

/** In these modes the response code shows, so that an approval would teach nothing. */
const modesThatDecline: readonly IssuerMode[] = ['0', '1', '2']

function issuerModeSection(): CatalogueSection {
  const responseCodeOf = (mode: IssuerMode): ResponseCode => (modesThatDecline.includes(mode) ? '51' : '00')
  return {
    id: 'issuer-modes',
    title: 'Issuer modes: whether and when it answers',
    about: [
      'The digit M says how the issuer behaves. An end that is not known at first is status `U`. Coffer then takes the ' +
        'question back; as soon as the issuer acknowledges that, here a second or two later, the vaulting ends, and ' +
        '`inquireVaulting` and the notification tell how. "Ends as" is about vaulting: with modes 1 and 2 the decline ' +
        'comes with a payment, all other modes treat payments alike.',
    ],
    tables: [
      catalogueTable(
        {
          m: ['M', 'code'],
          says: ['The issuer', 'text'],
          vaultingResultCode: ['Ends as', 'code'],
          rr: ['RR', 'code'],
          visa: ['VISA', 'card'],
          mastercard: ['MASTERCARD', 'card'],
        },
        issuerModes.map(({ mode, says }) => {
          const responseCode = responseCodeOf(mode)
          const visa = testCardNumber({ brand: 'VISA', mode, responseCode })
          const mastercard = testCardNumber({ brand: 'MASTERCARD', mode, responseCode })
          return { m: mode, says, vaultingResultCode: endOfVaulting(visa), rr: responseCode, visa, mastercard }
        }),
      ),
    ],
  }
}

const kinds: readonly [ThreeDSScriptRow['kind'], string][] = [
  ['frictionless', 'Decided without a challenge'],
  ['challenge', 'Decided in a challenge'],
  ['fault', 'Broken on the way'],
  ['decoupled', 'Decided apart from the browser'],
]

function threeDSSection(): CatalogueSection {
  return {
    id: '3ds',
    title: '3DS: how authentication goes',
    about: [
      'The digits TT never start 3DS; they say how it goes once somebody has asked for it: a merchant with ' +
        '`is3DSAuthentication: true`, a policy, or an issuer with a soft decline. The status is the one that counts in ' +
        'the end (`Y` authenticated, `A` attempt, `N` not authenticated, `R` rejected, `U` not available, `I` ' +
        'for information, `D` decoupled). "Ends as" is how a card is added then, as long as its issuer approves and ' +
        'nothing is set otherwise (`COFFER_THREE_DS_FALLBACK`); where it is empty, the buyer decides with what he types.',
      `A cardholder name that begins with \`${cardholderNameScriptPrefix}\` and two digits, such as ` +
        `\`${cardholderNameScriptPrefix}12\`, puts these digits in the place of the TT of any test card.`,
    ],
    tables: [...kinds.map(([kind, title]) => threeDSTable(kind, title)), challengeTable()],
  }
}

function threeDSTable(kind: ThreeDSScriptRow['kind'], title: string): CatalogueTable {
  return catalogueTable(
    {
      tt: ['TT', 'code'],
      says: ['What happens', 'text'],
      status: ['Status', 'code'],
      reason: ['Reason', 'code'],
      endsAs: ['Ends as', 'code'],
      visa: ['VISA', 'card'],
      mastercard: ['MASTERCARD', 'card'],
      amex: ['AMEX', 'card'],
    },
    threeDSScripts
      .filter(script => script.kind === kind)
      .map(({ tt, ...script }) => ({
        tt,
        ...facts(script),
        visa: testCardNumber({ brand: 'VISA', tt }),
        mastercard: testCardNumber({ brand: 'MASTERCARD', tt }),
        amex: testCardNumber({ brand: 'AMEX', tt }),
      })),
    title,
  )
}

function challengeTable(): CatalogueTable {
  return catalogueTable(
    {
      says: ['The buyer', 'text'],
      otp: ['Code typed', 'code'],
      status: ['Status', 'code'],
      reason: ['Reason', 'code'],
      endsAs: ['Ends as', 'code'],
    },
    challengeLevers.map(lever => ({ says: lever.says, otp: lever.otp, ...statusOf(lever), endsAs: lever.endsAs })),
    'On the challenge page',
  )
}

/** What the table says of a script beside its numbers. */
const facts = (script: Omit<ThreeDSScriptRow, 'tt'>) => ({
  says: script.says,
  ...statusOf(script),
  endsAs: script.endsAs,
})

type Status = Pick<ThreeDSScriptRow, 'says' | 'transStatus' | 'transStatusReason' | 'challengeCancel'>

function statusOf({ transStatus, transStatusReason, challengeCancel }: Status) {
  const reason = [transStatusReason, challengeCancel && `cancel ${challengeCancel}`].filter(Boolean).join(', ')
  return { status: transStatus, reason: reason || undefined }
}
