/** What is told of a card's holder, in the form in which issuers are asked. Pure. */
import type { Address, UserName } from '@coffer/antom'

export function nameOnCard(name: UserName | undefined): string | undefined {
  return name && (name.fullName ?? [name.firstName, name.middleName, name.lastName].filter(Boolean).join(' '))
}

/** What an issuer is asked to compare; nothing where neither a postcode nor a street was given. */
export function addressToVerify(
  address: Pick<Address, 'zipCode' | 'address1'> | undefined,
): { postcode?: string; line1?: string } | undefined {
  if (!address?.zipCode && !address?.address1) return undefined
  return {
    ...(address.zipCode && { postcode: address.zipCode }),
    ...(address.address1 && { line1: address.address1 }),
  }
}
