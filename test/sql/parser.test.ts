import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Expr, Select } from '../../runtime/sql/ast.ts'
import type { Insert } from '../../runtime/sql/statementAst.ts'
import { columnName, formatAst } from '../../runtime/sql/format.ts'
import { bindParameters, listParameters } from '../../runtime/sql/parameters.ts'
import { parseExpression, parseStatement, parseStatements, parseType } from '../../runtime/sql/parser.ts'
import { formatCases } from './formatCases.ts'

/** A tree without what only tells how it was written. */
function essence(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(essence)
  if (typeof node !== 'object' || node === null) return node
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) {
    if (['start', 'end', 'parenthesized'].includes(key) || value === undefined) continue
    kept[key] = essence(value)
  }
  return kept
}

function errorOf(sql: string): string {
  try {
    parseStatement(sql)
  } catch (error) {
    return (error as { describe(): string }).describe()
  }
  throw new Error(`no error in ${sql}`)
}

function firstColumn(sql: string): Expr {
  return (parseStatement(sql).statement as Select).columns[0]
}

/** Plain shape of an expression: calls as arrays. */
function shape(expr: Expr): unknown {
  if (expr.kind === 'literal') return expr.value
  if (expr.kind === 'identifier') return expr.parts.join('.')
  if (expr.kind === 'function') return [expr.name, ...expr.args.map(shape)]
  if (expr.kind === 'lambda') return ['->', expr.params, shape(expr.body)]
  return expr.kind
}

describe('printing', () => {
  test('is what ClickHouse prints', () => {
    for (const [sql, oneLine, lines] of formatCases) {
      const { statement } = parseStatement(sql)
      assert.equal(formatAst(statement, { oneLine: true }), oneLine)
      assert.equal(formatAst(statement), lines)
    }
  })

  test('reads back as the same tree', () => {
    for (const [sql] of formatCases) {
      const { statement } = parseStatement(sql)
      for (const oneLine of [true, false]) {
        const again = parseStatement(formatAst(statement, { oneLine })).statement
        assert.deepEqual(essence(again), essence(statement), sql)
      }
    }
  })

  test('quotes names that would read back as something else', () => {
    for (const name of ['inf', 'True', 'null', 'case', 'interval', 'not', 'select', '1a', 'a b', 'a`b', 'a\\b', 'é']) {
      const expr: Expr = { kind: 'identifier', parts: [name, name], start: 0, end: 0 }
      for (const sql of [formatAst(expr), `${formatAst(expr)} - 1`, `(${formatAst(expr)}, 1)`]) {
        assert.ok(
          JSON.stringify(essence(parseExpression(sql)), (_, v) => (typeof v === 'bigint' ? 0 : v)).includes(
            JSON.stringify([name, name]),
          ),
          sql,
        )
      }
    }
  })

  test('names columns as ClickHouse does', () => {
    const names: [string, string][] = [
      ['a + 1', 'plus(a, 1)'],
      ['count(*)', 'count()'],
      ["'it''s\\n'", "'it\\'s\\n'"],
      ['[1, a]', '[1, a]'],
      ['tuple(1)', '(1)'],
      ['-1', '-1'],
      ['-a', 'negate(a)'],
      ['a::UInt8', "CAST(a, 'UInt8')"],
      ['1::UInt8', "CAST('1', 'UInt8')"],
      ['CASE a WHEN 1 THEN 2 END', 'caseWithExpression(a, 1, 2, NULL)'],
      ['a BETWEEN 1 AND 2', 'and(greaterOrEquals(a, 1), lessOrEquals(a, 2))'],
      ['a IN (1, 2)', 'in(a, (1, 2))'],
      ['a IN (1)', 'in(a, 1)'],
      ['arrayMap(x -> x + 1, [1])', 'arrayMap(lambda(tuple(x), plus(x, 1)), [1])'],
      ['quantile(0.5)(a)', 'quantile(0.5)(a)'],
      ['count(DISTINCT a)', 'countDistinct(a)'],
      ['sum(a) FILTER (WHERE b)', 'sumIf(a, b)'],
      ['sum(a) OVER (PARTITION BY b ORDER BY a)', 'sum(a) OVER (PARTITION BY b ORDER BY a ASC)'],
      ['first_value(a) IGNORE NULLS', 'first_value(a)'],
      ['1.0', '1.'],
      ['1e30', '1e30'],
      ['0x10', '16'],
      ['`a b` + 1', 'plus(a b, 1)'],
      ['a AS b', 'b'],
      ["a || 'b' || c", "concat(a, 'b', c)"],
    ]
    for (const [sql, name] of names) assert.equal(columnName(parseExpression(sql)), name)
  })
})

