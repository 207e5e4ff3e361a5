// Tables that are read where they are published.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DBError } from '../../runtime/core/errors.ts'
import { publishTable } from '../../runtime/engine/publishTable.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import type { GetOptions, ObjectStore } from '../../runtime/storage/objectStore.ts'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'
import { platformHere } from '../platform/here.ts'
import { answersOf, engineOn, replicaOf } from './tables.ts'

const table = { database: 'default', table: 't' }

async function publisher(...statements: string[]) {
  const { engine, clock } = await engineOn()
  await answersOf(engine, ...statements)
  const disk = new MemoryDisk(() => clock.now++)
  const target = new DirectoryStore(disk)
  const publish = (name = 't', keepSeconds = 3600) =>
    publishTable(engine, { ...table, table: name }, target, { keepSeconds })
  return { engine, clock, disk, target, publish, run: (...more: string[]) => answersOf(engine, ...more) }
}

const kinds = `k UInt32, d Date, n Nullable(Int64), l LowCardinality(String), a Array(UInt16), m Map(String, UInt8),
  p Tuple(x UInt8, y String), w Decimal(38, 5), g AggregateFunction(uniq, UInt32), z Float64 DEFAULT k / 2, c UInt32 ALIAS k * 2`
const rows = `SELECT number, toDate('2026-01-01') + number % 100, if(number % 7 = 0, NULL, number), toString(number % 10),
  range(number % 5), map('a', number % 3), (number % 4, toString(number)), number / 3,
  arrayReduce('uniqState', [toUInt32(number)]), number FROM numbers(3000)`
const questions = [
  "SELECT count(), sum(k), min(d), max(n), uniq(l), sum(length(a)), sum(m['a']), max(p.2), sum(w), uniqMerge(g), sum(z), sum(c) FROM t",
  'SELECT * FROM t WHERE k = 2321',
  "SELECT l, count() FROM t WHERE d >= '2026-03-01' GROUP BY l ORDER BY l",
  'SELECT k, a FROM t ORDER BY k DESC LIMIT 3',
  'SELECT k FROM t WHERE k IN (1, 77, 2999) ORDER BY k',
  "SELECT count() FROM t WHERE l = '3' AND n IS NULL",
]

test('a published table answers as the one that it was published from', async () => {
  for (const settings of ['index_granularity = 128', 'index_granularity = 100']) {
    const source = await publisher(
      `CREATE TABLE t (${kinds}) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY (l, k) SETTINGS ${settings}`,
      `INSERT INTO t (k, d, n, l, a, m, p, w, g, z) ${rows}`,
      `INSERT INTO t (k, d, n, l, a, m, p, w, g, z) ${rows.replace('numbers(3000)', 'numbers(100, 50)')}`,
    )
    await source.publish()
    const replica = await replicaOf(source.target)
    assert.deepEqual(await answersOf(replica, ...questions), await source.run(...questions))
    // Rows that were deleted lightly stay deleted.
    await source.run('DELETE FROM t WHERE k % 2 = 0')
    await source.publish()
    assert.deepEqual(await answersOf(replica, ...questions), await source.run(...questions))
    await replica.close()
  }
})

test('families answer with FINAL, and columns follow the manifest', async () => {
  const source = await publisher(
    'CREATE TABLE t (k UInt8, v UInt8) ENGINE = ReplacingMergeTree(v) ORDER BY k',
    'SYSTEM STOP MERGES t',
    'INSERT INTO t VALUES (1, 1), (2, 1)',
    'INSERT INTO t VALUES (1, 2)',
    'CREATE TABLE s (k UInt8, v AggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree ORDER BY k',
  )
  await source.publish()
  const replica = await replicaOf(source.target)
  const ask = async (sql: string) => (await answersOf(replica, sql))[0]
  assert.equal(await ask('SELECT * FROM t FINAL ORDER BY k'), '1\t2\n2\t1\n')
  assert.equal(await ask('SELECT count() FROM t'), '3\n')
  await source.run('ALTER TABLE t ADD COLUMN w String DEFAULT toString(v)')
  await source.publish()
  assert.equal(await ask('SELECT * FROM t FINAL ORDER BY k'), '1\t2\t2\n2\t1\t1\n')
  assert.equal(await ask("SELECT name, default_kind FROM system.columns WHERE table = 't'"), 'k\t\nv\t\nw\tDEFAULT\n')
  assert.match(await ask('DESCRIBE t'), /^k\tUInt8.*\nv\tUInt8.*\nw\tString/)
  await replica.close()
})

