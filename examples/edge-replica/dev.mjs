// The replica on this machine, in a real workerd: npm run example:edge [-- --path DIRECTORY --table DATABASE.TABLE --port PORT]
// Publishes the table, puts it into miniflare's R2 as `granary publish --to s3://…` would into a real one, and serves it as `hits`.
// Without a directory the table is a small one that is made up. Needs `npm ci --prefix test/edge`, which brings miniflare.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { spawnSync } from 'node:child_process'
import { build } from 'esbuild'
import { workerOptions } from '../../build/edge.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')
const { values } = parseArgs({
  options: {
    path: { type: 'string' },
    table: { type: 'string', default: 'default.hits' },
    port: { type: 'string', default: '8787' },
  },
})
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-edge-'))
process.on('exit', () => fs.rmSync(temporary, { recursive: true, force: true }))

const granary = (...args) => {
  const { status } = spawnSync(process.execPath, [path.join(root, 'dist/cli.js'), ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
let directory = values.path
if (!directory) {
  directory = path.join(temporary, 'data')
  const made = `CREATE TABLE hits (at DateTime, page LowCardinality(String), ms UInt32) ENGINE = MergeTree ORDER BY (page, at);
    INSERT INTO hits SELECT toDateTime('2026-01-01 00:00:00') + number, concat('/page/', toString(number % 20)),
      number * 7919 % 1000 FROM numbers(100000)`
  granary('local', '--path', directory, '--query', made)
}
const published = path.join(temporary, 'published')
granary('publish', '--path', directory, '--table', values.table, '--to', published)

const { Miniflare } = createRequire(path.join(root, 'test/edge/package.json'))('miniflare')
const core = fs.readFileSync(path.join(root, 'dist/core/core.wasm'))
await build({
  ...workerOptions,
  entryPoints: [path.join(here, 'worker.js')],
  outfile: path.join(temporary, 'worker.js'),
  minify: true,
})
const miniflare = new Miniflare({
  compatibilityDate: '2026-04-01',
  compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
  port: Number(values.port),
  host: '127.0.0.1',
  modules: [
    { type: 'ESModule', path: 'worker.js', contents: fs.readFileSync(path.join(temporary, 'worker.js'), 'utf8') },
    { type: 'CompiledWasm', path: 'granary/core.wasm', contents: core },
  ],
  r2Buckets: ['BUCKET'],
})
const bucket = await miniflare.getR2Bucket('BUCKET')
for (const name of fs.readdirSync(published, { recursive: true })) {
  const file = path.join(published, name)
  if (fs.statSync(file).isFile())
    await bucket.put(`hits/${name.split(path.sep).join('/')}`, new Uint8Array(fs.readFileSync(file)))
}
const url = await miniflare.ready
console.log(`${values.table} is served as hits. Ask it, for example:
  curl '${url}' --data-binary 'SELECT count() FROM hits'
Ctrl-C ends it.`)
process.on('SIGINT', () => void miniflare.dispose().then(() => process.exit(0)))
process.on('SIGTERM', () => void miniflare.dispose().then(() => process.exit(0)))