describe('expressions', () => {
  test('operators bind as they do in ClickHouse', () => {
    assert.deepEqual(shape(parseExpression('a + b * c - d')), ['minus', ['plus', 'a', ['multiply', 'b', 'c']], 'd'])
    assert.deepEqual(shape(parseExpression('not a = b and c')), ['and', ['not', ['equals', 'a', 'b']], 'c'])
    assert.deepEqual(shape(parseExpression('a or b and c or d')), ['or', 'a', ['and', 'b', 'c'], 'd'])
    assert.deepEqual(shape(parseExpression('-a.1 * b')), ['multiply', ['negate', ['tupleElement', 'a', 1n]], 'b'])
    assert.deepEqual(shape(parseExpression('a.1.2[3]')), [
      'arrayElement',
      ['tupleElement', ['tupleElement', 'a', 1n], 2n],
      3n,
    ])
    assert.deepEqual(shape(parseExpression('a = b is null')), ['isNull', ['equals', 'a', 'b']])
    assert.deepEqual(shape(parseExpression('a ? b : c ? d : e')), ['if', 'a', 'b', ['if', 'c', 'd', 'e']])
    assert.deepEqual(shape(parseExpression('not like(a, b)')), ['not', ['like', 'a', 'b']])
    assert.deepEqual(shape(parseExpression('(x, y) -> x')), ['->', ['x', 'y'], 'x'])
  })

  test('literals keep their values', () => {
    const values: [string, unknown][] = [
      ['18446744073709551615', 18446744073709551615n],
      ['18446744073709551616', 2 ** 64],
      ['-9223372036854775808', -9223372036854775808n],
      ['-9223372036854775809', -(2 ** 63)],
      ['1_000', 1000n],
      ['0xFF', 255n],
      ['0b11', 3n],
      ['0x1p4', 16],
      ['.5', 0.5],
      ['5.', 5],
      ['1e3', 1000],
      ['-inf', Number.NEGATIVE_INFINITY],
      ['NULL', null],
      ['True', true],
      ["'a''b\\'c\\x41\\t\\%'", "a'b'cA\t\\%"],
      ["'\\xD0\\xBF'", 'п'],
      ["'\\xff'", '\udcff'],
      ["$$a'b$$", "a'b"],
      ['$x$a$$b$x$', 'a$$b'],
    ]
    for (const [sql, value] of values) assert.deepEqual(shape(parseExpression(sql)), value, sql)
    assert.equal(shape(parseExpression('nan')), Number.NaN)
  })

  test('a cast literal keeps its digits', () => {
    assert.deepEqual(shape(parseExpression('1.10::Decimal(9, 2)')), ['CAST', '1.10', 'Decimal(9, 2)'])
    assert.deepEqual(shape(parseExpression('[1, -2]::Array(Int8)')), ['CAST', '[1, -2]', 'Array(Int8)'])
    assert.deepEqual(shape(parseExpression('(1)::Int8')), ['CAST', 1n, 'Int8'])
  })

  test('special forms are calls', () => {
    assert.deepEqual(shape(parseExpression("interval '1 day 2 hours'")), [
      'tuple',
      ['toIntervalDay', 1n],
      ['toIntervalHour', 2n],
    ])
    assert.deepEqual(shape(parseExpression('extract(minute from x)')), ['toMinute', 'x'])
    assert.deepEqual(shape(parseExpression("extract(x, 'a')")), ['extract', 'x', 'a'])
    assert.deepEqual(shape(parseExpression("trim(leading 'a' from b)")), ['trimLeft', 'b', 'a'])
    assert.deepEqual(shape(parseExpression('position(a in b)')), ['position', 'b', 'a'])
    assert.deepEqual(shape(parseExpression('date_sub(day, 1, x)')), ['minus', 'x', ['toIntervalDay', 1n]])
    assert.deepEqual(shape(parseExpression('substring(a from 2 for 3)')), ['substring', 'a', 2n, 3n])
  })

  test('keywords are names where they can be nothing else', () => {
    for (const name of [
      'date',
      'interval',
      'timestamp',
      'case',
      'index',
      'key',
      'format',
      'values',
      'columns',
      'not',
    ]) {
      assert.deepEqual(shape(firstColumn(`SELECT ${name} FROM t`)), name)
    }
    assert.deepEqual(
      (parseStatement('SELECT 1 AS select, 2 b').statement as Select).columns.map(c => c.alias),
      ['select', 'b'],
    )
  })

  test('comments are blanks', () => {
    const sql = 'SELECT /* a /* nested */ b */ 1 -- c\n, 2 # d\n, 3 #! e'
    assert.equal(formatAst(parseStatement(sql).statement, { oneLine: true }), 'SELECT 1, 2, 3')
  })

  test('types keep their text', () => {
    assert.equal(parseType("enum8('a'=1,'b' = -2)").text, "enum8('a' = 1, 'b' = -2)")
    assert.equal(parseType('Tuple(a UInt8,`b c` Array( String ))').text, 'Tuple(a UInt8, `b c` Array(String))')
    assert.equal(
      parseType('AggregateFunction(quantiles(0.5,0.9),UInt64)').text,
      'AggregateFunction(quantiles(0.5, 0.9), UInt64)',
    )
    assert.equal(parseType('double precision').text, 'DOUBLE PRECISION')
    assert.equal(parseType('INT(11) unsigned').text, 'INT UNSIGNED')
  })
})

