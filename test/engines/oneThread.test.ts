// Where there is one thread for everything, questions are answered while it merges and writes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { coreModule } from '../harness.ts'
import { ask } from '../sql/inProcess.ts'

test('a long merge and a long insert let queries through', async () => {
  const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
  const engine = await createEngine(platform)
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`)
  await ask(
    engine,
    `CREATE TABLE t (k UInt64, ${names.map(name => `${name} UInt64`).join(', ')}) ENGINE = MergeTree ORDER BY k`,
  )
  const insert = `INSERT INTO t SELECT number, ${names.map(() => 'rand64(number)').join(', ')} FROM numbers(100000)`
  /** How often a query is answered while something runs. */
  const answersDuring = async (work: Promise<unknown>): Promise<number> => {
    let isOver = false
    let answers = 0
    const over = work.finally(() => {
      isOver = true
    })
    while (!isOver) {
      assert.equal(await ask(engine, 'SELECT 1'), '1\n')
      if (!isOver) answers++
      await platform.clock.wait(20)
    }
    await over
    return answers
  }
  assert.ok((await answersDuring(ask(engine, insert))) >= 2)
  await ask(engine, insert)
  assert.ok((await answersDuring(ask(engine, 'OPTIMIZE TABLE t FINAL'))) >= 2)
  await engine.close({ graceMs: 0 })
})
