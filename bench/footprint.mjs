// What Granary costs before it does anything: node bench/footprint.mjs [DATA DIRECTORY with a hits table]. Needs the built program.
// Then, as a library: its size, start and memory on each runtime, beside its peers (npm install in bench/peers, or in $BENCH_PEERS);
// what is not installed is shown as missing. Node 24, Deno and Bun are those of test/runtimes.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { fileURLToPath } from 'node:url'
import { startGranary } from './engines.mjs'

const dist = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../dist')
const data = process.argv[2]
const kb = bytes => `${(bytes / 1024).toFixed(0)} KB`
const rows = []

const core = fs.readFileSync(path.join(dist, 'core/core.wasm'))
rows.push(['core.wasm', kb(core.length)], ['core.wasm, gzip -9', kb(zlib.gzipSync(core, { level: 9 }).length)])
// What Node loads; the other runtimes' own files are a few lines each.
const scripts = ['node', 'chunks'].flatMap(folder =>
  fs
    .readdirSync(path.join(dist, folder))
    .flatMap(name => (name.endsWith('.js') ? [path.join(dist, folder, name)] : [])),
)
const texts = scripts.map(file => fs.readFileSync(file))
rows.push(['JavaScript, gzip -9', kb(texts.reduce((sum, text) => sum + zlib.gzipSync(text, { level: 9 }).length, 0))])

const median = list => list.sort((a, b) => a - b)[list.length >> 1]
const timed = (times, run) =>
  median(
    Array.from({ length: times }, () => {
      const started = performance.now()
      run()
      return performance.now() - started
    }),
  )
const module = new WebAssembly.Module(core)
const imports = Object.fromEntries(WebAssembly.Module.imports(module).map(({ module: from }) => [from, {}]))
for (const { module: from, name, kind } of WebAssembly.Module.imports(module))
  imports[from][name] = kind === 'memory' ? new WebAssembly.Memory({ initial: 64, maximum: 32768 }) : () => {}
rows.push(
  ['compile the core', `${timed(5, () => new WebAssembly.Module(core)).toFixed(1)} ms`],
  ['instantiate it', `${timed(21, () => new WebAssembly.Instance(module, imports)).toFixed(2)} ms`],
)

const resident = pid => {
  const status = fs.existsSync(`/proc/${pid}/status`) ? fs.readFileSync(`/proc/${pid}/status`, 'latin1') : ''
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN)
  return `${(kilobytes / 1024).toFixed(0)} MB`
}
const directory = data ?? fs.mkdtempSync('granary-footprint-')
const started = performance.now()
const { child, url } = await startGranary(directory)
const ask = async sql => {
  const response = await fetch(url, { method: 'POST', body: sql })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}
try {
  rows.push([
    data ? 'open the directory, to serving' : 'start, to serving',
    `${(performance.now() - started).toFixed(0)} ms`,
  ])
  await ask('SELECT 1')
  rows.push(['start, to the first answer', `${(performance.now() - started).toFixed(0)} ms`])
  rows.push(['resident, idle', resident(child.pid)])
  if (data) {
    // Workers warm up for a second or two.
    await new Promise(resolve => setTimeout(resolve, 3000))
    const keys = (await ask('SELECT CounterID, EventDate, UserID FROM hits LIMIT 200 OFFSET 100000')).trim().split('\n')
    const times = []
    for (const key of keys) {
      const [counter, date, user] = key.split('\t')
      const from = performance.now()
      await ask(
        `SELECT URL, Title FROM hits WHERE CounterID = ${counter} AND EventDate = '${date}' AND UserID = ${user}`,
      )
      times.push(performance.now() - from)
    }
    times.sort((a, b) => a - b)
    rows.push(['point look-up over HTTP, p50', `${times[times.length >> 1].toFixed(2)} ms`])
    rows.push(['point look-up over HTTP, p99', `${times[Math.floor(times.length * 0.99)].toFixed(2)} ms`])
    rows.push(['resident after look-ups', resident(child.pid)])
  }
} finally {
  const ended = new Promise(resolve => child.on('close', resolve))
  child.kill('SIGTERM')
  await ended
  if (!data) fs.rmSync(directory, { recursive: true, force: true })
}
console.log(['| what | figure |', '|---|--:|', ...rows.map(([what, figure]) => `| ${what} | ${figure} |`)].join('\n'))

const root = path.resolve(dist, '..')
const peers = path.resolve(process.env['BENCH_PEERS'] ?? path.join(root, 'bench/peers'))
const runtimes = path.join(process.env['BENCH_RUNTIMES'] ?? path.join(root, 'test/runtimes'), 'node_modules/.bin')
const node24 = path.join(runtimes, 'node')
const script = path.join(root, 'bench/embedded.mjs')

