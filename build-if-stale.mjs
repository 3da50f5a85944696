import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/**
 * Builds the repository unless what is built is as new as its sources. Prints what it does, and the compiler's errors.
 * @param {{ root?: string, say?: (line: string) => void }} [options]  `root`: the repository
 * @returns {Promise<boolean>} whether what is built can be run
 */
export async function buildIfStale({ root = here, say = line => console.log(line) } = {}) {
  const projects = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).references.map(({ path }) =>
    join(root, path),
  )
  const stamp = join(root, 'apps', 'launcher', 'dist', '.built')
  const began = new Date()
  if (!isStale(root, projects, stamp)) return true

  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(compiler)) {
    say('Coffer is not built, and there is no compiler here. Run "npm ci" first.')
    return false
  }
  say('building …')
  const { code, output } = await run(process.execPath, [compiler, '-b', root, '--pretty', 'false'], root)
  if (code !== 0) {
    say(output.trim())
    say('Coffer was not built; the lines above say why.')
    return false
  }
  // The instant before the build: what was edited meanwhile counts as newer.
  writeFileSync(stamp, '')
  utimesSync(stamp, began, began)
  say(`built in ${((Date.now() - began.getTime()) / 1000).toFixed(1)} s`)
  return true
}

function isStale(root, projects, stamp) {
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  // Somebody may have removed one dist only.
  if (projects.some(project => !existsSync(join(project, 'dist', '.tsbuildinfo')))) return true
  const roots = [join(root, 'tsconfig.json'), join(root, 'tsconfig.base.json')]
  const parts = projects.flatMap(project => [
    join(project, 'src'),
    join(project, 'tsconfig.json'),
    join(project, 'package.json'),
  ])
  return [...roots, ...parts].some(path => newest(path) > built)
}

/** Folders count too: removing a file changes nothing but its folder. */
function newest(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return 0
  if (!found.isDirectory()) return found.mtimeMs
  return Math.max(found.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

function run(command, args, cwd) {
  return new Promise(done => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    // Whoever is told to stop while building has nothing running yet but the compiler.
    const stop = () => {
      child.kill('SIGKILL')
      process.exit(0)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.once(signal, stop)
    let output = ''
    const take = chunk => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.once('error', error => done({ code: 127, output: error.message }))
    child.once('close', code => {
      for (const signal of signals) process.off(signal, stop)
      done({ code, output })
    })
  })
}
