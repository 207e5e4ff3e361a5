// What Granary costs before it does anything: node bench/footprint.mjs [DATA DIRECTORY with a hits table]. Needs the built program.
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
