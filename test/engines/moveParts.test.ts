import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, startEngine } from '../sql/inProcess.ts'
import { expectAnswers } from './answers.ts'

test('MOVE PARTITION takes its parts from one table to another', async () => {
  const engine = await startEngine()
  try {
    await expectAnswers(engine, [
      ['CREATE TABLE a (p Int32, v Int32) ENGINE = MergeTree PARTITION BY p ORDER BY v', ''],
      ['CREATE TABLE b AS a', ''],
      ['INSERT INTO a VALUES (1, 1), (2, 2)', ''],
      ['INSERT INTO a VALUES (1, 3)', ''],
      ['INSERT INTO b VALUES (1, 4)', ''],
      ['ALTER TABLE a MOVE PARTITION 1 TO TABLE b', ''],
      ['SELECT p, v FROM a', '2\t2'],
      ['SELECT p, v FROM b ORDER BY v', '1\t1\n1\t3\n1\t4'],
      ['ALTER TABLE a MOVE PARTITION 2 TO TABLE a', 'Code: 36'],
    ])
    assert.equal(await ask(engine, 'DROP TABLE a', { allow_ddl: '0' }), 'Code: 392\n')
  } finally {
    await engine.close()
  }
})
