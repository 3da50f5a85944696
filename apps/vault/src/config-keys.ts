/**
 * Every key of the environment: what it means, its form and its defaults. `config.ts` reads them and
 * docs/reference/config.md is made from them.
 */

/** A key of the environment, as docs/reference/config.md prints it. */
interface Key {
  readonly key: string
  /** What it means, for the reference. */
  readonly meaning: string
  readonly form: string
  readonly example: string
  /** The default as the reference prints it. */
  readonly sandbox: string
  readonly live: string
}

/** Every key of the environment. */
export const keys = [
  {
    key: 'COFFER_PROFILE',
    meaning: 'Which kind of Coffer this is. `live` refuses every development default.',
    form: '`sandbox` or `live`',
    example: 'sandbox',
    sandbox: '`sandbox`',
    live: '–',
  },
  {
    key: 'COFFER_DATA_DIR',
    meaning: 'Where the database of our own, sandbox keys, certificates and logs lie; mode 0700.',
    form: 'a path',
    example: '/var/lib/coffer',
    sandbox: '`.coffer`',
    live: '`.coffer`',
  },
  {
    key: 'COFFER_PORT_OFFSET',
    meaning: 'Added to every port, so that several Coffers run side by side.',
    form: 'a whole number from 0 to 50000',
    example: '1000',
    sandbox: '`0`',
    live: '`0`',
  },
  {
    key: 'DATABASE_URL',
    meaning: 'A PostgreSQL of version 14 or newer to use. Over a network in live it must end in `sslmode=verify-full`.',
    form: '`postgres://user:password@host:port/database`',
    example: 'postgres://coffer:…@db.internal:5432/coffer?sslmode=verify-full',
    sandbox: 'a PostgreSQL of our own',
    live: 'a PostgreSQL of our own',
  },
  {
    key: 'COFFER_KEK_FILE',
    meaning: 'The key that wraps all data keys. Back it up apart from the database.',
    form: 'a file with 32 random bytes, mode 0600, outside the data directory',
    example: '/etc/coffer/kek',
    sandbox: 'made at first start',
    live: 'required',
  },
  {
    key: 'COFFER_TLS_CERT_FILE',
    meaning: 'Certificate chain of the API and of the hosted pages.',
    form: 'a PEM file',
    example: '/etc/coffer/tls/fullchain.pem',
    sandbox: 'of a certificate authority made at first start',
    live: 'required, unless COFFER_TLS_TERMINATOR is set',
  },
  {
    key: 'COFFER_TLS_KEY_FILE',
    meaning: 'Private key of the certificate.',
    form: 'a PEM file',
    example: '/etc/coffer/tls/key.pem',
    sandbox: 'made at first start',
    live: 'required, unless COFFER_TLS_TERMINATOR is set',
  },
  {
    key: 'COFFER_TLS_TERMINATOR',
    meaning:
      'Name of the program on this machine that ends TLS in front of Coffer. Plain HTTP is then served on loopback.',
    form: 'a name, e.g. `nginx`',
    example: 'nginx',
    sandbox: '–',
    live: 'unset',
  },
  {
    key: 'COFFER_PUBLIC_API_URL',
    meaning: 'Where merchants reach the API: scheme, host and port.',
    form: 'an https URL without a path',
    example: 'https://vault.example.com',
    sandbox: '–',
    live: 'required',
  },
  {
    key: 'COFFER_LISTEN_HOST',
    meaning: 'Address on which the HTTPS port listens.',
    form: 'an address of this machine',
    example: '0.0.0.0',
    sandbox: '`127.0.0.1` and `::1`',
    live: '`0.0.0.0`',
  },
  {
    key: 'COFFER_PUBLIC_PAGES_URL',
    meaning: 'Where the browsers of buyers reach the hosted pages: scheme, host and port.',
    form: 'an https URL without a path',
    example: 'https://pages.vault.example.com',
    sandbox: '`http://127.0.0.1:8081`',
    live: 'required',
  },
  {
    key: 'COFFER_ACQUIRERS_FILE',
    meaning: 'The acquirers that are asked whether a card is good; docs/operations/acquirers.md describes the file.',
    form: 'a JSON file',
    example: '/etc/coffer/acquirers.json',
    sandbox: 'the simulator on port 8091',
    live: 'required',
  },
  {
    key: 'COFFER_DIRECTORIES_FILE',
    meaning: 'The directory servers of 3-D Secure; docs/operations/three-ds.md describes the file.',
    form: 'a JSON file',
    example: '/etc/coffer/directories.json',
    sandbox: 'the simulator on port 8090',
    live: 'unset: no 3-D Secure',
  },
  {
    key: 'COFFER_FORWARD_DESTINATIONS_FILE',
    meaning:
      'To whom stored cards may be forwarded, by which merchants, and where in a request; docs/vault-and-forward.md describes the file.',
    form: 'a JSON file',
    example: '/etc/coffer/destinations.json',
    sandbox: 'unset: nothing can be forwarded',
    live: 'unset: nothing can be forwarded',
  },
  {
    key: 'COFFER_THREE_DS_POLICY',
    meaning:
      'Whose buyers are authenticated although no request asks for it: of cards issued in the EEA or the United Kingdom, all, or none.',
    form: '`eea`, `always` or `never`',
    example: 'eea',
    sandbox: '`eea`',
    live: '`eea`',
  },
  {
    key: 'COFFER_THREE_DS_FALLBACK',
    meaning:
      'What becomes of a vaulting whose buyer has to be authenticated and cannot be: it fails, goes on without, or asks once more as for a payment (`pa`).',
    form: '`fail`, `skip` or `pa`',
    example: 'fail',
    sandbox: '`fail`',
    live: '`fail`',
  },
  {
    key: 'COFFER_THREE_DS_METHOD_TIMEOUT_MS',
    meaning: 'How long the 3DS Method may take before it counts as not completed.',
    form: 'milliseconds, 100 to 10000',
    example: '10000',
    sandbox: '`10000`',
    live: '`10000`',
  },
  {
    key: 'COFFER_THREE_DS_CONNECT_TIMEOUT_MS',
    meaning: 'How long a connection to a directory server may take.',
    form: 'milliseconds, 100 to 10000',
    example: '5000',
    sandbox: '`5000`',
    live: '`5000`',
  },
  {
    key: 'COFFER_THREE_DS_ANSWER_TIMEOUT_MS',
    meaning: 'How long the answer to an authentication request may take, the connection included.',
    form: 'milliseconds, 100 to 10000',
    example: '10000',
    sandbox: '`10000`',
    live: '`10000`',
  },
  {
    key: 'COFFER_THREE_DS_RANGES_EVERY_MS',
    meaning: 'How old a list of card ranges may get before the directory server is asked for changes.',
    form: 'milliseconds, 3600000 to 86400000',
    example: '86400000',
    sandbox: '`86400000`',
    live: '`86400000`',
  },
  {
    key: 'COFFER_PUBLIC_RESULTS_URL',
    meaning:
      'Where directory servers reach port 8086. TLS must end at Coffer: both sides show certificates there, whatever stands in front of the other ports.',
    form: 'an https URL without a path',
    example: 'https://3ds.vault.example.com:8086',
    sandbox: '`https://localhost:8086`',
    live: 'required with COFFER_DIRECTORIES_FILE',
  },
  {
    key: 'COFFER_RESULTS_CERT_FILE',
    meaning: 'Certificate chain of port 8086.',
    form: 'a PEM file',
    example: '/etc/coffer/results/fullchain.pem',
    sandbox: 'of the simulator; required with COFFER_DIRECTORIES_FILE',
    live: 'required with COFFER_DIRECTORIES_FILE',
  },
  {
    key: 'COFFER_RESULTS_KEY_FILE',
    meaning: 'Private key of that certificate.',
    form: 'a PEM file',
    example: '/etc/coffer/results/key.pem',
    sandbox: 'of the simulator; required with COFFER_DIRECTORIES_FILE',
    live: 'required with COFFER_DIRECTORIES_FILE',
  },
  {
    key: 'COFFER_CLIENT_IP_HEADER',
    meaning:
      'The header in which a proxy in front of the hosted pages tells the address of the buyer. The proxy must replace what a browser sends under that name.',
    form: 'the name of a header',
    example: 'x-real-ip',
    sandbox: 'unset: the address of the connection',
    live: 'unset: the address of the connection',
  },
  {
    key: 'COFFER_FIRST_NOTIFICATION_DELAY_MS',
    meaning: 'How long after the outcome the first notification is sent. The guide says 3 to 5 seconds.',
    form: 'milliseconds, 0 to 60000',
    example: '3000',
    sandbox: '`3000`',
    live: '`3000`',
  },
  {
    key: 'COFFER_NOTIFICATION_SCHEDULE_FACTOR',
    meaning: 'Stretches or shortens the waits between repeats; 0 switches repeats off, as in the sandbox of Antom.',
    form: 'a number from 0 to 10',
    example: '0.01',
    sandbox: '`1`',
    live: '`1`, and nothing else',
  },
  {
    key: 'COFFER_NOTIFICATION_PORTS',
    meaning: 'Ports that notification addresses may name besides 443.',
    form: 'whole numbers from 1 to 65535 with commas between them',
    example: '8443,9443',
    sandbox: 'every port, whatever is set',
    live: 'unset: 443 alone',
  },
  {
    key: 'COFFER_NOTIFICATION_PRIVATE_NETWORKS',
    meaning:
      'Private networks that notifications may go to, for a shop in a container or next door; docs/operations/install.md says what that opens.',
    form: 'ranges of private addresses in CIDR notation with commas between them',
    example: '172.17.0.0/16,fd00::/8',
    sandbox: 'unset: none',
    live: 'unset: none',
  },
  {
    key: 'COFFER_SETTLE_AFTER_MS',
    meaning: 'How long a vaulting may take. One that is not finished then has failed.',
    form: 'milliseconds, 15000 to 900000',
    example: '900000',
    sandbox: '`900000`',
    live: '`900000`',
  },
  {
    key: 'COFFER_NONCE_MINUTES',
    meaning: 'How long a card from fetchNonce can be paid with, once. Its CVV waits in memory as long.',
    form: 'a whole number from 1 to 60',
    example: '30',
    sandbox: '`30`',
    live: '`30`',
  },
  {
    key: 'COFFER_AUTHORISATION_DAYS',
    meaning: 'How long an authorisation can be captured. Issuers hold an amount for some days only.',
    form: 'a whole number from 1 to 30',
    example: '7',
    sandbox: '`7`',
    live: '`7`',
  },
  {
    key: 'COFFER_CANCEL_HOURS',
    meaning: 'How long after it was paid a payment can be cancelled instead of refunded.',
    form: 'a whole number from 0 to 168',
    example: '24',
    sandbox: '`24`',
    live: '`24`',
  },
  {
    key: 'COFFER_REFUND_DAYS',
    meaning: 'How long after it was paid a payment can be refunded.',
    form: 'a whole number from 1 to 1825',
    example: '365',
    sandbox: '`365`',
    live: '`365`',
  },
  {
    key: 'COFFER_MOST_CAPTURES',
    meaning: 'How many captures one payment may have.',
    form: 'a whole number from 1 to 999',
    example: '50',
    sandbox: '`50`',
    live: '`50`',
  },
  {
    key: 'COFFER_SANDBOX_RISK_AMOUNTS',
    meaning: 'Amounts that a sandbox refuses with RISK_REJECT, in the smallest unit of whatever currency.',
    form: 'whole numbers with commas between them, or `none`',
    example: '11',
    sandbox: '`11`',
    live: 'none, whatever is set',
  },
  {
    key: 'COFFER_REQUEST_TIME_WINDOW_MS',
    meaning: 'How far `request-time` may be from the time here; 0 switches the check off.',
    form: 'milliseconds, 0 to 86400000',
    example: '900000',
    sandbox: '`0`',
    live: '`900000`',
  },
  {
    key: 'COFFER_CLIENT_CALLS_PER_SECOND',
    meaning: 'Calls per second and process that one merchant may make on average; 0 for no limit.',
    form: 'a whole number from 0 to 100000',
    example: '200',
    sandbox: '`0`',
    live: '`200`',
  },
  {
    key: 'COFFER_DATABASE_CONNECTIONS',
    meaning: 'Connections to PostgreSQL that one process holds at most.',
    form: 'a whole number from 2 to 200',
    example: '16',
    sandbox: '`16`',
    live: '`16`',
  },
  {
    key: 'COFFER_ALLOW_UNSUPPORTED_NODE',
    meaning: 'Lets `live` start on a Node.js release that no longer gets security fixes.',
    form: '`yes`',
    example: 'yes',
    sandbox: '–',
    live: 'unset',
  },
  {
    key: 'COFFER_DEBUG',
    meaning: 'Shows where a defect happened, on standard error. A stack may name data: never in live.',
    form: '`yes`',
    example: 'yes',
    sandbox: 'unset',
    live: 'unset',
  },
] as const satisfies readonly Key[]

export type KeyName = (typeof keys)[number]['key']
