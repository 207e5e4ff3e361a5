import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import type { RandomAccessSource, Schema } from '../../runtime/formats/format.ts'
import { findInputFormat } from '../../runtime/formats/registry.ts'
import { formatOptions } from '../../runtime/formats/settings.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'
import { schemaOf, valuesOf } from './samples.ts'

/** Five rows of many types, written by ClickHouse (zstd). */
const bytes = new Uint8Array(readFileSync('test/formats/types.parquet'))
const source: RandomAccessSource = {
  size: bytes.length,
  read: async (start, end) => bytes.subarray(start, Math.min(end, bytes.length)),
}
const parquet = findInputFormat('Parquet').randomAccess!

async function readAll(schema: Schema, rowsMax = 65536): Promise<Record<string, Value[]>> {
  const arena = new Arena(newMemory('core.debug'))
  const columns: Record<string, Value[]> = Object.fromEntries(schema.map(({ name }) => [name, []]))
  for await (const { chunk } of parquet.read(source, schema, formatOptions(undefined, { rowsMax }), arena))
    chunk!.columns.forEach((column, i) => columns[schema[i].name].push(...valuesOf(column)))
  return columns
}

test('types come from the file', async () => {
  const schema = await parquet.inferSchema(source, formatOptions())
  assert.deepEqual(Object.fromEntries(schema.map(({ name, type }) => [name, type.name])), {
    u8: 'UInt8',
    i64: 'Int64',
    u64: 'UInt64',
    f: 'Float64',
    s: 'String',
    n: 'Nullable(Int32)',
    d: 'Date32',
    d32: 'Date32',
    dt: "DateTime64(3, 'UTC')",
    dt6: "DateTime64(6, 'UTC')",
    dec: 'Decimal(18, 2)',
    d38: 'Decimal(38, 10)',
    fs: 'FixedString(3)',
    a: 'Array(UInt64)',
    t: 'Tuple(q UInt64, w String)',
    m: 'Map(String, UInt64)',
    b: 'UInt8',
    uu: 'UUID',
    lc: 'String',
    an: 'Array(Nullable(String))',
    aa: 'Array(Array(UInt8))',
    ip4: 'UInt32',
    i256: 'FixedString(32)',
  })
})

test('values of all types, in chunks of any size', async () => {
  const schema = await parquet.inferSchema(source, formatOptions())
  for (const rowsMax of [65536, 2]) {
    const { ...columns } = await readAll(schema, rowsMax)
    assert.deepEqual(columns.u8, [0, 1, 2, 3, 4])
    assert.deepEqual(columns.i64, [0n, -1n, -2n, -3n, -4n])
    assert.deepEqual(columns.f, [0, 0.5, 1, 1.5, 2])
    assert.deepEqual(columns.s, ['0', '1', '2', '3', '4'])
    assert.deepEqual(columns.n, [null, 1, null, 3, null])
    assert.deepEqual(columns.d, [0, 1, 2, 3, 4])
    assert.deepEqual(columns.dt, [0n, 1000n, 2000n, 3000n, 4000n])
    assert.deepEqual(columns.dt6, [0n, 1000000n, 2000000n, 3000000n, 4000000n])
    assert.deepEqual(columns.dec, [0n, 100n, 200n, 300n, 400n])
    assert.deepEqual(columns.d38, [0n, 10000000000n, 20000000000n, 30000000000n, 40000000000n])
    assert.deepEqual(columns.fs[1], '1\0\0')
    assert.deepEqual(columns.a[2], [2n, 1n])
    assert.deepEqual(columns.t[3], [3n, 'x'])
    assert.deepEqual(columns.m[4], [['k', 4n]])
    assert.deepEqual(columns.uu[0], 0x61f0c4045cb311e7907ba6006ad3dba0n)
    assert.deepEqual(columns.lc, ['0', '1', '2', '0', '1'])
    assert.deepEqual(columns.an[0], ['z', null])
    assert.deepEqual(columns.aa[0], [[1, 2], []])
  }
})

test('a table of other types and columns', async () => {
  const columns = await readAll(
    schemaOf({ dt: 'DateTime', n: 'Int64', s: 'LowCardinality(String)', u64: 'Nullable(String)', missing: 'UInt8' }),
  )
  assert.deepEqual(columns, {
    dt: [0, 1, 2, 3, 4],
    n: [0n, 1n, 0n, 3n, 0n],
    s: ['0', '1', '2', '3', '4'],
    u64: ['0', '1', '2', '3', '4'],
    missing: [0, 0, 0, 0, 0],
  })
})

test('what is no Parquet is an error', async () => {
  const broken: RandomAccessSource = { size: 40, read: async () => new Uint8Array(40) }
  await assert.rejects(parquet.inferSchema(broken, formatOptions()), { code: 117 })
})
