// A read replica in workerd over R2, as miniflare simulates them: sizes, cold start, answers, memory, round trips. See README.md.
//   node build/build.mjs && node bench/edge.mjs --hits PUBLISHED [--expected FILE.json] [--lookup PUBLISHED]
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { parseArgs } from 'node:util'
import zlib from 'node:zlib'
import { build } from 'esbuild'
import { workerOptions } from '../build/edge.mjs'

const { values: options } = parseArgs({
  options: {
    /** Directories that `granary publish` made: 100,000 rows, and as many as one likes to look one up in. */
    hits: { type: 'string' },
    lookup: { type: 'string' },
    /** ClickHouse's answers to the queries: made by bench/edgeExpected.mjs. */
    expected: { type: 'string' },
    queries: { type: 'string', default: 'bench/queries/clickbench-check.sql' },
    only: { type: 'string' },
    memory: { type: 'string', default: '64' },
    options: { type: 'string', default: '{}' },
    verbose: { type: 'boolean', default: false },
  },
})
const { Miniflare } = createRequire(path.resolve('test/edge/package.json'))('miniflare')
const mib = bytes => `${(bytes / 1048576).toFixed(1)} MiB`
const kib = bytes => `${(bytes / 1024).toFixed(0)} KiB`

const bundled = await build({ ...workerOptions, entryPoints: ['bench/edgeWorker.js'], write: false, minify: true })
const modules = [
  { type: 'ESModule', path: 'worker.js', contents: bundled.outputFiles[0].text },
  { type: 'CompiledWasm', path: 'core.wasm', contents: fs.readFileSync('dist/core/core.wasm') },
]

async function deploy(persist, tables = { 'default.hits': 'r2:BUCKET/hits' }) {
  const miniflare = new Miniflare({
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
    modules,
    r2Buckets: ['BUCKET'],
    r2Persist: persist,
    bindings: {
      TABLES: tables,
      OPTIONS: { memoryBytes: Number(options.memory) << 20, ...JSON.parse(options.options) },
    },
    inspectorPort: 0,
  })
  const url = (await miniflare.ready).href
  const ask = async sql => {
    const answer = await fetch(url, { method: 'POST', body: sql })
    return { text: await answer.text(), code: answer.headers.get('x-clickhouse-exception-code') }
  }
  return { miniflare, url, ask, asked: async () => (await fetch(`${url}asked`)).json() }
}

/** Copies a published directory into the bucket, once. */
async function upload(directory, persist) {
  if (fs.existsSync(persist)) return
  const { miniflare } = await deploy(persist, {})
  const bucket = await miniflare.getR2Bucket('BUCKET')
  for (const name of fs.readdirSync(directory, { recursive: true })) {
    const file = path.join(directory, name)
    const { size } = fs.statSync(file)
    if (!fs.statSync(file).isFile()) continue
    if (size < 32 << 20) await bucket.put(`hits/${name}`, new Uint8Array(fs.readFileSync(file)).buffer)
    else await putLarge(bucket, `hits/${name}`, file, size)
  }
  await miniflare.dispose()
}

async function putLarge(bucket, key, file, size) {
  const upload = await bucket.createMultipartUpload(key)
  const parts = []
  const open = fs.openSync(file)
  for (let at = 0; at < size; at += 32 << 20) {
    const bytes = new Uint8Array(Math.min(32 << 20, size - at))
    fs.readSync(open, bytes, 0, bytes.length, at)
    parts.push(await upload.uploadPart(parts.length + 1, bytes.buffer))
  }
  fs.closeSync(open)
  await upload.complete(parts)
}

/** Resident memory of the workerd that this process started. */
function resident() {
  const pids = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'workerd'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const status = fs.readFileSync(`/proc/${pids.at(-1)}/status`, 'utf8')
  const read = name => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) * 1024
  return { now: read('VmRSS'), peak: read('VmHWM'), own: read('RssAnon') }
}

// Sizes
const sizes = [
  { name: 'Worker, bundled', text: bundled.outputFiles[0].contents },
  { name: 'core.wasm', text: fs.readFileSync('dist/core/core.wasm') },
].map(({ name, text }) => ({ name, bytes: text.length, gzip: zlib.gzipSync(text, { level: 9 }).length }))
for (const { name, bytes, gzip } of sizes) console.log(`${name}: ${kib(bytes)}, ${kib(gzip)} gzipped`)
console.log(`together: ${kib(sizes.reduce((sum, { gzip }) => sum + gzip, 0))} gzipped`)

