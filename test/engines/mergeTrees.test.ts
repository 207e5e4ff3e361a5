import { after, before, describe, test } from 'node:test'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { startEngine } from '../sql/inProcess.ts'
import { expectAnswers } from './answers.ts'

describe('MergeTree tables', () => {
  let engine: GranaryEngine
  before(async () => {
    engine = await startEngine()
  })
  after(() => engine.close())

  test('expressions in VALUES are cast', () =>
    expectAnswers(engine, [
      ['CREATE TABLE cast (u UInt8, i Int32, d Date, a Array(String)) ENGINE = MergeTree ORDER BY tuple()', ''],
      ["INSERT INTO cast VALUES (-1, 3 * 1000000000, toDateTime('2020-09-01 10:00:00', 'UTC'), [1, 2])", ''],
      ['INSERT INTO cast (u) VALUES (NULL + 1)', ''],
      ['SELECT * FROM cast ORDER BY u', "0\t0\t1970-01-01\t[]\n255\t-1294967296\t2020-09-01\t['1','2']"],
      ["INSERT INTO cast (u) VALUES (concat('a', 'b'))", 'Code: 6'],
    ]))

  test('a column named data is one of a wide part', () =>
    expectAnswers(engine, [
      ['CREATE TABLE named (k UInt8, data String) ENGINE = MergeTree ORDER BY k', ''],
      ["INSERT INTO named VALUES (1, 'a')", ''],
      ['CHECK TABLE named SETTINGS check_query_single_value_result = 0', 'all_1_1_0\t1'],
      ['SELECT * FROM named', '1\ta'],
    ]))

  test('PARTITION tuple() is all of a table without a partition key', () =>
    expectAnswers(engine, [
      ['CREATE TABLE whole (k UInt8) ENGINE = MergeTree ORDER BY k', ''],
      ['INSERT INTO whole VALUES (1)', ''],
      ['INSERT INTO whole VALUES (2)', ''],
      ['OPTIMIZE TABLE whole PARTITION tuple() FINAL', ''],
      ["SELECT count() FROM system.parts WHERE active AND table = 'whole'", '1'],
      ['OPTIMIZE TABLE whole PARTITION 1 FINAL', 'Code: 248'],
    ]))

  test('optimize_on_insert', () =>
    expectAnswers(engine, [
      ['CREATE TABLE sums (k UInt8, v UInt8) ENGINE = SummingMergeTree ORDER BY k', ''],
      ['INSERT INTO sums SETTINGS optimize_on_insert = 0 VALUES (1, 1), (1, 2)', ''],
      ['INSERT INTO sums VALUES (2, 1), (2, 2)', ''],
      ['SELECT * FROM sums ORDER BY k, v', '1\t1\n1\t2\n2\t3'],
      ['SELECT * FROM sums FINAL ORDER BY k', '1\t3\n2\t3'],
    ]))

  test('SAMPLE reads a part of the values of the sampling key', () =>
    expectAnswers(engine, [
      ['CREATE TABLE sampled (x UInt32, v UInt8) ENGINE = ReplacingMergeTree(v) ORDER BY x SAMPLE BY x', ''],
      ['INSERT INTO sampled VALUES (1, 0), (10, 0), (2000000000, 0), (4000000000, 0)', ''],
      ['INSERT INTO sampled VALUES (1, 1)', ''],
      [
        'SELECT x, v, _sample_factor FROM sampled SAMPLE 1/2 ORDER BY x, v',
        '1\t0\t2\n1\t1\t2\n10\t0\t2\n2000000000\t0\t2',
      ],
      ['SELECT x, v FROM sampled FINAL SAMPLE 1/2 ORDER BY x', '1\t1\n10\t0\n2000000000\t0'],
      ['SELECT x FROM sampled SAMPLE 1/2 OFFSET 1/2', '4000000000'],
      ['SELECT count() FROM sampled SAMPLE 1000', '5'],
      ['SELECT count() FROM sampled SAMPLE 1/2', '4'],
      ['SELECT x, _part_index FROM sampled WHERE x = 1 ORDER BY _part_index', '1\t0\n1\t1'],
      ['SELECT * FROM sums SAMPLE 1/2', 'Code: 141'],
      ['SELECT * FROM numbers(3) SAMPLE 1/2', 'Code: 141'],
    ]))

  test('sleep waits between chunks, and a query can be stopped meanwhile', () =>
    expectAnswers(engine, [
      ['SELECT sleep(0.01), sleep(NULL)', '0\t\\N'],
      ['SELECT sum(sleepEachRow(0.001)) FROM numbers(3)', '0'],
      ['SELECT sleep(4)', 'Code: 160'],
      ['SELECT sleepEachRow(1) FROM numbers(4)', 'Code: 160'],
      ["SELECT sleep('a')", 'Code: 43'],
      ['SELECT sleep(number) FROM numbers(2)', 'Code: 44'],
      ['SELECT sleep(3) SETTINGS max_execution_time = 0.05', 'Code: 159'],
    ]))

  test('keys that a new table may not have', () =>
    expectAnswers(engine, [
      ['CREATE TABLE bad (a Float32) ENGINE = MergeTree ORDER BY tuple() PARTITION BY a', 'Code: 36'],
      ['CREATE TABLE bad (k AggregateFunction(max, UInt8)) ENGINE = MergeTree ORDER BY k', 'Code: 549'],
      [
        'CREATE TABLE bad (a Int8, v Int8) ENGINE = SummingMergeTree((a, v)) PARTITION BY a ORDER BY tuple()',
        'Code: 36',
      ],
      ['CREATE TABLE bad (a UInt8) ENGINE = MergeTree ORDER BY a SAMPLE BY tuple()', 'Code: 80'],
      ['CREATE TABLE bad (a UInt8, b UInt8) ENGINE = MergeTree ORDER BY a SAMPLE BY b', 'Code: 36'],
      ['CREATE TABLE bad (a Int8) ENGINE = MergeTree ORDER BY a SAMPLE BY a', 'Code: 59'],
      [
        'CREATE TABLE good (a Float32, h UInt64) ENGINE = MergeTree ORDER BY (a, intHash32(h)) PARTITION BY a SAMPLE BY intHash32(h) SETTINGS allow_floating_point_partition_key = 1',
        '',
      ],
    ]))

  test('system.parts tells of the partition', () =>
    expectAnswers(engine, [
      ['CREATE TABLE days (d Date, s String) ENGINE = MergeTree PARTITION BY (s, d) ORDER BY tuple()', ''],
      ["INSERT INTO days VALUES ('2020-01-02', 'x')", ''],
      [
        "SELECT partition, min_date, max_date, min_time FROM system.parts WHERE table = 'days'",
        "(\\'x\\',\\'2020-01-02\\')\t2020-01-02\t2020-01-02\t1970-01-01 00:00:00",
      ],
      ['CREATE TABLE moments (t DateTime64(3)) ENGINE = MergeTree PARTITION BY toYear(t) ORDER BY t', ''],
      ["INSERT INTO moments VALUES ('2020-01-02 03:04:05.678')", ''],
      ["SELECT partition, min_time FROM system.parts WHERE table = 'moments'", '2020\t2020-01-02 03:04:05'],
    ]))
})
