import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Database } from '../../runtime/library/index.ts'
import { withDatabase } from './openMemory.ts'

const withTable = (columns: string, run: (db: Database) => Promise<void>) => () =>
  withDatabase(async db => {
    await db.exec(`CREATE TABLE t (${columns}) ENGINE = MergeTree ORDER BY tuple()`)
    await run(db)
  })

describe('insert', () => {
  test(
    'rows as objects and as arrays',
    withTable("a UInt32, b String, c Array(Nullable(Int64)), d DEFAULT concat(b, '!')", async db => {
      assert.deepEqual(
        await db.insert('t', [
          { a: 1, b: 'x', c: [1n, null] },
          { b: 'y', a: 2 },
        ]),
        { rows: 2 },
      )
      assert.deepEqual(await db.insert('default.t', [[3, 'z', [], 'w']]), { rows: 1 })
      assert.deepEqual(await db.insert('`t`', [[4, 'v']], { columns: ['a', 'b'] }), { rows: 1 })
      assert.deepEqual(await db.insert('t', []), { rows: 0 })
      assert.deepEqual(await db.query('SELECT * FROM t ORDER BY a'), [
        { a: 1, b: 'x', c: [1n, null], d: 'x!' },
        { a: 2, b: 'y', c: [], d: 'y!' },
        { a: 3, b: 'z', c: [], d: 'w' },
        { a: 4, b: 'v', c: [], d: 'v!' },
      ])
    }),
  )

  test(
    'every type comes back as it went in',
    withTable(
      `u8 UInt8, i64 Int64, u256 UInt256, f Float32, b Bool, s String, fs FixedString(3), d Date, d32 Date32, dt DateTime,
       dt64 DateTime64(6), dec Decimal(18, 4), e Enum8('a' = 1, 'b' = 2), uuid UUID, ip4 IPv4, ip6 IPv6, n Nullable(Int32),
       lc LowCardinality(Nullable(String)), t Tuple(x UInt8, y String), p Tuple(UInt8, String), m Map(String, Array(UInt8)),
       nested Array(Tuple(a UInt8, b Nullable(String)))`,
      async db => {
        const row = {
          ...{ u8: 255, i64: -(2n ** 63n), u256: 2n ** 256n - 1n, f: 1.5, b: true, s: 'ü\0', fs: 'abc' },
          ...{ d: new Date('2024-02-29'), d32: new Date('1925-01-01'), dt: new Date('2024-02-29T01:02:03Z') },
          ...{ dt64: new Date('2024-02-29T01:02:03.456Z'), dec: '-12.3456', e: 'b' },
          ...{ uuid: '61f0c404-5cb3-11e7-907b-a6006ad3dba0', ip4: '1.2.3.4', ip6: '2001:db8::1', n: null, lc: null },
          ...{
            t: { x: 1, y: 'z' },
            p: [2, 'q'],
            m: new Map([['k', [1, 2]]]),
            nested: [
              { a: 1, b: null },
              { a: 2, b: 'c' },
            ],
          },
        }
        await db.insert('t', [row])
        assert.deepEqual(await db.query('SELECT * FROM t'), [row])
      },
    ),
  )

  test(
    'columns, typed arrays among them',
    withTable('a Int32, b String, c Nullable(Float64)', async db => {
      const rows = 100_000
      const a = Int32Array.from({ length: rows }, (_, i) => i - 5)
      const b = Array.from(a, value => `s${value}`)
      assert.deepEqual(await db.insert('t', { a, b, c: new Float64Array(rows).fill(0.5) }), { rows })
      assert.deepEqual(await db.query('SELECT count() n, sum(a) s, sum(c) f, uniqExact(b) u FROM t'), [
        { n: 100000n, s: 4999450000n, f: 50000, u: 100000n },
      ])
      await assert.rejects(db.insert('t', { a: [1, 2], b: ['x'] }), { name: 'SIZES_OF_COLUMNS_DOESNT_MATCH' })
    }),
  )

  test(
    'streams of rows, no faster than they are written',
    withTable('n UInt64, s String', async db => {
      let made = 0
      async function* rows() {
        for (; made < 150_000; made++) yield { n: made, s: 'x'.repeat(made % 7) }
      }
      assert.deepEqual(await db.insert('t', rows()), { rows: 150_000 })
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue([150_000, 'end'])
          controller.close()
        },
      })
      assert.deepEqual(await db.insert('t', stream), { rows: 1 })
      assert.equal(await db.query('SELECT sum(n) FROM t').value(), 11250075000n)
    }),
  )

  test(
    'bytes in a format',
    withTable('n UInt64, s String', async db => {
      assert.deepEqual(await db.insert('t', { format: 'JSONEachRow', body: '{"n":1,"s":"a"}\n{"n":2}' }), { rows: 2 })
      const pieces = ['3,c\n4', ',d\n']
      assert.deepEqual(await db.insert('t', { format: 'CSV', body: pieces }, { columns: ['n', 's'] }), { rows: 2 })
      assert.equal(await db.query('SELECT * FROM t ORDER BY n').text('CSV'), '1,"a"\n2,""\n3,"c"\n4,"d"\n')
    }),
  )

  test(
    'says which column and row is wrong',
    withTable('a UInt8, b Array(Tuple(x Int32, y String)), d Date', async db => {
      const wrong = (row: object, expected: object) => assert.rejects(db.insert('t', [{ a: 1 }, row]), expected)
      await wrong({ a: 256 }, { name: 'TYPE_MISMATCH', message: /^Column a, row 2: 256 cannot be a UInt8/ })
      await wrong({ a: 'x' }, { message: /Column a, row 2: "x"/ })
      await wrong({ a: null }, { name: 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN', message: /row 2/ })
      await wrong({ zz: 1 }, { name: 'NO_SUCH_COLUMN_IN_TABLE', message: /zz/ })
      await assert.rejects(
        db.insert('t', [
          { b: [] },
          { b: [[1, 'a']] },
          {
            b: [
              [1, 'a'],
              [1.5, 'b'],
            ],
          },
        ]),
        {
          message: /^Column b, row 3: 1\.5/,
        },
      )
      await assert.rejects(db.insert('t', [{ d: '2024-13-01' }]), {
        name: 'CANNOT_PARSE_DATE',
        message: /Column d, row 1/,
      })
      await assert.rejects(db.insert('t', [[1]]), { message: /Row 1 has 1 values for 3 columns/ })
      await assert.rejects(db.insert('missing', [[1]]), { code: 60 })
      assert.equal(await db.query('SELECT count() FROM t').value(), 0n)
      await assert.rejects(
        db.insert(
          't',
          (async function* () {
            yield { a: 1 }
            throw new RangeError('the source broke')
          })(),
        ),
        { message: 'the source broke' },
      )
    }),
  )

  test(
    'stops with its signal',
    withTable('n UInt64', async db => {
      const stop = new AbortController()
      let isEnded = false
      async function* rows() {
        try {
          for (let n = 0; ; n++) {
            if (n === 10) setTimeout(() => stop.abort(), 5)
            if (n > 10) await new Promise(resolve => setTimeout(resolve, 1))
            yield { n }
          }
        } finally {
          isEnded = true
        }
      }
      await assert.rejects(db.insert('t', rows(), { signal: stop.signal }), { name: 'AbortError' })
      for (let i = 0; i < 1000 && !isEnded; i++) await new Promise(resolve => setTimeout(resolve, 5))
      assert.ok(isEnded, 'the source is told')
      assert.equal(await db.query('SELECT count() FROM t').value(), 0n)
    }),
  )
})
