// GROUP BY, COUNT(DISTINCT), sort and top-n over columns in memory, through the executor's classes: ns a row. By hand:
//   node bench/groups.mjs [filter]
import { build } from 'esbuild'

const outfile = 'dist/bench/groups.mjs'
await build({
  entryPoints: ['bench/groups.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
})
await import(`../${outfile}`)
