export * from './card-brands.js'
export type { ResultStatus } from './code-row.js'
export * from './endpoints.js'
export * from './forward.js'
export * from './parse-url.js'
export * from './payment-answers.js'
export * from './payment-codes.js'
export * from './payments.js'
export * from './read-fields.js'
export * from './redirect-url.js'
export * from './result-codes.js'
export * from './signature.js'
export * from './tokens.js'
export * from './vaulting.js'
export {
  type Address,
  type Amount,
  address,
  type CustomizedInfo,
  type Env,
  env,
  type UserName,
  userName,
} from './wire-objects.js'
export * from './wire-time.js'
