import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { ask, startEngine } from '../sql/inProcess.ts'
import { expectAnswers } from './answers.ts'

async function withEngine(work: (engine: GranaryEngine) => Promise<void>): Promise<void> {
  const engine = await startEngine()
  try {
    await work(engine)
  } finally {
    await engine.close()
  }
}

describe('TTL', () => {
  test('what has expired goes with merges, OPTIMIZE and MATERIALIZE TTL', () =>
    withEngine(engine =>
      expectAnswers(engine, [
        [
          `CREATE TABLE t (d Date, k Int32, v String DEFAULT 'x' TTL d + 10, a Array(Int32) TTL d, m Int32 MATERIALIZED k + 1 TTL d)
           ENGINE = MergeTree ORDER BY k TTL d + INTERVAL 1 YEAR WHERE k % 2 = 0`,
          '',
        ],
        ["INSERT INTO t SELECT '2000-01-01', number, 'a', [1] FROM numbers(3)", ''],
        ["INSERT INTO t SELECT '2100-01-01', number, 'a', [1] FROM numbers(2)", ''],
        ['SYSTEM STOP TTL MERGES t', ''],
        ['OPTIMIZE TABLE t FINAL', ''],
        ["SELECT count(), countIf(v = 'a') FROM t", '5\t5'],
        ['SYSTEM START TTL MERGES t', ''],
        ['OPTIMIZE TABLE t FINAL', ''],
        [
          'SELECT toYear(d), k, v, a, m FROM t ORDER BY d, k',
          '2000\t1\tx\t[]\t2\n2100\t0\ta\t[1]\t1\n2100\t1\ta\t[1]\t2',
        ],
        ['ALTER TABLE t MODIFY TTL d + 1 SETTINGS materialize_ttl_after_modify = 0', ''],
        ['SELECT count() FROM t', '3'],
        ['ALTER TABLE t MATERIALIZE TTL SETTINGS mutations_sync = 1', ''],
        ['SELECT count() FROM t', '2'],
        ["INSERT INTO t SELECT '1970-01-01', 9, 'b', [2]", ''],
        ['ALTER TABLE t REMOVE TTL', ''],
        ['OPTIMIZE TABLE t FINAL', ''],
        ['SELECT v, a FROM t WHERE k = 9', 'x\t[2]'],
        ['ALTER TABLE t MODIFY TTL d + 1', ''],
        ['SELECT count() FROM t', '2'],
      ]),
    ))

  test('what it cannot be', () =>
    withEngine(async engine => {
      const refused: readonly (readonly [string, RegExp])[] = [
        ['ENGINE = MergeTree ORDER BY k TTL k', /^Code: 450$/m],
        ['ENGINE = MergeTree ORDER BY k TTL d, d + 1', /^Code: 450$/m],
        ['ENGINE = MergeTree ORDER BY k TTL now()', /^Code: 36$/m],
        ['ENGINE = MergeTree ORDER BY k TTL d + rand()', /^Code: 36$/m],
        ["ENGINE = MergeTree ORDER BY k TTL d TO DISK 'x'", /^Code: 450$/m],
        ['ENGINE = MergeTree ORDER BY k TTL d GROUP BY k SET d = max(d)', /^Code: 48$/m],
        ['ENGINE = MergeTree ORDER BY k TTL d RECOMPRESS CODEC(ZSTD)', /^Code: 48$/m],
        ['ENGINE = Memory TTL d', /^Code: 36$/m],
      ]
      for (const [rest, error] of refused)
        assert.match(await ask(engine, `CREATE TABLE r (d Date, k Int32) ${rest}`), error, rest)
      assert.match(
        await ask(engine, 'CREATE TABLE r (d Date, k Int32 TTL d) ENGINE = MergeTree ORDER BY k'),
        /^Code: 44$/m,
      )
    }))
})
