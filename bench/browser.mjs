// Granary in Chromium: size of what a page loads, time to the first answer, inserts into OPFS, ClickBench's queries.
//   npm run build && node bench/browser.mjs [--hits FILE.tsv] [--only 1,2,…] [--runs 3]
// Needs `npm ci` in test/browser, and a Chromium: /usr/bin/chromium, or what the variable CHROMIUM names.
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import zlib from 'node:zlib'
import { readQueries } from './engines.mjs'

const { values: options } = parseArgs({
  options: {
    hits: { type: 'string', default: process.env['BENCH_HITS'] },
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
  },
})
const { chromium } = createRequire(path.resolve('test/browser/package.json'))('playwright-core')
const dist = path.resolve('dist')
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

const modules = fs.readdirSync(path.join(dist, 'browser')).map(name => `browser/${name}`)
for (const name of [...modules.filter(name => name.endsWith('.js')).sort(), 'core/core.wasm']) {
  const bytes = fs.readFileSync(path.join(dist, name))
  const sizes = [bytes.length, zlib.gzipSync(bytes, { level: 9 }).length, zlib.brotliCompressSync(bytes).length]
  console.log(`${name.padEnd(20)} ${sizes.map(size => `${(size / 1000).toFixed(0)} KB`.padStart(9)).join('')}`)
}

const page = `<script type="module">
import { open } from '/browser/index.js'
const db = await open()
const [row] = await db.query('SELECT 1 AS one')
globalThis.firstAnswerMs = performance.now()
globalThis.openDatabase = open
await db.close()
</script>`
const server = http.createServer((request, response) => {
  const name = new URL(request.url, 'http://localhost').pathname.slice(1)
  response.setHeader('content-type', types[path.extname(name)] ?? 'application/octet-stream')
  if (name === 'page.html') response.end(page)
  else if (name === 'hits.tsv') fs.createReadStream(options.hits).pipe(response)
  else if (fs.existsSync(path.join(dist, name))) fs.createReadStream(path.join(dist, name)).pipe(response)
  else response.writeHead(404).end()
})
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
const url = `http://localhost:${server.address().port}/page.html`
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-bench-'))
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
})

try {
  const first = []
  for (let run = 0; run < 5; run++) {
    const tab = await context.newPage()
    await tab.goto(url)
    await tab.waitForFunction('globalThis.firstAnswerMs', null, { timeout: 60_000 })
    first.push(await tab.evaluate('globalThis.firstAnswerMs'))
    await tab.close()
  }
  console.log(`navigation to first answer: ${first.map(ms => `${ms.toFixed(0)} ms`).join(', ')}`)

  const tab = await context.newPage()
  tab.setDefaultTimeout(0)
  await tab.goto(url)
  await tab.waitForFunction('globalThis.openDatabase')
  console.log(
    await tab.evaluate(async () => {
      globalThis.db = await globalThis.openDatabase('opfs:bench')
      const { db } = globalThis
      await db.exec(
        'CREATE TABLE small (id UInt64, name String, at DateTime, x Float64) ENGINE = MergeTree ORDER BY id',
      )
      const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `row ${id}`, at: new Date(), x: id / 3 }))
      const times = []
      for (let i = 0; i < 200; i++) {
        const started = performance.now()
        await db.insert('small', rows)
        times.push(performance.now() - started)
      }
      times.sort((a, b) => a - b)
      const columns = { id: new Float64Array(1e6).map((_, i) => i), x: new Float64Array(1e6).map(() => Math.random()) }
      await db.exec('CREATE TABLE wide (id UInt64, x Float64) ENGINE = MergeTree ORDER BY id')
      const started = performance.now()
      await db.insert('wide', columns)
      const large = performance.now() - started
      return `insert of 100 rows: median ${times[100].toFixed(1)} ms, 95 % ${times[190].toFixed(1)} ms; of 1M rows of two columns: ${large.toFixed(0)} ms`
    }),
  )
  if (options.hits) {
    const schema = fs.readFileSync('bench/queries/hits-clickhouse.sql', 'utf8').replaceAll(/^--.*$/gm, '')
    console.log(
      await tab.evaluate(async create => {
        const { db } = globalThis
        await db.exec(create)
        const started = performance.now()
        const { body } = await fetch('/hits.tsv')
        const { rows } = await db.insert('hits', { format: 'TabSeparated', body })
        const seconds = (performance.now() - started) / 1000
        const size = await db.query(
          'SELECT sum(bytes_on_disk) AS b FROM system.parts WHERE active',
          {},
          { integers: 'number' },
        )
        return `hits: ${rows} rows in ${seconds.toFixed(1)} s, ${(size[0].b / 1e6).toFixed(0)} MB`
      }, schema),
    )
    const only = options.only?.split(',').map(Number)
    let sum = 0
    for (const [at, sql] of readQueries('clickbench.sql').entries()) {
      if (only && !only.includes(at + 1)) continue
      const times = await tab.evaluate(
        async ([query, runs]) => {
          const found = []
          for (let run = 0; run <= runs; run++) {
            const started = performance.now()
            await globalThis.db.query(query)
            found.push(performance.now() - started)
          }
          return found
        },
        [sql, Number(options.runs)],
      )
      const best = Math.min(...times.slice(1))
      sum += best
      console.log(`query ${String(at + 1).padStart(2)}: first ${times[0].toFixed(0)} ms, then ${best.toFixed(0)} ms`)
    }
    console.log(`all: ${(sum / 1000).toFixed(2)} s`)
  }
} finally {
  await context.close()
  server.close()
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
}
