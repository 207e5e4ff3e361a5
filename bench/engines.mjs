// What is measured: one small interface over each engine.
//   open({ data, threads }) -> { version(), load(file), run(sql), close() }; `data` is the engine's own directory.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const peers = process.env['BENCH_PEERS'] ?? path.join(here, 'peers')
const peer = name => createRequire(path.join(path.resolve(peers), 'package.json'))(name)
const sqlOf = file =>
  fs
    .readFileSync(path.join(here, 'queries', file), 'utf8')
    .split('\n')
    .filter(line => !line.startsWith('--'))
    .join('\n')

/** One query a line. */
export const readQueries = file =>
  sqlOf(file)
    .split('\n')
    .map(line => line.trim().replace(/;$/, ''))
    .filter(line => line !== '')

/** Any server that speaks ClickHouse's HTTP. */
function overHttp(url, settings, stop) {
  const agent = new http.Agent({ keepAlive: true })
  const post = (parameters, body) =>
    new Promise((resolve, reject) => {
      const target = new URL(url)
      for (const [name, value] of Object.entries({ ...settings, ...parameters })) target.searchParams.set(name, value)
      const headers = typeof body === 'string' ? { 'Content-Length': Buffer.byteLength(body) } : {}
      const request = http.request(target, { method: 'POST', agent, headers }, response => {
        const pieces = []
        response.on('data', piece => pieces.push(piece))
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString()
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(text.slice(0, 300)))
        })
      })
      request.on('error', reject)
      if (typeof body === 'string') request.end(body)
      else body.pipe(request)
    })
  return {
    version: async () => (await post({}, 'SELECT version()')).trim(),
    isLoaded: () =>
      post({}, 'SELECT count() FROM hits').then(
        text => Number(text) > 0,
        () => false,
      ),
    async load(file) {
      await post({}, sqlOf('hits-clickhouse.sql'))
      await post(
        { query: 'INSERT INTO hits FORMAT TabSeparated' },
        fs.createReadStream(file, { highWaterMark: 1 << 20 }),
      )
      await post({}, 'OPTIMIZE TABLE hits FINAL')
    },
    run: sql => post({}, `${sql} FORMAT TabSeparated`),
    async close() {
      agent.destroy()
      await stop()
    },
  }
}

async function ended(child) {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await new Promise(resolve => child.on('close', resolve))
}