if (options.hits) {
  const persist = path.resolve(`${options.hits}.r2`)
  await upload(options.hits, persist)

  // Cold starts: a new workerd each, whose Worker is loaded by its first request.
  const outside = []
  for (let i = 0; i < 5; i++) {
    const worker = await deploy(persist)
    const started = performance.now()
    const { text } = await worker.ask('SELECT count(), sum(AdvEngineID) FROM hits WHERE CounterID = 62')
    outside.push(performance.now() - started)
    if (options.verbose) console.log(text.trim(), await worker.asked())
    await worker.miniflare.dispose()
  }
  console.log(`first answer of a new workerd: ${outside.map(ms => ms.toFixed(0)).join(', ')} ms from outside`)

  // The 43 queries
  const expected = options.expected ? JSON.parse(fs.readFileSync(options.expected, 'utf8')) : null
  const queries = fs
    .readFileSync(options.queries, 'utf8')
    .split('\n')
    .filter(line => line && !line.startsWith('--'))
  const worker = await deploy(persist, {})
  await worker.ask('SELECT 1')
  const idle = resident()
  console.log(`resident, with an engine that has done nothing: ${mib(idle.now)}, of it anonymous ${mib(idle.own)}`)
  await worker.miniflare.dispose()

  const replica = await deploy(persist)
  let wrong = 0
  const totals = []
  for (let run = 0; run < 2; run++) {
    let total = 0
    for (const [at, sql] of queries.entries()) {
      if (options.only && !options.only.split(',').includes(String(at + 1))) continue
      const started = performance.now()
      const { text, code } = await replica.ask(sql.replace(/;$/, ''))
      const ms = performance.now() - started
      total += ms
      const isRight = code === null && (expected === null || text === expected[at])
      if (!isRight) wrong++
      if (options.verbose || (!isRight && run === 0)) {
        const { now, own } = resident()
        console.log(
          `${run}.${at + 1}: ${isRight ? 'right' : 'WRONG'} ${ms.toFixed(0)} ms, resident ${mib(now)} (${mib(own)})${isRight ? '' : `\n  ${text.slice(0, 300)}\n  expected ${expected?.[at].slice(0, 300)}`}`,
        )
      }
    }
    totals.push(total)
  }
  const { now, peak, own } = resident()
  console.log(
    `43 queries over 100,000 rows: ${wrong} of ${2 * queries.length} answers wrong; ${totals.map(ms => ms.toFixed(0)).join(' ms, then ')} ms`,
  )
  console.log(`resident after them: ${mib(now)} (anonymous ${mib(own)}), at most ${mib(peak)}`)

  await replica.miniflare.dispose()
}

/** A web server of a directory's files, with ranges, that waits before each answer. */
async function slowOrigin(directory, delayMs) {
  const asked = { requests: 0, bytes: 0, log: [] }
  const server = http.createServer(async (request, response) => {
    const file = path.join(directory, decodeURIComponent(request.url))
    await new Promise(resolve => setTimeout(resolve, delayMs))
    asked.requests++
    if (!fs.existsSync(file)) return response.writeHead(404).end()
    const { size, mtimeMs } = fs.statSync(file)
    const etag = `"${size}-${mtimeMs}"`
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const start = range ? Number(range[1]) : 0
    const end = range && range[2] !== '' ? Math.min(Number(range[2]) + 1, size) : size
    asked.bytes += end - start
    asked.log.push(`${request.url} ${start}-${end}`)
    const headers = { etag, 'content-length': end - start }
    if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`
    response.writeHead(range ? 206 : 200, headers)
    fs.createReadStream(file, { start, end: end - 1 }).pipe(response)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

if (options.lookup) {
  // The difference of two delays tells how many requests waited for each other, whatever else takes its time.
  const sql =
    "SELECT URL, Title FROM hits WHERE CounterID = 62 AND EventDate = '2013-07-15' AND UserID = 427738049800818189"
  const delays = [20, 220]
  const runs = []
  for (const delayMs of delays) {
    const origin = await slowOrigin(options.lookup, delayMs)
    const worker = await deploy(undefined, { 'default.hits': origin.url })
    const rows = []
    for (const what of ['first', 'again', 'again']) {
      const before = { ...origin.asked }
      const started = performance.now()
      const { text } = await worker.ask(sql)
      rows.push({
        what,
        ms: performance.now() - started,
        requests: origin.asked.requests - before.requests,
        bytes: origin.asked.bytes - before.bytes,
        answer: text.startsWith('Code') ? text : `${text.split('\n').length - 1} rows`,
      })
      await new Promise(resolve => setTimeout(resolve, 1100))
    }
    if (options.verbose) console.log(origin.asked.log)
    runs.push(rows)
    await worker.miniflare.dispose()
    origin.stop()
  }
  for (const [i, { what, ms, requests, bytes, answer }] of runs[0].entries())
    console.log(
      `look-up, ${what}: ${((runs[1][i].ms - ms) / (delays[1] - delays[0])).toFixed(1)} round trips, ${requests} requests, ${kib(bytes)}, ${ms.toFixed(0)} ms at ${delays[0]} ms each, ${answer}`,
    )
}
