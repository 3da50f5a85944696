/** What a verb is: a schema, a function, and the refusals that its endpoint may answer. */
import type { EndpointName, endpoints, FieldProblem, OwnEndpointName, ownEndpoints } from '@coffer/antom'
import type { Static, TSchema } from 'typebox'
import type { Merchant } from './merchants/merchant-directory.js'
import type { System } from './system.js'

/** An operation of the published API, or one of our own. */
export type VerbName = EndpointName | OwnEndpointName

type Endpoints = typeof endpoints & typeof ownEndpoints

/** The refusals of one endpoint: its own, and a field that only the verb could judge. */
export type RefusalOf<E extends VerbName> = Endpoints[E]['refusals'][number] | 'PARAM_ILLEGAL'

/** A refusal on its way to the door. The call is wrong; nothing was stored. */
export class Refusal {
  constructor(
    readonly code: string,
    readonly why: FieldProblem | string | undefined,
  ) {}
}

/** Everything a verb may use. Always `return refuse(…)`: it throws, and the `return` lets the compiler see that. */
export interface Call<Request, E extends VerbName> {
  request: Request
  merchant: Merchant
  system: System
  /**
   * @param why  for `PARAM_ILLEGAL`: the field and the rule, never a value; for other codes words in place of the table's
   */
  refuse(code: RefusalOf<E>, why?: FieldProblem | string): never
}

/** A verb as the door calls it. */
export interface Verb {
  readonly name: VerbName
  readonly schema: TSchema
  run(request: unknown, merchant: Merchant, system: System): Promise<object>
}

/** Ties a verb's function to its endpoint, so that refusing with a code that it does not list fails to compile. */
export function handle<E extends VerbName, S extends TSchema>(
  name: E,
  schema: S,
  run: (call: Call<Static<S>, E>) => Promise<object>,
): Verb {
  const refuse = (code: string, why?: FieldProblem | string): never => {
    throw new Refusal(code, why)
  }
  return {
    name,
    schema,
    run: (request, merchant, system) => run({ request: request as Static<S>, merchant, system, refuse }),
  }
}
