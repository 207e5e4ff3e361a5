import { after, before, describe, test } from 'node:test'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { startEngine } from '../sql/inProcess.ts'
import { expectAnswers } from './answers.ts'

describe('materialized views', () => {
  let engine: GranaryEngine
  before(async () => {
    engine = await startEngine()
  })
  after(() => engine.close())

  test('rows go through chains of views, joins among them', () =>
    expectAnswers(engine, [
      ['CREATE TABLE source (k UInt64, v UInt64) ENGINE = Null', ''],
      ['CREATE TABLE names (k UInt64, name String) ENGINE = Memory', ''],
      ["INSERT INTO names VALUES (1, 'one'), (2, 'two')", ''],
      ['CREATE TABLE sums (k UInt64, v UInt64) ENGINE = SummingMergeTree ORDER BY k', ''],
      ['CREATE MATERIALIZED VIEW toSums TO sums AS SELECT k, v FROM source', ''],
      [
        'CREATE MATERIALIZED VIEW named ENGINE = MergeTree ORDER BY name AS SELECT name, v FROM sums INNER JOIN names USING k',
        '',
      ],
      ['INSERT INTO source VALUES (1, 10), (2, 20), (3, 30)', ''],
      ['INSERT INTO source VALUES (1, 5)', ''],
      ['SELECT * FROM sums FINAL', '1\t15\n2\t20\n3\t30'],
      ['SELECT name, sum(v) FROM named GROUP BY name ORDER BY name', 'one\t15\ntwo\t20'],
    ]))

  test('a view shows its own columns of a wider target, which POPULATE fills', () =>
    expectAnswers(engine, [
      ['CREATE TABLE raw (x UInt8) ENGINE = Memory', ''],
      ['INSERT INTO raw VALUES (1), (2)', ''],
      ["CREATE TABLE wide (x UInt16, more String DEFAULT 'd') ENGINE = Memory", ''],
      ['CREATE MATERIALIZED VIEW narrow TO wide AS SELECT x FROM raw', ''],
      ['INSERT INTO raw VALUES (3)', ''],
      ['SELECT * FROM wide', '3\td'],
      ['SELECT *, toTypeName(x) FROM narrow', '3\tUInt8'],
      ['CREATE MATERIALIZED VIEW filled ENGINE = Memory POPULATE AS SELECT x * 2 AS y FROM raw', ''],
      ['SELECT sum(y) FROM filled', '12'],
      ['INSERT INTO raw VALUES (4)', ''],
      ['SELECT sum(y) FROM filled', '20'],
      ['DROP TABLE wide', ''],
      ['SELECT * FROM narrow', 'Code: 60'],
      ['DROP VIEW narrow', ''],
    ]))

  test('what a view cannot take is not inserted at all', () =>
    expectAnswers(engine, [
      ['CREATE TABLE first (x UInt8) ENGINE = MergeTree ORDER BY x', ''],
      ['CREATE MATERIALIZED VIEW picky ENGINE = Memory AS SELECT throwIf(x = 13) AS y FROM first', ''],
      ['INSERT INTO first VALUES (13)', 'Code: 395'],
      ['SELECT count() FROM first', '0'],
    ]))

  test('definitions that cannot work are refused', () =>
    expectAnswers(engine, [
      ['CREATE MATERIALIZED VIEW bad ENGINE = Memory AS SELECT x FROM missing', 'Code: 60'],
      ['CREATE MATERIALIZED VIEW bad TO missing AS SELECT x FROM first', 'Code: 60'],
      ['CREATE TABLE state (x UInt8, s AggregateFunction(sum, UInt8)) ENGINE = AggregatingMergeTree ORDER BY x', ''],
      [
        'CREATE MATERIALIZED VIEW bad TO state AS SELECT x, sumState(toUInt64(x)) AS s FROM first GROUP BY x',
        'Code: 70',
      ],
      ['CREATE TABLE self (x UInt8, y UInt8 DEFAULT y + 1) ENGINE = Memory', 'Code: 174'],
      ['CREATE TABLE other (x UInt8, y UInt8 DEFAULT z + 1) ENGINE = Memory', 'Code: 47'],
    ]))
})
