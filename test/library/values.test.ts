import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { QueryOptions } from '../../runtime/library/index.ts'
import { withDatabase } from './openMemory.ts'

const first = (sql: string, options?: QueryOptions) => {
  let row: Record<string, unknown> | undefined
  return withDatabase(async db => {
    row = await db.query(sql, {}, options).first()
  }).then(() => row)
}

describe('values of rows', () => {
  test('numbers', async () => {
    const sql = `SELECT 1::UInt8 a, -1::Int16 b, 4294967295::UInt32 c, 18446744073709551615::UInt64 d, -1::Int64 e,
      -170141183460469231731687303715884105728::Int128 f, toUInt256(2) g, toInt256(-3) h, 1.5::Float32 i, nan j, true k`
    assert.deepEqual(await first(sql), {
      ...{ a: 1, b: -1, c: 4294967295, d: 18446744073709551615n, e: -1n, f: -(2n ** 127n), g: 2n, h: -3n },
      ...{ i: 1.5, j: Number.NaN, k: true },
    })
  })

  test('wide integers as numbers or text', async () => {
    assert.deepEqual(await first('SELECT 5::UInt64 a, [1::Int64] b, 7::Int128 c', { integers: 'number' }), {
      ...{ a: 5, b: [1], c: 7 },
    })
    assert.deepEqual(await first('SELECT 9007199254740993::UInt64 a', { integers: 'string' }), {
      a: '9007199254740993',
    })
    await assert.rejects(first('SELECT 9007199254740993::UInt64 a', { integers: 'number' }), {
      name: 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
    })
  })

  test('dates', async () => {
    const sql = `SELECT '2024-02-29'::Date a, '1900-01-01'::Date32 b, toDateTime('2024-02-29 12:00:00', 'Europe/Berlin') c,
      toDateTime64('1969-12-31 23:59:59.999999', 6, 'UTC') d, toDateTime64('2024-01-01 00:00:00.5', 1, 'UTC') e`
    assert.deepEqual(await first(sql), {
      a: new Date('2024-02-29'),
      b: new Date('1900-01-01'),
      c: new Date('2024-02-29T11:00:00Z'),
      d: new Date(-1),
      e: new Date('2024-01-01T00:00:00.500Z'),
    })
    assert.deepEqual(await first(sql, { dates: 'string' }), {
      a: '2024-02-29',
      b: '1900-01-01',
      c: '2024-02-29 12:00:00',
      d: '1969-12-31 23:59:59.999999',
      e: '2024-01-01 00:00:00.5',
    })
  })

  test('text, and bytes that are none', async () => {
    const sql = `SELECT 'häß😀' a, unhex('61ff62') b, toFixedString('ab', 3) c, '' d, repeat('ü', 100) e`
    const text = { a: 'häß😀', b: 'a\ufffdb', c: 'ab\0', d: '', e: 'ü'.repeat(100) }
    assert.deepEqual(await first(sql), text)
    assert.deepEqual(await first(sql, { strings: 'lossless' }), { ...text, b: 'a\udcffb' })
    const bytes = await first(sql, { strings: 'bytes' })
    assert.deepEqual(bytes?.b, Uint8Array.of(0x61, 0xff, 0x62))
    assert.deepEqual(bytes?.c, Uint8Array.of(0x61, 0x62, 0))
  })

  test('many strings of every length', () =>
    withDatabase(async db => {
      const rows = await db.query<{ n: number; s: string }>(
        `SELECT toUInt32(number) n, repeat(multiIf(number % 3 = 0, 'a', number % 3 = 1, 'ä', '😀'), number % 200) s FROM numbers(5000)`,
      )
      assert.equal(rows.length, 5000)
      for (const { n, s } of rows) assert.equal(s, ['a', 'ä', '😀'][n % 3].repeat(n % 200))
    }))

  test('UUID, addresses, enums, decimals, intervals', async () => {
    const sql = `SELECT '61f0c404-5cb3-11e7-907b-a6006ad3dba0'::UUID a, '1.2.3.4'::IPv4 b, '2001:db8::1'::IPv6 c,
      'x'::Enum8('x' = -1, 'y' = 2) d, '-123.450'::Decimal(9, 3) e, '0.00000000000000000001'::Decimal128(20) f, INTERVAL 3 DAY g`
    assert.deepEqual(await first(sql), {
      a: '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      ...{ b: '1.2.3.4', c: '2001:db8::1', d: 'x', e: '-123.45', f: '0.00000000000000000001', g: 3n },
    })
  })

  test('composed values', async () => {
    const sql = `SELECT [[1, 2], []] a, (1, 'x') b, tuple(1 AS p, 'q' AS q)::Tuple(p UInt8, q String) c,
      map('k', [NULL, 2]) d, [toLowCardinality('l')] e, NULL f, [NULL] g, CAST(NULL, 'LowCardinality(Nullable(String))') h,
      map(toUInt64(1), 'one') i, arrayMap(x -> (x, toString(x)), [1, 2]) j`
    const row = {
      a: [[1, 2], []],
      b: [1, 'x'],
      c: { p: 1, q: 'q' },
      d: new Map([['k', [null, 2]]]),
      e: ['l'],
      f: null,
      g: [null],
      h: null,
      i: new Map([[1n, 'one']]),
      j: [
        [1, '1'],
        [2, '2'],
      ],
    }
    assert.deepEqual(await first(sql), row)
    assert.deepEqual(await first(sql, { maps: 'object' }), { ...row, d: { k: [null, 2] }, i: { 1: 'one' } })
  })

  test('a column may be named __proto__', async () => {
    const row = await first('SELECT 1 AS `__proto__`')
    assert.deepEqual(Object.entries(row ?? {}), [['__proto__', 1]])
  })

  test('a state of an aggregate function is no value', async () => {
    await assert.rejects(first('SELECT sumState(1)'), { name: 'NOT_IMPLEMENTED' })
  })
})

