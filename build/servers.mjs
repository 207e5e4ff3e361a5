// Bundles test/servers/*.test.ts and runs them: what needs real servers of others (ZooKeeper, kazoo, ClickHouse 18.16) for longer than
// the other tests take.
//   node build/servers.mjs [--runtime node|node24|deno|bun] [--only SUBSTRING]
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildAll } from './build.mjs'
import { runners, testBundle } from './testBundle.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}
const only = option('only', '')
const runtime = option('runtime', 'node')
const folder = path.join(root, 'test/servers')
const files = fs
  .readdirSync(folder)
  .filter(file => file.endsWith('.test.ts') && file.includes(only))
  .map(file => path.join(folder, file))
if (files.length === 0) {
  console.error(`no test file matches ${JSON.stringify(only)}`)
  process.exit(1)
}

await buildAll()
const outdir = path.join(root, 'dist/servers')
fs.rmSync(outdir, { recursive: true, force: true })
await build({ entryPoints: files, outdir, outbase: folder, ...testBundle })
const bundles = files.map(file => path.join(outdir, path.basename(file).replace(/\.ts$/, '.js')))
// They wait more than they work.
const found = runners(bundles, 2)[runtime]
if (!found) {
  console.error(`no runtime ${runtime}`)
  process.exit(1)
}
const [command, args] = found
// Memory is counted after a collection.
const env = runtime.startsWith('node') ? { ...process.env, NODE_OPTIONS: '--expose-gc' } : process.env
process.exit(spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status ?? 1)
