// Bundles test/sim and runs it: docs/simulation.md.
//   npm run sim -- [--scenario NAME] [--seeds N] [--seed S] [--seconds T] [--ops 0-3,7] [--broken WAY] [--trace]
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildCore } from './core.mjs'
import { testBundle } from './testBundle.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
if (!fs.existsSync(path.join(root, 'dist/core/core.wasm'))) buildCore()
const outdir = path.join(root, 'dist/sim')
fs.rmSync(outdir, { recursive: true, force: true })
await build({ entryPoints: [path.join(root, 'test/sim/main.ts')], outdir, ...testBundle })
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--max-semi-space-size=64', path.join(outdir, 'main.js'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? 1)
