// Resident memory of a replica that answers the 43 queries, in a workerd that runs nothing else, beside one with an empty Worker.
// V8 is held to a heap as an isolate of 128 MB has it; without a bound it collects when it likes.
//   node build/build.mjs && node bench/edgeMemory.mjs --hits PUBLISHED [--expected FILE.json] [--memory MIB] [--heap MIB] [--rounds N]
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { workerOptions } from '../build/edge.mjs'

const { values: options } = parseArgs({
  options: {
    /** A directory that `granary publish` made, of 100,000 rows. */
    hits: { type: 'string' },
    /** ClickHouse's answers: made by bench/edgeExpected.mjs. */
    expected: { type: 'string' },
    queries: { type: 'string', default: 'bench/queries/clickbench-check.sql' },
    memory: { type: 'string', default: '44' },
    heap: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
  },
})
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-edge-'))
const workerd = path.join(
  fs.realpathSync('test/edge/node_modules'),
  `@cloudflare/workerd-${process.platform}-${process.arch === 'x64' ? '64' : process.arch}/bin/workerd`,
)

/** A web server of the published files: ranges and ETags. */
const origin = createServer((request, response) => {
  const file = path.join(options.hits, path.normalize(decodeURIComponent(request.url)).replace(/^\/hits/, ''))
  if (!fs.existsSync(file)) return response.writeHead(404).end()
  const bytes = fs.readFileSync(file)
  const etag = `"${bytes.length}"`
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
  if (!range) return response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes)
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)]
  const head = { etag, 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
  return response.writeHead(206, head).end(bytes.subarray(start, end))
})
await new Promise(resolve => origin.listen(0, '127.0.0.1', resolve))

async function start(script, core) {
  fs.writeFileSync(path.join(folder, 'worker.js'), script)
  fs.writeFileSync(path.join(folder, 'core.wasm'), core)
  const flags = [`--max-old-space-size=${options.heap}`, '--max-semi-space-size=2']
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["private", "public"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
  v8Flags = [${flags.map(flag => `"${flag}"`).join(', ')}]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "core.wasm", wasm = embed "core.wasm")],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["nodejs_compat", "enable_request_signal"],
  globalOutbound = "internet"
);`
  fs.writeFileSync(path.join(folder, 'config.capnp'), config)
  const child = spawn(workerd, ['serve', path.join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const port = await new Promise((resolve, reject) => {
    child.on('exit', code => reject(new Error(`workerd ended with ${code}`)))
    child.stdio[3].on('data', bytes => {
      const found = /"port":(\d+)/.exec(String(bytes))
      if (found) resolve(found[1])
    })
  })
  return {
    async ask(sql) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: sql })
      return { text: await answer.text(), code: answer.headers.get('x-clickhouse-exception-code') }
    },
    /** MiB */
    resident() {
      const status = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024
    },
    async stop() {
      const ended = new Promise(resolve => child.on('close', resolve))
      child.removeAllListeners('exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

const core = fs.readFileSync('dist/core/core.wasm')
const nothing = await start('export default { fetch: () => new Response("1") }', core)
await nothing.ask('SELECT 1')
const empty = nothing.resident()
await nothing.stop()

const source = `import core from 'core.wasm'
  import { createReplica } from './dist/edge/index.js'
  const tables = { 'default.hits': 'http://127.0.0.1:${origin.address().port}/hits' }
  export default createReplica({ core, tables, memoryBytes: ${Number(options.memory) << 20} })`
const { outputFiles } = await build({
  ...workerOptions,
  stdin: { contents: source, resolveDir: process.cwd() },
  write: false,
  minify: true,
})
const replica = await start(outputFiles[0].text, core)
await replica.ask('SELECT 1')
const beyond = () => `${(replica.resident() - empty).toFixed(0)} MiB`
console.log(`an empty Worker: ${empty.toFixed(0)} MiB; beyond it, an engine that has done nothing: ${beyond()}`)
const expected = options.expected ? JSON.parse(fs.readFileSync(options.expected, 'utf8')) : null
const queries = fs.readFileSync(options.queries, 'utf8').split('\n')
for (let run = 1; run <= Number(options.rounds); run++) {
  let wrong = 0
  let at = 0
  for (const line of queries.filter(line => line && !line.startsWith('--'))) {
    const { text, code } = await replica.ask(line.replace(/;$/, ''))
    if (code !== null || (expected && text !== expected[at])) wrong++
    at++
  }
  console.log(`after ${run} times ${at} queries: ${beyond()}, ${wrong} answers wrong`)
}
await replica.stop()
origin.close()
fs.rmSync(folder, { recursive: true, force: true })