test('what is not read is refused, and what is shown is right', async () => {
  const source = await publisher(
    'CREATE TABLE t (k UInt8, d Date) ENGINE = MergeTree PARTITION BY d ORDER BY k',
    "INSERT INTO t VALUES (1, '2026-01-01'), (2, '2026-01-02')",
  )
  await source.publish()
  const replica = await replicaOf(source.target)
  const ask = async (sql: string) => (await answersOf(replica, sql))[0]
  for (const sql of [
    'INSERT INTO t VALUES (3, today())',
    'ALTER TABLE t ADD COLUMN x UInt8',
    'ALTER TABLE t DELETE WHERE k = 1',
    "ALTER TABLE t DROP PARTITION '2026-01-01'",
    'DELETE FROM t WHERE k = 1',
    'OPTIMIZE TABLE t',
    'TRUNCATE TABLE t',
  ])
    assert.equal(await ask(sql), 'Code: 242\n', sql)
  assert.equal(
    await ask('SHOW CREATE TABLE t FORMAT TSVRaw'),
    "CREATE TABLE default.t\n(\n    `k` UInt8,\n    `d` Date\n)\nENGINE = Published('here')\n",
  )
  assert.equal(
    await ask("SELECT engine, partition_key, sorting_key, total_rows FROM system.tables WHERE name = 't'"),
    'Published\td\tk\t2\n',
  )
  assert.equal(
    await ask("SELECT name, partition, rows FROM system.parts WHERE table = 't' ORDER BY name"),
    '20260101_1_1_0\t2026-01-01\t1\n20260102_2_2_0\t2026-01-02\t1\n',
  )
  assert.equal(await ask("CREATE TABLE u ENGINE = Published('here')"), '')
  assert.equal(await ask('SELECT sum(k) FROM u'), '3\n')
  assert.equal(await ask("CREATE TABLE v (x UInt8) ENGINE = Published('here')"), 'Code: 36\n')
  assert.equal(await ask('CREATE TABLE v ENGINE = Published(1)'), 'Code: 42\n')
  assert.equal(await ask('DROP TABLE u'), '')
  assert.equal(await ask('SELECT sum(k) FROM t'), '3\n')
  await replica.close()
})

