import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeText } from '../../runtime/core/text.ts'
import { pageHandler } from '../../runtime/server/pageAsset.ts'
import { written } from '../../runtime/server/page/grid/exporting.ts'
import { readLiteral, toJson } from '../../runtime/server/page/grid/literal.ts'
import { RowStore } from '../../runtime/server/page/net/rowStore.ts'
import { placeOf, ServerError } from '../../runtime/server/page/net/serverError.ts'
import { placeholdersOf, shapeOf, statementAt, statementsOf } from '../../runtime/server/page/sql/scan.ts'
import { tablesIn } from '../../runtime/server/page/sql/tablesIn.ts'

describe('serving the page', () => {
  const html = encodeText(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src http:"><meta name="version" content="abc">`,
  )
  const handler = pageHandler({ html, gzip: encodeText('packed') })
  const ask = (headers: Record<string, string>, method = 'GET') =>
    handler(new Request('http://server/play', { method, headers }))

  test('its policy goes into a header, and forbids frames', async () => {
    const response = ask({})
    assert.equal(
      response.headers.get('content-security-policy'),
      "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
    )
    assert.equal(response.headers.get('etag'), '"abc"')
    assert.equal(await response.text(), new TextDecoder().decode(html))
  })

  test('gzip only where it is accepted', async () => {
    const packed = ask({ 'Accept-Encoding': 'br, gzip;q=0.5' })
    assert.equal(packed.headers.get('content-encoding'), 'gzip')
    assert.equal(packed.headers.get('etag'), '"abc-gz"')
    assert.equal(ask({ 'Accept-Encoding': 'gzip;q=0' }).headers.get('content-encoding'), null)
  })

  test('a version that is known is not sent again', () => {
    assert.equal(ask({ 'If-None-Match': '"x", W/"abc"' }).status, 304)
    assert.equal(ask({ 'If-None-Match': '"abc"', 'Accept-Encoding': 'gzip' }).status, 200)
  })

  test('HEAD has no body', async () => assert.equal(await ask({}, 'HEAD').text(), ''))
})

describe('statements', () => {
  const texts = (text: string) => statementsOf(text).map(statement => statement.text)

  test('semicolons in strings, comments, names and heredocs end nothing', () => {
    assert.deepEqual(texts("SELECT ';' /* ; */, `a;b`, $$;$$, 'it''s; \\'; ' -- ;\n;SELECT 2"), [
      "SELECT ';' /* ; */, `a;b`, $$;$$, 'it''s; \\'; '",
      'SELECT 2',
    ])
    assert.deepEqual(texts(' ; -- nothing\n;'), [])
  })

  test('the data of an INSERT goes on to a blank line', () =>
    assert.deepEqual(texts('INSERT INTO t FORMAT CSV\n1,"a;b"\n2,c\n\nSELECT 1;'), [
      'INSERT INTO t FORMAT CSV\n1,"a;b"\n2,c',
      'SELECT 1',
    ]))

  test('the one that a cursor means', () => {
    const text = 'SELECT 1; SELECT 2;\n\nSELECT 3'
    const at = (position: number) => statementAt(text, position)?.text
    assert.equal(at(3), 'SELECT 1')
    assert.equal(at(9), 'SELECT 1')
    assert.equal(at(12), 'SELECT 2')
    assert.equal(at(19), 'SELECT 2')
    assert.equal(at(20), 'SELECT 3')
    assert.equal(at(text.length), 'SELECT 3')
    assert.equal(statementAt('', 0), null)
  })

  test('parameters, with types that nest', () => {
    assert.deepEqual(
      placeholdersOf("SELECT {a:UInt8}, {b : Array(Tuple(String, UInt8))}, '{c:UInt8}', {'k': 1}, {a:UInt8}"),
      [
        { name: 'a', type: 'UInt8' },
        { name: 'b', type: 'Array(Tuple(String, UInt8))' },
      ],
    )
  })

  test('tables, with databases and aliases', () =>
    assert.deepEqual(
      tablesIn(
        'SELECT 1 FROM db.`a b` AS x, c y JOIN numbers(3) USING z WHERE 1; CREATE TABLE IF NOT EXISTS d (a Int8)',
      ),
      [
        { database: 'db', table: 'a b', alias: 'x' },
        { database: '', table: 'c', alias: 'y' },
        { database: '', table: 'd', alias: '' },
      ],
    ))

  test('a format of its own, and not one of a function', () => {
    assert.equal(shapeOf("SELECT format('{}', 1) FORMAT JSON").format?.name, 'JSON')
    assert.equal(shapeOf('SELECT (SELECT 1 FORMAT x)').format, null)
    assert.equal(shapeOf('INSERT INTO t FORMAT CSV 1').reads, false)
  })
})

