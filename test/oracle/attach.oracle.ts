// Parts that we write are attached and read by ClickHouse, the newest and one of 2018; parts of 2018 are read by us.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { LocalDisk } from '../../adapters/shared/disk.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { keysOfColumns, type MergeTreeDefinition } from '../../runtime/storage/mergetree/definition.ts'
import { FrameCodec } from '../../runtime/storage/mergetree/frames.ts'
import { InsertWriter } from '../../runtime/storage/mergetree/insert.ts'
import { loadPart } from '../../runtime/storage/mergetree/loadPart.ts'
import { mergeParts } from '../../runtime/storage/mergetree/mergeParts.ts'
import type { PartInfo } from '../../runtime/storage/mergetree/part.ts'
import { PartReader } from '../../runtime/storage/mergetree/partReader.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import { newMemory } from '../harness.ts'
import { ClickHouse, OldClickHouse } from './clickhouse.ts'
import { columns, definitionOf, quote, textOf } from './columns.ts'

const clickhouse = new ClickHouse()
const memory = newMemory()
const disk = new LocalDisk('/')
const strip = (absolute: string): string => absolute.replace(/^\//, '')
const codec = new FrameCodec(memory)

let serial = 0

/** All rows of a part through our writer; rows are shuffled by taking its pieces backwards. */
async function rewrite(
  part: PartInfo,
  definition: MergeTreeDefinition,
  into: string,
  partition: string[] = [],
): Promise<PartInfo[]> {
  const reader = new PartReader({ disk, memory })
  const arena = new Arena(memory)
  const writer = new InsertWriter({
    disk,
    codec,
    path: strip(into),
    definition,
    keys: keysOfColumns(partition, definition.sortingColumns as string[]),
    uniqueName: () => String(serial++),
    now: () => Date.now(),
  })
  const names = definition.columns.map(column => column.name)
  for (let mark = part.marks.count - 1; mark >= 0; mark -= 3) {
    const from = Math.max(0, mark - 2)
    const read = await reader.readColumns(part, names, from, mark + 1, arena)
    const full = read.map(column => {
      assert.ok(column !== null)
      return column
    })
    await writer.add(new Chunk(full, full[0].rows))
  }
  arena.destroy()
  reader.close()
  return writer.finish()
}

interface Server {
  run(sql: string): string | Promise<string>
  tablePath(table: string): string
}

/** Moves written parts where a server looks for detached ones, and attaches them. */
async function attach(server: Server, table: string, parts: readonly PartInfo[]): Promise<void> {
  for (const [i, part] of parts.entries()) {
    const name = `${part.partitionId}_${i + 1}_${i + 1}_0`
    fs.cpSync(`/${part.path}`, path.join(server.tablePath(table), 'detached', name), { recursive: true })
    await server.run(`ALTER TABLE d.${table} ATTACH PART '${name}'`)
  }
}

const create = (table: string, list: typeof columns, tail: string): string =>
  `CREATE TABLE d.${table} (${list.map(([name, type]) => `${quote(name)} ${type}`).join(', ')}) ENGINE = MergeTree ${tail}`

const fill = (table: string, list: typeof columns, rows: number): string =>
  `INSERT INTO d.${table} SELECT ${list.map(([, , expression]) => expression).join(', ')} FROM numbers(${rows}) ` +
  'SETTINGS max_block_size = 1000000, max_insert_block_size = 1000000, max_threads = 1'

test('26.7 attaches what we write and reads the same, checks and merges included', async () => {
  clickhouse.run(create('source', columns, 'ORDER BY k SETTINGS index_granularity = 1000, min_bytes_for_wide_part = 0'))
  clickhouse.run(fill('source', columns, 30_000))
  const [{ name, path: where }] = clickhouse.parts('source')
  const part = await loadPart(disk, strip(where), name, definitionOf(), codec)
  for (const defaultCodec of ['LZ4', 'NONE', 'ZSTD(1)']) {
    const plain = definitionOf()
    const definition = { ...plain, settings: { ...plain.settings, defaultCodec } }
    const table = `target_${defaultCodec.replace(/\W/g, '')}`
    clickhouse.run(create(table, columns, 'ORDER BY k SETTINGS index_granularity = 1000'))
    const written = await rewrite(part, definition, path.join(clickhouse.directory, table))
    assert.equal(written.length, 1)
    await attach(clickhouse, table, written)
    const check = clickhouse.run(`CHECK TABLE d.${table} SETTINGS check_query_single_value_result = 1`)
    assert.equal(check.trim(), '1')
    for (const [column] of columns) {
      const sum = (from: string) =>
        clickhouse.run(`SELECT count(), sum(cityHash64(k, toString(${quote(column)}))) FROM d.${from}`)
      assert.equal(sum(table), sum('source'), column)
    }
    assert.equal(
      clickhouse.run(`SELECT lc, s FROM d.${table} WHERE k = 12345`),
      clickhouse.run('SELECT lc, s FROM d.source WHERE k = 12345'),
    )
    clickhouse.run(`INSERT INTO d.${table} SELECT * FROM d.source`)
    clickhouse.run(`OPTIMIZE TABLE d.${table} FINAL`)
    assert.equal(clickhouse.run(`SELECT count(), uniqExact(lcbig) FROM d.${table}`).trim(), '60000\t30000')
  }
})

test('26.7 attaches what we merge', async () => {
  const [{ name, path: where }] = clickhouse.parts('source')
  const definition = definitionOf()
  const part = await loadPart(disk, strip(where), name, definition, codec)
  const directory = path.join(clickhouse.directory, 'merging')
  const written = [
    ...(await rewrite(part, definition, directory)),
    part,
    ...(await rewrite(part, definition, directory)),
  ]
  const reader = new PartReader({ disk, memory })
  const keys = keysOfColumns([], ['k'])
  const merged = await mergeParts(
    written.map((one, i) => ({ ...one, id: `${i}` })),
    strip(path.join(directory, 'merged')),
    { reader, disk, codec, definition, keys, now: () => Date.now() },
  )
  reader.close()
  assert.equal(merged.rows, 90_000)
  clickhouse.run(create('merged', columns, 'ORDER BY k SETTINGS index_granularity = 1000'))
  await attach(clickhouse, 'merged', [merged])
  for (const [column] of columns) {
    const sum = (from: string, times: number) =>
      clickhouse.run(
        `SELECT count() * ${times}, sum(cityHash64(k, toString(${quote(column)}))) * ${times} FROM d.${from}`,
      )
    assert.equal(sum('merged', 1), sum('source', 3), column)
  }
})

const keyTypes: [type: string, expression: string][] = [
  ['Date', "toDate('2018-12-01') + number % 3"],
  ["DateTime('UTC')", "toDateTime('2018-12-01 00:00:00', 'UTC') + number % 3"],
  ['Int64', 'toInt64(number % 3) - 1'],
  ["Enum8('a' = -1, 'b' = 2)", "if(number % 2 = 0, 'a', 'b')"],
  ['String', 'toString(number % 3)'],
  ['FixedString(4)', 'toFixedString(toString(number % 3), 4)'],
  ['Float64', 'number % 3 + 0.5'],
  [
    'UUID',
    "if(number % 2 = 0, toUUID('00112233-4455-6677-8899-aabbccddeeff'), toUUID('10112233-4455-6677-8899-aabbccddeeff'))",
  ],
  ['Decimal(9, 2)', 'number % 3'],
  ['Decimal(38, 2)', 'number % 3'],
  ["DateTime64(3, 'UTC')", "toDateTime64('2018-12-01 00:00:00', 3, 'UTC') + number % 3"],
  ['Int128', 'toInt128(number % 3) - 1'],
  ['UInt256', 'number % 3'],
  ['IPv6', "toIPv6('2001:db8::1')"],
  ['IPv4', 'toIPv4(number % 3)'],
  ['Bool', 'number % 2'],
  ['Date32', "toDate32('1960-01-01') + number % 3"],
  ['LowCardinality(String)', 'toString(number % 3)'],
  ['Nullable(UInt8)', 'if(number % 3 = 0, NULL, number % 3)'],
]

for (const [i, [type, expression]] of keyTypes.entries())
  test(`partitions by ${type} have 26.7's names and bounds`, async () => {
    const list: typeof columns = [
      ['k', 'UInt32', 'number'],
      ['p', type, expression],
    ]
    const settings =
      'index_granularity = 1000, min_bytes_for_wide_part = 0, allow_nullable_key = 1, allow_floating_point_partition_key = 1'
    clickhouse.run(create(`keys_${i}`, list, `PARTITION BY p ORDER BY k SETTINGS ${settings}`))
    clickhouse.run(create(`own_${i}`, list, `PARTITION BY p ORDER BY k SETTINGS ${settings}`))
    clickhouse.run(create(`flat_${i}`, list, `ORDER BY k SETTINGS ${settings}`))
    for (const table of ['keys', 'flat']) clickhouse.run(fill(`${table}_${i}`, list, 5000))
    const canonical = parseType(type).name
    const definition: MergeTreeDefinition = { ...definitionOf(list), partitionTypes: [canonical], minmaxColumns: ['p'] }
    const theirs = clickhouse.parts(`keys_${i}`)
    for (const { name, path: where } of theirs) {
      const part = await loadPart(disk, strip(where), name, definition, codec)
      assert.equal(part.bounds.length, 1)
    }
    const [{ name, path: where }] = clickhouse.parts(`flat_${i}`)
    const flat = await loadPart(disk, strip(where), name, definitionOf(list), codec)
    const written = await rewrite(flat, definition, path.join(clickhouse.directory, `own_${i}`), ['p'])
    assert.deepEqual(written.map(part => part.partitionId).sort(), theirs.map(part => part.name.split('_')[0]).sort())
    await attach(clickhouse, `own_${i}`, written)
    const sum = (table: string) =>
      clickhouse.run(`SELECT count(), sum(cityHash64(k, toString(p))) FROM d.${table}_${i}`)
    assert.equal(sum('own'), sum('flat'))
  })

const oldTypes = new Set(['u256', 'b', 'd32', 'dt64', 'ip4', 'ip6', 'tn', 'm', 'sp', 'sps'])
/** The old server makes no Decimal of a number by itself, and reads floats only nearly as they are written. */
const expressionsOf18 = new Map([
  ['dec', 'toDecimal32(number / 4, 2)'],
  ['dec38', 'toDecimal128(number / 8, 5)'],
  ['f32', 'number / 8'],
  ['f64', 'number / 16'],
])
const oldColumns = columns
  .filter(([name]) => !oldTypes.has(name))
  .map(([name, type, expression]): [string, string, string] => [name, type, expressionsOf18.get(name) ?? expression])

test('18.16 attaches what we write and reads the same, and its parts are read by us', {
  skip: !OldClickHouse.isInstalled,
}, async () => {
  const old = await OldClickHouse.start()
  try {
    const list = oldColumns
    const definition = definitionOf(list)
    await old.run(create('source', list, 'ORDER BY k SETTINGS index_granularity = 1000'))
    // Through text, as the newer server makes the values.
    clickhouse.run(create('values18', list, 'ORDER BY k'))
    clickhouse.run(fill('values18', list, 30_000))
    const rows = clickhouse.run('SELECT * FROM d.values18 ORDER BY k FORMAT TabSeparated')
    await old.run(`INSERT INTO d.source FORMAT TabSeparated\n${rows}`)
    const where = `${old.tablePath('source')}/all_1_1_0`
    const part = await loadPart(disk, strip(where), 'all_1_1_0', definition, codec)
    assert.equal(part.rows, 30_000)
    const reader = new PartReader({ disk, memory })
    for (const [column] of list) {
      const arena = new Arena(memory)
      const [read] = await reader.readColumns(part, [column], 0, part.marks.count, arena)
      assert.ok(read !== null)
      const expected = clickhouse
        .run(`SELECT toString(${quote(column)}) FROM d.values18 ORDER BY k FORMAT TSVRaw`)
        .split('\n')
      for (let row = 0; row < read.rows; row++) {
        const text = textOf(read.type, read.valueAt(row))
        if (text !== expected[row]) assert.equal(text, expected[row], `${column}, row ${row}`)
      }
      arena.destroy()
    }
    reader.close()
    await old.run(create('target', list, 'ORDER BY k SETTINGS index_granularity = 1000'))
    const written = await rewrite(part, definition, path.join(old.directory, 'written'))
    await attach(old, 'target', written)
    for (const [column] of list) {
      const read = (table: string) => old.run(`SELECT ${quote(column)} FROM d.${table} ORDER BY k FORMAT TabSeparated`)
      assert.equal(await read('target'), await read('source'), column)
    }
    assert.equal(
      await old.run('SELECT s FROM d.target WHERE k = 12345'),
      await old.run('SELECT s FROM d.source WHERE k = 12345'),
    )
    await old.run('INSERT INTO d.target SELECT * FROM d.source')
    await old.run('OPTIMIZE TABLE d.target FINAL')
    assert.equal((await old.run('SELECT count(), uniqExact(lcbig) FROM d.target')).trim(), '60000\t30000')
  } finally {
    await old.stop()
  }
})
