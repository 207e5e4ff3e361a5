// Random queries over small random tables: our answers against ClickHouse's. GRANARY_SEED and GRANARY_QUERIES choose others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../harness.ts'
import { ask, startEngine } from '../sql/inProcess.ts'
import { ClickHouse } from './clickhouse.ts'
import { QueryMaker } from './queryMaker.ts'

const seed = Number(process.env['GRANARY_SEED'] ?? 1)
const count = Number(process.env['GRANARY_QUERIES'] ?? 300)

test(`${count} random queries of seed ${seed}`, async () => {
  const engine = await startEngine()
  const oracle = new ClickHouse()
  const maker = new QueryMaker(random(seed))
  const differences: string[] = []
  let compared = 0
  try {
    for (const statement of maker.tables()) {
      oracle.run(statement.replaceAll('TABLE ', 'TABLE default.').replaceAll('INTO ', 'INTO default.'))
      assert.equal(await ask(engine, statement), '', statement)
    }
    for (let i = 0; i < count; i++) {
      const query = maker.query()
      let wanted: string
      try {
        wanted = oracle.run(query)
      } catch {
        continue // it is no query of ClickHouse's either
      }
      const got = await ask(engine, query)
      // What is refused as not supported (or for want of Variant) is no wrong answer.
      compared++
      if (got === wanted || /^Code: (48|46|386)\n/.test(got)) continue
      differences.push(`${query}\n--- ClickHouse\n${wanted.slice(0, 500)}--- Granary\n${got.slice(0, 500)}`)
    }
  } finally {
    await engine.close({ graceMs: 0 })
  }
  assert.ok(compared > count / 2, `only ${compared} queries were compared`)
  assert.equal(differences.length, 0, differences.join('\n\n'))
})
