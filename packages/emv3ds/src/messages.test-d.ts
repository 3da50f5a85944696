import type { AReq, ARes, CRes, MessageDraft, MessageOf, RReq } from './index.js'
import { readMessage } from './index.js'

const areq = {} as AReq

// What every variant requires is there; what one of them may lack has to be looked at.
areq.acctNumber satisfies string
// @ts-expect-error 2.1.0 does not have it
areq.browserJavascriptEnabled satisfies boolean

// A message to be written may spell out what it lacks; one that was read has no such members.
const lacking = { cardholderName: undefined }
lacking satisfies Pick<MessageDraft<'AReq'>, 'cardholderName'>
// @ts-expect-error absent means absent
lacking satisfies Pick<AReq, 'cardholderName'>

'C' satisfies NonNullable<ARes['transStatus']>
// @ts-expect-error a challenge does not end with a challenge
'C' satisfies RReq['transStatus']
// @ts-expect-error the browser brings Y or N
'A' satisfies CRes['transStatus']

// What is expected is what comes.
const read = readMessage('', { types: ['ARes', 'Erro'] })
if (read.ok) {
  read.message satisfies MessageOf<'ARes' | 'Erro'>
  if (read.message.messageType === 'ARes') read.message satisfies ARes
}
// @ts-expect-error the problem comes without a message
read.message
