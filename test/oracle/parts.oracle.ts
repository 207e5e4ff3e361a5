import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalDisk } from '../../adapters/shared/disk.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { FrameCodec } from '../../runtime/storage/mergetree/frames.ts'
import { loadPart } from '../../runtime/storage/mergetree/loadPart.ts'
import { cutAtSegments, rowOfMark } from '../../runtime/storage/mergetree/part.ts'
import { PartReader } from '../../runtime/storage/mergetree/partReader.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import { newMemory } from '../harness.ts'
import { ClickHouse } from './clickhouse.ts'
import { columns, definitionOf, quote, textOf } from './columns.ts'

const clickhouse = new ClickHouse()
const memory = newMemory()
const disk = new LocalDisk('/')
const strip = (absolute: string): string => absolute.replace(/^\//, '')

const forms: [name: string, settings: string][] = [
  [
    'wide18',
    'index_granularity_bytes=0, min_bytes_for_wide_part=0, compress_marks=0, compress_primary_key=0, ' +
      "string_serialization_version='single_stream', ratio_of_defaults_for_sparse_serialization=1",
  ],
  ['wide26', 'min_bytes_for_wide_part=0'],
  ['wide26small', 'min_bytes_for_wide_part=0, index_granularity_bytes=20000, compress_marks=0'],
  ['compact', 'min_bytes_for_wide_part=1000000000'],
  ['compact3', 'min_bytes_for_wide_part=1000000000, write_marks_for_substreams_in_compact_parts=0'],
  [
    'compact3one',
    'min_bytes_for_wide_part=1000000000, write_marks_for_substreams_in_compact_parts=0, ' +
      'compress_per_column_in_compact_parts=0',
  ],
]

for (const [form, settings] of forms)
  for (const rows of [1, 2500, 100_000])
    test(`${form}, ${rows} rows: every column of every type reads as ClickHouse says`, async () => {
      const table = `${form}_${rows}`
      clickhouse.run(
        `CREATE TABLE d.${table} (${columns.map(([name, type]) => `${quote(name)} ${type}`).join(', ')}) ` +
          `ENGINE = MergeTree ORDER BY k SETTINGS index_granularity=1000, ${settings}`,
      )
      clickhouse.run(
        `INSERT INTO d.${table} SELECT ${columns.map(([, , expression]) => expression).join(', ')} FROM numbers(${rows}) ` +
          'SETTINGS max_block_size=1000000, max_insert_block_size=1000000, max_threads=1',
      )
      const parts = clickhouse.parts(table)
      assert.equal(parts.length, 1)
      const [{ name, path: where }] = parts
      const codec = new FrameCodec(memory)
      const part = await loadPart(disk, strip(where), name, definitionOf(), codec)
      assert.equal(part.rows, rows)
      assert.equal(part.kind, form.startsWith('wide') ? 'wide' : 'compact')
      for (const columnCacheBytes of [0, 100 << 20]) {
        const reader = new PartReader({ disk, memory, columnCacheBytes })
        const [key] = await reader.primaryIndex(part, [parseType('UInt32')])
        assert.equal(key.rows, part.marks.count)
        const ranges = cutAtSegments(part, [{ from: 0, to: part.marks.count }])
        for (const [column, type] of columns) {
          const expected = clickhouse
            .run(`SELECT toString(${quote(column)}) FROM d.${table} ORDER BY k FORMAT TSVRaw`)
            .split('\n')
          const arena = new Arena(memory)
          let row = 0
          for (const { from, to } of ranges) {
            const chunk = await reader.chunk(part, [column], from, to, arena)
            const [read] = chunk.columns
            assert.ok(read !== null, `${column} is there`)
            assert.equal(read.type.name, parseType(type).name)
            for (let i = 0; i < read.rows; i++, row++) {
              const value = read.valueAt(i)
              const text = textOf(read.type, value)
              if (text !== expected[row]) assert.equal(text, expected[row], `${column}, row ${row}`)
            }
            chunk.release()
          }
          assert.equal(row, rows)
          // Single granules anywhere.
          for (const mark of [0, part.marks.count >> 1, part.marks.count - 1]) {
            const [one] = await reader.readColumns(part, [column], mark, mark + 1, arena)
            assert.ok(one !== null)
            const first = rowOfMark(part, mark)
            for (let i = 0; i < one.rows; i += 97) {
              const value = one.valueAt(i)
              assert.equal(textOf(one.type, value), expected[first + i], `${column} at ${first + i}`)
            }
          }
          arena.destroy()
        }
        reader.close()
      }
      clickhouse.run(`DROP TABLE d.${table}`)
    })

test('every codec of numbers is read', async () => {
  const codecs: [type: string, codec: string, expression: string][] = [
    ['UInt32', 'Delta, NONE', 'number * 3'],
    ['UInt64', 'Delta(8), LZ4', 'number * number'],
    ["DateTime('UTC')", 'DoubleDelta, ZSTD', 'number * 60'],
    ['Int16', 'DoubleDelta', 'number % 1000'],
    ['Float64', 'Gorilla, LZ4', 'number / 7'],
    ['Float32', 'Gorilla', 'sin(number)'],
    ['Int64', 'T64, LZ4', 'toInt64(number) - 500'],
    ["Enum8('a' = -1, 'b' = 2)", "T64('bit')", "if(number % 2 = 0, 'a', 'b')"],
    ['Float64', 'FPC, LZ4', 'cos(number)'],
    ['Float32', 'FPC', 'cos(number)'],
    ['UInt32', 'GCD, LZ4', 'number * 100'],
    ['String', 'ZSTD(3)', 'toString(number)'],
    ['String', 'LZ4HC(9)', 'toString(number)'],
    ['Nullable(UInt64)', 'Delta, LZ4', 'if(number % 3 = 0, NULL, number)'],
  ]
  clickhouse.run('SET allow_suspicious_codecs = 1')
  clickhouse.run(
    `CREATE TABLE d.codecs (k UInt32, ${codecs.map(([type, codec], i) => `c${i} ${type} CODEC(${codec})`).join(', ')}) ` +
      'ENGINE = MergeTree ORDER BY k SETTINGS min_bytes_for_wide_part = 0',
  )
  clickhouse.run(
    `INSERT INTO d.codecs SELECT number, ${codecs.map(([, , expression]) => expression).join(', ')} FROM numbers(50000)`,
  )
  const [{ name, path }] = clickhouse.parts('codecs')
  const definition = definitionOf([
    ['k', 'UInt32', ''],
    ...codecs.map(([type], i): [string, string, string] => [`c${i}`, type, '']),
  ])
  const part = await loadPart(disk, strip(path), name, definition, new FrameCodec(memory))
  const reader = new PartReader({ disk, memory })
  for (const [i, [, codec]] of codecs.entries()) {
    const arena = new Arena(memory)
    const [column] = await reader.readColumns(part, [`c${i}`], 0, part.marks.count, arena)
    assert.ok(column !== null)
    const expected = clickhouse.run(`SELECT toString(c${i}) FROM d.codecs ORDER BY k FORMAT TSVRaw`).split('\n')
    for (let row = 0; row < column.rows; row++) {
      const text = textOf(column.type, column.valueAt(row))
      if (text !== expected[row]) assert.equal(text, expected[row], `${codec}, row ${row}`)
    }
    arena.destroy()
  }
  reader.close()
})

test('nothing is left in the core', () => {
  assert.ok(memory.bytesTaken < 2 << 20, `${memory.bytesTaken} bytes`)
})
