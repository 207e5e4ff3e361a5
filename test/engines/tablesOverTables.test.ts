import { after, before, describe, test } from 'node:test'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { startEngine } from '../sql/inProcess.ts'
import { expectAnswers } from './answers.ts'

describe('tables over tables', () => {
  let engine: GranaryEngine
  before(async () => {
    engine = await startEngine()
    await expectAnswers(engine, [
      ['CREATE TABLE a (x UInt8, y String) ENGINE = Memory', ''],
      ['CREATE TABLE b (x UInt64) ENGINE = ReplacingMergeTree ORDER BY x', ''],
      ["INSERT INTO a VALUES (1, 'one'), (2, 'two')", ''],
      ['INSERT INTO b VALUES (300)', ''],
      ['INSERT INTO b VALUES (300)', ''],
    ])
  })
  after(() => engine.close())

  test('merge() has the columns of all tables, of types that hold all', () =>
    expectAnswers(engine, [
      [
        "SELECT x, y, _table, _database, toTypeName(x) FROM merge('^[ab]$') ORDER BY x, y",
        '1\tone\ta\tdefault\tUInt64\n2\ttwo\ta\tdefault\tUInt64\n300\t\tb\tdefault\tUInt64\n300\t\tb\tdefault\tUInt64',
      ],
      ["SELECT count() FROM merge(currentDatabase(), '^[ab]$') FINAL", '3'],
      ["SELECT sum(x) FROM merge(REGEXP('^def'), '^[ab]$') WHERE _table = 'a'", '3'],
      ["SELECT 1 FROM merge('^nothing$')", 'Code: 636'],
    ]))

  test('a table Merge reads what matches now, and not itself', () =>
    expectAnswers(engine, [
      ["CREATE TABLE every (x UInt32, _z ALIAS x + 1) ENGINE = Merge(currentDatabase(), '^(a|b|every|late)$')", ''],
      [
        'SHOW CREATE TABLE every',
        "CREATE TABLE default.every\\n(\\n    `x` UInt32,\\n    `_z` UInt64 ALIAS x + 1\\n)\\nENGINE = Merge(\\'default\\', \\'^(a|b|every|late)$\\')",
      ],
      ['SELECT sum(x) FROM every', '603'],
      ['CREATE TABLE late (x UInt8) ENGINE = Log', ''],
      ['INSERT INTO late VALUES (7)', ''],
      ['SELECT sum(x), max(_z) FROM every', '610\t301'],
      ['DROP TABLE late', ''],
    ]))

  test('tables that read each other in a circle are refused', () =>
    expectAnswers(engine, [
      ["CREATE TABLE one (x UInt8) ENGINE = Merge(currentDatabase(), '^two$')", ''],
      ["CREATE TABLE two (x UInt8) ENGINE = Merge(currentDatabase(), '^one$')", ''],
      ['SELECT * FROM one', 'Code: 269'],
    ]))

  test('a Buffer shows the rows that wait beside those of its table', () =>
    expectAnswers(engine, [
      ['CREATE TABLE kept (x UInt64, s LowCardinality(String)) ENGINE = MergeTree ORDER BY x', ''],
      [
        'CREATE TABLE waiting (x UInt64, s String) ENGINE = Buffer(currentDatabase(), kept, 1, 100, 100, 3, 10, 1000, 1000000)',
        '',
      ],
      ["INSERT INTO waiting VALUES (1, 'a')", ''],
      ["INSERT INTO kept VALUES (2, 'b')", ''],
      ['SELECT * FROM waiting ORDER BY x', '1\ta\n2\tb'],
      ['SELECT * FROM kept', '2\tb'],
      ['OPTIMIZE TABLE waiting', ''],
      ['SELECT * FROM kept ORDER BY x', '1\ta\n2\tb'],
      ['INSERT INTO waiting SELECT number, toString(number) FROM numbers(20)', ''],
      ['SELECT count() FROM kept', '22'],
      ['DROP TABLE waiting', ''],
    ]))

  test('Distributed reads every shard, and writes each row to one', () =>
    expectAnswers(engine, [
      ['CREATE TABLE part (x UInt64) ENGINE = MergeTree ORDER BY x', ''],
      ['CREATE TABLE whole AS part ENGINE = Distributed(test_cluster_two_shards, currentDatabase(), part, rand())', ''],
      ['INSERT INTO whole SELECT number FROM numbers(100)', ''],
      ['SELECT count(), uniqExact(x) FROM part', '100\t100'],
      ['SELECT _shard_num, count() FROM whole GROUP BY 1 ORDER BY 1', '1\t100\n2\t100'],
      ['CREATE TABLE keyless AS part ENGINE = Distributed(test_cluster_two_shards, currentDatabase(), part)', ''],
      ['INSERT INTO keyless VALUES (1)', 'Code: 55'],
      ["SELECT sum(x) FROM remote('127.0.0.{1..3}', currentDatabase(), part)", '14850'],
      ["SELECT count() FROM clusterAllReplicas('test_cluster_one_shard_two_replicas', default.part)", '200'],
      ["INSERT INTO FUNCTION remote('127.0.0.{2|3}', default.part) VALUES (1000)", ''],
      ['SELECT count() FROM part WHERE x = 1000', '2'],
      ["SELECT * FROM cluster('missing', system.one)", 'Code: 701'],
      ["SELECT count() FROM cluster('test_unavailable_shard', system.one) SETTINGS skip_unavailable_shards = 1", '1'],
    ]))

  test('shards may answer for themselves, and ON CLUSTER tells of each server', () =>
    expectAnswers(engine, [
      ["SELECT count() FROM remote('127.0.0.{1,2}', system.one)", '2'],
      ["SELECT count() FROM remote('127.0.0.{1,2}', system.one) SETTINGS distributed_group_by_no_merge = 1", '1\n1'],
      ["SELECT shardNum(), shardCount() FROM remote('127.0.0.{1,2}', system.one) ORDER BY 1", '1\t2\n2\t2'],
      [
        'CREATE TABLE everywhere ON CLUSTER test_cluster_two_shards (x UInt8) ENGINE = Memory',
        '127.0.0.1\t9000\t0\t\t1\t0\n127.0.0.2\t9000\t0\t\t0\t0',
      ],
      ['SELECT count() FROM everywhere', '0'],
    ]))

  test('CREATE TABLE AS a function asks it anew', () =>
    expectAnswers(engine, [
      ['CREATE TABLE five AS numbers(5)', ''],
      ['SELECT sum(number) FROM five', '10'],
      ['SHOW CREATE TABLE five', 'CREATE TABLE default.five\\n(\\n    `number` UInt64\\n) AS numbers(5)'],
    ]))

  test('CREATE OR REPLACE may read the table that it replaces', () =>
    expectAnswers(engine, [
      ['CREATE TABLE again (x UInt8) ENGINE = Memory', ''],
      ['INSERT INTO again VALUES (1), (2)', ''],
      ['CREATE OR REPLACE TABLE again ENGINE = MergeTree ORDER BY x AS SELECT x * 2 AS x FROM again', ''],
      ['SELECT * FROM again', '2\n4'],
      ['CREATE OR REPLACE TABLE again ENGINE = Memory AS SELECT throwIf(1)', 'Code: 395'],
      ['SELECT * FROM again', '2\n4'],
    ]))

  test('parameters of a view are given like arguments', () =>
    expectAnswers(engine, [
      ['CREATE VIEW wanted AS SELECT x, {label:String} AS label FROM a WHERE x >= {from:UInt8}', ''],
      ["SELECT * FROM wanted(from = 2, label = 'it')", '2\tit'],
      ['SELECT * FROM wanted(from = 2)', 'Code: 456'],
    ]))

  test('input() reads what follows an INSERT SELECT', () =>
    expectAnswers(engine, [
      ['CREATE TABLE read (x UInt64, s String) ENGINE = Memory', ''],
      ["INSERT INTO read SELECT x + 1, upper(s) FROM input('x UInt8, s String') FORMAT CSV\n1,a\n2,b\n", ''],
      ['SELECT * FROM read', '2\tA\n3\tB'],
      ["SELECT * FROM input('x UInt8')", 'Code: 477'],
    ]))

  test('files lie in the directory for them', () =>
    expectAnswers(engine, [
      ["INSERT INTO FUNCTION file('t.csv', 'CSVWithNames') SELECT 1 AS a, 'q' AS b", ''],
      ["INSERT INTO FUNCTION file('t.csv') SELECT 2 AS a, 'r' AS b", ''],
      ["SELECT * FROM file('t.csv')", '1\tq\n2\tr'],
      ["SELECT * FROM file('../t.csv')", 'Code: 291'],
      ['CREATE TABLE lines (x UInt8) ENGINE = File(JSONEachRow)', ''],
      ['INSERT INTO lines VALUES (1)', ''],
      ['INSERT INTO lines VALUES (2)', ''],
      ['SELECT sum(x) FROM lines', '3'],
    ]))

  test('engines that there are not are told from those that ClickHouse has', () =>
    expectAnswers(engine, [
      ["CREATE TABLE no (x UInt8) ENGINE = GraphiteMergeTree('x') ORDER BY x", 'Code: 48'],
      ['CREATE TABLE no (x UInt8) ENGINE = Nonsense', 'Code: 56'],
      ['CREATE TABLE no (x UInt8) ENGINE = Memory SETTINGS nonsense = 1', 'Code: 115'],
      ['CREATE TABLE no (x UInt8) ENGINE = Memory(1)', 'Code: 42'],
    ]))
})