describe('columns', () => {
  test('are typed arrays, with NULLs apart', () =>
    withDatabase(async db => {
      const set = await db
        .query(
          `SELECT toInt32(number) i, number u, number / 2 f, if(number % 2, NULL, toUInt16(number)) n, toString(number) s,
             toDate(number) d, if(number = 1, NULL, 's') t FROM numbers(3)`,
        )
        .columns()
      assert.deepEqual(set.names, ['i', 'u', 'f', 'n', 's', 'd', 't'])
      assert.deepEqual(set.types[3], 'Nullable(UInt16)')
      assert.equal(set.rowCount, 3)
      assert.deepEqual(set.get('i')?.values, Int32Array.of(0, 1, 2))
      assert.deepEqual(set.get('u')?.values, BigUint64Array.of(0n, 1n, 2n))
      assert.deepEqual(set.get('f')?.values, Float64Array.of(0, 0.5, 1))
      assert.deepEqual(set.get('n')?.nulls, Uint8Array.of(0, 1, 0))
      assert.equal(set.get('n')?.values[2], 2)
      assert.deepEqual(set.get('s')?.values, ['0', '1', '2'])
      assert.equal(set.get('s')?.nulls, null)
      assert.deepEqual(set.get('d')?.values, Uint16Array.of(0, 1, 2))
      assert.deepEqual(set.get('t')?.values, ['s', null, 's'])
      assert.deepEqual(set.get('t')?.nulls, Uint8Array.of(0, 1, 0))
    }))

  test('of several blocks are one', () =>
    withDatabase(async db => {
      const set = await db.query('SELECT number, toString(number) s FROM numbers(200000)').columns()
      assert.ok(set.blocks.length > 1)
      const numbers = set.get('number')?.values as BigUint64Array
      assert.equal(numbers.length, 200000)
      assert.equal(numbers[199999], 199999n)
      assert.equal(set.get('s')?.values[123456], '123456')
    }))

  test('of a result without rows have their types', () =>
    withDatabase(async db => {
      const set = await db.query("SELECT 1::Int32 a, toDateTime(0, 'Asia/Tokyo') b WHERE 0").columns()
      assert.deepEqual(set.types, ['Int32', "DateTime('Asia/Tokyo')"])
      assert.deepEqual(set.get('a')?.values, new Int32Array(0))
      assert.deepEqual(set.rows(), [])
    }))
})
