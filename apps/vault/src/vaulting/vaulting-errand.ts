/** A vaulting as an errand: its card is asked about without money, and stored if its issuer finds nothing against it. */
import type { Asked, Asking, Chosen, Errand, Failure, Secrets } from '../buyers/errand.js'
import { type Queryable, sql, type Tx } from '../platform/database.js'
import type { System } from '../system.js'
import { askIssuer } from './ask-issuer.js'
import { concludeVaulting } from './conclude-vaulting.js'
import { letGo, takeSoftDecline } from './issuer-message-store.js'
import { failed, type RunningVaulting, type Vaulting } from './vaulting.js'
import { findVaulting } from './vaulting-store.js'

const AWAIT_BUYER = sql(
  'vaulting.await-buyer',
  `update vaulting set awaits_buyer = true
   where merchant_id = $1 and vaulting_request_id = $2 and state = 'PROCESSING' and asked_at is null and holder = $3
   returning id`,
)

export class VaultingErrand implements Errand<Vaulting> {
  readonly about = 'VAULTING'
  readonly storesCard = true
  readonly id: string
  readonly merchantId: string
  readonly requestId: string

  /** @param token  the token that the card gets, should it be stored */
  constructor(
    private readonly system: System,
    private readonly vaulting: RunningVaulting,
    private readonly token: string,
  ) {
    this.id = vaulting.id
    this.merchantId = vaulting.merchantId
    this.requestId = vaulting.vaultingRequestId
  }

  askIssuer(chosen: Chosen<Vaulting>, secrets: Secrets, asking: Asking<Vaulting>): Promise<Asked<Vaulting>> {
    return askIssuer(
      this.system,
      this.vaulting,
      secrets,
      { ...chosen.question, token: this.token },
      chosen.choice,
      asking,
    )
  }

  fail({ code, message }: Failure): Promise<Vaulting> {
    return concludeVaulting(this.system, this.vaulting, failed(code, message), { ground: 'UNASKED' })
  }

  async awaitBuyer(tx: Tx): Promise<boolean> {
    const params = [this.merchantId, this.requestId, this.system.presence.processId]
    return (await tx.query(AWAIT_BUYER, params)).length === 1
  }

  waiting(): Vaulting {
    return { ...this.vaulting, awaitsBuyer: true }
  }

  takeSoftDecline(tx: Tx): Promise<boolean> {
    return takeSoftDecline(tx, this.id)
  }

  letGo(db: Queryable): Promise<void> {
    return letGo(db, this.vaulting, this.system.presence.processId)
  }

  async present(): Promise<Vaulting> {
    const found = await findVaulting(this.system.db, this.system.cards, this.merchantId, this.requestId)
    return found?.vaulting ?? this.vaulting
  }
}