describe('statements', () => {
  test('an INSERT stops before its rows', () => {
    const starts: [string, string][] = [
      ["INSERT INTO t VALUES (1, 'a;'), (2, NULL)", "(1, 'a;'), (2, NULL)"],
      ['INSERT INTO t FORMAT TSV\n  1\t2\n', '  1\t2\n'],
      ['INSERT INTO t FORMAT JSONEachRow {"a": 1}', '{"a": 1}'],
      ['INSERT INTO t SETTINGS a = 1 FORMAT CSV\n"x', '"x'],
      ['INSERT INTO t (a, b) FORMAT RowBinary \u0001\udcff', '\u0001\udcff'],
    ]
    for (const [sql, data] of starts) {
      const parsed = parseStatement(sql)
      assert.equal(sql.slice(parsed.insertDataStart), data)
    }
    const { statement } = parseStatement('INSERT INTO d.t (a) SETTINGS x = 1 VALUES (')
    assert.deepEqual((statement as Insert).table, { database: 'd', table: 't', unbound: undefined })
  })

  test('a script is its statements', () => {
    const script = `SELECT 1; ; -- nothing
      INSERT INTO t VALUES ('a;b'), (2); SELECT 2 ;
      INSERT INTO t FORMAT CSV
1,2
3,4

      SELECT 'x;y'`
    const parsed = parseStatements(script)
    assert.deepEqual(
      parsed.map(({ statement }) => statement.kind),
      ['select', 'insert', 'select', 'insert', 'select'],
    )
    assert.equal(script.slice(parsed[1].insertDataStart, parsed[1].end), "('a;b'), (2);")
    assert.equal(script.slice(parsed[3].insertDataStart, parsed[3].end), '1,2\n3,4\n\n')
  })

  test('set operations go from left to right, INTERSECT first', () => {
    const tree = (sql: string): unknown => {
      const walk = (query: unknown): unknown => {
        const node = query as { kind: string; operator: string; inputs: unknown[]; columns: Expr[] }
        return node.kind === 'select' ? shape(node.columns[0]) : [node.operator, ...node.inputs.map(walk)]
      }
      return walk(parseStatement(sql).statement)
    }
    assert.deepEqual(tree('SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3'), ['UNION ALL', 1n, 2n, 3n])
    assert.deepEqual(tree('SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3'), ['EXCEPT', ['UNION ALL', 1n, 2n], 3n])
    assert.deepEqual(tree('SELECT 1 UNION SELECT 2 INTERSECT SELECT 3'), ['UNION', 1n, ['INTERSECT', 2n, 3n]])
    assert.deepEqual(tree('SELECT 1 EXCEPT (SELECT 2 EXCEPT SELECT 3)'), ['EXCEPT', 1n, ['EXCEPT', 2n, 3n]])
    assert.deepEqual(tree('(SELECT 1 UNION ALL SELECT 2) UNION ALL SELECT 3'), ['UNION ALL', ['UNION ALL', 1n, 2n], 3n])
  })

  test('parameters are found and bound', () => {
    const { statement } = parseStatement('SELECT {a:UInt8} + {b:Array(String)} FROM {d:Identifier}.{t:Identifier}')
    assert.deepEqual(
      [...listParameters(statement)],
      [
        ['a', 'UInt8'],
        ['b', 'Array(String)'],
        ['d', 'Identifier'],
        ['t', 'Identifier'],
      ],
    )
    const values = new Map([
      ['a', '1'],
      ['b', "['x\\ty']"],
      ['d', 'db'],
      ['t', 'a b'],
    ])
    const bound = formatAst(bindParameters(statement, values), { oneLine: true })
    assert.equal(bound, "SELECT _CAST('1', 'UInt8') + _CAST('[\\'x\\\\ty\\']', 'Array(String)') FROM db.`a b`")
    assert.throws(() => bindParameters(statement, new Map()), { code: 456 })
  })

  test('spans say where a node stood', () => {
    const sql = 'SELECT  a + 1 AS b FROM t'
    const column = firstColumn(sql)
    assert.equal(sql.slice(column.start, column.end), 'a + 1 AS b')
  })
})

