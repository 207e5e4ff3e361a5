// Published tables as a reader far away meets them: requests, steps that wait for each other, and time, at a given latency.
//   node bench/published.mjs DIRECTORY [--latency 20] [--bandwidth 50] [--runs 3]
// DIRECTORY holds a published table of ClickBench's hits (granary publish --to DIRECTORY).
import { build } from 'esbuild'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const outfile = path.join(root, 'dist/bench/published.js')
await build({
  entryPoints: [path.join(root, 'bench/published.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
process.chdir(root)
await import(outfile)
