// What publish() leaves in a target, and what the manifest says of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answersOf, engineOn } from './tables.ts'
import type { MergeTreeStorage } from '../../runtime/engine/mergeTreeStorage.ts'
import { publishTable } from '../../runtime/engine/publishTable.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import type { PartInfo } from '../../runtime/storage/mergetree/part.ts'
import { loadManifest } from '../../runtime/storage/published/publish.ts'
import { printManifest, readManifest } from '../../runtime/storage/published/manifest.ts'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'

const table = { database: 'default', table: 't' }
const comparable = ({ id: _, path: _path, modifiedMs: _ms, fileSizes: _sizes, ...rest }: PartInfo) => rest

test('a manifest says of parts all that loading them says', async () => {
  const { engine } = await engineOn()
  await answersOf(
    engine,
    `CREATE TABLE t (d Date, k UInt64, w Int128, f Float64, s LowCardinality(String), n Nullable(String), a Array(String),
      m Map(String, UInt8), p Tuple(x UInt8, y String), g AggregateFunction(sum, UInt64))
      ENGINE = MergeTree PARTITION BY (toYYYYMM(d), k, w, s) ORDER BY (s, k) SETTINGS index_granularity = 100`,
    `INSERT INTO t SELECT toDate('2026-01-01') + number % 3 * 20, 18446744073709551615, -170141183460469231731687303715884105728,
      nan, 'ü' || toString(number % 2), if(number % 3 = 0, NULL, 'x'), [toString(number)], map('k', number), (number, 'y'),
      arrayReduce('sumState', [number]) FROM numbers(1000)`,
    'CREATE TABLE empty (k UInt8) ENGINE = MergeTree ORDER BY k',
  )
  const target = new DirectoryStore(new MemoryDisk())
  const result = await publishTable(engine, table, target)
  assert.deepEqual([result.parts, result.rows, result.generation], [4, 1000, 1])
  const read = (await loadManifest(target, 'x'))!.manifest
  const storage = engine.catalog.table('default', 't').storage as MergeTreeStorage
  assert.deepEqual(
    read.parts.map(({ part }) => comparable(part)),
    storage.table.parts().map(comparable),
  )
  assert.match(read.create, /^CREATE TABLE _\n\(\n {4}`d` Date,/)
  assert.deepEqual(readManifest(printManifest(read), 'x'), read)

  const nothing = new DirectoryStore(new MemoryDisk())
  assert.equal((await publishTable(engine, { ...table, table: 'empty' }, nothing)).parts, 0)
  assert.deepEqual((await loadManifest(nothing, 'x'))!.manifest.parts, [])
  await engine.close()
})

test('only what is new is copied, and what is old goes after its time', async () => {
  const { engine, clock } = await engineOn()
  await answersOf(engine, 'CREATE TABLE t (k UInt64) ENGINE = MergeTree ORDER BY k', 'SYSTEM STOP MERGES t')
  const disk = new MemoryDisk(() => clock.now)
  const target = new DirectoryStore(disk)
  const parts = () => [
    ...new Set([...disk.files.keys()].filter(key => key.includes('/')).map(key => key.split('/')[0])),
  ]
  const publish = (keepSeconds = 100) => publishTable(engine, table, target, { keepSeconds })

  await answersOf(engine, 'INSERT INTO t VALUES (1)')
  assert.equal((await publish()).copiedParts, 1)
  const again = await publish()
  assert.deepEqual([again.isUnchanged, again.copiedParts, again.generation], [true, 0, 1])
  await answersOf(engine, 'INSERT INTO t VALUES (2)')
  const dry = await publishTable(engine, table, target, { dryRun: true })
  assert.deepEqual([dry.copiedParts, dry.generation], [1, 2])
  assert.deepEqual(parts(), ['all_1_1_0'])
  assert.equal((await publish()).copiedParts, 1)
  await answersOf(engine, 'SYSTEM START MERGES t', 'OPTIMIZE TABLE t FINAL')
  await publish()
  assert.deepEqual(parts().sort(), ['all_1_1_0', 'all_1_2_1', 'all_2_2_0'])
  clock.now += 50_000
  await publish()
  assert.equal(parts().length, 3)
  clock.now += 60_000
  assert.equal((await publish()).removedParts, 2)
  assert.deepEqual(parts(), ['all_1_2_1'])

  // Another table's part of the same name gets another name, and the first stays until its time.
  await answersOf(
    engine,
    'DROP TABLE t',
    'CREATE TABLE t (k UInt64) ENGINE = MergeTree ORDER BY k',
    'INSERT INTO t VALUES (7)',
  )
  await answersOf(engine, 'INSERT INTO t VALUES (8)', 'OPTIMIZE TABLE t FINAL')
  await publish()
  const { manifest } = (await loadManifest(target, 'x'))!
  assert.deepEqual(
    manifest.parts.map(({ part }) => part.name),
    ['all_1_2_1_1'],
  )
  assert.deepEqual(
    manifest.retired.map(({ name }) => name),
    ['all_1_2_1'],
  )
  assert.equal((await publish()).isUnchanged, true)
  await engine.close()
})

test('two that publish at the same time: one of them is told', async () => {
  const { engine } = await engineOn()
  await answersOf(engine, 'CREATE TABLE t (k UInt64) ENGINE = MergeTree ORDER BY k', 'INSERT INTO t VALUES (1)')
  const target = new DirectoryStore(new MemoryDisk())
  await publishTable(engine, table, target)
  await answersOf(engine, 'INSERT INTO t VALUES (2)')
  const both = await Promise.allSettled([publishTable(engine, table, target), publishTable(engine, table, target)])
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const [failed] = both.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  assert.match(String(failed), /Somebody else published to manifest\.json at the same time/)
  assert.equal((await loadManifest(target, 'x'))!.manifest.generation, 2)
  await engine.close()
})

test('manifests that are none are refused, and say why', () => {
  const good = {
    format: 'granary-manifest',
    version: 1,
    generation: 1,
    publishedMs: 1,
    create: 'CREATE TABLE _ (`k` UInt8) ENGINE = MergeTree ORDER BY k',
    shapes: [
      {
        kind: 'wide',
        marks: '.mrk',
        hasFinal: false,
        columns: [['k', 'UInt8']],
        streams: ['k'],
        stringSizes: false,
        substreams: null,
        sparse: [],
        primaryIndex: 'plain',
      },
    ],
    parts: [
      {
        name: 'all_1_1_0',
        checksum: '0'.repeat(32),
        rows: 5,
        bytes: 50,
        modifiedMs: 1,
        shape: 0,
        count: 1,
        granules: 8192,
        columns: [10, 5, 16],
        streams: [10, 16],
        primaryIndex: 1,
        partition: [],
        bounds: [],
      },
    ],
    retired: [],
  }
  const read = (json: unknown) =>
    readManifest(new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json)), 'here')
  assert.equal(read(good).parts.length, 1)
  const shape = (change: object) => ({ ...good, shapes: [{ ...good.shapes[0], ...change }] })
  const part = (change: object) => ({ ...good, parts: [{ ...good.parts[0], ...change }] })
  const cases: [unknown, RegExp][] = [
    ['<html><body>Not Found</body></html>', /is no JSON \(35 bytes that start with "<html>/],
    [JSON.stringify(good).slice(0, -20), /is no JSON/],
    ['[]', /is no object/],
    [{ ...good, format: 'x' }, /format is not "granary-manifest"/],
    [{ ...good, version: 2 }, /is of version 2; this Granary reads version 1/],
    [{ ...good, parts: undefined }, /parts is no list/],
    [{ ...good, parts: [good.parts[0], good.parts[0]] }, /hold the same rows/],
    [shape({ marks: '.mrk9' }), /does not know/],
    [shape({ kind: 'compact' }), /does not go with marks/],
    [shape({ streams: ['../k'] }), /no name of a file/],
    [shape({ streams: ['..'] }), /no name of a file/],
    [part({ name: '../x_1_1_0' }), /no name of a part/],
    [part({ name: 'all_1_1_00' }), /no name of a part/],
    [part({ checksum: 'x' }), /checksum is none/],
    [part({ shape: 1 }), /none of the 1 shapes/],
    [part({ rows: -1 }), /no whole number/],
    [part({ rows: 1e300 }), /no whole number/],
    [part({ rows: 9000 }), /of 8192 rows are not 1 for 9000 rows/],
    [part({ granules: [4] }), /have 4 rows, the part has 5/],
    [part({ streams: [10] }), /has 1 numbers, 2 are expected/],
    [part({ streams: [10, 17] }), /have 17 bytes, 16 are expected/],
    [part({ partition: [{ integer: '1e5' }] }), /is no value/],
    [part({ bounds: [['k', 1]] }), /is no object/],
    [part({ packed: '0'.repeat(31) }), /packed is not the hashes of 2 pieces/],
    [part({ packed: 'x'.repeat(32) }), /packed is not the hashes of 2 pieces/],
    [part({ packed: 1 }), /packed is no text/],
  ]
  for (const [json, message] of cases) assert.throws(() => read(json), message)
})