describe('errors', () => {
  test('say where and what, as ClickHouse does', () => {
    const begin = 'Code: 62. DB::Exception: '
    const starts: [string, string][] = [
      ['SELECT 1 FROMM t u', 'Syntax error: failed at position 16 (t): t u. Expected one of: '],
      ['select 1 +', 'Syntax error: failed at position 11 (end of query): . Expected expression. (SYNTAX_ERROR)'],
      ['select (1', 'Syntax error: failed at position 8 ((): (1. Unmatched parentheses: (. (SYNTAX_ERROR)'],
      [
        'select 1 from a where )',
        'Syntax error: failed at position 23 ()): ). Unmatched parentheses: ). (SYNTAX_ERROR)',
      ],
      [
        "select 'abc",
        "Single quoted string is not closed: Syntax error: failed at position 8 ('abc): 'abc. . (SYNTAX_ERROR)",
      ],
      [
        'select 1 /* abc',
        'Multiline comment is not closed: Syntax error: failed at position 10 (/* abc): /* abc. . (SYNTAX_ERROR)',
      ],
      [
        'select 1\n\nFROM t\n\n wher x y z',
        'Syntax error: failed at position 25 (x) (line 5, col 7): x y z. Expected one of: ',
      ],
      ['select x from t group', 'Syntax error: failed at position 22 (end of query): . Expected BY'],
      ["select 'ы', 1 as", 'Syntax error: failed at position 18 (end of query): '],
      [
        'select 1; select 2',
        'Syntax error (Multi-statements are not allowed): failed at position 11 (select): select 2',
      ],
      [
        'select a ! b',
        'Exclamation mark can only occur in != operator: Syntax error: failed at position 10 (!): ! b. . (SYNTAX_ERROR)',
      ],
    ]
    for (const [sql, message] of starts) {
      const got = errorOf(sql)
      assert.ok(got.startsWith(begin + message), `${sql}\n${got}`)
    }
    assert.match(errorOf('select * from t order by a as b desc nulls'), /Expected one of: FIRST, LAST/)
  })

  test('clauses that exclude each other', () => {
    assert.throws(() => parseStatement('SELECT TOP 1 a FROM t LIMIT 1'), { code: 406 })
    assert.throws(() => parseStatement('SELECT 1 LIMIT 1 WITH TIES'), { code: 476 })
    assert.throws(() => parseStatement('SELECT 1 FETCH FIRST 1 ROW ONLY'), { code: 628 })
    assert.throws(() => parseStatement('SELECT DISTINCT ON (a) b FROM t LIMIT 1 BY a'), { code: 62 })
  })
})

