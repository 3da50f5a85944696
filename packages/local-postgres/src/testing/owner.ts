import pg from 'pg'
import { inspectMachine, type Machine } from '../machine.js'
import { startOn } from '../start.js'

/** What a test asks of a process that owns a server and may be killed. */
export interface OwnerOrders {
  readonly folder: string
  /** What this machine is to lack or have; `null` for `undefined`, which JSON would drop. */
  readonly machine?: { readonly [K in keyof Machine]?: Machine[K] | null }
  /** Insert rows one by one and say the number of each that was acknowledged. */
  readonly insert?: boolean
  /** Keep a backend busy that never looks around. */
  readonly busy?: boolean
}

const orders = JSON.parse(process.argv[2]!) as OwnerOrders
const poorer = Object.fromEntries(
  Object.entries(orders.machine ?? {}).map(([key, value]) => [key, value ?? undefined]),
) as Partial<Machine>
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)

try {
  const machine = { ...(await inspectMachine()), ...poorer }
  const server = await startOn(machine, { folder: orders.folder, onProgress: text => say({ progress: text }) })
  process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)))
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => undefined)
  await client.connect()
  if (orders.busy) {
    const backend = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    client.query('do $$ begin loop perform 1; end loop; end $$').catch(() => undefined)
    say({ backend: backend.rows[0]!.pid })
  }
  say({ url: server.url, pid: server.pid })
  if (orders.insert) {
    await client.query('create table if not exists kept (n int primary key)')
    for (let n = 1; ; n++) {
      await client.query('insert into kept values ($1)', [n])
      say({ acknowledged: n })
    }
  }
} catch (error) {
  say({ failed: (error as Error).message })
  process.exit(1)
}
