// A Worker with nothing but an engine, in a workerd of its own, measured as bench/embedded.mjs measures the library: one line of JSON.
// "open" is workerd with the Worker loaded; bytes are those of workerd beyond one that runs an empty Worker. Needs npm ci in test/edge.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import zlib from 'node:zlib'
import { build } from 'esbuild'
import { workerOptions } from '../build/edge.mjs'

const { Miniflare } = createRequire(path.resolve('test/edge/package.json'))('miniflare')
const core = fs.readFileSync('dist/core/core.wasm')
const source = `import core from 'core.wasm'
  import { createReplica } from './dist/edge/index.js'
  export default createReplica({ core })`
const { outputFiles } = await build({
  ...workerOptions,
  stdin: { contents: source, resolveDir: process.cwd() },
  write: false,
  minify: true,
})
const [{ contents: script, text }] = outputFiles

function resident() {
  const pids = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'workerd'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const status = fs.readFileSync(`/proc/${pids.at(-1)}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024
}

async function start(modules) {
  const miniflare = new Miniflare({
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
    modules,
  })
  const url = (await miniflare.ready).href
  const ask = async sql => (await fetch(url, { method: 'POST', body: sql })).text()
  return { miniflare, ask }
}

const nothing = await start([
  { type: 'ESModule', path: 'worker.js', contents: 'export default { fetch: () => new Response("1\\n") }' },
])
await nothing.ask('SELECT 1')
const empty = resident()
await nothing.miniflare.dispose()

const started = performance.now()
const worker = await start([
  { type: 'ESModule', path: 'worker.js', contents: text },
  { type: 'CompiledWasm', path: 'core.wasm', contents: core },
])
const opened = performance.now() - started
await worker.ask('SELECT 1')
const first = performance.now() - started
const idle = resident() - empty
const grouping = 'SELECT number % 1000 AS k, count(), sum(number) FROM numbers(1000000) GROUP BY k ORDER BY k LIMIT 1'
const answer = await worker.ask(grouping)
const grouped = performance.now() - started - first
const sizes = [script, core]
console.log(
  JSON.stringify({
    bytes: sizes.reduce((sum, { length }) => sum + length, 0),
    gzip: sizes.reduce((sum, file) => sum + zlib.gzipSync(file, { level: 6 }).length, 0),
    ...{ opened, first: first - opened, idle, grouped, after: resident() - empty, answer: answer.trim() },
  }),
)
await worker.miniflare.dispose()