test('a query asks for the manifest as often as it is told to', async () => {
  const source = await publisher('CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
  await source.publish()
  const replica = await replicaOf(source.target)
  const count = async (refreshMs: number) =>
    (await answersOf(replica, `SELECT count() FROM t SETTINGS published_refresh_ms = ${refreshMs}`))[0]
  assert.equal(await count(0), '1\n')
  await source.run('INSERT INTO t VALUES (2)')
  await source.publish()
  assert.equal(await count(3_600_000), '1\n')
  assert.equal(await count(0), '2\n')
  assert.deepEqual(await Promise.all([0, 0, 0, 0].map(count)), ['2\n', '2\n', '2\n', '2\n'])
  await replica.close()
})

test('what has changed is seen within the same instant', async () => {
  for (const isolatesRequests of [false, true]) {
    const source = await publisher('CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
    await source.publish()
    let isDown = false
    const store = {
      can: source.target.can,
      get: (key: string, options?: GetOptions) => source.target.get(key, options),
      getIfChanged: async (key: string, etag: string) => {
        if (isDown) throw new DBError('NETWORK_ERROR', 'the line is down')
        return source.target.getIfChanged(key, etag)
      },
    } as unknown as ObjectStore
    const clock = { ...platformHere().clock, monotonic: () => 1000 }
    const replica = await replicaOf(store, { platform: { clock, isolatesRequests } })
    const sum = async (staleMs = 0) =>
      (await answersOf(replica, `SELECT sum(k) FROM t SETTINGS published_stale_ms = ${staleMs}`))[0]
    assert.equal(await sum(), '1\n')
    await source.run('INSERT INTO t VALUES (2)')
    source.clock.now++
    await source.publish()
    isDown = true
    assert.equal(await sum(), 'Code: 210\n')
    assert.equal(await sum(1000), '1\n')
    isDown = false
    assert.equal(await sum(1000), '3\n')
    assert.deepEqual(await Promise.all([sum(), sum(), sum()]), ['3\n', '3\n', '3\n'])
    const files = new Map(source.disk.files)
    source.disk.files.clear()
    assert.equal(await sum(1000), 'Code: 107\n')
    for (const [key, file] of files) source.disk.files.set(key, file)
    assert.equal(await sum(), '3\n')
    await replica.close()
  }
})

test('an answer that comes after that to a later question does not bring an older table back', async () => {
  const source = await publisher('CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
  await source.publish()
  let isHeld = false
  let give: (() => void) | null = null
  const store = {
    can: source.target.can,
    get: (key: string, options?: GetOptions) => source.target.get(key, options),
    getIfChanged: async (key: string, etag: string) => {
      const answer = await source.target.getIfChanged(key, etag)
      if (isHeld) await new Promise<void>(resolve => (give = resolve))
      return answer
    },
  } as unknown as ObjectStore
  const replica = await replicaOf(store, { platform: { isolatesRequests: true } })
  const columns = async (sql = 'SELECT * FROM t') => (await answersOf(replica, sql))[0]
  assert.equal(await columns(), '1\n')
  await source.run('ALTER TABLE t ADD COLUMN w UInt8 DEFAULT 8')
  source.clock.now++
  await source.publish()
  isHeld = true
  const early = columns()
  while (give === null) await new Promise(resolve => setTimeout(resolve, 1))
  isHeld = false
  await source.run('ALTER TABLE t ADD COLUMN x UInt8 DEFAULT 9')
  source.clock.now++
  await source.publish()
  assert.equal(await columns(), '1\t8\t9\n')
  ;(give as () => void)()
  assert.equal(await early, '1\t8\t9\n')
  assert.equal(await columns('SELECT * FROM t SETTINGS published_refresh_ms = 3600000'), '1\t8\t9\n')
  await replica.close()
})

test('parts that vanish, a table that vanishes, and both again', async () => {
  const source = await publisher(
    'CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k',
    'SYSTEM STOP MERGES t',
    'INSERT INTO t VALUES (1)',
    'INSERT INTO t VALUES (2)',
  )
  await source.publish()
  const replica = await replicaOf(source.target)
  const sum = async () => (await answersOf(replica, 'SELECT sum(k) FROM t SETTINGS published_refresh_ms = 3600000'))[0]
  // The replica knows the old manifest, whose parts are gone.
  await source.run('SYSTEM START MERGES t', 'OPTIMIZE TABLE t FINAL')
  await source.publish()
  source.clock.now += 1000
  await source.publish('t', 0)
  assert.equal(
    [...source.disk.files.keys()].some(key => key.startsWith('all_1_1_0/')),
    false,
  )
  assert.equal(await sum(), '3\n')

  const files = new Map(source.disk.files)
  source.disk.files.clear()
  const fresh = async () => (await answersOf(replica, 'SELECT sum(k) FROM t SETTINGS published_refresh_ms = 0'))[0]
  assert.equal(await fresh(), 'Code: 107\n')
  assert.equal(await fresh(), 'Code: 107\n')
  for (const [key, file] of files) source.disk.files.set(key, file)
  assert.equal(await fresh(), '3\n')
  await replica.close()
})

test('a table that cannot be reached when the engine starts is asked for by its first query', async () => {
  const source = await publisher('CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
  const replica = await replicaOf(source.target)
  const ask = async () => (await answersOf(replica, 'SELECT sum(k) FROM t'))[0]
  assert.equal(await ask(), 'Code: 107\n')
  await source.publish()
  assert.equal(await ask(), '1\n')
  await replica.close()
})

test('answers do not depend on how much may be kept or fetched ahead', async () => {
  const source = await publisher(
    `CREATE TABLE t (${kinds}) ENGINE = MergeTree PARTITION BY k % 3 ORDER BY (l, k) SETTINGS index_granularity = 128`,
    `INSERT INTO t (k, d, n, l, a, m, p, w, g, z) ${rows}`,
  )
  await source.publish()
  const truth = await source.run(...questions)
  for (const options of [
    { columnCacheBytes: 0, compressedCacheBytes: 0, fetchAheadBytes: 0, marksCacheBytes: 0, fetchesMax: 1 },
    { columnCacheBytes: 0, compressedCacheBytes: 1000, fetchAheadBytes: 5000, marksCacheBytes: 100, fetchesMax: 2 },
    { columnCacheBytes: 50_000, compressedCacheBytes: 20_000, fetchAheadBytes: 1 << 20, marksCacheBytes: 5000 },
  ]) {
    const replica = await replicaOf(source.target, options)
    const twice = [await answersOf(replica, ...questions), await answersOf(replica, ...questions)]
    assert.deepEqual(twice, [truth, truth], JSON.stringify(options))
    assert.deepEqual(await Promise.all(questions.map(async sql => (await answersOf(replica, sql))[0])), truth)
    await replica.close()
  }
})

test('a LIMIT that is reached and a query that is cancelled leave no requests behind', async () => {
  const source = await publisher(
    'CREATE TABLE t (k UInt32, s String) ENGINE = MergeTree ORDER BY k SETTINGS index_granularity = 256',
    'INSERT INTO t SELECT number, randomPrintableASCII(100) FROM numbers(200000)',
  )
  await source.publish()
  let open = 0
  let hangs = 0
  const slow = {
    can: source.target.can,
    getIfChanged: (key: string, etag: string) => source.target.getIfChanged(key, etag),
    get: async (key: string, options: GetOptions = {}) => {
      if (!key.endsWith('.bin')) return source.target.get(key, options)
      open++
      if ((options.start ?? 0) > 8_000_000) hangs++
      try {
        await new Promise((resolve, reject) => {
          // Behind the first segment's strings.
          const timer = setTimeout(resolve, (options.start ?? 0) > 8_000_000 ? 60_000 : 5)
          options.signal?.addEventListener('abort', () => {
            clearTimeout(timer)
            reject(options.signal?.reason)
          })
        })
        return await source.target.get(key, options)
      } finally {
        open--
      }
    },
  } as unknown as ObjectStore
  const replica = await replicaOf(slow)
  const ask = (sql: string) => answersOf(replica, sql)
  assert.equal((await ask('SELECT k FROM t WHERE length(s) = 100 LIMIT 3'))[0], '0\n1\n2\n')
  assert.ok(hangs > 0, 'more was asked for ahead')
  while (open > 0) await new Promise(resolve => setTimeout(resolve, 1))
  const started = performance.now()
  assert.equal((await ask('SELECT sum(length(s)) FROM t SETTINGS max_execution_time = 0.2'))[0], 'Code: 159\n')
  assert.ok(performance.now() - started < 10_000)
  while (open > 0) await new Promise(resolve => setTimeout(resolve, 1))
  await replica.close()
})

test('while the manifest cannot be asked for, the last one is used, as long as it is allowed', async () => {
  const source = await publisher('CREATE TABLE t (k UInt8) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
  await source.publish()
  let fails: (() => Promise<never>) | null = null
  let asked = 0
  const store = {
    can: source.target.can,
    get: (key: string, options?: GetOptions) => source.target.get(key, options),
    getIfChanged: (key: string, etag: string) => {
      asked++
      return fails ? fails() : source.target.getIfChanged(key, etag)
    },
  } as unknown as ObjectStore
  const here = platformHere()
  const warnings: string[] = []
  let laterMs = 0
  let startsTimers = true
  const clock = {
    ...here.clock,
    monotonic: () => here.clock.monotonic() + laterMs,
    // Waits end at once where the test says so.
    after: (ms: number, then: () => void) => here.clock.after(startsTimers ? ms : 0, then),
  }
  const platform = { clock, log: (level: string, text: string) => void (level === 'warning' && warnings.push(text)) }
  const settings = { published_refresh_ms: '1000' }
  const replica = await replicaOf(store, { platform, settings })
  const sum = async (more = '') => (await answersOf(replica, `SELECT sum(k) FROM t ${more}`))[0]
  assert.equal(await sum(), '1\n')
  await source.run('INSERT INTO t VALUES (2)')
  source.clock.now++
  await source.publish()

  const down = async () => {
    throw new DBError('NETWORK_ERROR', 'the line is down')
  }
  fails = down
  laterMs = 5000
  asked = 0
  assert.equal(await sum(), '1\n')
  assert.equal(await sum(), '1\n')
  assert.equal(asked, 1, 'it is not asked for again at once')
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /the line is down; the manifest of 5\.\d seconds ago is used/)
  laterMs = 7000
  assert.deepEqual(await Promise.all([sum(), sum(), sum()]), ['1\n', '1\n', '1\n'])
  // Queries at the same time share a question, unless each request may wait for nothing but its own.
  assert.deepEqual([asked, warnings.length], [replica.platform.isolatesRequests ? 1 + 3 : 1 + 1, 2])
  assert.equal(await sum('SETTINGS published_stale_ms = 0'), 'Code: 210\n')
  assert.equal(await sum('SETTINGS published_stale_ms = 2000'), 'Code: 210\n')
  laterMs = 62_000
  assert.equal(await sum(), 'Code: 210\n')
  // Others are told at once, too.
  laterMs = 30_000
  fails = async () => {
    throw new DBError('S3_ERROR', 'the session token has expired')
  }
  assert.equal(await sum(), '1\n')
  // A manifest that is gone is gone.
  laterMs = 40_000
  fails = async () => null as never
  assert.equal(await sum(), 'Code: 107\n')

  // No answer at all, for longer than is worth waiting.
  laterMs = 50_000
  let answer = () => {}
  fails = () => new Promise<never>((_, reject) => (answer = () => reject(new DBError('SOCKET_TIMEOUT', 'at last'))))
  startsTimers = false
  const awake = setInterval(() => {}, 10) // the engine's timers keep no process up
  assert.equal(await sum(), '1\n')
  clearInterval(awake)
  startsTimers = true
  assert.match(warnings.at(-1) ?? '', /no answer for 2000 ms; the manifest of/)
  answer()
  fails = null
  laterMs = 52_000
  await new Promise(resolve => setTimeout(resolve, 1))
  assert.equal(await sum(), '3\n')
  // Back, and away again: the time counts anew.
  fails = down
  laterMs = 110_000
  assert.equal(await sum(), '3\n')
  await replica.close()
})
