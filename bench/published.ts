import fs from 'node:fs'
import { nodePlatform } from '../adapters/node/platform.ts'
import { createEngine, type GranaryEngine } from '../runtime/engine/engine.ts'
import type { GetOptions, ObjectStore, StoredObject } from '../runtime/storage/objectStore.ts'
import { DirectoryStore } from '../runtime/storage/stores/directory.ts'

const [directory] = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const latencyMs = option('latency', 20)
/** Megabytes a second, of each request. */
const bandwidth = option('bandwidth', 50)

/** Adds latency and counts. A step is a request that was sent after the answer to another had come. */
class FarStore {
  requests = 0
  bytes = 0
  steps = 0
  #level = 0
  readonly can: ObjectStore['can']

  constructor(readonly inner: ObjectStore) {
    this.can = inner.can
  }

  reset(): void {
    this.requests = 0
    this.bytes = 0
    this.steps = 0
    this.#level = 0
  }

  async #far<T extends StoredObject | null | 'same'>(call: () => Promise<T>): Promise<T> {
    this.requests++
    const level = this.#level + 1
    const answer = await call()
    const size = answer && answer !== 'same' ? answer.bytes.length : 0
    this.bytes += size
    const wait = latencyMs + size / bandwidth / 1000
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
    this.steps = Math.max(this.steps, level)
    this.#level = Math.max(this.#level, level)
    return answer
  }

  get = (key: string, options?: GetOptions) => this.#far(() => this.inner.get(key, options))
  getIfChanged = (key: string, etag: string) => this.#far(() => this.inner.getIfChanged(key, etag))
}

const core = new WebAssembly.Module(fs.readFileSync('dist/core/core.wasm'))

async function open(fetchesMax: number) {
  const platform = nodePlatform({ core, threads: 0, logLevel: 'error' })
  const disk = await platform.openDisk(directory)
  const store = new FarStore(new DirectoryStore(disk))
  const engine = await createEngine(
    { ...platform, openStore: async () => store as unknown as ObjectStore },
    { published: { 'default.hits': 'far' }, fetchesMax },
  )
  return { engine, store }
}

async function ask(engine: GranaryEngine, query: string): Promise<string> {
  const { body } = await engine.execute({
    query,
    body: null,
    settings: { max_threads: '1' },
    parameters: {},
    user: 'default',
    readonly: 0,
    signal: new AbortController().signal,
    client: { interface: 'local', address: '', userAgent: '' },
  })
  return body ? await new Response(body).text() : ''
}

const { engine: first } = await open(6)
const [counter, date, user, time] = (
  await ask(first, 'SELECT CounterID, EventDate, UserID, toUnixTimestamp(EventTime) FROM hits LIMIT 1 OFFSET 500000')
)
  .trim()
  .split('\t')
await first.close()
const key = `CounterID = ${counter} AND EventDate = '${date}' AND UserID = ${user} AND EventTime = toDateTime(${time})`
const queries: [name: string, sql: string][] = [
  ['point look-up, 2 columns', `SELECT URL, Title FROM hits WHERE ${key}`],
  ['point look-up, all columns', `SELECT * FROM hits WHERE ${key}`],
  ['count of one key', `SELECT count(), uniq(UserID) FROM hits WHERE CounterID = ${counter}`],
  ['LIMIT 10', 'SELECT UserID, URL FROM hits LIMIT 10'],
  [
    'newest 10 of a rare value',
    "SELECT EventTime, URL FROM hits WHERE URL LIKE '%google%' ORDER BY EventTime LIMIT 10",
  ],
  ['scan of one column', 'SELECT sum(AdvEngineID), avg(ResolutionWidth) FROM hits'],
  ['top users', 'SELECT UserID, count() FROM hits GROUP BY UserID ORDER BY count() DESC LIMIT 10'],
]
console.log(
  `latency ${latencyMs} ms, ${bandwidth} MB/s each request; cold: with a new engine that has read the manifest`,
)
console.log('query | steps | requests cold | MB | ms | warm: requests | ms')
for (const [name, sql] of queries) {
  const wide = await open(1e9)
  wide.store.reset()
  await ask(wide.engine, sql)
  const { steps } = wide.store
  await wide.engine.close()
  const { engine, store } = await open(6)
  store.reset()
  let at = performance.now()
  await ask(engine, sql)
  const cold = { requests: store.requests, bytes: store.bytes, ms: performance.now() - at }
  store.reset()
  at = performance.now()
  await ask(engine, sql)
  const ms = performance.now() - at
  console.log(
    `${name} | ${steps} | ${cold.requests} | ${(cold.bytes / 1e6).toFixed(2)} | ${cold.ms.toFixed(0)} | ${store.requests} | ${ms.toFixed(0)}`,
  )
  await engine.close()
}
