// The kill -9 test by hand: node test/durability/kill.mjs [ROUNDS] [SEED] [--runtime node|deno|bun]. Needs the built server (npm run build).
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runtime: { type: 'string', default: 'node' } },
})
const [rounds = '200', seed = String(Date.now() % 1e6)] = positionals
const { runtime } = values
const outfile = path.resolve('dist/test/killRounds.js')
await build({
  entryPoints: ['test/durability/killRounds.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
})
const { KillTest } = await import(outfile)
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-kill-'))
console.log(`${rounds} rounds on ${runtime}, seed ${seed}, in ${directory}`)
const started = performance.now()
const report = await new KillTest(directory, Number(seed), runtime).run(
  Number(rounds),
  ({ rounds: done, ...figures }) => {
    if (done % 10 === 0) console.log(done, JSON.stringify(figures))
  },
)
console.log(JSON.stringify(report), `${((performance.now() - started) / 1000).toFixed(0)} s`)
fs.rmSync(directory, { recursive: true, force: true })
