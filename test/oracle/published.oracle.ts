// What Granary publishes, ClickHouse reads as a `plain` disk; and tables of ClickHouse are published from its own data directory.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { publishDirectory, publishTable } from '../../runtime/engine/publishTable.ts'
import { openStore } from '../../runtime/storage/openStore.ts'
import { loadManifest } from '../../runtime/storage/published/publish.ts'
import { coreModule } from '../harness.ts'
import { ask } from '../sql/inProcess.ts'
import { ClickHouse } from './clickhouse.ts'

const clickhouse = new ClickHouse()
const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
const columns = `k UInt32, d Date, n Nullable(Int64), l LowCardinality(String), s String, a Array(UInt16), m Map(String, UInt8),
  p Tuple(x UInt8, y String), w Decimal(38, 5), g AggregateFunction(uniq, UInt32), i Int128`
const rows = `SELECT number, toDate('2026-01-01') + number % 100, if(number % 7 = 0, NULL, number), toString(number % 10),
  if(number % 20 = 0, repeat('x', number % 50), ''), range(number % 5), map('a', number % 3), (number % 4, toString(number)),
  number / 3, arrayReduce('uniqState', [toUInt32(number)]), -toInt128(number) FROM numbers(20000)`
const questions = (table: string) => [
  `SELECT count(), sum(k), min(d), max(n), uniq(l), sum(length(s)), sum(length(a)), sum(m['a']), max(p.2), sum(w), uniqMerge(g), min(i) FROM ${table}`,
  `SELECT * EXCEPT g FROM ${table} WHERE k = 4321`,
  `SELECT l, count() FROM ${table} WHERE d >= '2026-03-01' GROUP BY l ORDER BY l`,
  `SELECT k, s FROM ${table} WHERE l = '7' AND k BETWEEN 100 AND 200 ORDER BY k`,
]

test('ClickHouse attaches what Granary publishes', async () => {
  const engine = await createEngine(platform, { path: path.join(clickhouse.directory, 'granary') })
  await ask(engine, `CREATE TABLE t (${columns}) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY (l, k)`)
  await ask(engine, `INSERT INTO t ${rows}`)
  await ask(engine, `INSERT INTO t ${rows.replace('numbers(20000)', 'numbers(5000, 1000)')}`)
  const target = path.join(clickhouse.directory, 'published')
  const store = await openStore(platform, target)
  for (const [number, change] of ['SELECT 1', 'DELETE FROM t WHERE k % 3 = 0', 'OPTIMIZE TABLE t FINAL'].entries()) {
    await ask(engine, change)
    await publishTable(engine, { database: 'default', table: 't' }, store, { keepSeconds: 0 })
    const loaded = await loadManifest(store, target)
    assert.ok(loaded)
    const create = loaded.manifest.create
      .replace(
        'CREATE TABLE _',
        `ATTACH TABLE d.published${number} UUID '11111111-2222-3333-4444-55555555555${number}'`,
      )
      .trim()
    clickhouse.run(
      `${create}, disk = disk(type = 'object_storage', object_storage_type = 'local', metadata_type = 'plain', path = '${target}/'), table_disk = 1`,
    )
    for (const [i, sql] of questions(`d.published${number}`).entries())
      assert.equal(clickhouse.run(sql), await ask(engine, questions('t')[i]), `${change}: ${sql}`)
  }
  await engine.close()
})

test("ClickHouse's tables are published from its data directory, wide and compact", async () => {
  for (const [name, settings] of [
    ['compact', 'min_bytes_for_wide_part = 1000000000'],
    ['wide', 'min_bytes_for_wide_part = 0, ratio_of_defaults_for_sparse_serialization = 0.5'],
    ['old', 'min_bytes_for_wide_part = 0, index_granularity_bytes = 0, compress_marks = 0, compress_primary_key = 0'],
  ]) {
    clickhouse.run(
      `CREATE TABLE d.${name} (${columns}) ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY (l, k)
        SETTINGS index_granularity = 1000, ${settings}`,
    )
    clickhouse.run(`INSERT INTO d.${name} ${rows}`)
    clickhouse.run(`OPTIMIZE TABLE d.${name} FINAL`)
    const target = path.join(clickhouse.directory, `published-${name}`)
    await publishDirectory(
      platform,
      { path: path.join(clickhouse.directory, 'clickhouse'), database: 'd', table: name },
      await openStore(platform, target),
    )
    assert.ok(fs.existsSync(path.join(target, 'manifest.json')))
    const replica = await createEngine(platform, { published: { t: target } })
    for (const [i, sql] of questions('t').entries())
      assert.equal(await ask(replica, sql), clickhouse.run(questions(`d.${name}`)[i]), `${name}: ${sql}`)
    await replica.close()
  }
})
