/**
 * What a server is started with. Values of cards pass through it, so its log must not show any:
 * with PostgreSQL's defaults 6 of 7 values tried were in the log, also bind parameters, inside the text of an error.
 * `log_min_messages=log` leaves errors of statements out and keeps start, stop and crash.
 */
const always: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  // A socket's path may have 107 bytes only, and folders of people are longer than that.
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_connections: '120',
  // Who connects and says nothing gives the place back soon: others on this machine can reach the port.
  authentication_timeout: '5s',
  jit: 'off',
  timezone: 'UTC',
  wal_level: 'replica',
  wal_compression: 'on',
  // Recovery after a crash took 2.7–5.9 s for 400 MB: this keeps it short.
  max_wal_size: '256MB',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
}

const forgetful: Readonly<Record<string, string>> = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
}

/**
 * The arguments of `postgres` for one start, but for its port.
 * @param durable  false turns fsync off: for tests only, a crash may then cost the whole cluster
 * @param more  settings that win over ours, by PostgreSQL's names
 */
export function serverArguments(
  dataDirectory: string,
  durable: boolean,
  more: Readonly<Record<string, string>> = {},
): string[] {
  const settings = { ...always, ...(durable ? {} : forgetful), ...more }
  return ['-D', dataDirectory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** The environment of PostgreSQL's programs: no PG… variable of the caller may lead it astray, nor a locale it lacks. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
}
