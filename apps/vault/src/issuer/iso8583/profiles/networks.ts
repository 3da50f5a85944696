/**
 * The code of each network in the messages. Visa (0002), Mastercard (MCC) and Maestro (MSI) are those of scheme practice;
 * all others are numbered by us, as no public list covers them: an acquirer's profile brings its own.
 */
import type { NetworkId } from '../../../card-data/index.js'

/** network, code in the Visa-like profile, code in the Mastercard-like one */
const codes: readonly (readonly [network: NetworkId, visaLike: string, mastercardLike: string])[] = [
  ['VISA', '0002', 'VIS'],
  ['MASTERCARD', '9001', 'MCC'],
  ['MAESTRO', '9002', 'MSI'],
  ['AMEX', '9003', 'AMX'],
  ['JCB', '9004', 'JCB'],
  ['DINERS', '9005', 'DIN'],
  ['DISCOVER', '9006', 'DIS'],
  ['CUP', '9007', 'CUP'],
  ['ELO', '9008', 'ELO'],
  ['HIPERCARD', '9009', 'HIP'],
  ['TROY', '9010', 'TRO'],
  ['MIR', '9011', 'MIR'],
  ['CARNET', '9012', 'CRN'],
  ['CARTES_BANCAIRES', '9013', 'CBA'],
  ['HYUNDAI', '9014', 'HYU'],
  ['BC', '9015', 'BCC'],
  ['SHINHAN', '9016', 'SHN'],
  ['KOOKMIN', '9017', 'KOO'],
  ['LOTTE', '9018', 'LOT'],
  ['SAMSUNG', '9019', 'SAM'],
  ['NONGHYUP', '9020', 'NON'],
  ['KEBHANA', '9021', 'KEB'],
  ['WOORI', '9022', 'WOO'],
  ['CITI', '9023', 'CIT'],
  ['GWANGJUBANK', '9024', 'GWA'],
  ['IBK_BC', '9025', 'IBK'],
  ['JEJUBANK', '9026', 'JEJ'],
  ['JEONBUKBANK', '9027', 'JEO'],
  ['KAKAOBANK', '9028', 'KAK'],
  ['KBANK', '9029', 'KBA'],
  ['KDBBANK', '9030', 'KDB'],
  ['POST', '9031', 'POS'],
  ['SAEMAUL', '9032', 'SAE'],
  ['SAVINGBANK', '9033', 'SAV'],
  ['SHINHYEOP', '9034', 'SHY'],
  ['SUHYEOP', '9035', 'SUH'],
  ['TOSSBANK', '9036', 'TOS'],
  ['DANKORT', '9037', 'DAN'],
  ['BANCONTACT', '9038', 'BAN'],
  ['MADA', '9039', 'MAD'],
  ['EFTPOS_AU', '9040', 'EFT'],
]

const column = (nth: 1 | 2) => Object.fromEntries(codes.map(row => [row[0], row[nth]])) as Record<NetworkId, string>

export const visaLikeNetworks = column(1)
export const mastercardLikeNetworks = column(2)

/** All of them. */
export const networkIds: readonly NetworkId[] = codes.map(([network]) => network)
