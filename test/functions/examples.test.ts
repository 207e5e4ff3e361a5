// The examples that functions document themselves with.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allFunctions } from '../../runtime/functions/registry.ts'
import { ask, startEngine } from '../sql/inProcess.ts'

test('the examples of functions hold', async () => {
  const engine = await startEngine()
  const wrong: string[] = []
  for (const { examples } of allFunctions())
    for (const [sql, answer] of examples ?? []) {
      const given = await ask(engine, sql).then(
        text => String(text).trimEnd(),
        error => `error: ${(error as Error).message}`,
      )
      if (given !== answer.trimEnd()) wrong.push(`${sql}: ${given} instead of ${answer}`)
    }
  assert.deepEqual(wrong, [])
})
