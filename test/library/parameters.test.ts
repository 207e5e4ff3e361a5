import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ParameterValue, sql } from '../../runtime/library/index.ts'
import { splitStatements } from '../../runtime/library/statementText.ts'
import { withDatabase } from './openMemory.ts'

describe('parameters', () => {
  test('keep every value', () =>
    withDatabase(async db => {
      const cases: [type: string, value: ParameterValue, result?: unknown][] = [
        ['UInt32', 7],
        ['UInt64', 2n ** 64n - 1n],
        ['Int64', -5, -5n],
        ['Float64', 0.1],
        ['Float64', Number.POSITIVE_INFINITY],
        ['Float64', 1e300],
        ['Bool', true],
        ['UInt8', true, 1],
        ['String', "it's \\ a \t tab\nand 😀 \0 `x` {a:b}"],
        ['String', ''],
        ['String', '\\N'],
        ['Nullable(String)', null],
        ['Nullable(UInt8)', 3],
        ['LowCardinality(String)', 'l'],
        ['Array(String)', ["it's", 'back\\slash', 'tab\t', '', ']', ',']],
        ['Array(Nullable(Int32))', [1, null, -3]],
        ['Array(Array(UInt8))', [[1], [], [2, 3]]],
        ['Tuple(UInt8, String)', [1, "a'b"]],
        ['Tuple(a UInt8, b String)', { a: 1, b: 'x' }],
        ['Map(String, UInt8)', new Map([["k'", 1]])],
        ['Map(String, UInt8)', { k: 1 }, new Map([['k', 1]])],
        ['Date', new Date('2024-02-29')],
        ['DateTime', new Date('2024-02-29T10:11:12Z')],
        ['DateTime64(3)', new Date('2024-02-29T10:11:12.345Z')],
        ["DateTime64(3, 'Asia/Tokyo')", new Date('2024-02-29T10:11:12.345Z')],
        ['Array(DateTime)', [new Date('2024-02-29T10:11:12Z')]],
        ['Decimal(9, 2)', '1.5'],
        ['UUID', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
        ['IPv6', '::1'],
        ["Enum8('a' = 1)", 'a'],
      ]
      for (const [type, value, result = value] of cases) {
        const rows = await db.query(`SELECT {x:${type}} AS x`, { x: value })
        assert.deepEqual(rows, [{ x: result }], type)
      }
      const bytes = Uint8Array.of(0, 255, 65)
      assert.deepEqual(await db.query('SELECT {x:String} x', { x: bytes }, { strings: 'bytes' }), [{ x: bytes }])
      await db.exec('CREATE TABLE {t:Identifier} (a UInt8) ENGINE = Memory', { t: 'so `so`' })
      assert.deepEqual(await db.query('SELECT {c:Identifier} FROM {t:Identifier}', { c: 'a', t: 'so `so`' }), [])
    }))

  test('are neither missing nor surplus', () =>
    withDatabase(async db => {
      await assert.rejects(db.query('SELECT {a:UInt8}').rows(), {
        name: 'UNKNOWN_QUERY_PARAMETER',
        message: /\{a:UInt8\}/,
      })
      await assert.rejects(db.query('SELECT {a:UInt8}', { a: 1, b: 2 }).rows(), {
        name: 'BAD_QUERY_PARAMETER',
        message: /b was given.*names a/,
      })
      await assert.rejects(db.query('SELECT {a:UInt8}', { a: 1.5 }).rows(), { message: /Parameter a: 1\.5/ })
      await assert.rejects(db.query('SELECT {a:Date}', { a: new Date('x') }).rows(), { message: /Parameter a/ })
      assert.deepEqual(await db.query("SELECT '{a:UInt8}' AS x -- {b:UInt8}"), [{ x: '{a:UInt8}' }])
    }))

  test('of a template take their types from the values', () =>
    withDatabase(async db => {
      const ids = [1, 2]
      const rows =
        await db.sql`SELECT number, ${'a'} s, ${1.5} f, ${null} n, ${true} b, ${300} i, ${-1n} j, ${new Date(5)} d
        FROM numbers(${5}) WHERE number IN ${ids} ORDER BY ${sql.identifier('number')} DESC LIMIT ${10}`
      const rest = { s: 'a', f: 1.5, n: null, b: true, i: 300, j: -1, d: new Date(5) }
      assert.deepEqual(rows, [
        { number: 2n, ...rest },
        { number: 1n, ...rest },
      ])
      const condition = sql`number = ${sql.typed('3', 'UInt64')}`
      assert.deepEqual(await db.sql`SELECT number FROM numbers(10) WHERE ${condition}`, [{ number: 3n }])
      assert.deepEqual(await db.sql`SELECT ${[[1], [null, 300]]} a, ${{ k: 1 }} m, ${[]} e`, [
        { a: [[1], [null, 300]], m: new Map([['k', 1]]), e: [] },
      ])
    }))
})

test('statements are parted by semicolons outside of texts and comments', () => {
  assert.deepEqual(
    splitStatements("SELECT ';' ; -- ;\n SELECT `;` /* ; */;;\n INSERT INTO t VALUES (1);SELECT 2; ").map(s =>
      s.trim(),
    ),
    ["SELECT ';'", '-- ;\n SELECT `;` /* ; */', 'INSERT INTO t VALUES (1)', 'SELECT 2'],
  )
  assert.deepEqual(splitStatements('INSERT INTO t FORMAT CSV\n1;2\n3;4\n'), ['INSERT INTO t FORMAT CSV\n1;2\n3;4\n'])
  assert.deepEqual(splitStatements(' -- nothing'), [])
})