describe('limits', () => {
  const nests: [string, (depth: number) => string, number][] = [
    ['brackets', n => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`, 150],
    ['calls', n => `SELECT ${'f('.repeat(n)}1${')'.repeat(n)}`, 450],
    ['arrays', n => `SELECT ${'['.repeat(n)}a${']'.repeat(n)}`, 450],
    ['sums', n => `SELECT 1${' + a'.repeat(n)}`, 450],
    ['subqueries', n => `${'SELECT * FROM ('.repeat(n)}SELECT 1${')'.repeat(n)}`, 50],
    ['minuses', n => `SELECT ${'- '.repeat(n)}a`, 450],
    ['types', n => `CREATE TABLE t (a ${'Array('.repeat(n)}UInt8${')'.repeat(n)})`, 450],
    ['cases', n => `SELECT ${'case when '.repeat(n)}1${' then 1 end'.repeat(n)}`, 450],
    ['casts', n => `SELECT a${'::Int8'.repeat(n)}`, 450],
    ['joins', n => `SELECT 1 FROM t${' JOIN t USING a'.repeat(n)}`, 900],
    ['unions', n => `SELECT 1${' UNION ALL SELECT 1 UNION DISTINCT SELECT 1'.repeat(n)}`, 450],
    ['maps', n => `SET a = ${'{1:'.repeat(n)}1${'}'.repeat(n)}`, 450],
  ]

  test('nesting ends in an error, never in an overflow of the stack', () => {
    for (const [name, write, fine] of nests) {
      const { statement } = parseStatement(write(fine))
      assert.ok(formatAst(statement).length > 0, name)
      for (const depth of [2000, 8000]) {
        assert.throws(
          () => parseStatement(write(depth)),
          (error: { code: number }) => error.code === 306 || error.code === 167,
          name,
        )
      }
    }
    // Chains that make one call are as long as one likes.
    parseStatement(`SELECT a${' AND a'.repeat(5000)}`)
    parseStatement(`SELECT 1${' UNION ALL SELECT 1'.repeat(5000)}`)
  })

  test('going back and copying are bounded', () => {
    assert.throws(() => parseStatement(`SELECT ${'a BETWEEN 1 AND '.repeat(40)}1`), { code: 168 })
    const tangled = `SELECT ${'interval -('.repeat(60)}1`
    assert.throws(
      () => parseStatement(tangled),
      (error: { code: number }) => error.code === 718 || error.code === 62,
    )
  })

  test('max_query_size counts bytes, and not those of rows', () => {
    assert.throws(() => parseStatement(`SELECT '${'x'.repeat(300000)}'`), /Max query size exceeded/)
    assert.throws(() => parseStatement(`SELECT '${'я'.repeat(140000)}'`), /Max query size exceeded/)
    parseStatement(`SELECT '${'x'.repeat(300000)}'`, { sizeBytesMax: 0 })
    parseStatement(`INSERT INTO t VALUES ('${'x'.repeat(300000)}')`)
  })

  test('a long list is no trouble', () => {
    const numbers = Array.from({ length: 30000 }, (_, i) => i * 7)
    const column = firstColumn(`SELECT x IN (${numbers.join(', ')})`)
    assert.equal(column.kind === 'function' && column.args[1].kind === 'function' && column.args[1].args.length, 30000)
  })
})