/** On a runtime: this Node, or one that is installed below test/runtimes. */
export async function startGranary(data, options = [], runtime = 'node') {
  const program = path.resolve(here, '../dist', runtime === 'node24' ? 'node' : runtime, 'cli.js')
  const installed = runtime === 'node24' ? 'node' : runtime
  const command =
    runtime === 'node' ? process.execPath : path.resolve(here, '../test/runtimes/node_modules/.bin', installed)
  const first = runtime === 'deno' ? ['run', '--allow-all'] : []
  const child = spawn(command, [...first, program, 'server', '--path', data, '--http-port', '0', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const url = await new Promise((resolve, reject) => {
    let log = ''
    child.stderr.on('data', bytes => {
      log += bytes
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(log)
      if (found) resolve(found[0])
    })
    child.on('close', () => reject(new Error(`Granary does not start: ${log}`)))
  })
  return { child, url }
}

const granary =
  runtime =>
  async ({ data, threads }) => {
    const { child, url } = await startGranary(data, [], runtime)
    const engine = overHttp(url, { max_threads: threads }, () => ended(child))
    return { ...engine, version: async () => `${await engine.version()} on ${runtime}` }
  }

/** Debian's clickhouse-server, with a configuration of its own below the data directory. */
async function clickhouse18({ data, threads }) {
  if (spawnSync('clickhouse-server', ['--version']).error) throw new Error('clickhouse-server is not installed')
  const port = 18123
  fs.mkdirSync(data, { recursive: true })
  const directory = name => `${path.join(path.resolve(data), name)}/`
  fs.writeFileSync(
    path.join(data, 'config.xml'),
    `<yandex><logger><level>warning</level><log>${directory('.')}server.log</log></logger>
     <http_port>${port}</http_port><tcp_port>${port + 1}</tcp_port><interserver_http_port>${port + 2}</interserver_http_port>
     <listen_host>127.0.0.1</listen_host><path>${directory('data')}</path><tmp_path>${directory('tmp')}</tmp_path>
     <mark_cache_size>5368709120</mark_cache_size><uncompressed_cache_size>8589934592</uncompressed_cache_size>
     <users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
     <timezone>UTC</timezone></yandex>`,
  )
  fs.writeFileSync(
    path.join(data, 'users.xml'),
    `<yandex><profiles><default><max_memory_usage>16000000000</max_memory_usage></default></profiles>
     <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
     <quotas><default/></quotas></yandex>`,
  )
  const child = spawn('clickhouse-server', ['--config-file=config.xml'], { cwd: data, stdio: 'ignore' })
  const engine = overHttp(`http://127.0.0.1:${port}/`, { max_threads: threads }, () => ended(child))
  for (let waited = 0; ; waited += 100) {
    const isUp = await engine.version().then(
      () => true,
      () => false,
    )
    if (isUp) return engine
    if (waited > 30_000 || child.exitCode !== null) throw new Error('clickhouse-server does not start')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

async function chdb({ data, threads }) {
  const { Session } = peer('chdb')
  const session = new Session(data)
  const text = sql => session.query(sql, 'TabSeparated').trim()
  session.query('CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic')
  session.query('USE bench')
  session.query(`SET max_threads = ${threads}, session_timezone = 'UTC'`)
  return {
    version: async () => text('SELECT version()'),
    isLoaded: async () => text("SELECT count() FROM system.parts WHERE active AND table = 'hits'") !== '0',
    async load(file) {
      session.query(sqlOf('hits-clickhouse.sql'))
      const columns = text(
        "SELECT arrayStringConcat(groupArray(name || ' ' || type), ', ') FROM (SELECT name, type FROM system.columns WHERE table = 'hits' AND database = 'bench' ORDER BY position)",
      )
      session.query(`INSERT INTO hits SELECT * FROM file('${path.resolve(file)}', 'TabSeparated', '${columns}')`)
      session.query('OPTIMIZE TABLE hits FINAL')
    },
    run: async sql => session.query(sql, 'TabSeparated'),
    close: async () => session.close(),
  }
}

const duckCopy = file =>
  `COPY hits FROM '${file}' (FORMAT CSV, DELIM '\t', QUOTE '', ESCAPE '', HEADER false, NULLSTR '\\N', AUTO_DETECT false)`

async function duckdb({ data, threads }) {
  const { DuckDBInstance, version } = peer('@duckdb/node-api')
  fs.mkdirSync(data, { recursive: true })
  const instance = await DuckDBInstance.create(path.join(data, 'hits.duckdb'), { threads: String(threads) })
  const connection = await instance.connect()
  return {
    version: async () => version(),
    isLoaded: () =>
      connection.run('SELECT 1 FROM hits LIMIT 1').then(
        () => true,
        () => false,
      ),
    async load(file) {
      await connection.run(sqlOf('hits-duckdb.sql'))
      await connection.run(duckCopy(path.resolve(file)))
      await connection.run('CHECKPOINT')
    },
    run: async sql => (await connection.runAndReadAll(sql)).getRowsJson(),
    async close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** One thread: Node has no build with more. */
async function duckdbWasm({ data }) {
  const duck = peer('@duckdb/duckdb-wasm/dist/duckdb-node-blocking.cjs')
  const dist = path.join(path.resolve(peers), 'node_modules/@duckdb/duckdb-wasm/dist')
  const bundle = kind => ({ mainModule: path.join(dist, `duckdb-${kind}.wasm`), mainWorker: '' })
  const database = await duck.createDuckDB(
    { mvp: bundle('mvp'), eh: bundle('eh') },
    new duck.VoidLogger(),
    duck.NODE_RUNTIME,
  )
  await database.instantiate(() => {})
  fs.mkdirSync(data, { recursive: true })
  database.open({ path: path.join(data, 'hits.duckdb'), accessMode: duck.DuckDBAccessMode.READ_WRITE })
  const connection = database.connect()
  return {
    version: async () => database.getVersion(),
    async isLoaded() {
      try {
        connection.query('SELECT 1 FROM hits LIMIT 1')
        return true
      } catch {
        return false
      }
    },
    async load(file) {
      connection.query(sqlOf('hits-duckdb.sql'))
      database.registerFileURL('load.tsv', path.resolve(file), duck.DuckDBDataProtocol.NODE_FS, false)
      connection.query(duckCopy('load.tsv'))
      connection.query('CHECKPOINT')
    },
    run: async sql => connection.query(sql).toArray(),
    close: async () => connection.close(),
  }
}

/** By name: how it is opened, which file has its queries, and whether it has threads. */
export const engines = {
  granary: { open: granary('node'), queries: 'clickbench.sql', threads: true },
  // The same directory as granary's, served by other runtimes.
  'granary-node24': { open: granary('node24'), data: 'granary', queries: 'clickbench.sql', threads: true },
  'granary-deno': { open: granary('deno'), data: 'granary', queries: 'clickbench.sql', threads: true },
  'granary-bun': { open: granary('bun'), data: 'granary', queries: 'clickbench.sql', threads: true },
  chdb: { open: chdb, queries: 'clickbench.sql', threads: true },
  'clickhouse-18.16': { open: clickhouse18, queries: 'clickbench-18.16.sql', threads: true },
  duckdb: { open: duckdb, queries: 'clickbench-duckdb.sql', threads: true },
  'duckdb-wasm': { open: duckdbWasm, queries: 'clickbench-duckdb.sql', threads: false },
}
