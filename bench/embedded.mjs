// One embedded database in a process of its own, measured from nothing: import, open, the first answer, a GROUP BY of a million rows.
// bench/footprint.mjs starts it under each runtime: embedded.mjs ENGINE PATH. Prints one line of JSON: milliseconds and bytes.
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [engine, place] = process.argv.slice(2)
const started = performance.now()
const now = () => Math.round((performance.now() - started) * 10) / 10
const file = name => pathToFileURL(path.join(place, name)).href
const require = createRequire(path.join(place, 'package.json'))
const grouping = 'SELECT number % 1000 AS k, count(), sum(number) FROM numbers(1000000) GROUP BY k ORDER BY k LIMIT 1'

/** Each gives, once imported, a function that opens, which gives one that asks and resolves to text. */
const engines = {
  async granary() {
    const { open } = await import(file('index.js'))
    return async () => {
      const db = await open()
      return async sql => Object.values((await db.query(sql))[0]).join('\t')
    }
  },
  async chdb() {
    const { query } = require('chdb')
    return async () => async sql => query(sql, 'TabSeparated')
  },
  async 'chdb-wasm'() {
    const { AsyncChdb } = await import(file('node_modules/chdb-wasm/dist/index.js'))
    return async () => {
      const db = await AsyncChdb.create({ moduleUrl: file('node_modules/chdb-wasm/dist/st/chdb.mjs') })
      return async sql => (await db.query(sql, 'TabSeparated')).text()
    }
  },
  async 'chdb-cloudflare'() {
    const { AsyncChdb } = await import(file('node_modules/chdb-cloudflare/dist/index.js'))
    return async () => {
      const db = await AsyncChdb.create({ moduleUrl: file('node_modules/chdb-cloudflare/dist/chdb.mjs') })
      return async sql => (await db.query(sql, 'TabSeparated')).text()
    }
  },
  async 'duckdb-wasm'() {
    const duck = require('@duckdb/duckdb-wasm/dist/duckdb-node-blocking.cjs')
    return async () => {
      const bundle = kind => ({
        mainModule: path.join(place, `node_modules/@duckdb/duckdb-wasm/dist/duckdb-${kind}.wasm`),
        mainWorker: '',
      })
      const database = await duck.createDuckDB(
        { mvp: bundle('mvp'), eh: bundle('eh') },
        new duck.VoidLogger(),
        duck.NODE_RUNTIME,
      )
      await database.instantiate(() => {})
      const connection = database.connect()
      return async sql =>
        String(connection.query(sql.replaceAll(/\bnumber\b/g, 'range').replace('numbers(', 'range(')).batches[0].get(0))
    }
  },
}

const open = await engines[engine]()
const imported = now()
const ask = await await open()
const opened = now()
await ask('SELECT 1')
const first = now()
const idle = process.memoryUsage.rss()
const answer = await ask(grouping)
const grouped = now() - first
console.log(
  JSON.stringify({
    imported,
    opened,
    first,
    idle,
    grouped,
    after: process.memoryUsage.rss(),
    answer: String(answer).trim(),
  }),
)
process.exit(0)
