// ClickBench's 43 queries on Granary and its peers, side by side. See README.md.
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { engines, readQueries } from './engines.mjs'

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: process.env['BENCH_DATA'] ?? 'bench/data' },
    hits: { type: 'string', default: process.env['BENCH_HITS'] },
    engines: { type: 'string', default: 'granary,chdb,clickhouse-18.16,duckdb,duckdb-wasm' },
    runtimes: { type: 'string' },
    threads: { type: 'string', default: '1,2' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})
const names = options.runtimes
  ? options.runtimes.split(',').map(runtime => (runtime === 'node' ? 'granary' : `granary-${runtime}`))
  : options.engines.split(',')
const runs = Number(options.runs)
const only = options.only?.split(',').map(Number)

/** Times of one engine with so many threads: the best of `runs`, after one that warms caches; null: it failed. */
async function measure(name, threads) {
  const { open, queries, data = name } = engines[name]
  const engine = await open({ data: path.resolve(options.data, data), threads })
  try {
    const version = await engine.version()
    let loadSeconds = null
    if (!(await engine.isLoaded())) {
      if (!options.hits) throw new Error('no hits table yet: --hits FILE.tsv says what to load')
      const started = performance.now()
      await engine.load(options.hits)
      loadSeconds = (performance.now() - started) / 1000
      console.error(`${name}: loaded in ${loadSeconds.toFixed(1)} s`)
    }
    const times = []
    for (const [at, sql] of readQueries(queries).entries()) {
      if (only && !only.includes(at + 1)) {
        times.push(null)
        continue
      }
      const found = []
      try {
        for (let run = 0; run <= runs; run++) {
          const started = performance.now()
          await engine.run(sql)
          found.push(performance.now() - started)
        }
        times.push(Math.min(...found.slice(1)))
      } catch (error) {
        console.error(`${name}, query ${at + 1}: ${String(error.message).slice(0, 200)}`)
        times.push(null)
      }
    }
    return { name, threads, version, loadSeconds, times }
  } finally {
    await engine.close()
  }
}

const results = []
for (const name of names)
  for (const threads of engines[name].threads ? options.threads.split(',').map(Number) : [1])
    try {
      results.push(await measure(name, threads))
    } catch (error) {
      console.error(`${name} is left out: ${String(error.message).slice(0, 200)}`)
      break
    }

const title = ({ name, threads }) => `${name} ×${threads}`
const shown = time => (time === null ? '–' : time < 100 ? time.toFixed(1) : time.toFixed(0))
const row = cells => `| ${cells.join(' | ')} |`
console.log(row(['query, ms', ...results.map(title)]))
console.log(row(['--:', ...results.map(() => '--:')]))
for (let at = 0; at < 43; at++)
  if (results.some(({ times }) => times[at] !== null))
    console.log(row([at + 1, ...results.map(({ times }) => shown(times[at]))]))
console.log(row(['sum', ...results.map(({ times }) => shown(times.reduce((sum, time) => sum + (time ?? 0), 0)))]))

/** ClickBench's measure: the geometric mean of (time + 10 ms) ratios, over the queries that both answer. */
function geomean(one, base) {
  const logs = one.times.flatMap((time, at) =>
    time === null || base.times[at] === null ? [] : [Math.log((time + 10) / (base.times[at] + 10))],
  )
  return logs.length === 0 ? Number.NaN : Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length)
}
console.log('\nGeometric mean of (t + 10 ms) ratios, row over column: below 1 the row is faster.\n')
console.log(row(['', ...results.map(title)]))
console.log(row(['---', ...results.map(() => '--:')]))
for (const one of results) console.log(row([title(one), ...results.map(base => geomean(one, base).toFixed(2))]))
console.log(`\n${results.map(({ name, threads, version }) => `${name} ×${threads}: ${version}`).join('; ')}`)
if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`)
