/** What the launcher uses of the package, handed in so that it can run from sources as well as from dist. */
export type LocalPostgresPackage = Pick<
  typeof import('@coffer/local-postgres'),
  'startLocalPostgres' | 'lives' | 'markOf'
>
