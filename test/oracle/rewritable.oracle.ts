// One plain_rewritable disk, which ClickHouse and Granary write in turn.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { coreModule } from '../harness.ts'
import { ask } from '../sql/inProcess.ts'
import { ClickHouse } from './clickhouse.ts'

const clickhouse = new ClickHouse()
const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
const shape = `(k UInt32, d Date, n Nullable(Int64), l LowCardinality(String), s String, a Array(UInt16), p Tuple(x UInt8, y String))
  ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY (l, k)`
const rows = (count: number, from: number) =>
  `SELECT number + ${from}, toDate('2026-01-01') + number % 100, if(number % 7 = 0, NULL, number), toString(number % 10),
    toString(number), range(number % 5), (number % 4, toString(number)) FROM numbers(${count})`
const summary = (table: string) =>
  `SELECT count(), sum(k), min(d), sum(n), uniqExact(l), sum(length(s)), sum(length(a)), max(p.2) FROM ${table}`

for (const isRoot of [1, 0])
  test(`ClickHouse and Granary write and read one disk in turn, table_disk = ${isRoot}`, async () => {
    const directory = path.join(clickhouse.directory, `shared${isRoot}`)
    const disk = `disk = disk(type = 'object_storage', object_storage_type = 'local', metadata_type = 'plain_rewritable', path = '${directory}/')`
    const settings = `SETTINGS ${disk}, table_disk = ${isRoot}, index_granularity = 1000`
    const uuid = `UUID '33333333-2222-3333-4444-55555555555${isRoot}'`
    const stores = { localDisks: '/' }
    // Granary makes the table, with merged and mutated parts; ClickHouse reads and goes on.
    let engine = await createEngine(platform, { stores })
    const done = async (sql: string) => assert.equal(await ask(engine, sql, { mutations_sync: '1' }), '', sql)
    await done(`CREATE TABLE t ${uuid} ${shape} ${settings}`)
    await done(`INSERT INTO t ${rows(5000, 0)}`)
    await done(`INSERT INTO t ${rows(3000, 10_000)}`)
    await done('ALTER TABLE t DELETE WHERE k % 5 = 0')
    await done('OPTIMIZE TABLE t FINAL')
    await done(`INSERT INTO t ${rows(500, 20_000)}`)
    const written = await ask(engine, summary('t'))
    await engine.close()
    const name = `d.shared${isRoot}`
    clickhouse.run(`ATTACH TABLE ${name} ${uuid} ${shape} ${settings}`)
    assert.equal(clickhouse.run(summary(name)), written)
    clickhouse.run(`INSERT INTO ${name} ${rows(700, 30_000)}`)
    clickhouse.run(`OPTIMIZE TABLE ${name} FINAL`)
    const goneOn = clickhouse.run(summary(name))
    assert.notEqual(goneOn, written)
    clickhouse.run(`DETACH TABLE ${name} PERMANENTLY`)
    // And Granary after it, with what ClickHouse merged, compact or wide.
    engine = await createEngine(platform, { stores })
    await done(`ATTACH TABLE t ${uuid} ${shape} ${settings}`)
    assert.equal(await ask(engine, summary('t')), goneOn)
    await done("ALTER TABLE t UPDATE s = 'changed' WHERE k < 100")
    await done(`INSERT INTO t ${rows(10, 40_000)}`)
    await done('OPTIMIZE TABLE t FINAL')
    const last = await ask(engine, summary('t'))
    await engine.close()
    // Its disks keep what they know of directories: under another path it is another disk.
    fs.symlinkSync(directory, `${directory}-again`)
    const again = settings.replace(`${directory}/`, `${directory}-again/`)
    clickhouse.run(`ATTACH TABLE ${name}_again ${uuid} ${shape} ${again}`)
    assert.equal(clickhouse.run(summary(`${name}_again`)), last)
  })
