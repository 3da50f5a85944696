import { inquiryRefundRequest } from '@coffer/antom'
import { handle } from '../handle.js'
import { refundInquiryAnswer } from './operation.js'
import { findOperation } from './operation-store.js'

/** Looks a refund up. `result` tells of this call alone; `refundStatus` of the refund. Source: Antom › inquiryRefund. */
export const inquiryRefund = handle('inquiryRefund', inquiryRefundRequest, async call => {
  const { request, merchant, refuse, system } = call
  const { refundId, refundRequestId } = request
  const by =
    refundId !== undefined
      ? { operationId: refundId }
      : refundRequestId !== undefined
        ? { requestId: refundRequestId }
        : undefined
  if (!by) return refuse('PARAM_ILLEGAL', { path: 'refundId', rule: 'is required, unless refundRequestId is given' })
  const found = await findOperation(system.db, merchant.id, 'REFUND', by)
  return found ? refundInquiryAnswer(found) : refuse('REFUND_NOT_EXIST')
})
