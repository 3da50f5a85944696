import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere } from './files.js'

/** A process by id and start time: ids are used again, both together are not. */
export interface ProcessMark {
  readonly pid: number
  /** Clock ticks after boot, from /proc; absent where there is no /proc. */
  readonly started?: string
}

/** The mark of a process that runs now. */
export async function markOf(pid: number): Promise<ProcessMark> {
  const started = await startOf(pid)
  return started === undefined ? { pid } : { pid, started }
}

/** Whether exactly this process still runs; a zombie does not, however long its parent takes to look. */
export async function lives(mark: ProcessMark): Promise<boolean> {
  return isAlive(mark.pid) && (mark.started === undefined || (await startOf(mark.pid)) === mark.started)
}

/** Whether some process has this id. A zombie counts until its parent has looked. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether a process is a PostgreSQL at work in this cluster. Each of its processes has the cluster as its cwd. */
export async function worksIn(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform !== 'linux') return true
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === cluster
  } catch {
    return false
  }
}

/** Every PostgreSQL process at work in a cluster, also those that outlived their postmaster. */
export async function processesOf(cluster: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const found: number[] = []
  for (const pid of pids) {
    if (!(await worksIn(pid, cluster))) continue
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
    if (name.trim() === 'postgres') found.push(pid)
  }
  return found
}

/** What PostgreSQL says of itself in postmaster.pid. */
export async function postmasterFile(
  cluster: string,
): Promise<{ text: string; pid: number; ready: boolean } | undefined> {
  const text = await readIfThere(join(cluster, 'postmaster.pid'))
  if (text === undefined) return undefined
  const lines = text.split('\n')
  return { text, pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' }
}

async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in brackets may hold anything, so count from its end: the start time is field 22, the state field 3.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] === 'Z' ? undefined : fields?.[19]
}