describe('errors', () => {
  const sql = "SELECT 'äö😀', nosuch\nFROM t whre x"

  test('are taken apart', () => {
    const error = ServerError.read(
      'Code: 60. DB::Exception: Table default.t does not exist. (UNKNOWN_TABLE) (version 26.7.1.1 (official build))\n',
      404,
    )
    assert.deepEqual([error.code, error.title, error.message], [60, 'UNKNOWN_TABLE', 'Table default.t does not exist.'])
    assert.equal(ServerError.read('<html>Bad gateway', 502).message, '<html>Bad gateway')
    assert.ok(ServerError.read('Code: 516. DB::Exception: no (AUTHENTICATION_FAILED)', 403).asksForPassword)
  })

  test('are placed by bytes, or by the name they speak of', () => {
    const bytes = new TextEncoder().encode(sql.slice(0, sql.indexOf('x', 30))).length
    const textAt = (message: string) => {
      const place = placeOf(message, sql)
      return place && sql.slice(place.from, place.to)
    }
    assert.equal(textAt(`Syntax error: failed at position ${bytes + 1} (x) (line 2, col 13): x. Expected`), 'x')
    assert.equal(textAt('Unknown expression identifier `nosuch` in scope'), 'nosuch')
    assert.equal(textAt('Table default.t does not exist'), 't')
    assert.equal(textAt('Syntax error: failed at position 99 (end of query)'), 'x')
    assert.equal(textAt('Memory limit exceeded'), null)
  })
})

describe('rows as bytes', () => {
  const result =
    'id\tname\ttail\nUInt64\tNullable(String)\tString\n18446744073709551615\t\\N\tä\\tb\\\\\n2\t\\\\N\t\n3\tx\ty\n'

  test('come out the same however the bytes are cut', () => {
    const bytes = new TextEncoder().encode(result)
    for (let size = 1; size <= bytes.length; size++) {
      const store = new RowStore(100, 1e6)
      for (let at = 0; at < bytes.length; at += size) store.add(bytes.subarray(at, at + size))
      assert.equal(store.rows, 3)
      assert.deepEqual(store.columns, [
        { name: 'id', type: 'UInt64' },
        { name: 'name', type: 'Nullable(String)' },
        { name: 'tail', type: 'String' },
      ])
      assert.deepEqual(store.row(0), ['18446744073709551615', null, 'ä\tb\\'])
      assert.deepEqual(store.row(1), ['2', '\\N', ''])
      assert.equal(store.cell(2, 1), 'x')
      assert.equal(store.cell(0, 2), 'ä\tb\\')
    }
  })

  test('a cap keeps the rows before it, and says that there were more', () => {
    const store = new RowStore(2, 1e6)
    store.add(new TextEncoder().encode(result))
    assert.deepEqual([store.rows, store.full, store.overflowed], [2, true, true])
    store.cut(1)
    assert.equal(store.rows, 1)
  })
})

describe('values', () => {
  test('arrays, maps and tuples are read, and no digit is lost', () => {
    const json = (text: string) => {
      const value = readLiteral(text)
      return value === undefined ? undefined : toJson(value)
    }
    assert.equal(json("['a\\'b',NULL,18446744073709551616]"), '["a\'b", null, 18446744073709551616]')
    assert.equal(json("{'k':(1,'x'),'l':[]}"), '{"k": [1, "x"], "l": []}')
    assert.equal(json('[2020-01-01,inf,true]'), '["2020-01-01", "inf", true]')
    assert.equal(json("['a"), undefined)
  })

  test('are exported with their quotes', () => {
    const table = {
      columns: [
        { name: 'n', type: 'UInt64' },
        { name: 's', type: 'Nullable(String)' },
      ],
      rows: 2,
      row: (at: number) =>
        [
          ['18446744073709551615', 'a "b",\nc|'],
          ['0', null],
        ][at],
    }
    const as = (format: Parameters<typeof written>[1]) => Array.from(written(table, format)).join('')
    assert.equal(as('CSV'), 'n,s\n18446744073709551615,"a ""b"",\nc|"\n0,\\N\n')
    assert.equal(as('TSV'), 'n\ts\n18446744073709551615\ta "b",\\nc|\n0\t\\N\n')
    assert.equal(as('JSONL'), '{"n": 18446744073709551615, "s": "a \\"b\\",\\nc|"}\n{"n": 0, "s": null}\n')
    assert.equal(as('Markdown'), '| n | s |\n| ---: | --- |\n| 18446744073709551615 | a "b",<br>c\\| |\n| 0 | NULL |\n')
  })
})
