import { after, before, describe, test } from 'node:test'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { startEngine } from '../sql/inProcess.ts'
import { expectAnswers } from './answers.ts'

describe('tables found by key', () => {
  let engine: GranaryEngine
  before(async () => {
    engine = await startEngine()
    await expectAnswers(engine, [
      ['CREATE TABLE items (id UInt64, name String, parent UInt64) ENGINE = MergeTree ORDER BY tuple()', ''],
      ["INSERT INTO items VALUES (1, 'a', 0), (1, 'second', 0), (2, 'b', 1), (3, 'c', 1), (4, 'd', 2)", ''],
    ])
  })
  after(() => engine.close())

  const dictionary = (name: string, layout: string) =>
    `CREATE DICTIONARY ${name} (id UInt64, name String DEFAULT 'none', parent UInt64 DEFAULT 7 HIERARCHICAL) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'items')) LAYOUT(${layout}()) LIFETIME(MIN 0 MAX 1000)`

  test('dictGet() and its like', () =>
    expectAnswers(engine, [
      [dictionary('hashed', 'HASHED'), ''],
      [dictionary('flat', 'FLAT'), ''],
      ["SELECT dictGet('hashed', 'name', 1), dictGet('flat', 'name', 1)", 'a\tsecond'],
      [
        "SELECT dictGet('hashed', ('name', 'parent'), number) FROM numbers(1, 5)",
        "('a',0)\n('b',1)\n('c',1)\n('d',2)\n('none',7)",
      ],
      [
        "SELECT dictGetOrDefault('hashed', 'name', 9, 'x'), dictGetOrNull('default.hashed', 'name', 9), dictHas('hashed', 2)",
        'x\t\\N\t1',
      ],
      ["SELECT dictGetUInt64(default.hashed, 'parent', '4')", '2'],
      ["SELECT dictGetString('hashed', 'parent', 1)", 'Code: 53'],
      ["SELECT dictGet('hashed', 'other', 1)", 'Code: 36'],
      ["SELECT dictGet('missing', 'name', 1)", 'Code: 36'],
      ["SELECT dictGet('hashed', 'name', arrayJoin([2, NULL]))", 'b\n\\N'],
      [
        "SELECT dictGetHierarchy('hashed', 4), dictIsIn('hashed', 4, 1), dictGetChildren('hashed', 1), dictGetDescendants('hashed', 1)",
        '[4,2,1]\t1\t[2,3]\t[2,3,4]',
      ],
    ]))

  test('a dictionary is a table that cannot be written', () =>
    expectAnswers(engine, [
      ['SELECT count() FROM hashed', '4'],
      ["SELECT name FROM dictionary('hashed') WHERE id = 3", 'c'],
      ['CREATE TABLE shown (id UInt64, name String) ENGINE = Dictionary(hashed)', ''],
      ['SELECT max(name) FROM shown', 'd'],
      ["INSERT INTO hashed VALUES (5, 'e', 1)", 'Code: 48'],
      ['DROP TABLE hashed', 'Code: 520'],
      ["SELECT status, type, element_count FROM system.dictionaries WHERE name = 'hashed'", 'LOADED\tHashed\t5'],
      ['SHOW DICTIONARIES', 'flat\nhashed'],
      ['EXISTS DICTIONARY hashed', '1'],
    ]))

  test('rows are loaded anew when they are asked for or always', () =>
    expectAnswers(engine, [
      [dictionary('direct', 'DIRECT').replace('LIFETIME(MIN 0 MAX 1000)', '').replace(' HIERARCHICAL', ''), ''],
      ["SELECT dictGet('direct', 'name', 5), dictGet('hashed', 'name', 5)", 'none\tnone'],
      ["INSERT INTO items VALUES (5, 'e', 1)", ''],
      ["SELECT dictGet('direct', 'name', 5), dictGet('hashed', 'name', 5)", 'e\tnone'],
      ['SYSTEM RELOAD DICTIONARY hashed', ''],
      ["SELECT dictGet('hashed', 'name', 5)", 'e'],
    ]))

  test('keys of several columns, ranges and networks', () =>
    expectAnswers(engine, [
      [
        "CREATE DICTIONARY complex (id UInt64, name String, parent UInt64) PRIMARY KEY id, name SOURCE(CLICKHOUSE(TABLE 'items')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
        '',
      ],
      ["SELECT dictGet('complex', 'parent', (toUInt8(4), 'd')), dictHas('complex', tuple(4, 'x'))", '2\t0'],
      ['CREATE TABLE prices (id UInt64, since Date, till Nullable(Date), price UInt32) ENGINE = Memory', ''],
      [
        "INSERT INTO prices VALUES (1, '2020-01-01', '2020-12-31', 10), (1, '2021-01-01', NULL, 20), (1, '2020-06-01', '2020-06-30', 5)",
        '',
      ],
      [
        "CREATE DICTIONARY ranged (id UInt64, since Date, till Nullable(Date), price UInt32) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'prices')) LAYOUT(RANGE_HASHED()) RANGE(MIN since MAX till) LIFETIME(0)",
        '',
      ],
      [
        "SELECT dictGet('ranged', 'price', 1, toDate('2020-06-10')), dictGet('ranged', 'price', 1, toDate('2030-01-01')), dictHas('ranged', 1, toDate('2019-01-01'))",
        '10\t20\t0',
      ],
      ["SELECT dictGet('ranged', 'price', 1)", 'Code: 42'],
      ['CREATE TABLE nets (prefix String, v String) ENGINE = Memory', ''],
      ["INSERT INTO nets VALUES ('10.0.0.0/8', 'a'), ('10.1.0.0/16', 'b'), ('2001:db8::/32', 'c')", ''],
      [
        "CREATE DICTIONARY trie (prefix String, v String DEFAULT '-') PRIMARY KEY prefix SOURCE(CLICKHOUSE(TABLE 'nets')) LAYOUT(IP_TRIE()) LIFETIME(0)",
        '',
      ],
      [
        "SELECT dictGet('trie', 'v', toIPv4('10.1.2.3')), dictGet('trie', 'v', tuple(toIPv6('2001:db8::1'))), dictGet('trie', 'v', toIPv4('9.9.9.9'))",
        'b\tc\t-',
      ],
    ]))

  test('areas are found by a point', () =>
    expectAnswers(engine, [
      ['CREATE TABLE areas (area Array(Array(Array(Tuple(Float64, Float64)))), name String) ENGINE = Memory', ''],
      [
        "INSERT INTO areas VALUES ([[[(0, 0), (0, 4), (4, 4), (4, 0)], [(1, 1), (1, 2), (2, 2), (2, 1)]]], 'big'), ([[[(3, 3), (3, 3.5), (3.5, 3.5), (3.5, 3)]]], 'small')",
        '',
      ],
      [
        "CREATE DICTIONARY polygons (area Array(Array(Array(Tuple(Float64, Float64)))), name String DEFAULT '-') PRIMARY KEY area SOURCE(CLICKHOUSE(TABLE 'areas')) LAYOUT(POLYGON()) LIFETIME(0)",
        '',
      ],
      [
        "SELECT arrayMap(p -> dictGet('polygons', 'name', p), [(0.5, 0.5), (1.5, 1.5), (3.2, 3.2), (9., 9.)])",
        "['big','-','small','-']",
      ],
      ["SELECT dictHas('polygons', (4, 4)), dictHas('polygons', (4, 5))", '1\t0'],
    ]))

  test('definitions are checked', () =>
    expectAnswers(engine, [
      [
        'CREATE DICTIONARY no (id UInt64, v String) PRIMARY KEY id SOURCE(NULL()) LAYOUT(NOPE()) LIFETIME(0)',
        'Code: 137',
      ],
      ['CREATE DICTIONARY no (id UInt64, v String) PRIMARY KEY id SOURCE(NULL()) LAYOUT(FLAT())', 'Code: 489'],
      [
        "CREATE DICTIONARY no (id UInt64, v String) PRIMARY KEY id SOURCE(MYSQL(host 'x')) LAYOUT(FLAT()) LIFETIME(0)",
        'Code: 48',
      ],
      [
        "CREATE DICTIONARY broken (id UInt64, v String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'missing')) LAYOUT(FLAT()) LIFETIME(0)",
        '',
      ],
      ["SELECT dictGet('broken', 'v', 1)", 'Code: 60'],
      ["SELECT status FROM system.dictionaries WHERE name = 'broken'", 'FAILED'],
    ]))

  test('defaults of columns may ask a dictionary', () =>
    expectAnswers(engine, [
      ["CREATE TABLE withNames (id UInt64, name String DEFAULT dictGet('hashed', 'name', id)) ENGINE = Memory", ''],
      ['INSERT INTO withNames (id) VALUES (2), (77)', ''],
      ['SELECT * FROM withNames', '2\tb\n77\tnone'],
    ]))

  test('Join tables keep one row of a key, and join as they were made to', () =>
    expectAnswers(engine, [
      ['CREATE TABLE keyed (k UInt64, s String) ENGINE = Join(ANY, LEFT, k)', ''],
      ['CREATE TABLE latest (k UInt64, s String) ENGINE = Join(ANY, LEFT, k) SETTINGS join_any_take_last_row = 1', ''],
      ["INSERT INTO keyed VALUES (1, 'x'), (1, 'y'), (2, 'z')", ''],
      ["INSERT INTO latest VALUES (1, 'x'), (1, 'y'), (2, 'z')", ''],
      ["SELECT joinGet('keyed', 's', 1), joinGet(latest, 's', 1), joinGetOrNull('keyed', 's', 9)", 'x\ty\t\\N'],
      ['SELECT * FROM keyed ORDER BY k', '1\tx\n2\tz'],
      [
        'SELECT number, s FROM numbers(3) AS n ANY LEFT JOIN keyed ON n.number = keyed.k ORDER BY number',
        '0\t\n1\tx\n2\tz',
      ],
      ['SELECT * FROM numbers(3) AS n ALL INNER JOIN keyed ON n.number = keyed.k', 'Code: 264'],
      ["INSERT INTO keyed VALUES (9, 'late')", ''],
      ["SELECT joinGet('keyed', 's', number) FROM numbers(8, 2)", '\nlate'],
      ['TRUNCATE TABLE keyed', ''],
      ['SELECT count() FROM keyed', '0'],
      ["SELECT joinGet('items', 'name', 1)", 'Code: 43'],
    ]))

  test('Set tables are the right side of IN', () =>
    expectAnswers(engine, [
      ['CREATE TABLE chosen (x UInt64) ENGINE = Set', ''],
      ['INSERT INTO chosen VALUES (1), (3)', ''],
      ['SELECT groupArray(number) FROM numbers(5) WHERE number IN chosen', '[1,3]'],
      ['SELECT groupArray(number) FROM numbers(5) WHERE number NOT IN (chosen)', '[0,2,4]'],
    ]))
})
