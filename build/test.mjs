// Bundles test/**/*.test.ts with esbuild and runs them with a runtime's test runner.
//   node build/test.mjs [--runtime node|deno|bun|browser|edge] [--only SUBSTRING]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { runners, testBundle } from './testBundle.mjs'
import { buildAll } from './build.mjs'
import { testBrowser } from './testBrowser.mjs'
import { testEdge } from './testEdge.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}
const runtime = option('runtime', 'node')
const only = option('only', '')
const runtimes = Object.keys(runners([], 1))
const separate = ['oracle', 'runtimes', 'browser', 'edge', 'servers'] // own packages, run by their own commands

function find(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
    const file = path.join(dir, entry.name)
    if (entry.isDirectory()) return separate.includes(entry.name) ? [] : find(file)
    return entry.name.endsWith('.test.ts') ? [file] : []
  })
}

await buildAll()
if (runtime === 'edge') process.exit(await testEdge(root, only))
if (runtime === 'browser') process.exit(await testBrowser(root, only))
const files = find(path.join(root, 'test')).filter(file => path.relative(root, file).includes(only))
if (files.length === 0) {
  console.error(`no test file matches ${JSON.stringify(only)}`)
  process.exit(1)
}
const outdir = path.join(root, 'dist/test')
fs.rmSync(outdir, { recursive: true, force: true })
await build({
  entryPoints: files,
  outdir,
  outbase: path.join(root, 'test'),
  ...testBundle,
})
const bundles = files.map(file =>
  path.join(outdir, path.relative(path.join(root, 'test'), file).replace(/\.ts$/, '.js')),
)
if (!runtimes.includes(runtime)) {
  console.error(`no runtime ${runtime}: ${[...runtimes, 'edge', 'browser'].join(', ')}`)
  process.exit(1)
}
// Node's runner has two files under way at a time; of the others, which have one, two are started.
const shares = runtime.startsWith('node') ? [bundles] : [0, 1].map(odd => bundles.filter((_, at) => at % 2 === odd))
const statuses = await Promise.all(
  shares.filter(share => share.length > 0).map((share, at) => run(...runners(share, 2)[runtime], at === 0)),
)
process.exitCode = Math.max(...statuses)

/** Gives the exit code. What a command prints that is not the first is shown when it has ended: lines of two would be mixed. */
async function run(command, args, isShownAtOnce) {
  const child = spawn(command, args, { cwd: root, stdio: isShownAtOnce ? 'inherit' : ['ignore', 'pipe', 'pipe'] })
  const output = []
  child.stdout?.on('data', bytes => output.push(bytes))
  child.stderr?.on('data', bytes => output.push(bytes))
  const [status, signal] = await once(child, 'close')
  process.stdout.write(Buffer.concat(output))
  if (signal) console.error(`${runtime} was ended by ${signal}`)
  return status ?? 1
}