const modules = path.join(peers, 'node_modules')
const nodeFiles = [...filesBelow(path.join(dist, 'chunks')), path.join(dist, 'core/core.wasm')].filter(
  file => !file.endsWith('.map'),
)
const browserFiles = [...filesBelow(path.join(dist, 'browser')), path.join(dist, 'core/core.wasm')]
const engines = [
  ['Granary, Node 20', process.execPath, [], 'granary', path.join(dist, 'node'), nodeFiles],
  ['Granary, Node 24', node24, [], 'granary', path.join(dist, 'node'), nodeFiles],
  ['Granary, Deno', path.join(runtimes, 'deno'), ['run', '--allow-all'], 'granary', path.join(dist, 'deno'), nodeFiles],
  ['Granary, Bun', path.join(runtimes, 'bun'), ['run'], 'granary', path.join(dist, 'bun'), nodeFiles],
  ['Granary, browser bundle', null, [], 'granary', '', browserFiles],
  ['chdb-wasm, Node 24', node24, [], 'chdb-wasm', peers, ['chdb-wasm/dist/st/chdb.wasm', 'chdb-wasm/dist/st/chdb.mjs']],
  [
    'chdb-cloudflare, Node 24',
    node24,
    ['--experimental-wasm-jspi'],
    'chdb-cloudflare',
    peers,
    ['chdb-cloudflare/dist/chdb.wasm', 'chdb-cloudflare/dist/chdb.mjs'],
  ],
  [
    'duckdb-wasm, Node 20',
    process.execPath,
    [],
    'duckdb-wasm',
    peers,
    ['@duckdb/duckdb-wasm/dist/duckdb-eh.wasm', '@duckdb/duckdb-wasm/dist/duckdb-node-blocking.cjs'],
  ],
  ['chdb (native), Node 20', process.execPath, [], 'chdb', peers, ['@chdb/lib-linux-x64-gnu/libchdb.so']],
]

function filesBelow(directory) {
  if (!fs.existsSync(directory)) return []
  return fs.readdirSync(directory).map(name => path.join(directory, name))
}

const mb = bytes => (bytes >= 10 * 2 ** 20 ? `${Math.round(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 20).toFixed(2)} MB`)
const ms = value => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`
console.log()
console.log(
  '| as a library | loaded | gzip | import | open | first answer | GROUP BY of 1M rows | resident | after the GROUP BY |',
)
console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|')
for (const [name, runtime, flags, engine, place, files] of engines) {
  const found = files.map(file => path.resolve(modules, file)).filter(file => fs.existsSync(file))
  const texts = found.map(file => fs.readFileSync(file))
  const sizes = [
    mb(texts.reduce((sum, text) => sum + text.length, 0)),
    mb(texts.reduce((sum, text) => sum + zlib.gzipSync(text, { level: 6 }).length, 0)),
  ]
  if (found.length === 0 || (runtime && !fs.existsSync(runtime))) {
    const what =
      found.length > 0 ? 'npm ci in test/runtimes' : place === peers ? 'npm install in bench/peers' : 'npm run build'
    console.log(`| ${name} | missing: ${what} |`)
    continue
  }
  if (runtime === null) {
    console.log(`| ${name} | ${sizes.join(' | ')} |`)
    continue
  }
  const runs = Array.from({ length: 3 }, () =>
    spawnSync(runtime, [...flags, script, engine, place], { encoding: 'utf8' }),
  )
  const lines = runs.map(({ stdout }) => stdout.trim().split('\n').pop())
  if (runs.some(({ status }) => status !== 0)) {
    console.log(`| ${name} | ${sizes.join(' | ')} | failed: ${runs[0].stderr.trim().split('\n').pop()} |`)
    continue
  }
  const figures = lines.map(line => JSON.parse(line))
  const middle = key => median(figures.map(figure => figure[key]))
  const times = ['imported', 'opened', 'first', 'grouped'].map(key => ms(middle(key)))
  console.log(`| ${name} | ${[...sizes, ...times, mb(middle('idle')), mb(middle('after'))].join(' | ')} |`)
}

if (fs.existsSync(path.join(root, 'test/edge/node_modules/miniflare'))) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [path.join(root, 'bench/edgeFootprint.mjs')], {
    encoding: 'utf8',
    cwd: root,
  })
  const name = 'Granary, a Worker in workerd (first answer: of a cold isolate)'
  if (status === 0) {
    const { bytes, gzip, opened, first, grouped, idle, after } = JSON.parse(stdout.trim().split('\n').pop())
    const cells = [mb(bytes), mb(gzip), '', ms(opened), ms(first), ms(grouped), mb(idle), mb(after)]
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  } else console.log(`| ${name} | failed: ${stderr.trim().split('\n').pop()} |`)
} else console.log('| Granary, a Worker in workerd | missing: npm ci in test/edge |')
