/** The certificates of the simulator's schemes, as tests that stand on one side of a line need them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

/** A certificate and its key, in PEM. */
export interface Identity {
  cert: string
  key: string
}

const pem = (...path: string[]) => readFileSync(join(inject('pkiFolder'), ...path), 'utf8')

/** The authority of all server certificates. */
export const serverAuthority = () => pem('ca.pem')

/** What a server of the test shows: that of the directory servers, or that of the vault's results endpoint. */
export const serverIdentity = (name: 'server' | '3ds-server'): Identity => ({
  cert: pem(`${name}.pem`),
  key: pem(`${name}-key.pem`),
})

/** What a client of the test shows to others of its scheme. */
export const clientIdentity = (network: string, role: 'ds' | 'acs' | '3ds-server'): Identity => ({
  cert: pem(network, `${role}.pem`),
  key: pem(network, `${role}-key.pem`),
})

/** The authorities of all schemes' client certificates. */
export const clientAuthorities = (): string[] =>
  readdirSync(inject('pkiFolder'), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => pem(name, 'ca.pem'))
