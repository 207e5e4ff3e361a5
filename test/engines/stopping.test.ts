// DROP and DETACH while parts are being rewritten: nothing is left behind, and nothing is written after.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, startEngine } from '../sql/inProcess.ts'

const slow = 'ALTER TABLE t UPDATE v = v + 1 WHERE sleepEachRow(0.2) = 0'
const make = [
  'CREATE TABLE t (k UInt32, v UInt32) ENGINE = MergeTree ORDER BY k',
  'INSERT INTO t SELECT number, number FROM numbers(10)',
]

test('a table under mutation can be dropped, and made again', async () => {
  const engine = await startEngine()
  try {
    for (let round = 0; round < 3; round++) {
      for (const sql of make) await ask(engine, sql)
      assert.equal(await ask(engine, slow), '')
      assert.equal(await ask(engine, 'DROP TABLE t'), '')
    }
    for (const sql of make) await ask(engine, sql)
    assert.equal((await ask(engine, 'SELECT sum(v) FROM t')).trim(), '45')
  } finally {
    await engine.close({ graceMs: 0 })
  }
})

test('a mutation that DETACH interrupts goes on after ATTACH', async () => {
  const engine = await startEngine()
  try {
    for (const sql of make) await ask(engine, sql)
    await ask(engine, 'ALTER TABLE t UPDATE v = v + 1 WHERE sleepEachRow(0.02) = 0')
    assert.equal(await ask(engine, 'DETACH TABLE t'), '')
    assert.equal(await ask(engine, 'ATTACH TABLE t'), '')
    assert.equal(await ask(engine, 'ALTER TABLE t UPDATE v = v * 2 WHERE 1', { mutations_sync: '1' }), '')
    assert.equal((await ask(engine, 'SELECT sum(v) FROM t')).trim(), '110')
  } finally {
    await engine.close({ graceMs: 0 })
  }
})
