// Bundles test/oracle/**/*.oracle.ts and runs them on Node, beside ClickHouse in a process (chdb, from test/oracle/node_modules or
// $GRANARY_ORACLE) and, where installed, an old clickhouse-server.
//   node build/oracle.mjs [--only SUBSTRING]
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildCore } from './core.mjs'
import { nodeArgs, testBundle } from './testBundle.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const at = process.argv.indexOf('--only')
const only = at < 0 ? '' : process.argv[at + 1]
buildCore()
const find = dir =>
  fs.readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
    const file = path.join(dir, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : find(file)
    return entry.name.endsWith('.oracle.ts') ? [file] : []
  })
const files = find(path.join(root, 'test/oracle')).filter(file => path.relative(root, file).includes(only))
const outdir = path.join(root, 'dist/oracle')
fs.rmSync(outdir, { recursive: true, force: true })
await build({ entryPoints: files, outdir, outbase: path.join(root, 'test/oracle'), ...testBundle })
const bundles = files.map(file =>
  path.join(outdir, path.relative(path.join(root, 'test/oracle'), file).replace(/\.ts$/, '.js')),
)
const args = [...nodeArgs(1), ...bundles]
const env = { GRANARY_ORACLE: path.join(root, 'test/oracle/node_modules'), ...process.env }
process.exit(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1)
